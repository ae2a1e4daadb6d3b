/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "http/url.h"

static ah_arena arena;

static ah_url read_url(const char *text)
{
    ah_url url;

    assert_null(ah_url_parse(&url, &arena, ah_str_from(text)));
    return url;
}

static bool has_outline(const ah_url *url)
{
    ah_url_outline outline;

    return ah_url_outline_make(&outline, url, 100);
}

static void assert_same_part(ah_str part, ah_str expected)
{
    assert_true(ah_str_equal(part, expected));
    assert_int_equal(part.ptr == NULL, expected.ptr == NULL);
}

static void a_url_is_made_of_its_text_and_outline(void **state)
{
    static const char *const texts[] = {"http://example.com/a/b?c=d", "https://[::1]:8443/",
                                        "HTTP://EXAMPLE.com:80", "http://h?q",
                                        "https://127.0.0.1:1/a b"};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        ah_url url = read_url(texts[i]);
        ah_url_outline outline;
        char text[100];
        ah_url made;
        assert_true(ah_url_outline_make(&outline, &url, sizeof text - 1));
        memcpy(text, url.safe.ptr, url.safe.len + 1);

        ah_url_from_outline(&made, text, &outline);

        assert_ptr_equal(made.safe.ptr, text);
        assert_same_part(made.safe, url.safe);
        assert_same_part(made.scheme, url.scheme);
        assert_same_part(made.host, url.host);
        assert_same_part(made.authority, url.authority);
        assert_same_part(made.target, url.target);
        assert_same_part(made.userinfo, url.userinfo);
        assert_same_part(made.fragment, url.fragment);
        assert_int_equal(made.port, url.port);
        assert_int_equal(made.is_ipv6, url.is_ipv6);
        assert_int_equal(made.is_tls, url.is_tls);
    }
}

static void what_a_text_does_not_say_has_no_outline(void **state)
{
    static const char *const texts[] = {"http://user@h/", "http://h/#fragment",
                                        "http://[fe80::1%25eth0]/"};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        ah_url url = read_url(texts[i]);
        assert_false(has_outline(&url));
    }
}

static void a_text_may_be_as_long_as_asked_for(void **state)
{
    ah_url url = read_url("http://h/");
    ah_url_outline outline;
    (void)state;

    assert_true(ah_url_outline_make(&outline, &url, 9));
    assert_false(ah_url_outline_make(&outline, &url, 8));
}

static void parts_that_were_added_are_in_the_outline(void **state)
{
    ah_url url = read_url("http://h/a?b");
    ah_url_outline outline;
    ah_url made;
    (void)state;
    assert_true(ah_url_add_query(&url, &arena, AH_STR("c=d")));
    assert_true(ah_url_use_tls(&url, &arena));
    assert_true(ah_url_outline_make(&outline, &url, 100));

    ah_url_from_outline(&made, url.safe.ptr, &outline);

    assert_same_part(made.target, AH_STR("/a?b&c=d"));
    assert_same_part(made.scheme, AH_STR("https"));
    assert_int_equal(made.port, 443);
}

static int end(void **state)
{
    (void)state;
    ah_arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_url_is_made_of_its_text_and_outline, end),
        cmocka_unit_test_teardown(what_a_text_does_not_say_has_no_outline, end),
        cmocka_unit_test_teardown(a_text_may_be_as_long_as_asked_for, end),
        cmocka_unit_test_teardown(parts_that_were_added_are_in_the_outline, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
