/* SPDX-License-Identifier: MIT */
#ifndef AH_POOL_PLAN_H
#define AH_POOL_PLAN_H
/* Who gets which connection.  Deciding is kept apart from doing: the connector reports what
   happened (somebody waits, a connection opened, became idle, is gone) and is told who gets
   it; then it asks ah_pool_next for one step after the other and carries them out.  No I/O,
   no clock, no callback in here; every call is O(1), whatever the number of connections and
   origins.

   Rules.  Connections in all (idle, busy, being opened) never exceed limit, nor those of one
   origin limit_per_host.  Waiters of an origin are served first come first.  The idle
   connection used last is used first, and none is used that was idle for keepalive_ms, or for
   what its peer allows, or that was opened lifetime_ms ago; such a one is closed when it has
   nothing more to do.  Of more than limit_idle idle ones, or more than limit_idle_per_host of
   one origin, the one idle for longest is closed.
   An idle connection goes to the oldest waiter of its origin, even when one is being opened
   for that: the opening then passes to the next waiter without one, or, where there is none,
   goes on as a spare and ends idle.  When a waiter gives up, the opening passes on or is
   closed.  When the limit is reached, the connection idle for longest makes room for another
   origin, or else a spare.  Origins that want to open one more take turns; to be handed one
   that became idle counts as a turn.  Where the limit is reached and busy connections keep
   going on within their origins, one makes room as soon as the origin whose turn it is has
   been passed over as often as there are connections, and AH_POOL_PATIENCE times more; so no
   origin starves, and those that all have their share do not close each other's connections.

   Counts are those of the lists.  Of connections there is a count of all besides: busy ones hang in
   no list, since nobody looks for one, and are what is left of it. */
#include "base/list.h"
#include <stdint.h>

typedef enum ah_pool_state {
    AH_POOL_NOWHERE,    /* not in the pool: new, or gone */
    AH_POOL_CONNECTING, /* being opened for a waiter */
    AH_POOL_SPARE,      /* being opened, for nobody any more */
    AH_POOL_CLOSING,    /* of no more use: one of the next steps closes it */
    AH_POOL_IDLE,
    AH_POOL_BUSY /* of these there are no lists */
} ah_pool_state;

enum { AH_POOL_PATIENCE = 16 };

typedef struct ah_pool_origin ah_pool_origin;
typedef struct ah_pool_waiter ah_pool_waiter;

/* Embedded in what the connector keeps per connection; zeroed memory is NOWHERE.  What a
   connection that is in use touches comes last, beside what the connector keeps of it. */
typedef struct ah_pool_conn {
    ah_link passed;         /* in the pool's list of openings that are for another waiter now */
    ah_pool_waiter *waiter; /* while CONNECTING: for whom */
    ah_link in_origin;      /* in its origin's list of this state */
    ah_link in_pool;        /* in the pool's list of this state */
    ah_pool_origin *origin;
    ah_pool_state state;
    bool is_open;       /* it has been opened */
    int64_t expires_ms; /* while IDLE: from when on it is of no more use */
    int64_t ends_ms;    /* since it was opened: the end of its lifetime */
} ah_pool_conn;

/* Embedded in what asks for a connection; zeroed memory waits for nothing. */
struct ah_pool_waiter {
    ah_link in_origin;      /* in its origin's unserved or expecting */
    ah_link in_pool;        /* in the pool's waiters */
    ah_pool_origin *origin; /* while it waits, else NULL */
    ah_pool_conn *opening;  /* being opened for it, or NULL */
};

/* Embedded in what the connector keeps per scheme, host and port.  Each of expecting is older
   than each of unserved.  There are no unserved ones beside a spare, and no waiters at all
   beside an idle connection. */
struct ah_pool_origin {
    ah_counted unserved;            /* waiters for whom nothing is being opened, oldest first */
    ah_counted expecting;           /* waiters for whom something is, oldest first */
    ah_link turn;                   /* in the pool's turns: it wants to open one more */
    size_t total;                   /* connections of all states */
    ah_counted conns[AH_POOL_BUSY]; /* by state; idle ones newest last */
};

typedef struct ah_pool_rules {
    size_t limit, limit_per_host;           /* SIZE_MAX: none */
    size_t limit_idle, limit_idle_per_host; /* the same */
    int64_t keepalive_ms, lifetime_ms;      /* INT64_MAX: for ever */
} ah_pool_rules;

