/* SPDX-License-Identifier: MIT */
#include "loop/future.h"
#include "support/check.h"
#include "support/failing_alloc.h"
#include <ahttp/sync.h>
#include <ahttp/task.h>
#include <string.h>

static char said[8];

static int open_loop(void **state)
{
    said[0] = '\0';
    *state = ahttp_loop_new(.virtual_clock = true);
    return *state ? 0 : -1;
}

static int close_loop(void **state)
{
    return ahttp_loop_close(*state);
}

static void say(ahttp_future *future, void *ctx)
{
    (void)future;
    strcat(said, ctx);
}

static void setting_wakes_all_in_the_order_in_which_they_came(void **state)
{
    ahttp_event *event = ahttp_event_new();
    ahttp_then(ahttp_event_wait(event), say, "a");
    ahttp_then(ahttp_event_wait(event), say, "b");
    ahttp_drop(ahttp_event_wait(event));
    ahttp_then(ahttp_event_wait(event), say, "c");
    ahttp_loop_run(*state);
    assert_false(ahttp_event_is_set(event));
    assert_string_equal(said, "");

    ahttp_event_set(event);
    ahttp_loop_run(*state);

    assert_true(ahttp_event_is_set(event));
    assert_string_equal(said, "abc");
    ahttp_event_free(event);
}

static void waiting_for_a_set_event_is_done_at_once(void **state)
{
    (void)state;
    ahttp_event *event = ahttp_event_new();
    ahttp_event_set(event);

    ahttp_future *at_once = ahttp_event_wait(event);
    assert_true(ahttp_future_done(at_once));
    ahttp_event_clear(event);
    ahttp_future *pending = ahttp_event_wait(event);

    assert_int_equal(ahttp_await_status(at_once), 0);
    assert_false(ahttp_event_is_set(event));
    assert_false(ahttp_future_done(pending));
    ahttp_event_free(event);
    ahttp_drop(pending);
}

static void who_was_woken_stays_so_when_the_event_is_cleared(void **state)
{
    (void)state;
    ahttp_event *event = ahttp_event_new();
    ahttp_future *woken = ahttp_event_wait(event);

    ahttp_event_set(event);
    ahttp_event_clear(event);
    ahttp_future_cancel(woken);

    assert_int_equal(ahttp_await_status(woken), 0);
    ahttp_event_free(event);
}

static void a_cancelled_wait_fails_alone(void **state)
{
    (void)state;
    ahttp_event *event = ahttp_event_new();
    ahttp_future *first = ahttp_event_wait(event);
    ahttp_future *second = ahttp_event_wait(event);

    ahttp_future_cancel(first);
    ahttp_event_set(event);

    assert_int_equal(ahttp_await_status(first), AHTTP_E_CANCELLED);
    assert_string_equal(ahttp_task_error()->message, "wait for event: cancelled");
    assert_int_equal(ahttp_await_status(second), 0);
    ahttp_event_free(event);
}

static void freeing_fails_those_who_wait(void **state)
{
    (void)state;
    ahttp_event *event = ahttp_event_new();
    ahttp_future *waiting = ahttp_within(50, ahttp_event_wait(event));

    ahttp_event_free(event);

    assert_int_equal(ahttp_await_status(waiting), AHTTP_E_CLOSED);
    ahttp_event_free(NULL);
}

static void run_out_of_memory(void *ctx)
{
    (void)ctx;
    ahttp_loop *loop = ahttp_loop_new(.virtual_clock = true);
    if (!loop)
        return;
    ahttp_event *event = ahttp_event_new();
    if (event) {
        ahttp_future *waiting = ahttp_event_wait(event);
        ahttp_event_set(event);
        int code = ahttp_await_status(waiting);
        assert_true(code == 0 || code == AHTTP_E_NO_MEMORY);
    }
    ahttp_event_free(event);
    ahttp_loop_close(loop);
}

static void running_out_of_memory_arrives_through_the_future(void **state)
{
    (void)state;
    for_each_allocation(run_out_of_memory, NULL);
}

#define WITH_LOOP(test) cmocka_unit_test_setup_teardown(test, open_loop, close_loop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LOOP(setting_wakes_all_in_the_order_in_which_they_came),
        WITH_LOOP(waiting_for_a_set_event_is_done_at_once),
        WITH_LOOP(who_was_woken_stays_so_when_the_event_is_cleared),
        WITH_LOOP(a_cancelled_wait_fails_alone),
        WITH_LOOP(freeing_fails_those_who_wait),
        cmocka_unit_test(running_out_of_memory_arrives_through_the_future),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
