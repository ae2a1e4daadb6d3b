/* SPDX-License-Identifier: MIT */
#include "pool/plan.h"
#include "base/later.h"

size_t ah_pool_count_busy(const ah_counted conns[AH_POOL_BUSY], size_t total)
{
    for (int state = AH_POOL_CONNECTING; state < AH_POOL_BUSY; state++)
        total -= conns[state].count;
    return total;
}

static bool is_full(const ah_pool *pool)
{
    return pool->total >= pool->rules.limit;
}

static int64_t min(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

/* ---- What hangs where ---- */

static ah_pool_conn *conn_in_pool(ah_link *link)
{
    return link ? AH_CONTAINER(link, ah_pool_conn, in_pool) : NULL;
}

static ah_pool_conn *conn_in_origin(ah_link *link)
{
    return link ? AH_CONTAINER(link, ah_pool_conn, in_origin) : NULL;
}

static ah_pool_waiter *waiter_in_origin(ah_link *link)
{
    return link ? AH_CONTAINER(link, ah_pool_waiter, in_origin) : NULL;
}

static ah_pool_waiter *first_of(const ah_counted *waiters)
{
    return waiter_in_origin(ah_list_first(&waiters->list));
}

static ah_pool_conn *first_in(const ah_pool *pool, ah_pool_state state)
{
    return conn_in_pool(ah_list_first(&pool->conns[state].list));
}

static ah_pool_waiter *oldest_waiter(const ah_pool_origin *origin)
{
    ah_pool_waiter *expecting = first_of(&origin->expecting);

    return expecting ? expecting : first_of(&origin->unserved);
}

static bool has_lists(ah_pool_state state)
{
    return state != AH_POOL_NOWHERE && state != AH_POOL_BUSY;
}

/* These three change the state of a connection, and nothing else does. */
static void enter(ah_pool *pool, ah_pool_conn *conn, ah_pool_state state)
{
    ah_pool_origin *origin = conn->origin;

    if (has_lists(conn->state)) {
        ah_counted_remove(&pool->conns[conn->state], &conn->in_pool);
        ah_counted_remove(&origin->conns[conn->state], &conn->in_origin);
    }
    conn->state = state;
    if (has_lists(state)) {
        ah_counted_append(&pool->conns[state], &conn->in_pool);
        ah_counted_append(&origin->conns[state], &conn->in_origin);
    }
}

/* From IDLE to BUSY and back, which every request comes by: the same as enter. */
static void pick_up(ah_pool *pool, ah_pool_origin *origin, ah_pool_conn *conn)
{
    ah_counted_remove(&pool->conns[AH_POOL_IDLE], &conn->in_pool);
    ah_counted_remove(&origin->conns[AH_POOL_IDLE], &conn->in_origin);
    conn->state = AH_POOL_BUSY;
}

static void lay_down(ah_pool *pool, ah_pool_origin *origin, ah_pool_conn *conn)
{
    conn->state = AH_POOL_IDLE;
    ah_counted_append(&pool->conns[AH_POOL_IDLE], &conn->in_pool);
    ah_counted_append(&origin->conns[AH_POOL_IDLE], &conn->in_origin);
}

/* Whether the origin hangs in turns; it keeps its place there if it can. */
static void queue_up(ah_pool *pool, ah_pool_origin *origin)
{
    bool wants = origin->unserved.count > 0 && origin->total < pool->rules.limit_per_host;

    if (!wants)
        ah_link_remove(&origin->turn);
    else if (!ah_link_is_in_list(&origin->turn))
        ah_list_append(&pool->turns, &origin->turn);
}

/* Takes it out of the pool. */
static void drop(ah_pool *pool, ah_pool_conn *conn)
{
    enter(pool, conn, AH_POOL_NOWHERE);
    pool->total--;
    conn->origin->total--;
    queue_up(pool, conn->origin);
}

/* ---- Waiters and what is being opened for them ---- */

static void expect(ah_pool_waiter *waiter, ah_pool_conn *opening)
{
    waiter->opening = opening;
    opening->waiter = waiter;
}

static void part(ah_pool_conn *opening)
{
    ah_link_remove(&opening->passed);
    opening->waiter->opening = NULL;
    opening->waiter = NULL;
}

static void mark_passed(ah_pool *pool, ah_pool_conn *opening)
{
    if (!ah_link_is_in_list(&opening->passed))
        ah_list_append(&pool->passed, &opening->passed);
}

/* The waiter waits no longer; returns what was being opened for it, which is nobody's now. */
static ah_pool_conn *leave(ah_pool *pool, ah_pool_waiter *waiter)
{
    ah_pool_origin *origin = waiter->origin;
    ah_pool_conn *opening = waiter->opening;

    ah_counted_remove(opening ? &origin->expecting : &origin->unserved, &waiter->in_origin);
    ah_counted_remove(&pool->waiters, &waiter->in_pool);
    waiter->origin = NULL;
    if (opening)
        part(opening);
    return opening;
}

/* Gives an opening that is nobody's to the next waiter without one; false: there is none. */
static bool pass_on(ah_pool *pool, ah_pool_conn *opening)
{
    ah_pool_origin *origin = opening->origin;
    ah_pool_waiter *next = first_of(&origin->unserved);

    if (!next)
        return false;
    ah_counted_remove(&origin->unserved, &next->in_origin);
    ah_counted_append(&origin->expecting, &next->in_origin);
    expect(next, opening);
    mark_passed(pool, opening);
    return true;
}

/* The oldest waiter of its origin gets the connection; NULL when nobody waits. */
static ah_pool_waiter *serve(ah_pool *pool, ah_pool_conn *conn)
{
    ah_pool_waiter *waiter = oldest_waiter(conn->origin);

    if (!waiter)
        return NULL;
    enter(pool, conn, AH_POOL_BUSY);
    ah_pool_conn *opening = leave(pool, waiter);
    if (opening && !pass_on(pool, opening))
        enter(pool, opening, AH_POOL_SPARE);
    queue_up(pool, conn->origin);
    return waiter;
}

/* One more is idle than may be. */
static void close_oldest_idle(ah_pool *pool, const ah_pool_origin *origin)
{
    if (pool->conns[AH_POOL_IDLE].count > pool->rules.limit_idle)
        enter(pool, first_in(pool, AH_POOL_IDLE), AH_POOL_CLOSING);
    else if (origin->conns[AH_POOL_IDLE].count > pool->rules.limit_idle_per_host)
        enter(pool, conn_in_origin(ah_list_first(&origin->conns[AH_POOL_IDLE].list)),
              AH_POOL_CLOSING);
}

/* It is BUSY, or a spare that was opened. */
static void rest(ah_pool *pool, ah_pool_conn *conn, int64_t peer_keeps_ms, int64_t now_ms)
{
    ah_pool_origin *origin = conn->origin;

    conn->expires_ms = min(conn->ends_ms, ah_later(now_ms, pool->rules.keepalive_ms));
    if (AH_UNLIKELY(peer_keeps_ms))
        conn->expires_ms = min(conn->expires_ms, ah_later(now_ms, peer_keeps_ms));
    if (AH_LIKELY(conn->state == AH_POOL_BUSY))
        lay_down(pool, origin, conn);
    else
        enter(pool, conn, AH_POOL_IDLE);
    close_oldest_idle(pool, origin);
}

static ah_pool_waiter *serve_or_rest(ah_pool *pool, ah_pool_conn *conn, int64_t peer_keeps_ms,
                                     int64_t now_ms)
{
    ah_pool_waiter *waiter = serve(pool, conn);

    if (!waiter)
        rest(pool, conn, peer_keeps_ms, now_ms);
    return waiter;
}

/* ---- What happened ---- */

void ah_pool_init(ah_pool *pool, const ah_pool_rules *rules)
{
    *pool = (ah_pool){.rules = *rules};
    for (int state = 0; state < AH_POOL_BUSY; state++)
        ah_counted_init(&pool->conns[state]);
    ah_counted_init(&pool->waiters);
    ah_list_init(&pool->turns);
    ah_list_init(&pool->passed);
}

void ah_pool_origin_init(ah_pool_origin *origin)
{
    *origin = (ah_pool_origin){0};
    for (int state = 0; state < AH_POOL_BUSY; state++)
        ah_counted_init(&origin->conns[state]);
    ah_counted_init(&origin->unserved);
    ah_counted_init(&origin->expecting);
}

bool ah_pool_origin_is_unused(const ah_pool_origin *origin)
{
    return origin->total == 0 && !oldest_waiter(origin);
}

ah_pool_conn *ah_pool_take_idle(ah_pool *pool, ah_pool_origin *origin, int64_t now_ms)
{
    ah_pool_conn *newest;

    while ((newest = ah_pool_newest_idle(origin))) {
        if (AH_LIKELY(now_ms < newest->expires_ms)) {
            pick_up(pool, origin, newest);
            return newest;
        }
        enter(pool, newest, AH_POOL_CLOSING);
    }
    return NULL;
}

ah_pool_conn *ah_pool_wait(ah_pool *pool, ah_pool_origin *origin, ah_pool_waiter *waiter,
                           int64_t now_ms)
{
    ah_pool_conn *newest = ah_pool_take_idle(pool, origin, now_ms);

    if (newest)
        return newest;
    ah_counted_append(&origin->unserved, &waiter->in_origin);
    ah_counted_append(&pool->waiters, &waiter->in_pool);
    waiter->origin = origin;
    ah_pool_conn *spare = conn_in_origin(ah_list_first(&origin->conns[AH_POOL_SPARE].list));
    if (spare) {
        enter(pool, spare, AH_POOL_CONNECTING);
        pass_on(pool, spare);
    }
    queue_up(pool, origin);
    return NULL;
}

void ah_pool_unwait(ah_pool *pool, ah_pool_waiter *waiter)
{
    ah_pool_origin *origin = waiter->origin;

    if (!origin)
        return;
    ah_pool_conn *opening = leave(pool, waiter);
    if (opening && !pass_on(pool, opening))
        enter(pool, opening, AH_POOL_CLOSING);
    queue_up(pool, origin);
}

void ah_pool_opening(ah_pool *pool, ah_pool_waiter *waiter, ah_pool_conn *conn)
{
    ah_pool_origin *origin = waiter->origin;

    conn->origin = origin;
    pool->total++;
    origin->total++;
    enter(pool, conn, AH_POOL_CONNECTING);
    ah_counted_remove(&origin->unserved, &waiter->in_origin);
    ah_counted_append(&origin->expecting, &waiter->in_origin);
    expect(waiter, conn);
    pool->passed_over = 0;
    ah_link_remove(&origin->turn); /* its next turn comes after those of the others */
    queue_up(pool, origin);
}

/* Openings may end in another order than they began: the oldest waiter takes this one, and
   who had expected it takes what the oldest had expected. */
ah_pool_waiter *ah_pool_opened(ah_pool *pool, ah_pool_conn *conn, int64_t now_ms)
{
    ah_pool_waiter *expecting = conn->waiter;

    conn->is_open = true;
    if (conn->state == AH_POOL_CLOSING)
        return NULL;
    conn->ends_ms = ah_later(now_ms, pool->rules.lifetime_ms);
    if (!expecting)
        return serve_or_rest(pool, conn, 0, now_ms);
    ah_pool_waiter *oldest = first_of(&conn->origin->expecting);
    if (oldest != expecting) {
        expect(expecting, oldest->opening);
        mark_passed(pool, expecting->opening);
        expect(oldest, conn);
    }
    leave(pool, oldest);
    enter(pool, conn, AH_POOL_BUSY);
    return oldest;
}

ah_pool_waiter *ah_pool_failed(ah_pool *pool, ah_pool_conn *conn)
{
    ah_pool_waiter *waiter = conn->waiter;

    if (waiter)
        leave(pool, waiter);
    drop(pool, conn);
    return waiter;
}

/* One of this origin became idle while others of it wait: whether it must not go on there, but
   end, for the first of turns to open one. */
static bool has_to_make_room(ah_pool *pool, ah_pool_origin *origin)
{
    bool is_first = ah_list_first(&pool->turns) == &origin->turn;

    if (ah_list_is_empty(&pool->turns) || !is_full(pool))
        return false;
    if (ah_link_is_in_list(&origin->turn)) { /* this is a turn of its own */
        ah_link_remove(&origin->turn);
        ah_list_append(&pool->turns, &origin->turn);
    }
    pool->passed_over = is_first ? 0 : pool->passed_over + 1;
    return pool->passed_over > pool->total + AH_POOL_PATIENCE;
}

/* Somebody waits, perhaps for another origin. */
static AH_APART ah_pool_waiter *idle_beside_waiters(ah_pool *pool, ah_pool_conn *conn,
                                                    int64_t peer_keeps_ms, int64_t now_ms)
{
    if (oldest_waiter(conn->origin) && has_to_make_room(pool, conn->origin)) {
        pool->passed_over = 0;
        enter(pool, conn, AH_POOL_CLOSING);
        return NULL;
    }
    return serve_or_rest(pool, conn, peer_keeps_ms, now_ms);
}

ah_pool_waiter *ah_pool_idle(ah_pool *pool, ah_pool_conn *conn, int64_t peer_keeps_ms,
                             int64_t now_ms)
{
    if (conn->state != AH_POOL_BUSY)
        return NULL;
    if (AH_UNLIKELY(pool->waiters.count > 0) && now_ms < conn->ends_ms)
        return idle_beside_waiters(pool, conn, peer_keeps_ms, now_ms);
    if (AH_LIKELY(now_ms < conn->ends_ms))
        rest(pool, conn, peer_keeps_ms, now_ms);
    else
        enter(pool, conn, AH_POOL_CLOSING);
    return NULL;
}

void ah_pool_expire(ah_pool *pool, ah_pool_conn *conn, int64_t now_ms)
{
    if (conn->state == AH_POOL_IDLE && now_ms >= conn->expires_ms)
        enter(pool, conn, AH_POOL_CLOSING);
}

void ah_pool_gone(ah_pool *pool, ah_pool_conn *conn)
{
    if (conn->state != AH_POOL_NOWHERE)
        drop(pool, conn);
}

/* ---- What to do ---- */

static ah_pool_step close_step(ah_pool *pool, ah_pool_conn *conn)
{
    drop(pool, conn);
    return (ah_pool_step){.kind = AH_POOL_CLOSE, .conn = conn};
}

/* It is the origin's turn to open: let it, or make room, or let it wait. */
static ah_pool_step open_step(ah_pool *pool, const ah_pool_origin *origin)
{
    if (!is_full(pool))
        return (ah_pool_step){.kind = AH_POOL_OPEN, .waiter = first_of(&origin->unserved)};
    ah_pool_conn *in_the_way = first_in(pool, AH_POOL_IDLE);
    if (!in_the_way)
        in_the_way = first_in(pool, AH_POOL_SPARE);
    if (!in_the_way)
        return (ah_pool_step){.kind = AH_POOL_NOTHING};
    return close_step(pool, in_the_way);
}

ah_pool_step ah_pool_next(ah_pool *pool)
{
    ah_pool_conn *closing = first_in(pool, AH_POOL_CLOSING);
    ah_link *link;

    if (closing)
        return close_step(pool, closing);
    if ((link = ah_list_take_first(&pool->passed))) {
        ah_pool_conn *conn = AH_CONTAINER(link, ah_pool_conn, passed);
        return (ah_pool_step){.kind = AH_POOL_PASS, .conn = conn, .waiter = conn->waiter};
    }
    link = ah_list_first(&pool->turns);
    if (!link)
        return (ah_pool_step){.kind = AH_POOL_NOTHING};
    return open_step(pool, AH_CONTAINER(link, ah_pool_origin, turn));
}
