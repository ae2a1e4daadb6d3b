/* SPDX-License-Identifier: MIT */
#include "support/check.h"
#include "support/failing_alloc.h"
#include "support/misuse.h"
#include <ahttp/thread.h>
#include <stdatomic.h>
#include <uv.h>

#define LONG_MS 1000000000

static ahttp_loop_thread *thread;
static ahttp_loop *loop; /* of the thread, or of the test */
static uv_sem_t sleeping;
static atomic_int runs, clean_ups;

static int prepare(void **state)
{
    (void)state;
    atomic_store(&runs, 0);
    atomic_store(&clean_ups, 0);
    return uv_sem_init(&sleeping, 0);
}

static int clear(void **state)
{
    (void)state;
    uv_sem_destroy(&sleeping);
    return 0;
}

static int start_thread(void **state)
{
    thread = ahttp_loop_thread_start();
    loop = thread ? ahttp_loop_thread_loop(thread) : NULL;
    return loop ? prepare(state) : -1;
}

static int stop_thread(void **state)
{
    ahttp_loop_thread_stop(thread);
    return clear(state);
}

/* ---- Tasks ---- */

static void *give_back(void *arg)
{
    atomic_fetch_add(&runs, 1);
    ahttp_await(ahttp_sleep(0));
    return arg;
}

static void *refuse(void *arg)
{
    return ahttp_fail(AHTTP_E_STATE, "no %s today", (const char *)arg);
}

static void *sleep_long(void *arg)
{
    atomic_fetch_add(&runs, 1);
    uv_sem_post(&sleeping);
    if (ahttp_await_status(ahttp_sleep(LONG_MS)) == 0)
        return arg;
    atomic_fetch_add(&clean_ups, 1);
    return ahttp_fail_again();
}

/* ---- Waiting ---- */

static void what_the_task_returns_is_given_to_who_waits(void **state)
{
    (void)state;
    int value;
    void *result = NULL, *again = NULL;
    ahttp_remote *remote = ahttp_submit(loop, give_back, &value);

    assert_int_equal(ahttp_remote_wait(remote, AHTTP_NEVER, &result), 0);
    assert_int_equal(ahttp_remote_wait(remote, 0, &again), 0);

    assert_ptr_equal(result, &value);
    assert_ptr_equal(again, &value);
    assert_null(ahttp_remote_error(remote));
    ahttp_remote_free(remote);
}

static void a_failure_arrives_with_code_and_message(void **state)
{
    (void)state;
    void *result = &result;
    ahttp_remote *remote = ahttp_submit(loop, refuse, "cake");

    assert_int_equal(ahttp_remote_wait(remote, 60000, &result), AHTTP_E_STATE);

    assert_null(result);
    assert_string_equal(ahttp_remote_error(remote)->message, "no cake today");
    ahttp_remote_free(remote);
}

static void waiting_ends_at_its_limit_and_the_task_goes_on(void **state)
{
    (void)state;
    ahttp_remote *remote = ahttp_submit(loop, sleep_long, NULL);
    uv_sem_wait(&sleeping);

    assert_int_equal(ahttp_remote_wait(remote, 0, NULL), AHTTP_E_TIMEOUT);
    assert_int_equal(ahttp_remote_wait(remote, 1, NULL), AHTTP_E_TIMEOUT);
    assert_null(ahttp_remote_error(remote));
    assert_int_equal(atomic_load(&clean_ups), 0);

    ahttp_remote_cancel(remote);
    assert_int_equal(ahttp_remote_wait(remote, INT64_MAX, NULL), AHTTP_E_CANCELLED);
    ahttp_remote_free(remote);
}

static void wait_for_end(void *arg)
{
    assert_int_equal(ahttp_remote_wait(arg, AHTTP_NEVER, NULL), AHTTP_E_CANCELLED);
}

static void several_threads_may_wait_for_one_task(void **state)
{
    (void)state;
    uv_thread_t waiters[4];
    ahttp_remote *remote = ahttp_submit(loop, sleep_long, NULL);
    for (int i = 0; i < 4; i++)
        uv_thread_create(&waiters[i], wait_for_end, remote);

    ahttp_remote_cancel(remote);

    for (int i = 0; i < 4; i++)
        uv_thread_join(&waiters[i]);
    ahttp_remote_free(remote);
}

