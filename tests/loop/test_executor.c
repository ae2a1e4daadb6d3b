/* SPDX-License-Identifier: MIT */
#include "support/check.h"
#include "support/failing_alloc.h"
#include "support/misuse.h"
#include "support/reports.h"
#include <ahttp/thread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <uv.h>

enum { POOL_THREADS = 4, WORKS = 6 };

static ahttp_loop *loop;
static ahttp_executor *executor;
static uv_sem_t begun, gate;
static uv_barrier_t pair;
static atomic_int running, most, runs;
static int order[WORKS];
static int numbers[WORKS] = {0, 1, 2, 3, 4, 5};
static int freed;

static int open_loop(void **state)
{
    (void)state;
    freed = 0;
    atomic_store(&running, 0);
    atomic_store(&most, 0);
    atomic_store(&runs, 0);
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
}

static void *note_order(void *arg)
{
    order[atomic_fetch_add(&runs, 1)] = *(int *)arg;
    return arg;
}

static void *wait_at_gate(void *arg)
{
    uv_sem_post(&begun);
    uv_sem_wait(&gate);
    return note_order(arg);
}

static void wait_until_begun(int count)
{
    while (count-- > 0)
        uv_sem_wait(&begun);
}

static void open_gate_for(int count)
{
    while (count-- > 0)
        uv_sem_post(&gate);
}

static ahttp_future *submit(ahttp_work_fn *fn, int number)
{
    return ahttp_executor_submit(executor, fn, &numbers[number], note_free);
}

static int close_executor(void)
{
    return ahttp_await_status(ahttp_executor_close(executor));
}

/* ---- Running ---- */

static void one_worker_runs_first_come_first(void **state)
{
    (void)state;
    executor = ahttp_executor_new(1);
    ahttp_future *futures[WORKS];
    for (int i = 0; i < WORKS; i++)
        futures[i] = submit(note_order, i);

    assert_int_equal(ahttp_await_status(ahttp_gather(WORKS, futures, NULL)), 0);

    assert_memory_equal(order, numbers, sizeof order);
    assert_int_equal(freed, WORKS);
    close_executor();
}

static void *meet_another(void *arg)
{
    int now = atomic_fetch_add(&running, 1) + 1;
    int seen = atomic_load(&most);

    while (now > seen && !atomic_compare_exchange_weak(&most, &seen, now))
        continue;
    uv_barrier_wait(&pair);
    atomic_fetch_sub(&running, 1);
    uv_barrier_wait(&pair);
    return arg;
}

static void so_many_workers_run_at_once_and_no_more(void **state)
{
    (void)state;
    ahttp_future *futures[WORKS];
    executor = ahttp_executor_new(2);
    uv_barrier_init(&pair, 2);

    for (int i = 0; i < WORKS; i++)
        futures[i] = submit(meet_another, i);
    assert_int_equal(ahttp_await_status(ahttp_gather(WORKS, futures, NULL)), 0);

    assert_int_equal(atomic_load(&most), 2);
    uv_barrier_destroy(&pair);
    close_executor();
}

/* Of the pool's threads, one is free first: it takes what the pool has queued, and the fifth
   work of the executor is not there yet. */
static void no_number_of_workers_is_that_of_the_pool(void **state)
{
    (void)state;
    ahttp_future *futures[WORKS];
    executor = ahttp_executor_new(0);
    for (int i = 0; i < POOL_THREADS; i++)
        futures[i] = submit(wait_at_gate, i);
    wait_until_begun(POOL_THREADS);

    futures[POOL_THREADS] = submit(note_order, 4);
    futures[POOL_THREADS + 1] = ahttp_run_blocking(note_order, &numbers[5], NULL);
    open_gate_for(1);
    assert_int_equal(ahttp_await_status(futures[POOL_THREADS]), 0);
    open_gate_for(POOL_THREADS - 1);
    futures[POOL_THREADS] = futures[POOL_THREADS + 1];
    assert_int_equal(ahttp_await_status(ahttp_gather(POOL_THREADS + 1, futures, NULL)), 0);

    assert_int_equal(order[1], 5);
    assert_int_equal(order[2], 4);
    close_executor();
}

static void close_with_size(const char *size)
{
    setenv("UV_THREADPOOL_SIZE", size, 1);
    executor = ahttp_executor_new(0);
    assert_int_equal(ahttp_await_status(submit(note_order, 0)), 0);
    close_executor();
}

