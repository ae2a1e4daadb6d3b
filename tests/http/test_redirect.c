/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "http/redirect.h"

static void five_statuses_are_redirects(void **state)
{
    static const int others[] = {200, 300, 304, 305, 306, 309, 399, 400};
    (void)state;

    for (int status = 301; status <= 303; status++)
        assert_true(ah_redirect_is_one(status));
    assert_true(ah_redirect_is_one(307));
    assert_true(ah_redirect_is_one(308));
    for (size_t i = 0; i < COUNT_OF(others); i++)
        assert_false(ah_redirect_is_one(others[i]));
}

static void who_becomes_a_get(void **state)
{
    static const struct {
        const char *method;
        bool at_301, at_302, at_303, at_307, at_308;
    } table[] = {
        {"GET", false, false, true, false, false},    {"HEAD", false, false, false, false, false},
        {"POST", true, true, true, false, false},     {"PUT", false, false, true, false, false},
        {"DELETE", false, false, true, false, false}, {"PATCH", false, false, true, false, false},
        {"post", false, false, true, false, false},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(table); i++) {
        ah_str method = ah_str_from(table[i].method);
        assert_int_equal(ah_redirect_becomes_get(301, method), table[i].at_301);
        assert_int_equal(ah_redirect_becomes_get(302, method), table[i].at_302);
        assert_int_equal(ah_redirect_becomes_get(303, method), table[i].at_303);
        assert_int_equal(ah_redirect_becomes_get(307, method), table[i].at_307);
        assert_int_equal(ah_redirect_becomes_get(308, method), table[i].at_308);
    }
}

static void fields_that_go_with_the_body(void **state)
{
    (void)state;
    assert_true(ah_redirect_is_body_field(AH_STR("content-type")));
    assert_true(ah_redirect_is_body_field(AH_STR("Content-Encoding")));
    assert_true(ah_redirect_is_body_field(AH_STR("Trailer")));
    assert_false(ah_redirect_is_body_field(AH_STR("Accept")));
    assert_false(ah_redirect_is_body_field(AH_STR("Content")));
}

static void each_change_of_origin_leaves_all_secrets_behind(void **state)
{
    static const struct {
        const char *from, *to;
        ah_origin_change change;
    } table[] = {
        {"http://a/x", "http://a/y", AH_ORIGIN_SAME},
        {"http://a/x", "http://A:80/y", AH_ORIGIN_SAME},
        {"http://a/", "http://b/", AH_ORIGIN_OTHER_HOST},
        {"http://a.example/", "http://b.a.example/", AH_ORIGIN_OTHER_HOST},
        {"http://a/", "https://b/", AH_ORIGIN_OTHER_HOST},
        {"http://a/", "http://a:8080/", AH_ORIGIN_OTHER_PORT},
        {"http://a/", "https://a/", AH_ORIGIN_TO_TLS},
        {"http://a:8080/", "https://a:8443/", AH_ORIGIN_TO_TLS},
        {"https://a/", "http://a/", AH_ORIGIN_FROM_TLS},
        {"https://a:80/", "http://a:80/", AH_ORIGIN_FROM_TLS},
    };
    ah_arena arena = {0};
    ah_url from, to;
    (void)state;

    for (size_t i = 0; i < COUNT_OF(table); i++) {
        assert_null(ah_url_parse(&from, &arena, ah_str_from(table[i].from)));
        assert_null(ah_url_parse(&to, &arena, ah_str_from(table[i].to)));
        ah_origin_change change = ah_origin_change_of(&from, &to);
        assert_int_equal(change, table[i].change);
        assert_int_equal(ah_secrets_left_behind[change], change == AH_ORIGIN_SAME ? 0 : 0x3f);
    }
    ah_arena_release(&arena);
}

static void fields_that_are_secrets(void **state)
{
    static const char *const named[] = {"X-Key", "Accept", NULL};
    (void)state;

    assert_int_equal(ah_secret_of_field(AH_STR("authorization"), NULL), AH_SECRET_AUTHORIZATION);
    assert_int_equal(ah_secret_of_field(AH_STR("COOKIE"), named), AH_SECRET_COOKIE_FIELD);
    assert_int_equal(ah_secret_of_field(AH_STR("Proxy-Authorization"), NULL),
                     AH_SECRET_PROXY_AUTHORIZATION);
    assert_int_equal(ah_secret_of_field(AH_STR("accept"), NULL), 0);
    assert_int_equal(ah_secret_of_field(AH_STR("accept"), named), AH_SECRET_NAMED);
    assert_int_equal(ah_secret_of_field(AH_STR("x-key"), named), AH_SECRET_NAMED);
    assert_int_equal(ah_secret_of_field(AH_STR("x-keys"), named), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(five_statuses_are_redirects),
        cmocka_unit_test(who_becomes_a_get),
        cmocka_unit_test(fields_that_go_with_the_body),
        cmocka_unit_test(each_change_of_origin_leaves_all_secrets_behind),
        cmocka_unit_test(fields_that_are_secrets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
