/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "http/mask.h"

static void assert_shown(const char *name, const char *value, const char *expected)
{
    ah_buf out = {0};

    ah_mask_field(&out, ah_str_from(name), ah_str_from(value), NULL);
    assert_str(ah_buf_str(&out), expected);
    ah_buf_release(&out);
}

static void of_secrets_the_length_is_shown(void **state)
{
    (void)state;
    assert_shown("Authorization", "Basic dTpw", "Authorization: (10 bytes)");
    assert_shown("proxy-authorization", "x", "proxy-authorization: (1 bytes)");
    assert_shown("Cookie", "a=b; c=d", "Cookie: (8 bytes)");
    assert_shown("Set-Cookie", "a=b", "Set-Cookie: (3 bytes)");
    assert_shown("X-Api-Key", "k", "X-Api-Key: (1 bytes)");
    assert_shown("X-AMZ-SECURITY-TOKEN", "", "X-AMZ-SECURITY-TOKEN: (0 bytes)");
    assert_shown("Authentication-Info", "n", "Authentication-Info: (1 bytes)");
}

static void names_that_the_program_calls_secret_are(void **state)
{
    static const char *const named[] = {"X-Pin", "WWW-Authenticate", NULL};
    (void)state;

    assert_true(ah_mask_is_secret(AH_STR("x-pin"), named));
    assert_true(ah_mask_is_secret(AH_STR("WWW-Authenticate"), named));
    assert_true(ah_mask_is_secret(AH_STR("Cookie"), named));
    assert_false(ah_mask_is_secret(AH_STR("x-pins"), named));
    assert_false(ah_mask_is_secret(AH_STR("x-pin"), NULL));
}

static void other_fields_are_shown_as_they_are(void **state)
{
    (void)state;
    assert_shown("Accept", "*/*", "Accept: */*");
    assert_shown("WWW-Authenticate", "Basic realm=\"x\"", "WWW-Authenticate: Basic realm=\"x\"");
    assert_shown("Proxy-Authenticate", "Digest", "Proxy-Authenticate: Digest");
    assert_shown("X", "caf\xc3\xa9", "X: caf\xc3\xa9");
    assert_shown("X", "a\tb\x1b[0m\x7f", "X: a?b?[0m?");
}

static void urls_lose_user_and_password(void **state)
{
    (void)state;
    assert_shown("Location", "http://u:p@h/x", "Location: http://...@h/x");
    assert_shown("Location", "//u@h", "Location: //...@h");
    assert_shown("Location", "http://u:p@ss@h/x@y", "Location: http://...@h/x@y");
    assert_shown("Location", "http://h/x@y", "Location: http://h/x@y");
    assert_shown("Location", "http://h?u=http://a:b@c/", "Location: http://h?u=http://...@c/");
    assert_shown("Link", "<http://a:b@c/>; x, <http://d:e@f/>",
                 "Link: <http://...@c/>; x, <http://...@f/>");
    assert_shown("Location", "http://@h", "Location: http://@h");
    assert_shown("Location", "http://u:p@", "Location: http://...@");
    assert_shown("Location", "http://", "Location: http://");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_secrets_the_length_is_shown),
        cmocka_unit_test(names_that_the_program_calls_secret_are),
        cmocka_unit_test(other_fields_are_shown_as_they_are),
        cmocka_unit_test(urls_lose_user_and_password),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
