/* SPDX-License-Identifier: MIT */
/* docs/strictness.md, row by row: what a strict and what a lenient reader make of an input,
   whole, byte by byte, and cut in two anywhere. */
#include "support/check.h"
#include "support/failing_alloc.h"
#include "support/response_log.h"

#define OK      "HTTP/1.1 200 OK\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"
#define EMPTY   "Content-Length: 0\r\n\r\n"

#define BAD         "failed PROTOCOL: read response head: *"
#define BAD_BODY    "200 OK|Transfer-Encoding: chunked failed PROTOCOL: read response body: *"
#define CHUNKED_LOG "200 OK|Transfer-Encoding: chunked "

typedef struct row {
    const char *bytes;
    size_t len; /* 0: up to the NUL */
    const char *strict;
    const char *lenient;
} row;

static void check_row(const row *this, bool lenient)
{
    response_input input = {
        .rules = {.lenient = lenient},
        .bytes = ah_str_make(this->bytes, this->len > 0 ? this->len : strlen(this->bytes))};

    assert_response_log(&input, lenient ? this->lenient : this->strict);
}

static void check(const row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        check_row(&rows[i], false);
        check_row(&rows[i], true);
    }
}

#define CHECK(rows) check(rows, COUNT_OF(rows))

static void lines_may_end_in_lf_when_lenient(void **state)
{
    static const row rows[] = {
        {"HTTP/1.1 200 OK\nContent-Length: 2\nA: b\n\nhi", 0, BAD,
         "200 OK|Content-Length: 2|A: b \"hi\" done"},
        {"HTTP/1.1 204 No\n\r\n", 0, BAD, "204 No done"},
        {"HTTP/1.1 204 No\r\n\n", 0, BAD, "204 No done"},
        {"\n" OK EMPTY, 0, "200 OK|Content-Length: 0 done", "200 OK|Content-Length: 0 done"},
        {"HTTP/1.1 103 E\nA: b\n\n" OK EMPTY, 0, BAD, "<103 E|A: b> 200 OK|Content-Length: 0 done"},
    };

    (void)state;
    CHECK(rows);
}

static void what_is_no_http_fails_however_it_is_cut(void **state)
{
    static const row rows[] = {
        {"HTh: 5\r\n:\n", 0, BAD, BAD},
        {"HTTP: 5\r\n", 0, BAD, BAD},
        {"HTTP", 0, "more", "more"},
        {"HTTP/1.1 100 C\r\n\r\nno head", 0, "<100 C> " BAD, "<100 C> " BAD},
    };

    (void)state;
    CHECK(rows);
}

static void http_0_9_has_all_its_bytes_however_it_is_cut(void **state)
{
    const response_input input = {
        .rules = {.http_0_9 = true}, .bytes = AH_STR("HTTy: no head\n"), .ends = true};

    (void)state;
    assert_response_log(&input, "200  (1.0) \"HTTy: no head\n\" done close");
}

static void folded_fields_are_joined_when_lenient(void **state)
{
    static const row rows[] = {
        {OK "A: b\r\n c\r\n" EMPTY, 0, BAD, "200 OK|A: b c|Content-Length: 0 done close"},
        {OK "A: b\r\n\t \tc \r\n  d\r\n" EMPTY, 0, BAD,
         "200 OK|A: b c d|Content-Length: 0 done close"},
        {OK "A:\r\n b\r\n" EMPTY, 0, BAD, "200 OK|A: b|Content-Length: 0 done close"},
        {OK "Content-Length:\r\n 2\r\n\r\nhi", 0, BAD,
         "200 OK|Content-Length: 2 \"hi\" done close"},
        {OK "A: b\r\n \r\n" EMPTY, 0, BAD, "200 OK|A: b|Content-Length: 0 done close"},
    };

    (void)state;
    CHECK(rows);
}

static void a_folded_status_line_is_passed_over_when_lenient(void **state)
{
    static const row rows[] = {
        {OK " A: b\r\n\tc\r\n" EMPTY, 0, BAD, "200 OK|Content-Length: 0 done close"},
    };

    (void)state;
    CHECK(rows);
}

static void spaces_before_a_colon_are_left_out_when_lenient(void **state)
{
    static const row rows[] = {
        {OK "A : b\r\n" EMPTY, 0, BAD, "200 OK|A: b|Content-Length: 0 done close"},
        {OK "Content-Length \t: 2\r\n\r\nhi", 0, BAD, "200 OK|Content-Length: 2 \"hi\" done close"},
        {OK "A b: c\r\n" EMPTY, 0, BAD, BAD},
        {OK " : c\r\n" EMPTY, 0, BAD, "200 OK|Content-Length: 0 done close"},
    };

    (void)state;
    CHECK(rows);
}

