/* SPDX-License-Identifier: MIT */
/* Responses that are given up before their body has arrived. */
#include "one_server.h"

#define HEAD(length) "HTTP/1.1 200 OK\r\nContent-Length: " length "\r\n\r\n"

enum { MOST = 65536 };

/* 4 bytes with the head, the rest when the test says so. */
static const server_step small[] = {READ_REQUEST, SEND(HEAD("1004") "body"), WAIT_GATE(1),
                                    SEND_PATTERN(1000), SERVE};

static void begin(const server_step *first, bool virtual_clock)
{
    f = start(&(server_script){.connections = {first}}, virtual_clock);
}

static ahttp_connector_stats stats_now(void)
{
    ahttp_connector_stats stats = {.size = sizeof stats};

    ahttp_connector_get_stats(ahttp_session_connector(f.session), &stats);
    return stats;
}

/* Gives up the response to a request before the rest of its body comes. */
static void give_up(ahttp_future *request)
{
    ahttp_response_unref(response_of(request));
}

static ahttp_future *get(void)
{
    return ahttp_get(f.session, server_url(f.server, "/"));
}

static void turn_until_idle(void)
{
    for (int quiet_ms = 0; stats_now().idle == 0;)
        wait_a_turn(f.loop, &quiet_ms);
}

/* The next request goes over the same connection, or over a new one. */
static void assert_connections(uint64_t count)
{
    assert_text(ahttp_get(f.session, server_url(f.server, "/ok")), "ok");
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), count);
}

static void a_small_rest_is_read_and_the_connection_lives(void **state)
{
    (void)state;
    begin(small, false);

    give_up(get());
    assert_int_equal(stats_now().busy, 1);
    server_open_gate(f.server, 1);
    turn_until_idle();

    assert_connections(1);
}

static void what_was_read_of_it_is_not_of_the_next_body(void **state)
{
    (void)state;
    begin(small, false);
    ahttp_response *response = response_of(get());
    const ahttp_bytes *piece = ahttp_await(ahttp_stream_read(ahttp_response_stream(response)));
    assert_int_equal(piece->len, 4);

    ahttp_response_unref(response);
    server_open_gate(f.server, 1);
    turn_until_idle();

    response = response_of(ahttp_get(f.session, server_url(f.server, "/ok")));
    assert_int_equal(ahttp_stream_total(ahttp_response_stream(response)), 0);
    ahttp_response_unref(response);
    assert_connections(1);
}

static void the_rest_may_have_65536_bytes(void **state)
{
    static const server_step most[] = {READ_REQUEST, SEND(HEAD("65540") "body"), WAIT_GATE(1),
                                       SEND_PATTERN(MOST), SERVE};
    (void)state;
    begin(most, false);

    give_up(get());
    server_open_gate(f.server, 1);
    turn_until_idle();

    assert_connections(1);
}

static void a_greater_rest_closes_the_connection(void **state)
{
    static const server_step more[] = {READ_REQUEST, SEND(HEAD("65541") "body"), HOLD};
    (void)state;
    begin(more, false);

    give_up(get());

    assert_int_equal(stats_now().busy, 0);
    assert_connections(2);
}

static void an_unknown_rest_closes_the_connection(void **state)
{
    static const server_step chunked[] = {
        READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n"),
        HOLD};
    static const server_step until_close[] = {READ_REQUEST, SEND("HTTP/1.1 200 OK\r\n\r\nhi"),
                                              HOLD};
    (void)state;
    f = start(&(server_script){.connections = {chunked, until_close}}, false);

    give_up(get());
    give_up(get());

    assert_connections(3);
}

static void a_chunked_body_that_has_arrived_keeps_the_connection(void **state)
{
    static const server_step chunked[] = {
        READ_REQUEST,
        SEND("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"), SERVE};
    (void)state;
    begin(chunked, false);

    give_up(get());

    assert_connections(1);
}

static void a_connection_that_is_to_end_is_not_skipped(void **state)
{
    static const server_step closes[] = {
        READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 9\r\n\r\n"),
        HOLD};
    static const server_step kept[] = {READ_REQUEST, SEND(HEAD("9")), HOLD};
    (void)state;
    f = start(&(server_script){.connections = {closes, kept}}, false);

    give_up(get());
    assert_int_equal(stats_now().busy, 0);
    give_up(ahttp_get(f.session, server_url(f.server, "/"),
                      .headers = AHTTP_PAIRS({"Connection", "close"})));
    assert_int_equal(stats_now().busy, 0);

    assert_connections(3);
}

static void a_response_that_nobody_awaited_is_skipped_as_well(void **state)
{
    (void)state;
    begin(small, false);

    ahttp_drop(get());
    run_until(&f, SERVER_AT_GATE, 1);
    server_open_gate(f.server, 1);
    turn_until_idle();

    assert_connections(1);
}

static bool never(const ahttp_response *response, void *ctx)
{
    (void)response;
    (void)ctx;
    return false;
}

