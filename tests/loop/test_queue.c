/* SPDX-License-Identifier: MIT */
#include "loop/future.h"
#include "support/check.h"
#include "support/misuse.h"
#include <ahttp/sync.h>
#include <ahttp/task.h>

static ahttp_loop *the_loop;
static int items[8];
static int freed;

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

static void note_free(void *item)
{
    assert_non_null(item);
    freed++;
}

static int code_of(ahttp_future *future)
{
    assert_true(ahttp_future_done(future));
    return ahttp_await_status(future);
}

static void *item_of(ahttp_future *future)
{
    assert_true(ahttp_future_done(future));
    return ahttp_await(future);
}

static void assert_next(ahttp_queue *queue, const void *item)
{
    void *next = NULL;

    assert_true(ahttp_queue_try_get(queue, &next));
    assert_ptr_equal(next, item);
}

static ahttp_queue *queue_of(int count)
{
    ahttp_queue *queue = ahttp_queue_new(0, note_free);

    for (int i = 0; i < count; i++)
        assert_true(ahttp_queue_try_put(queue, &items[i]));
    return queue;
}

/* ---- In and out ---- */

static void items_come_out_in_the_order_they_went_in(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    static char many[COUNT];
    ahttp_queue *queue = ahttp_queue_new(0, NULL);

    for (int i = 0; i < COUNT; i++)
        assert_int_equal(code_of(ahttp_queue_put(queue, &many[i])), 0);
    assert_int_equal(ahttp_queue_size(queue), COUNT);
    for (int i = 0; i < COUNT; i++)
        assert_ptr_equal(item_of(ahttp_queue_get(queue)), &many[i]);

    assert_int_equal(ahttp_queue_size(queue), 0);
    ahttp_queue_free(queue);
}

static void getters_are_served_first_come_first(void **state)
{
    (void)state;
    ahttp_queue *queue = ahttp_queue_new(0, NULL);
    ahttp_future *first = ahttp_queue_get(queue), *second = ahttp_queue_get(queue);
    assert_false(ahttp_future_done(first));

    assert_int_equal(code_of(ahttp_queue_put(queue, &items[0])), 0);
    assert_false(ahttp_future_done(second));
    assert_true(ahttp_queue_try_put(queue, &items[1]));

    assert_ptr_equal(item_of(first), &items[0]);
    assert_ptr_equal(item_of(second), &items[1]);
    ahttp_queue_free(queue);
}

static void a_full_queue_lets_putters_wait(void **state)
{
    (void)state;
    ahttp_queue *queue = ahttp_queue_new(1, NULL);
    assert_int_equal(code_of(ahttp_queue_put(queue, &items[0])), 0);
    ahttp_future *second = ahttp_queue_put(queue, &items[1]);
    ahttp_future *third = ahttp_queue_put(queue, &items[2]);
    assert_false(ahttp_queue_try_put(queue, &items[3]));
    assert_false(ahttp_future_done(second));

    assert_next(queue, &items[0]);
    assert_int_equal(code_of(second), 0);
    assert_false(ahttp_future_done(third));
    assert_ptr_equal(item_of(ahttp_queue_get(queue)), &items[1]);
    assert_int_equal(code_of(third), 0);

    assert_int_equal(ahttp_queue_size(queue), 1);
    assert_next(queue, &items[2]);
    ahttp_queue_free(queue);
}

static void trying_never_waits(void **state)
{
    (void)state;
    void *item = NULL;
    ahttp_queue *queue = ahttp_queue_new(2, NULL);
    assert_false(ahttp_queue_try_get(queue, &item));

    assert_true(ahttp_queue_try_put(queue, &items[0]));
    assert_true(ahttp_queue_try_put(queue, NULL));
    assert_false(ahttp_queue_try_put(queue, &items[2]));

    assert_next(queue, &items[0]);
    assert_next(queue, NULL);
    ahttp_queue_free(queue);
}

/* ---- Giving up ---- */

static void a_cancelled_get_takes_no_item_along(void **state)
{
    (void)state;
    ahttp_queue *queue = ahttp_queue_new(0, note_free);
    ahttp_future *cancelled = ahttp_queue_get(queue);
    ahttp_future *limited = ahttp_within(5, ahttp_queue_get(queue));
    ahttp_future_cancel(cancelled);
    assert_int_equal(ahttp_await_status(limited), AHTTP_E_TIMEOUT);

    assert_true(ahttp_queue_try_put(queue, &items[0]));

    assert_int_equal(code_of(cancelled), AHTTP_E_CANCELLED);
    assert_string_equal(ahttp_task_error()->message, "get from queue: cancelled");
    assert_next(queue, &items[0]);
    ahttp_queue_free(queue);
    assert_int_equal(freed, 0);
}