typedef struct ah_pool {
    ah_pool_rules rules;
    size_t total;                   /* connections of all states */
    ah_counted conns[AH_POOL_BUSY]; /* by state; idle ones oldest first */
    ah_counted waiters;             /* of all origins, oldest first */
    ah_list turns;                  /* origins with unserved waiters, below limit_per_host */
    ah_list passed;
    size_t passed_over; /* how often the first of turns was, while the pool was full */
} ah_pool;

typedef enum ah_pool_step_kind {
    AH_POOL_NOTHING, /* until something is reported */
    AH_POOL_CLOSE,   /* close conn (it is NOWHERE now): of no more use, or in the way */
    AH_POOL_OPEN,    /* open a connection for waiter; ah_pool_opening or _unwait must follow */
    AH_POOL_PASS     /* conn, which is being opened, is for waiter from now on */
} ah_pool_step_kind;

typedef struct ah_pool_step {
    ah_pool_step_kind kind;
    ah_pool_conn *conn;
    ah_pool_waiter *waiter;
} ah_pool_step;

void ah_pool_init(ah_pool *pool, const ah_pool_rules *rules);
void ah_pool_origin_init(ah_pool_origin *origin);
/* Whether it has neither connections nor waiters, so that it may be forgotten. */
bool ah_pool_origin_is_unused(const ah_pool_origin *origin);

/* The idle connection of origin that was used last, or NULL; it is not touched. */
static inline ah_pool_conn *ah_pool_newest_idle(const ah_pool_origin *origin)
{
    ah_link *link = ah_list_last(&origin->conns[AH_POOL_IDLE].list);

    return link ? AH_CONTAINER(link, ah_pool_conn, in_origin) : NULL;
}

/* What happened.  now_ms never goes back from one call to the next. */

/* The idle connection of origin that was used last and is of use (BUSY now), or NULL. */
ah_pool_conn *ah_pool_take_idle(ah_pool *pool, ah_pool_origin *origin, int64_t now_ms);
/* The same for a waiter, which waits where there is none. */
ah_pool_conn *ah_pool_wait(ah_pool *pool, ah_pool_origin *origin, ah_pool_waiter *waiter,
                           int64_t now_ms);
/* The waiter gives up.  Harmless when it does not wait. */
void ah_pool_unwait(ah_pool *pool, ah_pool_waiter *waiter);
/* A connection is being opened for the waiter of the step OPEN. */
void ah_pool_opening(ah_pool *pool, ah_pool_waiter *waiter, ah_pool_conn *conn);
/* It is open.  Who gets it (waiting no longer; conn is BUSY), or NULL: nobody. */
ah_pool_waiter *ah_pool_opened(ah_pool *pool, ah_pool_conn *conn, int64_t now_ms);
/* It could not be opened, and is NOWHERE.  Whom that concerns (waiting no longer), or NULL. */
ah_pool_waiter *ah_pool_failed(ah_pool *pool, ah_pool_conn *conn);
/* A busy one has nothing more to do; its peer keeps it idle for so long, 0: it is not known.  Who
   gets it (waiting no longer), or NULL: nobody. */
ah_pool_waiter *ah_pool_idle(ah_pool *pool, ah_pool_conn *conn, int64_t peer_keeps_ms,
                             int64_t now_ms);
/* The time of an idle one may be over.  Harmless when it is not idle. */
void ah_pool_expire(ah_pool *pool, ah_pool_conn *conn, int64_t now_ms);
/* A busy, idle or spare one is no more.  Harmless when it is NOWHERE already. */
void ah_pool_gone(ah_pool *pool, ah_pool_conn *conn);

/* Whether ah_pool_next may have something to say. */
static inline bool ah_pool_has_steps(const ah_pool *pool)
{
    return !ah_list_is_empty(&pool->turns) || !ah_list_is_empty(&pool->passed) ||
           pool->conns[AH_POOL_CLOSING].count > 0;
}
/* What to do next. */
ah_pool_step ah_pool_next(ah_pool *pool);

/* How many are busy, of those in the lists and total of a pool or an origin. */
size_t ah_pool_count_busy(const ah_counted conns[AH_POOL_BUSY], size_t total);
/* Walks all lists and aborts with a message where they contradict each other; for tests. */
void ah_pool_check(const ah_pool *pool);

#endif
