/* SPDX-License-Identifier: MIT */
#include "support/check.h"
#include "support/response_log.h"

#define OK          "HTTP/1.1 200 OK\r\n"
#define CHUNKED     OK "Transfer-Encoding: chunked\r\n\r\n"
#define CHUNKED_LOG "200 OK|Transfer-Encoding: chunked "

typedef struct response_case {
    const char *bytes;
    const char *expected;
} response_case;

static void check(const char *method, const response_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        response_input input = {.method = method, .bytes = ah_str_from(cases[i].bytes)};
        assert_response_log(&input, cases[i].expected);
    }
}

/* The same when the connection ends behind the bytes. */
static void check_ended(const response_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        response_input input = {.bytes = ah_str_from(cases[i].bytes), .ends = true};
        assert_response_log(&input, cases[i].expected);
    }
}

static void a_head_keeps_order_case_repeats_and_bytes(void **state)
{
    static const response_case cases[] = {
        {OK "Content-Length: 0\r\nX-A: 1\r\nx-a: 2\r\n\r\n",
         "200 OK|Content-Length: 0|X-A: 1|x-a: 2 done"},
        {OK "Content-Length: 0\r\nX: caf\xC3\xA9 \xFF\r\n\r\n",
         "200 OK|Content-Length: 0|X: caf\xC3\xA9 \xFF done"},
        {OK "Content-Length: 0\r\n!#$%&'*+-.^_`|~9: x\r\n\r\n",
         "200 OK|Content-Length: 0|!#$%&'*+-.^_`|~9: x done"},
    };
    (void)state;

    check("GET", cases, COUNT_OF(cases));
}

static void white_space_around_a_value_is_not_part_of_it(void **state)
{
    static const response_case cases[] = {
        {OK "A:b\r\nB: \t c d \t \r\nContent-Length: \t0 \r\n\r\n",
         "200 OK|A: b|B: c d|Content-Length: 0 done"},
        {OK "A:\r\nB:  \t \r\nContent-Length: 0\r\nC:\r\n\r\n",
         "200 OK|A: |B: |Content-Length: 0|C:  done"},
    };
    (void)state;

    check("GET", cases, COUNT_OF(cases));
}

static void a_reason_may_be_missing_or_anything(void **state)
{
    static const response_case cases[] = {
        {"HTTP/1.1 204\r\n\r\n", "204  done"},
        {"HTTP/1.1 204 \r\n\r\n", "204  done"},
        {"HTTP/1.1 204 No  Content: \xE2\x9C\x93\r\n\r\n", "204 No  Content: \xE2\x9C\x93 done"},
        {"HTTP/1.1 204\r\nA: b\r\n\r\n", "204 |A: b done"},
    };
    (void)state;

    check("GET", cases, COUNT_OF(cases));
}

static void any_status_of_three_digits_will_do(void **state)
{
    static const response_case cases[] = {
        {"HTTP/1.1 999 X\r\nContent-Length: 0\r\n\r\n", "999 X|Content-Length: 0 done"},
        {"HTTP/1.1 200 X\r\nContent-Length: 0\r\n\r\n", "200 X|Content-Length: 0 done"},
    };
    (void)state;

    check("GET", cases, COUNT_OF(cases));
}

#define BAD         "failed PROTOCOL: read response head: "
#define BAD_STATUS  BAD "the status code is not a number of three digits"
#define BAD_VERSION BAD "the version is not HTTP/1.0 or HTTP/1.1"
#define BAD_START   BAD "it does not start with HTTP/"

static void a_bad_status_line_is_refused(void **state)
{
    static const response_case cases[] = {
        {"HTTP/1.1 099 X\r\n\r\n", BAD_STATUS},
        {"HTTP/1.1 99 X\r\n\r\n", BAD_STATUS},
        {"HTTP/1.1 1000 X\r\n\r\n", BAD_STATUS},
        {"HTTP/1.1 2x0 X\r\n\r\n", BAD_STATUS},
        {"HTTP/1.1 -20 X\r\n\r\n", BAD_STATUS},
        {"HTTP/1.1 \xD9\xA2\xD9\xA0\xD9\xA0 X\r\n\r\n", BAD_STATUS},
        {"HTTP/1.1  200 X\r\n\r\n", BAD_STATUS},
        {"HTTP/1.1 200X\r\n\r\n", BAD_STATUS},
        {"HTTP/2.0 200 X\r\n\r\n", BAD_VERSION},
        {"HTTP/0.9 200 X\r\n\r\n", BAD_VERSION},
        {"HTTP/1.2 200 X\r\n\r\n", BAD_VERSION},
        {"HTTP/11.1 200 X\r\n\r\n", BAD_VERSION},
        {"HTTP/ 200 X\r\n\r\n", BAD_VERSION},
        {"HTTX/1.1 200 X\r\n\r\n", BAD_START},
        {"<html>old</html>", BAD_START},
        {"ICY 200 OK\r\n\r\n", BAD_START},
        {"RTSP/1.0 200 OK\r\n\r\n", BAD_START},
        {"ICE/1.0 200 OK\r\n\r\n", BAD_START},
        {"SSH-2.0-OpenSSH_9.2\r\n", BAD_START},
        {"\x15\x03\x03", BAD_START},
    };
    (void)state;

    check("GET", cases, COUNT_OF(cases));
}

