/* SPDX-License-Identifier: MIT */
#ifndef AH_LOOP_POLL_H
#define AH_LOOP_POLL_H
/* Watching a socket, level-triggered.  On Linux changing the set of events costs system
   calls, so watch WRITABLE only after a write said "again".  Where none is wanted for a while, the
   watching goes on until one comes. */
#include "loop/loop.h"
#include <uv.h>

enum { AH_READABLE = 1 << 0, AH_WRITABLE = 1 << 1 };

typedef struct ah_poll ah_poll;
/* events: AH_READABLE and AH_WRITABLE bits; both at an error, which the read or write shows. */
typedef void ah_poll_fn(ah_poll *poll, unsigned events);
typedef void ah_poll_closed_fn(ah_poll *poll);
struct ah_poll {
    uv_poll_t uv;
    ahttp_loop *loop;
    ah_poll_fn *ready;
    ah_poll_closed_fn *closed;
    unsigned events;  /* that are wanted now */
    unsigned watched; /* by libuv: no less, and more only while none is wanted */
    bool counted;     /* keeps the loop alive and a virtual clock from jumping */
};

/* Starts with no events watched; the descriptor becomes non-blocking.  0, or a negative errno (then
 * there is nothing to close). */
int ah_poll_open(ahttp_loop *loop, ah_poll *poll, int fd, ah_poll_fn *ready);
/* Which events to watch from now on; 0 for none. */
void ah_poll_set(ah_poll *poll, unsigned events);
/* Whether the watching keeps the loop running; it does at first. */
void ah_poll_set_background(ah_poll *poll, bool background);
/* ready is not called again; the descriptor may be closed as soon as this returns (and must
   not be before); closed is called later, when the memory of poll may go. */
void ah_poll_close(ah_poll *poll, ah_poll_closed_fn *closed);

#endif
