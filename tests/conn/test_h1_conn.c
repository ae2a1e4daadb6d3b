/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "conn_fixture.h"
#include "support/failing_alloc.h"

#define OK_RESPONSE "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

static void an_exchange_goes_out_in_one_write_and_comes_back(void **state)
{
    (void)state;
    send_request("POST", "data");
    assert_str(ah_buf_str(&wire.written),
               "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\ndata");
    fake_arrives(&wire, OK_RESPONSE);

    assert_string_equal(story, "head 200|body hello|end OK|idle|");
    assert_int_equal(exchange.bytes_received, sizeof OK_RESPONSE - 1);
    assert_int_equal(exchange.bytes_sent, wire.written.len);
}

static void an_idle_connection_does_not_keep_the_loop_and_a_busy_one_does(void **state)
{
    (void)state;
    assert_true(wire.background);
    assert_int_equal(store.holding, 0);
    send_request("GET", "");
    assert_true(wire.background);
    assert_int_equal(store.holding, 1);
    fake_arrives(&wire, OK_RESPONSE);
    assert_int_equal(store.holding, 0);
}

static void a_connection_that_is_closed_does_not_keep_the_loop(void **state)
{
    (void)state;
    send_request("GET", "");
    ah_conn_close(conn, NULL);

    assert_int_equal(store.holding, 0);
    assert_int_equal(ahttp_loop_run(loop), 0);
}

static void the_second_exchange_knows_that_it_is_not_the_first(void **state)
{
    char text[128];

    (void)state;
    send_request("GET", "");
    assert_false(exchange.was_reused);
    ah_conn_describe(conn, text, sizeof text);
    assert_string_equal(text, "fake:1 h1 HEAD 1");
    fake_arrives(&wire, OK_RESPONSE);
    send_request("GET", "");
    assert_true(exchange.was_reused);
    fake_arrives(&wire, OK_RESPONSE);
    ah_conn_describe(conn, text, sizeof text);
    assert_string_equal(text, "fake:1 h1 IDLE 2");
}