#define BAD_CHARACTER BAD "a field has a character that is not allowed there"

static void a_bad_field_is_refused(void **state)
{
    static const response_case cases[] = {
        {OK ": x\r\n\r\n", BAD "*"},
        {OK "A: b\r\n: x\r\n\r\n", BAD "*"},
        {OK "A : b\r\n\r\n", BAD_CHARACTER},
        {OK "A b: c\r\n\r\n", BAD_CHARACTER},
        {OK "A\r\n\r\n", BAD_CHARACTER},
        {OK "\xC3\x84: b\r\n\r\n", BAD_CHARACTER},
        {OK "A: b\x01\r\n\r\n", BAD_CHARACTER},
        {OK "A: b\x7F\r\n\r\n", BAD_CHARACTER},
        {OK "A: b\nB: c\r\n\r\n", BAD "*"},
        {OK "A: b\rB: c\r\n\r\n", BAD "a line does not end in CR LF"},
        {OK "A: b\r\n\rX", BAD "a line does not end in CR LF"},
        {OK " A: b\r\n\r\n", BAD "a line starts with a space"},
    };
    response_input nul = {.bytes = AH_STR(OK "A: b\0c\r\n\r\n")};
    (void)state;

    check("GET", cases, COUNT_OF(cases));
    assert_response_log(&nul, BAD_CHARACTER);
}

static void a_folded_field_is_refused(void **state)
{
    static const response_case cases[] = {
        {OK "A: b\r\n c\r\nContent-Length: 0\r\n\r\n", BAD "*"},
        {OK "A: b\r\n\tc\r\nContent-Length: 0\r\n\r\n", BAD "*"},
        {OK "A:\r\n c\r\nContent-Length: 0\r\n\r\n", BAD "*"},
        {OK "A:\r\n \r\nContent-Length: 0\r\n\r\n", BAD "*"},
        {OK "Content-Length: 0\r\nA: b\r\n \r\n\r\n", BAD "*"},
    };
    (void)state;

    check("GET", cases, COUNT_OF(cases));
}

static void a_line_that_ends_in_lf_is_refused(void **state)
{
    static const response_case cases[] = {
        {"HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n", BAD "*"},
        {"HTTP/1.1 204 OK\n\r\n", BAD "*"},
        {"HTTP/1.1 204 OK\r\n\n", BAD "*"},
        {"HTTP/1.1 204 OK\r\nA: b\r\n\n", BAD "*"},
        {"HTTP/1.1 204 OK\r\nA:\nB: c\r\n\r\n", BAD "*"},
    };
    (void)state;

    check("GET", cases, COUNT_OF(cases));
}

#define BAD_LENGTH BAD "Content-Length is not a number from 0 to 2^64 - 1"

static void contradictions_about_the_length_are_refused(void **state)
{
    static const response_case cases[] = {
        {OK "Content-Length: -5\r\n\r\n", BAD_LENGTH},
        {OK "Content-Length: +5\r\n\r\n", BAD_LENGTH},
        {OK "Content-Length:\r\n\r\n", BAD_LENGTH},
        {OK "Content-Length: 5x\r\n\r\n", BAD_LENGTH},
        {OK "Content-Length: 5, 5\r\n\r\n", BAD_LENGTH},
        {OK "Content-Length: 18446744073709551621\r\n\r\n", BAD_LENGTH},
        {OK "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", BAD "*"},
        {OK "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", BAD "*"},
        {OK "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", BAD "*"},
        {OK "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", BAD "*"},
        {OK "Transfer-Encoding: chunked, chunked\r\n\r\n",
         BAD "Transfer-Encoding says chunked twice"},
        {OK "Transfer-Encoding: chunked,\r\n\r\n",
         BAD "where the body ends can be understood in two ways"},
    };
    (void)state;

    check("GET", cases, COUNT_OF(cases));
}