static void a_bare_cr_becomes_a_space_when_lenient(void **state)
{
    static const row rows[] = {
        {OK "A: b\rC: d\r\n" EMPTY, 0, BAD, "200 OK|A: b C: d|Content-Length: 0 done close"},
        {OK "A: b\r\r\n" EMPTY, 0, BAD, "200 OK|A: b|Content-Length: 0 done close"},
        {"HTTP/1.1 200 O\rK\r\n" EMPTY, 0, BAD, "200 O K|Content-Length: 0 done close"},
        {OK "A\rB: c\r\n" EMPTY, 0, BAD, BAD},
        {OK EMPTY, 0, "200 OK|Content-Length: 0 done", "200 OK|Content-Length: 0 done"},
    };

    (void)state;
    CHECK(rows);
}

static void control_characters_in_a_value_become_spaces_when_lenient(void **state)
{
    static const char nul[] = OK "A: b\0c\r\n" EMPTY;
    static const row rows[] = {
        {nul, sizeof nul - 1, BAD, "200 OK|A: b c|Content-Length: 0 done close"},
        {OK "A: \x01"
            "b\x7F"
            "c\r\n" EMPTY,
         0, BAD, "200 OK|A: b c|Content-Length: 0 done close"},
        {OK "A\x01: b\r\n" EMPTY, 0, BAD, BAD},
    };

    (void)state;
    CHECK(rows);
}

static void equal_lengths_are_one_when_lenient(void **state)
{
    static const row rows[] = {
        {OK "Content-Length: 2\r\nA: b\r\ncontent-length:2\r\n\r\nhi", 0, BAD,
         "200 OK|Content-Length: 2|A: b \"hi\" done close"},
        {OK "Content-Length: 2, 2 ,2\r\n\r\nhi", 0, BAD,
         "200 OK|Content-Length: 2 \"hi\" done close"},
        {OK "Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi", 0, BAD, BAD},
        {OK "Content-Length: 2, 3\r\n\r\nhi", 0, BAD, BAD},
        {OK "Content-Length: 2, 02\r\n\r\nhi", 0, BAD, BAD},
        {OK "Content-Length: 2,\r\n\r\nhi", 0, BAD, BAD},
    };

    (void)state;
    CHECK(rows);
}

static void chunked_overrides_a_length_when_lenient(void **state)
{
    static const row rows[] = {
        {OK "Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", 0, BAD,
         CHUNKED_LOG "\"hi\" done close"},
        {OK "Transfer-Encoding: chunked\r\nContent-Length: 9\r\nContent-Length: 8\r\n\r\n"
            "2\r\nhi\r\n0\r\n\r\n",
         0, BAD, CHUNKED_LOG "\"hi\" done close"},
    };

    (void)state;
    CHECK(rows);
}

#define HI "2\r\nhi\r\n0\r\n\r\n"

static void chunked_in_a_row_is_once_when_lenient(void **state)
{
    static const row rows[] = {
        {OK "Transfer-Encoding: chunked, chunked\r\n\r\n" HI, 0, BAD,
         CHUNKED_LOG "\"hi\" done close"},
        {OK "Transfer-Encoding:chunked,Chunked,chunked\r\nA: b\r\n\r\n" HI, 0, BAD,
         "200 OK|Transfer-Encoding: chunked|A: b \"hi\" done close"},
        {OK "Transfer-Encoding: chunked\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n" HI, 0, BAD,
         "200 OK|Transfer-Encoding: chunked|A: b \"hi\" done close"},
        {OK "Transfer-Encoding: chunked, x, chunked\r\n\r\n" HI, 0,
         "200 OK|Transfer-Encoding: chunked, x, chunked \"hi\" done",
         "200 OK|Transfer-Encoding: chunked, x, chunked \"hi\" done"},
    };

    (void)state;
    CHECK(rows);
}

static void identity_is_left_out_when_lenient(void **state)
{
    static const row rows[] = {
        {OK "Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nhi", 0, BAD,
         "200 OK|Content-Length: 2 \"hi\" done close"},
        {OK "Transfer-Encoding: identity, IDENTITY\r\nContent-Length: 2\r\n\r\nhi", 0, BAD,
         "200 OK|Content-Length: 2 \"hi\" done close"},
        {OK "Transfer-Encoding: identity, chunked\r\n\r\n" HI, 0,
         "200 OK|Transfer-Encoding: identity, chunked \"hi\" done",
         CHUNKED_LOG "\"hi\" done close"},
        {OK "Transfer-Encoding: identity\r\n\r\n", 0, "200 OK|Transfer-Encoding: identity more",
         "200 OK more"},
    };

    (void)state;
    CHECK(rows);
}

