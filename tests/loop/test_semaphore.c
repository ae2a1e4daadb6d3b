/* SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "loop/future.h"
#include "support/check.h"
#include "support/failing_alloc.h"
#include "support/misuse.h"
#include <ahttp/sync.h>
#include <ahttp/task.h>
#include <string.h>

static ahttp_loop *the_loop;
static char said[32];

static int open_loop(void **state)
{
    said[0] = '\0';
    *state = the_loop = ahttp_loop_new(.virtual_clock = true);
    return *state ? 0 : -1;
}

static int close_loop(void **state)
{
    return ahttp_loop_close(*state);
}

static void say(ahttp_future *future, void *ctx)
{
    if (!ahttp_future_error(future))
        strcat(said, ctx);
}

static int code_of(ahttp_future *future)
{
    assert_true(ahttp_future_done(future));
    return ahttp_await_status(future);
}

/* ---- Acquiring and releasing ---- */

static void so_many_acquires_succeed_at_once(void **state)
{
    (void)state;
    ahttp_semaphore *semaphore = ahttp_semaphore_new(2);
    assert_false(ahttp_semaphore_locked(semaphore));

    assert_int_equal(code_of(ahttp_semaphore_acquire(semaphore)), 0);
    assert_false(ahttp_semaphore_locked(semaphore));
    assert_int_equal(code_of(ahttp_semaphore_acquire(semaphore)), 0);

    assert_true(ahttp_semaphore_locked(semaphore));
    ahttp_semaphore_free(semaphore);
}

static void a_release_serves_who_waits_longest(void **state)
{
    ahttp_semaphore *semaphore = ahttp_semaphore_new(1);
    ahttp_then(ahttp_semaphore_acquire(semaphore), say, "a");
    ahttp_then(ahttp_semaphore_acquire(semaphore), say, "b");
    ahttp_then(ahttp_semaphore_acquire(semaphore), say, "c");
    ahttp_loop_run(*state);
    assert_string_equal(said, "a");

    ahttp_semaphore_release(semaphore);
    ahttp_loop_run(*state);
    assert_string_equal(said, "ab");
    ahttp_semaphore_release(semaphore);
    ahttp_loop_run(*state);
    assert_string_equal(said, "abc");
    assert_true(ahttp_semaphore_locked(semaphore));
    ahttp_semaphore_release(semaphore);

    assert_false(ahttp_semaphore_locked(semaphore));
    ahttp_semaphore_free(semaphore);
}

static void a_newcomer_does_not_overtake_one_who_was_granted_a_permit(void **state)
{
    (void)state;
    ahttp_semaphore *semaphore = ahttp_semaphore_new(1);
    ahttp_future *first = ahttp_semaphore_acquire(semaphore);
    ahttp_future *second = ahttp_semaphore_acquire(semaphore);
    assert_int_equal(ahttp_await_status(first), 0);

    ahttp_semaphore_release(semaphore);
    ahttp_future *newcomer = ahttp_semaphore_acquire(semaphore);

    assert_true(ahttp_future_done(second));
    assert_false(ahttp_future_done(newcomer));
    assert_int_equal(ahttp_await_status(second), 0);
    ahttp_semaphore_release(semaphore);
    assert_int_equal(ahttp_await_status(newcomer), 0);
    ahttp_semaphore_free(semaphore);
}

static void awaiting_only_the_status_keeps_the_permit(void **state)
{
    (void)state;
    ahttp_lock *lock = ahttp_lock_new();

    assert_int_equal(ahttp_await_status(ahttp_lock_acquire(lock)), 0);
    assert_true(ahttp_lock_locked(lock));
    ahttp_lock_release(lock);
    assert_null(ahttp_await(ahttp_within(5, ahttp_lock_acquire(lock))));
    assert_true(ahttp_lock_locked(lock));
    ahttp_lock_release(lock);

    assert_false(ahttp_lock_locked(lock));
    ahttp_lock_free(lock);
}

/* ---- Giving up ---- */

static void who_is_cancelled_leaves_the_line(void **state)
{
    (void)state;
    ahttp_semaphore *semaphore = ahttp_semaphore_new(1);
    ahttp_future *holder = ahttp_semaphore_acquire(semaphore);
    ahttp_future *cancelled = ahttp_semaphore_acquire(semaphore);
    ahttp_future *next = ahttp_semaphore_acquire(semaphore);
    assert_int_equal(ahttp_await_status(holder), 0);

    ahttp_future_cancel(cancelled);
    assert_int_equal(code_of(cancelled), AHTTP_E_CANCELLED);
    assert_string_equal(ahttp_task_error()->message, "acquire semaphore: cancelled");
    ahttp_semaphore_release(semaphore);

    assert_int_equal(code_of(next), 0);
    ahttp_semaphore_free(semaphore);
}

