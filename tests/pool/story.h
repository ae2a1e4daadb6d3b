/* SPDX-License-Identifier: MIT */
#ifndef TESTS_POOL_STORY_H
#define TESTS_POOL_STORY_H
/* A pool in which the test tells what happens; the story tells what the plan made of it:
   "+c1>w1" a connection is opened for w1, "c1>w1" w1 gets it, "c1~w2" it is being opened for
   w2 from now on, "-c1" it is closed, "w1!" w1 gets an error. */
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
    int64_t peer_keeps_ms; /* what peers say from now on */
    int opened;            /* connections so far */
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

    for (int i = 1; i <= world.opened; i++)
        ah_pool_expire(&world.pool, &world.conns[i], world.now_ms);
    while ((step = ah_pool_next(&world.pool)).kind != AH_POOL_NOTHING) {
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
    ah_pool_check(&world.pool);
}

static void pool_by(ah_pool_rules rules)
{
    memset(&world, 0, sizeof world);
    ah_pool_init(&world.pool, &rules);
    for (int i = 0; i < ORIGINS; i++)
        ah_pool_origin_init(&world.origins[i]);
}

static void pool_with(size_t limit, size_t limit_per_host, int64_t keepalive_ms)
{
    pool_by((ah_pool_rules){limit, limit_per_host, SIZE_MAX, SIZE_MAX, keepalive_ms, INT64_MAX});
}

static void waits(int waiter, ah_pool_origin *origin)
{
    ah_pool_conn *conn = ah_pool_wait(&world.pool, origin, &world.waiters[waiter], world.now_ms);

    if (conn)
        tell_got(conn, &world.waiters[waiter]);
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
    tell_got(&world.conns[conn],
             ah_pool_idle(&world.pool, &world.conns[conn], world.peer_keeps_ms, world.now_ms));
    settle();
}

static void goes(int conn)
{
    ah_pool_gone(&world.pool, &world.conns[conn]);
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

#endif