static void a_body_of_known_length_ends_there(void **state)
{
    static const response_case cases[] = {
        {OK "Content-Length: 3\r\n\r\nabc", "200 OK|Content-Length: 3 \"abc\" done"},
        {OK "Content-Length: 3\r\n\r\nabcdef", "200 OK|Content-Length: 3 \"abc\" done 3 left"},
        {OK "Content-Length: 0\r\n\r\n" OK, "200 OK|Content-Length: 0 done 17 left"},
        {OK "Content-Length: 3\r\n\r\nab", "200 OK|Content-Length: 3 \"ab\" more"},
    };
    (void)state;

    check("GET", cases, COUNT_OF(cases));
}

static void a_chunked_body_is_joined(void **state)
{
    static const response_case cases[] = {
        {CHUNKED "3\r\nabc\r\n00a\r\n0123456789\r\n0\r\n\r\n",
         CHUNKED_LOG "\"abc0123456789\" done"},
        {CHUNKED "0\r\n\r\n", CHUNKED_LOG "done"},
        {CHUNKED "1\r\n\r\r\n1\r\n\n\r\n000\r\n\r\nNEXT", CHUNKED_LOG "\"\r\n\" done 4 left"},
        {CHUNKED "3;a\r\nabc\r\n1;b=c;d=\"e;\t f\"\r\nd\r\n0;x\r\n\r\n",
         CHUNKED_LOG "\"abcd\" done"},
        {CHUNKED "3\r\nab", CHUNKED_LOG "\"ab\" more"},
        {CHUNKED "ffffffffffffffff\r\nab", CHUNKED_LOG "\"ab\" more"},
    };
    (void)state;

    check("GET", cases, COUNT_OF(cases));
}

#define BAD_BODY "failed PROTOCOL: read response body: "
#define BAD_SIZE BAD_BODY "a chunk size is not a hexadecimal number"

static void a_bad_chunk_is_refused(void **state)
{
    static const response_case cases[] = {
        {CHUNKED "\r\n", CHUNKED_LOG BAD_SIZE},
        {CHUNKED "-3\r\nabc", CHUNKED_LOG BAD_SIZE},
        {CHUNKED "+3\r\nabc", CHUNKED_LOG BAD_SIZE},
        {CHUNKED "0x3\r\nabc", CHUNKED_LOG BAD_SIZE},
        {CHUNKED "1_0\r\nabc", CHUNKED_LOG BAD_SIZE},
        {CHUNKED " 3\r\nabc", CHUNKED_LOG BAD_SIZE},
        {CHUNKED "3 \r\nabc", CHUNKED_LOG BAD_SIZE},
        {CHUNKED ";a\r\nabc", CHUNKED_LOG BAD_SIZE},
        {CHUNKED "3\nabc", CHUNKED_LOG BAD_SIZE},
        {CHUNKED "10000000000000002\r\nab", CHUNKED_LOG BAD_BODY "a chunk size is above 2^64 - 1"},
        {CHUNKED "3\rabc", CHUNKED_LOG BAD_BODY "a line has a CR without LF"},
        {CHUNKED "3;a\nabc", CHUNKED_LOG BAD_BODY "a chunk extension has a control character"},
        {CHUNKED "3\r\nabcd\r\n",
         CHUNKED_LOG "\"abc\" " BAD_BODY "a chunk is longer than its size says"},
        {CHUNKED "3\r\nabc3\r\n",
         CHUNKED_LOG "\"abc\" " BAD_BODY "a chunk is longer than its size says"},
        {CHUNKED "0\r\n\rX", CHUNKED_LOG BAD_BODY "a line has a CR without LF"},
    };
    (void)state;

    check("GET", cases, COUNT_OF(cases));
}

#define BAD_TRAILERS "failed PROTOCOL: read response trailers: "

static void trailers_are_kept_apart_from_the_head(void **state)
{
    static const response_case cases[] = {
        {CHUNKED "1\r\na\r\n0\r\nT: v \r\nt:\r\n\r\nNEXT",
         CHUNKED_LOG "\"a\" +T: v +t:  done 4 left"},
        {CHUNKED "0\r\nContent-Length: 7\r\n\r\n", CHUNKED_LOG "+Content-Length: 7 done"},
        {CHUNKED "0\r\nConnection: close\r\n\r\n", CHUNKED_LOG "+Connection: close done"},
        {CHUNKED "0\r\nT: v\r\n", CHUNKED_LOG "more"},
        {CHUNKED "0\r\nT v\r\n\r\n",
         CHUNKED_LOG BAD_TRAILERS "a field has a character that is not allowed there"},
        {CHUNKED "0\r\nT: v\r\n w\r\n\r\n", CHUNKED_LOG BAD_TRAILERS "*"},
        {CHUNKED "0\r\n: v\r\n\r\n", CHUNKED_LOG BAD_TRAILERS "*"},
        {CHUNKED "0\r\n\nT: v\r\n\r\n", CHUNKED_LOG BAD_TRAILERS "*"},
    };
    (void)state;

    check("GET", cases, COUNT_OF(cases));
}