static void the_size_of_the_pool_is_read_as_libuv_reads_it(void **state)
{
    (void)state;

    close_with_size("0");
    close_with_size("many");
    close_with_size("99999999999999999999");
    unsetenv("UV_THREADPOOL_SIZE");
    executor = ahttp_executor_new(0);
    close_executor();

    assert_int_equal(atomic_load(&runs), 3);
    setenv("UV_THREADPOOL_SIZE", "4", 1);
}

/* ---- Cancelling ---- */

static void cancelled_in_the_queue_a_work_never_runs(void **state)
{
    (void)state;
    executor = ahttp_executor_new(1);
    ahttp_future *first = submit(wait_at_gate, 0);
    ahttp_future *second = submit(note_order, 1);
    ahttp_future *third = submit(note_order, 2);

    ahttp_future_cancel(second);
    assert_true(ahttp_future_done(second));
    open_gate_for(1);

    assert_int_equal(ahttp_await_status(third), 0);
    assert_int_equal(ahttp_await_status(second), AHTTP_E_CANCELLED);
    assert_ptr_equal(ahttp_await(first), &numbers[0]);
    assert_int_equal(atomic_load(&runs), 2);
    assert_int_equal(order[1], 2);
    close_executor();
}

static void cancelled_while_it_runs_a_work_keeps_its_place(void **state)
{
    (void)state;
    executor = ahttp_executor_new(1);
    ahttp_future *first = submit(wait_at_gate, 0);
    ahttp_future *second = submit(note_order, 1);
    wait_until_begun(1);

    ahttp_future_cancel(first);
    assert_int_equal(ahttp_await_status(first), AHTTP_E_CANCELLED);
    open_gate_for(1);
    assert_int_equal(ahttp_await_status(second), 0);

    assert_int_equal(order[0], 0);
    assert_int_equal(order[1], 1);
    close_executor();
}

/* ---- Mapping ---- */

static void map_gives_results_in_the_order_of_the_arguments(void **state)
{
    (void)state;
    void *args[WORKS], *results[WORKS];
    executor = ahttp_executor_new(3);
    for (int i = 0; i < WORKS; i++)
        args[i] = &numbers[i];

    ahttp_future *all = ahttp_executor_map(executor, note_order, WORKS, args, results, note_free);
    assert_int_equal(ahttp_await_status(all), 0);

    assert_memory_equal(results, args, sizeof args);
    assert_int_equal(freed, 0);
    close_executor();
}

static void map_of_nothing_is_done(void **state)
{
    (void)state;
    executor = ahttp_executor_new(3);

    assert_int_equal(
        ahttp_await_status(ahttp_executor_map(executor, note_order, 0, NULL, NULL, NULL)), 0);

    close_executor();
}

static void cancelling_a_map_cancels_all_of_it(void **state)
{
    (void)state;
    void *args[WORKS], *results[WORKS];
    executor = ahttp_executor_new(1);
    for (int i = 0; i < WORKS; i++)
        args[i] = &numbers[i];
    ahttp_future *all = ahttp_executor_map(executor, wait_at_gate, WORKS, args, results, note_free);
    wait_until_begun(1);

    ahttp_future_cancel(all);
    open_gate_for(1);

    assert_int_equal(ahttp_await_status(all), AHTTP_E_CANCELLED);
    close_executor();
    assert_int_equal(atomic_load(&runs), 1);
    assert_int_equal(freed, 1);
}

/* ---- Closing ---- */

static void closing_lets_end_what_has_begun_and_cancels_the_rest(void **state)
{
    (void)state;
    executor = ahttp_executor_new(1);
    ahttp_future *first = submit(wait_at_gate, 0);
    ahttp_future *second = submit(note_order, 1);
    wait_until_begun(1);

    ahttp_future *closed = ahttp_executor_close(executor);
    ahttp_future *refused = submit(note_order, 2);
    assert_false(ahttp_future_done(closed));
    open_gate_for(1);

    assert_int_equal(ahttp_await_status(refused), AHTTP_E_CLOSED);
    assert_int_equal(ahttp_await_status(ahttp_executor_close(executor)), AHTTP_E_CLOSED);
    assert_int_equal(ahttp_await_status(second), AHTTP_E_CANCELLED);
    assert_int_equal(ahttp_await_status(closed), 0);
    assert_true(ahttp_future_done(first));
    assert_ptr_equal(ahttp_await(first), &numbers[0]);
    assert_int_equal(atomic_load(&runs), 1);
}

