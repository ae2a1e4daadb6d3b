/* SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "loop/loop_state.h"
#include "support/check.h"
#include "support/failing_alloc.h"
#include <ahttp/task.h>
#include <ahttp/wait.h>

enum { COUNT = 3 };

static ahttp_loop *the_loop;
static ahttp_promise *promises[COUNT];
static ahttp_future *futures[COUNT];
static int freed;

static void note_free(void *result)
{
    (void)result;
    freed++;
}

static int open_loop(void **state)
{
    freed = 0;
    *state = the_loop = ahttp_loop_new(.virtual_clock = true);
    if (!the_loop)
        return -1;
    for (int i = 0; i < COUNT; i++)
        futures[i] = ahttp_promise_new(&promises[i], NULL, NULL);
    return 0;
}

static void resolve(int i)
{
    ahttp_promise_resolve(promises[i], &promises[i], note_free);
    promises[i] = NULL;
}

static int close_loop(void **state)
{
    for (int i = 0; i < COUNT; i++)
        if (promises[i])
            resolve(i);
    return ahttp_loop_close(*state);
}

static void resolve_by_ctx(void *ctx)
{
    resolve((int)(intptr_t)ctx);
}

static void resolve_at(int i, int64_t delay_ms)
{
    ahttp_loop_call(the_loop, delay_ms, resolve_by_ctx, (void *)(intptr_t)i);
}

static void run_ready(void)
{
    ahttp_await(ahttp_sleep(0));
}

static ahttp_completion *start(int64_t limit_ms)
{
    return ahttp_as_completed(COUNT, futures, limit_ms);
}

/* The next future, which must be done, and must be number i. */
static void assert_next(ahttp_completion *completion, int i)
{
    ahttp_future *next = ahttp_await(ahttp_completion_next(completion));

    assert_ptr_equal(next, futures[i]);
    assert_true(ahttp_future_done(next));
    assert_ptr_equal(ahttp_await(next), &promises[i]);
}

static int next_code(ahttp_completion *completion)
{
    return ahttp_await_status(ahttp_completion_next(completion));
}

/* ---- Order ---- */

static void futures_come_in_the_order_in_which_they_end(void **state)
{
    ahttp_completion *each = start(AHTTP_NEVER);
    resolve_at(0, 20);
    resolve_at(1, 30);
    resolve_at(2, 10);

    assert_next(each, 2);
    assert_int_equal(ahttp_loop_now(*state), 10);
    assert_next(each, 0);
    assert_next(each, 1);

    assert_null(ahttp_await(ahttp_completion_next(each)));
    assert_int_equal(next_code(each), 0);
    ahttp_completion_end(each);
    assert_int_equal(freed, 0);
}

static void those_that_end_while_nobody_asks_are_kept_in_order(void **state)
{
    (void)state;
    ahttp_completion *each = start(AHTTP_NEVER);

    resolve(1);
    resolve(2);
    resolve(0);
    run_ready();

    assert_next(each, 1);
    assert_next(each, 2);
    assert_next(each, 0);
    ahttp_completion_end(each);
}

static void those_done_at_the_call_come_at_once(void **state)
{
    (void)state;
    resolve(2);
    resolve(1);
    ahttp_completion *each = start(AHTTP_NEVER);

    ahttp_future *next = ahttp_completion_next(each);

    assert_true(ahttp_future_done(next));
    assert_ptr_equal(ahttp_await(next), futures[1]);
    ahttp_drop(futures[1]);
    assert_next(each, 2);
    ahttp_completion_end(each);
}

static void of_none_the_first_next_is_the_end(void **state)
{
    (void)state;
    ahttp_completion *each = ahttp_as_completed(0, NULL, 10);

    assert_int_equal(next_code(each), 0);

    ahttp_completion_end(each);
    for (int i = 0; i < COUNT; i++)
        ahttp_drop(futures[i]);
}

static void one_that_failed_is_given_out_like_the_others(void **state)
{
    (void)state;
    ahttp_completion *each = start(AHTTP_NEVER);

    ahttp_future_cancel(futures[1]);
    ahttp_future *next = ahttp_await(ahttp_completion_next(each));

    assert_int_equal(ahttp_await_status(next), AHTTP_E_CANCELLED);
    ahttp_completion_end(each);
}

static void what_is_given_out_may_be_handed_in_in_any_way(void **state)
{
    (void)state;
    void *results[2];
    ahttp_completion *each = start(AHTTP_NEVER);
    resolve(0);
    resolve(1);

    ahttp_future *pair[] = {ahttp_await(ahttp_completion_next(each)),
                            ahttp_await(ahttp_completion_next(each))};
    ahttp_completion_end(each);

    assert_int_equal(ahttp_await_status(ahttp_gather(2, pair, results)), 0);
    assert_ptr_equal(results[1], &promises[1]);
}

/* ---- Limit ---- */

