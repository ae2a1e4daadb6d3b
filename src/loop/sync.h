/* SPDX-License-Identifier: MIT */
#ifndef AH_LOOP_SYNC_H
#define AH_LOOP_SYNC_H
/* What semaphores, locks, events, conditions, barriers and queues have in common: they are
   guests of their loop.  When that is closed, those who wait fail, and nobody can wait any more;
   the memory stays the program's. */
#include "loop/guest.h"
#include "loop/waiter.h"

typedef struct ah_sync {
    ah_guest guest;
    bool closed; /* set by its close */
} ah_sync;

/* Enters the loop.  close fails those who wait, and lets go of all futures; it must set closed. */
void ah_sync_enter(ah_sync *sync, ahttp_loop *loop, ah_guest_fn *close);
void ah_sync_leave(ah_sync *sync);
/* For futures: its loop, or when that is gone the current one. */
ahttp_loop *ah_sync_loop(const ah_sync *sync);

/* What those hear who wait when the loop is closed, or later. */
#define AH_SYNC_CLOSED "its loop was closed"

#endif
