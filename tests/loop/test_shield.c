/* SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "loop/future.h"
#include "support/check.h"
#include "support/failing_alloc.h"
#include <ahttp/task.h>
#include <ahttp/wait.h>

static ahttp_loop *the_loop;
static ahttp_promise *promise;
static ahttp_future *work;
static int cancels;
static int freed;

static void note_cancel(void *ctx)
{
    (void)ctx;
    cancels++;
}

static void note_free(void *result)
{
    (void)result;
    freed++;
}

static int open_loop(void **state)
{
    cancels = freed = 0;
    *state = the_loop = ahttp_loop_new(.virtual_clock = true);
    if (!the_loop)
        return -1;
    work = ahttp_promise_new(&promise, note_cancel, NULL);
    return 0;
}

static int close_loop(void **state)
{
    return ahttp_loop_close(*state);
}

static void run_ready(void)
{
    ahttp_await(ahttp_sleep(0));
}

static void a_shield_has_the_result_of_the_work(void **state)
{
    (void)state;
    ahttp_future *shield = ahttp_shield(work);

    ahttp_promise_resolve(promise, &freed, note_free);

    assert_ptr_equal(ahttp_await(shield), &freed);
    assert_int_equal(freed, 0);
}

static void a_shield_has_the_error_of_the_work(void **state)
{
    (void)state;
    ahttp_future *shield = ahttp_shield(work);

    ahttp_promise_reject(promise, AHTTP_E_STATE, "no luck");

    assert_int_equal(ahttp_await_status(shield), AHTTP_E_STATE);
    assert_string_equal(ahttp_task_error()->message, "no luck");
}

static void cancelling_the_shield_leaves_the_work_alone(void **state)
{
    (void)state;
    ahttp_future *shield = ahttp_shield(work);

    ahttp_future_cancel(shield);
    assert_int_equal(ahttp_await_status(shield), AHTTP_E_CANCELLED);
    run_ready();

    assert_int_equal(cancels, 0);
    assert_int_equal(freed, 0);
    ahttp_promise_resolve(promise, &freed, note_free);
    assert_int_equal(freed, 1);
}

static void cancelled_work_cancels_the_shield(void **state)
{
    (void)state;
    ahttp_future *shield = ahttp_shield(work);

    ahttp_promise_reject(promise, AHTTP_E_CANCELLED, "work: cancelled");

    assert_int_equal(ahttp_await_status(shield), AHTTP_E_CANCELLED);
}

static void a_limit_around_the_shield_leaves_the_work_alone(void **state)
{
    assert_int_equal(ahttp_await_status(ahttp_within(10, ahttp_shield(work))), AHTTP_E_TIMEOUT);

    assert_int_equal(ahttp_loop_now(*state), 10);
    assert_int_equal(cancels, 0);
    ahttp_promise_resolve(promise, NULL, NULL);
}

static void a_cancel_does_not_take_away_a_result_that_is_there(void **state)
{
    (void)state;
    ahttp_future *shield = ahttp_shield(work);

    ahttp_promise_resolve(promise, &freed, note_free);
    ahttp_future_cancel(shield);

    assert_ptr_equal(ahttp_await(shield), &freed);
}

static void work_that_is_done_needs_no_shield(void **state)
{
    (void)state;
    ahttp_promise_resolve(promise, &freed, note_free);

    ahttp_future *shield = ahttp_shield(work);

    assert_true(ahttp_future_done(shield));
    assert_ptr_equal(ahttp_await(shield), &freed);
}

static void a_dropped_shield_frees_the_result(void **state)
{
    (void)state;
    ahttp_drop(ahttp_shield(work));

    ahttp_promise_resolve(promise, &freed, note_free);
    run_ready();

    assert_int_equal(freed, 1);
}

/* ---- What comes with a result ---- */

static int unclaimed;

static void note_unclaimed(ahttp_future *future)
{
    unclaimed += !future->claimed;
}

static ahttp_future *grant(void)
{
    ahttp_future *future = ah_future_new(the_loop);

    assert_non_null(future);
    future->ended = note_unclaimed;
    unclaimed = 0;
    return future;
}

static void what_was_granted_to_a_cancelled_shield_goes_back(void **state)
{
    (void)state;
    ahttp_future *permit = grant();
    ahttp_future *shield = ahttp_shield(permit);
    ahttp_future_cancel(shield);
    ahttp_drop(shield);

    ah_future_resolve(permit, NULL, NULL);

    assert_int_equal(unclaimed, 1);
    ahttp_promise_resolve(promise, NULL, NULL);
    ahttp_drop(work);
}

static void what_was_granted_through_a_shield_is_the_awaiters(void **state)
{
    (void)state;
    ahttp_future *permit = grant();
    ahttp_future *shield = ahttp_shield(permit);

    ah_future_resolve(permit, NULL, NULL);
    assert_int_equal(ahttp_await_status(shield), 0);

    assert_int_equal(unclaimed, 0);
    ahttp_promise_resolve(promise, NULL, NULL);
    ahttp_drop(work);
}

/* ---- Memory ---- */

static void shield_in_little_memory(void *ctx)
{
    (void)ctx;
    ahttp_loop *loop = ahttp_loop_new(.virtual_clock = true);
    if (!loop)
        return;

    int rc = ahttp_await_status(ahttp_within(20, ahttp_shield(ahttp_sleep(10))));
    assert_true(rc == 0 || rc == AHTTP_E_NO_MEMORY);
    rc = ahttp_await_status(ahttp_within(20, ahttp_shield(ahttp_sleep(30))));
    assert_true(rc == AHTTP_E_TIMEOUT || rc == AHTTP_E_NO_MEMORY);

    ahttp_loop_close(loop);
}

static void out_of_memory_arrives(void **state)
{
    (void)state;

    for_each_allocation(shield_in_little_memory, NULL);
}

#define WITH_LOOP(test) cmocka_unit_test_setup_teardown(test, open_loop, close_loop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LOOP(a_shield_has_the_result_of_the_work),
        WITH_LOOP(a_shield_has_the_error_of_the_work),
        WITH_LOOP(cancelling_the_shield_leaves_the_work_alone),
        WITH_LOOP(cancelled_work_cancels_the_shield),
        WITH_LOOP(a_limit_around_the_shield_leaves_the_work_alone),
        WITH_LOOP(a_cancel_does_not_take_away_a_result_that_is_there),
        WITH_LOOP(work_that_is_done_needs_no_shield),
        WITH_LOOP(a_dropped_shield_frees_the_result),
        WITH_LOOP(what_was_granted_to_a_cancelled_shield_goes_back),
        WITH_LOOP(what_was_granted_through_a_shield_is_the_awaiters),
        cmocka_unit_test(out_of_memory_arrives),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
