/* SPDX-License-Identifier: MIT */
/* What becomes of those who wait when the loop is closed, and of what they waited at. */
#include "support/check.h"
#include <ahttp/sync.h>
#include <ahttp/task.h>

static ahttp_loop *loop;
static int codes[16];
static size_t count;
static int freed;

static int open_loop(void **state)
{
    (void)state;
    count = 0;
    freed = 0;
    loop = ahttp_loop_new(.virtual_clock = true);
    return loop ? 0 : -1;
}

static void note_code(ahttp_future *future, void *ctx)
{
    const ahttp_error *error = ahttp_future_error(future);

    (void)ctx;
    codes[count++] = error ? error->code : 0;
}

static void wait_for(ahttp_future *future)
{
    ahttp_then(future, note_code, NULL);
}

static void close_loop_and_expect(size_t expected)
{
    assert_int_equal(ahttp_loop_close(loop), 0);
    assert_int_equal(count, expected);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(codes[i], AHTTP_E_CLOSED);
}

static void note_freed(void *item)
{
    (void)item;
    freed++;
}

static void closing_the_loop_fails_those_who_wait(void **state)
{
    (void)state;
    ahttp_semaphore *semaphore = ahttp_semaphore_new(0);
    ahttp_event *event = ahttp_event_new();
    ahttp_barrier *barrier = ahttp_barrier_new(2);
    ahttp_queue *empty = ahttp_queue_new(0, NULL), *full = ahttp_queue_new(1, NULL);
    ahttp_queue_try_put(full, "a");
    wait_for(ahttp_semaphore_acquire(semaphore));
    wait_for(ahttp_event_wait(event));
    wait_for(ahttp_barrier_wait(barrier));
    wait_for(ahttp_queue_get(empty));
    wait_for(ahttp_queue_put(full, "b"));
    wait_for(ahttp_queue_join(full));

    close_loop_and_expect(6);

    ahttp_semaphore_free(semaphore);
    ahttp_event_free(event);
    ahttp_barrier_free(barrier);
    ahttp_queue_free(empty);
    ahttp_queue_free(full);
}

static void closing_the_loop_ends_waits_for_a_condition_and_its_lock(void **state)
{
    (void)state;
    ahttp_lock *lock = ahttp_lock_new();
    ahttp_condition *condition = ahttp_condition_new(lock);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ahttp_await_status(ahttp_lock_acquire(lock)), 0);
        wait_for(ahttp_condition_wait(condition));
    }
    assert_int_equal(ahttp_await_status(ahttp_lock_acquire(lock)), 0);
    ahttp_condition_notify(condition, 1);
    wait_for(ahttp_lock_acquire(lock));

    close_loop_and_expect(3);

    ahttp_condition_free(condition);
    ahttp_lock_free(lock);
}

static void what_was_granted_and_not_claimed_dies_with_the_loop(void **state)
{
    (void)state;
    ahttp_semaphore *semaphore = ahttp_semaphore_new(1);
    ahttp_queue *queue = ahttp_queue_new(0, note_freed);
    ahttp_queue_try_put(queue, "a");
    ahttp_future *granted[] = {ahttp_semaphore_acquire(semaphore), ahttp_queue_get(queue)};
    assert_true(ahttp_future_done(granted[0]) && ahttp_future_done(granted[1]));
    ahttp_drop(granted[0]);
    ahttp_drop(granted[1]);

    close_loop_and_expect(0);

    ahttp_semaphore_free(semaphore);
    ahttp_queue_free(queue);
    assert_int_equal(freed, 1);
}

/* The same objects, used on another loop. */
static void afterwards_a_wait_says_that_the_loop_is_gone(void **state)
{
    (void)state;
    ahttp_lock *lock = ahttp_lock_new();
    ahttp_condition *condition = ahttp_condition_new(lock);
    ahttp_event *event = ahttp_event_new();
    ahttp_barrier *barrier = ahttp_barrier_new(1);
    ahttp_queue *queue = ahttp_queue_new(0, note_freed);
    assert_int_equal(ahttp_await_status(ahttp_lock_acquire(lock)), 0);
    ahttp_queue_try_put(queue, "a");
    ahttp_queue_try_put(queue, "b");
    close_loop_and_expect(0);
    ahttp_loop *other = ahttp_loop_new(.virtual_clock = true);

    assert_int_equal(ahttp_await_status(ahttp_condition_wait(condition)), AHTTP_E_CLOSED);
    assert_int_equal(ahttp_await_status(ahttp_lock_acquire(lock)), AHTTP_E_CLOSED);
    assert_string_equal(ahttp_task_error()->message, "acquire lock: its loop was closed");
    assert_int_equal(ahttp_await_status(ahttp_event_wait(event)), AHTTP_E_CLOSED);
    assert_int_equal(ahttp_await_status(ahttp_barrier_wait(barrier)), AHTTP_E_CLOSED);
    assert_int_equal(ahttp_await_status(ahttp_queue_put(queue, "c")), AHTTP_E_CLOSED);
    assert_int_equal(ahttp_await_status(ahttp_queue_join(queue)), AHTTP_E_CLOSED);
    assert_string_equal(ahttp_await(ahttp_queue_get(queue)), "a");
    ahttp_drop(ahttp_queue_get(queue));
    ahttp_loop_run(other);
    assert_int_equal(freed, 1);
    assert_int_equal(ahttp_await_status(ahttp_queue_get(queue)), AHTTP_E_CLOSED);

    ahttp_loop_close(other);
    ahttp_queue_free(queue);
    ahttp_barrier_free(barrier);
    ahttp_event_free(event);
    ahttp_condition_free(condition);
    ahttp_lock_free(lock);
}

/* A callback that goes on working while its loop is being closed. */
static void try_again(ahttp_future *future, void *ctx)
{
    (void)future;
    wait_for(ahttp_semaphore_acquire(ctx));
}

static void waiting_again_while_the_loop_is_closed_fails(void **state)
{
    (void)state;
    ahttp_semaphore *semaphore = ahttp_semaphore_new(0);
    ahttp_then(ahttp_semaphore_acquire(semaphore), try_again, semaphore);

    close_loop_and_expect(1);

    ahttp_semaphore_free(semaphore);
}

#define WITH_LOOP(test) cmocka_unit_test_setup(test, open_loop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LOOP(closing_the_loop_fails_those_who_wait),
        WITH_LOOP(closing_the_loop_ends_waits_for_a_condition_and_its_lock),
        WITH_LOOP(what_was_granted_and_not_claimed_dies_with_the_loop),
        WITH_LOOP(afterwards_a_wait_says_that_the_loop_is_gone),
        WITH_LOOP(waiting_again_while_the_loop_is_closed_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