static void what_keep_alive_says_is_known_when_the_connection_is_idle(void **state)
{
    (void)state;
    send_request("GET", "");
    fake_arrives(&wire, "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(conn->peer_keeps_ms, 4000);
    send_request("GET", "");
    fake_arrives(&wire, OK_RESPONSE);

    assert_int_equal(conn->peer_keeps_ms, 0);
}

static void a_connection_that_its_peer_keeps_too_shortly_is_not_used_again(void **state)
{
    (void)state;
    send_request("GET", "");
    fake_arrives(&wire, "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 0\r\n\r\n");

    assert_string_equal(story, "head 200|end OK|closed|");
}

static void a_request_that_does_not_fit_goes_on_when_there_is_room(void **state)
{
    (void)state;
    wire.write_room = 10;
    send_request("POST", "data");
    assert_int_equal(wire.wanted, AH_READABLE | AH_WRITABLE);
    for (int i = 0; i < 60; i++) {
        wire.write_room = 1;
        fake_turn(&wire);
    }
    assert_str(ah_buf_str(&wire.written),
               "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\ndata");
    assert_int_equal(wire.wanted, AH_READABLE);
    fake_arrives(&wire, OK_RESPONSE);

    assert_string_equal(story, "head 200|body hello|end OK|idle|");
}

static void send_into_little_room(void *ctx)
{
    ah_conn *of_the_test = conn;
    fake_transport narrow;
    ah_h1_store scarce;

    fake_init(&narrow);
    narrow.write_room = 10;
    ah_h1_store_init(&scarce, loop);
    conn = ah_h1_conn_new(&scarce, &narrow.base, &owner, NULL);
    if (conn) {
        send_request("POST", "data");
        assert_int_equal(exchange.bytes_sent, 10 - narrow.write_room);
        *(bool *)ctx |= !conn && exchange.bytes_sent > 0;
    }
    if (conn)
        ah_conn_close(conn, NULL);
    ah_exchange_release(&exchange);
    ah_h1_store_release(&scarce);
    fake_release(&narrow);
    conn = of_the_test;
}

static void what_went_out_is_counted_when_there_is_no_memory_to_go_on(void **state)
{
    (void)state;
    bool was_cut_off = false;

    for_each_allocation(send_into_little_room, &was_cut_off);

    assert_true(was_cut_off);
}

static void a_reader_that_has_enough_stops_the_reading(void **state)
{
    (void)state;
    has_room = false;
    send_request("GET", "");
    fake_arrives(&wire, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
    assert_int_equal(wire.wanted, 0);
    fake_arrives(&wire, "world");
    assert_string_equal(story, "head 200|body hello|");
    ah_conn_resume(conn, &exchange);
    fake_turn(&wire);

    assert_string_equal(story, "head 200|body hello|body world|end OK|idle|");
}

static void connection_close_ends_it_after_the_response(void **state)
{
    (void)state;
    send_request("GET", "");
    fake_arrives(&wire, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi");

    assert_string_equal(story, "head 200|body hi|end OK|closed|");
}

static void a_request_that_wants_close_is_the_last(void **state)
{
    (void)state;
    send_request("GET", "");
    exchange.request.wants_close = true;
    fake_arrives(&wire, OK_RESPONSE);

    assert_string_equal(story, "head 200|body hello|end OK|closed|");
}

static void bytes_behind_the_response_end_it(void **state)
{
    (void)state;
    send_request("GET", "");
    fake_arrives(&wire, OK_RESPONSE "H");

    assert_string_equal(story, "head 200|body hello|end OK|closed|");
}

static void an_unasked_byte_ends_an_idle_connection(void **state)
{
    (void)state;
    fake_arrives(&wire, "H");

    assert_string_equal(story, "closed|");
}

static void the_end_of_the_peer_ends_an_idle_connection(void **state)
{
    (void)state;
    wire.ends = true;
    fake_turn(&wire);

    assert_string_equal(story, "closed|");
}

static void an_answer_before_the_request_is_out_counts_and_ends_it(void **state)
{
    (void)state;
    wire.write_room = 10;
    send_request("POST", "data");
    wire.write_room = 0;
    fake_arrives(&wire, "HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno");

    assert_string_equal(story, "head 413|body no|end OK|closed|");
}

static void a_broken_write_waits_for_an_answer(void **state)
{
    (void)state;
    wire.breaks_writes = true;
    send_request("POST", "data");
    assert_string_equal(story, "");
    fake_arrives(&wire, "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n");

    assert_string_equal(story, "head 401|end OK|closed|");
}

static void a_broken_write_without_an_answer_says_what_broke(void **state)
{
    (void)state;
    wire.breaks_writes = true;
    send_request("POST", "data");
    wire.ends = true;
    fake_turn(&wire);

    assert_string_equal(story, "end use fake:1: connection reset by peer|closed|");
}

static void a_reset_inside_the_body_is_a_cut_body(void **state)
{
    (void)state;
    send_request("GET", "");
    fake_arrives(&wire, "HTTP/1.1 200 OK\r\n\r\nhello");
    wire.breaks_reads = true;
    fake_turn(&wire);

    assert_string_equal(story, "head 200|body hello|end read response body: received 5 bytes, then "
                               "use fake:1: connection reset by peer|closed|");
}

static void a_body_until_close_ends_well_with_the_connection(void **state)
{
    (void)state;
    send_request("GET", "");
    fake_arrives(&wire, "HTTP/1.1 200 OK\r\n\r\nhello");
    wire.ends = true;
    fake_turn(&wire);

    assert_string_equal(story, "head 200|body hello|end OK|closed|");
}

static void an_abandoned_exchange_hears_no_more(void **state)
{
    (void)state;
    send_request("GET", "");
    fake_arrives(&wire, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello");
    ah_conn_abandon(conn, &exchange);

    assert_string_equal(story, "head 200|body hello|closed|");
    assert_null(exchange.conn);
}

static void closing_fails_the_exchange_first(void **state)
{
    (void)state;
    send_request("GET", "");
    ah_conn_close(conn, ah_error_new(AHTTP_E_CLOSED, "the pool was closed"));

    assert_string_equal(story, "end the pool was closed|closed|");
}

static void a_switch_of_protocols_that_nobody_asked_for_is_an_error(void **state)
{
    (void)state;
    send_request("GET", "");
    fake_arrives(&wire, "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nbytes");

    assert_non_null(strstr(story, "nobody asked for|closed|"));
}

static void abandon_and_forget(ah_exchange *ex)
{
    tell("head %d|", ex->response.status);
    ah_conn_abandon(ex->conn, ex);
    ah_exchange_release(ex);
    /* The block may be used for something else at once. */
    memset((void *)ex, 0xDB, sizeof *ex);
    ah_arena_reset(&arena);
}

static void abandoning_inside_an_event_ends_all_use_of_the_exchange(void **state)
{
    static const ah_exchange_events impatient = {
        .head = abandon_and_forget, .body = on_body, .end = on_end};

    (void)state;
    send_request("GET", "");
    exchange.events = &impatient;
    fake_arrives(&wire, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "5\r\nhello\r\n0\r\nTrailer: x\r\n\r\n");

    assert_string_equal(story, "head 200|closed|");
    for (size_t i = 0; i < sizeof exchange; i++)
        assert_int_equal(((unsigned char *)&exchange)[i], 0xDB);
    exchange = (ah_exchange){0};
}

static char placed[65536];
static size_t placed_cap;

static char *lend_place(ah_exchange *ex, uint64_t most, size_t *cap)
{
    (void)ex;
    tell("place for %d|", (int)most);
    *cap = most < placed_cap ? (size_t)most : placed_cap;
    return placed_cap ? placed : NULL;
}

static bool on_placed_body(ah_exchange *ex, ah_str piece)
{
    bool is_placed = piece.ptr >= placed && piece.ptr < placed + sizeof placed;

    (void)ex;
    tell("%s %.*s|", is_placed ? "placed" : "body", (int)piece.len, piece.ptr);
    return has_room;
}

static const ah_exchange_events placing = {
    .head = on_head, .body = on_placed_body, .end = on_end, .place = lend_place};

/* The head has come. */
static void await_body(const char *framing, size_t cap)
{
    placed_cap = cap;
    send_request("GET", "");
    exchange.events = &placing;
    fake_arrives(&wire, "HTTP/1.1 200 OK\r\n");
    fake_arrives(&wire, framing);
    story[0] = '\0';
}

static void a_body_is_read_to_where_its_owner_keeps_it(void **state)
{
    (void)state;
    await_body("Content-Length: 5\r\n\r\n", 3);
    fake_arrives(&wire, "hello");

    assert_string_equal(story, "place for 5|placed hel|place for 2|placed lo|end OK|idle|");
}

static void a_body_that_fills_its_place_is_read_on_at_once_unless_that_is_enough(void **state)
{
    (void)state;
    await_body("Content-Length: 8\r\n\r\n", 3);
    ah_buf_append(&wire.incoming, AH_STR("hell"));
    wire.base.ready(wire.base.ctx, AH_READABLE);
    assert_string_equal(story, "place for 8|placed hel|place for 5|placed l|");

    has_room = false;
    ah_buf_append(&wire.incoming, AH_STR("o ya"));
    wire.base.ready(wire.base.ctx, AH_READABLE);
    assert_string_equal(story, "place for 8|placed hel|place for 5|placed l|"
                               "place for 4|placed o y|");
    assert_int_equal(wire.wanted, 0);
}

static void a_request_that_is_written_at_once_needs_no_work_before_its_response(void **state)
{
    (void)state;
    send_request("GET", "");
    fake_arrives(&wire, OK_RESPONSE);
    assert_int_equal(store.count, 1);
    send_request("POST", "data");
    assert_int_equal(store.count, 1);
    fake_arrives(&wire, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    assert_int_equal(store.count, 0);
    fake_arrives(&wire, "hello");

    assert_int_equal(store.count, 1);
    assert_string_equal(story, "head 200|body hello|end OK|idle|head 200|body hello|end OK|idle|");
}

static void a_request_that_only_waits_lends_its_work_to_others(void **state)
{
    (void)state;
    wire.write_room = 10;
    send_request("GET", "");
    assert_int_equal(store.count, 0);
    wire.write_room = SIZE_MAX;
    fake_turn(&wire);

    assert_int_equal(store.count, 1);
    assert_str(ah_buf_str(&wire.written), "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(exchange.bytes_sent, wire.written.len);
    assert_true(exchange.was_sent);
    fake_arrives(&wire, OK_RESPONSE);
    assert_string_equal(story, "head 200|body hello|end OK|idle|");
}

static void a_chunk_is_read_to_its_place_and_what_frames_it_is_not(void **state)
{
    (void)state;
    await_body("Transfer-Encoding: chunked\r\n\r\n5\r\n", sizeof placed);
    fake_arrives(&wire, "hello\r\n1\r\n!\r\n0\r\n\r\n");

    assert_string_equal(story, "place for 5|placed hello|body !|end OK|idle|");
}

static void a_body_without_a_place_is_read_elsewhere(void **state)
{
    (void)state;
    await_body("Content-Length: 5\r\n\r\n", 0);
    fake_arrives(&wire, "hello");

    assert_string_equal(story, "place for 5|body hello|end OK|idle|");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_body_is_read_to_where_its_owner_keeps_it),
        TEST(a_body_that_fills_its_place_is_read_on_at_once_unless_that_is_enough),
        TEST(a_request_that_is_written_at_once_needs_no_work_before_its_response),
        TEST(a_request_that_only_waits_lends_its_work_to_others),
        TEST(a_chunk_is_read_to_its_place_and_what_frames_it_is_not),
        TEST(a_body_without_a_place_is_read_elsewhere),
        TEST(an_exchange_goes_out_in_one_write_and_comes_back),
        TEST(an_idle_connection_does_not_keep_the_loop_and_a_busy_one_does),
        TEST(a_connection_that_is_closed_does_not_keep_the_loop),
        TEST(the_second_exchange_knows_that_it_is_not_the_first),
        TEST(what_keep_alive_says_is_known_when_the_connection_is_idle),
        TEST(a_connection_that_its_peer_keeps_too_shortly_is_not_used_again),
        TEST(a_request_that_does_not_fit_goes_on_when_there_is_room),
        TEST(what_went_out_is_counted_when_there_is_no_memory_to_go_on),
        TEST(a_reader_that_has_enough_stops_the_reading),
        TEST(connection_close_ends_it_after_the_response),
        TEST(a_request_that_wants_close_is_the_last),
        TEST(bytes_behind_the_response_end_it),
        TEST(an_unasked_byte_ends_an_idle_connection),
        TEST(the_end_of_the_peer_ends_an_idle_connection),
        TEST(an_answer_before_the_request_is_out_counts_and_ends_it),
        TEST(a_broken_write_waits_for_an_answer),
        TEST(a_broken_write_without_an_answer_says_what_broke),
        TEST(a_reset_inside_the_body_is_a_cut_body),
        TEST(a_body_until_close_ends_well_with_the_connection),
        TEST(an_abandoned_exchange_hears_no_more),
        TEST(closing_fails_the_exchange_first),
        TEST(a_switch_of_protocols_that_nobody_asked_for_is_an_error),
        TEST(abandoning_inside_an_event_ends_all_use_of_the_exchange),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
