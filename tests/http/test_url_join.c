/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "base/buf.h"
#include "http/url.h"

static ah_arena arena;

static int end(void **state)
{
    (void)state;
    ah_arena_release(&arena);
    return 0;
}

typedef struct join_case {
    const char *reference, *whole;
} join_case;

static void assert_joined(const char *base_text, const join_case *cases, size_t count)
{
    ah_url base, url;

    assert_null(ah_url_parse(&base, &arena, ah_str_from(base_text)));
    for (size_t i = 0; i < count; i++) {
        const char *why = ah_url_join(&url, &arena, &base, ah_str_from(cases[i].reference));
        if (why)
            fail_msg("\"%s\": %s", cases[i].reference, why);
        ah_buf text = {0};
        ah_buf_append(&text, url.safe);
        if (url.fragment.ptr) {
            ah_buf_append_char(&text, '#');
            ah_buf_append(&text, url.fragment);
        }
        if (!ah_str_equal(ah_buf_str(&text), ah_str_from(cases[i].whole)))
            fail_msg("\"%s\" became \"%.*s\" instead of \"%s\"", cases[i].reference, (int)text.len,
                     text.data, cases[i].whole);
        ah_buf_release(&text);
    }
}

/* RFC 3986 §5.4, but for "g:h", whose scheme is none of ours. */
static void the_table_of_the_rfc_holds(void **state)
{
    static const join_case table[] = {
        {"g", "http://a/b/c/g"},
        {"./g", "http://a/b/c/g"},
        {"g/", "http://a/b/c/g/"},
        {"/g", "http://a/g"},
        {"//g", "http://g/"},
        {"?y", "http://a/b/c/d;p?y"},
        {"g?y", "http://a/b/c/g?y"},
        {"#s", "http://a/b/c/d;p?q#s"},
        {"g#s", "http://a/b/c/g#s"},
        {"g?y#s", "http://a/b/c/g?y#s"},
        {";x", "http://a/b/c/;x"},
        {"g;x", "http://a/b/c/g;x"},
        {"g;x?y#s", "http://a/b/c/g;x?y#s"},
        {"", "http://a/b/c/d;p?q"},
        {".", "http://a/b/c/"},
        {"./", "http://a/b/c/"},
        {"..", "http://a/b/"},
        {"../", "http://a/b/"},
        {"../g", "http://a/b/g"},
        {"../..", "http://a/"},
        {"../../", "http://a/"},
        {"../../g", "http://a/g"},
        {"../../../g", "http://a/g"},
        {"../../../../g", "http://a/g"},
        {"/./g", "http://a/g"},
        {"/../g", "http://a/g"},
        {"g.", "http://a/b/c/g."},
        {".g", "http://a/b/c/.g"},
        {"g..", "http://a/b/c/g.."},
        {"..g", "http://a/b/c/..g"},
        {"./../g", "http://a/b/g"},
        {"./g/.", "http://a/b/c/g/"},
        {"g/./h", "http://a/b/c/g/h"},
        {"g/../h", "http://a/b/c/h"},
        {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
        {"g;x=1/../y", "http://a/b/c/y"},
        {"g?y/./x", "http://a/b/c/g?y/./x"},
        {"g?y/../x", "http://a/b/c/g?y/../x"},
        {"g#s/./x", "http://a/b/c/g#s/./x"},
        {"g#s/../x", "http://a/b/c/g#s/../x"},
        {"http:g", "http://a/b/c/g"}, /* for backward compatibility */
    };
    (void)state;

    assert_joined("http://a/b/c/d;p?q", table, COUNT_OF(table));
}

static void a_whole_url_replaces_the_base_and_keeps_its_bytes(void **state)
{
    static const join_case table[] = {
        {"https://b/x", "https://b/x"},
        {"HTTP://B:80/%7e/./%2F?a=+b%20", "http://b/%7e/./%2F?a=+b%20"},
        {" http://b/x \t", "http://b/x"},
    };
    (void)state;

    assert_joined("http://a/b", table, COUNT_OF(table));
}

static void bytes_of_relative_references_stay(void **state)
{
    static const join_case table[] = {
        {"%2e%2E/x%2fy", "http://a/b/%2e%2E/x%2fy"}, {"x y", "http://a/b/x%20y"},
        {"caf\xc3\xa9", "http://a/b/caf%C3%A9"},     {"a//b", "http://a/b/a//b"},
        {"?a=b/../c", "http://a/b/c?a=b/../c"},
    };
    (void)state;

    assert_joined("http://a/b/c", table, COUNT_OF(table));
}

static void the_base_keeps_its_port_and_zone(void **state)
{
    static const join_case port[] = {{"x", "https://a:8443/x"}, {"//b", "https://b/"}};
    static const join_case v6[] = {{"/x", "http://[fe80::1]:8080/x"}};
    ah_url base, url;
    (void)state;

    assert_joined("https://a:8443/", port, COUNT_OF(port));
    assert_joined("http://[fe80::1%25eth0]:8080/", v6, COUNT_OF(v6));
    assert_null(ah_url_parse(&base, &arena, AH_STR("http://[fe80::1%25eth0]/a")));
    assert_null(ah_url_join(&url, &arena, &base, AH_STR("b")));
    assert_str(url.host, "fe80::1%eth0");
}

static void credentials_of_the_base_are_not_inherited(void **state)
{
    ah_url base, url;
    (void)state;

    assert_null(ah_url_parse(&base, &arena, AH_STR("http://user:secret@a/b")));
    assert_null(ah_url_join(&url, &arena, &base, AH_STR("c")));
    assert_null(url.userinfo.ptr);
    assert_null(ah_url_join(&url, &arena, &base, AH_STR("http://other@a/c")));
    assert_str(url.userinfo, "other");
}

static void what_is_no_url_is_refused(void **state)
{
    static const char *const references[] = {"http://", "//", "//a:b/", "https:g", "ftp://a/"};
    ah_url base, url;
    (void)state;

    assert_null(ah_url_parse(&base, &arena, AH_STR("http://a/b")));
    for (size_t i = 0; i < COUNT_OF(references); i++)
        assert_non_null(ah_url_join(&url, &arena, &base, ah_str_from(references[i])));
}

static void a_scheme_is_what_stands_before_the_first_colon(void **state)
{
    (void)state;
    assert_str(ah_url_scheme_of(AH_STR(" mailto:a@b")), "mailto");
    assert_str(ah_url_scheme_of(AH_STR("a+b-c.1:x")), "a+b-c.1");
    assert_null(ah_url_scheme_of(AH_STR("/a:b")).ptr);
    assert_null(ah_url_scheme_of(AH_STR("1a:b")).ptr);
    assert_null(ah_url_scheme_of(AH_STR(":b")).ptr);
    assert_null(ah_url_scheme_of(AH_STR("")).ptr);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, end)
    const struct CMUnitTest tests[] = {
        TEST(the_table_of_the_rfc_holds),
        TEST(a_whole_url_replaces_the_base_and_keeps_its_bytes),
        TEST(bytes_of_relative_references_stay),
        TEST(the_base_keeps_its_port_and_zone),
        TEST(credentials_of_the_base_are_not_inherited),
        TEST(what_is_no_url_is_refused),
        TEST(a_scheme_is_what_stands_before_the_first_colon),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
