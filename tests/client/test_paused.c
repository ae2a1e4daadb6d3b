/* SPDX-License-Identifier: MIT */
/* A body that nobody reads costs nothing while it waits.  The only test that waits in real time,
   for it is about that. */
#include "fixture.h"

#include "support/large.h"
#include <time.h>

enum { PAUSE_MS = 2000 };

static int64_t cpu_us(void)
{
    struct timespec used;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (int64_t)used.tv_sec * 1000000 + used.tv_nsec / 1000;
}

static void a_paused_transfer_uses_no_cpu_and_keeps_its_deadline(void **state)
{
    (void)state;
    fixture f = start(NULL, false);
    ahttp_response *response =
        response_of(ahttp_get(f.session, server_url(f.server, "/bytes/100000000"),
                              .timeout = {.total_ms = PAUSE_MS, .read_ms = PAUSE_MS / 3}));
    run_until(&f, SERVER_BLOCKED, 1);
    assert_int_equal(ahttp_await_status(ahttp_sleep(100)), 0);

    int64_t before_us = cpu_us();
    assert_int_equal(ahttp_await_status(ahttp_sleep(PAUSE_MS)), 0);
    int64_t used_us = cpu_us() - before_us;

    print_message("%lld us of CPU in %d ms\n", (long long)used_us, PAUSE_MS);
    assert_true(used_us < idle_cpu_allowed_us(PAUSE_MS));
    assert_fails(ahttp_response_read(response), AHTTP_E_TOTAL_TIMEOUT, "while reading the body");
    ahttp_response_unref(response);
    finish(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_paused_transfer_uses_no_cpu_and_keeps_its_deadline),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
