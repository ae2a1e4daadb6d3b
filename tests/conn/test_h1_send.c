/* SPDX-License-Identifier: MIT */
/* Bodies that are pulled, 100-continue, and answers that come before a request is out. */
#include "conn/source.h"
#include "conn_fixture.h"
#include <ahttp/task.h>

/* A body whose pieces the test lists.  WAIT waits for wake_up once; FAIL fails. */
#define WAIT "<wait>"
#define FAIL "<fail>"

typedef struct scripted {
    ahttp_body base;
    const char *const *pieces; /* the last is NULL */
    bool was_woken, is_stopped;
    int pulls;
} scripted;

static ah_pull scripted_next(ahttp_body *base, ah_str *piece, ahttp_error **error)
{
    scripted *body = (scripted *)base;

    body->pulls++;
    if (!*body->pieces)
        return AH_PULL_END;
    if (strcmp(*body->pieces, FAIL) == 0) {
        *error = ah_error_new(AHTTP_E_SYSTEM, "read file x: input/output error");
        return AH_PULL_FAILED;
    }
    if (strcmp(*body->pieces, WAIT) == 0) {
        if (!body->was_woken)
            return AH_PULL_WAIT;
        body->was_woken = false;
        body->pieces++;
        return scripted_next(base, piece, error);
    }
    *piece = ah_str_from(*body->pieces++);
    return AH_PULL_READY;
}

static void scripted_stop(ahttp_body *base)
{
    ((scripted *)base)->is_stopped = true;
}

static scripted source;

static void wake_up(void)
{
    source.was_woken = true;
    ah_source_wake(&source.base);
}

#define PIECES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void make_source(const char *const *pieces, int64_t length)
{
    static const ah_source_ops ops = {.next = scripted_next, .stop = scripted_stop};
    ahttp_error *error;

    source = (scripted){.pieces = pieces};
    ah_source_init(&source.base, &ops, AHTTP_BODY_ONCE, length);
    assert_int_equal(ah_source_open(&source.base, loop, NULL, NULL, &error), AH_PULL_READY);
}

static void send_source(int64_t expect_100_ms)
{
    ah_exchange_release(&exchange);
    exchange = (ah_exchange){
        .events = &events,
        .request = {.method = AH_STR("POST"),
                    .target = AH_STR("/"),
                    .authority = AH_STR("h"),
                    .fields = &no_fields,
                    .body_length = source.base.length,
                    .has_body = true},
        .source = &source.base,
        .expect_100_ms = expect_100_ms,
    };
    ah_headers_init(&exchange.response.fields, &arena);
    ah_conn_send(conn, &exchange);
}

/* A POST of these pieces; length -1: in chunks. */
static void send_pieces(const char *const *pieces, int64_t length, int64_t expect_100_ms)
{
    make_source(pieces, length);
    send_source(expect_100_ms);
}

/* What is ready in the loop runs. */
static void let_run(void)
{
    for (int i = 0; i < 3; i++)
        assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
}

#define CHUNKED_HEAD  "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
#define FIVE_HEAD     "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n"
#define EMPTY_OK      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
#define TOO_LARGE     "HTTP/1.1 413 Large\r\nContent-Length: 2\r\n\r\nno"
#define GO_ON         "HTTP/1.1 100 Continue\r\n\r\n"
#define GO_ON_MS      1000
#define ONE_MS_BEFORE (GO_ON_MS - 1)

static void assert_written(const char *expected)
{
    assert_str(ah_buf_str(&wire.written), expected);
}

/* ---- Framing ---- */

static void pieces_at_hand_go_out_with_the_head_in_one_write(void **state)
{
    (void)state;
    send_pieces(PIECES("hel", "lo"), 5, 0);
    assert_int_equal(wire.writes, 1);
    assert_written(FIVE_HEAD "hello");
    fake_arrives(&wire, EMPTY_OK);

    assert_string_equal(story, "head 200|end OK|idle|");
    assert_int_equal(exchange.bytes_sent, wire.written.len);
}

static void a_body_of_unknown_length_goes_out_in_chunks(void **state)
{
    (void)state;
    send_pieces(PIECES("hello", "0123456789abcdef"), -1, 0);
    assert_written(CHUNKED_HEAD "5\r\nhello\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n");
    fake_arrives(&wire, EMPTY_OK);

    assert_string_equal(story, "head 200|end OK|idle|");
}