static void closing_cancels_what_the_pool_has_not_begun(void **state)
{
    (void)state;
    ahttp_future *futures[WORKS];
    executor = ahttp_executor_new(WORKS);
    for (int i = 0; i < WORKS; i++)
        futures[i] = submit(wait_at_gate, i);
    wait_until_begun(POOL_THREADS);

    ahttp_future *closed = ahttp_executor_close(executor);
    open_gate_for(POOL_THREADS);
    assert_int_equal(ahttp_await_status(closed), 0);

    assert_int_equal(atomic_load(&runs), POOL_THREADS);
    for (int i = 0; i < WORKS; i++)
        assert_int_equal(ahttp_await_status(futures[i]), i < POOL_THREADS ? 0 : AHTTP_E_CANCELLED);
}

static void close_and_drop(void *result)
{
    (void)result;
    freed++;
    ahttp_drop(ahttp_executor_close(executor));
}

static void an_executor_may_be_closed_while_a_result_is_freed(void **state)
{
    (void)state;
    executor = ahttp_executor_new(1);

    ahttp_drop(ahttp_executor_submit(executor, note_order, &numbers[0], close_and_drop));
    ahttp_loop_run(loop);

    assert_int_equal(freed, 1);
}

static void an_executor_that_was_forgotten_is_reported_and_can_be_freed(void **state)
{
    (void)state;
    ahttp_loop_close(loop);
    loop = open_debug_loop();
    executor = ahttp_executor_new(1);
    ahttp_drop(submit(note_order, 0));
    ahttp_future *queued = submit(note_order, 1);
    ahttp_drop(queued);

    assert_int_equal(ahttp_loop_close(loop), 0);

    assert_string_equal(reports, "Unclosed executor\n");
    loop = ahttp_loop_new(.virtual_clock = true);
    assert_int_equal(ahttp_await_status(submit(note_order, 2)), AHTTP_E_CLOSED);
    assert_int_equal(ahttp_await_status(ahttp_executor_close(executor)), 0);
}

static void use_an_executor(void *ctx)
{
    (void)ctx;
    void *args[] = {&numbers[0], &numbers[1], &numbers[2]};
    void *results[3];
    ahttp_loop *own = ahttp_loop_new();
    if (!own)
        return;
    freed = 0;
    atomic_store(&runs, 0);

    executor = ahttp_executor_new(2);
    if (executor) {
        int code = ahttp_await_status(
            ahttp_executor_map(executor, note_order, 3, args, results, note_free));
        ahttp_await_status(ahttp_executor_close(executor));
        assert_true(code == 0 || code == AHTTP_E_NO_MEMORY);
        assert_int_equal(freed, code == 0 ? 0 : atomic_load(&runs));
    }
    ahttp_loop_close(own);
}

static void out_of_memory_is_a_failed_future(void **state)
{
    (void)state;

    for_each_allocation(use_an_executor, NULL);
}

static void make_without_loop(void)
{
    ahttp_executor_new(1);
}

static void an_executor_needs_a_loop(void **state)
{
    (void)state;

    assert_misuse(make_without_loop, "ahttp_executor_new: this thread has no loop");
}

#define WITH_LOOP(test) cmocka_unit_test_setup_teardown(test, open_loop, close_loop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_executor_needs_a_loop),
        WITH_LOOP(one_worker_runs_first_come_first),
        WITH_LOOP(so_many_workers_run_at_once_and_no_more),
        WITH_LOOP(no_number_of_workers_is_that_of_the_pool),
        WITH_LOOP(the_size_of_the_pool_is_read_as_libuv_reads_it),
        WITH_LOOP(cancelled_in_the_queue_a_work_never_runs),
        WITH_LOOP(cancelled_while_it_runs_a_work_keeps_its_place),
        WITH_LOOP(map_gives_results_in_the_order_of_the_arguments),
        WITH_LOOP(map_of_nothing_is_done),
        WITH_LOOP(cancelling_a_map_cancels_all_of_it),
        WITH_LOOP(closing_lets_end_what_has_begun_and_cancels_the_rest),
        WITH_LOOP(closing_cancels_what_the_pool_has_not_begun),
        WITH_LOOP(an_executor_may_be_closed_while_a_result_is_freed),
        WITH_LOOP(an_executor_that_was_forgotten_is_reported_and_can_be_freed),
        cmocka_unit_test(out_of_memory_is_a_failed_future),
    };

    setenv("UV_THREADPOOL_SIZE", "4", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
