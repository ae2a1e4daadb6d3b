/* SPDX-License-Identifier: MIT */
#include "loop/future.h"
#include "support/check.h"
#include "support/failing_alloc.h"
#include "support/misuse.h"
#include <ahttp/sync.h>
#include <ahttp/task.h>

static ahttp_loop *the_loop;
static ahttp_lock *lock;
static ahttp_condition *condition;

static void make_condition(void)
{
    lock = ahttp_lock_new();
    condition = lock ? ahttp_condition_new(lock) : NULL;
}

static void free_condition(void)
{
    ahttp_condition_free(condition);
    ahttp_lock_free(lock);
}

static int open_loop(void **state)
{
    *state = the_loop = ahttp_loop_new(.virtual_clock = true);
    make_condition();
    return condition ? 0 : -1;
}

static int close_loop(void **state)
{
    free_condition();
    return ahttp_loop_close(*state);
}

static void acquire(void)
{
    assert_int_equal(ahttp_await_status(ahttp_lock_acquire(lock)), 0);
}

/* One more that waits, as a task that acquires the lock and waits would. */
static ahttp_future *start_wait(void)
{
    acquire();
    return ahttp_condition_wait(condition);
}

static void notify(size_t count)
{
    acquire();
    ahttp_condition_notify(condition, count);
    ahttp_lock_release(lock);
}

/* The lock comes with it, and is given up. */
static int code_of(ahttp_future *future)
{
    assert_true(ahttp_future_done(future));
    assert_true(ahttp_lock_locked(lock));
    int code = ahttp_await_status(future);
    ahttp_lock_release(lock);
    return code;
}

/* ---- Waiting and notifying ---- */

static void waiting_gives_the_lock_up_and_takes_it_again(void **state)
{
    (void)state;
    ahttp_future *waiting = start_wait();
    assert_false(ahttp_lock_locked(lock));

    acquire();
    ahttp_condition_notify(condition, 1);
    assert_false(ahttp_future_done(waiting));
    ahttp_lock_release(lock);

    assert_int_equal(code_of(waiting), 0);
    assert_false(ahttp_lock_locked(lock));
}

static void those_who_wait_longest_are_woken_first(void **state)
{
    (void)state;
    ahttp_future *first = start_wait(), *second = start_wait(), *third = start_wait();

    notify(2);

    assert_int_equal(code_of(first), 0);
    assert_int_equal(code_of(second), 0);
    assert_false(ahttp_future_done(third));
    assert_false(ahttp_lock_locked(lock));
    notify(1);
    assert_int_equal(code_of(third), 0);
}

static void all_can_be_woken_and_nobody(void **state)
{
    (void)state;
    ahttp_future *first = start_wait(), *second = start_wait();

    notify(0);
    assert_false(ahttp_future_done(first));
    notify(SIZE_MAX);
    assert_int_equal(code_of(first), 0);
    assert_int_equal(code_of(second), 0);
    notify(SIZE_MAX);

    assert_false(ahttp_lock_locked(lock));
}

static void who_is_woken_queues_up_behind_those_who_wait_for_the_lock(void **state)
{
    (void)state;
    ahttp_future *woken = start_wait();
    acquire();
    ahttp_future *earlier = ahttp_lock_acquire(lock);

    ahttp_condition_notify(condition, 1);
    ahttp_lock_release(lock);

    assert_false(ahttp_future_done(woken));
    assert_int_equal(code_of(earlier), 0);
    assert_int_equal(code_of(woken), 0);
}

/* ---- Giving up ---- */

static void a_cancelled_wait_fails_with_the_lock_held(void **state)
{
    (void)state;
    ahttp_future *waiting = start_wait();
    acquire();

    ahttp_future_cancel(waiting);
    ahttp_future_cancel(waiting);
    assert_false(ahttp_future_done(waiting));
    ahttp_lock_release(lock);

    assert_int_equal(code_of(waiting), AHTTP_E_CANCELLED);
    assert_string_equal(ahttp_task_error()->message, "wait for condition: cancelled");
}

