/* SPDX-License-Identifier: MIT */
#ifndef AH_POOL_SLOT_H
#define AH_POOL_SLOT_H
/* The inside of the connector, for the files of this layer only.

   A slot is a place in the pool: one connection from the start of its opening to its end.
   What connections tell is reported to the plan (pool/plan.h), and connections are handed over
   as the plan says.  The steps that follow, opening and closing, run in a job of their own: so
   they never run inside a call of the client or of a connection. */
#include "base/slab.h"
#include "loop/guest.h"
#include "loop/timer.h"
#include "pool/connector.h"
#include "pool/origin.h"

struct ahttp_connector {
    ah_guest guest;
    ah_opening_setup setup;
    const ah_opener *opener;
    ah_pool pool;
    ah_origins origins;
    ah_proxies proxies;
    ah_h1_store works;
    ah_slab slot_memory;
    ah_list slots;   /* that open or are open */
    ah_list ending;  /* that have been told to close */
    ah_list row;     /* waiters that are lined up */
    ah_job serve;    /* gives them what is idle */
    ah_job steps;    /* carries them out; ends the connector when all is over */
    ah_list closers; /* who waits for the last connection to go */
    uint64_t opened;
    uint64_t reused;
    size_t refs;
    bool no_keepalive;
    bool closed;
};

/* What a connection that is in use touches lies together, from the middle of its place to the
   middle of age. */
typedef struct ah_slot {
    ah_pool_conn place;
    ahttp_connector *connector;
    union {
        ah_opening *opening; /* until that has ended: place.is_open */
        ah_conn *conn;       /* from then on */
    };
    ah_timer age; /* fires when it may have been idle for too long; due never while not armed */
    ah_link link; /* in slots or ending */
    ah_origin *origin;
} ah_slot;

_Static_assert(offsetof(ah_slot, age) + sizeof(int64_t) <= AH_CONN_OWNER_SIZE,
               "what happens to idle connections touches no more");

/* The age of connections need not be exact. */
static inline int64_t ah_connector_now(const ahttp_connector *connector)
{
    return ah_loop_turn_ms(connector->setup.loop);
}

static inline void ah_connector_run_soon(ahttp_connector *connector)
{
    if (!ah_link_is_in_list(&connector->steps.link))
        ah_loop_ready(connector->setup.loop, &connector->steps);
}

/* For after everything that was reported to the plan. */
static inline void ah_connector_step_soon(ahttp_connector *connector)
{
    if (ah_pool_has_steps(&connector->pool))
        ah_connector_run_soon(connector);
}

/* Whether it was closed and the last connection is gone, with its last words. */
bool ah_connector_is_over(const ahttp_connector *connector);
/* All steps that the plan wants. */
void ah_connector_take_steps(ahttp_connector *connector);

static inline ah_slot *ah_slot_of(ah_pool_conn *place)
{
    return place ? AH_CONTAINER(place, ah_slot, place) : NULL;
}

/* The idle connection of origin that was used last, or NULL. */
static inline ah_conn *ah_connector_take(ahttp_connector *connector, ah_origin *origin)
{
    ah_slot *idle = ah_slot_of(
        ah_pool_take_idle(&connector->pool, &origin->place, ah_connector_now(connector)));

    if (!idle)
        return NULL;
    connector->reused++;
    return idle->conn;
}

/* row.c: the waiter lines up; all who have are served; and the job that does that. */
void ah_waiter_line_up(ahttp_connector *connector, ah_waiter *waiter, const ah_url *url,
                       ah_waiter_fn *done);
void ah_connector_serve_row(ahttp_connector *connector);
void ah_connector_run_serve(ah_job *job);

/* Answering a waiter.  The last thing to do in a function, since the client may give up its
   reference to the connector in the call. */
void ah_waiter_give(ah_waiter *waiter, ah_conn *conn);
void ah_waiter_refuse(ah_waiter *waiter, ahttp_error *error);
/* Because the connector was closed; this one answers from the loop. */
void ah_waiter_refuse_closed(ah_waiter *waiter);
/* Notes that it is its turn, by what, where anybody wants to know. */
void ah_waiter_trace_turn(ah_waiter *waiter, ahttp_trace_event what);
/* From now on it does not wait for others. */
void ah_waiter_stop_timer(ah_waiter *waiter);

/* Ends what is in the slot, which the plan has let go of. */
void ah_slot_end(ah_slot *slot);

static inline ah_waiter *ah_waiter_of(ah_pool_waiter *place)
{
    return place ? AH_CONTAINER(place, ah_waiter, place) : NULL;
}

#endif
