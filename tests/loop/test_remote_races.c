/* SPDX-License-Identifier: MIT */
/* Many threads at once; most worth under TSan. */
#include "support/check.h"
#include <ahttp/thread.h>
#include <stdatomic.h>
#include <uv.h>

enum { THREADS = 8, SUBMITS = 1000, PENDING = 50 };

static ahttp_loop_thread *thread;
static ahttp_loop *loop;
static uv_barrier_t all_submitted, all_there;
static atomic_int wrong, cancelled, refused;

static int start_thread(void **state)
{
    (void)state;
    atomic_store(&wrong, 0);
    atomic_store(&cancelled, 0);
    atomic_store(&refused, 0);
    thread = ahttp_loop_thread_start();
    loop = thread ? ahttp_loop_thread_loop(thread) : NULL;
    return loop ? 0 : -1;
}

static void run_in_threads(void (*body)(void *), void *args, size_t size)
{
    uv_thread_t threads[THREADS];

    for (size_t i = 0; i < THREADS; i++)
        uv_thread_create(&threads[i], body, (char *)args + i * size);
    for (int i = 0; i < THREADS; i++)
        uv_thread_join(&threads[i]);
}

static void *give_back(void *arg)
{
    ahttp_await(ahttp_sleep(0));
    return arg;
}

static void *sleep_long(void *arg)
{
    return ahttp_await_status(ahttp_sleep(1000000000)) < 0 ? ahttp_fail_again() : arg;
}

static void submit_many(void *arg)
{
    int *values = arg;

    for (int i = 0; i < SUBMITS; i++) {
        void *result = NULL;
        ahttp_remote *remote = ahttp_submit(loop, give_back, &values[i]);
        if (ahttp_remote_wait(remote, AHTTP_NEVER, &result) != 0 || result != &values[i])
            atomic_fetch_add(&wrong, 1);
        ahttp_remote_free(remote);
    }
}

static void each_of_many_threads_gets_its_own_results(void **state)
{
    (void)state;
    static int values[THREADS][SUBMITS];

    run_in_threads(submit_many, values, sizeof values[0]);

    assert_int_equal(atomic_load(&wrong), 0);
    ahttp_loop_thread_stop(thread);
}

/* Cancels at all moments; every second remote is freed while the task is under way. */
static void submit_and_cancel(void *arg)
{
    (void)arg;
    for (int i = 0; i < SUBMITS; i++) {
        ahttp_remote *remote = ahttp_submit(loop, i % 3 ? give_back : sleep_long, NULL);
        if (i % 4 == 0)
            ahttp_remote_wait(remote, 0, NULL);
        ahttp_remote_cancel(remote);
        int code = i % 2 ? ahttp_remote_wait(remote, AHTTP_NEVER, NULL) : 0;
        if (code != 0 && code != AHTTP_E_CANCELLED)
            atomic_fetch_add(&wrong, 1);
        ahttp_remote_free(remote);
    }
}

static void cancels_from_many_threads_race_with_the_end_of_tasks(void **state)
{
    (void)state;
    char none[THREADS];

    run_in_threads(submit_and_cancel, none, 1);

    assert_int_equal(atomic_load(&wrong), 0);
    ahttp_loop_thread_stop(thread);
}

static void wait_over_the_end_of_the_loop(void *arg)
{
    ahttp_remote *remotes[PENDING];

    (void)arg;
    for (int i = 0; i < PENDING; i++)
        remotes[i] = ahttp_submit(loop, sleep_long, NULL);
    uv_barrier_wait(&all_submitted);
    for (int i = 0; i < PENDING; i++) {
        if (i % 3 == 0)
            ahttp_remote_cancel(remotes[i]);
        int code = ahttp_remote_wait(remotes[i], AHTTP_NEVER, NULL);
        atomic_fetch_add(code == AHTTP_E_CANCELLED ? &cancelled
                         : code == AHTTP_E_CLOSED  ? &refused
                                                   : &wrong,
                         1);
        ahttp_remote_free(remotes[i]);
    }
}

static void stop_when_all_is_submitted(void *arg)
{
    (void)arg;
    uv_barrier_wait(&all_submitted);
    ahttp_loop_thread_stop(thread);
}

static void nobody_waits_for_ever_when_the_loop_ends(void **state)
{
    (void)state;
    char none[THREADS];
    uv_thread_t stopper;
    uv_barrier_init(&all_submitted, THREADS + 1);

    uv_thread_create(&stopper, stop_when_all_is_submitted, NULL);
    run_in_threads(wait_over_the_end_of_the_loop, none, 1);
    uv_thread_join(&stopper);

    assert_int_equal(atomic_load(&wrong), 0);
    assert_int_equal(atomic_load(&cancelled) + atomic_load(&refused), THREADS * PENDING);
    uv_barrier_destroy(&all_submitted);
}

/* No loop is closed while another is made: TSan does not see libuv's closing of descriptors,
   and takes one that is used again for a race. */
static void submit_to_another(void *arg)
{
    ahttp_loop_thread *own = ahttp_loop_thread_start();
    int *values = arg;

    uv_barrier_wait(&all_there);
    for (int i = 0; i < SUBMITS / 10; i++) {
        void *result = NULL;
        ahttp_remote *remote = ahttp_submit(ahttp_loop_thread_loop(own), give_back, &values[i]);
        if (ahttp_remote_wait(remote, AHTTP_NEVER, &result) != 0 || result != &values[i])
            atomic_fetch_add(&wrong, 1);
        ahttp_remote_free(remote);
    }
    ahttp_loop_thread_stop(own);
}

static void many_loop_threads_work_at_once(void **state)
{
    (void)state;
    static int values[THREADS][SUBMITS / 10];
    uv_barrier_init(&all_there, THREADS);

    run_in_threads(submit_to_another, values, sizeof values[0]);

    assert_int_equal(atomic_load(&wrong), 0);
    uv_barrier_destroy(&all_there);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_of_many_threads_gets_its_own_results, start_thread),
        cmocka_unit_test_setup(cancels_from_many_threads_race_with_the_end_of_tasks, start_thread),
        cmocka_unit_test_setup(nobody_waits_for_ever_when_the_loop_ends, start_thread),
        cmocka_unit_test(many_loop_threads_work_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