static void a_whole_response_that_nobody_awaited_is_gone_behind_a_stage_that_waited(void **state)
{
    (void)state;
    begin(NULL, false);

    ahttp_drop(ahttp_get(f.session, server_url(f.server, "/ok"), .raise_if = never));
    turn_until_idle();
    settle(&f);

    assert_connections(1);
}

static void a_stopped_reader_gives_up_as_well(void **state)
{
    static const server_step big[] = {READ_REQUEST, SEND(HEAD("1048576")), SEND_PATTERN(1048576),
                                      SERVE};
    (void)state;
    begin(big, false);
    ahttp_response *response = response_of(get());
    uint64_t total = 0;

    while (total < 1048576 - MOST) {
        const ahttp_bytes *piece = ahttp_await(ahttp_stream_read(ahttp_response_stream(response)));
        assert_non_null(piece);
        total += piece->len;
    }
    ahttp_response_unref(response);
    turn_until_idle();

    assert_connections(1);
}

static void a_rest_that_does_not_come_is_waited_for_one_second(void **state)
{
    (void)state;
    begin(small, true);

    give_up(get());
    ahttp_loop_advance(f.loop, 999);
    assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
    assert_int_equal(stats_now().busy, 1);
    ahttp_loop_advance(f.loop, 1);
    assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);

    assert_int_equal(stats_now().busy, 0);
    assert_true(server_wait_for(f.server, SERVER_PEER_CLOSED, 1));
}

static void the_deadline_of_the_request_holds_for_its_rest(void **state)
{
    (void)state;
    begin(small, true);

    give_up(ahttp_get(f.session, server_url(f.server, "/"), .timeout = {.total_ms = 500}));
    ahttp_loop_advance(f.loop, 500);
    assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);

    assert_int_equal(stats_now().busy, 0);
}

static void a_peer_that_dies_meanwhile_concerns_nobody(void **state)
{
    static const server_step dies[] = {READ_REQUEST, SEND(HEAD("9")), WAIT_GATE(1), RESET};
    (void)state;
    begin(dies, false);

    give_up(get());
    server_open_gate(f.server, 1);
    for (int quiet_ms = 0; stats_now().busy > 0;)
        wait_a_turn(f.loop, &quiet_ms);

    assert_connections(2);
}

static void a_rest_does_not_keep_the_loop_running(void **state)
{
    (void)state;
    begin(small, false);

    give_up(get());

    assert_int_equal(ahttp_loop_run(f.loop), 0);
    assert_int_equal(stats_now().busy, 1);
}

static void closing_the_session_ends_it(void **state)
{
    (void)state;
    begin(small, false);

    give_up(get());
    assert_int_equal(ahttp_await_status(ahttp_session_close(f.session)), 0);

    assert_true(server_wait_for(f.server, SERVER_PEER_CLOSED, 1));
}

static void giving_up_the_session_ends_it(void **state)
{
    (void)state;
    test_server *server =
        server_start(&(server_script){.connections = {small, small, small}, .others = small});
    ahttp_loop *loop = ahttp_loop_new(.virtual_clock = false);
    ahttp_connector *connector = ahttp_connector_new(.loop = loop);
    ahttp_session *session = ahttp_session_new(.connector = connector);

    for (int i = 0; i < 3; i++)
        give_up(ahttp_get(session, server_url(server, "/")));
    ahttp_session_unref(session);
    assert_true(server_wait_for(server, SERVER_PEER_CLOSED, 3));

    ahttp_connector_unref(connector);
    assert_int_equal(ahttp_loop_close(loop), 0);
    server_stop(server);
}

static void closing_the_loop_ends_it(void **state)
{
    (void)state;
    begin(small, false);

    give_up(get());
    assert_int_equal(ahttp_loop_close(f.loop), 0);
    assert_true(server_wait_for(f.server, SERVER_PEER_CLOSED, 1));

    ahttp_session_unref(f.session);
    server_stop(f.server);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, end_one)
    const struct CMUnitTest tests[] = {
        TEST(a_small_rest_is_read_and_the_connection_lives),
        TEST(what_was_read_of_it_is_not_of_the_next_body),
        TEST(the_rest_may_have_65536_bytes),
        TEST(a_greater_rest_closes_the_connection),
        TEST(an_unknown_rest_closes_the_connection),
        TEST(a_chunked_body_that_has_arrived_keeps_the_connection),
        TEST(a_connection_that_is_to_end_is_not_skipped),
        TEST(a_response_that_nobody_awaited_is_skipped_as_well),
        TEST(a_whole_response_that_nobody_awaited_is_gone_behind_a_stage_that_waited),
        TEST(a_stopped_reader_gives_up_as_well),
        TEST(a_rest_that_does_not_come_is_waited_for_one_second),
        TEST(the_deadline_of_the_request_holds_for_its_rest),
        TEST(a_peer_that_dies_meanwhile_concerns_nobody),
        TEST(a_rest_does_not_keep_the_loop_running),
        TEST(closing_the_session_ends_it),
        cmocka_unit_test(giving_up_the_session_ends_it),
        cmocka_unit_test(closing_the_loop_ends_it),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
