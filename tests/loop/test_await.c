/* SPDX-License-Identifier: MIT */
/* Waiting outside of tasks, which works in every build. */
#include "base/error.h"
#include "loop/future.h"
#include "support/check.h"
#include "support/failing_alloc.h"
#include "support/misuse.h"
#include <ahttp/task.h>

static int open_loop(void **state)
{
    *state = ahttp_loop_new(.virtual_clock = true);
    return *state ? 0 : -1;
}

static int close_loop(void **state)
{
    return ahttp_loop_close(*state);
}

static void an_await_outside_of_tasks_runs_the_loop_until_done(void **state)
{
    int64_t before_ms = ahttp_loop_now(*state);

    assert_int_equal(ahttp_await_status(ahttp_sleep(5000)), 0);

    assert_int_equal(ahttp_loop_now(*state), before_ms + 5000);
}

static void count(void *ctx)
{
    ++*(int *)ctx;
}

static void an_await_of_a_done_future_runs_nothing(void **state)
{
    int calls = 0, value = 0;
    ahttp_future *future = ah_future_new(*state);
    ah_future_resolve(future, &value, NULL);
    ahttp_loop_call(*state, 0, count, &calls);

    assert_ptr_equal(ahttp_await(future), &value);

    assert_int_equal(calls, 0);
}

static void an_await_goes_on_when_the_loop_is_told_to_stop(void **state)
{
    ahttp_loop *loop = *state;
    ahttp_future *future = ahttp_sleep(10);
    ahttp_loop_stop(loop);

    assert_int_equal(ahttp_await_status(future), 0);
    assert_int_equal(ahttp_loop_now(loop), 10);
}

static void the_error_of_the_last_failed_await_is_kept(void **state)
{
    ahttp_loop *loop = *state;
    assert_int_equal(ahttp_task_error()->code, 0);

    assert_null(ahttp_await(ah_future_failed(loop, ah_error_new(AHTTP_E_DNS, "first"))));
    assert_int_equal(ahttp_await_status(ah_future_failed(loop, ah_error_new(AHTTP_E_TLS, "next"))),
                     AHTTP_E_TLS);
    assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);

    assert_int_equal(ahttp_task_error()->code, AHTTP_E_TLS);
    assert_string_equal(ahttp_task_error()->message, "next");
}

static void the_error_is_found_whatever_loop_the_await_was_on(void **state)
{
    ahttp_loop *other = ahttp_loop_new();

    assert_null(ahttp_await(ah_future_failed(*state, ah_error_new(AHTTP_E_DNS, "on the first"))));
    assert_string_equal(ahttp_task_error()->message, "on the first");
    assert_null(ahttp_await(ah_future_failed(other, ah_error_new(AHTTP_E_TLS, "on the other"))));
    assert_string_equal(ahttp_task_error()->message, "on the other");
    ahttp_loop_close(other);

    assert_int_equal(ahttp_task_error()->code, 0);
}

static void await_in_call(void *ctx)
{
    (void)ctx;
    ahttp_await(ahttp_sleep(1));
}

static void break_the_rule(void)
{
    ahttp_loop *loop = ahttp_loop_new();

    ahttp_loop_call(loop, 0, await_in_call, NULL);
    ahttp_loop_run(loop);
}

static void await_in_then(ahttp_future *future, void *ctx)
{
    (void)future;
    await_in_call(ctx);
}

static void break_the_rule_inside_an_await(void)
{
    ahttp_loop *loop = ahttp_loop_new();

    ahttp_then(ahttp_sleep(0), await_in_then, NULL);
    ahttp_await(ahttp_sleep(5));
    ahttp_loop_close(loop);
}

static void an_await_in_a_callback_aborts_with_a_sentence(void **state)
{
    (void)state;

    assert_misuse(break_the_rule, "ahttp_await: called in a callback");
    assert_misuse(break_the_rule_inside_an_await, "ahttp_await: called in a callback");
}

static void sleep_and_await(ahttp_loop *loop)
{
    ahttp_await(ahttp_sleep(1));
    ahttp_await(ahttp_sleep(0));
    ahttp_loop_run(loop);
}

static void sleeping_and_awaiting_allocate_nothing_in_steady_state(void **state)
{
    (void)state;
    counting_alloc_install();
    ahttp_loop *loop = ahttp_loop_new(.virtual_clock = true);
    sleep_and_await(loop);
    size_t before = counting_alloc_counts().allocations;

    for (int i = 0; i < 100; i++)
        sleep_and_await(loop);

    assert_int_equal(counting_alloc_counts().allocations, before);
    ahttp_loop_close(loop);
    counting_alloc_remove();
}

#define WITH_LOOP(test) cmocka_unit_test_setup_teardown(test, open_loop, close_loop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LOOP(an_await_outside_of_tasks_runs_the_loop_until_done),
        WITH_LOOP(an_await_of_a_done_future_runs_nothing),
        WITH_LOOP(an_await_goes_on_when_the_loop_is_told_to_stop),
        WITH_LOOP(the_error_of_the_last_failed_await_is_kept),
        WITH_LOOP(the_error_is_found_whatever_loop_the_await_was_on),
        cmocka_unit_test(an_await_in_a_callback_aborts_with_a_sentence),
        cmocka_unit_test(sleeping_and_awaiting_allocate_nothing_in_steady_state),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
