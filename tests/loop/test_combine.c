/* SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "loop/future.h"
#include "support/check.h"
#include "support/failing_alloc.h"
#include "support/misuse.h"
#include <ahttp/task.h>
#include <string.h>

static int freed;
static ahttp_loop *the_loop;

static void note_free(void *result)
{
    (void)result;
    freed++;
}

static int open_loop(void **state)
{
    freed = 0;
    *state = the_loop = ahttp_loop_new(.virtual_clock = true);
    return *state ? 0 : -1;
}

static int close_loop(void **state)
{
    return ahttp_loop_close(*state);
}

static ahttp_future *failed(int code)
{
    return ah_future_failed(the_loop, ah_error_new(code, "made to fail"));
}

/* Work that goes on for a while after it was cancelled. */
typedef struct work {
    ahttp_promise *promise;
    int64_t cleaning_ms;
    void *result; /* instead of being cancelled */
    int cancels;
} work;

static void end_work(void *ctx)
{
    work *self = ctx;

    if (self->result)
        ahttp_promise_resolve(self->promise, self->result, note_free);
    else
        ahttp_promise_reject(self->promise, AHTTP_E_CANCELLED, "work: cancelled");
}

static void stop_work(void *ctx)
{
    work *self = ctx;

    self->cancels++;
    ahttp_loop_call(the_loop, self->cleaning_ms, end_work, self);
}

static ahttp_future *start_work(work *self)
{
    return ahttp_promise_new(&self->promise, stop_work, self);
}

/* ---- sleep ---- */

static char said[8];

static void say(ahttp_future *future, void *ctx)
{
    (void)future;
    strcat(said, ctx);
}

static void a_sleep_of_0_lets_others_run_first(void **state)
{
    said[0] = '\0';
    ahttp_then(ahttp_sleep(0), say, "d");

    ahttp_then(failed(AHTTP_E_STATE), say, "a");
    ahttp_then(ahttp_sleep(0), say, "e");
    ahttp_then(failed(AHTTP_E_STATE), say, "b");
    ahttp_loop_run(*state);

    assert_string_equal(said, "abde");
    assert_int_equal(ahttp_loop_now(*state), 0);
}

static void a_cancelled_sleep_ends_at_once(void **state)
{
    ahttp_future *sleeps[] = {ahttp_sleep(0), ahttp_sleep(1000)};

    for (int i = 0; i < 2; i++) {
        ahttp_future_cancel(sleeps[i]);
        assert_true(ahttp_future_done(sleeps[i]));
        assert_int_equal(ahttp_await_status(sleeps[i]), AHTTP_E_CANCELLED);
    }
    ahttp_loop_run(*state);

    assert_int_equal(ahttp_loop_now(*state), 0);
}

static void closing_the_loop_ends_sleeps_that_nobody_waits_for(void **state)
{
    (void)state;
    ahttp_loop *loop = ahttp_loop_new();

    ahttp_drop(ahttp_sleep(3600000));
    ahttp_drop(ahttp_within(7200000, ahttp_sleep(3600000)));

    assert_int_equal(ahttp_loop_close(loop), 0);
}

static void sleep_without_loop(void)
{
    ahttp_drop(ahttp_sleep(1));
}

static void a_sleep_needs_a_loop(void **state)
{
    (void)state;

    assert_misuse(sleep_without_loop, "ahttp_sleep: this thread has no loop");
}

/* ---- within ---- */

static void within_its_limit_work_gives_its_result(void **state)
{
    int value = 0;
    work self = {.result = &value};
    ahttp_future *future = ahttp_within(100, start_work(&self));

    ahttp_loop_call(*state, 99, end_work, &self);

    assert_ptr_equal(ahttp_await(future), &value);
    assert_int_equal(self.cancels, 0);
    ahttp_loop_run(*state);
    assert_int_equal(ahttp_loop_now(*state), 99); /* no timer is left */
}

static void what_takes_longer_is_cancelled_and_waited_for(void **state)
{
    work self = {.cleaning_ms = 50};

    assert_int_equal(ahttp_await_status(ahttp_within(100, start_work(&self))), AHTTP_E_TIMEOUT);

    assert_int_equal(self.cancels, 1);
    assert_int_equal(ahttp_loop_now(*state), 150);
    assert_string_equal(ahttp_task_error()->message, "wait: took longer than 100 ms");
}

static void work_that_ends_in_a_result_after_all_gives_it(void **state)
{
    (void)state;
    int value = 0;
    work self = {.cleaning_ms = 50, .result = &value};

    assert_ptr_equal(ahttp_await(ahttp_within(100, start_work(&self))), &value);

    assert_int_equal(self.cancels, 1);
    assert_int_equal(freed, 0);
}

static void other_failures_pass_through_within(void **state)
{
    work self = {0};
    ahttp_future *future = ahttp_within(100, start_work(&self));
    ahttp_promise_reject(self.promise, AHTTP_E_DNS, "no such name");

    assert_int_equal(ahttp_await_status(future), AHTTP_E_DNS);

    assert_string_equal(ahttp_task_error()->message, "no such name");
    assert_int_equal(ahttp_loop_now(*state), 0);
}