static void a_limit_waits_for_the_lock_too(void **state)
{
    ahttp_future *waiting = ahttp_within(10, start_wait());
    acquire();

    ahttp_loop_run(*state);
    assert_int_equal(ahttp_loop_now(*state), 10);
    assert_false(ahttp_future_done(waiting));
    ahttp_lock_release(lock);
    ahttp_loop_run(*state);

    assert_int_equal(code_of(waiting), AHTTP_E_TIMEOUT);
}

static void who_is_cancelled_after_being_woken_wakes_the_next(void **state)
{
    (void)state;
    ahttp_future *first = start_wait(), *second = start_wait(), *third = start_wait();
    acquire();
    ahttp_condition_notify(condition, 1);

    ahttp_future_cancel(first);
    ahttp_lock_release(lock);

    assert_int_equal(code_of(first), AHTTP_E_CANCELLED);
    assert_int_equal(code_of(second), 0);
    assert_false(ahttp_future_done(third));
    notify(1);
    assert_int_equal(code_of(third), 0);
}

static void a_cancel_after_the_end_takes_nothing_away(void **state)
{
    (void)state;
    ahttp_future *first = start_wait(), *second = start_wait();
    notify(1);

    ahttp_future_cancel(first);

    assert_int_equal(code_of(first), 0);
    assert_false(ahttp_future_done(second));
    notify(1);
    assert_int_equal(code_of(second), 0);
}

static void who_is_dropped_gives_the_lock_back_and_wakes_the_next(void **state)
{
    (void)state;
    ahttp_future *before = start_wait();
    ahttp_drop(start_wait());
    ahttp_future *after = start_wait();

    notify(1);
    ahttp_drop(before);

    assert_int_equal(code_of(after), 0);
    assert_false(ahttp_lock_locked(lock));
}

static void a_failure_that_nobody_hears_of_gives_the_lock_back(void **state)
{
    (void)state;
    ahttp_future *waiting = start_wait();
    ahttp_future_cancel(waiting);
    assert_true(ahttp_lock_locked(lock));

    ahttp_drop(waiting);

    assert_false(ahttp_lock_locked(lock));
}

static void a_gather_that_fails_does_not_keep_the_lock(void **state)
{
    ahttp_future *futures[] = {start_wait(), ahttp_within(5, ahttp_sleep(10))};

    assert_int_equal(ahttp_await_status(ahttp_gather(2, futures, NULL)), AHTTP_E_TIMEOUT);
    notify(1);
    ahttp_loop_run(*state);

    assert_false(ahttp_lock_locked(lock));
}

/* ---- The end ---- */

static void freeing_fails_those_who_wait_with_the_lock_held(void **state)
{
    (void)state;
    ahttp_future *woken = start_wait(), *waiting = start_wait();
    acquire();
    ahttp_condition_notify(condition, 1);

    ahttp_condition_free(condition);
    condition = NULL;
    ahttp_future_cancel(woken);
    assert_false(ahttp_future_done(woken));
    ahttp_lock_release(lock);

    assert_int_equal(code_of(woken), AHTTP_E_CANCELLED);
    assert_int_equal(code_of(waiting), AHTTP_E_CLOSED);
}

static void freeing_the_lock_ends_those_who_were_woken(void **state)
{
    (void)state;
    ahttp_future *woken = start_wait(), *cancelled = start_wait();
    acquire();
    ahttp_condition_notify(condition, 1);
    ahttp_future_cancel(cancelled);

    free_condition();
    condition = NULL;
    lock = NULL;

    assert_int_equal(ahttp_await_status(woken), AHTTP_E_CLOSED);
    assert_int_equal(ahttp_await_status(cancelled), AHTTP_E_CANCELLED);
}

