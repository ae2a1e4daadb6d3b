/* SPDX-License-Identifier: MIT */
/* The origin of the URL before.  test_url.c reads all of its URLs with one, too. */
#include "http/url.h"
#include "support/check.h"

static void an_origin_is_remembered_as_a_whole(void **state)
{
    (void)state;
    ah_arena arena = {0};
    ah_url_memo memo = {.shape = {.len = 0}};
    ah_url url;
    assert_null(ah_url_parse_next(&url, &arena, AH_STR("http://h:80/a"), &memo));

    assert_null(ah_url_parse_next(&url, &arena, AH_STR("http://h:8080/a"), &memo));
    assert_int_equal(url.port, 8080);
    assert_null(ah_url_parse_next(&url, &arena, AH_STR("http://h:80"), &memo));
    assert_str(url.safe, "http://h/");
    assert_null(ah_url_parse_next(&url, &arena, AH_STR("http://h:80@evil/"), &memo));
    assert_str(url.host, "evil");
    assert_null(ah_url_parse_next(&url, &arena, AH_STR("http://h.example/"), &memo));
    assert_str(url.host, "h.example");
    assert_non_null(ah_url_parse_next(&url, &arena, AH_STR("http://h.example\\@b/"), &memo));
    ah_arena_release(&arena);
}

/* Behind a URL of the same origin, each byte at each place, however long the path is. */
static void a_remembered_origin_changes_nothing_of_what_follows(void **state)
{
    (void)state;
    ah_arena arena = {0};
    ah_url_memo memo = {.shape = {.len = 0}};
    char text[] = "http://h/0123456789abcdef";
    const size_t path = sizeof "http://h" - 1;
    ah_url expected, url;
    assert_null(ah_url_parse_next(&url, &arena, AH_STR("http://h/"), &memo));

    for (size_t len = path; len < sizeof text; len++)
        for (size_t at = path; at < len; at++)
            for (int c = 0; c < 256; c++) {
                char before = text[at];
                text[at] = (char)c;
                const char *why = ah_url_parse(&expected, &arena, ah_str_make(text, len));
                assert_ptr_equal(ah_url_parse_next(&url, &arena, ah_str_make(text, len), &memo),
                                 why);
                if (!why) {
                    assert_true(ah_str_equal(url.safe, expected.safe));
                    assert_true(ah_str_equal(url.target, expected.target));
                    assert_true(ah_str_equal(url.fragment, expected.fragment));
                    assert_int_equal(url.safe.ptr[url.safe.len], '\0');
                }
                text[at] = before;
                ah_arena_reset(&arena);
            }
    ah_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_origin_is_remembered_as_a_whole),
        cmocka_unit_test(a_remembered_origin_changes_nothing_of_what_follows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
