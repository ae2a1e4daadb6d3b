/* SPDX-License-Identifier: MIT */
/* A session that is closed ends what it does at once, whatever that is: its servers hear
   close_notify where TLS is spoken with them, and no socket and no handle is left on the program's
   loop.  Peers that are slow to take their goodbye are in test_goodbye.c. */
#include "fixture.h"

#include "pool/connector.h"
#include "support/dns_server.h"
#include "support/open_fds.h"
#include "support/tls_front.h"
#include <unistd.h>
#include <uv.h>

static uv_loop_t uv;
static size_t fds;
static test_server *server;
static tls_front *front; /* before the server */
static dns_server *names;
static ahttp_loop *loop;
static ahttp_session *session;
static ahttp_connector *connector;

static const dns_rule rules[] = {
    {"silent.test", DNS_A, DNS_SILENT, 0, {NULL}, NULL, 0},
    {"silent.test", DNS_AAAA, DNS_SILENT, 0, {NULL}, NULL, 0},
    {NULL, 0, DNS_ANSWERS, 0, {NULL}, NULL, 0},
};

/* The first connection to the server does these steps. */
static void start_all(const server_step *steps)
{
    assert_int_equal(uv_loop_init(&uv), 0);
    server = server_start(&(server_script){.connections = {steps}});
    front = tls_front_start(server_port(server));
    names = dns_server_start(rules);
    loop = ahttp_loop_new(.uv = &uv, .virtual_clock = true);
    connector =
        ahttp_connector_new(.loop = loop, .dns_servers = dns_server_text(names), .limit = 1);
    session = ahttp_session_new(.connector = connector);
    assert_non_null(session);
    fds = count_open_fds();
}

static int end_all(void **state)
{
    (void)state;
    ahttp_session_unref(session);
    ahttp_connector_unref(connector);
    assert_int_equal(ahttp_loop_close(loop), 0);
    assert_int_equal(uv_loop_close(&uv), 0);
    server_stop(server);
    tls_front_stop(front);
    dns_server_stop(names);
    return 0;
}

static void one_turn(void)
{
    assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
}

static void run_until_count(server_counter counter, uint64_t at_least)
{
    while (server_count(server, counter) < at_least)
        one_turn();
}

static void count_polls(uv_handle_t *handle, void *count)
{
    if (handle->type == UV_POLL)
        ++*(size_t *)count;
}

/* Of the session; the servers' ends may take a moment. */
static void assert_nothing_is_left(void)
{
    size_t polls = 0;

    uv_run(&uv, UV_RUN_NOWAIT); /* where libuv forgets what is closing */
    uv_walk(&uv, count_polls, &polls);
    assert_int_equal(polls, 0);
    for (int ms = 0; count_open_fds() > fds && ms < 5000; ms++)
        usleep(1000);
    assert_int_equal(count_open_fds(), fds);
}

/* Closing fails what is pending, if anything, takes no time, and tells so many servers. */
static void assert_closes(ahttp_future *pending, int goodbyes)
{
    int64_t began_ms = ahttp_loop_now(loop);

    assert_int_equal(ahttp_await_status(ahttp_session_close(session)), 0);
    assert_int_equal(ahttp_await_status(ahttp_connector_close(connector)), 0);

    assert_int_equal(ahttp_loop_now(loop), began_ms);
    if (pending)
        assert_fails(pending, AHTTP_E_CLOSED, "closed");
    ah_connector_check(connector);
    assert_true(tls_front_wait_for_goodbyes(front, goodbyes));
    assert_nothing_is_left();
}

/* ---- On the way to a connection ---- */

static void closing_ends_the_asking_for_a_name(void **state)
{
    (void)state;
    start_all(NULL);
    ahttp_future *request = ahttp_get(session, "https://silent.test/");
    while (dns_server_asked(names, "silent.test", DNS_A) == 0)
        one_turn();

    assert_closes(request, 0);
}

static void closing_ends_connecting(void **state)
{
    (void)state;
    start_all(NULL);
    test_server *hole = server_start(&(server_script){.black_hole = true});
    fds = count_open_fds();
    ahttp_future *request = ahttp_get(session, server_url(hole, "/"));
    for (int i = 0; i < 10; i++)
        one_turn();

    assert_closes(request, 0);
    server_stop(hole);
}

static void note_cancel(void *ctx)
{
    ahttp_promise_reject(*(ahttp_promise **)ctx, AHTTP_E_CANCELLED, "cancelled");
    *(ahttp_promise **)ctx = NULL;
}

static ahttp_future *connect_never(const char *host, uint16_t port, void *ctx)
{
    (void)host;
    (void)port;
    return ahttp_promise_new(ctx, note_cancel, ctx);
}

static void closing_cancels_what_the_program_connects(void **state)
{
    ahttp_promise *promise = NULL;
    (void)state;
    start_all(NULL);
    ahttp_session_unref(session);
    ahttp_connector_unref(connector);
    connector = ahttp_connector_new(.connect = connect_never, .connect_ctx = &promise);
    session = ahttp_session_new(.connector = connector);
    ahttp_future *request = ahttp_get(session, "http://a.test/");
    while (!promise)
        one_turn();

    assert_closes(request, 0);
    assert_null(promise);
}

static const server_step does_not_answer[] = {READ_REQUEST, HOLD};

