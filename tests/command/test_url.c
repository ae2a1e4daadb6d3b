/* SPDX-License-Identifier: MIT */
/* URLs as people type them, and references seen from them. */
#include "support/check.h"

#include "url.h"
#include <ahttp.h>
#include <stdlib.h>
#include <string.h>

static char *written(url *url)
{
    text out = {0};

    url_write(&out, url, true);
    url_free(url);
    return text_take(&out);
}

static void typed_urls_are_completed(void **state)
{
    static const struct {
        const char *typed, *whole;
    } rows[] = {
        {"h", "http://h/"},
        {"h/a?b#c", "http://h/a?b#c"},
        {"http:/h/a", "http://h/a"},
        {"http:///h/a", "http://h/a"},
        {"HTTPS://H/a", "https://H/a"},
        {"//h/a", "http://h/a"},
        {"h?q", "http://h/?q"},
        {"h:8080/", "http://h:8080/"},
        {"http://h:80/", "http://h:80/"},
        {"u:p@h/", "http://u:p@h/"},
        {"http://u@x@h/", "http://u@x@h/"},
        {"h/a/./b/../c", "http://h/a/c"},
        {"h/%2e%2e/a", "http://h/a"},
        {"h/a/..", "http://h/"},
        {"127.1/", "http://127.0.0.1/"},
        {"0x7f000001/", "http://127.0.0.1/"},
        {"017700000001/", "http://127.0.0.1/"},
        {"[0:0::1]:81/", "http://[::1]:81/"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        text why = {0};
        url url;
        if (!url_parse(&url, rows[i].typed, NULL, 0, &why))
            fail_msg("%s: %s", rows[i].typed, text_str(&why));
        char *whole = written(&url);
        assert_string_equal(whole, rows[i].whole);
        free(whole);
    }
}

static void what_is_no_url_is_told(void **state)
{
    static const struct {
        const char *typed, *why;
    } rows[] = {
        {"gopher://h/", "Protocol \"gopher\" not supported"},
        {"http:///", "No host part"},
        {"http://h:99999/", "between 0 and 65535"},
        {"http://h:x/", "between 0 and 65535"},
        {"http://a b/", "Malformed input"},
        {"http://[::1/", "Bad IPv6"},
        {"http://[::g]/", "Bad IPv6"},
        {"http://a_b|c/d", NULL},
        {"http://a;b/", "Bad hostname"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        text why = {0};
        url url;
        bool good = url_parse(&url, rows[i].typed, NULL, 0, &why);
        assert_true(good == !rows[i].why);
        if (good)
            url_free(&url);
        else
            assert_non_null(strstr(text_str(&why), rows[i].why));
        text_free(&why);
    }
}

static void a_host_is_not_longer_than_dns_could_ever_take(void **state)
{
    char *name = malloc(65537 + 1);
    text why = {0};
    url url;

    (void)state;
    memset(name, 'a', 65536);
    name[65536] = '\0';
    assert_false(url_parse(&url, name, NULL, 0, &why));
    assert_non_null(strstr(text_str(&why), "Too long hostname"));
    text_free(&why);
    free(name);
}

static void references_are_seen_from_their_page(void **state)
{
    static const struct {
        const char *reference, *whole;
    } rows[] = {
        {"x", "http://u:p@h:81/a/x"},
        {"./x", "http://u:p@h:81/a/x"},
        {"../x?y", "http://u:p@h:81/x?y"},
        {"/x", "http://u:p@h:81/x"},
        {"?x", "http://u:p@h:81/a/b?x"},
        {"#x", "http://u:p@h:81/a/b?q#x"},
        {"", "http://u:p@h:81/a/b?q"},
        {"  /x", "http://u:p@h:81/x"},
        {"//i/x", "http://i/x"},
        {"https://i/x", "https://i/x"},
        {"x y?a b", "http://u:p@h:81/a/x%20y?a+b"},
    };
    text why = {0};
    url base;

    (void)state;
    assert_true(url_parse(&base, "http://u:p@h:81/a/b?q#f", NULL, 0, &why));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        url joined;
        assert_true(url_join(&joined, &base, rows[i].reference, URL_ENCODE, &why));
        char *whole = written(&joined);
        assert_string_equal(whole, rows[i].whole);
        free(whole);
    }
    url_free(&base);
}

static void international_names_are_ascii_on_the_wire(void **state)
{
    text why = {0}, wire = {0};
    url url, joined;

    (void)state;
    assert_true(url_parse(&url, "http://www.\xC3\xA5\xC3\xA4\xC3\xB6.se:81/", NULL, 0, &why));
    url_write_host(&wire, &url, true);
    if (ahttp_has_feature(AHTTP_FEATURE_IDN))
        assert_string_equal(text_str(&wire), "www.xn--4cab6c.se:81");
    assert_true(url_join(&joined, &url, "x", URL_ENCODE, &why));
    char *whole = written(&joined);
    assert_string_equal(whole, "http://www.\xC3\xA5\xC3\xA4\xC3\xB6.se:81/x");
    free(whole);
    text_free(&wire);
    url_free(&url);
}

static void queries_are_put_behind_what_is_there(void **state)
{
    static const struct {
        const char *before, *query, *after;
    } rows[] = {
        {"h", "a=1", "h/?a=1"},
        {"http://h", "a=1", "http://h/?a=1"},
        {"h/x", "a=1", "h/x?a=1"},
        {"h/x?", "a=1", "h/x?a=1"},
        {"h/x?y", "a=1", "h/x?y&a=1"},
        {"h/x?y&", "a=1", "h/x?y&a=1"},
        {"h/x#f", "a=1", "h/x?a=1#f"},
        {"h/x#f?g", "a=1", "h/x?a=1#f?g"},
        {"h/x", "%3d%Af%zz%a", "h/x?%3D%AF%zz%a"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char *url = copy_text(rows[i].before);
        url_add_query(&url, rows[i].query);
        assert_string_equal(url, rows[i].after);
        free(url);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(typed_urls_are_completed),
        cmocka_unit_test(what_is_no_url_is_told),
        cmocka_unit_test(a_host_is_not_longer_than_dns_could_ever_take),
        cmocka_unit_test(references_are_seen_from_their_page),
        cmocka_unit_test(international_names_are_ascii_on_the_wire),
        cmocka_unit_test(queries_are_put_behind_what_is_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
