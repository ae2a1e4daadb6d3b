/* SPDX-License-Identifier: MIT */
/* Where requests go when the connector has addresses of its own, or a resolver of the program. */
#include "fixture.h"

#include "support/dns_server.h"
#include "support/failing_alloc.h"
#include "support/misuse.h"

static test_server *server;
static ahttp_loop *loop;

static int begin(void **state)
{
    (void)state;
    server = server_start(NULL);
    loop = ahttp_loop_new();
    return 0;
}

static int end(void **state)
{
    (void)state;
    assert_int_equal(ahttp_loop_close(loop), 0);
    server_stop(server);
    return 0;
}

/* "http://HOST:PORT/ok" with the server's port. */
static const char *url_at(const char *host)
{
    static char url[200];

    snprintf(url, sizeof url, "http://%s:%u/ok", host, (unsigned)server_port(server));
    return url;
}

/* Takes the connector over. */
static ahttp_session *session_with(ahttp_connector *connector)
{
    ahttp_session *session = ahttp_session_new(.connector = connector);

    assert_non_null(session);
    ahttp_connector_unref(connector);
    return session;
}

static void end_session(ahttp_session *session)
{
    assert_int_equal(ahttp_await_status(ahttp_session_close(session)), 0);
    ahttp_session_unref(session);
}

/* ---- Overrides ---- */

static void a_host_that_has_addresses_is_not_asked_for(void **state)
{
    (void)state;
    ahttp_session *session = session_with(
        ahttp_connector_new(.no_system_resolver = true,
                            .hosts = AHTTP_HOSTS({"one.test", 0, "127.0.0.1"},
                                                 {"two.test", 0, " [::1] , 127.0.0.1"})));

    assert_text(ahttp_get(session, url_at("one.test")), "ok");
    assert_text(ahttp_get(session, url_at("ONE.test.")), "ok");
    assert_text(ahttp_get(session, url_at("two.test")), "ok");
    end_session(session);
}

static void an_override_may_be_for_one_port_only(void **state)
{
    (void)state;
    const ahttp_host hosts[] = {{"one.test", 1, "not looked at"},
                                {"one.test", server_port(server), "127.0.0.1"},
                                {"*", 0, "127.0.0.1,nonsense"},
                                {NULL, 0, NULL}};
    ahttp_session *session = session_with(ahttp_connector_new(.hosts = hosts));

    assert_text(ahttp_get(session, url_at("one.test")), "ok");
    assert_fails(ahttp_get(session, url_at("other.test")), AHTTP_E_DNS,
                 "resolve other.test: \"127.0.0.1,nonsense\" in the connector's hosts is no list "
                 "of addresses");
    end_session(session);
}

static void an_override_goes_before_what_is_known(void **state)
{
    (void)state;
    ahttp_session *session =
        session_with(ahttp_connector_new(.hosts = AHTTP_HOSTS({"192.0.2.1", 0, "127.0.0.1"})));

    assert_text(ahttp_get(session, url_at("192.0.2.1")), "ok");
    end_session(session);
}

static void a_list_without_the_wanted_family_is_a_dns_error(void **state)
{
    (void)state;
    ahttp_session *v6 = session_with(
        ahttp_connector_new(.ipv6_only = true, .hosts = AHTTP_HOSTS({"one.test", 0, "127.0.0.1"})));
    ahttp_session *v4 = session_with(
        ahttp_connector_new(.ipv4_only = true,
                            .hosts = AHTTP_HOSTS({"one.test", 0, "::1"}, {"none.test", 0, NULL})));

    assert_fails(ahttp_get(v6, url_at("one.test")), AHTTP_E_DNS,
                 "resolve one.test: no IPv6 address in the connector's hosts");
    assert_fails(ahttp_get(v4, url_at("one.test")), AHTTP_E_DNS,
                 "resolve one.test: no IPv4 address in the connector's hosts");
    assert_fails(ahttp_get(v4, url_at("none.test")), AHTTP_E_DNS, "\"\" in the connector's hosts");
    end_session(v6);
    end_session(v4);
}

/* ---- Several addresses ---- */

/* Appends the last number of each address that is tried. */
static int note_address(int fd, const char *address, void *tried)
{
    const char *number = strrchr(address, '.') + 1;

    (void)fd;
    strncat(tried, number, 1);
    return 0;
}

