/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "http/url.h"
#include <stdio.h>
#include <string.h>

static ah_arena arena;

static int end(void **state)
{
    (void)state;
    ah_arena_release(&arena);
    return 0;
}

#if AHTTP_IDN
static void international_names_become_a_labels(void **state)
{
    static const char *const names[][2] = {
        {"b\xc3\xbc"
         "cher.example",
         "xn--bcher-kva.example"},
        {"B\xc3\x9c"
         "CHER.Example",
         "xn--bcher-kva.example"},
        {"fa\xc3\x9f.example", "xn--fa-hia.example"},
        {"\xe4\xbd\xa0\xe5\xa5\xbd\xe3\x80\x82"
         "test",
         "xn--6qq79v.test"},
        {"\xef\xbc\xa7\xef\xbd\x8f.com", "go.com"},
        {"xn--bcher-kva.example", "xn--bcher-kva.example"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        char text[100];
        ah_url url;
        snprintf(text, sizeof text, "http://u@%s:8080/", names[i][0]);
        assert_null(ah_url_parse(&url, &arena, ah_str_from(text)));
        assert_str(url.host, names[i][1]);
        snprintf(text, sizeof text, "%s:8080", names[i][1]);
        assert_str(url.authority, text);
    }
}

static void what_is_no_such_name_is_refused(void **state)
{
    static const char *const urls[] = {"http://\xff/",
                                       ("http://\xcc\x81"
                                        "a/"),
                                       "http://\xe2\x98\x83%41/", "http://xn--a\xc3\xa9/"};
    ah_url url;
    (void)state;

    for (size_t i = 0; i < COUNT_OF(urls); i++)
        if (!ah_url_parse(&url, &arena, ah_str_from(urls[i])))
            fail_msg("%zu was taken as %.*s", i, (int)url.host.len, url.host.ptr);
}
#else
static void without_libidn2_they_are_refused_and_it_is_said_what_to_do(void **state)
{
    ah_url url;
    (void)state;

    const char *why = ah_url_parse(&url, &arena,
                                   AH_STR("http://b\xc3\xbc"
                                          "cher.example/"));
    assert_non_null(strstr(why, "give A-labels"));
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
#if AHTTP_IDN
        cmocka_unit_test_teardown(international_names_become_a_labels, end),
        cmocka_unit_test_teardown(what_is_no_such_name_is_refused, end),
#else
        cmocka_unit_test_teardown(without_libidn2_they_are_refused_and_it_is_said_what_to_do, end),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
