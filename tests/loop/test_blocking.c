/* SPDX-License-Identifier: MIT */
#include "support/check.h"
#include "support/failing_alloc.h"
#include "support/misuse.h"
#include <ahttp/thread.h>
#include <stdlib.h>
#include <uv.h>

static ahttp_loop *loop;
static uv_sem_t begun, gate;
static int value, runs, ends, freed;
static uv_thread_t freed_on;

static int open_loop(void **state)
{
    (void)state;
    runs = ends = freed = 0;
    uv_sem_init(&begun, 0);
    uv_sem_init(&gate, 0);
    loop = ahttp_loop_new(.virtual_clock = true);
    return loop ? 0 : -1;
}

static int close_loop(void **state)
{
    (void)state;
    int rc = ahttp_loop_close(loop);

    uv_sem_destroy(&begun);
    uv_sem_destroy(&gate);
    return rc;
}

static void note_free(void *result)
{
    (void)result;
    freed++;
    freed_on = uv_thread_self();
}

static void *run(void *arg)
{
    runs++;
    return arg;
}

/* Says that it has begun, and goes on when the gate is opened. */
static void *wait_at_gate(void *arg)
{
    uv_sem_post(&begun);
    uv_sem_wait(&gate);
    ends++;
    return arg;
}

static void open_gate(void *ctx)
{
    (void)ctx;
    uv_sem_post(&gate);
}

/* The gate is opened from the loop, again and again, which therefore must be running. */
static void *ask_the_loop_for_the_gate(void *arg)
{
    uv_sem_post(&begun);
    for (int i = 0; i < 100; i++) {
        ahttp_loop_post(loop, open_gate, NULL);
        uv_sem_wait(&gate);
    }
    ends++;
    return arg;
}

static void what_the_function_returns_arrives_by_the_future(void **state)
{
    (void)state;

    assert_ptr_equal(ahttp_await(ahttp_run_blocking(run, &value, note_free)), &value);

    assert_int_equal(runs, 1);
    assert_int_equal(freed, 0);
}

static void a_function_may_return_nothing(void **state)
{
    (void)state;

    assert_int_equal(ahttp_await_status(ahttp_run_blocking(run, NULL, note_free)), 0);

    assert_int_equal(freed, 0);
}

static void a_result_that_nobody_takes_is_freed_on_the_loops_thread(void **state)
{
    (void)state;
    uv_thread_t self = uv_thread_self();

    ahttp_drop(ahttp_run_blocking(run, &value, note_free));
    ahttp_loop_run(loop);

    assert_int_equal(freed, 1);
    assert_true(uv_thread_equal(&freed_on, &self));
}

static void a_virtual_clock_stands_still_while_a_function_runs(void **state)
{
    (void)state;

    ahttp_future *future =
        ahttp_within(60000, ahttp_run_blocking(ask_the_loop_for_the_gate, &value, NULL));

    assert_ptr_equal(ahttp_await(future), &value);
    assert_int_equal(ahttp_loop_now(loop), 0);
}

static void cancelled_before_it_began_a_function_never_runs(void **state)
{
    (void)state;
    ahttp_future *first = ahttp_run_blocking(wait_at_gate, NULL, NULL);
    ahttp_future *second = ahttp_run_blocking(run, &value, note_free);
    uv_sem_wait(&begun);

    ahttp_future_cancel(second);
    uv_sem_post(&gate);

    assert_int_equal(ahttp_await_status(second), AHTTP_E_CANCELLED);
    assert_string_equal(ahttp_task_error()->message, "blocking work: cancelled");
    assert_int_equal(ahttp_await_status(first), 0);
    ahttp_loop_run(loop);
    assert_int_equal(runs, 0);
    assert_int_equal(freed, 0);
}

static void cancelled_while_it_runs_the_future_fails_at_once(void **state)
{
    (void)state;
    ahttp_future *future = ahttp_run_blocking(wait_at_gate, &value, note_free);
    uv_sem_wait(&begun);

    ahttp_future_cancel(future);

    assert_true(ahttp_future_done(future));
    assert_int_equal(ahttp_await_status(future), AHTTP_E_CANCELLED);
    uv_sem_post(&gate);
    ahttp_loop_run(loop); /* until the function has ended */
    assert_int_equal(ends, 1);
    assert_int_equal(freed, 1);
}

static void cancelling_what_is_done_takes_nothing_away(void **state)
{
    (void)state;
    ahttp_future *future = ahttp_run_blocking(run, &value, note_free);
    ahttp_loop_run(loop);

    ahttp_future_cancel(future);

    assert_ptr_equal(ahttp_await(future), &value);
}

static void the_loop_does_not_close_before_the_function_has_ended(void **state)
{
    open_loop(state);
    ahttp_future *future = ahttp_run_blocking(ask_the_loop_for_the_gate, &value, note_free);
    uv_sem_wait(&begun);
    ahttp_future_cancel(future);
    ahttp_drop(future);

    close_loop(state);

    assert_int_equal(ends, 1);
    assert_int_equal(freed, 1);
}

static void a_loop_of_the_program_runs_until_the_function_has_ended(void **state)
{
    (void)state;
    uv_loop_t uv;
    freed = 0;
    uv_loop_init(&uv);
    ahttp_loop *on_top = ahttp_loop_new(.uv = &uv);

    ahttp_drop(ahttp_run_blocking(run, &value, note_free));
    assert_int_equal(uv_run(&uv, UV_RUN_DEFAULT), 0);

    assert_int_equal(freed, 1);
    ahttp_loop_close(on_top);
    assert_int_equal(uv_loop_close(&uv), 0);
}

static void run_and_drop(void *ctx)
{
    (void)ctx;
    ahttp_loop *own = ahttp_loop_new();
    if (!own)
        return;
    runs = freed = 0;

    void *result = ahttp_await(ahttp_run_blocking(run, &value, note_free));
    ahttp_future *cancelled = ahttp_run_blocking(run, &value, note_free);
    ahttp_future_cancel(cancelled);
    ahttp_drop(cancelled);
    ahttp_loop_close(own);

    assert_int_equal(runs, freed + (result ? 1 : 0));
}

static void out_of_memory_is_a_failed_future(void **state)
{
    (void)state;

    for_each_allocation(run_and_drop, NULL);
}

static void run_without_loop(void)
{
    ahttp_drop(ahttp_run_blocking(run, NULL, NULL));
}

static void blocking_work_needs_a_loop(void **state)
{
    (void)state;

    assert_misuse(run_without_loop, "ahttp_run_blocking: this thread has no loop");
}

#define WITH_LOOP(test) cmocka_unit_test_setup_teardown(test, open_loop, close_loop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocking_work_needs_a_loop),
        WITH_LOOP(what_the_function_returns_arrives_by_the_future),
        WITH_LOOP(a_function_may_return_nothing),
        WITH_LOOP(a_result_that_nobody_takes_is_freed_on_the_loops_thread),
        WITH_LOOP(a_virtual_clock_stands_still_while_a_function_runs),
        WITH_LOOP(cancelled_before_it_began_a_function_never_runs),
        WITH_LOOP(cancelled_while_it_runs_the_future_fails_at_once),
        WITH_LOOP(cancelling_what_is_done_takes_nothing_away),
        cmocka_unit_test(the_loop_does_not_close_before_the_function_has_ended),
        cmocka_unit_test(a_loop_of_the_program_runs_until_the_function_has_ended),
        cmocka_unit_test(out_of_memory_is_a_failed_future),
    };

    setenv("UV_THREADPOOL_SIZE", "1", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
