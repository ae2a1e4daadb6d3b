/* SPDX-License-Identifier: MIT */
/* The plan against a model that is easy to believe: one array of connections, one queue of
   waiters per origin.  AH_TEST_SEED repeats a run. */
#include "pool/plan.h"
#include "support/check.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { STEPS = 100000, ORIGINS = 8, LIMIT = 6, PER_HOST = 3, WAITERS = 64 };
enum { IDLE_LIMIT = 4, IDLE_PER_HOST = 2, KEEPALIVE_MS = 100, LIFETIME_MS = 700 };

typedef struct waiter {
    ah_pool_waiter place;
    uint64_t ticket; /* 0: does not wait */
    int origin;
} waiter;

typedef enum model_state { NONE, OPENING, BUSY, IDLE } model_state;

typedef struct conn {
    ah_pool_conn place;
    model_state state;
    int origin;
    int64_t opened_ms;
    int64_t peer_keeps_ms;
    int64_t idle_since_ms;
} conn;

static struct world {
    ah_pool pool;
    ah_pool_origin origins[ORIGINS];
    waiter waiters[WAITERS];
    conn conns[LIMIT];
    int64_t now_ms;
    uint64_t tickets;
    uint64_t served;
} world;

static uint64_t random_state;

static unsigned random_below(unsigned bound)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(random_state >> 33) % bound;
}

static waiter *waiter_of(ah_pool_waiter *place)
{
    return AH_CONTAINER(place, waiter, place);
}

static conn *conn_of(ah_pool_conn *place)
{
    return AH_CONTAINER(place, conn, place);
}

/* ---- The model ---- */

static void serves(conn *got, waiter *who)
{
    assert_int_not_equal(who->ticket, 0);
    assert_int_equal(who->origin, got->origin);
    for (int i = 0; i < WAITERS; i++)
        if (world.waiters[i].ticket && world.waiters[i].origin == who->origin)
            assert_true(world.waiters[i].ticket >= who->ticket);
    who->ticket = 0;
    got->state = BUSY;
    world.served++;
}

static size_t conns_of(int origin)
{
    size_t count = 0;

    for (int i = 0; i < LIMIT; i++)
        count += world.conns[i].state != NONE && (origin < 0 || world.conns[i].origin == origin);
    return count;
}

static size_t conns_in(model_state state, int origin)
{
    size_t count = 0;

    for (int i = 0; i < LIMIT; i++)
        count += world.conns[i].state == state && (origin < 0 || world.conns[i].origin == origin);
    return count;
}

static size_t waiters_of(int origin)
{
    size_t count = 0;

    for (int i = 0; i < WAITERS; i++)
        count += world.waiters[i].ticket && world.waiters[i].origin == origin;
    return count;
}

/* Idle for too long, or too old. */
static bool is_worn(const conn *idle)
{
    int64_t keep_ms = KEEPALIVE_MS;

    if (idle->peer_keeps_ms && idle->peer_keeps_ms < keep_ms)
        keep_ms = idle->peer_keeps_ms;
    return world.now_ms - idle->idle_since_ms >= keep_ms ||
           world.now_ms - idle->opened_ms >= LIFETIME_MS;
}

static void the_busy_are_what_is_in_no_list(void)
{
    assert_int_equal(world.pool.total, conns_of(-1));
    assert_int_equal(ah_pool_count_busy(world.pool.conns, world.pool.total), conns_in(BUSY, -1));
    for (int i = 0; i < ORIGINS; i++) {
        const ah_pool_origin *origin = &world.origins[i];
        assert_int_equal(ah_pool_count_busy(origin->conns, origin->total), conns_in(BUSY, i));
    }
}