static void a_task_that_nobody_waits_for_goes_on(void **state)
{
    (void)state;
    int value;

    ahttp_remote_free(ahttp_submit(loop, give_back, &value));
    ahttp_remote *later = ahttp_submit(loop, give_back, &value);
    assert_int_equal(ahttp_remote_wait(later, AHTTP_NEVER, NULL), 0);

    assert_int_equal(atomic_load(&runs), 2);
    ahttp_remote_free(later);
}

/* ---- Cancelling ---- */

static void cancelling_fails_what_the_task_awaits(void **state)
{
    (void)state;
    ahttp_remote *remote = ahttp_submit(loop, sleep_long, NULL);
    uv_sem_wait(&sleeping);

    ahttp_remote_cancel(remote);

    assert_int_equal(ahttp_remote_wait(remote, AHTTP_NEVER, NULL), AHTTP_E_CANCELLED);
    assert_int_equal(atomic_load(&clean_ups), 1);
    assert_int_equal(ahttp_remote_error(remote)->code, AHTTP_E_CANCELLED);
    ahttp_remote_free(remote);
}

static void cancelled_before_the_loop_looks_a_task_never_runs(void **state)
{
    (void)state;
    ahttp_loop *own = ahttp_loop_new();
    ahttp_remote *remote = ahttp_submit(own, sleep_long, NULL);

    ahttp_remote_cancel(remote);
    ahttp_remote_cancel(remote);
    ahttp_loop_run(own);

    assert_int_equal(ahttp_remote_wait(remote, AHTTP_NEVER, NULL), AHTTP_E_CANCELLED);
    assert_int_equal(atomic_load(&runs), 0);
    ahttp_remote_free(remote);
    ahttp_loop_close(own);
}

static void cancelling_what_has_ended_does_nothing(void **state)
{
    (void)state;
    int value;
    void *result = NULL;
    ahttp_remote *remote = ahttp_submit(loop, give_back, &value);
    ahttp_remote_wait(remote, AHTTP_NEVER, NULL);

    ahttp_remote_cancel(remote);

    assert_int_equal(ahttp_remote_wait(remote, AHTTP_NEVER, &result), 0);
    assert_ptr_equal(result, &value);
    ahttp_remote_free(remote);
}

static void cancelled_and_freed_at_once_a_task_still_cleans_up(void **state)
{
    ahttp_remote *remote = ahttp_submit(loop, sleep_long, NULL);
    uv_sem_wait(&sleeping);

    ahttp_remote_cancel(remote);
    ahttp_remote_free(remote);
    stop_thread(state);

    assert_int_equal(atomic_load(&clean_ups), 1);
}

/* ---- On the loop's own thread ---- */

static void the_loops_own_thread_may_submit(void **state)
{
    (void)state;
    int value;
    void *result = NULL;
    ahttp_loop *own = ahttp_loop_new();
    ahttp_remote *remote = ahttp_submit(own, give_back, &value);

    assert_int_equal(ahttp_remote_wait(remote, 0, NULL), AHTTP_E_TIMEOUT);
    ahttp_loop_run(own);

    assert_int_equal(ahttp_remote_wait(remote, AHTTP_NEVER, &result), 0);
    assert_ptr_equal(result, &value);
    ahttp_remote_free(remote);
    ahttp_loop_close(own);
}

static void wait_on_own_thread(void)
{
    ahttp_loop *own = ahttp_loop_new();

    ahttp_loop_new(); /* is the current one now */
    ahttp_remote_wait(ahttp_submit(own, give_back, NULL), 1000, NULL);
}

static void the_loops_own_thread_must_not_wait(void **state)
{
    (void)state;

    assert_misuse(wait_on_own_thread, "ahttp_remote_wait: called on the loop's own thread");
}

/* ---- The loop's end ---- */

static void a_task_that_runs_when_the_loop_closes_is_cancelled(void **state)
{
    ahttp_remote *remote = ahttp_submit(loop, sleep_long, NULL);
    uv_sem_wait(&sleeping);

    stop_thread(state);

    assert_int_equal(ahttp_remote_wait(remote, AHTTP_NEVER, NULL), AHTTP_E_CANCELLED);
    ahttp_remote_cancel(remote);
    ahttp_remote_free(remote);
}

