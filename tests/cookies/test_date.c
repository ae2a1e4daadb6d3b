/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "cookies/date.h"

static void assert_date(const char *text, int64_t expected)
{
    int64_t seconds;

    if (!ah_cookie_date_read(ah_str_from(text), &seconds))
        fail_msg("%s is no date", text);
    assert_int_equal(seconds, expected);
}

static void assert_no_date(const char *text)
{
    int64_t seconds;

    if (ah_cookie_date_read(ah_str_from(text), &seconds))
        fail_msg("%s is %lld", text, (long long)seconds);
}

static void dates_of_all_forms_are_read(void **state)
{
    (void)state;
    assert_date("Sun, 06 Nov 1994 08:49:37 GMT", 784111777);
    assert_date("Sunday, 06-Nov-94 08:49:37 GMT", 784111777);
    assert_date("Sun Nov  6 08:49:37 1994", 784111777);
    assert_date("Sun, 6 Nov 1994 8:49:37 +0000", 784111777);
    assert_date("1994 nov 6 8:49:37", 784111777);
}

static void days_are_counted_from_1970(void **state)
{
    (void)state;
    assert_date("Thu, 01 Jan 1970 00:00:00 GMT", 0);
    assert_date("31 Dec 1969 23:59:59", -1);
    assert_date("1 Jan 1601 00:00:00", INT64_C(-11644473600));
    assert_date("29 Feb 2000 00:00:00", 951782400);
    assert_date("1 Mar 2000 00:00:00", 951868800);
    assert_date("28 Feb 2100 23:59:59", INT64_C(4107542399));
    assert_date("1 Mar 2100 00:00:00", INT64_C(4107542400));
    assert_date("31 Dec 9999 23:59:59", INT64_C(253402300799));
}

static void years_of_two_digits_lie_between_1970_and_2069(void **state)
{
    (void)state;
    assert_date("1 Jan 70 00:00:00", 0);
    assert_date("1 Jan 69 00:00:00", INT64_C(3124224000));
    assert_date("1 Jan 00 00:00:00", 946684800);
    assert_date("1 Jan 99 00:00:00", 915148800);
}

static void what_is_no_date_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "1 Jan 2000",
        "1 2000 00:00:00",
        "Jan 2000 00:00:00",
        "1 Jan 00:00:00",
        "0 Jan 2000 00:00:00",
        "32 Jan 2000 00:00:00",
        "31 Apr 2000 00:00:00",
        "29 Feb 2001 00:00:00",
        "29 Feb 1900 00:00:00",
        "1 Jan 1600 00:00:00",
        "1 Jan 20000 00:00:00",
        "1 Jan 2000 24:00:00",
        "1 Jan 2000 00:60:00",
        "1 Jan 2000 00:00:60",
        "1 Jan 2000 00:00",
        "1 Jan 2000 000:00:00",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_no_date(texts[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_of_all_forms_are_read),
        cmocka_unit_test(days_are_counted_from_1970),
        cmocka_unit_test(years_of_two_digits_lie_between_1970_and_2069),
        cmocka_unit_test(what_is_no_date_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