/* Nobody waits for something that could be had. */
static void nobody_waits_in_vain(void)
{
    for (int origin = 0; origin < ORIGINS; origin++) {
        size_t waiting = waiters_of(origin);
        size_t opening = conns_in(OPENING, origin);

        if (waiting > 0)
            assert_int_equal(conns_in(IDLE, origin), 0);
        if (waiting <= opening || conns_of(origin) >= PER_HOST)
            continue;
        assert_int_equal(conns_of(-1), LIMIT);
        assert_int_equal(conns_in(IDLE, -1), 0);
    }
    for (int i = 0; i < LIMIT; i++)
        if (world.conns[i].state == IDLE)
            assert_false(is_worn(&world.conns[i]));
    assert_true(conns_in(IDLE, -1) <= IDLE_LIMIT);
}

static conn *unused_conn(void)
{
    for (int i = 0; i < LIMIT; i++)
        if (world.conns[i].state == NONE)
            return &world.conns[i];
    fail_msg("more connections than the limit");
    return NULL;
}

static void carry_out(ah_pool_step step)
{
    conn *made;

    switch (step.kind) {
    case AH_POOL_OPEN:
        made = unused_conn();
        *made = (conn){.state = OPENING, .origin = waiter_of(step.waiter)->origin};
        ah_pool_opening(&world.pool, step.waiter, &made->place);
        break;
    case AH_POOL_CLOSE: conn_of(step.conn)->state = NONE; break;
    case AH_POOL_PASS:
        assert_int_equal(conn_of(step.conn)->state, OPENING);
        assert_int_equal(conn_of(step.conn)->origin, waiter_of(step.waiter)->origin);
        break;
    case AH_POOL_NOTHING: break;
    }
}

static void settle(void)
{
    ah_pool_step step;

    for (int i = 0; i < LIMIT; i++)
        ah_pool_expire(&world.pool, &world.conns[i].place, world.now_ms);
    do {
        step = ah_pool_next(&world.pool);
        carry_out(step);
        ah_pool_check(&world.pool);
    } while (step.kind != AH_POOL_NOTHING);
    nobody_waits_in_vain();
    the_busy_are_what_is_in_no_list();
    for (int origin = 0; origin < ORIGINS; origin++) {
        assert_true(conns_of(origin) <= PER_HOST);
        assert_true(conns_in(IDLE, origin) <= IDLE_PER_HOST);
        assert_int_equal(ah_pool_origin_is_unused(&world.origins[origin]),
                         conns_of(origin) + waiters_of(origin) == 0);
    }
}

/* ---- What may happen ---- */

static void somebody_waits(int i, int origin)
{
    waiter *who = &world.waiters[i];

    if (who->ticket)
        return;
    who->ticket = ++world.tickets;
    who->origin = origin;
    ah_pool_conn *got =
        ah_pool_wait(&world.pool, &world.origins[origin], &who->place, world.now_ms);
    if (got) {
        assert_int_equal(conn_of(got)->state, IDLE);
        assert_false(is_worn(conn_of(got)));
        serves(conn_of(got), who);
    }
}

static void somebody_gives_up(int i)
{
    ah_pool_unwait(&world.pool, &world.waiters[i].place);
    world.waiters[i].ticket = 0;
}

static void it_became_idle(conn *one, ah_pool_waiter *who)
{
    if (who) {
        serves(one, waiter_of(who));
        return;
    }
    one->state = IDLE;
    one->idle_since_ms = world.now_ms;
}

static void an_opening_ends(conn *one, bool well)
{
    if (one->state != OPENING)
        return;
    if (well) {
        one->opened_ms = world.now_ms;
        one->peer_keeps_ms = 0;
        it_became_idle(one, ah_pool_opened(&world.pool, &one->place, world.now_ms));
        return;
    }
    ah_pool_waiter *who = ah_pool_failed(&world.pool, &one->place);
    one->state = NONE;
    if (who)
        waiter_of(who)->ticket = 0;
}

static void an_exchange_ends(conn *one)
{
    if (one->state != BUSY)
        return;
    one->peer_keeps_ms = random_below(4) ? 0 : 1 + random_below(2 * KEEPALIVE_MS);
    it_became_idle(one, ah_pool_idle(&world.pool, &one->place, one->peer_keeps_ms, world.now_ms));
}