static void a_cancel_after_the_grant_does_not_take_the_permit_away(void **state)
{
    (void)state;
    ahttp_semaphore *semaphore = ahttp_semaphore_new(1);
    ahttp_future *granted = ahttp_semaphore_acquire(semaphore);

    ahttp_future_cancel(granted);
    assert_int_equal(code_of(granted), 0);

    assert_true(ahttp_semaphore_locked(semaphore));
    ahttp_semaphore_free(semaphore);
}

static void a_dropped_permit_goes_to_the_next(void **state)
{
    (void)state;
    ahttp_semaphore *semaphore = ahttp_semaphore_new(1);
    ahttp_future *granted = ahttp_semaphore_acquire(semaphore);
    ahttp_drop(ahttp_semaphore_acquire(semaphore));
    ahttp_drop(ahttp_semaphore_acquire(semaphore));
    ahttp_future *next = ahttp_semaphore_acquire(semaphore);

    ahttp_drop(granted);

    assert_int_equal(code_of(next), 0);
    ahttp_semaphore_release(semaphore);
    assert_false(ahttp_semaphore_locked(semaphore));
    ahttp_semaphore_free(semaphore);
}

static void a_long_line_of_dropped_acquires_is_no_deep_recursion(void **state)
{
    (void)state;
    ahttp_semaphore *semaphore = ahttp_semaphore_new(1);
    ahttp_future *holder = ahttp_semaphore_acquire(semaphore);
    for (int i = 0; i < 300000; i++)
        ahttp_drop(ahttp_semaphore_acquire(semaphore));

    ahttp_drop(holder);

    assert_false(ahttp_semaphore_locked(semaphore));
    ahttp_semaphore_free(semaphore);
}

static void who_runs_into_a_limit_leaves_the_line(void **state)
{
    (void)state;
    ahttp_semaphore *semaphore = ahttp_semaphore_new(1);
    assert_int_equal(ahttp_await_status(ahttp_semaphore_acquire(semaphore)), 0);

    ahttp_future *limited = ahttp_within(20, ahttp_semaphore_acquire(semaphore));
    assert_int_equal(ahttp_await_status(limited), AHTTP_E_TIMEOUT);
    ahttp_semaphore_release(semaphore);

    assert_false(ahttp_semaphore_locked(semaphore));
    ahttp_semaphore_free(semaphore);
}

static void a_dropped_limit_gives_the_permit_back(void **state)
{
    ahttp_semaphore *semaphore = ahttp_semaphore_new(1);
    ahttp_future *holder = ahttp_semaphore_acquire(semaphore);
    ahttp_drop(ahttp_within(20, ahttp_semaphore_acquire(semaphore)));
    ahttp_future *granted = ahttp_within(20, ahttp_semaphore_acquire(semaphore));

    ahttp_drop(holder);
    ahttp_loop_run(*state);
    ahttp_drop(granted);

    assert_false(ahttp_semaphore_locked(semaphore));
    ahttp_semaphore_free(semaphore);
}

static void a_gather_that_fails_keeps_no_permit(void **state)
{
    ahttp_semaphore *semaphore = ahttp_semaphore_new(2);
    ahttp_future *futures[] = {ahttp_semaphore_acquire(semaphore), ahttp_within(5, ahttp_sleep(10)),
                               ahttp_semaphore_acquire(semaphore),
                               ahttp_semaphore_acquire(semaphore)};

    assert_int_equal(ahttp_await_status(ahttp_gather(4, futures, NULL)), AHTTP_E_TIMEOUT);
    ahttp_loop_run(*state);

    ahttp_future *again[] = {ahttp_semaphore_acquire(semaphore),
                             ahttp_semaphore_acquire(semaphore)};
    assert_int_equal(ahttp_await_status(ahttp_gather(2, again, NULL)), 0);
    assert_true(ahttp_semaphore_locked(semaphore));
    ahttp_semaphore_release(semaphore);
    ahttp_semaphore_release(semaphore);
    ahttp_semaphore_free(semaphore);
}

/* ---- The end ---- */

static void freeing_fails_those_who_wait(void **state)
{
    (void)state;
    ahttp_semaphore *semaphore = ahttp_semaphore_new(1);
    ahttp_future *granted = ahttp_semaphore_acquire(semaphore);
    ahttp_future *waiting = ahttp_semaphore_acquire(semaphore);

    ahttp_semaphore_free(semaphore);

    assert_int_equal(code_of(waiting), AHTTP_E_CLOSED);
    assert_string_equal(ahttp_task_error()->message, "acquire semaphore: it was freed meanwhile");
    ahttp_drop(granted);
    ahttp_semaphore_free(NULL);
    ahttp_lock_free(NULL);
}

