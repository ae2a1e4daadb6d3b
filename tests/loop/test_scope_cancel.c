/* SPDX-License-Identifier: MIT */
/* Whose cancel it was: time limits, cancels from elsewhere, and limits within limits. */
#include "support/check.h"
#include <ahttp/group.h>
#include <string.h>

static ahttp_loop *the_loop;
static ahttp_future *the_task;

static int open_loop(void **state)
{
    *state = the_loop = ahttp_loop_new(.virtual_clock = true);
    return the_loop ? 0 : -1;
}

static int close_loop(void **state)
{
    return ahttp_loop_close(*state);
}

static void cancel_the_task(void *ctx)
{
    (void)ctx;
    ahttp_future_cancel(the_task);
}

static void cancel_at(int64_t delay_ms)
{
    ahttp_loop_call(the_loop, delay_ms, cancel_the_task, NULL);
}

/* Runs fn as a task to its end; the checks are in the task itself. */
static void run(ahttp_task_fn *fn)
{
    the_task = ahttp_spawn(fn, NULL);
    assert_int_equal(ahttp_await_status(the_task), 0);
}

static int nap(int64_t ms)
{
    return ahttp_await_status(ahttp_sleep(ms));
}

/* ---- Cancels from elsewhere ---- */

static void *be_cancelled(void *arg)
{
    ahttp_scope *scope = ahttp_scope_begin(100);

    int rc = ahttp_scope_end(scope, nap(1000));

    assert_int_equal(rc, AHTTP_E_CANCELLED);
    assert_int_equal(ahttp_task_error()->code, AHTTP_E_CANCELLED);
    return arg;
}

static void a_cancel_from_outside_stays_one(void **state)
{
    cancel_at(50);

    run(be_cancelled);

    assert_int_equal(ahttp_loop_now(*state), 50);
}

static void a_cancel_at_the_time_of_the_expiry_stays_one(void **state)
{
    cancel_at(100);

    run(be_cancelled);

    assert_int_equal(ahttp_loop_now(*state), 100);
}

/* Work that cleans up for 30 ms when it is cancelled. */
static void *clean_up(void *arg)
{
    nap(1000);
    nap(30);
    (void)arg;
    return ahttp_fail(AHTTP_E_CANCELLED, "cleaned up");
}

static void *be_cancelled_while_expiring(void *arg)
{
    ahttp_scope *scope = ahttp_scope_begin(100);
    int rc = ahttp_await_status(ahttp_spawn(clean_up, NULL));

    assert_int_equal(ahttp_scope_end(scope, rc), AHTTP_E_CANCELLED);
    assert_int_equal(nap(10), 0);
    return arg;
}

static void a_cancel_after_the_expiry_is_not_lost(void **state)
{
    cancel_at(110);

    run(be_cancelled_while_expiring);

    assert_int_equal(ahttp_loop_now(*state), 120);
}

static void *swallow_then_expire(void *arg)
{
    assert_int_equal(nap(1000), AHTTP_E_CANCELLED);
    ahttp_scope *scope = ahttp_scope_begin(100);

    assert_int_equal(ahttp_scope_end(scope, nap(1000)), AHTTP_E_TIMEOUT);
    return arg;
}

static void a_cancel_from_before_the_scope_does_not_count(void **state)
{
    (void)state;
    cancel_at(10);

    run(swallow_then_expire);
}

static void *cancel_self_at_the_end(void *arg)
{
    ahttp_scope *scope = ahttp_scope_begin(100);
    int rc = nap(1000);
    ahttp_future_cancel(the_task);

    assert_int_equal(ahttp_scope_end(scope, rc), AHTTP_E_CANCELLED);
    assert_int_equal(nap(10), AHTTP_E_CANCELLED);
    return arg;
}

static void a_cancel_that_met_no_await_in_the_scope_comes_after_it(void **state)
{
    (void)state;

    run(cancel_self_at_the_end);
}

