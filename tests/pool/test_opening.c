/* SPDX-License-Identifier: MIT */
/* Openings over real sockets on the loopback. */
#include "support/check.h"

#include "base/mem.h"
#include "pool/opening.h"
#include "support/dns_server.h"
#include "support/failing_alloc.h"
#include "support/open_fds.h"
#include "support/server.h"
#include "support/tls_front.h"
#include <ahttp/base.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

static const dns_rule names[] = {
    {"here.test", DNS_A, DNS_ANSWERS, 60, {"127.0.0.1"}, NULL, 0},
    {"silent.test", DNS_A, DNS_SILENT, 0, {NULL}, NULL, 0},
    {"silent.test", DNS_AAAA, DNS_SILENT, 0, {NULL}, NULL, 0},
    {NULL, 0, DNS_ANSWERS, 0, {NULL}, NULL, 0},
};

typedef struct fixture {
    ahttp_loop *loop;
    dns_server *dns;
    ah_opening_setup setup;
    ah_h1_store store;
    ah_origins origins;
    ah_origin *origin;
    ah_opening *opening; /* until it has ended */
    ah_conn *conn;
    size_t fds;
    int calls;
    int closed;
    int code;
    char message[300];
} fixture;

static void on_idle(ah_conn *conn)
{
    (void)conn;
}

static void on_closed(ah_conn *conn)
{
    fixture *self = conn->owner_ctx;

    self->closed++;
    self->conn = NULL;
}

static void cancel(fixture *self)
{
    ah_network_opener.cancel(self->opening);
    self->opening = NULL;
}

static const ah_conn_owner owner = {.idle = on_idle, .closed = on_closed};

static void on_done(void *ctx, ah_conn *conn, ahttp_error *error)
{
    fixture *self = ctx;

    self->calls++;
    self->opening = NULL;
    self->conn = conn;
    assert_true((conn == NULL) != (error == NULL));
    if (error) {
        self->code = error->code;
        snprintf(self->message, sizeof self->message, "%s", error->message);
        ah_error_free(error);
    }
}

static void begin(fixture *self, const char *dns_servers)
{
    const ah_resolver_options options = {
        .servers = dns_servers, .query_timeout_ms = 60000, .tries = 1, .system = AH_SYSTEM_NEVER};

    self->loop = ahttp_loop_new(.virtual_clock = true);
    if (!self->loop)
        return;
    self->setup.loop = self->loop;
    ah_h1_store_init(&self->store, self->loop);
    self->setup.works = &self->store;
    self->setup.resolver = ah_resolver_new(self->loop, &options);
}

static void finish(fixture *self)
{
    if (self->opening)
        cancel(self);
    if (self->conn)
        ah_conn_close(self->conn, NULL);
    if (self->origin)
        ah_origins_tidy(&self->origins, self->origin);
    ah_origins_release(&self->origins);
    ahttp_tls_unref(self->setup.tls);
    ahttp_tls_unref(self->setup.default_tls);
    ahttp_resolver_unref(self->setup.resolver);
    if (self->loop) {
        ahttp_loop_run(self->loop);
        ah_h1_store_release(&self->store);
    }
}

static int setup(void **state)
{
    fixture *self = calloc(1, sizeof *self);

    self->dns = dns_server_start(names);
    begin(self, dns_server_text(self->dns));
    self->fds = count_open_fds();
    *state = self;
    return 0;
}

static int teardown(void **state)
{
    fixture *self = *state;

    finish(self);
    assert_int_equal(count_open_fds(), self->fds);
    assert_int_equal(ahttp_loop_close(self->loop), 0);
    dns_server_stop(self->dns);
    free(self);
    return 0;
}

/* False with the error in self when it could not even begin. */
static bool open_to(fixture *self, ah_url url, int64_t limit_ms)
{
    const ahttp_timeout limits = {.dns_ms = limit_ms, .connect_ms = limit_ms, .tls_ms = limit_ms};
    ahttp_error *error = NULL;
    ah_route route = ah_route_to(&url);

    self->origin = ah_origins_get(&self->origins, &route);
    if (!self->origin)
        return false;
    self->opening = ah_network_opener.start(&self->setup, self->origin, &limits, NULL, &owner,
                                            on_done, self, &error);
    if (!self->opening)
        on_done(self, NULL, error);
    return self->opening != NULL;
}

