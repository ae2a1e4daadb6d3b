/* SPDX-License-Identifier: MIT */
#include "http/body_length.h"
#include "support/check.h"

static ah_arena arena;
static ah_response_head head;

/* A head with these fields, which end with {NULL, NULL}. */
static const ah_response_head *make(int status, const ahttp_pair *fields)
{
    ah_arena_reset(&arena);
    head = (ah_response_head){.status = status, .minor_version = 1};
    ah_headers_init(&head.fields, &arena);
    for (; fields->name; fields++)
        ah_headers_add(&head.fields, ah_str_from(fields->name), ah_str_from(fields->value));
    return &head;
}

#define FIELDS(...) AHTTP_PAIRS(__VA_ARGS__)
#define NO_FIELDS   ((const ahttp_pair[]){{NULL, NULL}})

static ah_framing framing(const char *method, int status, const ahttp_pair *fields)
{
    return ah_response_body_length(ah_str_from(method), make(status, fields)).framing;
}

static void head_1xx_204_and_304_have_no_body_whatever_the_fields_say(void **state)
{
    const ahttp_pair *length = FIELDS({"Content-Length", "5"});
    const ahttp_pair *chunked = FIELDS({"Transfer-Encoding", "chunked"});
    (void)state;

    assert_int_equal(framing("HEAD", 200, length), AH_FRAMING_NONE);
    assert_int_equal(framing("HEAD", 200, chunked), AH_FRAMING_NONE);
    assert_int_equal(framing("HEAD", 200, NO_FIELDS), AH_FRAMING_NONE);
    assert_int_equal(framing("GET", 100, length), AH_FRAMING_NONE);
    assert_int_equal(framing("GET", 204, chunked), AH_FRAMING_NONE);
    assert_int_equal(framing("GET", 304, length), AH_FRAMING_NONE);
}

static void connect_that_succeeds_is_a_tunnel(void **state)
{
    (void)state;

    assert_int_equal(framing("CONNECT", 200, FIELDS({"Content-Length", "5"})), AH_FRAMING_TUNNEL);
    assert_int_equal(framing("CONNECT", 204, NO_FIELDS), AH_FRAMING_TUNNEL);
    assert_int_equal(framing("CONNECT", 407, FIELDS({"Content-Length", "5"})), AH_FRAMING_LENGTH);
}

static void a_101_is_a_tunnel_only_with_both_of_its_fields(void **state)
{
    (void)state;

    assert_int_equal(
        framing("GET", 101, FIELDS({"Upgrade", "websocket"}, {"Connection", "x, Upgrade"})),
        AH_FRAMING_TUNNEL);
    assert_int_equal(framing("GET", 101, FIELDS({"Upgrade", "websocket"})), AH_FRAMING_INVALID);
    assert_int_equal(framing("GET", 101, FIELDS({"Connection", "Upgrade"})), AH_FRAMING_INVALID);
}

