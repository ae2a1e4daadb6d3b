/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "base/error.h"
#include "loop/loop.h"
#include "pool/opening_watch.h"
#include <ahttp/base.h>

static int64_t fired_at; /* -1: not yet */
static ahttp_loop *the_loop;

static void note_fire(ah_timer *timer)
{
    (void)timer;
    fired_at = ahttp_loop_now(the_loop);
}

static ah_opening_watch begin(void)
{
    fired_at = -1;
    return (ah_opening_watch){.timer.fire = note_fire,
                              .limits = {.dns_ms = 100, .connect_ms = 200, .tls_ms = AHTTP_NEVER}};
}

/* After how many ms from now the timer fires; -1: never. */
static int64_t fires_after(void)
{
    int64_t now = ahttp_loop_now(the_loop);

    ahttp_loop_run(the_loop);
    return fired_at < 0 ? -1 : fired_at - now;
}

static void each_stage_has_its_limit_from_its_beginning_on(void **state)
{
    (void)state;
    ah_opening_watch watch = begin();

    ah_opening_watch_enter(&watch, the_loop, AH_OPENING_RESOLVING);
    ahttp_loop_advance(the_loop, 99);
    ah_opening_watch_enter(&watch, the_loop, AH_OPENING_DIALLING);

    assert_int_equal(fires_after(), 200);
}

static void a_stage_may_take_any_time(void **state)
{
    (void)state;
    ah_opening_watch watch = begin();

    ah_opening_watch_enter(&watch, the_loop, AH_OPENING_RESOLVING);
    ah_opening_watch_enter(&watch, the_loop, AH_OPENING_SECURING);

    assert_int_equal(fires_after(), -1);
}

static void new_limits_begin_anew(void **state)
{
    (void)state;
    const ahttp_timeout shorter = {.dns_ms = 70};
    ah_opening_watch watch = begin();
    ah_opening_watch_enter(&watch, the_loop, AH_OPENING_RESOLVING);
    ahttp_loop_advance(the_loop, 60);

    ah_opening_watch_limit(&watch, the_loop, &shorter);

    assert_int_equal(fires_after(), 70);
}

static void a_watch_that_was_stopped_does_not_fire(void **state)
{
    (void)state;
    ah_opening_watch watch = begin();
    ah_opening_watch_enter(&watch, the_loop, AH_OPENING_RESOLVING);

    ah_opening_watch_stop(&watch, the_loop);

    assert_int_equal(fires_after(), -1);
}

static void the_error_says_what_took_too_long(void **state)
{
    (void)state;
    ah_opening_watch watch = begin();
    ah_opening_watch_enter(&watch, the_loop, AH_OPENING_RESOLVING);
    assert_int_equal(fires_after(), 100);

    ahttp_error *error = ah_opening_watch_error(&watch, the_loop, "example.com:80", NULL);

    assert_int_equal(error->code, AHTTP_E_DNS_TIMEOUT);
    assert_string_equal(error->message,
                        "resolve example.com:80: timed out after 100 ms (dns_ms is 100)");
    ah_error_free(error);
}

static int open_loop(void **state)
{
    *state = the_loop = ahttp_loop_new(.virtual_clock = true);
    return *state ? 0 : -1;
}

static int close_loop(void **state)
{
    return ahttp_loop_close(*state);
}

#define WITH_LOOP(test) cmocka_unit_test_setup_teardown(test, open_loop, close_loop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LOOP(each_stage_has_its_limit_from_its_beginning_on),
        WITH_LOOP(a_stage_may_take_any_time),
        WITH_LOOP(new_limits_begin_anew),
        WITH_LOOP(a_watch_that_was_stopped_does_not_fire),
        WITH_LOOP(the_error_says_what_took_too_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
