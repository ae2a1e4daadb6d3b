/* SPDX-License-Identifier: MIT */
#include "support/check.h"
#include "support/failing_alloc.h"
#include "support/misuse.h"
#include <ahttp/sync.h>
#include <ahttp/task.h>
#include <ahttp/wait.h>

enum { PARTIES = 3 };

static ahttp_loop *the_loop;
static ahttp_barrier *barrier;

static int open_loop(void **state)
{
    (void)state;
    the_loop = ahttp_loop_new(.virtual_clock = true);
    barrier = ahttp_barrier_new(PARTIES);
    return barrier ? 0 : -1;
}

static int close_loop(void **state)
{
    (void)state;
    ahttp_barrier_free(barrier);
    return ahttp_loop_close(the_loop);
}

static void assert_place(ahttp_future *future, size_t expected)
{
    const size_t *place = ahttp_await(future);

    assert_non_null(place);
    assert_int_equal(*place, expected);
}

static void all_go_on_when_the_last_one_comes_each_with_its_place(void **state)
{
    (void)state;
    ahttp_future *first = ahttp_barrier_wait(barrier);
    ahttp_future *second = ahttp_barrier_wait(barrier);
    ahttp_loop_run(the_loop);
    assert_false(ahttp_future_done(first));
    assert_int_equal(ahttp_barrier_waiting(barrier), 2);

    ahttp_future *third = ahttp_barrier_wait(barrier);

    assert_int_equal(ahttp_barrier_waiting(barrier), 0);
    assert_place(third, 2);
    assert_place(first, 0);
    assert_place(second, 1);
}

static void the_next_ones_meet_anew(void **state)
{
    (void)state;
    for (int i = 0; i < PARTIES; i++)
        ahttp_drop(ahttp_barrier_wait(barrier));

    ahttp_future *next = ahttp_barrier_wait(barrier);

    assert_false(ahttp_future_done(next));
    ahttp_drop(ahttp_barrier_wait(barrier));
    ahttp_drop(ahttp_barrier_wait(barrier));
    assert_place(next, 0);
}

static void who_is_cancelled_does_not_count(void **state)
{
    (void)state;
    ahttp_future *one = ahttp_within(100, ahttp_barrier_wait(barrier));
    ahttp_future *other = ahttp_barrier_wait(barrier);
    assert_int_equal(ahttp_await_status(one), AHTTP_E_TIMEOUT);
    assert_int_equal(ahttp_barrier_waiting(barrier), 1);

    ahttp_drop(ahttp_barrier_wait(barrier));
    assert_false(ahttp_future_done(other));
    assert_place(ahttp_barrier_wait(barrier), 2);

    assert_place(other, 0);
}

static void a_broken_barrier_fails_who_waits_and_who_comes(void **state)
{
    (void)state;
    ahttp_future *waiting = ahttp_barrier_wait(barrier);

    ahttp_barrier_break(barrier);

    assert_true(ahttp_barrier_is_broken(barrier));
    assert_int_equal(ahttp_await_status(waiting), AHTTP_E_CLOSED);
    assert_string_equal(ahttp_task_error()->message, "wait at barrier: it was broken");
    assert_int_equal(ahttp_await_status(ahttp_barrier_wait(barrier)), AHTTP_E_CLOSED);
}

static void a_reset_fails_who_waits_and_mends_it(void **state)
{
    (void)state;
    ahttp_barrier_break(barrier);
    ahttp_barrier_reset(barrier);
    assert_false(ahttp_barrier_is_broken(barrier));
    ahttp_future *waiting = ahttp_barrier_wait(barrier);

    ahttp_barrier_reset(barrier);

    assert_int_equal(ahttp_await_status(waiting), AHTTP_E_CLOSED);
    for (int i = 0; i + 1 < PARTIES; i++)
        ahttp_drop(ahttp_barrier_wait(barrier));
    assert_place(ahttp_barrier_wait(barrier), 2);
}

static void freeing_fails_those_who_wait(void **state)
{
    (void)state;
    ahttp_barrier *other = ahttp_barrier_new(2);
    ahttp_future *waiting = ahttp_barrier_wait(other);

    ahttp_barrier_free(other);

    assert_int_equal(ahttp_await_status(waiting), AHTTP_E_CLOSED);
}

static void make_for_nobody(void)
{
    ahttp_loop_new();
    ahttp_barrier_free(ahttp_barrier_new(0));
}

static void a_barrier_for_nobody_is_a_mistake(void **state)
{
    (void)state;

    assert_misuse(make_for_nobody, "0 parties");
}

static void meet(void *ctx)
{
    ahttp_loop *loop = ahttp_loop_new(.virtual_clock = true);
    (void)ctx;
    if (!loop)
        return;
    ahttp_barrier *two = ahttp_barrier_new(2);
    if (two) {
        ahttp_future *waits[] = {ahttp_barrier_wait(two), ahttp_barrier_wait(two)};
        for (int i = 0; i < 2; i++)
            if (ahttp_future_done(waits[i]) && ahttp_future_error(waits[i]))
                assert_int_equal(ahttp_future_error(waits[i])->code, AHTTP_E_NO_MEMORY);
        ahttp_drop(waits[0]);
        ahttp_drop(waits[1]);
    }
    ahttp_barrier_free(two);
    ahttp_loop_close(loop);
}

static void running_out_of_memory_arrives_through_the_future(void **state)
{
    (void)state;

    for_each_allocation(meet, NULL);
}

#define WITH_LOOP(test) cmocka_unit_test_setup_teardown(test, open_loop, close_loop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LOOP(all_go_on_when_the_last_one_comes_each_with_its_place),
        WITH_LOOP(the_next_ones_meet_anew),
        WITH_LOOP(who_is_cancelled_does_not_count),
        WITH_LOOP(a_broken_barrier_fails_who_waits_and_who_comes),
        WITH_LOOP(a_reset_fails_who_waits_and_mends_it),
        WITH_LOOP(freeing_fails_those_who_wait),
        cmocka_unit_test(a_barrier_for_nobody_is_a_mistake),
        cmocka_unit_test(running_out_of_memory_arrives_through_the_future),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