static void a_cancel_after_the_item_came_does_not_take_it_away(void **state)
{
    (void)state;
    ahttp_queue *queue = queue_of(1);
    ahttp_future *get = ahttp_queue_get(queue);

    ahttp_future_cancel(get);

    assert_ptr_equal(item_of(get), &items[0]);
    ahttp_queue_free(queue);
}

static void an_item_that_nobody_claims_goes_back_to_its_place(void **state)
{
    (void)state;
    ahttp_queue *queue = queue_of(4);
    ahttp_future *first = ahttp_queue_get(queue), *second = ahttp_queue_get(queue);
    ahttp_future *third = ahttp_queue_get(queue);

    ahttp_drop(second);
    ahttp_drop(first);
    ahttp_drop(third);

    assert_int_equal(ahttp_queue_size(queue), 4);
    for (int i = 0; i < 4; i++)
        assert_next(queue, &items[i]);
    ahttp_queue_free(queue);
    assert_int_equal(freed, 0);
}

static void an_item_that_nobody_claims_goes_to_the_next_getter(void **state)
{
    (void)state;
    ahttp_queue *queue = queue_of(1);
    ahttp_future *unwanted = ahttp_queue_get(queue);
    ahttp_drop(ahttp_queue_get(queue));
    ahttp_drop(ahttp_queue_get(queue));
    ahttp_future *next = ahttp_queue_get(queue);

    ahttp_drop(unwanted);

    assert_ptr_equal(item_of(next), &items[0]);
    ahttp_queue_free(queue);
}

static void a_long_line_of_dropped_gets_is_no_deep_recursion(void **state)
{
    (void)state;
    ahttp_queue *queue = ahttp_queue_new(0, NULL);
    for (int i = 0; i < 300000; i++)
        ahttp_drop(ahttp_queue_get(queue));

    assert_true(ahttp_queue_try_put(queue, &items[0]));

    assert_next(queue, &items[0]);
    ahttp_queue_free(queue);
}

static void a_queue_that_got_an_item_back_may_be_longer_than_its_bound(void **state)
{
    (void)state;
    ahttp_queue *queue = ahttp_queue_new(1, NULL);
    assert_true(ahttp_queue_try_put(queue, &items[0]));
    ahttp_future *unwanted = ahttp_queue_get(queue);
    assert_true(ahttp_queue_try_put(queue, &items[1]));
    ahttp_future *waiting = ahttp_queue_put(queue, &items[2]);

    ahttp_drop(unwanted);
    assert_int_equal(ahttp_queue_size(queue), 2);
    assert_next(queue, &items[0]);
    assert_false(ahttp_future_done(waiting));
    assert_next(queue, &items[1]);

    assert_int_equal(code_of(waiting), 0);
    assert_next(queue, &items[2]);
    ahttp_queue_free(queue);
}

static void there_is_room_for_all_that_may_come_back(void **state)
{
    enum { HALF = 16, ALL = 2 * HALF };
    static char many[ALL];
    ahttp_future *gets[HALF];
    (void)state;
    ahttp_queue *queue = ahttp_queue_new(0, NULL);
    for (int i = 0; i < HALF; i++)
        assert_true(ahttp_queue_try_put(queue, &many[i]));
    for (int i = 0; i < HALF; i++)
        gets[i] = ahttp_queue_get(queue);
    for (int i = HALF; i < ALL; i++)
        assert_true(ahttp_queue_try_put(queue, &many[i]));

    for (int i = HALF - 1; i >= 0; i--)
        ahttp_drop(gets[i]);

    assert_int_equal(ahttp_queue_size(queue), ALL);
    for (int i = 0; i < ALL; i++)
        assert_next(queue, &many[i]);
    ahttp_queue_free(queue);
}

static void a_gather_that_fails_gives_its_items_back(void **state)
{
    (void)state;
    void *results[3];
    ahttp_queue *queue = queue_of(2);
    ahttp_future *futures[] = {ahttp_queue_get(queue), ahttp_queue_get(queue),
                               ahttp_within(5, ahttp_sleep(10))};

    assert_int_equal(ahttp_await_status(ahttp_gather(3, futures, results)), AHTTP_E_TIMEOUT);

    assert_next(queue, &items[0]);
    assert_next(queue, &items[1]);
    ahttp_queue_free(queue);
}

static void a_gather_that_is_dropped_gives_its_items_back(void **state)
{
    void *results[2];
    ahttp_queue *queue = queue_of(2);
    ahttp_future *futures[] = {ahttp_queue_get(queue), ahttp_queue_get(queue)};

    ahttp_drop(ahttp_within(5, ahttp_gather(2, futures, results)));
    ahttp_loop_run(*state);

    assert_next(queue, &items[0]);
    assert_next(queue, &items[1]);
    ahttp_queue_free(queue);
}

