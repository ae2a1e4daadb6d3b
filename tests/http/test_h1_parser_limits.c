/* SPDX-License-Identifier: MIT */
#include "support/check.h"
#include "support/failing_alloc.h"
#include "support/response_log.h"

#define OK      "HTTP/1.1 200 OK\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"

/* before, count times the character, after. */
static ah_str stretched(ah_buf *out, const char *before, char c, size_t count, const char *after)
{
    ah_buf_clear(out);
    ah_buf_append(out, ah_str_from(before));
    for (size_t i = 0; i < count; i++)
        ah_buf_append_char(out, c);
    ah_buf_append(out, ah_str_from(after));
    assert_false(ah_buf_failed(out));
    return ah_buf_str(out);
}

/* In pieces of several sizes, what comes of the bytes ends with this. */
static void check_end(ah_response_rules rules, ah_str bytes, const char *expected)
{
    static const size_t steps[] = {1, 7, 1000, 65536, SIZE_MAX};
    response_input input = {.rules = rules, .bytes = bytes};
    ah_buf log = {0};

    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        response_log(&log, &input, steps[i], steps[i]);
        if (!ah_str_ends_with(ah_buf_str(&log), ah_str_from(expected)))
            fail_msg("in pieces of %zu: \"%s\" does not end with \"%s\"", steps[i], log.data,
                     expected);
    }
    ah_buf_release(&log);
}

static void check_stretched(ah_response_rules rules, const char *before, size_t count,
                            const char *after, const char *expected)
{
    ah_buf bytes = {0};

    check_end(rules, stretched(&bytes, before, 'x', count, after), expected);
    ah_buf_release(&bytes);
}

static const ah_response_rules defaults;

static void a_status_line_has_8190_bytes_at_most(void **state)
{
    const char *after = "\r\nContent-Length: 0\r\n\r\n";
    (void)state;

    check_stretched(defaults, "HTTP/1.1 200 ", 8190 - 13, after, "done");
    check_stretched(defaults, "HTTP/1.1 200 ", 8191 - 13, after,
                    "failed HEAD_TOO_LARGE: read response head: the status line is longer than "
                    "the limit of 8190 bytes");
}

static void a_field_has_8190_bytes_at_most(void **state)
{
    const char *before = OK "Content-Length: 0\r\nName: ";
    const char *error = "failed HEAD_TOO_LARGE: read response head: a field is longer than the "
                        "limit of 8190 bytes";
    (void)state;

    check_stretched(defaults, before, 8190 - 4, "\r\n\r\n", "done");
    check_stretched(defaults, before, 8191 - 4, "\r\n\r\n", error);
    check_stretched(defaults, OK "Content-Length: 0\r\n", 8190, ":\r\n\r\n", "done");
    check_stretched(defaults, OK "Content-Length: 0\r\n", 8191, ":\r\n\r\n", error);
}

static void a_head_has_128_fields_at_most(void **state)
{
    ah_buf bytes = {0};
    (void)state;
    ah_buf_append(&bytes, AH_STR(OK "Content-Length: 0\r\n"));
    for (int i = 0; i < 127; i++)
        ah_buf_append(&bytes, AH_STR("a: b\r\n"));

    size_t len = bytes.len;
    ah_buf_append(&bytes, AH_STR("\r\n"));
    check_end(defaults, ah_buf_str(&bytes), "done");
    bytes.len = len;
    ah_buf_append(&bytes, AH_STR("a: b\r\n\r\n"));
    check_end(defaults, ah_buf_str(&bytes),
              "failed HEAD_TOO_LARGE: read response head: more fields than the limit of 128");

    ah_buf_release(&bytes);
}

static void a_head_has_65536_bytes_at_most(void **state)
{
    const char *start = OK "Content-Length: 0\r\n";
    ah_buf fields = {0};
    (void)state;
    for (int i = 0; i < 9; i++) {
        ah_buf more = {0};
        ah_buf_append(&fields, stretched(&more, "a: ", 'x', 7000, "\r\n"));
        ah_buf_release(&more);
    }
    ah_buf bytes = {0};
    ah_buf_append(&bytes, ah_str_from(start));
    ah_buf_append(&bytes, ah_buf_str(&fields));
    assert_non_null(ah_buf_terminate(&bytes));

    size_t left = 65536 - bytes.len - strlen("a: \r\n\r\n");
    check_stretched(defaults, bytes.data, 0, "\r\nBODY", "done 4 left");
    ah_buf_append(&bytes, AH_STR("a: "));
    assert_non_null(ah_buf_terminate(&bytes));
    check_stretched(defaults, bytes.data, left, "\r\n\r\n", "done");
    check_stretched(defaults, bytes.data, left + 1, "\r\n\r\n",
                    "failed HEAD_TOO_LARGE: read response head: longer than the limit of 65536 "
                    "bytes");

    ah_buf_release(&bytes);
    ah_buf_release(&fields);
}