static void acquiring_and_releasing_allocates_nothing_in_the_long_run(void **state)
{
    (void)state;
    counting_alloc_install();
    ahttp_loop *loop = ahttp_loop_new();
    ahttp_lock *lock = ahttp_lock_new();
    size_t before = 0;

    for (int i = 0; i < 100; i++) {
        ahttp_future *first = ahttp_lock_acquire(lock);
        ahttp_future *second = ahttp_lock_acquire(lock);
        assert_int_equal(ahttp_await_status(first), 0);
        ahttp_lock_release(lock);
        ahttp_drop(second);
        if (i == 0)
            before = counting_alloc_counts().allocations;
    }

    assert_int_equal(counting_alloc_counts().allocations, before);
    ahttp_lock_free(lock);
    ahttp_loop_close(loop);
    counting_alloc_remove();
}

static void share(ahttp_semaphore *semaphore)
{
    ahttp_future *first = ahttp_semaphore_acquire(semaphore);
    ahttp_future *limited = ahttp_within(5, ahttp_semaphore_acquire(semaphore));
    ahttp_future *both[] = {ahttp_semaphore_acquire(semaphore), ahttp_semaphore_acquire(semaphore)};
    ahttp_future *all = ahttp_gather(2, both, NULL);

    if (ahttp_await_status(first) == 0)
        ahttp_semaphore_release(semaphore);
    if (ahttp_await_status(limited) == 0)
        ahttp_semaphore_release(semaphore);
    if (ahttp_await_status(ahttp_within(5, all)) == 0) {
        ahttp_semaphore_release(semaphore);
        ahttp_semaphore_release(semaphore);
    }
}

static void run_out_of_memory(void *ctx)
{
    (void)ctx;
    ahttp_loop *loop = ahttp_loop_new(.virtual_clock = true);
    if (!loop)
        return;
    ahttp_semaphore *semaphore = ahttp_semaphore_new(2);
    if (semaphore) {
        share(semaphore);
        ahttp_loop_run(loop);
        counting_alloc_fail_nth(0);
        ahttp_future *rest[] = {ahttp_semaphore_acquire(semaphore),
                                ahttp_semaphore_acquire(semaphore)};
        assert_int_equal(ahttp_await_status(ahttp_gather(2, rest, NULL)), 0);
    }
    ahttp_semaphore_free(semaphore);
    ahttp_loop_close(loop);
}

static void no_permit_is_lost_when_memory_runs_out(void **state)
{
    (void)state;
    for_each_allocation(run_out_of_memory, NULL);
}

/* ---- Breaking the rules ---- */

static void release_too_often(void)
{
    ahttp_semaphore *semaphore = ahttp_semaphore_new(3);

    ahttp_semaphore_release(semaphore);
}

static void release_a_free_lock(void)
{
    ahttp_lock_release(ahttp_lock_new());
}

static void release_a_permit_that_nobody_took(void)
{
    ahttp_semaphore *semaphore = ahttp_semaphore_new(1);
    ahttp_future *future = ahttp_semaphore_acquire(semaphore);

    ahttp_semaphore_release(semaphore);
    ahttp_drop(future);
}

static void releasing_too_often_aborts_with_a_sentence(void **state)
{
    (void)state;

    assert_misuse(release_too_often, "more often than permits were acquired");
    assert_misuse(release_a_free_lock, "the lock is not held");
    assert_misuse(release_a_permit_that_nobody_took, "was released already");
}

#define WITH_LOOP(test) cmocka_unit_test_setup_teardown(test, open_loop, close_loop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LOOP(so_many_acquires_succeed_at_once),
        WITH_LOOP(a_release_serves_who_waits_longest),
        WITH_LOOP(a_newcomer_does_not_overtake_one_who_was_granted_a_permit),
        WITH_LOOP(awaiting_only_the_status_keeps_the_permit),
        WITH_LOOP(who_is_cancelled_leaves_the_line),
        WITH_LOOP(a_cancel_after_the_grant_does_not_take_the_permit_away),
        WITH_LOOP(a_dropped_permit_goes_to_the_next),
        WITH_LOOP(a_long_line_of_dropped_acquires_is_no_deep_recursion),
        WITH_LOOP(who_runs_into_a_limit_leaves_the_line),
        WITH_LOOP(a_dropped_limit_gives_the_permit_back),
        WITH_LOOP(a_gather_that_fails_keeps_no_permit),
        WITH_LOOP(freeing_fails_those_who_wait),
        cmocka_unit_test(acquiring_and_releasing_allocates_nothing_in_the_long_run),
        cmocka_unit_test(no_permit_is_lost_when_memory_runs_out),
        WITH_LOOP(releasing_too_often_aborts_with_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