/* ---- Nesting ---- */

static int64_t outer_ms, inner_ms;
static char outcome[64];

static const char *word(int rc)
{
    return rc == AHTTP_E_TIMEOUT ? "timeout " : rc == AHTTP_E_CANCELLED ? "cancel " : "fine ";
}

static void *nest(void *arg)
{
    outcome[0] = '\0';
    ahttp_scope *outer = ahttp_scope_begin(outer_ms);
    ahttp_scope *inner = ahttp_scope_begin(inner_ms);

    int rc =
        ahttp_scope_end(inner, arg ? ahttp_await_status(ahttp_spawn(clean_up, NULL)) : nap(200));
    strcat(outcome, word(rc));
    strcat(outcome, word(ahttp_scope_end(outer, rc)));
    assert_int_equal(nap(10), 0);
    return NULL;
}

static const char *nested(int64_t outer, int64_t inner, void *slow)
{
    outer_ms = outer;
    inner_ms = inner;
    assert_int_equal(ahttp_await_status(ahttp_spawn(nest, slow)), 0);
    return outcome;
}

static void the_scope_that_expired_says_so(void **state)
{
    (void)state;

    assert_string_equal(nested(100, 50, NULL), "timeout timeout ");
    assert_string_equal(nested(50, 100, NULL), "cancel timeout ");
    assert_string_equal(nested(500, 500, NULL), "fine fine ");
}

static void when_both_expire_the_outer_one_says_so(void **state)
{
    (void)state;

    assert_string_equal(nested(50, 50, NULL), "cancel timeout ");
    assert_string_equal(nested(50, 60, ""), "cancel timeout ");
    assert_string_equal(nested(60, 50, ""), "cancel timeout ");
}

static void *retry_inside(void *arg)
{
    ahttp_scope *outer = ahttp_scope_begin(100);
    int rc, tries = 0;

    do {
        ahttp_scope *inner = ahttp_scope_begin(30);
        rc = ahttp_scope_end(inner, nap(1000));
        tries++;
    } while (rc == AHTTP_E_TIMEOUT);

    assert_int_equal(tries, 4);
    assert_int_equal(rc, AHTTP_E_CANCELLED);
    assert_int_equal(ahttp_scope_end(outer, rc), AHTTP_E_TIMEOUT);
    return arg;
}

static void an_inner_scope_may_be_tried_again_and_again(void **state)
{
    (void)state;

    run(retry_inside);
}

static void *limit_the_clean_up(void *arg)
{
    ahttp_scope *outer = ahttp_scope_begin(50);
    int rc = nap(1000);
    ahttp_scope *inner = ahttp_scope_begin(10);

    assert_int_equal(ahttp_scope_end(inner, nap(1000)), AHTTP_E_TIMEOUT);

    assert_int_equal(ahttp_scope_end(outer, rc), AHTTP_E_TIMEOUT);
    assert_int_equal(ahttp_loop_now(the_loop), 60);
    return arg;
}

static void cleaning_up_after_an_expiry_may_have_a_limit(void **state)
{
    (void)state;

    run(limit_the_clean_up);
}

#define WITH_LOOP(test) cmocka_unit_test_setup_teardown(test, open_loop, close_loop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LOOP(a_cancel_from_outside_stays_one),
        WITH_LOOP(a_cancel_at_the_time_of_the_expiry_stays_one),
        WITH_LOOP(a_cancel_after_the_expiry_is_not_lost),
        WITH_LOOP(a_cancel_from_before_the_scope_does_not_count),
        WITH_LOOP(a_cancel_that_met_no_await_in_the_scope_comes_after_it),
        WITH_LOOP(the_scope_that_expired_says_so),
        WITH_LOOP(when_both_expire_the_outer_one_says_so),
        WITH_LOOP(an_inner_scope_may_be_tried_again_and_again),
        WITH_LOOP(cleaning_up_after_an_expiry_may_have_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
