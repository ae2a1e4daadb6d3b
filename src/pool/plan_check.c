/* SPDX-License-Identifier: MIT */
/* What holds at all times in a pool, as a walk through all its lists. */
#include "pool/plan.h"

static void require(bool condition, const char *sentence)
{
    if (!condition)
        ah_misuse(sentence);
}

static void check_conn(const ah_pool_conn *conn, const ah_pool_origin *origin, int state)
{
    require(conn->state == (ah_pool_state)state,
            "pool: a connection is in a list not of its state");
    require(conn->origin == origin, "pool: a connection is in the list of another origin");
    require(ah_link_is_in_list(&conn->in_pool), "pool: a connection is missing in the pool's list");
    require((conn->waiter != NULL) == (state == AH_POOL_CONNECTING),
            "pool: a connection has a waiter just while it is being opened for one");
    require(!conn->waiter || conn->waiter->opening == conn,
            "pool: a connection is opened for a waiter who expects another");
    require(!ah_link_is_in_list(&conn->passed) || state == AH_POOL_CONNECTING,
            "pool: a connection that was passed on is not being opened");
}

static void check_waiters(const ah_counted *waiters, const ah_pool_origin *origin, bool expecting)
{
    size_t count = 0;

    AH_LIST_FOR_EACH(link, &waiters->list)
    {
        const ah_pool_waiter *waiter = AH_CONTAINER(link, ah_pool_waiter, in_origin);
        require(waiter->origin == origin, "pool: a waiter is in the list of another origin");
        require((waiter->opening != NULL) == expecting,
                "pool: a waiter expects a connection just while one is being opened for it");
        require(!expecting || waiter->opening->waiter == waiter,
                "pool: a waiter expects a connection that is opened for another");
        count++;
    }
    require(count == waiters->count, "pool: a count of waiters is not that of the list");
}

static void check_origin(const ah_pool *pool, const ah_pool_origin *origin)
{
    size_t listed = 0;

    for (int state = AH_POOL_NOWHERE; state < AH_POOL_BUSY; state++) {
        size_t count = 0;
        AH_LIST_FOR_EACH(link, &origin->conns[state].list)
        {
            check_conn(AH_CONTAINER(link, ah_pool_conn, in_origin), origin, state);
            count++;
        }
        require(count == origin->conns[state].count,
                "pool: a count of connections is not that of the list");
        listed += count;
    }
    require(listed <= origin->total, "pool: an origin has fewer connections in all than in lists");
    require(origin->total <= pool->rules.limit_per_host,
            "pool: an origin has more connections than limit_per_host");
    check_waiters(&origin->unserved, origin, false);
    check_waiters(&origin->expecting, origin, true);
    require(origin->expecting.count == origin->conns[AH_POOL_CONNECTING].count,
            "pool: those who expect a connection are not as many as are being opened");
    require(origin->unserved.count == 0 || origin->conns[AH_POOL_SPARE].count == 0,
            "pool: a spare is opened while somebody waits for a connection");
    require(origin->conns[AH_POOL_IDLE].count == 0 ||
                origin->unserved.count + origin->expecting.count == 0,
            "pool: somebody waits beside an idle connection");
    require(origin->conns[AH_POOL_IDLE].count <= pool->rules.limit_idle_per_host,
            "pool: an origin has more idle connections than limit_idle_per_host");
    require(ah_link_is_in_list(&origin->turn) ==
                (origin->unserved.count > 0 && origin->total < pool->rules.limit_per_host),
            "pool: an origin takes turns just while it wants to open a connection");
}

static bool is_first(const ah_pool_waiter *waiter, const ah_counted *waiters)
{
    return ah_list_first(&waiters->list) == &waiter->in_origin;
}

/* Origins are reached through their connections and waiters: those of each are walked where
   the first link of one of their lists is met. */
static size_t check_conns(const ah_pool *pool, int state)
{
    size_t count = 0;

    AH_LIST_FOR_EACH(link, &pool->conns[state].list)
    {
        const ah_pool_conn *conn = AH_CONTAINER(link, ah_pool_conn, in_pool);
        require(conn->origin && conn->state == (ah_pool_state)state,
                "pool: a connection is in a list not of its state");
        if (ah_list_first(&conn->origin->conns[state].list) == &conn->in_origin)
            check_origin(pool, conn->origin);
        count++;
    }
    require(count == pool->conns[state].count,
            "pool: a count of connections is not that of the list");
    return count;
}

void ah_pool_check(const ah_pool *pool)
{
    size_t waiting = 0;
    size_t listed = 0;

    for (int state = AH_POOL_NOWHERE; state < AH_POOL_BUSY; state++)
        listed += check_conns(pool, state);
    require(listed <= pool->total, "pool: there are fewer connections in all than in lists");
    require(pool->total <= pool->rules.limit, "pool: there are more connections than the limit");
    require(pool->conns[AH_POOL_IDLE].count <= pool->rules.limit_idle,
            "pool: there are more idle connections than limit_idle");
    require(pool->conns[AH_POOL_NOWHERE].count == 0, "pool: a connection is listed as nowhere");
    AH_LIST_FOR_EACH(link, &pool->waiters.list)
    {
        const ah_pool_waiter *waiter = AH_CONTAINER(link, ah_pool_waiter, in_pool);
        require(waiter->origin != NULL, "pool: a waiter in the list waits for nothing");
        if (is_first(waiter, &waiter->origin->unserved) ||
            is_first(waiter, &waiter->origin->expecting))
            check_origin(pool, waiter->origin);
        waiting++;
    }
    require(waiting == pool->waiters.count, "pool: a count of waiters is not that of the list");
    AH_LIST_FOR_EACH(link, &pool->turns)
    check_origin(pool, AH_CONTAINER(link, ah_pool_origin, turn));
}
