/* SPDX-License-Identifier: MIT */
#ifndef AH_LOOP_POLL_H
#define AH_LOOP_POLL_H
/* Watching a socket, level-triggered.  On Linux changing the set of events costs system
   calls, so watch WRITABLE only after a write said "again".  Where none is wanted for a while, the
   watching goes on until one comes.

   What libuv tells is noted first, and told on in rows: while one is told, what the next one will
   touch is fetched.  The ready queue is drained behind each row.  So steps of a kind follow one
   another and find their code in the processor's caches. */
#include "loop/loop.h"
#include <uv.h>

enum { AH_READABLE = 1 << 0, AH_WRITABLE = 1 << 1 };

typedef struct ah_poll ah_poll;
/* events: those of AH_READABLE and AH_WRITABLE that came and are wanted; all that are wanted at an
   error, which the read or write shows. */
typedef void ah_poll_fn(ah_poll *poll, unsigned events);
/* ready will be called shortly: fetches what that will touch (ah_fetch), and does nothing else. */
typedef void ah_poll_ahead_fn(ah_poll *poll);
typedef void ah_poll_closed_fn(ah_poll *poll);
struct ah_poll {
    uv_poll_t uv;
    ahttp_loop *loop;
    ah_poll_fn *ready;
    ah_poll_ahead_fn *ahead; /* NULL: there is nothing to fetch */
    const void *owner;       /* memory that ahead and ready begin with; nobody reads it here */
    ah_poll_closed_fn *closed;
    unsigned events;  /* that are wanted now */
    unsigned watched; /* by libuv: no less, and more only while none is wanted */
    unsigned noted;   /* told by libuv, and not told on yet */
    bool counted;     /* keeps the loop alive and a virtual clock from jumping */
};

/* Starts with no events watched, no ahead and no owner; the descriptor becomes non-blocking.  0, or
 * a negative errno (then there is nothing to close). */
int ah_poll_open(ahttp_loop *loop, ah_poll *poll, int fd, ah_poll_fn *ready);
/* Which events to watch from now on; 0 for none. */
void ah_poll_set(ah_poll *poll, unsigned events);
/* Whether the watching keeps the loop running; it does at first. */
void ah_poll_set_background(ah_poll *poll, bool background);
/* ready is not called again; the descriptor may be closed as soon as this returns (and must
   not be before); closed is called later, when the memory of poll may go. */
void ah_poll_close(ah_poll *poll, ah_poll_closed_fn *closed);

#endif
