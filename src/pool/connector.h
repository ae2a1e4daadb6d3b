/* SPDX-License-Identifier: MIT */
#ifndef AH_POOL_CONNECTOR_H
#define AH_POOL_CONNECTOR_H
/* The connector as the client sees it: ask for a connection, get one or an error. */
#include "conn/conn.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include "pool/opening.h"
#include "pool/plan.h"
#include "pool/route.h"
#include <ahttp/connector.h>

/* One request that needs a connection; embedded in the client's block, zeroed before use. */
typedef struct ah_waiter ah_waiter;
/* Either conn, which is available and on which the callee sends at once, or error, which the
   callee takes over.  No release is needed: the connection tells the connector itself.  Called from
   the loop, and of who is lined up also while another one asks. */
typedef void ah_waiter_fn(ah_waiter *waiter, ah_conn *conn, ahttp_error *error);
struct ah_waiter {
    ah_pool_waiter place;
    ahttp_connector *connector; /* while waiting, else NULL */
    ah_waiter_fn *done;
    const ahttp_timeout *limits; /* complete */
    ah_tracer *tracer;           /* NULL: nobody notes the steps */
    ah_timer timer;              /* of limits->pool_ms; armed while nothing is opened for it */
    int64_t since_ms;            /* when it began to wait */
    bool is_queued;              /* the limits were reached then */
    ah_job job;                  /* brings an error that came up inside a call */
    ahttp_error *error;
    ah_link in_row;    /* of its connector, while it is lined up, as are the next two: */
    const ah_url *url; /* where it goes */
    uint64_t hash;     /* of the key of its origin */
};

/* The idle connection that was used last, which is available and on which the caller sends at once;
   else NULL, and done is called once.  The route's texts need not outlive the call; limits, which
   are complete, must as long as it waits; tracer may be NULL.  The caller holds a reference to the
   connector for as long as it waits or uses the connection. */
ah_conn *ah_connector_acquire(ahttp_connector *connector, ah_waiter *waiter, const ah_route *route,
                              const ahttp_timeout *limits, ah_tracer *tracer, ah_waiter_fn *done);
/* The same without waiting for one to become idle, for requests of which nobody notes the steps,
   and whose route is nothing but ah_route_to(url).  At once, if that is where the last one went
   and nobody is lined up.  If not, the waiter waits, in a row with others that begin in the same
   round of the ready queue: done is called once, with neither connection nor error where none is
   idle; url lives until then.  Nobody overtakes those in the row: whoever asks by acquire has them
   served first. */
ah_conn *ah_connector_take_idle(ahttp_connector *connector, ah_waiter *waiter, const ah_url *url,
                                ah_waiter_fn *done);
static inline bool ah_waiter_waits(const ah_waiter *waiter)
{
    return waiter->connector != NULL;
}
/* The client sends on a connection that its exchange has kept, without having asked. */
void ah_connector_note_kept(ahttp_connector *connector, ah_tracer *tracer);
/* done will not be called; what was being opened for it serves the next in line, or ends.
   Harmless when it does not wait. */
void ah_connector_cancel(ah_waiter *waiter);

/* What is done for it while it waits, for messages: "waiting for a connection". */
const char *ah_connector_doing(const ah_waiter *waiter);
ahttp_phase ah_connector_phase(const ah_waiter *waiter);

/* NULL once that has been closed; nothing is acquired any more then. */
ahttp_loop *ah_connector_loop(const ahttp_connector *connector);
/* What ahttp_connector_close does, without telling when it is done. */
void ah_connector_shut(ahttp_connector *connector);
/* Where its routes take their proxies from. */
ah_proxies *ah_connector_proxies(ahttp_connector *connector);
/* Whether connections are kept; if not, requests should say that they are the last. */
bool ah_connector_keeps_alive(const ahttp_connector *connector);
/* Whether the program lets nobody connect to that host: if it is an address, since what a name
   leads to is seen later. */
bool ah_connector_refuses(const ahttp_connector *connector, ah_str host);

/* Aborts with a message where the pool's lists contradict each other; for tests. */
void ah_connector_check(const ahttp_connector *connector);
/* Connections are made by opener from now on; for tests, before the first acquire. */
void ah_connector_set_opener(ahttp_connector *connector, const ah_opener *opener);

#endif