static void what_is_no_field_counts_too(void **state)
{
    const ah_response_rules rules = {.max_head = 100};
    const char *error = "failed HEAD_TOO_LARGE: read response head: longer than the limit of 100 "
                        "bytes";
    ah_buf bytes = {0};
    (void)state;

    check_end(rules, stretched(&bytes, OK "a:", ' ', 200, "b\r\n\r\n"), error);
    check_end(rules, stretched(&bytes, "", '\n', 200, OK "\r\n"), error);

    ah_buf_release(&bytes);
}

static void sixteen_interim_responses_are_enough(void **state)
{
    ah_buf bytes = {0};
    (void)state;
    for (int i = 0; i < 16; i++)
        ah_buf_append(&bytes, AH_STR("HTTP/1.1 100\r\n\r\n"));

    size_t len = bytes.len;
    ah_buf_append(&bytes, AH_STR("HTTP/1.1 204\r\n\r\n"));
    check_end(defaults, ah_buf_str(&bytes), "done");
    bytes.len = len;
    ah_buf_append(&bytes, AH_STR("HTTP/1.1 100\r\n\r\n"));
    check_end(defaults, ah_buf_str(&bytes),
              "failed HEAD_TOO_LARGE: read response head: more interim responses than the limit "
              "of 16");

    ah_buf_release(&bytes);
}

static void the_size_line_of_a_chunk_is_bounded(void **state)
{
    const ah_response_rules rules = {.max_line = 50};
    const char *error = "failed HEAD_TOO_LARGE: read response body: the size line of a chunk is "
                        "longer than the limit of 50 bytes";
    ah_buf bytes = {0};
    (void)state;

    check_stretched(rules, CHUNKED "1;", 48, "\r\na\r\n0\r\n\r\n", "done");
    check_stretched(rules, CHUNKED "1;", 49, "\r\na\r\n0\r\n\r\n", error);
    check_stretched(rules, CHUNKED "1\r\na\r\n0;", 49, "\r\n\r\n", error);
    check_end(rules, stretched(&bytes, CHUNKED, '0', 49, "1\r\na\r\n0\r\n\r\n"), "done");
    check_end(rules, stretched(&bytes, CHUNKED, '0', 50, "1\r\na\r\n0\r\n\r\n"), error);

    ah_buf_release(&bytes);
}

static void trailers_are_bounded_like_a_head(void **state)
{
    const ah_response_rules rules = {.max_head = 60, .max_fields = 4, .max_field = 30};
    const char *before = CHUNKED "0\r\nT: ";
    (void)state;

    check_stretched(rules, before, 29, "\r\n\r\n", "done");
    check_stretched(rules, before, 30, "\r\n\r\n",
                    "failed HEAD_TOO_LARGE: read response trailers: a field is longer than the "
                    "limit of 30 bytes");
    check_stretched(rules, before, 20, "\r\nU: 12345678901234567890\r\n12345678901234567890",
                    "failed HEAD_TOO_LARGE: read response trailers: longer than the limit of 60 "
                    "bytes");
    check_stretched(rules, before, 1, "\r\nU: v\r\nW: x\r\n\r\n", "done");
    check_stretched(rules, before, 1, "\r\nU: v\r\nW: x\r\nY: z\r\n\r\n",
                    "failed HEAD_TOO_LARGE: read response trailers: more fields than the limit of "
                    "4");
}

static void ignore_head(void *ctx)
{
    (void)ctx;
}

static void ignore_body(void *ctx, ah_str piece)
{
    (void)ctx;
    (void)piece;
}

static const ah_h1_parser_events events = {.head = ignore_head, .body = ignore_body};

/* The failure of bytes that are no response. */
static ahttp_error *failure_of(ah_h1_parser *parser, ah_arena *arena, const char *bytes)
{
    ah_response_head head = {0};
    size_t used;

    ah_headers_init(&head.fields, arena);
    ah_h1_parser_begin(parser, AH_STR("GET"), NULL, &head);
    assert_int_equal(ah_h1_parser_feed(parser, ah_str_from(bytes), &used), AH_H1_FAILED);
    return ah_h1_parser_take_error(parser);
}