static void the_limit_counts_from_the_call_for_all_together(void **state)
{
    ahttp_completion *each = start(50);
    resolve_at(0, 30);

    assert_next(each, 0);
    assert_int_equal(next_code(each), AHTTP_E_TIMEOUT);

    assert_int_equal(ahttp_loop_now(*state), 50);
    assert_string_equal(ahttp_task_error()->message, "as completed: took longer than 50 ms");
    ahttp_completion_end(each);
}

static void after_the_limit_the_done_ones_are_still_given_out(void **state)
{
    (void)state;
    ahttp_completion *each = start(50);
    resolve_at(2, 10);
    resolve_at(0, 20);
    ahttp_await(ahttp_sleep(100));

    assert_next(each, 2);
    assert_next(each, 0);
    assert_int_equal(next_code(each), AHTTP_E_TIMEOUT);
    assert_int_equal(next_code(each), AHTTP_E_TIMEOUT);

    ahttp_completion_end(each);
}

static void one_that_ends_after_the_limit_can_still_be_had(void **state)
{
    (void)state;
    ahttp_completion *each = start(50);
    assert_int_equal(next_code(each), AHTTP_E_TIMEOUT);

    resolve(1);

    assert_next(each, 1);
    ahttp_completion_end(each);
}

static void a_limit_of_0_gives_out_what_is_done_already(void **state)
{
    resolve(1);
    ahttp_completion *each = start(0);

    assert_next(each, 1);
    assert_int_equal(next_code(each), AHTTP_E_TIMEOUT);

    assert_int_equal(ahttp_loop_now(*state), 0);
    ahttp_completion_end(each);
}

static void after_the_last_the_limit_does_not_matter(void **state)
{
    (void)state;
    ahttp_completion *each = start(50);
    for (int i = 0; i < COUNT; i++) {
        resolve(i);
        assert_next(each, i);
    }

    ahttp_await(ahttp_sleep(100));

    assert_int_equal(next_code(each), 0);
    ahttp_completion_end(each);
}

static void the_limit_does_not_outlive_the_work(void **state)
{
    ahttp_completion *each = start(5000);
    for (int i = 0; i < COUNT; i++)
        resolve(i);

    ahttp_loop_run(*state);

    assert_int_equal(ahttp_loop_now(*state), 0);
    ahttp_completion_end(each);
}

/* ---- Nothing is lost ---- */

static void one_next_at_a_time(void **state)
{
    (void)state;
    ahttp_completion *each = start(AHTTP_NEVER);
    ahttp_future *next = ahttp_completion_next(each);

    assert_int_equal(next_code(each), AHTTP_E_STATE);

    resolve(0);
    assert_ptr_equal(ahttp_await(next), futures[0]);
    ahttp_drop(futures[0]);
    ahttp_completion_end(each);
}

static void a_next_that_was_cancelled_loses_nothing(void **state)
{
    (void)state;
    ahttp_completion *each = start(AHTTP_NEVER);
    resolve_at(1, 20);

    assert_int_equal(ahttp_await_status(ahttp_within(10, ahttp_completion_next(each))),
                     AHTTP_E_TIMEOUT);

    assert_next(each, 1);
    ahttp_completion_end(each);
}

static void what_a_dropped_next_got_is_given_out_again(void **state)
{
    (void)state;
    ahttp_completion *each = start(AHTTP_NEVER);
    ahttp_future *next = ahttp_completion_next(each);
    resolve(2);
    resolve(0);
    run_ready();

    assert_true(ahttp_future_done(next));
    ahttp_drop(next);

    assert_next(each, 2);
    assert_next(each, 0);
    ahttp_completion_end(each);
}

static void what_a_next_that_is_dropped_after_the_end_got_is_freed(void **state)
{
    (void)state;
    ahttp_completion *each = start(AHTTP_NEVER);
    resolve(0);
    run_ready();
    ahttp_future *next = ahttp_completion_next(each);

    ahttp_completion_end(each);
    assert_int_equal(freed, 0);
    ahttp_drop(next);

    assert_int_equal(freed, 1);
}

static void a_next_that_resolved_may_be_awaited_after_the_end(void **state)
{
    (void)state;
    ahttp_completion *each = start(AHTTP_NEVER);
    resolve(0);
    run_ready();
    ahttp_future *next = ahttp_completion_next(each);

    ahttp_completion_end(each);

    assert_ptr_equal(ahttp_await(next), futures[0]);
    assert_ptr_equal(ahttp_await(futures[0]), &promises[0]);
}

static void a_status_alone_frees_what_was_given(void **state)
{
    (void)state;
    ahttp_completion *each = start(AHTTP_NEVER);
    resolve(0);

    assert_int_equal(next_code(each), 0);

    assert_int_equal(freed, 1);
    ahttp_completion_end(each);
}

/* ---- The end ---- */

static void at_the_end_the_others_go_on_and_their_results_are_freed(void **state)
{
    (void)state;
    ahttp_completion *each = start(50);
    resolve(0);
    resolve(1);
    run_ready();
    assert_next(each, 0);

    ahttp_completion_end(each);

    assert_int_equal(freed, 1);
    resolve(2);
    assert_int_equal(freed, 2);
}

