/* SPDX-License-Identifier: MIT */
/* Bodies read in every style: up to n bytes, exactly n, up to a delimiter, by line. */
#include "one_server.h"
#include "scarcity.h"

#include "http/compress.h"
#include "support/failing_alloc.h"

/* The stream of the response to a server that does just these steps on its first connection. */
static ahttp_response *response;
static ahttp_stream *get(const server_step *steps)
{
    restart_with(&(server_script){.connections = {steps}});
    response = response_of(ahttp_get(f.session, server_url(f.server, "/")));
    return ahttp_response_stream(response);
}

static ahttp_stream *get_route(const char *path)
{
    response = response_of(ahttp_get(f.session, server_url(f.server, path)));
    return ahttp_response_stream(response);
}

static void assert_read(ahttp_future *read, const char *expected)
{
    const ahttp_bytes *piece = ahttp_await(read);

    if (!piece)
        fail_msg("%s", ahttp_task_error()->message);
    if (piece->len != strlen(expected) || memcmp(piece->data, expected, piece->len) != 0)
        fail_msg("\"%.*s\" is not \"%s\"", (int)piece->len, (const char *)piece->data, expected);
}

static ahttp_bytes bytes(const char *text)
{
    return (ahttp_bytes){text, strlen(text)};
}

/* ---- Styles ---- */

static void at_most_so_many_bytes_are_read(void **state)
{
    (void)state;
    ahttp_stream *stream = get_route("/bytes/10");

    assert_read(ahttp_stream_read_exactly(stream, 1), "a"); /* so that all has come */
    assert_read(ahttp_stream_read_some(stream, 4), "bcde");
    assert_int_equal(ahttp_stream_total(stream), 5);
    assert_read(ahttp_stream_read_some(stream, 1), "f");
    assert_false(ahttp_stream_at_end(stream));
    assert_read(ahttp_stream_read_some(stream, 100), "ghij");
    assert_true(ahttp_stream_at_end(stream));
    assert_read(ahttp_stream_read_some(stream, 100), "");
    ahttp_response_unref(response);
}

static void exactly_so_many_bytes_are_read(void **state)
{
    static const server_step slow[] = {
        READ_REQUEST,
        SEND("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n"),
        SEND_SLOWLY("onetwothree!"),
        HOLD,
    };

    (void)state;
    ahttp_stream *stream = get(slow);

    assert_read(ahttp_stream_read_exactly(stream, 3), "one");
    assert_read(ahttp_stream_read_exactly(stream, 0), "");
    assert_read(ahttp_stream_read_exactly(stream, 3), "two");
    assert_read(ahttp_stream_read_exactly(stream, 6), "three!");
    assert_true(ahttp_stream_at_end(stream));
    ahttp_response_unref(response);
}

static void a_body_that_ends_before_exactly_so_many_bytes_is_an_error_and_they_stay(void **state)
{
    (void)state;
    ahttp_stream *stream = get_route("/chunked/10");

    assert_read(ahttp_stream_read_exactly(stream, 4), "abcd");
    assert_fails(ahttp_stream_read_exactly(stream, 7), AHTTP_E_BODY_CUT,
                 "ended with 6 of the 7 bytes");
    assert_int_equal(ahttp_stream_total(stream), 4);
    assert_read(ahttp_stream_read(stream), "efghij");
    assert_fails(ahttp_stream_read_exactly(stream, 1), AHTTP_E_BODY_CUT, "0 of the 1 bytes");
    ahttp_response_unref(response);
}

static void lines_are_read_with_their_ends_and_the_last_without(void **state)
{
    static const server_step lines[] = {
        READ_REQUEST,
        SEND("HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\none\ntwo\r\n\nlast one"),
        HOLD,
    };

    (void)state;
    ahttp_stream *stream = get(lines);

    assert_read(ahttp_stream_read_line(stream, 0), "one\n");
    assert_read(ahttp_stream_read_line(stream, 0), "two\r\n");
    assert_read(ahttp_stream_read_line(stream, 0), "\n");
    assert_read(ahttp_stream_read_line(stream, 0), "last one");
    assert_read(ahttp_stream_read_line(stream, 0), "");
    ahttp_response_unref(response);
}