static void each_connection_begins_with_the_next_address(void **state)
{
    static const dns_rule rules[] = {
        {"three.test", DNS_A, DNS_ANSWERS, 60, {"127.0.0.1", "127.0.0.2", "127.0.0.3"}, NULL, 0},
        {NULL, 0, DNS_ANSWERS, 0, {NULL}, NULL, 0}};
    dns_server *names = dns_server_start(rules);
    char tried[32] = "";
    (void)state;
    ahttp_session *session = session_with(
        ahttp_connector_new(.dns_servers = dns_server_text(names), .no_keepalive = true,
                            .on_socket = note_address, .on_socket_ctx = tried));

    for (int i = 0; i < 4; i++) { /* nobody listens but on the first */
        strcat(tried, "|");
        assert_text(ahttp_get(session, url_at("three.test")), "ok");
    }

    assert_string_equal(tried, "|1|231|31|1");
    assert_int_equal(dns_server_asked(names, "three.test", DNS_A), 1);
    end_session(session);
    dns_server_stop(names);
}

/* ---- Resolvers ---- */

typedef struct names {
    int calls;
    int cancels;
    bool waits;
    bool fails;
    uint16_t port;
    ahttp_promise *promise;
} names;

static void note_cancel(void *ctx)
{
    names *self = ctx;

    self->cancels++;
    ahttp_promise_reject(self->promise, AHTTP_E_CANCELLED, "cancelled");
}

static ahttp_future *look_up(const char *host, uint16_t port, ahttp_family family, void *ctx)
{
    names *self = ctx;
    ahttp_future *future = ahttp_promise_new(&self->promise, note_cancel, self);
    ahttp_addresses *list = ahttp_addresses_new();

    (void)host;
    (void)family;
    self->calls++;
    self->port = port;
    if (self->waits)
        ahttp_addresses_free(list);
    else if (self->fails || !list || ahttp_addresses_add(list, "127.0.0.1") < 0) {
        ahttp_addresses_free(list);
        ahttp_promise_reject(self->promise, AHTTP_E_SYSTEM, "the address book is lost");
    } else
        ahttp_promise_resolve(self->promise, list, ahttp_addresses_free);
    return future;
}

static void connectors_of_a_loop_may_share_a_resolver_of_the_program(void **state)
{
    (void)state;
    names own = {0};
    ahttp_resolver *resolver = ahttp_resolver_new(.lookup = look_up, .ctx = &own);
    ahttp_session *first = session_with(ahttp_connector_new(.resolver = resolver));
    ahttp_session *second = session_with(ahttp_connector_new(.resolver = resolver));

    assert_ptr_equal(ahttp_connector_resolver(ahttp_session_connector(first)), resolver);
    ahttp_resolver_unref(resolver);
    assert_text(ahttp_get(first, url_at("one.test")), "ok");
    assert_text(ahttp_get(second, url_at("one.test")), "ok");
    assert_int_equal(own.calls, 1);
    assert_int_equal(own.port, server_port(server));
    end_session(first);
    end_session(second);
}

static void a_failure_of_the_programs_resolver_fails_the_request(void **state)
{
    (void)state;
    names own = {.fails = true};
    ahttp_resolver *resolver = ahttp_resolver_new(.lookup = look_up, .ctx = &own);
    ahttp_session *session = session_with(ahttp_connector_new(.resolver = resolver));

    assert_fails(ahttp_get(session, url_at("one.test")), AHTTP_E_DNS,
                 "resolve one.test: the address book is lost");
    end_session(session);
    ahttp_resolver_unref(resolver);
}

static void a_request_that_gives_up_cancels_the_programs_look_up(void **state)
{
    (void)state;
    names own = {.waits = true};
    ahttp_resolver *resolver = ahttp_resolver_new(.lookup = look_up, .ctx = &own);
    ahttp_session *session = session_with(ahttp_connector_new(.resolver = resolver));

    assert_fails(ahttp_get(session, url_at("one.test"), .timeout = {.dns_ms = 20}),
                 AHTTP_E_DNS_TIMEOUT, "resolve one.test");
    assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
    assert_int_equal(own.cancels, 1);
    end_session(session);
    ahttp_resolver_unref(resolver);
}