static void a_limit_of_0_asks_whether_it_is_done_already(void **state)
{
    int value = 0;
    work self = {0};
    ahttp_future *done = ah_future_new(*state);
    ah_future_resolve(done, &value, NULL);

    assert_ptr_equal(ahttp_await(ahttp_within(0, done)), &value);
    assert_int_equal(ahttp_await_status(ahttp_within(0, start_work(&self))), AHTTP_E_TIMEOUT);
    assert_int_equal(ahttp_await_status(ahttp_within(-5, ahttp_sleep(0))), AHTTP_E_TIMEOUT);

    assert_int_equal(self.cancels, 1);
    assert_int_equal(ahttp_loop_now(*state), 0);
}

static void without_a_limit_within_waits_for_the_end(void **state)
{
    int value = 0;
    work self = {.result = &value};
    ahttp_future *future = ahttp_within(AHTTP_NEVER, start_work(&self));

    ahttp_loop_call(*state, 3600000, end_work, &self);

    assert_ptr_equal(ahttp_await(future), &value);
    assert_int_equal(self.cancels, 0);
    assert_int_equal(ahttp_loop_now(*state), 3600000);
}

static void cancelling_within_cancels_the_work_and_is_no_timeout(void **state)
{
    (void)state;
    work self = {.cleaning_ms = 500};
    ahttp_future *future = ahttp_within(100, start_work(&self));

    ahttp_future_cancel(future);
    assert_false(ahttp_future_done(future));

    assert_int_equal(ahttp_await_status(future), AHTTP_E_CANCELLED);
    assert_int_equal(self.cancels, 1);
}

static void limits_nest_and_the_shortest_counts(void **state)
{
    ahttp_future *inner = ahttp_within(100, ahttp_sleep(1000));

    assert_int_equal(ahttp_await_status(ahttp_within(500, inner)), AHTTP_E_TIMEOUT);
    assert_int_equal(ahttp_loop_now(*state), 100);
    inner = ahttp_within(500, ahttp_sleep(1000));
    assert_int_equal(ahttp_await_status(ahttp_within(100, inner)), AHTTP_E_TIMEOUT);

    assert_int_equal(ahttp_loop_now(*state), 200);
}

/* ---- gather ---- */

static void gather_gives_all_results_in_the_order_of_the_futures(void **state)
{
    int values[2];
    void *results[3] = {values, NULL, NULL};
    work late = {.result = &values[0]}, early = {.result = &values[1]};
    ahttp_future *futures[] = {start_work(&late), start_work(&early), ahttp_sleep(5)};
    ahttp_future *all = ahttp_gather(3, futures, results);
    ahttp_loop_call(*state, 20, end_work, &late);
    ahttp_loop_call(*state, 10, end_work, &early);

    assert_int_equal(ahttp_await_status(all), 0);

    assert_ptr_equal(results[0], &values[0]);
    assert_ptr_equal(results[1], &values[1]);
    assert_null(results[2]);
    assert_int_equal(freed, 0);
}

static void gather_without_results_frees_them(void **state)
{
    int value;
    ahttp_future *futures[] = {ah_future_new(*state), ah_future_new(*state)};
    ah_future_resolve(futures[0], &value, note_free);
    ahttp_future *all = ahttp_gather(2, futures, NULL);
    ah_future_resolve(futures[1], &value, note_free);

    assert_int_equal(ahttp_await_status(all), 0);

    assert_int_equal(freed, 2);
}

static void gather_of_nothing_is_done(void **state)
{
    (void)state;
    ahttp_future *all = ahttp_gather(0, NULL, NULL);

    assert_true(ahttp_future_done(all));
    assert_int_equal(ahttp_await_status(all), 0);
}

static void the_first_failure_is_reported_at_once_and_the_others_go_on(void **state)
{
    int value;
    void *results[3] = {NULL};
    work before = {.result = &value}, after = {.result = &value}, last = {0};
    ahttp_future *futures[] = {start_work(&before), ahttp_within(10, ahttp_sleep(1000)),
                               start_work(&after), start_work(&last)};
    ahttp_future *all = ahttp_gather(4, futures, results);
    ahttp_loop_call(*state, 5, end_work, &before);
    ahttp_loop_call(*state, 20, end_work, &after);
    ahttp_loop_call(*state, 30, end_work, &last);

    assert_int_equal(ahttp_await_status(all), AHTTP_E_TIMEOUT);
    assert_int_equal(ahttp_loop_now(*state), 10);
    assert_int_equal(freed, 1);
    ahttp_loop_run(*state);

    assert_int_equal(ahttp_loop_now(*state), 30);
    assert_int_equal(after.cancels, 0);
    assert_int_equal(freed, 2);
    assert_null(results[0]);
}

