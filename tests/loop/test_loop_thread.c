/* SPDX-License-Identifier: MIT */
#include "support/check.h"
#include "support/failing_alloc.h"
#include "support/misuse.h"
#include <ahttp/thread.h>
#include <sys/resource.h>
#include <uv.h>

enum { LOOPS = 8, POSTS = 200 };

typedef struct counter {
    int count;
    uv_thread_t on;
} counter;

static void count(void *ctx)
{
    counter *self = ctx;

    self->count++;
    self->on = uv_thread_self();
}

static void what_is_posted_runs_on_the_other_thread(void **state)
{
    (void)state;
    counter self = {0};
    uv_thread_t own = uv_thread_self();
    ahttp_loop_thread *thread = ahttp_loop_thread_start();

    assert_int_equal(ahttp_loop_post(ahttp_loop_thread_loop(thread), count, &self), 0);
    ahttp_loop_thread_stop(thread);

    assert_int_equal(self.count, 1);
    assert_false(uv_thread_equal(&self.on, &own));
}

static void it_makes_no_loop_current_here(void **state)
{
    (void)state;
    ahttp_loop_thread *thread = ahttp_loop_thread_start();

    assert_non_null(ahttp_loop_thread_loop(thread));
    assert_null(ahttp_loop_current());

    ahttp_loop_thread_stop(thread);
}

static void stop_loop(void *ctx)
{
    ahttp_loop_stop(ctx);
}

static void answer(void *ctx)
{
    uv_sem_post(ctx);
}

static void stopping_its_loop_does_not_end_it(void **state)
{
    (void)state;
    uv_sem_t answered;
    uv_sem_init(&answered, 0);
    ahttp_loop_thread *thread = ahttp_loop_thread_start();
    ahttp_loop *loop = ahttp_loop_thread_loop(thread);

    for (int i = 0; i < 100; i++) {
        ahttp_loop_post(loop, stop_loop, loop);
        ahttp_loop_post(loop, answer, &answered);
        uv_sem_wait(&answered);
    }

    ahttp_loop_thread_stop(thread);
    uv_sem_destroy(&answered);
}

static void loops_of_many_threads_run_side_by_side(void **state)
{
    (void)state;
    ahttp_loop_thread *threads[LOOPS];
    counter counters[LOOPS] = {0};
    for (int i = 0; i < LOOPS; i++)
        assert_non_null(threads[i] = ahttp_loop_thread_start());

    for (int n = 0; n < POSTS; n++)
        for (int i = 0; i < LOOPS; i++)
            ahttp_loop_post(ahttp_loop_thread_loop(threads[i]), count, &counters[i]);
    for (int i = 0; i < LOOPS; i++)
        ahttp_loop_thread_stop(threads[i]);

    for (int i = 0; i < LOOPS; i++)
        assert_int_equal(counters[i].count, POSTS);
}

#if AHTTP_TASKS

static int clean_ups;

static void *clean_up_when_cancelled(void *arg)
{
    uv_sem_post(arg);
    if (ahttp_await_status(ahttp_sleep(1000000000)) == AHTTP_E_CANCELLED)
        clean_ups++;
    return NULL;
}

static void spawn_sleeper(void *ctx)
{
    ahttp_drop(ahttp_spawn(clean_up_when_cancelled, ctx));
}

static void stopping_cancels_the_tasks_and_waits_for_them(void **state)
{
    (void)state;
    uv_sem_t sleeping;
    uv_sem_init(&sleeping, 0);
    ahttp_loop_thread *thread = ahttp_loop_thread_start();
    ahttp_loop_post(ahttp_loop_thread_loop(thread), spawn_sleeper, &sleeping);
    uv_sem_wait(&sleeping);

    ahttp_loop_thread_stop(thread);

    assert_int_equal(clean_ups, 1);
    uv_sem_destroy(&sleeping);
}

#endif

/* ---- What cannot be ---- */

static void start_and_stop(void *ctx)
{
    (void)ctx;
    ahttp_loop_thread *thread = ahttp_loop_thread_start();

    if (thread)
        ahttp_loop_thread_stop(thread);
}

static void out_of_memory_starts_no_thread(void **state)
{
    (void)state;

    for_each_allocation(start_and_stop, NULL);
}

static void without_descriptors_no_thread_is_left(void **state)
{
    (void)state;
    struct rlimit limit, none;
    getrlimit(RLIMIT_NOFILE, &limit);
    none = limit;
    none.rlim_cur = 3;

    setrlimit(RLIMIT_NOFILE, &none);
    ahttp_loop_thread *thread = ahttp_loop_thread_start();
    setrlimit(RLIMIT_NOFILE, &limit);

    assert_null(thread);
}

static void stop_thread(void *ctx)
{
    ahttp_loop_thread_stop(ctx);
}

static void stop_from_within(void)
{
    ahttp_loop_thread *thread = ahttp_loop_thread_start();

    ahttp_loop_post(ahttp_loop_thread_loop(thread), stop_thread, thread);
    for (;;)
        uv_sleep(1000);
}

static void a_thread_cannot_stop_itself(void **state)
{
    (void)state;

    assert_misuse(stop_from_within, "ahttp_loop_thread_stop: called on the thread that is to be "
                                    "stopped");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_cannot_stop_itself),
        cmocka_unit_test(what_is_posted_runs_on_the_other_thread),
        cmocka_unit_test(it_makes_no_loop_current_here),
        cmocka_unit_test(stopping_its_loop_does_not_end_it),
        cmocka_unit_test(loops_of_many_threads_run_side_by_side),
#if AHTTP_TASKS
        cmocka_unit_test(stopping_cancels_the_tasks_and_waits_for_them),
#endif
        cmocka_unit_test(out_of_memory_starts_no_thread),
        cmocka_unit_test(without_descriptors_no_thread_is_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