static void closing_ends_who_waits_for_a_connection(void **state)
{
    (void)state;
    start_all(does_not_answer);
    ahttp_future *first = ahttp_get(session, tls_front_url(front, "/"));
    ahttp_future *second = ahttp_get(session, tls_front_url(front, "/"));
    run_until_count(SERVER_REQUESTS, 1);

    assert_closes(first, 1);
    assert_fails(second, AHTTP_E_CLOSED, "closed");
}

static const server_step keeps_silent[] = {READ_BYTES(1), HOLD};

/* There is nothing in TLS that has to be closed before the handshake is done. */
static void closing_ends_a_handshake(void **state)
{
    char url[64];
    (void)state;
    start_all(keeps_silent);
    snprintf(url, sizeof url, "https://127.0.0.1:%u/", server_port(server));
    ahttp_future *request = ahttp_get(session, url);
    run_until_count(SERVER_REQUESTS, 1);

    assert_closes(request, 0);
    assert_true(server_wait_for(server, SERVER_PEER_CLOSED, 1));
}

/* Through the front as a proxy. */
static ahttp_future *send_through_tunnel(void)
{
    char proxy[64];

    snprintf(proxy, sizeof proxy, "https://127.0.0.1:%u", tls_front_port(front));
    return ahttp_get(session, "https://localhost/", .proxy = {.url = proxy});
}

static void closing_ends_the_asking_for_a_tunnel(void **state)
{
    (void)state;
    start_all(does_not_answer);
    ahttp_future *request = send_through_tunnel();
    run_until_count(SERVER_REQUESTS, 1);

    assert_closes(request, 1);
}

static const server_step opens_tunnel[] = {READ_REQUEST, SEND("HTTP/1.1 200 OK\r\n\r\n"),
                                           READ_BYTES(1), HOLD};

static void closing_ends_a_handshake_in_a_tunnel(void **state)
{
    (void)state;
    start_all(opens_tunnel);
    ahttp_future *request = send_through_tunnel();
    run_until_count(SERVER_REQUESTS, 2);

    assert_closes(request, 1);
}

/* ---- On a connection ---- */

static void closing_ends_an_idle_connection(void **state)
{
    (void)state;
    start_all(NULL);
    assert_text(ahttp_get(session, tls_front_url(front, "/ok")), "ok");

    assert_closes(NULL, 1);
}

static void closing_ends_the_wait_for_a_response(void **state)
{
    (void)state;
    start_all(does_not_answer);
    ahttp_future *request = ahttp_get(session, tls_front_url(front, "/"));
    run_until_count(SERVER_REQUESTS, 1);

    assert_closes(request, 1);
}

static const server_step sends_half[] = {
    READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf"), HOLD};

static void closing_ends_a_download(void **state)
{
    (void)state;
    start_all(sends_half);
    ahttp_response *response = response_of(ahttp_get(session, tls_front_url(front, "/")));
    ahttp_future *text = ahttp_response_text(response);

    assert_closes(text, 1);
    ahttp_response_unref(response);
}

#define SWITCHING                                                                                  \
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo/1\r\n\r\n"

static const server_step switches[] = {READ_REQUEST, SEND(SWITCHING), HOLD};

static ahttp_response *upgraded(void)
{
    return response_of(ahttp_get(session, tls_front_url(front, "/"), .upgrade = "echo/1"));
}

static void closing_ends_an_upgraded_connection_that_nobody_took(void **state)
{
    (void)state;
    start_all(switches);
    ahttp_response *response = upgraded();

    assert_closes(NULL, 1);
    assert_null(ahttp_response_take_duplex(response));
    ahttp_response_unref(response);
}

static void the_program_ends_an_upgraded_connection_that_it_took(void **state)
{
    (void)state;
    start_all(switches);
    ahttp_response *response = upgraded();
    ahttp_duplex *duplex = ahttp_response_take_duplex(response);
    ahttp_response_unref(response);
    ahttp_future *reading = ahttp_duplex_read(duplex);

    ahttp_duplex_close(duplex);

    assert_fails(reading, AHTTP_E_CLOSED, "closed");
    assert_closes(NULL, 1);
}

static void closing_the_loop_says_goodbye_as_well(void **state)
{
    (void)state;
    start_all(NULL);
    assert_text(ahttp_get(session, tls_front_url(front, "/ok")), "ok");

    assert_int_equal(ahttp_loop_close(loop), 0);

    assert_true(tls_front_wait_for_goodbyes(front, 1));
    loop = ahttp_loop_new(.uv = &uv);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, end_all)
    const struct CMUnitTest tests[] = {
        TEST(closing_ends_the_asking_for_a_name),
        TEST(closing_ends_connecting),
        TEST(closing_cancels_what_the_program_connects),
        TEST(closing_ends_who_waits_for_a_connection),
        TEST(closing_ends_a_handshake),
        TEST(closing_ends_the_asking_for_a_tunnel),
        TEST(closing_ends_a_handshake_in_a_tunnel),
        TEST(closing_ends_an_idle_connection),
        TEST(closing_ends_the_wait_for_a_response),
        TEST(closing_ends_a_download),
        TEST(closing_ends_an_upgraded_connection_that_nobody_took),
        TEST(closing_the_loop_says_goodbye_as_well),
        TEST(the_program_ends_an_upgraded_connection_that_it_took),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
