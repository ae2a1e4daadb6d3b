/* SPDX-License-Identifier: MIT */
/* Dates as people and servers write them, for -z, -R and Retry-After. */
#include "support/check.h"

#include "date.h"
#include <string.h>

static void dates_are_read_in_many_forms(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } rows[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},  /* RFC 9110 */
        {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777}, /* RFC 850 */
        {"Sun Nov  6 08:49:37 1994", 784111777},       /* asctime */
        {"06 Nov 1994 08:49:37 GMT", 784111777},
        {"6 Nov 1994 08:49:37", 784111777},
        {"Nov 6 1994 08:49:37", 784111777},
        {"1994 Nov 6 08:49:37", 784111777},
        {"06-Nov-1994 08:49:37 GMT", 784111777},
        {"Sun, 06 Nov 1994 09:49:37 +0100", 784111777},
        {"Sun, 06 Nov 1994 03:49:37 -0500", 784111777},
        {"Sun, 06 Nov 1994 03:49:37 EST", 784111777},
        {"06 Nov 1994", 784080000},
        {"1994-11-06", 784080000},
        {"19941106", 784080000},
        {"1970-01-01", 0},
        {"Thu, 01 Jan 1970 00:00:01 GMT", 1},
        {"29 Feb 2000 12:00:00 GMT", 951825600},
        {"Tue, 19 Jan 2038 03:14:08 GMT", 2147483648LL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t seconds = -1;
        if (!date_read(rows[i].text, &seconds) || seconds != rows[i].seconds)
            fail_msg("%s: %lld, not %lld", rows[i].text, (long long)seconds,
                     (long long)rows[i].seconds);
    }
}

static void what_is_no_date_is_refused(void **state)
{
    static const char *const rows[] = {"",          "yesterday",   "Nov",
                                       "06 Nov",    "32 Nov 1994", "06 Nov 1994 25:00:00",
                                       "notes.txt", "12:00:00"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t seconds;
        if (date_read(rows[i], &seconds))
            fail_msg("\"%s\" is %lld", rows[i], (long long)seconds);
    }
}

static void dates_are_written_as_http_has_them(void **state)
{
    char date[DATE_SIZE];

    (void)state;
    date_write(784111777, date);
    assert_string_equal(date, "Sun, 06 Nov 1994 08:49:37 GMT");
    date_write(0, date);
    assert_string_equal(date, "Thu, 01 Jan 1970 00:00:00 GMT");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_are_read_in_many_forms),
        cmocka_unit_test(what_is_no_date_is_refused),
        cmocka_unit_test(dates_are_written_as_http_has_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
