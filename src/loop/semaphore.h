/* SPDX-License-Identifier: MIT */
#ifndef AH_LOOP_SEMAPHORE_H
#define AH_LOOP_SEMAPHORE_H
/* The inside of semaphores and locks, for conditions. */
#include "loop/sync.h"
#include <ahttp/sync.h>

struct ahttp_semaphore {
    ah_sync sync;
    const char *what; /* for messages */
    ah_list waiting;
    ah_list granted; /* those with a permit whose future has not ended */
    size_t permits;
    size_t free;  /* while others wait, 0 */
    bool serving; /* a permit given back in the midst of it goes to the next as well */
};

struct ahttp_lock {
    ahttp_semaphore semaphore;
};

/* Queues up behind the others; served at once if a permit is free. */
void ah_semaphore_enter(ahttp_semaphore *semaphore, ah_waiter *waiter);
/* Gives it a permit that was taken already. */
void ah_semaphore_grant(ahttp_semaphore *semaphore, ah_waiter *waiter);
/* What the future of a waiter at a semaphore does when it ends: a permit that nobody claimed
   goes back. */
void ah_semaphore_end_grant(ahttp_future *future);

#endif