static void a_closed_connector_has_no_resolver(void **state)
{
    (void)state;
    ahttp_connector *connector = ahttp_connector_new();

    assert_non_null(ahttp_connector_resolver(connector));
    assert_int_equal(ahttp_await_status(ahttp_connector_close(connector)), 0);

    assert_null(ahttp_connector_resolver(connector));
    ahttp_connector_unref(connector);
}

static void what_a_connector_remembers_can_be_forgotten(void **state)
{
    static const dns_rule rules[] = {
        {"one.test", DNS_A, DNS_ANSWERS, 60, {"127.0.0.1"}, NULL, 0},
        {NULL, 0, DNS_ANSWERS, 0, {NULL}, NULL, 0},
    };
    dns_server *names_server = dns_server_start(rules);
    ahttp_session *session =
        session_with(ahttp_connector_new(.dns_servers = dns_server_text(names_server),
                                         .ipv4_only = true, .no_keepalive = true));

    (void)state;
    assert_text(ahttp_get(session, url_at("one.test")), "ok");
    assert_text(ahttp_get(session, url_at("one.test")), "ok");
    assert_int_equal(dns_server_asked(names_server, "one.test", DNS_A), 1);
    ahttp_resolver_forget(ahttp_connector_resolver(ahttp_session_connector(session)), "one.test");
    assert_text(ahttp_get(session, url_at("one.test")), "ok");
    assert_int_equal(dns_server_asked(names_server, "one.test", DNS_A), 2);
    end_session(session);
    dns_server_stop(names_server);
}

/* ---- Mistakes and want of memory ---- */

static void mix_resolver_and_cache(void)
{
    ahttp_connector_new(.resolver = ahttp_resolver_new(), .dns_cache_ms = 5);
}

static void mix_servers_and_system(void)
{
    ahttp_connector_new(.dns_servers = "127.0.0.1", .system_resolver = true);
}

static void take_a_resolver_of_another_loop(void)
{
    ahttp_resolver *resolver = ahttp_resolver_new();

    ahttp_loop_new();
    ahttp_connector_new(.resolver = resolver);
}

static void broken_rules_are_told(void **state)
{
    (void)state;

    assert_misuse(mix_resolver_and_cache, "to the resolver");
    assert_misuse(mix_servers_and_system, "set one of");
    assert_misuse(take_a_resolver_of_another_loop, "of the connector's loop");
}

static void get_both_ways(void *ctx)
{
    names own = {0};

    (void)ctx;
    ahttp_resolver *resolver = ahttp_resolver_new(.lookup = look_up, .ctx = &own);
    ahttp_connector *connector =
        ahttp_connector_new(.resolver = resolver,
                            .hosts = AHTTP_HOSTS({"one.test", 0, "127.0.0.1"}));
    ahttp_session *session = connector ? ahttp_session_new(.connector = connector) : NULL;

    if (session && resolver) {
        ahttp_response_unref(ahttp_await(ahttp_get(session, url_at("one.test"))));
        ahttp_response_unref(ahttp_await(ahttp_get(session, url_at("two.test"))));
        (void)ahttp_await_status(ahttp_session_close(session));
    }
    ahttp_session_unref(session);
    ahttp_connector_unref(connector);
    ahttp_resolver_unref(resolver);
}

static void sweep_in_a_loop(void *ctx)
{
    ahttp_loop *own = ahttp_loop_new();

    if (!own)
        return;
    get_both_ways(ctx);
    assert_int_equal(ahttp_loop_close(own), 0);
}

static void running_out_of_memory_leaves_nothing_behind(void **state)
{
    (void)state;

    for_each_allocation(sweep_in_a_loop, NULL);
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(a_host_that_has_addresses_is_not_asked_for),
        WITH_SERVER(an_override_may_be_for_one_port_only),
        WITH_SERVER(an_override_goes_before_what_is_known),
        WITH_SERVER(a_list_without_the_wanted_family_is_a_dns_error),
        WITH_SERVER(each_connection_begins_with_the_next_address),
        WITH_SERVER(connectors_of_a_loop_may_share_a_resolver_of_the_program),
        WITH_SERVER(a_failure_of_the_programs_resolver_fails_the_request),
        WITH_SERVER(a_request_that_gives_up_cancels_the_programs_look_up),
        WITH_SERVER(a_closed_connector_has_no_resolver),
        WITH_SERVER(what_a_connector_remembers_can_be_forgotten),
        WITH_SERVER(broken_rules_are_told),
        WITH_SERVER(running_out_of_memory_leaves_nothing_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
