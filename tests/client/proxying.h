/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CLIENT_PROXYING_H
#define TESTS_CLIENT_PROXYING_H
/* A scripted server that plays the proxy, and for what goes through its tunnels the host, too.
   two.test and both.test have addresses; other names are not to be looked up: whoever does that
   gets an error. */
#include "fixture.h"
#include "support/open_fds.h"

#include <netdb.h>

static fixture f;
static char proxy_url[128]; /* "http://127.0.0.1:PORT" */

#define TUNNEL_IS_OPEN "HTTP/1.1 200 Connection established\r\n\r\n"

/* The session's proxy is the server, with what is given besides. */
static inline void begin_with(const server_script *script, ahttp_session_options options)
{
    f = (fixture){.server = server_start(script), .loop = ahttp_loop_new(.virtual_clock = true)};
    ahttp_connector *connector =
        ahttp_connector_new(.loop = f.loop, .dns_servers = "127.0.0.1:9",
                            .hosts = AHTTP_HOSTS({"two.test", 0, "192.0.2.7,192.0.2.8"},
                                                 {"both.test", 0, "2001:db8::7,192.0.2.9"}));
    snprintf(proxy_url, sizeof proxy_url, "http://127.0.0.1:%u", server_port(f.server));
    options.size = sizeof options;
    options.connector = connector;
    if (!options.proxy.url && !options.trust_env && !options.proxy_for)
        options.proxy.url = proxy_url;
    f.session = ahttp_session_create(&options);
    ahttp_connector_unref(connector);
    assert_non_null(f.session);
}

static inline void begin_scripted(const server_step *first, const server_step *second)
{
    begin_with(&(server_script){.connections = {first, second}}, (ahttp_session_options){0});
}

/* "http://user:password@127.0.0.1:PORT", or the like; valid until the next call. */
static inline const char *proxy_at(const char *start)
{
    static char url[160];

    snprintf(url, sizeof url, "%s127.0.0.1:%u", start, server_port(f.server));
    return url;
}

static inline int end(void **state)
{
    (void)state;
    assert_int_equal(ahttp_await_status(ahttp_connector_close(ahttp_session_connector(f.session))),
                     0);
    finish(&f);
    return 0;
}

static inline server_request request_at(size_t n)
{
    assert_true(server_wait_for(f.server, SERVER_REQUESTS, n + 1));
    return server_request_at(f.server, n);
}

static inline void assert_line(size_t n, const char *line)
{
    server_request request = request_at(n);

    if (!server_request_has_line(request, line))
        fail_msg("\"%s\" is not a line of:\n%s", line, request.head);
}

static inline void assert_no_field(size_t n, const char *name)
{
    server_request request = request_at(n);

    if (server_request_has_field(request, name))
        fail_msg("\"%s\" is in:\n%s", name, request.head);
}

/* The request stands at gate 1 of the first connection: cancelled there, it leaves nothing open,
   where fds were so many before it. */
static inline void assert_cancelling_leaves_nothing(ahttp_future *request, size_t fds)
{
    run_until(&f, SERVER_AT_GATE, 1);
    for (int i = 0; i < 20; i++)
        assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
    ahttp_future_cancel(request);
    assert_fails(request, AHTTP_E_CANCELLED, "cancelled");

    run_until(&f, SERVER_PEER_CLOSED, 1);
    server_open_gate(f.server, 1);
    run_until(&f, SERVER_CLOSED, 1);
    assert_int_equal(count_open_fds(), fds);
}

static inline uint64_t connections_opened(void)
{
    ahttp_connector_stats stats = {.size = sizeof stats};

    ahttp_connector_get_stats(ahttp_session_connector(f.session), &stats);
    return stats.opened;
}

#endif