static void a_length_beyond_measure_is_left_out_when_lenient(void **state)
{
    static const row rows[] = {
        {OK "Content-Length: 18446744073709551616\r\nA: b\r\n\r\n", 0, BAD, "200 OK|A: b more"},
    };

    (void)state;
    CHECK(rows);
}

static void chunk_lines_may_end_in_lf_when_lenient(void **state)
{
    static const row rows[] = {
        {CHUNKED "2\nhi\n1;x\na\n0\n\n", 0, BAD_BODY, CHUNKED_LOG "\"hia\" done"},
        {CHUNKED "2\nhi\r\n0\nT: v\n\n", 0, BAD_BODY, CHUNKED_LOG "\"hi\" +T: v done"},
        {CHUNKED "2\r\nhi\r\n0\r\nT: v\r\n w\r\n\r\n", 0,
         CHUNKED_LOG "\"hi\" failed PROTOCOL: read response trailers: *",
         CHUNKED_LOG "\"hi\" +T: v w done close"},
        {CHUNKED "2\r\nhi\r\n0\r\nT: v\r\n\r\n", 0, CHUNKED_LOG "\"hi\" +T: v done",
         CHUNKED_LOG "\"hi\" +T: v done"},
    };

    (void)state;
    CHECK(rows);
}

static void spaces_may_follow_a_chunk_size_when_lenient(void **state)
{
    static const row rows[] = {
        {CHUNKED "2 \t \r\nhi\r\n0 ;x\r\n\r\n", 0, BAD_BODY, CHUNKED_LOG "\"hi\" done close"},
        {CHUNKED "1 0\r\nhi\r\n", 0, BAD_BODY, BAD_BODY},
        {CHUNKED " 2\r\nhi\r\n", 0, BAD_BODY, BAD_BODY},
    };

    (void)state;
    CHECK(rows);
}

static void what_nobody_may_accept_is_refused_either_way(void **state)
{
    static const row rows[] = {
        {"<html>old</html>\r\n\r\n", 0, BAD, BAD},
        {"HTTP/2.0 200 OK\r\n\r\n", 0, BAD, BAD},
        {"HTTP/1.2 200 OK\r\n\r\n", 0, BAD, BAD},
        {"HTTP/1.1 099 OK\r\n\r\n", 0, BAD, BAD},
        {"HTTP/1.1  200 OK\r\n\r\n", 0, BAD, BAD},
        {OK ": b\r\n" EMPTY, 0, BAD, BAD},
        {OK "A\r\n" EMPTY, 0, BAD, BAD},
        {OK "\xC3\x84: b\r\n" EMPTY, 0, BAD, BAD},
        {OK "Content-Length: +2\r\n\r\nhi", 0, BAD, BAD},
        {OK "Content-Length:\r\n\r\n", 0, BAD, BAD},
        {CHUNKED "0x2\r\nhi", 0, BAD_BODY, BAD_BODY},
        {CHUNKED "-2\r\nhi", 0, BAD_BODY, BAD_BODY},
        {CHUNKED "10000000000000000\r\nhi", 0, BAD_BODY, BAD_BODY},
        {CHUNKED "2\rhi", 0, BAD_BODY, BAD_BODY},
        {CHUNKED "1\r\nhi\r\n", 0, CHUNKED_LOG "\"h\" failed PROTOCOL: read response body: *",
         CHUNKED_LOG "\"h\" failed PROTOCOL: read response body: *"},
        {"HTTP/1.1 101 S\r\nUpgrade: x\r\n\r\n", 0, BAD, BAD},
    };

    (void)state;
    CHECK(rows);
}

static void what_is_right_is_the_same_either_way(void **state)
{
    static const row rows[] = {
        {"HTTP/1.1 100 C\r\n\r\n" OK "A:b \r\nContent-Length: 2\r\n\r\nhi", 0,
         "<100 C> 200 OK|A: b|Content-Length: 2 \"hi\" done",
         "<100 C> 200 OK|A: b|Content-Length: 2 \"hi\" done"},
        {"HTTP/1.1 204\r\n\r\nHTTP", 0, "204  done 4 left", "204  done 4 left"},
        {OK "A: caf\xC3\xA9\r\n" EMPTY, 0, "200 OK|A: caf\xC3\xA9|Content-Length: 0 done",
         "200 OK|A: caf\xC3\xA9|Content-Length: 0 done"},
    };

    (void)state;
    CHECK(rows);
}

