/* SPDX-License-Identifier: MIT */
/* Connectors that do not connect to every address, whoever names it. */
#include "one_server.h"

static ahttp_session *guarded(ahttp_address_fn *allow, void *ctx)
{
    ahttp_connector *connector =
        ahttp_connector_new(.loop = f.loop, .allow_address = allow, .allow_address_ctx = ctx,
                            .hosts = AHTTP_HOSTS({"public.test", 0, "127.0.0.1"},
                                                 {"rebound.test", 0, "127.0.0.2"}));
    ahttp_session *session = ahttp_session_new(.connector = connector);

    ahttp_connector_unref(connector);
    return session;
}

static const char *at(const char *host, const char *path)
{
    static char url[200];

    snprintf(url, sizeof url, "http://%s:%u%s", host, (unsigned)server_port(f.server), path);
    return url;
}

static void private_addresses_are_refused_as_literals_and_behind_names(void **state)
{
    (void)state;
    ahttp_session *session = guarded(ahttp_address_is_public, NULL);

    assert_fails(ahttp_get(session, at("127.0.0.1", "/ok")), AHTTP_E_ADDRESS_REFUSED,
                 "allow_address allows none of its addresses");
    assert_fails(ahttp_get(session, at("localhost", "/ok")), AHTTP_E_ADDRESS_REFUSED, "localhost");
    assert_fails(ahttp_get(session, at("public.test", "/ok")), AHTTP_E_ADDRESS_REFUSED, "");
    assert_fails(ahttp_get(session, at("[::ffff:127.0.0.1]", "/ok")), AHTTP_E_ADDRESS_REFUSED, "");

    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 0);
    ahttp_session_unref(session);
}

/* Stands for the Internet here. */
static bool is_127_0_0_1(const char *address, void *ctx)
{
    *(int *)ctx += 1;
    return strcmp(address, "127.0.0.1") == 0;
}

static void redirects_are_guarded_as_well(void **state)
{
    char answer[400], url[100];
    server_step steps[] = {READ_REQUEST, SEND(answer), SERVE};
    int asked = 0;
    (void)state;
    snprintf(answer, sizeof answer,
             "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n",
             at("rebound.test", "/secret"));
    test_server *first = server_start(&(server_script){.connections = {steps}});
    ahttp_session *session = guarded(is_127_0_0_1, &asked);

    snprintf(url, sizeof url, "http://public.test:%u/ok", (unsigned)server_port(first));
    assert_fails(ahttp_get(session, url), AHTTP_E_ADDRESS_REFUSED, "connect to rebound.test");
    assert_int_equal(ahttp_task_error()->hops[0].status, 302);
    assert_int_equal(asked, 2);
    assert_text(ahttp_get(session, url), "ok");
    assert_int_equal(asked, 2); /* the connection was allowed when it was made */

    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 0);
    ahttp_session_unref(session);
    server_stop(first);
}

static const server_step takes_all[] = {READ_HEAD, SEND("HTTP/1.1 200 OK\r\n\r\n"), SERVE};
static const server_step socks5[] = {READ_BYTES(3), SEND_BYTES("\5\0", 2), HOLD};

/* Through a proxy of that scheme at the server, which nobody asks about. */
static void assert_refused_behind(const char *scheme, bool tunnel, const char *url)
{
    char proxy[64];
    ahttp_session *session = guarded(ahttp_address_is_public, NULL);

    snprintf(proxy, sizeof proxy, "%s://127.0.0.1:%u", scheme, (unsigned)server_port(f.server));
    assert_fails(ahttp_get(session, url, .proxy = {.url = proxy, .tunnel = tunnel}),
                 AHTTP_E_ADDRESS_REFUSED, "allow_address");
    ahttp_session_unref(session);
}

static void addresses_in_urls_are_refused_behind_proxies_too(void **state)
{
    static const char *const schemes[] = {"http", "socks5", "socks5h", "socks4"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(schemes); i++)
        for (int tunnel = 0; tunnel < 2; tunnel++) {
            assert_refused_behind(schemes[i], tunnel, "http://10.0.0.1/");
            assert_refused_behind(schemes[i], tunnel, "http://[fe80::1%25lo]/");
        }
    assert_refused_behind("http", false, "https://127.0.0.1/");
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 0);
}

static void names_are_the_business_of_who_looks_them_up(void **state)
{
    char proxy[64];
    (void)state;
    restart_with(&(server_script){.connections = {socks5, takes_all}});
    ahttp_session *session = guarded(ahttp_address_is_public, NULL);

    assert_refused_behind("socks5", false, at("public.test", "/ok"));
    assert_true(server_wait_for(f.server, SERVER_ACCEPTED, 1));
    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%u", (unsigned)server_port(f.server));
    assert_text(
        ahttp_get(session, at("public.test", "/ok"), .proxy = {.url = proxy, .tunnel = true}),
        "ok");
    ahttp_session_unref(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(private_addresses_are_refused_as_literals_and_behind_names),
        WITH_SERVER(redirects_are_guarded_as_well),
        WITH_SERVER(addresses_in_urls_are_refused_behind_proxies_too),
        WITH_SERVER(names_are_the_business_of_who_looks_them_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