static void a_delimiter_is_found_wherever_pieces_and_chunks_are_split(void **state)
{
    static const server_step by_bytes[] = {
        READ_REQUEST,
        SEND("HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n"),
        SEND_SLOWLY("a--b-----b--second--b--b-"),
        HOLD,
    };
    static const server_step in_chunks[] = {
        READ_REQUEST,
        SEND("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
             "2\r\na-\r\n1\r\n-\r\n3\r\nb--\r\n4\r\n---b\r\n2\r\n--\r\n6\r\nsecond\r\n"
             "6\r\n--b--b\r\n1\r\n-\r\n0\r\n\r\n"),
        HOLD,
    };
    static const server_step *const servers[] = {by_bytes, in_chunks};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(servers); i++) {
        ahttp_stream *stream = get(servers[i]);
        assert_read(ahttp_stream_read_until(stream, bytes("--b--"), 0), "a--b--");
        assert_read(ahttp_stream_read_until(stream, bytes("--b--"), 0), "---b--");
        assert_read(ahttp_stream_read_until(stream, bytes("--b--"), 0), "second--b--");
        assert_read(ahttp_stream_read_until(stream, bytes("--b--"), 0), "b-");
        assert_read(ahttp_stream_read_until(stream, bytes("--b--"), 0), "");
        ahttp_response_unref(response);
    }
}

static void a_delimiter_may_go_as_soon_as_the_call_returns(void **state)
{
    static const server_step gated[] = {
        READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab"),
        WAIT_GATE(0), SEND("|c"),
        HOLD,
    };
    char delimiter[] = "|";

    (void)state;
    ahttp_stream *stream = get(gated);
    ahttp_future *read = ahttp_stream_read_until(stream, bytes(delimiter), 0);
    delimiter[0] = 'b';
    server_open_gate(f.server, 0);

    assert_read(read, "ab|");
    ahttp_response_unref(response);
}

static void styles_mix(void **state)
{
    static const server_step mixed[] = {
        READ_REQUEST,
        SEND("HTTP/1.1 200 OK\r\nContent-Length: 24\r\n\r\n"),
        SEND_SLOWLY("5\r\nhello3\r\nyou\r\nthe rest"),
        HOLD,
    };

    (void)state;
    ahttp_stream *stream = get(mixed);

    assert_read(ahttp_stream_read_until(stream, bytes("\r\n"), 0), "5\r\n");
    assert_read(ahttp_stream_read_exactly(stream, 5), "hello");
    assert_read(ahttp_stream_read_line(stream, 0), "3\r\n");
    assert_read(ahttp_stream_read_exactly(stream, 3), "you");
    assert_read(ahttp_stream_read_some(stream, 1), "\r");
    assert_read(ahttp_stream_read_line(stream, 0), "\n");
    assert_read(ahttp_stream_read_exactly(stream, 8), "the rest");
    ahttp_response_unref(response);
}

/* ---- Limits ---- */

static void a_line_beyond_its_limit_is_an_error_and_its_bytes_stay(void **state)
{
    static const server_step lines[] = {
        READ_REQUEST,
        SEND("HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n123456789\n1234\n"),
        HOLD,
    };

    (void)state;
    ahttp_stream *stream = get(lines);

    assert_fails(ahttp_stream_read_line(stream, 9), AHTTP_E_LINE_TOO_LONG, "next 9 bytes");
    assert_read(ahttp_stream_read_line(stream, 10), "123456789\n");
    assert_fails(ahttp_stream_read_line(stream, 4), AHTTP_E_LINE_TOO_LONG, "next 4 bytes");
    assert_read(ahttp_stream_read(stream), "1234\n");
    ahttp_response_unref(response);
}

static void a_last_line_of_just_the_limit_is_fine_however_it_comes(void **state)
{
    static const server_step gated[] = {
        READ_REQUEST, SEND("HTTP/1.1 200 OK\r\n\r\n12345"), WAIT_GATE(0), HALF_CLOSE, HOLD,
    };

    (void)state;
    ahttp_stream *stream = get(gated);
    ahttp_future *line = ahttp_stream_read_line(stream, 5);
    run_until(&f, SERVER_AT_GATE, 1);
    server_open_gate(f.server, 0);

    assert_read(line, "12345");
    ahttp_response_unref(response);
}

