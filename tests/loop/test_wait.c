/* SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "loop/future.h"
#include "support/check.h"
#include "support/failing_alloc.h"
#include "support/misuse.h"
#include <ahttp/task.h>
#include <ahttp/wait.h>

enum { COUNT = 3 };

static ahttp_loop *the_loop;
static ahttp_promise *promises[COUNT];
static ahttp_future *futures[COUNT];

static int open_loop(void **state)
{
    *state = the_loop = ahttp_loop_new(.virtual_clock = true);
    if (!the_loop)
        return -1;
    for (int i = 0; i < COUNT; i++)
        futures[i] = ahttp_promise_new(&promises[i], NULL, NULL);
    return 0;
}

static void resolve(int i)
{
    ahttp_promise_resolve(promises[i], NULL, NULL);
    promises[i] = NULL;
}

static void reject(int i, int code)
{
    ahttp_promise_reject(promises[i], code, "made to fail");
    promises[i] = NULL;
}

static int close_loop(void **state)
{
    for (int i = 0; i < COUNT; i++) {
        if (promises[i])
            resolve(i);
        if (futures[i])
            ahttp_drop(futures[i]);
    }
    return ahttp_loop_close(*state);
}

/* Runs what is to be done now, but lets no time pass. */
static void run_ready(void)
{
    ahttp_await(ahttp_sleep(0));
}

static void resolve_by_ctx(void *ctx)
{
    resolve((int)(intptr_t)ctx);
}

static void resolve_at(int i, int64_t delay_ms)
{
    ahttp_loop_call(the_loop, delay_ms, resolve_by_ctx, (void *)(intptr_t)i);
}

/* ---- Until when ---- */

static void all_done_waits_for_the_last(void **state)
{
    ahttp_future *wait = ahttp_wait(COUNT, futures, AHTTP_ALL_DONE, AHTTP_NEVER);
    resolve_at(0, 30);
    resolve_at(1, 10);
    resolve_at(2, 20);

    assert_int_equal(ahttp_await_status(wait), 0);

    assert_int_equal(ahttp_loop_now(*state), 30);
}

static void first_done_ends_with_the_first(void **state)
{
    ahttp_future *wait = ahttp_wait(COUNT, futures, AHTTP_FIRST_DONE, AHTTP_NEVER);
    resolve_at(2, 10);

    assert_int_equal(ahttp_await_status(wait), 0);

    assert_int_equal(ahttp_loop_now(*state), 10);
    assert_true(ahttp_future_done(futures[2]));
    assert_false(ahttp_future_done(futures[0]));
}

static void an_error_is_no_failure_of_the_wait(void **state)
{
    (void)state;
    ahttp_future *wait = ahttp_wait(COUNT, futures, AHTTP_FIRST_DONE, AHTTP_NEVER);
    reject(1, AHTTP_E_STATE);

    assert_int_equal(ahttp_await_status(wait), 0);

    assert_int_equal(ahttp_future_error(futures[1])->code, AHTTP_E_STATE);
}

static void first_error_ends_with_an_error_but_not_with_a_cancel(void **state)
{
    (void)state;
    ahttp_future *wait = ahttp_wait(COUNT, futures, AHTTP_FIRST_ERROR, AHTTP_NEVER);

    resolve(0);
    ahttp_future_cancel(futures[1]);
    run_ready();
    assert_false(ahttp_future_done(wait));
    reject(2, AHTTP_E_STATE);
    run_ready();

    assert_true(ahttp_future_done(wait));
    assert_int_equal(ahttp_await_status(wait), 0);
}

static void first_error_without_one_ends_with_the_last(void **state)
{
    (void)state;
    ahttp_future *wait = ahttp_wait(COUNT, futures, AHTTP_FIRST_ERROR, AHTTP_NEVER);

    resolve(0);
    ahttp_future_cancel(futures[1]);
    resolve(2);

    assert_int_equal(ahttp_await_status(wait), 0);
}