static ah_url http(const char *host, uint16_t port)
{
    return (ah_url){.host = ah_str_from(host), .port = port};
}

static ah_url https(const char *host, uint16_t port)
{
    return (ah_url){.host = ah_str_from(host), .port = port, .is_tls = true};
}

static void turn(fixture *self)
{
    uv_run(ahttp_loop_uv(self->loop), UV_RUN_NOWAIT);
}

static void time_passes(fixture *self, int64_t ms)
{
    int64_t until_ms = ahttp_loop_now(self->loop) + ms;

    ah_loop_hold(self->loop);
    ahttp_loop_advance(self->loop, ms);
    do
        turn(self);
    while (ahttp_loop_now(self->loop) < until_ms);
    turn(self);
    ah_loop_unhold(self->loop);
}

static void run_until_answered(fixture *self)
{
    while (self->opening)
        uv_run(ahttp_loop_uv(self->loop), UV_RUN_ONCE);
}

/* ---- Success ---- */

static void a_name_leads_to_an_available_connection(void **state)
{
    fixture *self = *state;
    test_server *server = server_start(NULL);

    open_to(self, http("here.test", server_port(server)), 5000);
    assert_int_equal(self->calls, 0);
    run_until_answered(self);

    assert_string_equal(self->message, "");
    assert_true(ah_conn_is_available(self->conn));
    assert_true(server_wait_for(server, SERVER_ACCEPTED, 1));
    server_stop(server);
}

static void an_address_asks_no_name_server(void **state)
{
    fixture *self = *state;
    test_server *server = server_start(NULL);
    char description[100];

    open_to(self, http("127.0.0.1", server_port(server)), 5000);
    run_until_answered(self);

    char expected[100];
    snprintf(expected, sizeof expected, "127.0.0.1:%u h1 IDLE 0", server_port(server));
    ah_conn_describe(self->conn, description, sizeof description);
    assert_string_equal(description, expected);
    assert_int_equal(dns_server_asked(self->dns, "127.0.0.1", DNS_A), 0);
    server_stop(server);
}

static void the_time_limit_ends_with_the_opening(void **state)
{
    fixture *self = *state;
    test_server *server = server_start(NULL);
    open_to(self, http("127.0.0.1", server_port(server)), 5000);
    run_until_answered(self);

    time_passes(self, 10000);

    assert_int_equal(self->calls, 1);
    assert_true(ah_conn_is_available(self->conn));
    server_stop(server);
}

static void an_open_connection_is_watched_and_tells_its_owner_that_it_closed(void **state)
{
    fixture *self = *state;
    test_server *server = server_start(NULL);
    open_to(self, http("127.0.0.1", server_port(server)), 5000);
    run_until_answered(self);
    assert_true(server_wait_for(server, SERVER_ACCEPTED, 1));

    server_close_connections(server);
    ah_loop_hold(self->loop); /* an idle connection does not keep it running */
    while (self->closed == 0)
        uv_run(ahttp_loop_uv(self->loop), UV_RUN_ONCE);
    ah_loop_unhold(self->loop);

    assert_int_equal(self->closed, 1);
    assert_null(self->conn);
    server_stop(server);
}

/* ---- Failure ---- */

static void a_name_that_does_not_exist_is_a_dns_error(void **state)
{
    fixture *self = *state;

    open_to(self, http("missing.test", 80), 5000);
    run_until_answered(self);

    assert_int_equal(self->code, AHTTP_E_DNS);
    assert_non_null(strstr(self->message, "missing.test"));
}

static void a_port_where_nobody_listens_is_a_connect_error(void **state)
{
    fixture *self = *state;
    uint16_t port = server_refused_port();
    char expected[100];

    open_to(self, http("127.0.0.1", port), 5000);
    run_until_answered(self);

    snprintf(expected, sizeof expected, "connect to 127.0.0.1:%u: connection refused", port);
    assert_int_equal(self->code, AHTTP_E_CONNECT);
    assert_string_equal(self->message, expected);
}

static void a_family_that_was_ruled_out_is_not_dialled(void **state)
{
    fixture *self = *state;
    self->setup.family = AHTTP_FAMILY_IPV6;

    open_to(self, http("127.0.0.1", 80), 5000);
    run_until_answered(self);

    assert_int_equal(self->code, AHTTP_E_DNS);
}