static void limits_hold_when_lenient_too(void **state)
{
    response_input head = {.rules = {.lenient = true, .max_head = 40},
                           .bytes = AH_STR("HTTP/1.1 200 OK\nA: 12345678901234567890\n\n")};
    response_input field = {.rules = {.lenient = true, .max_field = 10},
                            .bytes = AH_STR(OK "A: 123\r\n 456\r\n 789\r\n" EMPTY)};
    response_input fields = {.rules = {.lenient = true, .max_fields = 1},
                             .bytes = AH_STR(OK "A: b\r\n" EMPTY)};
    response_input trailers = {
        .rules = {.lenient = true, .max_head = 60},
        .bytes = AH_STR(CHUNKED "0\nT: 12345678901234567890\nU: 12345678901234567890\n"
                                "V: 12345678901234567890\n\n")};
    (void)state;

    assert_response_log(&head, "failed HEAD_TOO_LARGE: read response head: longer than the limit "
                               "of 40 bytes");
    assert_response_log(&field, "failed HEAD_TOO_LARGE: read response head: a field is longer "
                                "than the limit of 10 bytes");
    assert_response_log(&fields, "failed HEAD_TOO_LARGE: read response head: more fields than the "
                                 "limit of 1");
    assert_response_log(&trailers, CHUNKED_LOG "failed HEAD_TOO_LARGE: read response trailers: "
                                               "longer than the limit of 60 bytes");
}

static void a_head_that_is_cut_is_an_error_when_lenient_too(void **state)
{
    response_input input = {
        .rules = {.lenient = true}, .bytes = AH_STR("HTTP/1.1 200 OK\nA: b\n"), .ends = true};
    (void)state;

    assert_response_log(&input, "failed DISCONNECTED: peer closed the connection inside the "
                                "response head, after 21 bytes");
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

static void read_in_scarcity(void *ctx)
{
    static const ah_h1_parser_events events = {.head = ignore_head, .body = ignore_body};
    ah_response_rules rules = {.lenient = true};
    ah_str bytes =
        AH_STR("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\nA: b\n c\n\n2\nhi\n0\nT: v\n\n");
    ah_arena arena = {0};
    ah_response_head head = {0};
    ah_h1_parser *parser = ah_h1_parser_new(&events, NULL);
    ah_h1_result result = AH_H1_MORE;
    size_t used;

    (void)ctx;
    if (!parser)
        return;
    ah_response_rules_complete(&rules);
    ah_headers_init(&head.fields, &arena);
    ah_h1_parser_begin(parser, AH_STR("GET"), &rules, &head);
    for (size_t i = 0; i < bytes.len && result == AH_H1_MORE; i++)
        result = ah_h1_parser_feed(parser, ah_str_slice(bytes, i, 1), &used);

    if (result == AH_H1_FAILED)
        assert_ptr_equal(ah_h1_parser_take_error(parser), ah_error_no_memory());
    else
        assert_int_equal(result, AH_H1_DONE);
    ah_h1_parser_free(parser);
    ah_arena_release(&arena);
}

static void a_repair_may_run_out_of_memory(void **state)
{
    (void)state;

    for_each_allocation(read_in_scarcity, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_may_end_in_lf_when_lenient),
        cmocka_unit_test(what_is_no_http_fails_however_it_is_cut),
        cmocka_unit_test(http_0_9_has_all_its_bytes_however_it_is_cut),
        cmocka_unit_test(folded_fields_are_joined_when_lenient),
        cmocka_unit_test(a_folded_status_line_is_passed_over_when_lenient),
        cmocka_unit_test(spaces_before_a_colon_are_left_out_when_lenient),
        cmocka_unit_test(a_bare_cr_becomes_a_space_when_lenient),
        cmocka_unit_test(control_characters_in_a_value_become_spaces_when_lenient),
        cmocka_unit_test(equal_lengths_are_one_when_lenient),
        cmocka_unit_test(chunked_overrides_a_length_when_lenient),
        cmocka_unit_test(chunked_in_a_row_is_once_when_lenient),
        cmocka_unit_test(identity_is_left_out_when_lenient),
        cmocka_unit_test(a_length_beyond_measure_is_left_out_when_lenient),
        cmocka_unit_test(chunk_lines_may_end_in_lf_when_lenient),
        cmocka_unit_test(spaces_may_follow_a_chunk_size_when_lenient),
        cmocka_unit_test(what_nobody_may_accept_is_refused_either_way),
        cmocka_unit_test(what_is_right_is_the_same_either_way),
        cmocka_unit_test(limits_hold_when_lenient_too),
        cmocka_unit_test(a_head_that_is_cut_is_an_error_when_lenient_too),
        cmocka_unit_test(a_repair_may_run_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
