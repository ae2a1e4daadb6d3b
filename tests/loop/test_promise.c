/* SPDX-License-Identifier: MIT */
#include "support/check.h"
#include "support/failing_alloc.h"
#include "support/misuse.h"
#include <ahttp/future.h>
#include <ahttp/task.h>

static int freed;

static void note_free(void *result)
{
    (void)result;
    freed++;
}

static int open_loop(void **state)
{
    freed = 0;
    *state = ahttp_loop_new(.virtual_clock = true);
    return *state ? 0 : -1;
}

static int close_loop(void **state)
{
    return ahttp_loop_close(*state);
}

static void a_promise_resolves_its_future(void **state)
{
    (void)state;
    int value = 0;
    ahttp_promise *promise;
    ahttp_future *future = ahttp_promise_new(&promise, NULL, NULL);

    ahttp_promise_resolve(promise, &value, note_free);

    assert_ptr_equal(ahttp_await(future), &value);
    assert_int_equal(freed, 0);
}

static void a_promise_rejects_its_future_with_code_and_message(void **state)
{
    (void)state;
    ahttp_promise *promise;
    ahttp_future *future = ahttp_promise_new(&promise, NULL, NULL);

    ahttp_promise_reject(promise, AHTTP_E_STATE, "open %s: %d locks", "door", 3);

    assert_int_equal(ahttp_await_status(future), AHTTP_E_STATE);
    assert_string_equal(ahttp_task_error()->message, "open door: 3 locks");
}

static void without_on_cancel_a_cancel_fails_at_once_and_settling_is_still_due(void **state)
{
    (void)state;
    int value = 0;
    ahttp_promise *promise;
    ahttp_future *future = ahttp_promise_new(&promise, NULL, NULL);

    ahttp_future_cancel(future);
    assert_true(ahttp_future_done(future));
    assert_int_equal(ahttp_await_status(future), AHTTP_E_CANCELLED);
    ahttp_promise_resolve(promise, &value, note_free);

    assert_int_equal(freed, 1);
}

typedef struct worker {
    ahttp_promise *promise;
    int cancels;
} worker;

static void stop_work(void *ctx)
{
    worker *self = ctx;

    self->cancels++;
    ahttp_promise_reject(self->promise, AHTTP_E_CANCELLED, "work: cancelled");
}

static void on_cancel_is_called_from_the_loop_once(void **state)
{
    (void)state;
    worker self = {0};
    ahttp_future *future = ahttp_promise_new(&self.promise, stop_work, &self);

    ahttp_future_cancel(future);
    ahttp_future_cancel(future);
    assert_int_equal(self.cancels, 0);
    assert_false(ahttp_future_done(future));

    assert_int_equal(ahttp_await_status(future), AHTTP_E_CANCELLED);
    assert_int_equal(self.cancels, 1);
}

static void what_is_settled_before_on_cancel_was_called_keeps_its_result(void **state)
{
    int value = 0;
    worker self = {0};
    ahttp_future *future = ahttp_promise_new(&self.promise, stop_work, &self);
    ahttp_future_cancel(future);

    ahttp_promise_resolve(self.promise, &value, note_free);
    ahttp_loop_run(*state);

    assert_int_equal(self.cancels, 0);
    assert_ptr_equal(ahttp_await(future), &value);
}

static void a_dropped_future_leaves_the_promise_to_its_maker(void **state)
{
    (void)state;
    int value = 0;
    worker self = {0};
    ahttp_drop(ahttp_promise_new(&self.promise, stop_work, &self));

    ahttp_promise_resolve(self.promise, &value, note_free);

    assert_int_equal(freed, 1);
    assert_int_equal(self.cancels, 0);
}

static void make_promise(void *ctx)
{
    (void)ctx;
    int value = 0;
    ahttp_promise *promise;
    ahttp_loop *loop = ahttp_loop_new();
    if (!loop)
        return;
    freed = 0;

    ahttp_future *future = ahttp_promise_new(&promise, NULL, NULL);
    assert_int_equal(ahttp_future_done(future), promise == NULL);
    ahttp_promise_resolve(promise, &value, note_free);
    void *result = ahttp_await(future);

    assert_true(result == &value || ahttp_task_error()->code == AHTTP_E_NO_MEMORY);
    assert_int_equal(freed, result ? 0 : 1);
    ahttp_loop_close(loop);
}

static void out_of_memory_is_a_failed_future_and_no_promise(void **state)
{
    (void)state;

    ahttp_promise_reject(NULL, AHTTP_E_STATE, "nothing happens");
    for_each_allocation(make_promise, NULL);
}

static void promise_without_loop(void)
{
    ahttp_promise *promise;

    ahttp_drop(ahttp_promise_new(&promise, NULL, NULL));
}

static void a_promise_needs_a_loop(void **state)
{
    (void)state;

    assert_misuse(promise_without_loop, "ahttp_promise_new: this thread has no loop");
}

#define WITH_LOOP(test) cmocka_unit_test_setup_teardown(test, open_loop, close_loop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LOOP(a_promise_resolves_its_future),
        WITH_LOOP(a_promise_rejects_its_future_with_code_and_message),
        WITH_LOOP(without_on_cancel_a_cancel_fails_at_once_and_settling_is_still_due),
        WITH_LOOP(on_cancel_is_called_from_the_loop_once),
        WITH_LOOP(what_is_settled_before_on_cancel_was_called_keeps_its_result),
        WITH_LOOP(a_dropped_future_leaves_the_promise_to_its_maker),
        cmocka_unit_test(out_of_memory_is_a_failed_future_and_no_promise),
        cmocka_unit_test(a_promise_needs_a_loop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
