/* SPDX-License-Identifier: MIT */
/* URLs as programs use them. */
#include "support/check.h"

#include "support/failing_alloc.h"
#include <ahttp/url.h>
#include <string.h>

static void assert_url(ahttp_url *url, const char *text)
{
    assert_non_null(url);
    assert_string_equal(ahttp_url_text(url), text);
    ahttp_url_free(url);
}

static void a_url_has_parts(void **state)
{
    (void)state;
    ahttp_url *url =
        ahttp_url_parse(" HTTPS://us%40r:p%3Aw@Example.org:8443/a%2Fb?x=%20y#z z", NULL);

    assert_string_equal(ahttp_url_text(url),
                        "https://us%40r:p%3Aw@example.org:8443/a%2Fb?x=%20y#z%20z");
    assert_string_equal(ahttp_url_safe_text(url), "https://example.org:8443/a%2Fb?x=%20y");
    assert_string_equal(ahttp_url_scheme(url), "https");
    assert_string_equal(ahttp_url_host(url), "example.org");
    assert_int_equal(ahttp_url_port(url), 8443);
    assert_string_equal(ahttp_url_path(url), "/a%2Fb");
    assert_string_equal(ahttp_url_query(url), "x=%20y");
    assert_string_equal(ahttp_url_fragment(url), "z%20z");
    assert_string_equal(ahttp_url_user(url), "us@r");
    assert_string_equal(ahttp_url_password(url), "p:w");
    ahttp_url_free(url);
}

static void parts_that_are_not_there_are_null(void **state)
{
    (void)state;
    ahttp_url *url = ahttp_url_parse("http://user@[FE80:0::1%25eth0]?", NULL);

    assert_string_equal(ahttp_url_text(url), "http://user@[fe80::1%25eth0]/?");
    assert_string_equal(ahttp_url_host(url), "fe80::1%eth0");
    assert_int_equal(ahttp_url_port(url), 80);
    assert_string_equal(ahttp_url_path(url), "/");
    assert_string_equal(ahttp_url_query(url), "");
    assert_null(ahttp_url_fragment(url));
    assert_null(ahttp_url_password(url));
    ahttp_url_free(url);
    ahttp_url_free(NULL);
}

static void what_is_none_has_a_reason(void **state)
{
    const char *why = NULL;
    (void)state;

    assert_null(ahttp_url_parse("http://a:99999/", &why));
    assert_string_equal(why, "the port is not a number between 1 and 65535");
    assert_null(ahttp_url_parse("/relative", &why));
    assert_null(ahttp_url_parse("http://127.1/", &why));
    assert_non_null(strstr(why, "no IPv4 address"));
    assert_null(ahttp_url_parse("ftp://a/", NULL));
}

static void references_are_joined(void **state)
{
    const char *why = "";
    (void)state;
    ahttp_url *base = ahttp_url_parse("http://u:p@a:81/b/c?d#e", NULL);

    assert_url(ahttp_url_join(base, "../x?y#z", &why), "http://a:81/x?y#z");
    assert_null(why);
    assert_url(ahttp_url_join(base, "//b/", NULL), "http://b/");
    assert_url(ahttp_url_join(base, "", NULL), "http://a:81/b/c?d");
    assert_null(ahttp_url_join(base, "mailto:x@y", &why));
    assert_non_null(why);
    ahttp_url_free(base);
}

static void parameters_follow_the_query(void **state)
{
    (void)state;
    ahttp_url *url = ahttp_url_parse("http://a/?q=1#z", NULL);

    assert_url(ahttp_url_with_params(url, AHTTP_PAIRS({"b c", "&"}, {"b c", "2"})),
               "http://a/?q=1&b+c=%26&b+c=2#z");
    assert_url(ahttp_url_with_params(url, NULL), "http://a/?q=1#z");
    ahttp_url_free(url);
}

static void origins_are_compared(void **state)
{
    static const struct {
        const char *other;
        bool same;
    } table[] = {{"http://A:80/x", true}, {"http://b/", false},      {"https://a/", false},
                 {"http://a:81/", false}, {"http://u@a/?q#f", true}, {"https://a:80/", false}};
    (void)state;
    ahttp_url *url = ahttp_url_parse("http://a/", NULL);

    for (size_t i = 0; i < COUNT_OF(table); i++) {
        ahttp_url *other = ahttp_url_parse(table[i].other, NULL);
        assert_int_equal(ahttp_url_same_origin(url, other), table[i].same);
        ahttp_url_free(other);
    }
    ahttp_url_free(url);
}

static void a_url_is_built_of_parts(void **state)
{
    (void)state;
    assert_url(ahttp_url_build(NULL, .host = "a"), "https://a/");
    assert_url(ahttp_url_build(NULL, .scheme = "http", .user = "u:@", .password = "p/ ",
                               .host = "::1", .port = 8080, .path = "x y/%2F?#",
                               .query = "a=%20b c", .params = AHTTP_PAIRS({"d", "e f"}),
                               .fragment = "g h"),
               "http://u%3A%40:p%2F%20@[::1]:8080/x%20y/%252F%3F%23?a=%20b%20c&d=e+f#g%20h");
    assert_url(ahttp_url_build(NULL, .host = "a", .path = "/x%2Fy", .raw_path = true),
               "https://a/x%2Fy");
    assert_url(ahttp_url_build(NULL, .host = "a", .path = "caf\xc3\xa9"), "https://a/caf%C3%A9");
}

static void parts_that_would_become_others_are_refused(void **state)
{
    const char *why;
    ahttp_url_parts unset = {.size = 0};
    (void)state;

    assert_null(ahttp_url_build(&why, .path = "/"));
    assert_string_equal(why, "the host is missing");
    assert_null(ahttp_url_build(&why, .host = "a/b"));
    assert_null(ahttp_url_build(&why, .host = "u@a"));
    assert_null(ahttp_url_build(&why, .host = "a", .port = 70000));
    assert_null(ahttp_url_build(&why, .host = "a", .port = -1));
    assert_null(ahttp_url_build(&why, .host = "a", .query = "#"));
    assert_null(ahttp_url_build(&why, .host = "a", .path = "?", .raw_path = true));
    assert_null(ahttp_url_build(&why, .scheme = "ftp", .host = "a"));
    assert_null(ahttp_url_create(&unset, &why));
    assert_non_null(strstr(why, "size"));
}

static void make_some(void *ctx)
{
    (void)ctx;
    ahttp_url *url =
        ahttp_url_build(NULL, .host = "a", .path = "b", .params = AHTTP_PAIRS({"c", "d"}));
    ahttp_url *joined = url ? ahttp_url_join(url, "../e", NULL) : NULL;
    ahttp_url *longer = joined ? ahttp_url_with_params(joined, AHTTP_PAIRS({"f", "g"})) : NULL;

    if (longer)
        assert_string_equal(ahttp_url_text(longer), "https://a/e?f=g");
    ahttp_url_free(url);
    ahttp_url_free(joined);
    ahttp_url_free(longer);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    for_each_allocation(make_some, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_url_has_parts),
        cmocka_unit_test(parts_that_are_not_there_are_null),
        cmocka_unit_test(what_is_none_has_a_reason),
        cmocka_unit_test(references_are_joined),
        cmocka_unit_test(parameters_follow_the_query),
        cmocka_unit_test(origins_are_compared),
        cmocka_unit_test(a_url_is_built_of_parts),
        cmocka_unit_test(parts_that_would_become_others_are_refused),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