static void an_empty_body_of_unknown_length_is_the_last_chunk(void **state)
{
    (void)state;
    send_pieces(PIECES(NULL), -1, 0);
    assert_written(CHUNKED_HEAD "0\r\n\r\n");
    fake_arrives(&wire, EMPTY_OK);

    assert_string_equal(story, "head 200|end OK|idle|");
}

static void large_pieces_are_framed_like_small_ones(void **state)
{
    static char large[10001];

    (void)state;
    memset(large, 'x', sizeof large - 1);
    send_pieces(PIECES("a", large, "b"), -1, 0);

    ah_str all = ah_buf_str(&wire.written);
    size_t start = sizeof CHUNKED_HEAD "1\r\na\r\n" - 1;
    assert_str(ah_str_slice(all, 0, start + 6), CHUNKED_HEAD "1\r\na\r\n2710\r\n");
    assert_str(ah_str_slice(all, start + 6, 10000), large);
    assert_str(ah_str_slice(all, start + 6 + 10000, SIZE_MAX), "\r\n1\r\nb\r\n0\r\n\r\n");
}

static void the_same_bytes_go_out_whatever_a_write_takes(void **state)
{
    static char large[5001];

    (void)state;
    memset(large, 'x', sizeof large - 1);
    wire.write_room = 1;
    send_pieces(PIECES("a", large, WAIT, "b"), -1, 0);
    for (int i = 0; i < 6000; i++) {
        wire.write_room = 1;
        fake_turn(&wire);
        if (i == 5500)
            wake_up();
    }

    ah_str all = ah_buf_str(&wire.written);
    size_t start = sizeof CHUNKED_HEAD "1\r\na\r\n1388\r\n" - 1;
    assert_str(ah_str_slice(all, 0, start), CHUNKED_HEAD "1\r\na\r\n1388\r\n");
    assert_str(ah_str_slice(all, start, 5000), large);
    assert_str(ah_str_slice(all, start + 5000, SIZE_MAX), "\r\n1\r\nb\r\n0\r\n\r\n");
    assert_int_equal(exchange.bytes_sent, all.len);
}

static const ahttp_pair *checksum(void *ctx)
{
    static const ahttp_pair pairs[] = {{"Checksum", "7"}, {"X-End", "yes"}, {NULL, NULL}};

    (*(int *)ctx)++;
    return pairs;
}

static void trailers_are_asked_for_at_the_end_and_follow_the_last_chunk(void **state)
{
    int asked = 0;

    (void)state;
    make_source(PIECES("hello", WAIT), -1);
    ahttp_body_set_trailers(&source.base, checksum, &asked);
    send_source(0);
    let_run();
    assert_int_equal(asked, 0);
    wake_up();
    let_run();

    assert_int_equal(asked, 1);
    assert_written(CHUNKED_HEAD "5\r\nhello\r\n0\r\nChecksum: 7\r\nX-End: yes\r\n\r\n");
    fake_arrives(&wire, EMPTY_OK);
    assert_string_equal(story, "head 200|end OK|idle|");
    ah_arena_release(&source.base.trailers.arena);
}

/* ---- Pulling ---- */

static void nothing_is_pulled_while_the_transport_has_no_room(void **state)
{
    static char large[10001];

    (void)state;
    memset(large, 'x', sizeof large - 1);
    wire.write_room = 0;
    send_pieces(PIECES(large, large, large), 30000, 0);
    fake_turn(&wire);
    assert_int_equal(source.pulls, 1);
    wire.write_room = 15000;
    fake_turn(&wire);

    assert_int_equal(source.pulls, 2);
    assert_int_equal(wire.wanted, AH_READABLE | AH_WRITABLE);
}

static void a_source_that_waits_does_not_watch_for_room(void **state)
{
    (void)state;
    send_pieces(PIECES("hel", WAIT, "lo"), 5, 0);
    assert_written(FIVE_HEAD "hel");
    assert_int_equal(wire.wanted, AH_READABLE);
    wake_up();
    assert_written(FIVE_HEAD "hello");
    fake_arrives(&wire, EMPTY_OK);

    assert_string_equal(story, "head 200|end OK|idle|");
}

static void a_source_that_fails_ends_request_and_connection(void **state)
{
    (void)state;
    send_pieces(PIECES("hel", WAIT, FAIL), 5, 0);
    wake_up();

    assert_string_equal(story, "end read file x: input/output error|closed|");
}

