/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CLIENT_SCENARIOS_H
#define TESTS_CLIENT_SCENARIOS_H
/* Kinds of requests with all the servers that they need, and running one of them step by step, so
   that a sweep can disturb it at each.  Nothing in here depends on how fast the machine is: time
   passes when the client and all servers wait. */
#include "sending.h"

#include "pool/connector.h"
#include "support/at_rest.h"
#include "support/dns_server.h"
#include "support/failing_alloc.h"
#include "support/skipped_time.h"
#include "support/tls_front.h"
#include <poll.h>
#include <uv.h>

enum { TURNS = 20, STALL_MS = 2000 };

/* ---- Servers ---- */

static test_server *server;      /* a host, and a proxy for http */
static test_server *socks;       /* a proxy, and the host behind it */
static tls_front *front;         /* TLS before the server: a host, and a proxy */
static tls_front *tunnel_front;  /* a proxy that opens a tunnel, and a host with TLS behind it */
static tls_front *socks_front;   /* the same by SOCKS */
static tls_front *outside_front; /* the same as tunnel_front, with TLS to the proxy as well */
static dns_server *names;
static const char *file_path;

/* "ok", compressed; sent at once, so that each run reads it by the same calls. */
static const char gzip_response[] =
    "HTTP/1.1 200 OK\r\n"
    "Content-Encoding: gzip\r\n"
    "Content-Length: 22\r\n\r\n"
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff\xcb\xcf\x06\x00\x47\xdd"
    "\xdc\x79\x02\x00\x00\x00";

static inline void handle(server_connection *connection, const server_request *request, void *ctx)
{
    if (strcmp(request->method, "CONNECT") == 0) {
        bool knows_us = strstr(request->head, "Digest username=") != NULL;
        server_sendf(connection, knows_us
                                     ? "HTTP/1.1 200 OK\r\n\r\n"
                                     : "HTTP/1.1 407 Who?\r\nContent-Length: 3\r\n"
                                       "Proxy-Authenticate: Digest realm=\"p\", nonce=\"n\"\r\n\r\n"
                                       "who");
    } else if (strcmp(request->target, "/redirect") == 0) {
        server_reply(connection, request, 302, "Location: /gzip\r\n", "elsewhere");
    } else if (strcmp(request->target, "/gzip") == 0) {
        server_send(connection, gzip_response, sizeof gzip_response - 1);
    } else {
        server_routes(connection, request, ctx);
    }
}

#define SOCKS_ANSWER "\5\0\0\1\0\0\0\0\0\0"

static const server_step socks_script[] = {
    READ_BYTES(4),  SEND_BYTES("\5\2", 2),        READ_BYTES(5), SEND_BYTES("\1\0", 2),
    READ_BYTES(13), SEND_BYTES(SOCKS_ANSWER, 10), SERVE};

static const tls_front_word socks_words[] = {
    {3, "\5\0", 2}, {4 + 1 + sizeof "localhost" - 1 + 2, SOCKS_ANSWER, 10}, {0, NULL, 0}};

static const char tunnel_is_open[] = "HTTP/1.1 200 OK\r\n\r\n";
static const tls_front_word tunnel_words[] = {{0, tunnel_is_open, sizeof tunnel_is_open - 1},
                                              {0, NULL, 0}};

static const dns_rule name_rules[] = {
    {"a.test", DNS_A, DNS_ANSWERS, 60, {"127.0.0.1"}, NULL, 0},
    {"a.test", DNS_AAAA, DNS_ANSWERS, 60, {NULL}, NULL, 0},
    {NULL, 0, DNS_ANSWERS, 0, {NULL}, NULL, 0},
};

/* ---- Scenarios ---- */

/* Each brings "ok". */
typedef struct scenario {
    const char *name;
    ahttp_future *(*send)(ahttp_session *session);
} scenario;

static inline ahttp_future *send_plain(ahttp_session *session)
{
    return ahttp_get(session, server_url(server, "/ok"));
}

static inline ahttp_future *send_to_redirect(ahttp_session *session)
{
    return ahttp_get(session, server_url(server, "/redirect"));
}

static inline ahttp_future *send_for_gzip(ahttp_session *session)
{
    return ahttp_get(session, server_url(server, "/gzip"));
}

static inline ahttp_future *send_upload(ahttp_session *session)
{
    return ahttp_post(session, server_url(server, "/ok"),
                      .multipart =
                          AHTTP_PARTS({.name = "a", .value = "1"}, {.name = "b", .value = "2"}));
}

static inline ahttp_future *send_file(ahttp_session *session)
{
    return ahttp_put(session, server_url(server, "/ok"), .body = ahttp_body_file(file_path, 0, 0));
}

