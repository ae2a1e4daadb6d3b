/* SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "loop/future.h"
#include "support/check.h"
#include <ahttp/task.h>
#include <string.h>

static char said[64];

static void say(const char *word)
{
    strcat(said, word);
}

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

/* Says its name, sleeps for a second, and says "." or, when cancelled, "!". */
static void *nap(void *arg)
{
    say(arg);
    if (ahttp_await_status(ahttp_sleep(1000)) < 0) {
        say("!");
        return ahttp_fail_again();
    }
    say(".");
    return arg;
}

static void cancelled_before_its_first_step_a_task_never_runs(void **state)
{
    (void)state;
    ahttp_future *future = ahttp_spawn(nap, "a");

    ahttp_future_cancel(future);

    assert_int_equal(ahttp_await_status(future), AHTTP_E_CANCELLED);
    assert_string_equal(said, "");
}

static void cancel(void *ctx)
{
    ahttp_future_cancel(ctx);
}

static void cancelling_a_task_fails_its_await(void **state)
{
    ahttp_future *future = ahttp_spawn(nap, "a");
    ahttp_loop_call(*state, 10, cancel, future);

    assert_int_equal(ahttp_await_status(future), AHTTP_E_CANCELLED);

    assert_string_equal(said, "a!");
    assert_int_equal(ahttp_loop_now(*state), 10);
}

static void *swallow(void *arg)
{
    while (ahttp_await_status(ahttp_sleep(1000)) == 0)
        continue;
    return arg;
}

static void a_task_may_swallow_a_cancel(void **state)
{
    int value;
    ahttp_future *future = ahttp_spawn(swallow, &value);
    ahttp_loop_call(*state, 10, cancel, future);

    assert_ptr_equal(ahttp_await(future), &value);
}

static void *clean_up_slowly(void *arg)
{
    ahttp_await(ahttp_sleep(1000));
    ahttp_await(ahttp_sleep(30));
    say("child ");
    return ahttp_fail(AHTTP_E_CANCELLED, "cleaned up %s", (const char *)arg);
}

static void *wait_for_child(void *arg)
{
    int code = ahttp_await_status(ahttp_spawn(clean_up_slowly, arg));

    say("parent");
    return code == AHTTP_E_CANCELLED ? ahttp_fail_again() : NULL;
}

static void a_cancelled_parent_waits_until_its_child_has_cleaned_up(void **state)
{
    ahttp_future *future = ahttp_spawn(wait_for_child, "x");
    ahttp_loop_call(*state, 10, cancel, future);

    assert_int_equal(ahttp_await_status(future), AHTTP_E_CANCELLED);

    assert_string_equal(said, "child parent");
    assert_string_equal(ahttp_task_error()->message, "cleaned up x");
    assert_int_equal(ahttp_loop_now(*state), 40);
}

typedef struct race {
    ahttp_promise *promise;
    ahttp_future *task;
} race;

static void *await_result_then_sleep(void *arg)
{
    race *self = arg;
    ahttp_future *future = ahttp_promise_new(&self->promise, NULL, NULL);

    if (ahttp_await(future) == said)
        say("result ");
    if (ahttp_await_status(ahttp_sleep(1000)) == AHTTP_E_CANCELLED)
        say("cancel ");
    if (ahttp_await_status(ahttp_sleep(1000)) == 0)
        say("once");
    return NULL;
}

static void resolve_and_cancel(void *ctx)
{
    race *self = ctx;

    ahttp_promise_resolve(self->promise, said, NULL);
    ahttp_future_cancel(self->task);
}

static void a_result_that_is_there_is_delivered_and_the_cancel_comes_next(void **state)
{
    race self;
    self.task = ahttp_spawn(await_result_then_sleep, &self);
    ahttp_loop_call(*state, 10, resolve_and_cancel, &self);

    assert_int_equal(ahttp_await_status(self.task), 0);

    assert_string_equal(said, "result cancel once");
}

static void *cancel_self(void *arg)
{
    race *self = arg;
    ahttp_future *done = ah_future_failed(ahttp_loop_current(), ah_error_no_memory());

    ahttp_future_cancel(self->task);
    if (ahttp_await_status(done) == AHTTP_E_NO_MEMORY)
        say("done ");
    if (ahttp_await_status(ahttp_sleep(1)) == AHTTP_E_CANCELLED)
        say("cancelled");
    return NULL;
}

static void a_task_that_cancels_itself_notices_at_its_next_wait(void **state)
{
    (void)state;
    race self;
    self.task = ahttp_spawn(cancel_self, &self);

    assert_int_equal(ahttp_await_status(self.task), 0);

    assert_string_equal(said, "done cancelled");
}

static void a_second_cancel_interrupts_cleaning_up(void **state)
{
    ahttp_future *future = ahttp_spawn(clean_up_slowly, "x");
    ahttp_loop_call(*state, 10, cancel, future);
    ahttp_loop_call(*state, 20, cancel, future);

    assert_int_equal(ahttp_await_status(future), AHTTP_E_CANCELLED);

    assert_int_equal(ahttp_loop_now(*state), 20);
}

static void within_and_tasks_work_together(void **state)
{
    (void)state;

    assert_int_equal(ahttp_await_status(ahttp_within(100, ahttp_spawn(nap, "a"))), AHTTP_E_TIMEOUT);

    assert_string_equal(said, "a!");
}

#define WITH_LOOP(test) cmocka_unit_test_setup_teardown(test, open_loop, close_loop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LOOP(cancelled_before_its_first_step_a_task_never_runs),
        WITH_LOOP(cancelling_a_task_fails_its_await),
        WITH_LOOP(a_task_may_swallow_a_cancel),
        WITH_LOOP(a_cancelled_parent_waits_until_its_child_has_cleaned_up),
        WITH_LOOP(a_result_that_is_there_is_delivered_and_the_cancel_comes_next),
        WITH_LOOP(a_task_that_cancels_itself_notices_at_its_next_wait),
        WITH_LOOP(a_second_cancel_interrupts_cleaning_up),
        WITH_LOOP(within_and_tasks_work_together),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