static void a_body_without_length_lasts_until_the_end(void **state)
{
    static const response_case cases[] = {
        {OK "\r\nabc", "200 OK \"abc\" done close"},
        {OK "\r\n", "200 OK done close"},
        {"HTTP/1.0 200 OK\r\n\r\nabc", "200 OK (1.0) \"abc\" done close"},
        {OK "Transfer-Encoding: gzip\r\n\r\n1\r\n",
         "200 OK|Transfer-Encoding: gzip \"1\r\n\" done close"},
        {OK "Transfer-Encoding: chunked, identity\r\n\r\n1",
         "200 OK|Transfer-Encoding: chunked, identity \"1\" done close"},
    };
    static const response_case unended[] = {
        {OK "\r\nabc", "200 OK \"abc\" more"},
    };
    (void)state;

    check_ended(cases, COUNT_OF(cases));
    check("GET", unended, COUNT_OF(unended));
}

static void some_responses_have_no_body_whatever_they_say(void **state)
{
    static const response_case cases[] = {
        {"HTTP/1.1 204 X\r\nContent-Length: 3\r\n\r\nabc", "204 X|Content-Length: 3 done 3 left"},
        {"HTTP/1.1 304 X\r\nTransfer-Encoding: chunked\r\n\r\n",
         "304 X|Transfer-Encoding: chunked done"},
        {"HTTP/1.1 304 X\r\nContent-Length: 3\r\n\r\n", "304 X|Content-Length: 3 done"},
    };
    static const response_case to_head[] = {
        {OK "Content-Length: 3\r\n\r\n", "200 OK|Content-Length: 3 done"},
        {OK "\r\n", "200 OK done"},
        {CHUNKED "abc", CHUNKED_LOG "done 3 left"},
    };
    (void)state;

    check("GET", cases, COUNT_OF(cases));
    check("HEAD", to_head, COUNT_OF(to_head));
}

static void interim_responses_come_before_the_final_one(void **state)
{
    static const response_case cases[] = {
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n" OK
         "Content-Length: 1\r\n\r\na",
         "<100 Continue> <103 Early|Link: x> 200 OK|Content-Length: 1 \"a\" done"},
        {"HTTP/1.1 100 C\r\nContent-Length: 5\r\n\r\nHTTP/1.1 204 N\r\n\r\n",
         "<100 C|Content-Length: 5> 204 N done"},
        {"HTTP/1.1 199\r\nTransfer-Encoding: chunked\r\n\r\nHTTP/1.1 204\r\n\r\n",
         "<199 |Transfer-Encoding: chunked> 204  done"},
        {"HTTP/1.1 100\r\n\r\n", "<100 > more"},
    };
    (void)state;

    check("GET", cases, COUNT_OF(cases));
}

static void what_follows_an_upgrade_or_a_tunnel_is_left(void **state)
{
    static const response_case cases[] = {
        {"HTTP/1.1 101 S\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n\x81\x02hi",
         "101 S|Upgrade: x|Connection: Upgrade tunnel 4 left"},
        {"HTTP/1.1 101 S\r\nUpgrade: x\r\n\r\n",
         BAD "status 101 comes without Upgrade and Connection: upgrade"},
        {OK "Upgrade: h2c\r\nConnection: Upgrade\r\nContent-Length: 2\r\n\r\nhi",
         "200 OK|Upgrade: h2c|Connection: Upgrade|Content-Length: 2 \"hi\" done"},
    };
    static const response_case to_connect[] = {
        {"HTTP/1.1 100\r\n\r\n" OK "\r\nTLS", "<100 > 200 OK tunnel 3 left"},
        {OK "Content-Length: 3\r\n\r\nTLS", "200 OK|Content-Length: 3 tunnel 3 left"},
        {CHUNKED "TLS", CHUNKED_LOG "tunnel 3 left"},
        {"HTTP/1.1 407 X\r\nContent-Length: 2\r\n\r\nno", "407 X|Content-Length: 2 \"no\" done"},
    };
    (void)state;

    check("GET", cases, COUNT_OF(cases));
    check("CONNECT", to_connect, COUNT_OF(to_connect));
}

