/* SPDX-License-Identifier: MIT */
/* The rules of the pool, one by one: how many connections, and for how long. */
#include "story.h"

static void time_passes(int64_t ms)
{
    world.now_ms += ms;
    settle();
}

/* ---- Limits ---- */

static void the_limit_of_all_holds(void **state)
{
    (void)state;
    pool_with(2, SIZE_MAX, FOR_EVER);

    waits(1, a);
    waits(2, b);
    waits(3, c);

    assert_story("+c1>w1 +c2>w2 ");
}

static void the_limit_of_one_origin_does_not_concern_others(void **state)
{
    (void)state;
    pool_with(10, 1, FOR_EVER);

    waits(1, a);
    waits(2, a);
    waits(3, b);

    assert_story("+c1>w1 +c2>w3 ");
}

static void the_connection_idle_for_longest_makes_room_for_another_origin(void **state)
{
    (void)state;
    pool_with(2, SIZE_MAX, FOR_EVER);
    waits(1, a);
    waits(2, b);
    opens(1);
    opens(2);
    ends(2);
    ends(1);
    forget();

    waits(3, c);

    assert_story("-c2 +c3>w3 ");
}

static void a_spare_opening_makes_room_for_another_origin(void **state)
{
    (void)state;
    pool_with(2, SIZE_MAX, FOR_EVER);
    waits(1, a);
    opens(1);
    waits(2, a);
    ends(1);
    forget();

    waits(3, b);

    assert_story("-c2 +c3>w3 ");
}

static void origins_take_turns_in_opening(void **state)
{
    (void)state;
    pool_with(1, SIZE_MAX, FOR_EVER);
    waits(1, a);
    for (int i = 2; i <= 4; i++)
        waits(i, b);
    waits(5, c);
    opens(1);
    forget();

    goes(1);
    fails(2);
    fails(3);

    assert_story("+c2>w2 w2! +c3>w5 w5! +c4>w3 ");
}

/* One origin has more to do than its connections can, another has just one request. */
static void a_busy_origin_does_not_starve_the_others(void **state)
{
    int served = 0;
    (void)state;
    pool_with(1, SIZE_MAX, FOR_EVER);
    waits(1, a);
    opens(1);
    waits(2, b);

    for (int i = 3; i < WAITERS && world.opened == 1; i++) {
        waits(i, a);
        ends(1);
        served++;
    }

    assert_int_equal(world.opened, 2);
    assert_ptr_equal(world.conns[2].waiter, &world.waiters[2]);
    assert_in_range(served, AH_POOL_PATIENCE, AH_POOL_PATIENCE + 2);
}

static void origins_that_are_all_served_do_not_close_each_others_connections(void **state)
{
    (void)state;
    pool_with(2, SIZE_MAX, FOR_EVER);
    waits(1, a);
    waits(2, b);
    opens(1);
    opens(2);

    for (int i = 3; i + 1 < WAITERS; i += 2) {
        waits(i, a);
        waits(i + 1, b);
        if (i > 20) {
            ends(1);
            ends(2);
        }
        forget();
    }

    assert_int_equal(world.opened, 2);
    assert_int_equal(ah_pool_count_busy(world.pool.conns, world.pool.total), 2);
}

static void one_origin_alone_keeps_its_connections(void **state)
{
    (void)state;
    pool_with(2, SIZE_MAX, FOR_EVER);
    for (int i = 1; i < WAITERS; i++)
        waits(i, a);
    opens(1);
    opens(2);

    for (int i = 3; i < WAITERS; i++)
        ends(1);

    assert_int_equal(world.opened, 2);
    assert_int_equal(world.pool.waiters.count, 0);
}

/* ---- Age ---- */

static void an_idle_connection_is_closed_when_its_time_is_over(void **state)
{
    (void)state;
    pool_with(10, SIZE_MAX, 15000);
    waits(1, a);
    opens(1);
    ends(1);
    forget();

    time_passes(14999);
    assert_story("");
    time_passes(1);

    assert_story("-c1 ");
}

static void an_idle_connection_whose_time_is_over_is_not_used(void **state)
{
    (void)state;
    pool_with(10, 1, 15000);
    waits(1, a);
    opens(1);
    ends(1);
    forget();
    world.now_ms += 15000;

    waits(2, a);

    assert_story("-c1 +c2>w2 ");
}

static void a_connection_idle_for_long_ages_although_another_is_used(void **state)
{
    (void)state;
    pool_with(10, SIZE_MAX, 100);
    waits(1, a);
    waits(2, a);
    opens(1);
    opens(2);
    ends(1);
    ends(2);
    forget();

    for (int i = 3; i < 7; i++) {
        waits(i, a);
        ends(2);
        time_passes(30);
    }

    assert_story("c2>w3 c2>w4 c2>w5 c2>w6 -c1 ");
}