static void an_endless_line_stops_at_the_default_limit(void **state)
{
    static const server_step endless[] = {
        READ_REQUEST,
        SEND("HTTP/1.1 200 OK\r\n\r\n"),
        SEND_FOREVER("x"),
        HOLD,
    };

    (void)state;
    ahttp_stream *stream = get(endless);

    assert_fails(ahttp_stream_read_line(stream, 0), AHTTP_E_LINE_TOO_LONG, "next 65536 bytes");
    const ahttp_bytes *piece = ahttp_await(ahttp_stream_read_exactly(stream, 65536));
    assert_int_equal(piece->len, 65536);
    ahttp_response_unref(response);
}

static void more_than_the_buffer_holds_can_be_read_at_once(void **state)
{
    enum { SIZE = 3 << 20 };
    char path[32];

    (void)state;
    snprintf(path, sizeof path, "/bytes/%d", SIZE);
    ahttp_stream *stream = get_route(path);
    const ahttp_bytes *piece = ahttp_await(ahttp_stream_read_exactly(stream, SIZE - 26));
    assert_int_equal(piece->len, SIZE - 26);
    for (size_t i = 0; i < piece->len; i++)
        if (((const char *)piece->data)[i] != (char)('a' + i % 26))
            fail_msg("byte %zu is wrong", i);
    assert_int_equal(((const ahttp_bytes *)ahttp_await(ahttp_stream_read_line(stream, 0)))->len,
                     26);
    assert_true(ahttp_stream_at_end(stream));
    ahttp_response_unref(response);

    stream = get_route(path);
    piece = ahttp_await(ahttp_stream_read_until(stream, bytes("{"), SIZE));
    assert_int_equal(piece->len, SIZE);
    ahttp_response_unref(response);
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    ahttp_stream *stream = get_route("/bytes/5");

    assert_fails(ahttp_stream_read_some(stream, 0), AHTTP_E_ARGUMENT, "at most 0 bytes");
    assert_fails(ahttp_stream_read_until(stream, bytes(""), 0), AHTTP_E_ARGUMENT, "empty");
    assert_fails(ahttp_stream_read_exactly(stream, SIZE_MAX), AHTTP_E_ARGUMENT, "bytes");
    assert_read(ahttp_stream_read_exactly(stream, 5), "abcde");
    ahttp_response_unref(response);
}

/* ---- Ends ---- */

static void of_a_cut_body_what_came_can_be_read_in_every_style(void **state)
{
    static const server_step cut[] = {
        READ_REQUEST,
        SEND("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nline\nhalf"),
        CLOSE,
    };

    (void)state;
    ahttp_stream *stream = get(cut);

    assert_fails(ahttp_stream_read_exactly(stream, 10), AHTTP_E_BODY_CUT, "9 of 100");
    assert_read(ahttp_stream_read_line(stream, 0), "line\n");
    assert_fails(ahttp_stream_read_line(stream, 0), AHTTP_E_BODY_CUT, "9 of 100");
    assert_read(ahttp_stream_read_exactly(stream, 2), "ha");
    assert_read(ahttp_stream_read_some(stream, 9), "lf");
    assert_fails(ahttp_stream_read(stream), AHTTP_E_BODY_CUT, "9 of 100");
    ahttp_response_unref(response);
}

static void a_cancelled_read_of_any_style_loses_nothing(void **state)
{
    static const server_step gated[] = {
        READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsoo"),
        WAIT_GATE(0), SEND("n\nend"),
        HOLD,
    };

    (void)state;
    ahttp_stream *stream = get(gated);
    for (int i = 0; i < 2; i++) {
        ahttp_future *read =
            i == 0 ? ahttp_stream_read_exactly(stream, 8) : ahttp_stream_read_line(stream, 0);
        run_until(&f, SERVER_AT_GATE, 1);
        assert_false(ahttp_future_done(read));
        ahttp_future_cancel(read);
        assert_fails(read, AHTTP_E_CANCELLED, "cancelled");
    }
    server_open_gate(f.server, 0);

    assert_read(ahttp_stream_read_line(stream, 0), "soon\n");
    assert_read(ahttp_stream_read_exactly(stream, 3), "end");
    ahttp_response_unref(response);
}