static void a_connection_goes(conn *one)
{
    if (one->state != BUSY && one->state != IDLE)
        return;
    ah_pool_gone(&world.pool, &one->place);
    one->state = NONE;
}

/* As a connector that is closed does it: waiters first. */
static void everything_is_closed(void)
{
    for (int i = 0; i < WAITERS; i++)
        somebody_gives_up(i);
    for (int i = 0; i < LIMIT; i++) {
        ah_pool_gone(&world.pool, &world.conns[i].place);
        world.conns[i].state = NONE;
    }
    assert_int_equal(world.pool.total, 0);
    assert_int_equal(world.pool.waiters.count, 0);
}

static void something_happens(void)
{
    conn *one = &world.conns[random_below(LIMIT)];
    unsigned chance = random_below(100);

    if (random_below(1000) == 0)
        everything_is_closed();
    else if (chance < 35)
        somebody_waits((int)random_below(WAITERS), (int)random_below(ORIGINS));
    else if (chance < 45)
        somebody_gives_up((int)random_below(WAITERS));
    else if (chance < 65)
        an_opening_ends(one, random_below(5) > 0);
    else if (chance < 87)
        an_exchange_ends(one);
    else if (chance < 93)
        a_connection_goes(one);
    else
        world.now_ms += random_below(60);
}

static void start(uint64_t seed)
{
    random_state = seed;
    memset(&world, 0, sizeof world);
    const ah_pool_rules rules = {LIMIT,         PER_HOST,     IDLE_LIMIT,
                                 IDLE_PER_HOST, KEEPALIVE_MS, LIFETIME_MS};
    ah_pool_init(&world.pool, &rules);
    for (int i = 0; i < ORIGINS; i++)
        ah_pool_origin_init(&world.origins[i]);
}

static uint64_t chosen_seed(void)
{
    const char *given = getenv("AH_TEST_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);

    print_message("AH_TEST_SEED=%llu\n", (unsigned long long)seed);
    return seed;
}

static void everything_holds_whatever_happens(void **state)
{
    (void)state;
    start(chosen_seed());

    for (int i = 0; i < STEPS; i++) {
        something_happens();
        if (random_below(8) > 0) /* several things may happen before the plan is asked */
            settle();
        else
            ah_pool_check(&world.pool);
    }

    assert_true(world.served > STEPS / 20);
}

static void everybody_is_served_in_the_end(void **state)
{
    (void)state;
    start(chosen_seed());
    for (int i = 0; i < WAITERS; i++)
        somebody_waits(i, i % ORIGINS);

    for (int round = 0; round < 1000 && world.served < WAITERS; round++) {
        settle();
        an_opening_ends(&world.conns[random_below(LIMIT)], true);
        an_exchange_ends(&world.conns[random_below(LIMIT)]);
    }
    settle();

    assert_int_equal(world.served, WAITERS);
}

static void no_origin_starves_however_busy_the_others_are(void **state)
{
    uint64_t since[ORIGINS] = {0};
    (void)state;
    start(chosen_seed());

    for (int i = 0; i < STEPS / 10; i++) {
        for (int w = 0; w < WAITERS; w++) /* each origin always has somebody waiting */
            somebody_waits(w, w % ORIGINS);
        settle();
        conn *one = &world.conns[random_below(LIMIT)];
        an_opening_ends(one, true);
        an_exchange_ends(one);
        for (int origin = 0; origin < ORIGINS; origin++) {
            since[origin] = conns_in(BUSY, origin) ? 0 : since[origin] + 1;
            assert_true(since[origin] < (uint64_t)4 * ORIGINS * (LIMIT + AH_POOL_PATIENCE));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_holds_whatever_happens),
        cmocka_unit_test(everybody_is_served_in_the_end),
        cmocka_unit_test(no_origin_starves_however_busy_the_others_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
