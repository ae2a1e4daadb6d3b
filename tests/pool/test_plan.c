/* SPDX-License-Identifier: MIT */
/* The rules of the pool, one by one.  A test tells what happens; the story tells what the
   plan made of it: "+c1>w1" a connection is opened for w1, "c1>w1" w1 gets it, "c1~w2" it is
   being opened for w2 from now on, "-c1" it is closed, "w1!" w1 gets an error. */
#include "pool/plan.h"
#include "support/check.h"
#include <stdio.h>
#include <string.h>

enum { ORIGINS = 4, WAITERS = 200, CONNS = 400, FOR_EVER = 1000000 };

static struct world {
    ah_pool pool;
    ah_pool_origin origins[ORIGINS];
    ah_pool_waiter waiters[WAITERS];
    ah_pool_conn conns[CONNS];
    int64_t now_ms;
    int opened; /* connections so far */
    char story[2000];
} world;

static ah_pool_origin *const a = &world.origins[0], *const b = &world.origins[1],
                             *const c = &world.origins[2];

static void tell(const char *format, ...)
{
    size_t used = strlen(world.story);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(world.story + used, sizeof world.story - used, format, arguments);
    va_end(arguments);
}

static int number_of(const ah_pool_conn *conn)
{
    return (int)(conn - world.conns);
}

static int number_of_waiter(const ah_pool_waiter *waiter)
{
    return (int)(waiter - world.waiters);
}

static void tell_got(const ah_pool_conn *conn, const ah_pool_waiter *waiter)
{
    if (waiter)
        tell("c%d>w%d ", number_of(conn), number_of_waiter(waiter));
}

static void settle(void)
{
    ah_pool_step step;

    while ((step = ah_pool_next(&world.pool, world.now_ms)).kind != AH_POOL_NOTHING) {
        if (step.kind == AH_POOL_OPEN) {
            ah_pool_conn *conn = &world.conns[++world.opened];
            ah_pool_opening(&world.pool, step.waiter, conn);
            tell("+c%d>w%d ", number_of(conn), number_of_waiter(step.waiter));
        } else if (step.kind == AH_POOL_PASS) {
            tell("c%d~w%d ", number_of(step.conn), number_of_waiter(step.waiter));
        } else {
            tell("-c%d ", number_of(step.conn));
        }
    }
    ah_pool_check(&world.pool, world.now_ms);
}

static void pool_with(size_t limit, size_t limit_per_host, int64_t keepalive_ms)
{
    memset(&world, 0, sizeof world);
    ah_pool_init(&world.pool, limit, limit_per_host, keepalive_ms);
    for (int i = 0; i < ORIGINS; i++)
        ah_pool_origin_init(&world.origins[i]);
}

static void waits(int waiter, ah_pool_origin *origin)
{
    ah_pool_conn *conn = ah_pool_wait(&world.pool, origin, &world.waiters[waiter], world.now_ms);

    if (conn)
        tell_got(conn, &world.waiters[waiter]);
    settle();
}

static void gives_up(int waiter)
{
    ah_pool_unwait(&world.pool, &world.waiters[waiter]);
    settle();
}

static void opens(int conn)
{
    tell_got(&world.conns[conn], ah_pool_opened(&world.pool, &world.conns[conn], world.now_ms));
    settle();
}

static void fails(int conn)
{
    const ah_pool_waiter *waiter = ah_pool_failed(&world.pool, &world.conns[conn]);

    if (waiter)
        tell("w%d! ", number_of_waiter(waiter));
    settle();
}

static void ends(int conn)
{
    tell_got(&world.conns[conn], ah_pool_idle(&world.pool, &world.conns[conn], world.now_ms));
    settle();
}

static void goes(int conn)
{
    ah_pool_gone(&world.pool, &world.conns[conn]);
    settle();
}

static void time_passes(int64_t ms)
{
    world.now_ms += ms;
    settle();
}

/* What happened since this was asked last. */
#define assert_story(expected)                                                                     \
    do {                                                                                           \
        assert_string_equal(world.story, expected);                                                \
        world.story[0] = '\0';                                                                     \
    } while (0)

static void forget(void)
{
    world.story[0] = '\0';
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
    assert_int_equal(ah_pool_total(&world.pool), 1);
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
    assert_int_equal(world.pool.conns[AH_POOL_BUSY].count, 2);
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
    assert_int_equal(ah_pool_next_expiry(&world.pool), 15000);
    time_passes(1);

    assert_story("-c1 ");
    assert_int_equal(ah_pool_next_expiry(&world.pool), INT64_MAX);
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

    assert_int_equal(ah_pool_next_expiry(&world.pool), INT64_MAX);
    assert_story("c1>w2 ");
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
        cmocka_unit_test(an_origin_without_connections_and_waiters_is_unused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
