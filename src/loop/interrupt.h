/* SPDX-License-Identifier: MIT */
#ifndef AH_LOOP_INTERRUPT_H
#define AH_LOOP_INTERRUPT_H
/* SIGINT and SIGTERM cancel a task.  Only where the program leaves the signal to its default
   action, which is restored with the first one, so that a second ends the process. */
#include "loop/future.h"
#include <uv.h>

enum { AH_INTERRUPT_SIGNALS = 2 };

typedef struct ah_interrupt ah_interrupt;

typedef struct ah_interrupt_watcher {
    uv_signal_t uv;
    ah_interrupt *interrupt;
    bool watching;
} ah_interrupt_watcher;

struct ah_interrupt {
    ahttp_loop *loop;
    ahttp_future *task; /* until end */
    ah_interrupt_watcher watchers[AH_INTERRUPT_SIGNALS];
    bool came; /* a signal, and has cancelled the task */
};

/* Until end, a signal cancels the task.  Where the system refuses, the default action stays. */
void ah_interrupt_begin(ah_interrupt *interrupt, ahttp_loop *loop, ahttp_future *task);
/* Its memory may go when the loop has been closed. */
void ah_interrupt_end(ah_interrupt *interrupt);

#endif
