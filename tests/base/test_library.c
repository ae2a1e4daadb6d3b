/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "base/library.h"
#include <pthread.h>
#include <string.h>

/* zlib is there wherever libahttp is. */
#define FUNCTIONS(f) f(zlibVersion) f(crc32)
const char *zlibVersion(void);
unsigned long crc32(unsigned long crc, const unsigned char *bytes, unsigned len);

static struct {
    FUNCTIONS(AH_LIBRARY_MEMBER)
} lib;

static ah_library zlib(void)
{
    memset(&lib, 0, sizeof lib);
    return (ah_library){.soname = "libz.so.1",
                        .path = "/nowhere/libz.so.1",
                        .names = FUNCTIONS(AH_LIBRARY_NAME),
                        .table = &lib};
}

static void what_is_linked_with_is_there(void **state)
{
    (void)state;
    ah_library library = {.soname = NULL};

    assert_true(ah_library_is_there(&library));
    assert_null(ah_library_load(&library));
}

static void loading_fills_the_table(void **state)
{
    (void)state;
    ah_library library = zlib();

    assert_null(ah_library_load(&library));

    assert_int_equal(lib.zlibVersion()[0], '1');
    assert_int_equal(lib.crc32(0, (const unsigned char *)"123456789", 9), 0xcbf43926);
}

static void what_lies_elsewhere_than_when_built_is_found(void **state)
{
    (void)state;
    ah_library library = zlib();

    assert_true(ah_library_is_there(&library));

    assert_non_null(lib.zlibVersion);
}

static void what_lies_where_it_did_is_not_loaded_to_see_that(void **state)
{
    (void)state;
    ah_library library = zlib();
    library.path = "/";

    assert_true(ah_library_is_there(&library));

    assert_null(lib.zlibVersion);
}

static void what_is_missing_is_named_and_not_there(void **state)
{
    (void)state;
    ah_library library = zlib();
    library.soname = "libahttp-nothing.so.7";

    assert_false(ah_library_is_there(&library));
    const char *why = ah_library_load(&library);

    assert_non_null(strstr(why, "libahttp-nothing.so.7"));
    assert_ptr_equal(ah_library_load(&library), why);
}

static void a_library_without_one_of_the_functions_is_of_no_use(void **state)
{
    (void)state;
    ah_library library = zlib();
    library.names = "zlibVersion\0ahttp_nothing\0";

    const char *why = ah_library_load(&library);

    assert_non_null(strstr(why, "ahttp_nothing"));
    assert_false(ah_library_is_there(&library));
}

static void *load(void *ctx)
{
    return (void *)(uintptr_t)ah_library_load(ctx);
}

static void threads_may_load_it_together(void **state)
{
    (void)state;
    ah_library library = zlib();
    pthread_t threads[4];

    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, load, &library), 0);

    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        void *why;
        pthread_join(threads[i], &why);
        assert_null(why);
    }
    assert_int_equal(lib.zlibVersion()[0], '1');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_linked_with_is_there),
        cmocka_unit_test(loading_fills_the_table),
        cmocka_unit_test(what_lies_elsewhere_than_when_built_is_found),
        cmocka_unit_test(what_lies_where_it_did_is_not_loaded_to_see_that),
        cmocka_unit_test(what_is_missing_is_named_and_not_there),
        cmocka_unit_test(a_library_without_one_of_the_functions_is_of_no_use),
        cmocka_unit_test(threads_may_load_it_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