static void a_gather_that_succeeds_keeps_its_items(void **state)
{
    (void)state;
    void *results[2];
    ahttp_queue *queue = queue_of(2);
    ahttp_future *futures[] = {ahttp_queue_get(queue), ahttp_within(5, ahttp_queue_get(queue))};

    assert_int_equal(ahttp_await_status(ahttp_gather(2, futures, results)), 0);

    assert_ptr_equal(results[0], &items[0]);
    assert_ptr_equal(results[1], &items[1]);
    assert_int_equal(ahttp_queue_size(queue), 0);
    ahttp_queue_free(queue);
    assert_int_equal(freed, 0);
}

static void an_item_of_which_only_the_status_was_wanted_is_freed(void **state)
{
    (void)state;
    ahttp_queue *queue = queue_of(1);

    assert_int_equal(ahttp_await_status(ahttp_queue_get(queue)), 0);

    assert_int_equal(freed, 1);
    assert_int_equal(ahttp_queue_size(queue), 0);
    ahttp_queue_free(queue);
}

static void the_item_of_a_put_that_fails_is_the_callers(void **state)
{
    (void)state;
    ahttp_queue *queue = ahttp_queue_new(1, note_free);
    assert_true(ahttp_queue_try_put(queue, &items[0]));
    ahttp_future *limited = ahttp_within(5, ahttp_queue_put(queue, &items[1]));
    ahttp_future *cancelled = ahttp_queue_put(queue, &items[2]);

    ahttp_future_cancel(cancelled);
    assert_int_equal(code_of(cancelled), AHTTP_E_CANCELLED);
    assert_int_equal(ahttp_await_status(limited), AHTTP_E_TIMEOUT);
    assert_next(queue, &items[0]);

    assert_int_equal(ahttp_queue_size(queue), 0);
    ahttp_queue_free(queue);
    assert_int_equal(freed, 0);
}

static void a_dropped_put_goes_on(void **state)
{
    (void)state;
    ahttp_queue *queue = ahttp_queue_new(1, note_free);
    ahttp_drop(ahttp_queue_put(queue, &items[0]));
    ahttp_drop(ahttp_queue_put(queue, &items[1]));

    assert_next(queue, &items[0]);
    assert_next(queue, &items[1]);

    ahttp_queue_free(queue);
    assert_int_equal(freed, 0);
}

static void the_item_of_a_put_that_fails_unheard_is_freed(void **state)
{
    (void)state;
    ahttp_queue *queue = ahttp_queue_new(1, note_free);
    assert_true(ahttp_queue_try_put(queue, &items[0]));
    ahttp_future *cancelled = ahttp_queue_put(queue, &items[1]);
    ahttp_drop(ahttp_queue_put(queue, &items[2]));

    ahttp_future_cancel(cancelled);
    ahttp_drop(cancelled);
    assert_int_equal(freed, 1);
    ahttp_queue_shutdown(queue);
    assert_int_equal(freed, 2);
    ahttp_drop(ahttp_queue_put(queue, &items[3]));
    assert_int_equal(freed, 3);
    assert_next(queue, &items[0]);

    ahttp_queue_free(queue);
    assert_int_equal(freed, 3);
}

/* ---- join ---- */

static void join_waits_until_all_work_is_done(void **state)
{
    (void)state;
    ahttp_queue *queue = queue_of(2);
    ahttp_future *join = ahttp_queue_join(queue), *cancelled = ahttp_queue_join(queue);
    assert_next(queue, &items[0]);
    ahttp_drop(ahttp_queue_get(queue));
    assert_next(queue, &items[1]);

    ahttp_future_cancel(cancelled);
    assert_int_equal(code_of(cancelled), AHTTP_E_CANCELLED);
    ahttp_queue_task_done(queue);
    assert_false(ahttp_future_done(join));
    ahttp_queue_task_done(queue);

    assert_int_equal(code_of(join), 0);
    assert_int_equal(code_of(ahttp_queue_join(queue)), 0);
    ahttp_queue_free(queue);
}

/* ---- The end ---- */

static void after_a_shutdown_what_is_in_can_be_got(void **state)
{
    (void)state;
    ahttp_queue *queue = ahttp_queue_new(1, note_free);
    assert_true(ahttp_queue_try_put(queue, &items[0]));
    ahttp_future *putter = ahttp_queue_put(queue, &items[1]);

    ahttp_queue_shutdown(queue);

    assert_int_equal(code_of(putter), AHTTP_E_CLOSED);
    assert_string_equal(ahttp_task_error()->message, "put into queue: it was shut down");
    assert_int_equal(code_of(ahttp_queue_put(queue, &items[2])), AHTTP_E_CLOSED);
    assert_ptr_equal(item_of(ahttp_queue_get(queue)), &items[0]);
    assert_false(ahttp_queue_try_put(queue, &items[2]));
    assert_int_equal(code_of(ahttp_queue_get(queue)), AHTTP_E_CLOSED);
    ahttp_queue_free(queue);
    assert_int_equal(freed, 0);
}

