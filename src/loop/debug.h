/* SPDX-License-Identifier: MIT */
#ifndef AH_LOOP_DEBUG_H
#define AH_LOOP_DEBUG_H
/* Debug mode, for the files of this layer only; the others have ah_report and
   ah_loop_check_thread in loop/loop.h.  Whoever calls these has seen that it is on.

   Each future is remembered by a trace.  If there is no memory for one, that future is not
   spoken of. */
#include "base/list.h"
#include <ahttp/debug.h>
#include <ahttp/future.h>

typedef struct ah_debug {
    bool on;
    ahttp_report_fn *report; /* NULL: standard error */
    void *ctx;
    uint64_t slow_ns; /* from when on a job is slow */
    ah_list traces;   /* of all futures that are not released, oldest first */
} ah_debug;

enum { AH_TRACE_NAME_SIZE = 32 };

typedef struct ah_trace {
    ah_link link; /* in the loop's traces */
    ahttp_future *future;
    const char *maker; /* the function; the program knows those that start with "ahttp_" */
    char made_in[AH_TRACE_NAME_SIZE]; /* that task, or empty: outside of tasks */
} ah_trace;

struct ah_job;

/* Reads the environment; the rest is for when it is on. */
bool ah_debug_is_wanted(bool by_options);
bool ah_debug_wants_virtual_clock(void);
void ah_debug_begin(ahttp_loop *loop);
/* All else has ended: the futures that are left are reported, and forgotten. */
void ah_debug_end(ahttp_loop *loop);

/* Aborts with a sentence if this is not the loop's thread. */
void ah_debug_check_thread(const ahttp_loop *loop, const char *function);
/* maker: the function that made it. */
void ah_debug_future_made(ahttp_future *future, const char *maker);
/* Before its memory goes; reports an error that nobody has seen. */
void ah_debug_future_ends(ahttp_future *future);
void ah_debug_run_job(ahttp_loop *loop, struct ah_job *job);

/* ---- overflow.c, with tasks only ---- */

/* Between these two, the overflow of a task's stack on this thread is told of.  They nest. */
void ah_overflow_begin(void);
void ah_overflow_end(void);

#endif
