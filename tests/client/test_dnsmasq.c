/* SPDX-License-Identifier: MIT */
/* Names from a real name server, and hosts of which some addresses are dead: the test's own server
   listens on 127.0.0.1 only. */
#include "one_server.h"

#include "support/program.h"

static program *dnsmasq;
static char servers[32];

static int start_dnsmasq(void **state)
{
    char port_text[32];

    (void)state;
    dnsmasq = program_new("dnsmasq", "dnsmasq-base");
    uint16_t port = program_port(dnsmasq);
    snprintf(servers, sizeof servers, "127.0.0.1:%u", port);
    snprintf(port_text, sizeof port_text, "--port=%u", port);
    program_start(dnsmasq, port, "--keep-in-foreground", "--conf-file=/dev/null", "--pid-file",
                  port_text, "--listen-address=127.0.0.1", "--bind-interfaces", "--no-resolv",
                  "--no-hosts", "--local=/test/", "--local-ttl=60",
                  "--host-record=one.test,127.0.0.1", "--host-record=both.test,127.0.0.1,::1",
                  "--host-record=six.test,::1", "--cname=alias.test,chain.test",
                  "--cname=chain.test,one.test", "--address=/dead.test/127.0.0.3",
                  "--address=/dead.test/127.0.0.1", "--address=/refused.test/");
    return 0;
}

static int stop_dnsmasq(void **state)
{
    (void)state;
    program_stop(dnsmasq);
    return 0;
}

static void use_servers(const char *text)
{
    ahttp_session_unref(f.session);
    ahttp_connector *connector = ahttp_connector_new(.loop = f.loop, .dns_servers = text);
    f.session = ahttp_session_new(.connector = connector);
    ahttp_connector_unref(connector);
}

static int begin(void **state)
{
    (void)state;
    f = start(NULL, true);
    use_servers(servers);
    return 0;
}

/* "http://HOST:PORT/ok" of the test's server. */
static const char *at(const char *host)
{
    static char url[128];

    snprintf(url, sizeof url, "http://%s:%u/ok", host, server_port(f.server));
    return url;
}

/* ---- Names ---- */

static void a_name_is_resolved(void **state)
{
    (void)state;
    assert_text(ahttp_get(f.session, at("one.test")), "ok");
    assert_text(ahttp_get(f.session, at("ONE.test")), "ok");

    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 1);
}

static void aliases_of_aliases_are_followed(void **state)
{
    (void)state;
    assert_text(ahttp_get(f.session, at("alias.test")), "ok");
}

static void a_name_that_is_not_there_is_a_dns_error(void **state)
{
    char expected[100];
    (void)state;
    snprintf(expected, sizeof expected,
             "GET http://missing.test:%u/ok: resolve missing.test: domain name not found",
             server_port(f.server));

    assert_fails(ahttp_get(f.session, at("missing.test")), AHTTP_E_DNS, expected);
}

static void a_server_that_is_gone_is_a_dns_error(void **state)
{
    (void)state;
    use_servers("127.0.0.1:1");

    assert_fails(ahttp_get(f.session, at("one.test")), AHTTP_E_DNS, "resolve one.test");
}

static void a_family_that_the_host_does_not_have_is_a_dns_error(void **state)
{
    (void)state;
    ahttp_connector *connector =
        ahttp_connector_new(.loop = f.loop, .dns_servers = servers, .ipv4_only = true);
    ahttp_session *session = ahttp_session_new(.connector = connector);

    assert_fails(ahttp_get(session, at("six.test")), AHTTP_E_DNS, "resolve six.test");
    assert_text(ahttp_get(session, at("both.test")), "ok");
    ahttp_session_unref(session);
    ahttp_connector_unref(connector);
}

/* ---- Dead addresses ---- */

static void an_address_that_refuses_does_not_matter(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) { /* the next one first each time */
        assert_text(
            ahttp_get(f.session, at("dead.test"), .headers = AHTTP_PAIRS({"Connection", "close"})),
            "ok");
    }
}

static void ipv6_that_refuses_does_not_matter(void **state)
{
    (void)state;
    assert_text(ahttp_get(f.session, at("both.test")), "ok");
}

/* Real servers take real time, so what is about virtual time begins with what is known. */
static void look_up(const char *host)
{
    ahttp_resolver *resolver = ahttp_connector_resolver(ahttp_session_connector(f.session));
    ahttp_addresses *found =
        ahttp_await(ahttp_resolver_lookup(resolver, host, 0, AHTTP_FAMILY_ANY));

    assert_non_null(found);
    ahttp_addresses_free(found);
}

static void ipv6_that_keeps_silent_costs_250_ms(void **state)
{
    (void)state;
    test_server *silent = server_start(
        &(server_script){.family = SERVER_IPV6, .port = server_port(f.server), .black_hole = true});
    look_up("both.test");
    ahttp_future *request = ahttp_get(f.session, at("both.test"));
    int64_t began_ms = ahttp_loop_now(f.loop);

    while (!ahttp_future_done(request)) {
        settle(&f);
        ahttp_loop_advance(f.loop, 50);
    }
    assert_text(request, "ok");

    assert_in_range(ahttp_loop_now(f.loop) - began_ms, 250, 300);
    server_stop(silent);
}

static void a_host_of_which_all_addresses_refuse_lists_them(void **state)
{
    char url[64], first[64], second[64];
    uint16_t port = server_refused_port();
    (void)state;
    snprintf(url, sizeof url, "http://both.test:%u/", port);
    snprintf(first, sizeof first, "[::1]:%u connection refused after", port);
    snprintf(second, sizeof second, "127.0.0.1:%u connection refused after", port);

    assert_null(ahttp_await(ahttp_get(f.session, url)));

    assert_int_equal(ahttp_task_error()->code, AHTTP_E_CONNECT);
    assert_non_null(strstr(ahttp_task_error()->message, "2 addresses failed"));
    assert_non_null(strstr(ahttp_task_error()->message, first));
    assert_non_null(strstr(ahttp_task_error()->message, second));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end_one)
    const struct CMUnitTest tests[] = {
        TEST(a_name_is_resolved),
        TEST(aliases_of_aliases_are_followed),
        TEST(a_name_that_is_not_there_is_a_dns_error),
        TEST(a_server_that_is_gone_is_a_dns_error),
        TEST(a_family_that_the_host_does_not_have_is_a_dns_error),
        TEST(an_address_that_refuses_does_not_matter),
        TEST(ipv6_that_refuses_does_not_matter),
        TEST(ipv6_that_keeps_silent_costs_250_ms),
        TEST(a_host_of_which_all_addresses_refuse_lists_them),
    };
#undef TEST

    return cmocka_run_group_tests(tests, start_dnsmasq, stop_dnsmasq);
}