static inline ahttp_future *send_to_name(ahttp_session *session)
{
    char url[64];

    snprintf(url, sizeof url, "http://a.test:%u/ok", server_port(server));
    return ahttp_get(session, url);
}

static inline ahttp_future *send_over_tls(ahttp_session *session)
{
    return ahttp_get(session, tls_front_url(front, "/ok"));
}

static inline ahttp_future *send_to_redirect_over_tls(ahttp_session *session)
{
    return ahttp_get(session, tls_front_url(front, "/redirect"));
}

static inline ahttp_future *send_by_proxy(ahttp_session *session, const char *url,
                                          const char *scheme, uint16_t port, bool tunnel)
{
    char proxy[64];

    snprintf(proxy, sizeof proxy, "%s127.0.0.1:%u", scheme, port);
    return ahttp_get(session, url, .proxy = {.url = proxy, .tunnel = tunnel});
}

static inline ahttp_future *send_forwarded(ahttp_session *session)
{
    return send_by_proxy(session, "http://a.test/ok", "http://u:p@", server_port(server), false);
}

static inline ahttp_future *send_through_tunnel(ahttp_session *session)
{
    return send_by_proxy(session, "http://a.test/ok", "http://u:p@", server_port(server), true);
}

static inline ahttp_future *send_through_socks(ahttp_session *session)
{
    return send_by_proxy(session, "http://a.test/ok", "socks5h://u:p@", server_port(socks), false);
}

static inline ahttp_future *send_by_tls_proxy(ahttp_session *session)
{
    return send_by_proxy(session, "http://a.test/ok", "https://", tls_front_port(front), false);
}

static inline ahttp_future *send_over_tls_through_tunnel(ahttp_session *session)
{
    return send_by_proxy(session, "https://localhost/redirect", "http://",
                         tls_front_port(tunnel_front), false);
}

static inline ahttp_future *send_over_tls_through_socks(ahttp_session *session)
{
    return send_by_proxy(session, "https://localhost/ok", "socks5h://", tls_front_port(socks_front),
                         false);
}

static inline ahttp_future *send_over_tls_by_tls_proxy(ahttp_session *session)
{
    return send_by_proxy(session, "https://localhost/ok", "https://", tls_front_port(outside_front),
                         false);
}

static const scenario scenarios[] = {
    {"plain", send_plain},
    {"redirect to gzip", send_to_redirect},
    {"gzip", send_for_gzip},
    {"upload", send_upload},
    {"file", send_file},
    {"name", send_to_name},
    {"forwarded", send_forwarded},
    {"tunnel", send_through_tunnel},
    {"SOCKS", send_through_socks},
    {"TLS", send_over_tls},
    {"TLS, redirect to gzip", send_to_redirect_over_tls},
    {"TLS to the proxy", send_by_tls_proxy},
    {"TLS through a tunnel, redirect to gzip", send_over_tls_through_tunnel},
    {"TLS through SOCKS", send_over_tls_through_socks},
    {"TLS through a tunnel in TLS", send_over_tls_by_tls_proxy},
};

/* ---- One run of one ---- */

typedef struct run {
    const scenario *what;
    ahttp_loop *loop;
    ahttp_session *session;
    ahttp_future *pending;    /* the request, then its text; NULL: over */
    ahttp_response *response; /* when it is in */
    int code;                 /* how it ended */
    char text[300];           /* what it brought, or the error's message */
} run;

/* With the session's own connector, which asks the names' server. */
static inline void make_session(run *self, const ahttp_trace *trace)
{
    ahttp_connector *connector =
        ahttp_connector_new(.loop = self->loop, .dns_servers = dns_server_text(names));

    if (!connector)
        return;
    self->session =
        ahttp_session_new(.connector = connector, .traces = trace ? AHTTP_TRACES(trace) : NULL);
    ahttp_connector_unref(connector);
}

static inline bool begin_run(run *self, const scenario *what)
{
    *self = (run){.what = what, .loop = ahttp_loop_new(.virtual_clock = true)};
    if (self->loop)
        make_session(self, NULL);
    return self->session != NULL;
}

static inline void end_run(run *self)
{
    ahttp_response_unref(self->response);
    ahttp_session_unref(self->session);
    if (self->loop)
        assert_int_equal(ahttp_loop_close(self->loop), 0);
}

static inline void is_over(run *self, const ahttp_error *error, const char *text)
{
    self->code = error ? error->code : 0;
    snprintf(self->text, sizeof self->text, "%s", error ? error->message : text);
}