static void cancelling_gather_cancels_all_and_waits_for_all(void **state)
{
    work quick = {.cleaning_ms = 10}, slow = {.cleaning_ms = 70};
    ahttp_future *futures[] = {start_work(&quick), start_work(&slow), ahttp_sleep(1000)};
    ahttp_future *all = ahttp_gather(3, futures, NULL);

    ahttp_future_cancel(all);
    assert_int_equal(ahttp_await_status(all), AHTTP_E_CANCELLED);

    assert_int_equal(quick.cancels, 1);
    assert_int_equal(slow.cancels, 1);
    assert_int_equal(ahttp_loop_now(*state), 70);
}

static void a_cancelled_gather_of_which_all_succeed_succeeds(void **state)
{
    (void)state;
    int value;
    void *results[1];
    work self = {.result = &value};
    ahttp_future *futures[] = {start_work(&self)};
    ahttp_future *all = ahttp_gather(1, futures, results);

    ahttp_future_cancel(all);
    assert_int_equal(ahttp_await_status(all), 0);

    assert_ptr_equal(results[0], &value);
}

static void a_dropped_gather_goes_on(void **state)
{
    int value;
    work self = {.result = &value};
    ahttp_future *futures[] = {start_work(&self), failed(AHTTP_E_DNS)};

    ahttp_drop(ahttp_gather(2, futures, NULL));
    ahttp_loop_call(*state, 20, end_work, &self);
    ahttp_loop_run(*state);

    assert_int_equal(freed, 1);
}

static void gather_one_twice(void)
{
    ahttp_future *one = ah_future_new(the_loop);
    ahttp_future *futures[] = {one, one};

    ahttp_drop(ahttp_gather(2, futures, NULL));
}

static void gather_from_two_loops(void)
{
    ahttp_future *futures[] = {ah_future_new(the_loop), ah_future_new(ahttp_loop_new())};

    ahttp_drop(ahttp_gather(2, futures, NULL));
}

static void gather_refuses_what_breaks_the_rules(void **state)
{
    (void)state;

    assert_misuse(gather_one_twice, "handed in twice");
    assert_misuse(gather_from_two_loops, "ahttp_gather: the futures belong to different loops");
}

/* ---- Without memory ---- */

static void combine_everything(void *ctx)
{
    (void)ctx;
    the_loop = ahttp_loop_new(.virtual_clock = true);
    if (!the_loop)
        return;

    ahttp_future *futures[] = {ahttp_within(10, ahttp_sleep(20)), ahttp_within(20, ahttp_sleep(10)),
                               ahttp_sleep(0)};
    int code = ahttp_await_status(ahttp_gather(3, futures, NULL));

    assert_true(code == AHTTP_E_TIMEOUT || code == AHTTP_E_NO_MEMORY);
    ahttp_loop_close(the_loop);
}

static void out_of_memory_arrives_through_the_future(void **state)
{
    (void)state;

    for_each_allocation(combine_everything, NULL);
}

static void gathering_more_than_memory_has_fails(void **state)
{
    (void)state;
    work self = {0};
    ahttp_future *future = start_work(&self);
    counting_alloc_install();
    counting_alloc_fail_nth(1);

    ahttp_future *all = ahttp_gather(1, &future, NULL);
    ahttp_set_allocator(NULL);

    assert_int_equal(ahttp_await_status(all), AHTTP_E_NO_MEMORY);
    ahttp_promise_resolve(self.promise, NULL, NULL); /* it went on */
}

#define WITH_LOOP(test) cmocka_unit_test_setup_teardown(test, open_loop, close_loop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LOOP(a_sleep_of_0_lets_others_run_first),
        WITH_LOOP(a_cancelled_sleep_ends_at_once),
        cmocka_unit_test(closing_the_loop_ends_sleeps_that_nobody_waits_for),
        cmocka_unit_test(a_sleep_needs_a_loop),
        WITH_LOOP(within_its_limit_work_gives_its_result),
        WITH_LOOP(what_takes_longer_is_cancelled_and_waited_for),
        WITH_LOOP(work_that_ends_in_a_result_after_all_gives_it),
        WITH_LOOP(other_failures_pass_through_within),
        WITH_LOOP(a_limit_of_0_asks_whether_it_is_done_already),
        WITH_LOOP(without_a_limit_within_waits_for_the_end),
        WITH_LOOP(cancelling_within_cancels_the_work_and_is_no_timeout),
        WITH_LOOP(limits_nest_and_the_shortest_counts),
        WITH_LOOP(gather_gives_all_results_in_the_order_of_the_futures),
        WITH_LOOP(gather_without_results_frees_them),
        WITH_LOOP(gather_of_nothing_is_done),
        WITH_LOOP(the_first_failure_is_reported_at_once_and_the_others_go_on),
        WITH_LOOP(cancelling_gather_cancels_all_and_waits_for_all),
        WITH_LOOP(a_cancelled_gather_of_which_all_succeed_succeeds),
        WITH_LOOP(a_dropped_gather_goes_on),
        WITH_LOOP(gather_refuses_what_breaks_the_rules),
        cmocka_unit_test(out_of_memory_arrives_through_the_future),
        WITH_LOOP(gathering_more_than_memory_has_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