static void a_connection_may_stay_idle_for_ever(void **state)
{
    (void)state;
    pool_with(10, SIZE_MAX, INT64_MAX);
    waits(1, a);
    opens(1);
    ends(1);
    forget();

    time_passes(INT64_C(1) << 40);
    waits(2, a);

    assert_story("c1>w2 ");
}

/* Opens that many connections to an origin, which are busy then. */
static void open_some(int first, int count, ah_pool_origin *origin)
{
    for (int i = first; i < first + count; i++)
        waits(i, origin);
    for (int i = first; i < first + count; i++)
        opens(i);
    forget();
}

static void a_connection_is_idle_no_longer_than_its_peer_keeps_it(void **state)
{
    (void)state;
    pool_with(10, SIZE_MAX, 15000);
    open_some(1, 2, a);
    ends(1);
    world.peer_keeps_ms = 4000;
    ends(2);

    time_passes(3999);
    assert_story("");
    time_passes(1);
    assert_story("-c2 ");
    waits(3, a);
    assert_story("c1>w3 ");
}

static void what_the_peer_allows_does_not_lengthen_the_time(void **state)
{
    (void)state;
    pool_with(10, SIZE_MAX, 100);
    open_some(1, 1, a);
    world.peer_keeps_ms = 4000;
    ends(1);

    time_passes(100);
    assert_story("-c1 ");
}

static void a_connection_is_not_used_beyond_its_lifetime(void **state)
{
    (void)state;
    pool_by((ah_pool_rules){10, 1, SIZE_MAX, SIZE_MAX, 15000, 1000});
    open_some(1, 1, a);
    time_passes(900);
    ends(1);
    waits(2, a);
    assert_story("c1>w2 ");
    waits(3, a);

    time_passes(100);
    assert_story("");
    ends(1);

    assert_story("-c1 +c2>w3 ");
}

static void an_idle_connection_is_closed_at_the_end_of_its_lifetime(void **state)
{
    (void)state;
    pool_by((ah_pool_rules){10, 1, SIZE_MAX, SIZE_MAX, 15000, 1000});
    open_some(1, 1, a);
    ends(1);

    time_passes(999);
    assert_story("");
    time_passes(1);

    assert_story("-c1 ");
}

static void of_too_many_idle_connections_the_oldest_is_closed(void **state)
{
    (void)state;
    pool_by((ah_pool_rules){10, SIZE_MAX, 2, SIZE_MAX, 15000, INT64_MAX});
    open_some(1, 2, a);
    open_some(3, 1, b);

    ends(1);
    ends(3);
    assert_story("");
    ends(2);

    assert_story("-c1 ");
}

static void an_origin_keeps_no_more_idle_connections_than_it_may(void **state)
{
    (void)state;
    pool_by((ah_pool_rules){10, SIZE_MAX, 5, 1, 15000, INT64_MAX});
    open_some(1, 1, b);
    open_some(2, 2, a);
    ends(1);

    ends(2);
    assert_story("");
    ends(3);

    assert_story("-c2 ");
}

static void an_origin_without_connections_and_waiters_is_unused(void **state)
{
    (void)state;
    pool_with(10, SIZE_MAX, 15000);

    assert_true(ah_pool_origin_is_unused(a));
    waits(1, a);
    assert_false(ah_pool_origin_is_unused(a));
    opens(1);
    ends(1);
    assert_false(ah_pool_origin_is_unused(a));
    goes(1);
    assert_true(ah_pool_origin_is_unused(a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_limit_of_all_holds),
        cmocka_unit_test(the_limit_of_one_origin_does_not_concern_others),
        cmocka_unit_test(the_connection_idle_for_longest_makes_room_for_another_origin),
        cmocka_unit_test(a_spare_opening_makes_room_for_another_origin),
        cmocka_unit_test(origins_take_turns_in_opening),
        cmocka_unit_test(a_busy_origin_does_not_starve_the_others),
        cmocka_unit_test(origins_that_are_all_served_do_not_close_each_others_connections),
        cmocka_unit_test(one_origin_alone_keeps_its_connections),
        cmocka_unit_test(an_idle_connection_is_closed_when_its_time_is_over),
        cmocka_unit_test(an_idle_connection_whose_time_is_over_is_not_used),
        cmocka_unit_test(a_connection_idle_for_long_ages_although_another_is_used),
        cmocka_unit_test(a_connection_may_stay_idle_for_ever),
        cmocka_unit_test(a_connection_is_idle_no_longer_than_its_peer_keeps_it),
        cmocka_unit_test(what_the_peer_allows_does_not_lengthen_the_time),
        cmocka_unit_test(a_connection_is_not_used_beyond_its_lifetime),
        cmocka_unit_test(an_idle_connection_is_closed_at_the_end_of_its_lifetime),
        cmocka_unit_test(of_too_many_idle_connections_the_oldest_is_closed),
        cmocka_unit_test(an_origin_keeps_no_more_idle_connections_than_it_may),
        cmocka_unit_test(an_origin_without_connections_and_waiters_is_unused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