static void a_response_given_up_fails_its_pending_read(void **state)
{
    static const server_step stalls[] = {
        READ_REQUEST,
        SEND("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf"),
        HOLD,
    };

    (void)state;
    ahttp_stream *stream = get(stalls);
    ahttp_future *line = ahttp_stream_read_line(stream, 0);
    ahttp_response_unref(response);

    assert_fails(line, AHTTP_E_STATE, "nobody wants");
    run_until(&f, SERVER_PEER_CLOSED, 1);
}

/* ---- Flow ---- */

static void a_reader_of_lines_that_stops_stops_the_sender(void **state)
{
    static const server_step endless[] = {
        READ_REQUEST,
        SEND("HTTP/1.1 200 OK\r\n\r\n"),
        SEND_FOREVER("one line and another one\n"),
        HOLD,
    };

    (void)state;
    restart_with(&(server_script){.connections = {endless}, .send_buffer = 65536});
    ahttp_stream *stream = get_route("/");
    for (int i = 0; i < 20000; i++)
        assert_read(ahttp_stream_read_line(stream, 0), "one line and another one\n");
    run_until(&f, SERVER_BLOCKED, 1);

    assert_true(server_count(f.server, SERVER_BYTES_SENT) < 16 << 20);
    for (int i = 0; i < 20000; i++)
        assert_read(ahttp_stream_read_line(stream, 0), "one line and another one\n");
    ahttp_response_unref(response);
}

/* ---- Codings ---- */

/* A server that sends text with gzip, again and again; all of it lives until the next call. */
static const server_step *zipped_server(ah_str text)
{
    static ah_buf zipped;
    static char head[128];
    static server_step steps[4];

    ah_buf_release(&zipped);
    compress_level(&zipped, text, GZIP, 9);
    snprintf(head, sizeof head,
             "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n",
             zipped.len);
    memcpy(steps,
           ((server_step[]){READ_REQUEST, SEND(head), SEND_BYTES(zipped.data, zipped.len), AGAIN}),
           sizeof steps);
    return steps;
}

static void compressed_lines_come_out_as_they_went_in(void **state)
{
    enum { LINES = 200000 };
    static char text[LINES * 8 + 1];
    char line[16];

    (void)state;
    for (int i = 0; i < LINES; i++)
        snprintf(text + i * 8, 9, "%07d\n", i);
    ahttp_stream *stream = get(zipped_server(ah_str_make(text, LINES * 8)));
    for (int i = 0; i < LINES; i++) {
        snprintf(line, sizeof line, "%07d\n", i);
        assert_read(ahttp_stream_read_line(stream, 0), line);
    }

    assert_true(ahttp_stream_at_end(stream));
    assert_int_equal(ahttp_stream_total(stream), LINES * 8);
    assert_int_equal(ahttp_stream_raw_total(stream), ahttp_response_content_length(response));
    ahttp_response_unref(response);
}

static void a_bomb_is_stopped_unless_it_is_allowed(void **state)
{
    enum { SIZE = 32 << 20 };
    char *zeros = calloc(1, SIZE);

    (void)state;
    const server_step *steps = zipped_server(ah_str_make(zeros, SIZE));
    free(zeros);
    get(steps);
    assert_fails(ahttp_response_read(response), AHTTP_E_DECODED_TOO_LARGE, "more than 200 times");
    ahttp_response_unref(response);

    ahttp_session *trusting =
        ahttp_session_new(.loop = f.loop, .max_decode_ratio = AHTTP_UNLIMITED);
    test_server *other = server_start(&(server_script){.connections = {steps}});
    response = response_of(ahttp_get(trusting, server_url(other, "/")));
    const ahttp_bytes *body = ahttp_await(ahttp_response_read(response));
    assert_non_null(body);
    assert_int_equal(body->len, SIZE);
    ahttp_response_unref(response);
    ahttp_session_unref(trusting);
    server_stop(other);
}

