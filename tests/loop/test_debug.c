/* SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "loop/loop_state.h"
#include "support/check.h"
#include "support/failing_alloc.h"
#include "support/misuse.h"
#include "support/reports.h"
#include <ahttp/sync.h>
#include <ahttp/task.h>
#include <ahttp/thread.h>
#include <ahttp/wait.h>
#include <stdlib.h>

static void ignore(ahttp_future *future, void *ctx)
{
    (void)future;
    (void)ctx;
}

static void look_at_error(ahttp_future *future, void *ctx)
{
    *(int *)ctx = ahttp_future_error(future)->code;
}

static ahttp_future *failing(void)
{
    ahttp_promise *promise;
    ahttp_future *future = ahttp_promise_new(&promise, NULL, NULL);

    ahttp_promise_reject(promise, AHTTP_E_STATE, "the disk is full");
    return future;
}

/* ---- Errors that nobody read ---- */

static void an_error_of_a_dropped_future_is_reported(void **state)
{
    (void)state;
    ahttp_loop *loop = open_debug_loop();

    ahttp_drop(failing());

    assert_string_equal(reports, "Error that nobody read: ahttp_promise_new: the disk is full\n");
    ahttp_loop_close(loop);
}

static void an_error_that_comes_after_the_drop_is_reported(void **state)
{
    (void)state;
    ahttp_promise *promise;
    ahttp_loop *loop = open_debug_loop();
    ahttp_drop(ahttp_promise_new(&promise, NULL, NULL));

    ahttp_promise_reject(promise, AHTTP_E_STATE, "too late");

    assert_reported("too late");
    ahttp_loop_close(loop);
}

static void a_callback_that_does_not_ask_for_the_error_has_not_read_it(void **state)
{
    (void)state;
    int code = 0;
    ahttp_loop *loop = open_debug_loop();

    ahttp_then(failing(), look_at_error, &code);
    ahttp_loop_run(loop);
    assert_int_equal(code, AHTTP_E_STATE);
    assert_nothing_reported();
    ahttp_then(failing(), ignore, NULL);
    ahttp_loop_run(loop);

    assert_reported("Error that nobody read");
    ahttp_loop_close(loop);
}

static void who_awaits_has_read_the_error(void **state)
{
    (void)state;
    ahttp_loop *loop = open_debug_loop();
    ahttp_future *both[] = {failing(), failing()};

    assert_null(ahttp_await(failing()));
    assert_int_equal(ahttp_await_status(failing()), AHTTP_E_STATE);
    assert_int_equal(ahttp_await_status(ahttp_gather(2, both, NULL)), AHTTP_E_STATE);
    assert_int_equal(ahttp_await_status(ahttp_within(100, failing())), AHTTP_E_STATE);
    ahttp_loop_close(loop);

    assert_nothing_reported();
}

static void being_cancelled_is_no_error(void **state)
{
    (void)state;
    ahttp_loop *loop = open_debug_loop();
    ahttp_future *future = ahttp_sleep(1000);

    ahttp_future_cancel(future);
    ahttp_drop(future);
    ahttp_loop_close(loop);

    assert_nothing_reported();
}

/* ---- Futures that are left ---- */

static void a_future_that_nobody_hands_in_is_reported_at_the_end(void **state)
{
    (void)state;
    ahttp_loop *loop = open_debug_loop();
    ahttp_future *lost = ahttp_sleep(1);
    ahttp_await_status(ahttp_sleep(10));
    assert_nothing_reported();

    ahttp_loop_close(loop);

    assert_string_equal(reports, "Future that nobody handed in: ahttp_sleep\n");
    ah_free_lines(lost);
}

static void a_future_that_is_never_settled_is_reported_at_the_end(void **state)
{
    (void)state;
    ahttp_promise *promise;
    ahttp_loop *loop = open_debug_loop();
    ahttp_future *waiting = ahttp_promise_new(&promise, NULL, NULL);
    ahttp_then(waiting, ignore, NULL);

    ahttp_loop_close(loop);

    assert_string_equal(reports, "Future that was never settled: ahttp_promise_new\n");
    ah_free_lines(waiting);
}

static void *work(void *arg)
{
    return arg;
}