/* ---- The time limit and cancelling, in each stage ---- */

static void start_resolving(fixture *self)
{
    open_to(self, http("silent.test", 80), 5000);
    turn(self);
}

static void start_dialling(fixture *self, test_server *black_hole)
{
    open_to(self, http("127.0.0.1", server_port(black_hole)), 5000);
    for (int i = 0; i < 5; i++)
        turn(self);
}

static void assert_timed_out(const fixture *self, int code, const char *verb, const char *host,
                             unsigned port, const char *limit)
{
    char expected[200];

    snprintf(expected, sizeof expected, "%s %s:%u: timed out after 5000 ms (%s is 5000)", verb,
             host, port, limit);
    assert_int_equal(self->calls, 1);
    assert_int_equal(self->code, code);
    assert_string_equal(self->message, expected);
}

static void resolving_takes_no_longer_than_the_limit(void **state)
{
    fixture *self = *state;

    start_resolving(self);
    time_passes(self, 4999);
    assert_int_equal(self->calls, 0);
    time_passes(self, 1);

    assert_timed_out(self, AHTTP_E_DNS_TIMEOUT, "resolve", "silent.test", 80, "dns_ms");
}

static void connecting_takes_no_longer_than_the_limit(void **state)
{
    fixture *self = *state;
    test_server *server = server_start(&(server_script){.black_hole = true});

    start_dialling(self, server);
    time_passes(self, 5000);

    assert_timed_out(self, AHTTP_E_CONNECT_TIMEOUT, "connect to", "127.0.0.1", server_port(server),
                     "connect_ms");
    server_stop(server);
}

static void a_new_limit_counts_from_when_it_is_set(void **state)
{
    fixture *self = *state;
    start_resolving(self);
    time_passes(self, 4000);

    ah_network_opener.limit(self->opening, &(const ahttp_timeout){.dns_ms = 5000});
    time_passes(self, 4999);
    assert_int_equal(self->calls, 0);
    time_passes(self, 1);

    assert_timed_out(self, AHTTP_E_DNS_TIMEOUT, "resolve", "silent.test", 80, "dns_ms");
}

static void an_opening_may_take_as_long_as_it_takes(void **state)
{
    fixture *self = *state;
    start_resolving(self);

    ah_network_opener.limit(self->opening, &(const ahttp_timeout){.dns_ms = AHTTP_NEVER});
    time_passes(self, 20000);

    assert_int_equal(self->calls, 0);
}

static void cancelling_leaves_nothing_while_resolving(void **state)
{
    fixture *self = *state;

    start_resolving(self);
    cancel(self);
    assert_int_equal(ahttp_loop_run(self->loop), 0); /* nothing keeps it running */

    assert_int_equal(self->calls, 0);
}

static void cancelling_leaves_nothing_while_connecting(void **state)
{
    fixture *self = *state;
    test_server *server = server_start(&(server_script){.black_hole = true});

    start_dialling(self, server);
    cancel(self);
    assert_int_equal(ahttp_loop_run(self->loop), 0);

    assert_int_equal(self->calls, 0);
    server_stop(server);
}

/* ---- TLS ---- */

#if AHTTP_TLS

static const server_step says_nothing[] = {HOLD};

/* The client has said hello, and gets no answer. */
static void start_securing(fixture *self, test_server *server)
{
    open_to(self, https("127.0.0.1", server_port(server)), 5000);
    while (self->opening && server_count(server, SERVER_BYTES_RECEIVED) == 0)
        turn(self);
    assert_non_null(self->opening);
}

static void a_handshake_takes_no_longer_than_the_limit(void **state)
{
    fixture *self = *state;
    test_server *server = server_start(&(server_script){.others = says_nothing});

    start_securing(self, server);
    time_passes(self, 5000);

    assert_timed_out(self, AHTTP_E_TLS_TIMEOUT, "shake hands with", "127.0.0.1",
                     server_port(server), "tls_ms");
    assert_true(server_wait_for(server, SERVER_PEER_CLOSED, 1));
    server_stop(server);
}

static void cancelling_leaves_nothing_in_the_handshake(void **state)
{
    fixture *self = *state;
    test_server *server = server_start(&(server_script){.others = says_nothing});

    start_securing(self, server);
    cancel(self);
    assert_int_equal(ahttp_loop_run(self->loop), 0);

    assert_int_equal(self->calls, 0);
    assert_true(server_wait_for(server, SERVER_PEER_CLOSED, 1));
    server_stop(server);
}

