/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "http/keep_alive.h"

static int64_t ms_of(const char *value)
{
    ah_arena arena = {0};
    ahttp_headers fields;

    ah_headers_init(&fields, &arena);
    if (value)
        ah_headers_add(&fields, AH_STR("keep-alive"), ah_str_from(value));
    int64_t ms = ah_keep_alive_ms(&fields);
    ah_arena_release(&arena);
    return ms;
}

static void a_second_less_than_the_server_says_is_used(void **state)
{
    (void)state;
    assert_int_equal(ms_of("timeout=5"), 4000);
    assert_int_equal(ms_of("timeout=5, max=1000"), 4000);
    assert_int_equal(ms_of("max=1000 ,\tTimeout = 2"), 1000);
    assert_int_equal(ms_of("timeout=99999999999999999"), INT64_C(999999999000));
}

static void a_second_and_less_is_not_long_enough(void **state)
{
    (void)state;
    assert_int_equal(ms_of("timeout=1"), AH_KEEP_ALIVE_NOT_AT_ALL);
    assert_int_equal(ms_of("timeout=0"), AH_KEEP_ALIVE_NOT_AT_ALL);
}

static void what_says_nothing_of_time_is_unknown(void **state)
{
    static const char *const values[] = {NULL,         "",           "max=5",       "timeout",
                                         "timeout=",   "timeout=-5", "timeout=1.5", "timeout=5s",
                                         "xtimeout=5", "300"};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(values); i++)
        assert_int_equal(ms_of(values[i]), AH_KEEP_ALIVE_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_less_than_the_server_says_is_used),
        cmocka_unit_test(a_second_and_less_is_not_long_enough),
        cmocka_unit_test(what_says_nothing_of_time_is_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