static void futures_know_the_function_that_made_them(void **state)
{
    (void)state;
    ahttp_promise *promise;
    ahttp_loop *loop = open_debug_loop();
    ahttp_semaphore *semaphore = ahttp_semaphore_new(0);
    ahttp_queue *queue = ahttp_queue_new(1, NULL);
    ahttp_event *event = ahttp_event_new();
    ahttp_executor *executor = ahttp_executor_new(1);
    ahttp_future *futures[] = {
        ahttp_promise_new(&promise, NULL, NULL),
        ahttp_semaphore_acquire(semaphore),
        ahttp_queue_get(queue),
        ahttp_event_wait(event),
        ahttp_gather(0, NULL, NULL),
        ahttp_file_load("/"),
        ahttp_run_blocking(work, NULL, NULL),
        ahttp_executor_submit(executor, work, NULL, NULL),
        ahttp_shield(ahttp_sleep(1)),
        ahttp_within(10, ahttp_sleep(1)),
    };
    static const char *const makers[] = {
        "ahttp_promise_new",  "ahttp_semaphore_acquire",
        "ahttp_queue_get",    "ahttp_event_wait",
        "ahttp_gather",       "ahttp_file_load",
        "ahttp_run_blocking", "ahttp_executor_submit",
        "ahttp_shield",       "ahttp_within",
    };

    for (size_t i = 0; i < COUNT_OF(futures); i++)
        assert_string_equal(futures[i]->trace->maker, makers[i]);

    for (size_t i = 0; i < COUNT_OF(futures); i++) {
        ahttp_future_cancel(futures[i]);
        ahttp_drop(futures[i]);
    }
    ahttp_promise_resolve(promise, NULL, NULL);
    ahttp_semaphore_free(semaphore);
    ahttp_queue_free(queue);
    ahttp_event_free(event);
    ahttp_await_status(ahttp_executor_close(executor));
    ahttp_loop_close(loop);
    assert_nothing_reported();
}

/* ---- Slow callbacks ---- */

static void be_slow(void *ctx)
{
    ahttp_loop *loop = ctx;

    loop->debug.slow_ns = 0; /* everything is slow from here on */
}

static void be_quick(void *ctx)
{
    (void)ctx;
}

static void callbacks_that_take_long_are_reported(void **state)
{
    (void)state;
    ahttp_loop *loop = open_debug_loop();

    ahttp_loop_call(loop, 0, be_quick, NULL);
    ahttp_loop_run(loop);
    assert_nothing_reported();
    ahttp_loop_call(loop, 0, be_slow, loop);
    ahttp_loop_run(loop);

    int ms = -1, len = 0;
    sscanf(reports, "A callback took %d ms\n%n", &ms, &len);
    assert_true(ms >= 0);
    assert_int_equal(len, strlen(reports)); /* and nothing else */
    ahttp_loop_close(loop);
}

static void callbacks_are_slow_from_100_ms_of_real_time_on(void **state)
{
    (void)state;
    ahttp_loop *real = ahttp_loop_new(.debug = true);
    ahttp_loop *virtual = open_debug_loop();

    assert_int_equal(real->debug.slow_ns, 100000000);
    assert_int_equal(virtual->debug.slow_ns, UINT64_MAX);
    ahttp_loop_close(virtual);
    ahttp_loop_close(real);
}

/* ---- Threads ---- */

static ahttp_loop *the_loop;
static ahttp_future *the_future;
static ahttp_promise *the_promise;

static void cancel_call(void *arg)
{
    (void)arg;
    ahttp_loop_cancel(the_loop, 1);
}

static void call(void *arg)
{
    (void)arg;
    ahttp_loop_call(the_loop, 0, be_quick, NULL);
}

static void close_it(void *arg)
{
    (void)arg;
    ahttp_loop_close(the_loop);
}

static void drop(void *arg)
{
    (void)arg;
    ahttp_drop(the_future);
}

static void cancel_future(void *arg)
{
    (void)arg;
    ahttp_future_cancel(the_future);
}

static void resolve(void *arg)
{
    (void)arg;
    ahttp_promise_resolve(the_promise, NULL, NULL);
}

static void (*trespass)(void *arg);

static void trespass_from_a_thread(void)
{
    uv_thread_t thread;

    the_loop = ahttp_loop_new(.debug = true);
    the_future = ahttp_promise_new(&the_promise, NULL, NULL);
    uv_thread_create(&thread, trespass, NULL);
    uv_thread_join(&thread);
}

