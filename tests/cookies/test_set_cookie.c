/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "cookies/quote.h"
#include "cookies/set_cookie.h"

enum { NOW = 1420070400, DAY = 24 * 60 * 60 };

static ah_set_cookie read_said(const char *text)
{
    ah_set_cookie said;
    const char *why = ah_set_cookie_read(&said, ah_str_from(text));

    if (why)
        fail_msg("%s: %s", text, why);
    return said;
}

static void assert_refused(ah_str text, const char *expected)
{
    ah_set_cookie said;
    const char *why = ah_set_cookie_read(&said, text);

    if (!why || strcmp(why, expected) != 0)
        fail_msg("%.*s: %s", (int)text.len, text.ptr, why ? why : "taken");
}

static void name_and_value_stand_round_the_first_equals_sign(void **state)
{
    static const struct {
        const char *text, *name, *value;
    } cases[] = {
        {"a=b", "a", "b"},
        {" a\t= b ;x", "a", "b"},
        {"a=", "a", ""},
        {"a==b=", "a", "=b="},
        {"a=\"b c\"; x", "a", "\"b c\""},
        {"a=\"b;c\"", "a", "\"b"},
        {"a={\"x\": [1,2]}", "a", "{\"x\": [1,2]}"},
        {"a=b, c=d", "a", "b, c=d"},
        {"a\\073=\\042b\\\"", "a\\073", "\\042b\\\""},
        {"\xc3\xa4=\xe4", "\xc3\xa4", "\xe4"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        ah_set_cookie said = read_said(cases[i].text);
        assert_str(said.name, cases[i].name);
        assert_str(said.value, cases[i].value);
    }
}

static void what_is_no_cookie_is_refused_with_a_reason(void **state)
{
    char large[4099];

    (void)state;
    assert_refused(AH_STR(""), "it has no \"=\"");
    assert_refused(AH_STR("a; b=c"), "it has no \"=\"");
    assert_refused(AH_STR("=b"), "it has no name");
    assert_refused(AH_STR(" =b; Path=/"), "it has no name");
    assert_refused(AH_STR("a=b\nc"), "it has control characters");
    assert_refused(AH_STR("a=b\0c"), "it has control characters");
    assert_refused(AH_STR("a=b; Path=/\x7f"), "it has control characters");
    memset(large, 'x', sizeof large);
    large[1] = '=';
    assert_refused(ah_str_make(large, 4098), "name and value have more than 4096 bytes");
    ah_set_cookie said;
    assert_null(ah_set_cookie_read(&said, ah_str_make(large, 4097)));
}

static void attributes_have_any_case_and_the_last_of_a_name_counts(void **state)
{
    (void)state;
    ah_set_cookie said = read_said("a=b; pATH=/x;PATH = /y ; SECURE; httponly=no; domain=.A.b; "
                                   "Domain=C.d; samesite=LAX; SameSite=strict; odd=1; =; ;");

    assert_str(said.path, "/y");
    assert_str(said.domain, "C.d");
    assert_true(said.secure);
    assert_true(said.http_only);
    assert_int_equal(said.same_site, AHTTP_SAME_SITE_STRICT);
}

static void without_attributes_nothing_is_said(void **state)
{
    (void)state;
    ah_set_cookie said = read_said("a=b");

    assert_null(said.path.ptr);
    assert_null(said.domain.ptr);
    assert_false(said.secure || said.http_only || said.has_expires || said.has_max_age);
    assert_int_equal(said.same_site, AHTTP_SAME_SITE_UNSET);
}

static void odd_attributes_are_passed_over(void **state)
{
    char large[1100] = "a=b; Path=/";

    (void)state;
    assert_null(read_said("a=b; Path=x").path.ptr);
    assert_null(read_said("a=b; Path=/x; Path").path.ptr);
    assert_null(read_said("a=b; Domain=").domain.ptr);
    assert_str(read_said("a=b; Domain=x; Domain=").domain, "x");
    assert_str(read_said("a=b; Domain=..x").domain, ".x");
    assert_int_equal(read_said("a=b; SameSite=Strict; SameSite=odd").same_site,
                     AHTTP_SAME_SITE_UNSET);
    assert_int_equal(read_said("a=b; SameSite=None").same_site, AHTTP_SAME_SITE_NONE);
    memset(large + strlen(large), 'x', 1023);
    assert_int_equal(read_said(large).path.len, 1024);
    strcat(large, "x");
    assert_null(read_said(large).path.ptr);
}

static int64_t expiry(const char *text)
{
    ah_set_cookie said = read_said(text);

    return ah_set_cookie_expiry(&said, NOW);
}

static void max_age_counts_more_than_expires(void **state)
{
    (void)state;
    assert_int_equal(expiry("a=b"), 0);
    assert_int_equal(expiry("a=b; Max-Age=60"), NOW + 60);
    assert_int_equal(expiry("a=b; Expires=Thu, 01 Jan 2015 00:01:00 GMT"), NOW + 60);
    assert_int_equal(expiry("a=b; Max-Age=60; Expires=Thu, 01 Jan 1970 00:01:00 GMT"), NOW + 60);
    assert_true(expiry("a=b; Max-Age=0; Expires=Thu, 01 Jan 2015 00:01:00 GMT") <= NOW);
    assert_true(expiry("a=b; Max-Age=-1") <= NOW);
    assert_true(expiry("a=b; Max-Age=-99999999999999999999") <= NOW);
    assert_int_equal(expiry("a=b; Expires=Thu, 01 Jan 1970 00:00:00 GMT"), -1);
    assert_int_equal(expiry("a=b; Max-Age=60; Max-Age=120"), NOW + 120);
}

static void ages_are_capped_at_400_days(void **state)
{
    (void)state;
    assert_int_equal(expiry("a=b; Max-Age=99999999999999999999999999"), NOW + 400 * DAY);
    assert_int_equal(expiry("a=b; Max-Age=34560001"), NOW + 400 * DAY);
    assert_int_equal(expiry("a=b; Max-Age=34559999"), NOW + 400 * DAY - 1);
    assert_int_equal(expiry("a=b; Expires=Fri, 31 Dec 9999 23:59:59 GMT"), NOW + 400 * DAY);
}

static void ages_and_dates_that_are_none_are_passed_over(void **state)
{
    (void)state;
    assert_int_equal(expiry("a=b; Max-Age="), 0);
    assert_int_equal(expiry("a=b; Max-Age=-"), 0);
    assert_int_equal(expiry("a=b; Max-Age=+5"), 0);
    assert_int_equal(expiry("a=b; Max-Age=5s"), 0);
    assert_int_equal(expiry("a=b; Max-Age=60; Max-Age=\"5\""), NOW + 60);
    assert_int_equal(expiry("a=b; Expires=soon"), 0);
}

static void assert_quoted(const char *value, const char *expected)
{
    ah_buf out = {0};

    ah_cookie_quote(&out, ah_str_from(value));
    assert_str(ah_buf_str(&out), expected);
    ah_buf_release(&out);
}

static void values_are_quoted_where_they_must_be(void **state)
{
    (void)state;
    assert_quoted("", "");
    assert_quoted("plain-1.0_~/:{}[]()<>?=@!#$%&'*+^`|", "plain-1.0_~/:{}[]()<>?=@!#$%&'*+^`|");
    assert_quoted("\"quoted\"", "\"quoted\"");
    assert_quoted("two words", "\"two words\"");
    assert_quoted("a;b,c", "\"a\\073b\\054c\"");
    assert_quoted("a\"b\\c", "\"a\\\"b\\\\c\"");
    assert_quoted("\"", "\"\\\"\"");
    assert_quoted("\xc3\xa9\n", "\"\\303\\251\\012\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(name_and_value_stand_round_the_first_equals_sign),
        cmocka_unit_test(what_is_no_cookie_is_refused_with_a_reason),
        cmocka_unit_test(attributes_have_any_case_and_the_last_of_a_name_counts),
        cmocka_unit_test(without_attributes_nothing_is_said),
        cmocka_unit_test(odd_attributes_are_passed_over),
        cmocka_unit_test(max_age_counts_more_than_expires),
        cmocka_unit_test(ages_are_capped_at_400_days),
        cmocka_unit_test(ages_and_dates_that_are_none_are_passed_over),
        cmocka_unit_test(values_are_quoted_where_they_must_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