static void a_malformed_line_is_shown_up_to_a_colon(void **state)
{
    static const struct {
        const char *bytes;
        const char *message;
    } cases[] = {
        {"SSH-2.0-OpenSSH_9.2\r\n",
         "read response head: it does not start with HTTP/, near \"SSH-2.0-OpenSSH_9.2\""},
        {"\x15\x03\x03\"\\",
         "read response head: it does not start with HTTP/, near \"\\x15\\x03\\x03\\x22\\x5C\""},
        {OK "Cookie: secret\x01\r\n\r\n",
         "read response head: a field has a character that is not allowed there, near \"Cookie\""},
    };
    ah_h1_parser *parser = ah_h1_parser_new(&events, NULL);
    ah_arena arena = {0};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        ahttp_error *error = failure_of(parser, &arena, cases[i].bytes);
        assert_string_equal(error->message, cases[i].message);
        ah_error_free(error);
    }

    ah_h1_parser_free(parser);
    ah_arena_release(&arena);
}

static const char two_responses[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nServer: x\r\n"
    "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: v\r\n\r\n"
    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";

/* A head whose text and whose list of fields do not fit the first block of an arena together. */
static ah_str big_response(ah_buf *out)
{
    ah_buf_append(out, AH_STR(OK "Content-Length: 0\r\n"));
    for (int i = 0; i < 100; i++)
        ah_buf_append(out, AH_STR("A-Name-Of-Some-Length: and a value of some length too\r\n"));
    ah_buf_append(out, AH_STR("\r\n"));
    assert_false(ah_buf_failed(out));
    return ah_buf_str(out);
}

/* The result of the last response in the bytes. */
static ah_h1_result read_all(ah_h1_parser *parser, ah_arena *arena, ah_str bytes, size_t step)
{
    ah_h1_result result = AH_H1_DONE;
    ah_response_head head = {0};

    for (size_t at = 0; at < bytes.len && result != AH_H1_FAILED;) {
        size_t used = 0;
        if (result == AH_H1_DONE) {
            ah_arena_reset(arena);
            ah_headers_init(&head.fields, arena);
            ah_h1_parser_begin(parser, AH_STR("GET"), NULL, &head);
            assert_false(ah_h1_parser_has_begun(parser));
        }
        result = ah_h1_parser_feed(parser, ah_str_slice(bytes, at, step), &used);
        assert_true(ah_h1_parser_has_begun(parser));
        at += used;
    }
    return result;
}

static void a_recycled_parser_and_arena_allocate_nothing(void **state)
{
    ah_str bytes = ah_str_from(two_responses);
    ah_arena arena = {0};
    (void)state;
    counting_alloc_install();
    ah_h1_parser *parser = ah_h1_parser_new(&events, NULL);
    assert_int_equal(read_all(parser, &arena, bytes, SIZE_MAX), AH_H1_DONE);

    size_t before = counting_alloc_counts().allocations;
    assert_int_equal(read_all(parser, &arena, bytes, SIZE_MAX), AH_H1_DONE);
    assert_int_equal(read_all(parser, &arena, bytes, 1), AH_H1_DONE);
    assert_int_equal(counting_alloc_counts().allocations, before);

    ah_h1_parser_free(parser);
    ah_arena_release(&arena);
    counting_alloc_remove();
}

static void a_head_that_comes_byte_by_byte_is_not_copied_each_time(void **state)
{
    ah_buf bytes = {0};
    ah_arena arena = {0};
    (void)state;
    big_response(&bytes);
    counting_alloc_install();
    ah_h1_parser *parser = ah_h1_parser_new(&events, NULL);

    assert_int_equal(read_all(parser, &arena, ah_buf_str(&bytes), 1), AH_H1_DONE);
    assert_true(counting_alloc_counts().allocations < 15);

    ah_h1_parser_free(parser);
    ah_arena_release(&arena);
    counting_alloc_remove();
    ah_buf_release(&bytes);
}

typedef struct little_memory {
    ah_str bytes;
    size_t step;
} little_memory;

static void read_with_little_memory(void *ctx)
{
    const little_memory *input = ctx;
    ah_arena arena = {0};
    ah_h1_parser *parser = ah_h1_parser_new(&events, NULL);

    if (parser && read_all(parser, &arena, input->bytes, input->step) == AH_H1_FAILED) {
        ahttp_error *error = ah_h1_parser_take_error(parser);
        assert_int_equal(error->code, AHTTP_E_NO_MEMORY);
        ah_error_free(error);
    }
    ah_h1_parser_free(parser);
    ah_arena_release(&arena);
}

static void fail_with_little_memory(void *ctx)
{
    ah_arena arena = {0};
    ah_h1_parser *parser = ah_h1_parser_new(&events, NULL);

    if (parser)
        ah_error_free(failure_of(parser, &arena, ctx));
    ah_h1_parser_free(parser);
    ah_arena_release(&arena);
}

static void running_out_of_memory_fails_the_response(void **state)
{
    static const size_t steps[] = {1, 10, SIZE_MAX};
    ah_buf big = {0};
    (void)state;
    big_response(&big);

    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        for_each_allocation(read_with_little_memory,
                            &(little_memory){ah_str_from(two_responses), steps[i]});
        for_each_allocation(read_with_little_memory, &(little_memory){ah_buf_str(&big), steps[i]});
    }
    for_each_allocation(fail_with_little_memory, "nonsense");
    for_each_allocation(fail_with_little_memory, OK "Content-Length: 1\r\n: x\r\n\r\n");

    ah_buf_release(&big);
}