static void a_source_that_fails_at_once_sends_nothing_and_keeps_the_connection(void **state)
{
    (void)state;
    send_pieces(PIECES(FAIL), 5, 0);
    assert_string_equal(story, "end read file x: input/output error|idle|");
    assert_written("");
    assert_true(source.is_stopped);
    send_pieces(PIECES("hello"), 5, 0);
    assert_written(FIVE_HEAD "hello");
    assert_false(exchange.was_reused);
    fake_arrives(&wire, EMPTY_OK);

    assert_string_equal(story, "end read file x: input/output error|idle|head 200|end OK|idle|");
}

static void a_length_that_is_wrong_from_the_start_keeps_the_connection(void **state)
{
    (void)state;
    send_pieces(PIECES("hell"), 5, 0);
    send_pieces(PIECES("hello!"), 5, 0);

    assert_string_equal(story, "end send request body: it ended after 4 of the 5 bytes that were "
                               "promised|idle|end send request body: it goes on behind the 5 bytes "
                               "that were promised|idle|");
    assert_written("");
}

static void fewer_bytes_than_promised_end_request_and_connection(void **state)
{
    (void)state;
    send_pieces(PIECES("hell", WAIT), 5, 0);
    wake_up();

    assert_string_equal(story, "end send request body: it ended after 4 of the 5 bytes that were "
                               "promised|closed|");
}

static void more_bytes_than_promised_end_request_and_connection(void **state)
{
    (void)state;
    send_pieces(PIECES("hello", WAIT, "!"), 5, 0);
    assert_written(FIVE_HEAD "hello");
    wake_up();

    assert_string_equal(story, "end send request body: it goes on behind the 5 bytes that were "
                               "promised|closed|");
    assert_written(FIVE_HEAD "hello");
}

/* ---- Early answers ---- */

static void a_refusal_stops_the_upload(void **state)
{
    (void)state;
    send_pieces(PIECES("hel", WAIT, "lo"), -1, 0);
    fake_arrives(&wire, "HTTP/1.1 413 Large\r\nContent-Length: 2\r\n\r\nn");
    assert_true(source.is_stopped);
    assert_int_equal(wire.wanted, AH_READABLE);
    fake_arrives(&wire, "o");

    assert_string_equal(story, "head 413|body n|body o|end OK|closed|");
    assert_written(CHUNKED_HEAD "3\r\nhel\r\n");
}