static void at_the_end_a_pending_next_fails(void **state)
{
    (void)state;
    ahttp_completion *each = start(AHTTP_NEVER);
    ahttp_future *next = ahttp_completion_next(each);

    ahttp_completion_end(each);

    assert_int_equal(ahttp_await_status(next), AHTTP_E_CLOSED);
}

/* ---- Memory ---- */

static void take_in_little_memory(void *ctx)
{
    (void)ctx;
    ahttp_loop *loop = ahttp_loop_new(.virtual_clock = true);
    if (!loop)
        return;
    ahttp_future *sleeps[] = {ahttp_sleep(20), ahttp_sleep(10), ahttp_sleep(2000)};
    ahttp_completion *each = ahttp_as_completed(3, sleeps, 1000);

    ahttp_future *next;
    while ((next = ahttp_await(ahttp_completion_next(each)))) {
        int rc = ahttp_await_status(next);
        assert_true(rc == 0 || rc == AHTTP_E_NO_MEMORY);
    }
    int code = ahttp_task_error()->code;
    assert_true(code == AHTTP_E_TIMEOUT || code == AHTTP_E_NO_MEMORY);

    ahttp_completion_end(each);
    ahttp_loop_close(loop);
}

static void out_of_memory_arrives_through_next(void **state)
{
    (void)state;

    for_each_allocation(take_in_little_memory, NULL);
}

static void without_memory_the_futures_go_on(void **state)
{
    counting_alloc_install();
    ahttp_loop *loop = ahttp_loop_new(.virtual_clock = true);
    ahttp_future *sleep = ahttp_sleep(10);

    counting_alloc_fail_nth(1);
    ahttp_completion *each = ahttp_as_completed(1, &sleep, AHTTP_NEVER);

    assert_int_equal(next_code(each), AHTTP_E_NO_MEMORY);
    assert_int_equal(next_code(each), AHTTP_E_NO_MEMORY);
    ahttp_completion_end(each);
    ahttp_loop_run(loop);
    assert_int_equal(ahttp_loop_now(loop), 10);
    ahttp_loop_close(loop);
    counting_alloc_remove();
    for (int i = 0; i < COUNT; i++)
        ahttp_drop(futures[i]);
    (void)state;
}

static void futures_that_are_nothing_but_out_of_memory_are_given_out(void **state)
{
    (void)state;
    ahttp_future *none = &the_loop->futures.last_resort;
    ahttp_future *mixed[] = {none, futures[0], none};
    ahttp_completion *each = ahttp_as_completed(3, mixed, AHTTP_NEVER);
    ahttp_drop(ahttp_completion_next(each));

    assert_int_equal(ahttp_await_status(ahttp_await(ahttp_completion_next(each))),
                     AHTTP_E_NO_MEMORY);
    assert_int_equal(ahttp_await_status(ahttp_await(ahttp_completion_next(each))),
                     AHTTP_E_NO_MEMORY);
    resolve(0);
    assert_next(each, 0);

    assert_int_equal(next_code(each), 0);
    ahttp_completion_end(each);
    ahttp_drop(futures[1]);
    ahttp_drop(futures[2]);
}

#define WITH_LOOP(test) cmocka_unit_test_setup_teardown(test, open_loop, close_loop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LOOP(futures_come_in_the_order_in_which_they_end),
        WITH_LOOP(those_that_end_while_nobody_asks_are_kept_in_order),
        WITH_LOOP(those_done_at_the_call_come_at_once),
        WITH_LOOP(of_none_the_first_next_is_the_end),
        WITH_LOOP(one_that_failed_is_given_out_like_the_others),
        WITH_LOOP(what_is_given_out_may_be_handed_in_in_any_way),
        WITH_LOOP(the_limit_counts_from_the_call_for_all_together),
        WITH_LOOP(after_the_limit_the_done_ones_are_still_given_out),
        WITH_LOOP(one_that_ends_after_the_limit_can_still_be_had),
        WITH_LOOP(a_limit_of_0_gives_out_what_is_done_already),
        WITH_LOOP(after_the_last_the_limit_does_not_matter),
        WITH_LOOP(the_limit_does_not_outlive_the_work),
        WITH_LOOP(one_next_at_a_time),
        WITH_LOOP(a_next_that_was_cancelled_loses_nothing),
        WITH_LOOP(what_a_dropped_next_got_is_given_out_again),
        WITH_LOOP(what_a_next_that_is_dropped_after_the_end_got_is_freed),
        WITH_LOOP(a_next_that_resolved_may_be_awaited_after_the_end),
        WITH_LOOP(a_status_alone_frees_what_was_given),
        WITH_LOOP(at_the_end_the_others_go_on_and_their_results_are_freed),
        WITH_LOOP(at_the_end_a_pending_next_fails),
        cmocka_unit_test(out_of_memory_arrives_through_next),
        WITH_LOOP(without_memory_the_futures_go_on),
        WITH_LOOP(futures_that_are_nothing_but_out_of_memory_are_given_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