static void a_shutdown_ends_getters(void **state)
{
    (void)state;
    ahttp_queue *queue = ahttp_queue_new(0, NULL);
    ahttp_future *getter = ahttp_queue_get(queue);

    ahttp_queue_shutdown(queue);

    assert_int_equal(code_of(getter), AHTTP_E_CLOSED);
    ahttp_queue_free(queue);
}

static void freeing_frees_items_and_fails_those_who_wait(void **state)
{
    (void)state;
    ahttp_queue *queue = queue_of(3);
    ahttp_future *join = ahttp_queue_join(queue);
    ahttp_future *claimed = ahttp_queue_get(queue), *unwanted = ahttp_queue_get(queue);
    ahttp_queue *empty = ahttp_queue_new(0, note_free);
    ahttp_future *getter = ahttp_queue_get(empty);

    ahttp_queue_free(queue);
    ahttp_queue_free(empty);
    ahttp_queue_free(NULL);

    assert_int_equal(freed, 1);
    assert_int_equal(code_of(join), AHTTP_E_CLOSED);
    assert_int_equal(code_of(getter), AHTTP_E_CLOSED);
    assert_ptr_equal(item_of(claimed), &items[0]);
    ahttp_drop(unwanted);
    assert_int_equal(freed, 2);
}

static void an_item_unclaimed_behind_a_limit_is_freed_when_the_queue_is_gone(void **state)
{
    ahttp_queue *queue = ahttp_queue_new(0, note_free);
    ahttp_future *limited = ahttp_within(5, ahttp_queue_get(queue));
    assert_true(ahttp_queue_try_put(queue, &items[0]));
    ahttp_loop_run(*state);
    assert_true(ahttp_future_done(limited));

    ahttp_queue_free(queue);
    assert_int_equal(freed, 0);
    ahttp_drop(limited);

    assert_int_equal(freed, 1);
}

/* ---- Breaking the rules ---- */

static void be_done_too_often(void)
{
    ahttp_queue *queue = queue_of(1);

    ahttp_queue_task_done(queue);
    ahttp_queue_task_done(queue);
}

static void being_done_too_often_aborts_with_a_sentence(void **state)
{
    (void)state;

    assert_misuse(be_done_too_often, "called more often than there were items");
}

#define WITH_LOOP(test) cmocka_unit_test_setup_teardown(test, open_loop, close_loop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LOOP(items_come_out_in_the_order_they_went_in),
        WITH_LOOP(getters_are_served_first_come_first),
        WITH_LOOP(a_full_queue_lets_putters_wait),
        WITH_LOOP(trying_never_waits),
        WITH_LOOP(a_cancelled_get_takes_no_item_along),
        WITH_LOOP(a_cancel_after_the_item_came_does_not_take_it_away),
        WITH_LOOP(an_item_that_nobody_claims_goes_back_to_its_place),
        WITH_LOOP(an_item_that_nobody_claims_goes_to_the_next_getter),
        WITH_LOOP(a_long_line_of_dropped_gets_is_no_deep_recursion),
        WITH_LOOP(a_queue_that_got_an_item_back_may_be_longer_than_its_bound),
        WITH_LOOP(there_is_room_for_all_that_may_come_back),
        WITH_LOOP(a_gather_that_fails_gives_its_items_back),
        WITH_LOOP(a_gather_that_is_dropped_gives_its_items_back),
        WITH_LOOP(a_gather_that_succeeds_keeps_its_items),
        WITH_LOOP(an_item_of_which_only_the_status_was_wanted_is_freed),
        WITH_LOOP(the_item_of_a_put_that_fails_is_the_callers),
        WITH_LOOP(a_dropped_put_goes_on),
        WITH_LOOP(the_item_of_a_put_that_fails_unheard_is_freed),
        WITH_LOOP(join_waits_until_all_work_is_done),
        WITH_LOOP(after_a_shutdown_what_is_in_can_be_got),
        WITH_LOOP(a_shutdown_ends_getters),
        WITH_LOOP(freeing_frees_items_and_fails_those_who_wait),
        WITH_LOOP(an_item_unclaimed_behind_a_limit_is_freed_when_the_queue_is_gone),
        WITH_LOOP(being_done_too_often_aborts_with_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