static void what_is_done_at_the_call_counts(void **state)
{
    (void)state;
    resolve(0);
    reject(1, AHTTP_E_STATE);

    ahttp_future *first_done = ahttp_wait(COUNT, futures, AHTTP_FIRST_DONE, AHTTP_NEVER);
    ahttp_future *first_error = ahttp_wait(COUNT, futures, AHTTP_FIRST_ERROR, AHTTP_NEVER);
    ahttp_future *all = ahttp_wait(2, futures, AHTTP_ALL_DONE, AHTTP_NEVER);
    ahttp_future *more = ahttp_wait(COUNT, futures, AHTTP_ALL_DONE, AHTTP_NEVER);

    assert_true(ahttp_future_done(first_done));
    assert_true(ahttp_future_done(first_error));
    assert_true(ahttp_future_done(all));
    assert_false(ahttp_future_done(more));
    resolve(2);
    assert_int_equal(ahttp_await_status(more), 0);
    ahttp_drop(first_done);
    ahttp_drop(first_error);
    ahttp_drop(all);
}

static void one_future_may_stand_there_twice(void **state)
{
    (void)state;
    ahttp_future *same[] = {futures[0], futures[0]};
    ahttp_future *wait = ahttp_wait(2, same, AHTTP_ALL_DONE, AHTTP_NEVER);

    resolve(0);

    assert_int_equal(ahttp_await_status(wait), 0);
}

static void several_waits_may_look_at_the_same_futures(void **state)
{
    (void)state;
    ahttp_future *waits[] = {ahttp_wait(COUNT, futures, AHTTP_FIRST_DONE, AHTTP_NEVER),
                             ahttp_wait(COUNT, futures, AHTTP_FIRST_DONE, AHTTP_NEVER)};

    resolve(1);

    assert_int_equal(ahttp_await_status(ahttp_gather(2, waits, NULL)), 0);
}

static void waiting_for_none_is_an_error(void **state)
{
    (void)state;

    assert_int_equal(ahttp_await_status(ahttp_wait(0, NULL, AHTTP_ALL_DONE, AHTTP_NEVER)),
                     AHTTP_E_ARGUMENT);
}

/* ---- Limit and cancel ---- */

static void the_limit_neither_fails_nor_cancels(void **state)
{
    resolve_at(1, 10);

    assert_int_equal(ahttp_await_status(ahttp_wait(COUNT, futures, AHTTP_ALL_DONE, 50)), 0);

    assert_int_equal(ahttp_loop_now(*state), 50);
    assert_true(ahttp_future_done(futures[1]));
    assert_false(ahttp_future_done(futures[0]));
}

static void a_wait_that_ended_early_leaves_no_timer(void **state)
{
    resolve_at(1, 10);
    assert_int_equal(ahttp_await_status(ahttp_wait(COUNT, futures, AHTTP_FIRST_DONE, 5000)), 0);

    ahttp_loop_run(*state);

    assert_int_equal(ahttp_loop_now(*state), 10);
}

static void a_limit_of_0_only_looks(void **state)
{
    resolve(0);

    ahttp_future *wait = ahttp_wait(COUNT, futures, AHTTP_ALL_DONE, 0);

    assert_true(ahttp_future_done(wait));
    assert_int_equal(ahttp_await_status(wait), 0);
    assert_int_equal(ahttp_loop_now(*state), 0);
}

static void cancelling_leaves_the_futures_alone(void **state)
{
    (void)state;
    ahttp_future *wait = ahttp_wait(COUNT, futures, AHTTP_ALL_DONE, 50);

    ahttp_future_cancel(wait);

    assert_int_equal(ahttp_await_status(wait), AHTTP_E_CANCELLED);
    for (int i = 0; i < COUNT; i++)
        assert_false(ahttp_future_done(futures[i]));
    resolve(0);
    assert_int_equal(ahttp_await_status(futures[0]), 0);
    futures[0] = NULL;
}

static void a_dropped_wait_goes_on_unheard(void **state)
{
    (void)state;
    ahttp_drop(ahttp_wait(COUNT, futures, AHTTP_FIRST_DONE, 50));

    resolve(0);
    run_ready();

    assert_true(ahttp_future_done(futures[0]));
}