static void a_server_that_speaks_no_tls_is_a_tls_error(void **state)
{
    static const server_step answers_in_clear[] = {
        READ_BYTES(1), SEND("HTTP/1.1 400 Bad Request\r\n\r\n"), DRAIN, CLOSE};
    fixture *self = *state;
    test_server *server = server_start(&(server_script){.others = answers_in_clear});

    open_to(self, https("127.0.0.1", server_port(server)), 5000);
    run_until_answered(self);

    assert_int_equal(self->code, AHTTP_E_TLS);
    server_stop(server);
}

static void what_the_system_trusts_is_loaded_once(void **state)
{
    fixture *self = *state;
    uint16_t port = server_refused_port();
    test_root_install();

    open_to(self, https("127.0.0.1", port), 5000);
    run_until_answered(self);
    const ahttp_tls *first = self->setup.default_tls;
    open_to(self, https("127.0.0.1", port), 5000);
    run_until_answered(self);

    assert_non_null(first);
    assert_ptr_equal(self->setup.default_tls, first);
    test_root_remove();
}

#else

static void https_without_tls_fails_with_advice(void **state)
{
    fixture *self = *state;

    open_to(self, https("here.test", 443), 5000);

    assert_int_equal(self->code, AHTTP_E_UNSUPPORTED);
    assert_string_equal(self->message, "make TLS settings: this libahttp was built without https; "
                                       "build it with -DAHTTP_TLS=ON");
}

#endif

/* ---- Memory ---- */

static void open_and_close(void *ctx)
{
    fixture self = {0};
    const ah_url *url = ctx;

    begin(&self, "127.0.0.1:1");
    if (self.setup.resolver && open_to(&self, *url, 5000)) {
        run_until_answered(&self);
        assert_int_equal(self.calls, 1);
    }
    finish(&self);
    if (self.loop)
        ahttp_loop_close(self.loop);
}

static void running_out_of_memory_ends_the_opening_and_leaks_nothing(void **state)
{
    (void)state;
    test_server *server = server_start(NULL);
    size_t fds = count_open_fds();
    ah_url url = http("127.0.0.1", server_port(server));

    for_each_allocation(open_and_close, &url);

    assert_true(server_wait_for(server, SERVER_CLOSED, server_count(server, SERVER_ACCEPTED)));
    assert_int_equal(count_open_fds(), fds);
    server_stop(server);
}

#define with_fixture(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

/* TLS needs some root, which this machine may not have. */
static int install_root(void **state)
{
    (void)state;
#if AHTTP_TLS
    test_root_install();
#endif
    return 0;
}

static int remove_root(void **state)
{
    (void)state;
#if AHTTP_TLS
    test_root_remove();
#endif
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_fixture(a_name_leads_to_an_available_connection),
        with_fixture(an_address_asks_no_name_server),
        with_fixture(the_time_limit_ends_with_the_opening),
        with_fixture(an_open_connection_is_watched_and_tells_its_owner_that_it_closed),
        with_fixture(a_name_that_does_not_exist_is_a_dns_error),
        with_fixture(a_port_where_nobody_listens_is_a_connect_error),
        with_fixture(a_family_that_was_ruled_out_is_not_dialled),
        with_fixture(resolving_takes_no_longer_than_the_limit),
        with_fixture(connecting_takes_no_longer_than_the_limit),
        with_fixture(a_new_limit_counts_from_when_it_is_set),
        with_fixture(an_opening_may_take_as_long_as_it_takes),
        with_fixture(cancelling_leaves_nothing_while_resolving),
        with_fixture(cancelling_leaves_nothing_while_connecting),
#if AHTTP_TLS
        with_fixture(a_handshake_takes_no_longer_than_the_limit),
        with_fixture(cancelling_leaves_nothing_in_the_handshake),
        with_fixture(a_server_that_speaks_no_tls_is_a_tls_error),
        with_fixture(what_the_system_trusts_is_loaded_once),
#else
        with_fixture(https_without_tls_fails_with_advice),
#endif
        cmocka_unit_test(running_out_of_memory_ends_the_opening_and_leaks_nothing),
    };

    return cmocka_run_group_tests(tests, install_root, remove_root);
}