typedef struct stopper {
    ah_h1_parser *parser;
    int interims, heads, bodies;
    int stop_at; /* at which event, counted from 1 */
} stopper;

static void stop_or_not(const stopper *counts)
{
    if (counts->interims + counts->heads + counts->bodies == counts->stop_at)
        ah_h1_parser_stop(counts->parser);
}

static void stop_at_interim(void *ctx, const ah_response_head *head)
{
    (void)head;
    ((stopper *)ctx)->interims++;
    stop_or_not(ctx);
}

static void stop_at_head(void *ctx)
{
    ((stopper *)ctx)->heads++;
    stop_or_not(ctx);
}

static void stop_at_body(void *ctx, ah_str piece)
{
    (void)piece;
    ((stopper *)ctx)->bodies++;
    stop_or_not(ctx);
}

static void after_a_stop_no_event_comes(void **state)
{
    static const ah_h1_parser_events stopping = {
        .interim = stop_at_interim, .head = stop_at_head, .body = stop_at_body};
    const ah_str bytes = AH_STR("HTTP/1.1 103\r\n\r\n" CHUNKED "1\r\na\r\n1\r\nb\r\n0\r\n\r\n");
    ah_arena arena = {0};
    (void)state;

    for (int stop_at = 1; stop_at <= 4; stop_at++) {
        stopper stopped = {.stop_at = stop_at};
        ah_response_head head = {0};
        size_t used;
        stopped.parser = ah_h1_parser_new(&stopping, &stopped);
        ah_headers_init(&head.fields, &arena);
        ah_h1_parser_begin(stopped.parser, AH_STR("GET"), NULL, &head);

        assert_int_equal(ah_h1_parser_feed(stopped.parser, bytes, &used), AH_H1_FAILED);
        assert_int_equal(stopped.interims + stopped.heads + stopped.bodies, stop_at);

        ah_h1_parser_free(stopped.parser);
    }
    ah_arena_release(&arena);
}

static void an_error_that_nobody_takes_is_freed(void **state)
{
    ah_response_head head = {0};
    ah_arena arena = {0};
    size_t used;
    (void)state;
    counting_alloc_install();
    ah_h1_parser *parser = ah_h1_parser_new(&events, NULL);

    for (int i = 0; i < 2; i++) {
        ah_headers_init(&head.fields, &arena);
        ah_h1_parser_begin(parser, AH_STR("GET"), NULL, &head);
        assert_int_equal(ah_h1_parser_feed(parser, AH_STR("nonsense"), &used), AH_H1_FAILED);
    }

    ah_h1_parser_free(parser);
    ah_arena_release(&arena);
    counting_alloc_remove();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_status_line_has_8190_bytes_at_most),
        cmocka_unit_test(a_field_has_8190_bytes_at_most),
        cmocka_unit_test(a_head_has_128_fields_at_most),
        cmocka_unit_test(a_head_has_65536_bytes_at_most),
        cmocka_unit_test(what_is_no_field_counts_too),
        cmocka_unit_test(sixteen_interim_responses_are_enough),
        cmocka_unit_test(the_size_line_of_a_chunk_is_bounded),
        cmocka_unit_test(trailers_are_bounded_like_a_head),
        cmocka_unit_test(a_malformed_line_is_shown_up_to_a_colon),
        cmocka_unit_test(a_recycled_parser_and_arena_allocate_nothing),
        cmocka_unit_test(a_head_that_comes_byte_by_byte_is_not_copied_each_time),
        cmocka_unit_test(running_out_of_memory_fails_the_response),
        cmocka_unit_test(after_a_stop_no_event_comes),
        cmocka_unit_test(an_error_that_nobody_takes_is_freed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