static void wait_for_one_handed_in(void)
{
    ahttp_drop(futures[0]);
    ahttp_drop(ahttp_wait(COUNT, futures, AHTTP_ALL_DONE, AHTTP_NEVER));
}

static void futures_that_were_handed_in_are_refused(void **state)
{
    (void)state;

    assert_misuse(wait_for_one_handed_in, "wait first, hand in later");
}

/* ---- Memory ---- */

static void wait_in_little_memory(void *ctx)
{
    (void)ctx;
    ahttp_loop *loop = ahttp_loop_new(.virtual_clock = true);
    if (!loop)
        return;
    ahttp_future *pair[] = {ahttp_sleep(10), ahttp_sleep(20)};

    int rc = ahttp_await_status(ahttp_wait(2, pair, AHTTP_ALL_DONE, AHTTP_NEVER));
    assert_true(rc == 0 || rc == AHTTP_E_NO_MEMORY);
    for (int i = 0; i < 2; i++) {
        rc = ahttp_await_status(pair[i]);
        assert_true(rc == 0 || rc == AHTTP_E_NO_MEMORY);
    }

    ahttp_loop_close(loop);
}

static void out_of_memory_arrives_and_the_futures_stay(void **state)
{
    (void)state;

    for_each_allocation(wait_in_little_memory, NULL);
}

/* ---- ahttp_done_first ---- */

static void done_ones_move_to_the_front(void **state)
{
    (void)state;
    ahttp_future *moved[COUNT] = {futures[0], futures[1], futures[2]};
    resolve(1);
    reject(2, AHTTP_E_STATE);

    assert_int_equal(ahttp_done_first(COUNT, moved), 2);

    assert_ptr_equal(moved[0], futures[1]);
    assert_ptr_equal(moved[1], futures[2]);
    assert_ptr_equal(moved[2], futures[0]);
    assert_int_equal(ahttp_done_first(0, NULL), 0);
}

static void both_parts_keep_their_order(void **state)
{
    (void)state;
    enum { MANY = 9 };
    ahttp_future all[MANY] = {0};
    ahttp_future *moved[MANY];

    for (unsigned pattern = 0; pattern < 1u << MANY; pattern++) {
        size_t expected = 0;
        for (size_t i = 0; i < MANY; i++) {
            all[i].done = pattern >> i & 1;
            expected += all[i].done;
            moved[i] = &all[i];
        }

        assert_int_equal(ahttp_done_first(MANY, moved), expected);

        for (size_t i = 0; i < MANY; i++) {
            assert_int_equal(moved[i]->done, i < expected);
            assert_true(i == 0 || i == expected || moved[i - 1] < moved[i]);
        }
    }
}

#define WITH_LOOP(test) cmocka_unit_test_setup_teardown(test, open_loop, close_loop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LOOP(all_done_waits_for_the_last),
        WITH_LOOP(first_done_ends_with_the_first),
        WITH_LOOP(an_error_is_no_failure_of_the_wait),
        WITH_LOOP(first_error_ends_with_an_error_but_not_with_a_cancel),
        WITH_LOOP(first_error_without_one_ends_with_the_last),
        WITH_LOOP(what_is_done_at_the_call_counts),
        WITH_LOOP(one_future_may_stand_there_twice),
        WITH_LOOP(several_waits_may_look_at_the_same_futures),
        WITH_LOOP(waiting_for_none_is_an_error),
        WITH_LOOP(the_limit_neither_fails_nor_cancels),
        WITH_LOOP(a_wait_that_ended_early_leaves_no_timer),
        WITH_LOOP(a_limit_of_0_only_looks),
        WITH_LOOP(cancelling_leaves_the_futures_alone),
        WITH_LOOP(a_dropped_wait_goes_on_unheard),
        WITH_LOOP(futures_that_were_handed_in_are_refused),
        cmocka_unit_test(out_of_memory_arrives_and_the_futures_stay),
        WITH_LOOP(done_ones_move_to_the_front),
        cmocka_unit_test(both_parts_keep_their_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
