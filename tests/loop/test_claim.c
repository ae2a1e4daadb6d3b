/* SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "loop/future.h"
#include "support/check.h"
#include <ahttp/task.h>

static ahttp_loop *the_loop;
static int claimed, turned_down, freed;

static int open_loop(void **state)
{
    claimed = turned_down = freed = 0;
    *state = the_loop = ahttp_loop_new(.virtual_clock = true);
    return *state ? 0 : -1;
}

static int close_loop(void **state)
{
    return ahttp_loop_close(*state);
}

static void note_free(void *result)
{
    (void)result;
    freed++;
}

static void note_end(ahttp_future *future)
{
    if (future->claimed)
        claimed++;
    else
        turned_down++;
}

/* What comes with a permit, say. */
static ahttp_future *grant(void)
{
    ahttp_future *future = ah_future_new(the_loop);

    future->ended = note_end;
    return future;
}

static ahttp_future *granted(void *result)
{
    ahttp_future *future = grant();

    ah_future_resolve(future, result, note_free);
    return future;
}

static void do_nothing(ahttp_future *future, void *ctx)
{
    (void)future;
    (void)ctx;
}

static void waiting_to_the_end_claims(void **state)
{
    int value;

    assert_int_equal(ahttp_await_status(granted(NULL)), 0);
    assert_int_equal(claimed, 1);
    assert_ptr_equal(ahttp_await(granted(&value)), &value);
    assert_int_equal(claimed, 2);
    ahttp_then(granted(NULL), do_nothing, NULL);
    ahttp_loop_run(*state);

    assert_int_equal(claimed, 3);
    assert_int_equal(turned_down, 0);
}

static void taking_the_result_claims(void **state)
{
    (void)state;
    int value;
    ahttp_future *future = grant();
    assert_null(ahttp_future_take(future));
    assert_false(future->claimed);
    ah_future_resolve(future, &value, note_free);

    assert_ptr_equal(ahttp_future_take(future), &value);
    ahttp_drop(future);

    assert_int_equal(claimed, 1);
    assert_int_equal(freed, 0);
}

static void what_is_dropped_is_not_claimed_before_and_after_it_is_done(void **state)
{
    (void)state;
    int value;
    ahttp_future *pending = grant();

    ahttp_drop(granted(&value));
    assert_int_equal(turned_down, 1);
    ahttp_drop(pending);
    assert_int_equal(turned_down, 1);
    ah_future_resolve(pending, &value, note_free);

    assert_int_equal(turned_down, 2);
    assert_int_equal(freed, 2);
}

static void within_passes_claims_on(void **state)
{
    (void)state;
    int value;
    ahttp_future *first = grant(), *second = grant();
    ahttp_future *limited = ahttp_within(10, first);
    ahttp_future *unwanted = ahttp_within(10, ahttp_within(20, second));

    ah_future_resolve(first, &value, note_free);
    ah_future_resolve(second, &value, note_free);
    assert_ptr_equal(ahttp_await(limited), &value);
    assert_int_equal(claimed, 1);
    ahttp_drop(unwanted);
    ahttp_loop_run(*state);

    assert_int_equal(claimed, 1);
    assert_int_equal(turned_down, 1);
    assert_int_equal(freed, 1);
}

static void a_result_that_was_claimed_but_not_taken_is_freed_once(void **state)
{
    int value;
    ahttp_future *first = grant();

    ahttp_then(ahttp_within(10, first), do_nothing, NULL);
    ah_future_resolve(first, &value, note_free);
    ahttp_loop_run(*state);

    assert_int_equal(claimed, 1);
    assert_int_equal(freed, 1);
}

static void a_failure_passed_on_tells_of_claims_too(void **state)
{
    (void)state;
    ahttp_future *first = grant();
    ahttp_future *limited = ahttp_within(10, first);

    ah_future_reject(first, ah_error_new(AHTTP_E_DNS, "resolve x: no such name"));
    assert_int_equal(ahttp_await_status(limited), AHTTP_E_DNS);

    assert_int_equal(claimed, 1);
}

static void a_gather_that_is_awaited_claims_all(void **state)
{
    (void)state;
    int values[2];
    void *results[2];
    ahttp_future *wanted[] = {granted(&values[0]), granted(&values[1])};
    ahttp_future *unneeded[] = {granted(&values[0]), granted(NULL)};

    assert_int_equal(ahttp_await_status(ahttp_gather(2, wanted, results)), 0);
    assert_ptr_equal(results[1], &values[1]);
    assert_int_equal(claimed, 2);
    assert_int_equal(freed, 0);
    assert_int_equal(ahttp_await_status(ahttp_gather(2, unneeded, NULL)), 0);

    assert_int_equal(claimed, 4);
    assert_int_equal(freed, 1);
}

static void a_gather_that_fails_claims_none(void **state)
{
    int value;
    ahttp_future *late = grant();
    ahttp_future *futures[] = {granted(&value), ahttp_within(5, ahttp_sleep(10)), late};

    assert_int_equal(ahttp_await_status(ahttp_gather(3, futures, NULL)), AHTTP_E_TIMEOUT);
    assert_int_equal(turned_down, 1);
    ah_future_resolve(late, &value, note_free);
    ahttp_loop_run(*state);

    assert_int_equal(turned_down, 2);
    assert_int_equal(freed, 2);
}

static void a_gather_that_is_dropped_claims_none(void **state)
{
    int value;
    void *results[1];
    ahttp_future *before[] = {granted(&value)}, *after[] = {granted(&value)};
    ahttp_future *all = ahttp_gather(1, after, results);

    ahttp_drop(ahttp_gather(1, before, results));
    ahttp_loop_run(*state);
    assert_int_equal(turned_down, 1);
    ahttp_drop(ahttp_within(10, all));

    assert_int_equal(turned_down, 2);
    assert_int_equal(claimed, 0);
    assert_int_equal(freed, 2);
}

static void passing_on_to_a_future_that_is_done_claims_nothing(void **state)
{
    int value;
    ahttp_future *from = granted(&value), *to = ah_future_new(*state);
    ahttp_future_cancel(to);

    ah_future_hand_in(from);
    ah_future_pass_on(from, to);

    assert_int_equal(turned_down, 1);
    assert_int_equal(freed, 1);
    assert_int_equal(ahttp_await_status(to), AHTTP_E_CANCELLED);
}

#define WITH_LOOP(test) cmocka_unit_test_setup_teardown(test, open_loop, close_loop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LOOP(waiting_to_the_end_claims),
        WITH_LOOP(taking_the_result_claims),
        WITH_LOOP(what_is_dropped_is_not_claimed_before_and_after_it_is_done),
        WITH_LOOP(within_passes_claims_on),
        WITH_LOOP(a_result_that_was_claimed_but_not_taken_is_freed_once),
        WITH_LOOP(a_failure_passed_on_tells_of_claims_too),
        WITH_LOOP(a_gather_that_is_awaited_claims_all),
        WITH_LOOP(a_gather_that_fails_claims_none),
        WITH_LOOP(a_gather_that_is_dropped_claims_none),
        WITH_LOOP(passing_on_to_a_future_that_is_done_claims_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
