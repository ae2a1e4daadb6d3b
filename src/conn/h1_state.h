/* SPDX-License-Identifier: MIT */
#ifndef AH_CONN_H1_STATE_H
#define AH_CONN_H1_STATE_H
/* The inside of a connection of HTTP/1.1, for h1_conn.c, where it begins, sends and ends, and
   h1_receive.c.  The two directions end separately, since a server may answer before it has read
   the whole request.  This is how far the response has come:

     READY -> HEAD -> BODY -> DONE -> READY      any state -> BROKEN

   (and from HEAD back to READY, when nothing was sent after all).  Only when all was sent, the
   response is done, the peer wants to go on and no byte is left over, it goes back to READY (in one
   function, may_be_reused).  Events reach code that may close the connection, so its memory goes
   only when none of the functions that make them is left on the stack. */
#include "conn/h1_conn.h"
#include "conn/h1_work.h"
#include "loop/poll.h"
#include <assert.h>

typedef enum ah_h1_receiving {
    AH_H1_CONN_READY,
    AH_H1_CONN_HEAD,
    AH_H1_CONN_BODY,
    AH_H1_CONN_DONE,
    AH_H1_CONN_BROKEN
} ah_h1_receiving;

typedef struct ah_h1_conn {
    ah_conn base;
    ah_exchange *exchange; /* the one it carries, or NULL */
    ah_h1_work *work;      /* while it sends or receives, or watches gaps, else NULL */
    ah_transport *transport;
    ah_h1_store *store;
    const void *told;   /* what its exchange says */
    ahttp_peer *peer;   /* NULL when memory was too short for it */
    uint32_t exchanges; /* so far */
    uint32_t depth;     /* functions that make events on the stack */
    uint8_t response;   /* an ah_h1_receiving */
    uint8_t wanted;     /* readiness that is watched */
    bool is_sent;       /* all of the request */
    bool has_begun;     /* some of the response, or its end, has come */
    bool paused;        /* the reader has enough for now */
    bool holds; /* it keeps the loop alive, as an exchange does for which something is ... */
    bool in_background; /* ... watched, unless it shall not */
    bool closed;
} ah_h1_conn;

_Static_assert(sizeof(ah_h1_conn) <= AH_CONN_SIZE, "sending touches no more of a connection");

/* The only place that changes the state. */
static inline void ah_h1_conn_enter(ah_h1_conn *conn, ah_h1_receiving next)
{
    static const unsigned char may_enter[] = {
        [AH_H1_CONN_READY] = 1 << AH_H1_CONN_HEAD | 1 << AH_H1_CONN_BROKEN,
        [AH_H1_CONN_HEAD] = 1 << AH_H1_CONN_BODY | 1 << AH_H1_CONN_DONE | 1 << AH_H1_CONN_READY |
                            1 << AH_H1_CONN_BROKEN,
        [AH_H1_CONN_BODY] = 1 << AH_H1_CONN_DONE | 1 << AH_H1_CONN_BROKEN,
        [AH_H1_CONN_DONE] = 1 << AH_H1_CONN_READY | 1 << AH_H1_CONN_BROKEN,
        [AH_H1_CONN_BROKEN] = 1 << AH_H1_CONN_BROKEN,
    };

    (void)may_enter; /* which builds without assertions do not read */
    assert(may_enter[conn->response] & 1 << next);
    conn->response = (uint8_t)next;
}

/* What makes events stands between these two. */
static inline void ah_h1_conn_begin_call(ah_h1_conn *conn)
{
    conn->depth++;
}
void ah_h1_conn_free(ah_h1_conn *conn);
static inline void ah_h1_conn_end_call(ah_h1_conn *conn)
{
    if (--conn->depth == 0 && AH_UNLIKELY(conn->closed))
        ah_h1_conn_free(conn);
}

/* Its transport never keeps the loop alive by itself. */
static inline void ah_h1_conn_hold(ah_h1_conn *conn, bool holds)
{
    ah_h1_store *store = conn->store;

    if (holds == conn->holds)
        return;
    conn->holds = holds;
    if (holds && store->holding++ == 0)
        ah_loop_hold(store->loop);
    if (!holds && --store->holding == 0)
        ah_loop_unhold(store->loop);
}

/* For ah_h1_conn_watch, where they are others than before. */
void ah_h1_conn_want(ah_h1_conn *conn, unsigned events);
/* In an exchange. */
static inline void ah_h1_conn_watch(ah_h1_conn *conn, unsigned events)
{
    if (AH_UNLIKELY(events != conn->wanted))
        ah_h1_conn_want(conn, events);
}

extern const ah_h1_work_kind ah_h1_conn_work_kind;

/* False when out of memory. */
static inline bool ah_h1_conn_take_work(ah_h1_conn *conn)
{
    conn->work = ah_h1_work_take(conn->store, &ah_h1_conn_work_kind);
    if (AH_UNLIKELY(!conn->work))
        return false;
    conn->work->conn = conn;
    return true;
}

static inline void ah_h1_conn_give_work(ah_h1_conn *conn)
{
    ah_h1_work_give(conn->store, conn->work);
    conn->work = NULL;
}

/* It has ended well; from now on it waits for the next exchange. */
static inline void ah_h1_conn_rest(ah_h1_conn *conn)
{
    ah_h1_conn_enter(conn, AH_H1_CONN_READY);
    conn->exchange = NULL;
    conn->paused = false;
    ah_h1_conn_give_work(conn);
    ah_h1_conn_watch(conn, AH_READABLE);
    ah_h1_conn_hold(conn, false);
    ah_transport_rest(conn->transport);
}

/* ---- h1_conn.c ---- */

/* Of an exchange that has limits: it does not look at the clock any more. */
void ah_h1_conn_stop_watch(ah_h1_conn *conn);
/* Ends the exchange, if there is one, and then the connection. */
void ah_h1_conn_end(ah_h1_conn *conn, ahttp_error *error);
/* Whatever the sending half in its work did, or gaps that it has limits for. */
void ah_h1_conn_sending_moved(ah_h1_conn *conn);

/* ---- h1_receive.c ---- */

/* For its transport, with the connection as ctx. */
void ah_h1_conn_look_ahead(void *ctx);
void ah_h1_conn_ready(void *ctx, unsigned events);
/* For its work. */
extern const ah_h1_parser_events ah_h1_conn_parser_events;

#endif