static void an_early_success_lets_the_upload_go_on(void **state)
{
    (void)state;
    send_pieces(PIECES("hel", WAIT, "lo"), 5, 0);
    fake_arrives(&wire, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel");
    assert_false(source.is_stopped);
    wake_up();
    assert_written(FIVE_HEAD "hello");
    fake_arrives(&wire, "lo");

    assert_string_equal(story, "head 200|body hel|body lo|end OK|idle|");
}

static void a_response_that_is_complete_before_the_upload_ends_it(void **state)
{
    (void)state;
    send_pieces(PIECES("hel", WAIT, "lo"), 5, 0);
    fake_arrives(&wire, EMPTY_OK);

    assert_true(source.is_stopped);
    assert_string_equal(story, "head 200|end OK|closed|");
}

static void a_broken_write_waits_a_second_for_an_answer(void **state)
{
    (void)state;
    send_pieces(PIECES("hel", WAIT, "lo"), 5, 0);
    wire.breaks_writes = true;
    wake_up();
    assert_true(source.is_stopped);
    ahttp_loop_advance(loop, 999);
    let_run();
    assert_string_equal(story, "");
    ahttp_loop_advance(loop, 1);
    let_run();

    assert_string_equal(story, "end use fake:1: connection reset by peer|closed|");
}

static void an_answer_within_that_second_is_read_to_its_end(void **state)
{
    (void)state;
    send_pieces(PIECES("hel", WAIT, "lo"), 5, 0);
    wire.breaks_writes = true;
    wake_up();
    fake_arrives(&wire, "HTTP/1.1 413 Large\r\nContent-Length: 2\r\n\r\nn");
    ahttp_loop_advance(loop, 5000);
    let_run();
    fake_arrives(&wire, "o");

    assert_string_equal(story, "head 413|body n|body o|end OK|closed|");
}

static void abandoning_stops_a_source_that_waits(void **state)
{
    (void)state;
    send_pieces(PIECES("hel", WAIT, "lo"), 5, 0);
    ah_conn_abandon(conn, &exchange);

    assert_true(source.is_stopped);
    assert_string_equal(story, "closed|");
}

/* ---- Expect: 100-continue ---- */

static void the_body_waits_for_100(void **state)
{
    (void)state;
    send_pieces(PIECES("hello"), 5, GO_ON_MS);
    assert_written(FIVE_HEAD);
    assert_int_equal(source.pulls, 0);
    assert_int_equal(wire.wanted, AH_READABLE);
    fake_arrives(&wire, GO_ON);
    assert_written(FIVE_HEAD "hello");
    fake_arrives(&wire, EMPTY_OK);

    assert_string_equal(story, "head 200|end OK|idle|");
}

static void bytes_in_memory_wait_for_100_as_well(void **state)
{
    (void)state;
    send_pieces(PIECES(NULL), 0, GO_ON_MS);
    fake_arrives(&wire, GO_ON EMPTY_OK);
    ah_buf_clear(&wire.written);
    exchange.source = NULL;
    exchange.body = AH_STR("hello");
    exchange.request.body_length = 5;
    ah_exchange_release(&exchange);
    ah_conn_send(conn, &exchange);
    assert_written(FIVE_HEAD);
    fake_arrives(&wire, GO_ON);

    assert_written(FIVE_HEAD "hello");
}

static void a_server_that_never_says_100_gets_the_body_after_the_wait(void **state)
{
    (void)state;
    send_pieces(PIECES("hello"), 5, GO_ON_MS);
    ahttp_loop_advance(loop, ONE_MS_BEFORE);
    let_run();
    assert_written(FIVE_HEAD);
    ahttp_loop_advance(loop, 1);
    let_run();
    assert_written(FIVE_HEAD "hello");
    fake_arrives(&wire, GO_ON EMPTY_OK);

    assert_string_equal(story, "head 200|end OK|idle|");
}

static void a_final_answer_instead_of_100_keeps_the_body_back(void **state)
{
    (void)state;
    send_pieces(PIECES("hello"), 5, GO_ON_MS);
    fake_arrives(&wire, TOO_LARGE);
    ahttp_loop_advance(loop, GO_ON_MS);
    let_run();

    assert_string_equal(story, "head 413|body no|end OK|closed|");
    assert_written(FIVE_HEAD);
    assert_int_equal(source.pulls, 0);
}

static void a_100_that_nobody_expects_changes_nothing(void **state)
{
    (void)state;
    send_pieces(PIECES("hel", WAIT, "lo"), 5, 0);
    fake_arrives(&wire, GO_ON);
    assert_written(FIVE_HEAD "hel");
    wake_up();
    fake_arrives(&wire, EMPTY_OK);

    assert_string_equal(story, "head 200|end OK|idle|");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(pieces_at_hand_go_out_with_the_head_in_one_write),
        TEST(a_body_of_unknown_length_goes_out_in_chunks),
        TEST(an_empty_body_of_unknown_length_is_the_last_chunk),
        TEST(large_pieces_are_framed_like_small_ones),
        TEST(the_same_bytes_go_out_whatever_a_write_takes),
        TEST(trailers_are_asked_for_at_the_end_and_follow_the_last_chunk),
        TEST(nothing_is_pulled_while_the_transport_has_no_room),
        TEST(a_source_that_waits_does_not_watch_for_room),
        TEST(a_source_that_fails_ends_request_and_connection),
        TEST(a_source_that_fails_at_once_sends_nothing_and_keeps_the_connection),
        TEST(a_length_that_is_wrong_from_the_start_keeps_the_connection),
        TEST(fewer_bytes_than_promised_end_request_and_connection),
        TEST(more_bytes_than_promised_end_request_and_connection),
        TEST(a_refusal_stops_the_upload),
        TEST(an_early_success_lets_the_upload_go_on),
        TEST(a_response_that_is_complete_before_the_upload_ends_it),
        TEST(a_broken_write_waits_a_second_for_an_answer),
        TEST(an_answer_within_that_second_is_read_to_its_end),
        TEST(abandoning_stops_a_source_that_waits),
        TEST(the_body_waits_for_100),
        TEST(bytes_in_memory_wait_for_100_as_well),
        TEST(a_server_that_never_says_100_gets_the_body_after_the_wait),
        TEST(a_final_answer_instead_of_100_keeps_the_body_back),
        TEST(a_100_that_nobody_expects_changes_nothing),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