static void a_task_that_the_loop_has_not_seen_when_it_closes_is_refused(void **state)
{
    (void)state;
    ahttp_loop *own = ahttp_loop_new();
    ahttp_remote *remote = ahttp_submit(own, give_back, NULL);
    ahttp_remote_cancel(remote);

    ahttp_loop_close(own);

    assert_int_equal(ahttp_remote_wait(remote, AHTTP_NEVER, NULL), AHTTP_E_CLOSED);
    assert_string_equal(ahttp_remote_error(remote)->message, "submit task: the loop was closed");
    assert_int_equal(atomic_load(&runs), 0);
    ahttp_remote_free(remote);
}

static int code_in_thread;

/* Submits when the loop is being closed already, which it shows by cancelling the sleeper. */
static void *submit_late(void *arg)
{
    uv_sem_wait(arg);
    ahttp_remote *remote = ahttp_submit(loop, give_back, NULL);
    code_in_thread = ahttp_remote_wait(remote, AHTTP_NEVER, NULL);
    ahttp_remote_free(remote);
    return NULL;
}

static void *tell_when_cancelled(void *arg)
{
    ahttp_await(ahttp_sleep(LONG_MS));
    uv_sem_post(arg);
    return NULL;
}

static void work_in_the_pool_that_submits_to_a_closing_loop_is_refused(void **state)
{
    (void)state;
    loop = ahttp_loop_new();
    ahttp_drop(ahttp_spawn(tell_when_cancelled, &sleeping));
    ahttp_drop(ahttp_run_blocking(submit_late, &sleeping, NULL));
    ahttp_await(ahttp_sleep(0));

    ahttp_loop_close(loop);

    assert_int_equal(code_in_thread, AHTTP_E_CLOSED);
}

/* ---- Out of memory ---- */

static void submit_and_wait(void *ctx)
{
    int value;
    void *result = NULL;
    ahttp_loop *own = ahttp_loop_new();
    if (!own)
        return;

    ahttp_remote *remote = ahttp_submit(own, give_back, &value);
    if (ctx)
        ahttp_remote_cancel(remote);
    ahttp_loop_run(own);
    int code = ahttp_remote_wait(remote, AHTTP_NEVER, &result);

    assert_true(code == AHTTP_E_NO_MEMORY || code == (ctx ? AHTTP_E_CANCELLED : 0));
    assert_true(code == 0 ? result == &value : ahttp_remote_error(remote)->code == code);
    ahttp_remote_free(remote);
    ahttp_loop_close(own);
}

static void out_of_memory_arrives_by_wait(void **state)
{
    (void)state;

    for_each_allocation(submit_and_wait, NULL);
    for_each_allocation(submit_and_wait, "cancel");
}

#define ALONE(test)       cmocka_unit_test_setup_teardown(test, prepare, clear)
#define WITH_THREAD(test) cmocka_unit_test_setup_teardown(test, start_thread, stop_thread)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_loops_own_thread_must_not_wait),
        WITH_THREAD(what_the_task_returns_is_given_to_who_waits),
        WITH_THREAD(a_failure_arrives_with_code_and_message),
        WITH_THREAD(waiting_ends_at_its_limit_and_the_task_goes_on),
        WITH_THREAD(several_threads_may_wait_for_one_task),
        WITH_THREAD(a_task_that_nobody_waits_for_goes_on),
        WITH_THREAD(cancelling_fails_what_the_task_awaits),
        ALONE(cancelled_before_the_loop_looks_a_task_never_runs),
        WITH_THREAD(cancelling_what_has_ended_does_nothing),
        cmocka_unit_test_setup(cancelled_and_freed_at_once_a_task_still_cleans_up, start_thread),
        ALONE(the_loops_own_thread_may_submit),
        cmocka_unit_test_setup(a_task_that_runs_when_the_loop_closes_is_cancelled, start_thread),
        ALONE(a_task_that_the_loop_has_not_seen_when_it_closes_is_refused),
        ALONE(work_in_the_pool_that_submits_to_a_closing_loop_is_refused),
        ALONE(out_of_memory_arrives_by_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
