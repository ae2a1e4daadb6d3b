/* SPDX-License-Identifier: MIT */
/* Why there is no retry or throttle, where the function that makes one gives NULL. */
#include "support/told.h"

#include <ahttp.h>
#include <ahttp/retry.h>
#include <ahttp/throttle.h>

static void a_size_that_is_not_set_is_told(void **state)
{
    (void)state;
    ahttp_loop *loop = ahttp_loop_new();
    ahttp_loop_set_log(loop, AHTTP_LOG_WARNING, note_line, NULL);

    assert_not_made(ahttp_retry_create(&(ahttp_retry_options){.attempts = 1}),
                    "warning|retry|create: options: their size is not set, which the macros do, or "
                    "they ask for what this library does not know\n");
    assert_not_made(ahttp_throttle_create(&(ahttp_throttle_options){.requests = 1}),
                    "warning|throttle|create: options: their size is not set, which the macros do, "
                    "or they ask for what this library does not know\n");

    assert_int_equal(ahttp_loop_close(loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_size_that_is_not_set_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
