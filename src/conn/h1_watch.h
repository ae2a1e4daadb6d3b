/* SPDX-License-Identifier: MIT */
#ifndef AH_CONN_H1_WATCH_H
#define AH_CONN_H1_WATCH_H
/* The time limits of what happens on a connection: the gap between writes, the wait for the
   first byte, the gap between reads.  Activity is only noted; the timer looks when it fires,
   and goes on from there.  A connection whose exchange has no such limit never gets here. */
#include "conn/exchange.h"
#include "loop/timer.h"

typedef enum ah_h1_awaited {
    AH_H1_NOTHING, /* of the peer: it is our turn, or the program's */
    AH_H1_ROOM,    /* to write */
    AH_H1_FIRST_BYTE,
    AH_H1_MORE_BYTES
} ah_h1_awaited;

typedef struct ah_h1_watch {
    ah_timer timer; /* fire is the owner's to set */
    ah_h1_awaited awaited;
    int64_t since_ms; /* when it last moved */
    uint64_t moved;   /* bytes sent and received by then */
} ah_h1_watch;

/* That is what the exchange, which has limits, waits for now. */
void ah_h1_watch_set(ah_h1_watch *watch, ahttp_loop *loop, const ah_exchange *exchange,
                     ah_h1_awaited awaited);
void ah_h1_watch_stop(ah_h1_watch *watch, ahttp_loop *loop);
/* The timer fired: the error that ends the connection to peer, or NULL, and it goes on. */
ahttp_error *ah_h1_watch_look(ah_h1_watch *watch, ahttp_loop *loop, const ah_exchange *exchange,
                              const char *peer);

#endif