static void only_a_last_chunked_is_chunked(void **state)
{
    static const struct {
        const char *value;
        ah_framing framing;
    } cases[] = {
        {"chunked", AH_FRAMING_CHUNKED},
        {"CHUNKED", AH_FRAMING_CHUNKED},
        {"gzip, chunked", AH_FRAMING_CHUNKED},
        {" gzip\t,\tchunked ", AH_FRAMING_CHUNKED},
        {"chunked, gzip", AH_FRAMING_UNTIL_CLOSE},
        {"chunked, identity", AH_FRAMING_UNTIL_CLOSE},
        {"identity", AH_FRAMING_UNTIL_CLOSE},
        {"xchunked", AH_FRAMING_UNTIL_CLOSE},
        {"chunked;q=1", AH_FRAMING_UNTIL_CLOSE},
        {"\"chunked\"", AH_FRAMING_UNTIL_CLOSE},
        {"chunke\xC4\x8F", AH_FRAMING_UNTIL_CLOSE},
        {"", AH_FRAMING_UNTIL_CLOSE},
        {"chunked, chunked", AH_FRAMING_INVALID},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(framing("GET", 200, FIELDS({"Transfer-Encoding", cases[i].value})),
                         cases[i].framing);
}

static void transfer_encodings_in_several_fields_are_one_list(void **state)
{
    (void)state;

    assert_int_equal(
        framing("GET", 200,
                FIELDS({"Transfer-Encoding", "gzip"}, {"transfer-encoding", "chunked"})),
        AH_FRAMING_CHUNKED);
    assert_int_equal(
        framing("GET", 200,
                FIELDS({"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "gzip"})),
        AH_FRAMING_UNTIL_CLOSE);
    assert_int_equal(
        framing("GET", 200,
                FIELDS({"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"})),
        AH_FRAMING_INVALID);
}

static void a_length_with_a_transfer_encoding_is_refused(void **state)
{
    (void)state;

    assert_int_equal(
        framing("GET", 200, FIELDS({"Content-Length", "3"}, {"Transfer-Encoding", "chunked"})),
        AH_FRAMING_INVALID);
    assert_int_equal(
        framing("GET", 200, FIELDS({"Transfer-Encoding", "gzip"}, {"Content-Length", "3"})),
        AH_FRAMING_INVALID);
}

static void a_length_is_one_number(void **state)
{
    static const char *const refused[] = {"",    "-5",  "+3",  "3, 3",     "3 3",
                                          "0x3", "3.0", "1_0", "\xD9\xA3", "18446744073709551616"};
    (void)state;

    ah_body_length body =
        ah_response_body_length(AH_STR("GET"), make(200, FIELDS({"Content-Length", "0042"})));
    assert_int_equal(body.framing, AH_FRAMING_LENGTH);
    assert_int_equal(body.length, 42);
    body = ah_response_body_length(AH_STR("GET"),
                                   make(200, FIELDS({"Content-Length", "18446744073709551615"})));
    assert_true(body.length == UINT64_MAX);
    for (size_t i = 0; i < COUNT_OF(refused); i++)
        assert_int_equal(framing("GET", 200, FIELDS({"Content-Length", refused[i]})),
                         AH_FRAMING_INVALID);
    assert_int_equal(framing("GET", 200, FIELDS({"Content-Length", "3"}, {"Content-Length", "3"})),
                     AH_FRAMING_INVALID);
}

static void what_is_refused_has_a_reason(void **state)
{
    (void)state;

    ah_body_length body =
        ah_response_body_length(AH_STR("GET"), make(200, FIELDS({"Content-Length", "five"})));

    assert_string_equal(body.why, "Content-Length is not a number from 0 to 2^64 - 1");
}

static void without_any_field_the_body_lasts_until_the_end(void **state)
{
    (void)state;

    assert_int_equal(framing("GET", 200, NO_FIELDS), AH_FRAMING_UNTIL_CLOSE);
    assert_int_equal(framing("POST", 500, FIELDS({"Content-Length-X", "3"})),
                     AH_FRAMING_UNTIL_CLOSE);
}

static bool keeps_alive(unsigned char minor_version, const ahttp_pair *fields, ah_framing how)
{
    make(200, fields);
    head.minor_version = minor_version;
    return ah_response_keeps_alive(&head, how);
}

static void http_1_1_keeps_alive_until_it_says_close(void **state)
{
    (void)state;

    assert_true(keeps_alive(1, NO_FIELDS, AH_FRAMING_LENGTH));
    assert_true(keeps_alive(1, NO_FIELDS, AH_FRAMING_CHUNKED));
    assert_true(keeps_alive(1, NO_FIELDS, AH_FRAMING_NONE));
    assert_true(keeps_alive(1, FIELDS({"Connection", "closed"}), AH_FRAMING_LENGTH));
    assert_false(keeps_alive(1, FIELDS({"Connection", "Close"}), AH_FRAMING_LENGTH));
    assert_false(keeps_alive(1, FIELDS({"Connection", "keep-alive, close"}), AH_FRAMING_LENGTH));
    assert_false(keeps_alive(1, FIELDS({"Connection", "keep-alive"}, {"Connection", "x, close"}),
                             AH_FRAMING_LENGTH));
}

static void http_1_0_closes_until_it_says_keep_alive(void **state)
{
    (void)state;

    assert_false(keeps_alive(0, NO_FIELDS, AH_FRAMING_LENGTH));
    assert_true(keeps_alive(0, FIELDS({"Connection", "Keep-Alive"}), AH_FRAMING_LENGTH));
    assert_false(keeps_alive(0,
                             FIELDS({"Connection", "keep-alive"}, {"Transfer-Encoding", "chunked"}),
                             AH_FRAMING_CHUNKED));
}

static void what_ends_with_the_connection_does_not_keep_it_alive(void **state)
{
    (void)state;

    assert_false(keeps_alive(1, FIELDS({"Connection", "keep-alive"}), AH_FRAMING_UNTIL_CLOSE));
    assert_false(keeps_alive(1, FIELDS({"Connection", "keep-alive"}), AH_FRAMING_TUNNEL));
    assert_false(keeps_alive(1, FIELDS({"Connection", "keep-alive"}), AH_FRAMING_INVALID));
}

static int tear_down(void **state)
{
    (void)state;
    ah_arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(head_1xx_204_and_304_have_no_body_whatever_the_fields_say),
        cmocka_unit_test(connect_that_succeeds_is_a_tunnel),
        cmocka_unit_test(a_101_is_a_tunnel_only_with_both_of_its_fields),
        cmocka_unit_test(only_a_last_chunked_is_chunked),
        cmocka_unit_test(transfer_encodings_in_several_fields_are_one_list),
        cmocka_unit_test(a_length_with_a_transfer_encoding_is_refused),
        cmocka_unit_test(a_length_is_one_number),
        cmocka_unit_test(what_is_refused_has_a_reason),
        cmocka_unit_test(without_any_field_the_body_lasts_until_the_end),
        cmocka_unit_test(http_1_1_keeps_alive_until_it_says_close),
        cmocka_unit_test(http_1_0_closes_until_it_says_keep_alive),
        cmocka_unit_test(what_ends_with_the_connection_does_not_keep_it_alive),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
