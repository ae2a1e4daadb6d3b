/* SPDX-License-Identifier: MIT */
/* The rules of the pool, one by one: who gets which connection. */
#include "story.h"

static void gives_up(int waiter)
{
    ah_pool_unwait(&world.pool, &world.waiters[waiter]);
    settle();
}

/* ---- Opening and reuse ---- */

static void the_first_waiter_gets_a_connection_of_its_own(void **state)
{
    (void)state;
    pool_with(10, SIZE_MAX, FOR_EVER);

    waits(1, a);
    opens(1);

    assert_story("+c1>w1 c1>w1 ");
}

static void an_idle_connection_is_used_again(void **state)
{
    (void)state;
    pool_with(10, SIZE_MAX, FOR_EVER);
    waits(1, a);
    opens(1);
    ends(1);
    forget();

    waits(2, a);

    assert_story("c1>w2 ");
}

static void the_connection_used_last_is_used_first(void **state)
{
    (void)state;
    pool_with(10, SIZE_MAX, FOR_EVER);
    for (int i = 1; i <= 3; i++)
        waits(i, a);
    for (int i = 1; i <= 3; i++)
        opens(i);
    ends(3);
    ends(1);
    ends(2);
    forget();

    for (int i = 4; i <= 6; i++)
        waits(i, a);

    assert_story("c2>w4 c1>w5 c3>w6 ");
}

static void an_idle_connection_of_another_origin_is_not_used(void **state)
{
    (void)state;
    pool_with(10, SIZE_MAX, FOR_EVER);
    waits(1, a);
    opens(1);
    ends(1);
    forget();

    waits(2, b);

    assert_story("+c2>w2 ");
}

static void a_connection_that_is_gone_is_not_used(void **state)
{
    (void)state;
    pool_with(10, SIZE_MAX, FOR_EVER);
    waits(1, a);
    opens(1);
    ends(1);
    goes(1);
    forget();

    waits(2, a);

    assert_story("+c2>w2 ");
}

/* ---- Waiting ---- */

static void waiters_are_served_first_come_first(void **state)
{
    (void)state;
    pool_with(1, SIZE_MAX, FOR_EVER);
    for (int i = 1; i <= 3; i++)
        waits(i, a);
    opens(1);
    forget();

    ends(1);
    ends(1);

    assert_story("c1>w2 c1>w3 ");
}

static void whichever_connection_opens_first_goes_to_the_oldest_waiter(void **state)
{
    (void)state;
    pool_with(10, SIZE_MAX, FOR_EVER);
    waits(1, a);
    waits(2, a);
    forget();

    opens(2);
    opens(1);

    assert_story("c2>w1 c1~w2 c1>w2 ");
}

static void an_idle_connection_serves_the_oldest_and_its_opening_the_next(void **state)
{
    (void)state;
    pool_with(2, SIZE_MAX, FOR_EVER);
    waits(1, a);
    opens(1);
    waits(2, a);
    waits(3, a);
    forget();

    ends(1);
    opens(2);

    assert_story("c1>w2 c2~w3 c2>w3 ");
}

static void an_opening_that_nobody_needs_any_more_ends_idle(void **state)
{
    (void)state;
    pool_with(2, SIZE_MAX, FOR_EVER);
    waits(1, a);
    opens(1);
    waits(2, a);
    ends(1);
    forget();

    opens(2);
    waits(3, a);

    assert_story("c2>w3 ");
}

static void a_new_waiter_takes_an_opening_that_nobody_needs(void **state)
{
    (void)state;
    pool_with(10, SIZE_MAX, FOR_EVER);
    waits(1, a);
    opens(1);
    waits(2, a);
    ends(1);
    forget();

    waits(3, a);
    opens(2);

    assert_story("c2~w3 c2>w3 ");
}

static void an_opening_that_nobody_needs_may_fail_quietly(void **state)
{
    (void)state;
    pool_with(10, SIZE_MAX, FOR_EVER);
    waits(1, a);
    opens(1);
    waits(2, a);
    ends(1);
    forget();

    fails(2);

    assert_story("");
    assert_int_equal(world.pool.total, 1);
}

static void an_error_goes_to_the_waiter_it_was_opened_for(void **state)
{
    (void)state;
    pool_with(10, SIZE_MAX, FOR_EVER);
    waits(1, a);
    waits(2, a);
    forget();

    fails(2);
    opens(1);

    assert_story("w2! c1>w1 ");
}

static void a_failed_opening_frees_its_place_for_the_next(void **state)
{
    (void)state;
    pool_with(1, SIZE_MAX, FOR_EVER);
    waits(1, a);
    waits(2, b);
    forget();

    fails(1);

    assert_story("w1! +c2>w2 ");
}

/* ---- Giving up ---- */

static void a_waiter_that_gave_up_is_passed_over(void **state)
{
    (void)state;
    pool_with(1, SIZE_MAX, FOR_EVER);
    for (int i = 1; i <= 3; i++)
        waits(i, a);
    opens(1);
    forget();

    gives_up(2);
    ends(1);

    assert_story("c1>w3 ");
}

static void what_was_opened_for_one_that_gave_up_serves_the_next(void **state)
{
    (void)state;
    pool_with(1, SIZE_MAX, FOR_EVER);
    waits(1, a);
    waits(2, a);
    forget();

    gives_up(1);
    opens(1);

    assert_story("c1~w2 c1>w2 ");
}

static void what_was_opened_for_the_only_one_that_gave_up_is_closed(void **state)
{
    (void)state;
    pool_with(1, SIZE_MAX, FOR_EVER);
    waits(1, a);
    waits(2, b);
    forget();

    gives_up(1);

    assert_story("-c1 +c2>w2 ");
}

static void giving_up_twice_is_harmless(void **state)
{
    (void)state;
    pool_with(1, SIZE_MAX, FOR_EVER);
    waits(1, a);
    gives_up(1);
    forget();

    gives_up(1);

    assert_story("");
    assert_true(ah_pool_origin_is_unused(a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_waiter_gets_a_connection_of_its_own),
        cmocka_unit_test(an_idle_connection_is_used_again),
        cmocka_unit_test(the_connection_used_last_is_used_first),
        cmocka_unit_test(an_idle_connection_of_another_origin_is_not_used),
        cmocka_unit_test(a_connection_that_is_gone_is_not_used),
        cmocka_unit_test(waiters_are_served_first_come_first),
        cmocka_unit_test(whichever_connection_opens_first_goes_to_the_oldest_waiter),
        cmocka_unit_test(an_idle_connection_serves_the_oldest_and_its_opening_the_next),
        cmocka_unit_test(an_opening_that_nobody_needs_any_more_ends_idle),
        cmocka_unit_test(a_new_waiter_takes_an_opening_that_nobody_needs),
        cmocka_unit_test(an_opening_that_nobody_needs_may_fail_quietly),
        cmocka_unit_test(an_error_goes_to_the_waiter_it_was_opened_for),
        cmocka_unit_test(a_failed_opening_frees_its_place_for_the_next),
        cmocka_unit_test(a_waiter_that_gave_up_is_passed_over),
        cmocka_unit_test(what_was_opened_for_one_that_gave_up_serves_the_next),
        cmocka_unit_test(what_was_opened_for_the_only_one_that_gave_up_is_closed),
        cmocka_unit_test(giving_up_twice_is_harmless),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
