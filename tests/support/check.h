/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_CHECK_H
#define TESTS_SUPPORT_CHECK_H
/* What every test includes: cmocka in the order it wants, and a few words on top of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What fail_msg and skip end in never returns, which cmocka does not say. */
_Noreturn void _fail(const char *file, int line);
_Noreturn void _skip(const char *file, int line);

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* For ah_str against a literal or a C string. */
#define assert_str(actual, expected)                                                               \
    do {                                                                                           \
        ah_str actual_ = (actual);                                                                 \
        ah_str expected_ = ah_str_from(expected);                                                  \
        if (!ah_str_equal(actual_, expected_))                                                     \
            fail_msg("\"%.*s\" is not \"%s\"", (int)actual_.len, actual_.ptr ? actual_.ptr : "",   \
                     expected_.ptr);                                                               \
    } while (0)

#endif