static void raw_bytes_are_counted_without_the_framing(void **state)
{
    (void)state;
    ahttp_stream *stream = get_route("/chunked/1000");
    assert_int_equal(
        ((const ahttp_bytes *)ahttp_await(ahttp_stream_read_exactly(stream, 1000)))->len, 1000);

    assert_int_equal(ahttp_stream_raw_total(stream), 1000);
    ahttp_response_unref(response);
}

/* ---- Memory ---- */

static void reads_that_can_be_answered_at_once_allocate_nothing(void **state)
{
    static const char line[] = "a line of twenty six byte\n";
    static const server_step lines[] = {
        READ_REQUEST,
        SEND("HTTP/1.1 200 OK\r\nContent-Length: 30000\r\n\r\n"),
        SEND_REPEAT(line, 26000),
        HOLD,
    };

    (void)state;
    finish(&f);
    counting_alloc_install();
    f = start(&(server_script){.connections = {lines}}, false);
    ahttp_stream *stream = get_route("/");
    ahttp_future *all = ahttp_stream_read_exactly(stream, 30000);
    while (ahttp_stream_raw_total(stream) < 26000)
        assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
    ahttp_future_cancel(all);
    ahttp_drop(all);
    size_t before = counting_alloc_counts().allocations;
    for (int i = 0; i < 900; i++)
        assert_read(ahttp_stream_read_line(stream, 0), line);

    assert_int_equal(counting_alloc_counts().allocations, before);
    ahttp_response_unref(response);
    finish(&f);
    counting_alloc_remove();
    f = start(NULL, false);
}

static test_server *server;

static void read_in_all_styles(ahttp_session *session, void *ctx)
{
    ahttp_response *page = ahttp_await(ahttp_get(session, server_url(server, "/chunked/3000")));
    ahttp_stream *stream = page ? ahttp_response_stream(page) : NULL;
    const ahttp_bytes *piece = NULL;

    (void)ctx;
    if (stream && ahttp_await(ahttp_stream_read_until(stream, bytes("xyz"), 0)) &&
        ahttp_await(ahttp_stream_read_exactly(stream, 2000)) &&
        ahttp_await(ahttp_stream_read_some(stream, 10)))
        piece = ahttp_await(ahttp_stream_read_line(stream, 0));
    if (!piece)
        assert_non_null(ahttp_task_error()->message);
    ahttp_response_unref(page);
}

static void every_allocation_of_a_read_may_fail(void **state)
{
    (void)state;
    server = server_start(NULL);
    for_each_allocation_with_session(read_in_all_styles, NULL);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(at_most_so_many_bytes_are_read),
        WITH_SERVER(exactly_so_many_bytes_are_read),
        WITH_SERVER(a_body_that_ends_before_exactly_so_many_bytes_is_an_error_and_they_stay),
        WITH_SERVER(lines_are_read_with_their_ends_and_the_last_without),
        WITH_SERVER(a_delimiter_is_found_wherever_pieces_and_chunks_are_split),
        WITH_SERVER(a_delimiter_may_go_as_soon_as_the_call_returns),
        WITH_SERVER(styles_mix),
        WITH_SERVER(a_line_beyond_its_limit_is_an_error_and_its_bytes_stay),
        WITH_SERVER(a_last_line_of_just_the_limit_is_fine_however_it_comes),
        WITH_SERVER(an_endless_line_stops_at_the_default_limit),
        WITH_SERVER(more_than_the_buffer_holds_can_be_read_at_once),
        WITH_SERVER(nonsense_is_refused),
        WITH_SERVER(of_a_cut_body_what_came_can_be_read_in_every_style),
        WITH_SERVER(a_cancelled_read_of_any_style_loses_nothing),
        WITH_SERVER(a_response_given_up_fails_its_pending_read),
        WITH_SERVER(a_reader_of_lines_that_stops_stops_the_sender),
        WITH_SERVER(compressed_lines_come_out_as_they_went_in),
        WITH_SERVER(a_bomb_is_stopped_unless_it_is_allowed),
        WITH_SERVER(raw_bytes_are_counted_without_the_framing),
        WITH_SERVER(reads_that_can_be_answered_at_once_allocate_nothing),
        cmocka_unit_test(every_allocation_of_a_read_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
