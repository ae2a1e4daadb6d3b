/* SPDX-License-Identifier: MIT */
#ifndef AH_LOOP_ASKING_H
#define AH_LOOP_ASKING_H
/* Asking a function of the program that answers by a future.  It is called from the ready queue,
   and may do anything in there, also end whoever asks. */
#include "loop/future.h"

typedef struct ah_asking ah_asking;

typedef struct ah_asking_ops {
    /* Calls the program; what that gives must not be NULL. */
    ahttp_future *(*ask)(ah_asking *asking);
    /* It has answered: future is done, or NULL, when out of memory.  Releases the asking. */
    void (*answered)(ah_asking *asking, ahttp_future *future);
    /* Frees it and all it has. */
    void (*release)(ah_asking *asking);
} ah_asking_ops;

/* Embedded in a block of its own, which may outlive whoever asks. */
struct ah_asking {
    const ah_asking_ops *ops;
    ah_job job;      /* calls the program */
    ah_list futures; /* the one future */
    ahttp_future *future;
    bool is_inside; /* the program's function */
    bool is_cancelled;
};

void ah_asking_start(ah_asking *asking, ahttp_loop *loop, const ah_asking_ops *ops);
/* answered is not called, and the program's future is cancelled if there is one already. */
void ah_asking_cancel(ah_asking *asking);

#endif