static void calls_from_another_thread_are_refused(void **state)
{
    static const struct {
        void (*trespass)(void *arg);
        const char *sentence;
    } cases[] = {
        {call, "ahttp_loop_call: called on another thread"},
        {cancel_call, "ahttp_loop_cancel: called on another thread"},
        {close_it, "ahttp_loop_close: called on another thread"},
        {drop, "ahttp_then, ...): called on another thread than its loop's; bring work to a loop "
               "by ahttp_loop_post or ahttp_submit"},
        {cancel_future, "ahttp_future_cancel: called on another thread"},
        {resolve, "ahttp_promise_resolve: called on another thread"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        trespass = cases[i].trespass;
        assert_misuse(trespass_from_a_thread, cases[i].sentence);
    }
}

static void post(void *loop)
{
    ahttp_loop_post(loop, be_quick, NULL);
}

static void posting_is_for_other_threads(void **state)
{
    (void)state;
    uv_thread_t thread;
    ahttp_loop *loop = open_debug_loop();

    uv_thread_create(&thread, post, loop);
    uv_thread_join(&thread);
    ahttp_loop_run(loop);
    ahttp_loop_close(loop);

    assert_nothing_reported();
}

/* ---- On and off ---- */

static void the_environment_turns_it_on(void **state)
{
    (void)state;

    setenv("AHTTP_DEBUG", "1", 1);
    ahttp_loop *loop = ahttp_loop_new();
    assert_true(loop->debug.on);
    ahttp_loop_close(loop);
    setenv("AHTTP_DEBUG", "0", 1);
    loop = ahttp_loop_new();
    assert_false(loop->debug.on);
    ahttp_loop_close(loop);
    unsetenv("AHTTP_DEBUG");
}

static void without_it_nothing_is_said(void **state)
{
    (void)state;
    ahttp_loop *loop = ahttp_loop_new();
    ahttp_loop_set_report(loop, note_report, NULL);
    reports[0] = '\0';

    ahttp_drop(failing());
    ahttp_future *lost = ahttp_sleep(0);
    ahttp_loop_run(loop);
    ahttp_loop_close(loop);

    assert_nothing_reported();
    ah_free_lines(lost);
}

static void say_and_abort(void)
{
    ahttp_loop_new(.debug = true);
    ahttp_drop(failing());
    abort();
}

static void reports_go_to_standard_error_at_first(void **state)
{
    (void)state;

    assert_misuse(say_and_abort,
                  "libahttp: Error that nobody read: ahttp_promise_new: the disk is full\n");
}

/* ---- Memory ---- */

static void use_in_little_memory(void *ctx)
{
    ahttp_loop *loop = ahttp_loop_new(.debug = true, .virtual_clock = true);

    (void)ctx;
    if (!loop)
        return;
    ahttp_loop_set_report(loop, note_report, NULL);
    reports[0] = '\0';
    for (int i = 0; i < 3; i++)
        ahttp_await_status(ahttp_within(10, ahttp_sleep(i * 10)));
    ahttp_loop_close(loop);
    assert_nothing_reported();
}

static void without_memory_less_is_said_and_nothing_breaks(void **state)
{
    (void)state;

    for_each_allocation(use_in_little_memory, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        /* First, for TSan: the child of a process with threads must not start any. */
        cmocka_unit_test(calls_from_another_thread_are_refused),
        cmocka_unit_test(an_error_of_a_dropped_future_is_reported),
        cmocka_unit_test(an_error_that_comes_after_the_drop_is_reported),
        cmocka_unit_test(a_callback_that_does_not_ask_for_the_error_has_not_read_it),
        cmocka_unit_test(who_awaits_has_read_the_error),
        cmocka_unit_test(being_cancelled_is_no_error),
        cmocka_unit_test(a_future_that_nobody_hands_in_is_reported_at_the_end),
        cmocka_unit_test(a_future_that_is_never_settled_is_reported_at_the_end),
        cmocka_unit_test(futures_know_the_function_that_made_them),
        cmocka_unit_test(callbacks_that_take_long_are_reported),
        cmocka_unit_test(callbacks_are_slow_from_100_ms_of_real_time_on),
        cmocka_unit_test(posting_is_for_other_threads),
        cmocka_unit_test(the_environment_turns_it_on),
        cmocka_unit_test(without_it_nothing_is_said),
        cmocka_unit_test(reports_go_to_standard_error_at_first),
        cmocka_unit_test(without_memory_less_is_said_and_nothing_breaks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
