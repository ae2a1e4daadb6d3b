/* SPDX-License-Identifier: MIT */
#ifndef AH_POOL_PLAN_H
#define AH_POOL_PLAN_H
/* Who gets which connection.  Deciding is kept apart from doing: the connector reports what
   happened (somebody waits, a connection opened, became idle, is gone), then asks
   ah_pool_next for one step after the other and carries them out.  No I/O, no clock, no
   callback in here; every call is O(1), whatever the number of connections and origins.

   Rules.  Connections in all (idle, busy, connecting) never exceed limit, nor those of one
   origin limit_per_host.  Waiters of an origin are served first come first; origins with
   waiters take turns in opening connections, so that none starves.  The idle connection used
   last is used first.  An idle connection goes to the oldest waiter of its origin, even when
   one is being opened for that: the opening then passes to the next waiter without one, or,
   where there is none, goes on and ends idle.  When the limit is reached, the connection
   idle for longest makes room for another origin.  An idle connection is kept keepalive_ms.

   Counts are those of the lists; nothing is counted apart from them. */
#include "base/list.h"
#include <stdint.h>

typedef enum ah_pool_state {
    AH_POOL_NOWHERE, /* not in the pool: new, or gone */
    AH_POOL_CONNECTING,
    AH_POOL_BUSY,
    AH_POOL_IDLE
} ah_pool_state;

typedef struct ah_pool_origin ah_pool_origin;
typedef struct ah_pool_waiter ah_pool_waiter;

/* Embedded in what the connector keeps per connection; zeroed memory is NOWHERE. */
typedef struct ah_pool_conn {
    ah_link in_origin; /* in its origin's list of this state */
    ah_link in_pool;   /* in the pool's list of this state */
    ah_pool_origin *origin;
    ah_pool_waiter *waiter; /* for whom it is being opened, or NULL */
    int64_t idle_since_ms;
    ah_pool_state state;
} ah_pool_conn;

/* Embedded in what asks for a connection; zeroed memory waits for nothing. */
struct ah_pool_waiter {
    ah_link link; /* in its origin's waiters */
    ah_pool_origin *origin;
    ah_pool_conn *opening; /* being opened for it, or NULL */
};

/* Embedded in what the connector keeps per scheme, host and port. */
struct ah_pool_origin {
    ah_counted idle; /* newest last */
    ah_counted busy;
    ah_counted connecting;
    ah_counted unserved;  /* waiters for whom nothing is being opened, oldest first */
    ah_counted expecting; /* waiters for whom something is, oldest first */
    ah_link turn;         /* in the pool's queue of origins that want to open */
};

typedef struct ah_pool {
    size_t limit, limit_per_host; /* SIZE_MAX: none */
    int64_t keepalive_ms;
    ah_counted idle; /* oldest first */
    ah_counted busy;
    ah_counted connecting;
    ah_list turns;
    ah_list grants; /* idle connections whose origin has waiters, to be looked at */
} ah_pool;

typedef enum ah_pool_step_kind {
    AH_POOL_NOTHING, /* until something is reported or time passes */
    AH_POOL_CLOSE,   /* close conn (it is NOWHERE now): too old, or in the way */
    AH_POOL_GRANT,   /* give conn (BUSY now) to waiter, who waits no longer */
    AH_POOL_OPEN     /* open a connection for waiter: ah_pool_opening must follow */
} ah_pool_step_kind;

typedef struct ah_pool_step {
    ah_pool_step_kind kind;
    ah_pool_conn *conn;
    ah_pool_waiter *waiter;
} ah_pool_step;

#endif