/* Takes what the pending future brought, and goes on with the text. */
static inline void look(run *self)
{
    ahttp_future *ended = self->pending;

    if (!ended || !ahttp_future_done(ended))
        return;
    const ahttp_error *error = ahttp_future_error(ended);
    void *result = ahttp_future_take(ended);
    self->pending = NULL;
    if (error || self->response) {
        is_over(self, error, result);
    } else {
        self->response = result;
        self->pending = ahttp_response_text(self->response);
    }
    ahttp_drop(ended);
}

/* One thing happens. */
static inline void turn(run *self)
{
    uv_run(ahttp_loop_uv(self->loop), UV_RUN_ONCE);
    look(self);
}

/* Until it is over; where a failure made both sides wait, time passes. */
static inline void go_on(run *self)
{
    for (int i = 1; self->pending; i++) {
        uv_run(ahttp_loop_uv(self->loop), UV_RUN_NOWAIT);
        look(self);
        if (self->pending && i % TURNS == 0 && !loop_has_work(ahttp_loop_uv(self->loop)))
            skip_time(self->loop, STALL_MS);
    }
}

static inline void start_run(run *self)
{
    self->pending = self->what->send(self->session);
}

static inline size_t active_connections(const run *self)
{
    ahttp_connector_stats stats = {.size = sizeof stats};

    ahttp_connector_get_stats(ahttp_session_connector(self->session), &stats);
    return stats.busy + stats.connecting + stats.waiting;
}

static inline void assert_idle(const run *self)
{
    ah_connector_check(ahttp_session_connector(self->session));
    assert_int_equal(active_connections(self), 0);
}

/* As many as it takes: the rest of a response that nobody wants may still be on its way. */
static inline void some_turns(run *self)
{
    for (int i = 0; i < 5 || (i < 200 && active_connections(self) > 0); i++) {
        uv_run(ahttp_loop_uv(self->loop), UV_RUN_NOWAIT);
        assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
        if (i >= 5)
            loop_has_work(ahttp_loop_uv(self->loop));
    }
}

/* No timer and nothing else that would keep the loop running is left. */
static inline void assert_at_rest(const run *self)
{
    int64_t now_ms = ahttp_loop_now(self->loop);

    assert_int_equal(ahttp_loop_run(self->loop), 0);
    assert_int_equal(ahttp_loop_now(self->loop), now_ms);
    assert_idle(self);
}

static inline void assert_next_works(run *self)
{
    ahttp_response_unref(self->response);
    self->response = NULL;
    some_turns(self);
    assert_at_rest(self);
    self->what = &scenarios[0];
    start_run(self);
    go_on(self);
    assert_string_equal(self->text, "ok");
    some_turns(self);
    assert_at_rest(self);
}

/* ---- Before and after ---- */

static inline size_t settled_fds(void)
{
    assert_true(server_wait_for(server, SERVER_CLOSED, server_count(server, SERVER_ACCEPTED)));
    assert_true(server_wait_for(socks, SERVER_CLOSED, server_count(socks, SERVER_ACCEPTED)));
    wait_for_other_threads();
    return count_open_fds();
}

/* The threads of the servers may be about to close theirs. */
static inline void assert_fds_go_back_to(size_t fds)
{
    for (int ms = 0; settled_fds() != fds && ms < 5000; ms++)
        poll(NULL, 0, 1);
    assert_int_equal(settled_fds(), fds);
}

static inline int start_servers(void **state)
{
    (void)state;
    server = server_start(&(server_script){.handler = handle});
    socks = server_start(&(server_script){.others = socks_script});
    front = tls_front_start(server_port(server));
    tunnel_front = tls_front_start_behind(tunnel_words, server_port(server));
    socks_front = tls_front_start_behind(socks_words, server_port(server));
    outside_front = tls_front_start(tls_front_port(tunnel_front));
    names = dns_server_start(name_rules);
    file_path = make_file("some bytes", 10);
    run first; /* libuv keeps some descriptors of its first loop, and of its threads */
    for (size_t i = 0; i < COUNT_OF(scenarios); i++) {
        assert_true(begin_run(&first, &scenarios[i]));
        start_run(&first);
        go_on(&first);
        assert_string_equal(first.text, "ok");
        end_run(&first);
    }
    return 0;
}

static inline int stop_servers(void **state)
{
    (void)state;
    remove_file(file_path);
    dns_server_stop(names);
    tls_front_stop(outside_front);
    tls_front_stop(socks_front);
    tls_front_stop(tunnel_front);
    tls_front_stop(front);
    server_stop(server);
    server_stop(socks);
    return 0;
}

#endif
