/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "base/options.h"

typedef struct options {
    size_t size;
    int64_t limit_ms;
    const char *name;
} options;

typedef struct older_options {
    size_t size;
    int64_t limit_ms;
} older_options;

typedef struct newer_options {
    options options;
    int64_t unknown;
} newer_options;

static options dirty(void)
{
    return (options){99, 99, "dirty"};
}

static void no_options_are_the_defaults(void **state)
{
    (void)state;
    options loaded = dirty();

    assert_true(ah_options_load(&loaded, sizeof loaded, NULL));

    assert_int_equal(loaded.size, sizeof loaded);
    assert_int_equal(loaded.limit_ms, 0);
    assert_null(loaded.name);
}

static void options_of_the_same_age_are_copied(void **state)
{
    (void)state;
    options given = {sizeof given, 5, "n"};
    options loaded = dirty();

    assert_true(ah_options_load(&loaded, sizeof loaded, &given));

    assert_memory_equal(&loaded, &given, sizeof given);
}

static void what_an_older_program_does_not_know_is_default(void **state)
{
    (void)state;
    older_options given = {sizeof given, 5};
    options loaded = dirty();

    assert_true(ah_options_load(&loaded, sizeof loaded, &given));

    assert_int_equal(loaded.size, sizeof loaded);
    assert_int_equal(loaded.limit_ms, 5);
    assert_null(loaded.name);
}

static void a_newer_program_may_not_set_what_is_unknown_here(void **state)
{
    (void)state;
    newer_options given = {{sizeof given, 5, "n"}, 0};
    options loaded = dirty();

    assert_true(ah_options_load(&loaded, sizeof loaded, &given));
    assert_int_equal(loaded.size, sizeof loaded);
    assert_string_equal(loaded.name, "n");

    given.unknown = 1;
    assert_false(ah_options_load(&loaded, sizeof loaded, &given));
}

static void a_size_that_was_not_set_is_refused(void **state)
{
    (void)state;
    options given = {0, 5, "n"};
    options loaded = dirty();

    assert_false(ah_options_load(&loaded, sizeof loaded, &given));
    given.size = sizeof(size_t) - 1;
    assert_false(ah_options_load(&loaded, sizeof loaded, &given));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_options_are_the_defaults),
        cmocka_unit_test(options_of_the_same_age_are_copied),
        cmocka_unit_test(what_an_older_program_does_not_know_is_default),
        cmocka_unit_test(a_newer_program_may_not_set_what_is_unknown_here),
        cmocka_unit_test(a_size_that_was_not_set_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