static void a_connection_is_kept_or_closed_as_the_head_says(void **state)
{
    static const response_case cases[] = {
        {OK "Connection: close\r\nContent-Length: 1\r\n\r\naEXTRA",
         "200 OK|Connection: close|Content-Length: 1 \"a\" done close 5 left"},
        {OK "Connection: a,\tCLOSE\r\nContent-Length: 0\r\n\r\n",
         "200 OK|Connection: a,\tCLOSE|Content-Length: 0 done close"},
        {"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
         "200 OK (1.0)|Content-Length: 0 done close"},
        {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n",
         "200 OK (1.0)|Connection: keep-alive|Content-Length: 0 done"},
    };
    (void)state;

    check("GET", cases, COUNT_OF(cases));
}

static void an_end_before_or_inside_the_head_is_a_disconnect(void **state)
{
    static const response_case cases[] = {
        {"", "failed DISCONNECTED: peer closed the connection before it sent a response"},
        {OK "Content-Le", "failed DISCONNECTED: peer closed the connection inside the response "
                          "head, after 27 bytes"},
        {"H",
         "failed DISCONNECTED: peer closed the connection inside the response head, after 1 bytes"},
        {"HTTP/1.1 100\r\n\r\n",
         "<100 > failed DISCONNECTED: peer closed the connection after 1 interim responses, "
         "before the final one"},
        {"HTTP/1.1 100\r\n\r\nHTTP",
         "<100 > failed DISCONNECTED: peer closed the connection inside the response head, after 4 "
         "bytes"},
    };
    (void)state;

    check_ended(cases, COUNT_OF(cases));
}

#define CUT "failed BODY_CUT: read response body: received "

static void an_end_inside_the_body_says_what_was_received(void **state)
{
    static const response_case cases[] = {
        {OK "Content-Length: 5\r\n\r\nab", "200 OK|Content-Length: 5 \"ab\" " CUT
                                           "2 of 5 bytes, then the peer closed the connection"},
        {OK "Content-Length: 5\r\n\r\n",
         "200 OK|Content-Length: 5 " CUT "0 of 5 bytes, then the peer closed the connection"},
        {CHUNKED "3\r\nabc\r\n5\r\nd", CHUNKED_LOG
         "\"abcd\" " CUT "4 bytes, then the peer closed the connection; the last chunk is missing"},
        {CHUNKED "3\r\nabc\r\n0\r\nT: v\r\n",
         CHUNKED_LOG "\"abc\" " CUT "3 bytes, then the peer closed the connection; the end of the "
                     "trailers is missing"},
    };
    (void)state;

    check_ended(cases, COUNT_OF(cases));
}

static void empty_lines_before_a_response_are_passed_over(void **state)
{
    static const response_case cases[] = {
        {"\r\n\r\n" OK "Content-Length: 1\r\n\r\na", "200 OK|Content-Length: 1 \"a\" done"},
    };
    (void)state;

    check("GET", cases, COUNT_OF(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_head_keeps_order_case_repeats_and_bytes),
        cmocka_unit_test(white_space_around_a_value_is_not_part_of_it),
        cmocka_unit_test(a_reason_may_be_missing_or_anything),
        cmocka_unit_test(any_status_of_three_digits_will_do),
        cmocka_unit_test(a_bad_status_line_is_refused),
        cmocka_unit_test(a_bad_field_is_refused),
        cmocka_unit_test(a_folded_field_is_refused),
        cmocka_unit_test(a_line_that_ends_in_lf_is_refused),
        cmocka_unit_test(contradictions_about_the_length_are_refused),
        cmocka_unit_test(a_body_of_known_length_ends_there),
        cmocka_unit_test(a_chunked_body_is_joined),
        cmocka_unit_test(a_bad_chunk_is_refused),
        cmocka_unit_test(trailers_are_kept_apart_from_the_head),
        cmocka_unit_test(a_body_without_length_lasts_until_the_end),
        cmocka_unit_test(some_responses_have_no_body_whatever_they_say),
        cmocka_unit_test(interim_responses_come_before_the_final_one),
        cmocka_unit_test(what_follows_an_upgrade_or_a_tunnel_is_left),
        cmocka_unit_test(a_connection_is_kept_or_closed_as_the_head_says),
        cmocka_unit_test(an_end_before_or_inside_the_head_is_a_disconnect),
        cmocka_unit_test(an_end_inside_the_body_says_what_was_received),
        cmocka_unit_test(empty_lines_before_a_response_are_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