static void wait_and_be_woken(void)
{
    ahttp_future *held = ahttp_lock_acquire(lock);
    if (ahttp_await_status(held) != 0)
        return;
    ahttp_future *first = ahttp_condition_wait(condition);
    if (ahttp_future_done(first)) {
        assert_int_equal(code_of(first), AHTTP_E_NO_MEMORY);
        return;
    }
    counting_alloc_fail_nth(0);
    notify(SIZE_MAX);
    assert_int_equal(code_of(first), 0);
}

static void run_out_of_memory(void *ctx)
{
    (void)ctx;
    ahttp_loop *loop = ahttp_loop_new(.virtual_clock = true);
    if (!loop)
        return;
    make_condition();
    if (condition) {
        wait_and_be_woken();
        assert_false(ahttp_lock_locked(lock));
    }
    free_condition();
    ahttp_loop_close(loop);
}

static void out_of_memory_the_wait_fails_at_once_with_the_lock_held(void **state)
{
    (void)state;
    for_each_allocation(run_out_of_memory, NULL);
}

static void drop_a_wait_without_memory(void *ctx)
{
    (void)ctx;
    ahttp_loop *loop = ahttp_loop_new(.virtual_clock = true);
    if (!loop)
        return;
    make_condition();
    if (condition && ahttp_await_status(ahttp_lock_acquire(lock)) == 0) {
        ahttp_future *blocks[8];
        for (int i = 0; i < 8; i++)
            blocks[i] = ahttp_sleep(1);
        ahttp_future *waiting = ahttp_condition_wait(condition);
        ahttp_future_cancel(waiting);
        ahttp_drop(waiting);
        for (int i = 0; i < 8; i++)
            ahttp_drop(blocks[i]);
        assert_false(ahttp_lock_locked(lock));
    }
    free_condition();
    ahttp_loop_close(loop);
}

static void a_wait_without_memory_that_is_dropped_gives_the_lock_back(void **state)
{
    (void)state;
    for_each_allocation(drop_a_wait_without_memory, NULL);
}

/* ---- Breaking the rules ---- */

static void wait_without_lock(void)
{
    ahttp_drop(ahttp_condition_wait(condition));
}

static void notify_without_lock(void)
{
    ahttp_condition_notify(condition, 1);
}

static void without_the_lock_both_abort_with_a_sentence(void **state)
{
    (void)state;

    assert_misuse(wait_without_lock, "ahttp_condition_wait: its lock is not held");
    assert_misuse(notify_without_lock, "ahttp_condition_notify: its lock is not held");
}

#define WITH_LOOP(test) cmocka_unit_test_setup_teardown(test, open_loop, close_loop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LOOP(waiting_gives_the_lock_up_and_takes_it_again),
        WITH_LOOP(those_who_wait_longest_are_woken_first),
        WITH_LOOP(all_can_be_woken_and_nobody),
        WITH_LOOP(who_is_woken_queues_up_behind_those_who_wait_for_the_lock),
        WITH_LOOP(a_cancelled_wait_fails_with_the_lock_held),
        WITH_LOOP(a_limit_waits_for_the_lock_too),
        WITH_LOOP(who_is_cancelled_after_being_woken_wakes_the_next),
        WITH_LOOP(a_cancel_after_the_end_takes_nothing_away),
        WITH_LOOP(who_is_dropped_gives_the_lock_back_and_wakes_the_next),
        WITH_LOOP(a_failure_that_nobody_hears_of_gives_the_lock_back),
        WITH_LOOP(a_gather_that_fails_does_not_keep_the_lock),
        WITH_LOOP(freeing_fails_those_who_wait_with_the_lock_held),
        WITH_LOOP(freeing_the_lock_ends_those_who_were_woken),
        cmocka_unit_test(out_of_memory_the_wait_fails_at_once_with_the_lock_held),
        cmocka_unit_test(a_wait_without_memory_that_is_dropped_gives_the_lock_back),
        WITH_LOOP(without_the_lock_both_abort_with_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
