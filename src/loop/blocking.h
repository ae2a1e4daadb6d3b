/* SPDX-License-Identifier: MIT */
#ifndef AH_LOOP_BLOCKING_H
#define AH_LOOP_BLOCKING_H
/* One function that runs in libuv's thread pool, and the future of what it returns.  For the
   files of this layer only. */
#include "loop/future.h"
#include <ahttp/thread.h>
#include <uv.h>

typedef struct ah_work ah_work;
typedef void ah_work_fn(ah_work *work);

/* Embedded in what it is about.  Its memory goes when its future is released, which is never
   before fn has ended. */
struct ah_work {
    ahttp_future future;
    uv_work_t uv;
    ahttp_work_fn *fn;
    void *arg;
    void *result; /* what fn returned; NULL when it never ran */
    ahttp_free_fn *free_result;
    ah_work_fn *ended; /* on the loop's thread, whether fn ran or not: must settle it */
};

/* Makes raw memory work that is not begun; fn, arg, free_result and ended are still to be set.
   maker is as for ah_future_init_by. */
void ah_work_init(ah_work *work, ahttp_loop *loop, ah_future_fn *release, const char *maker);
/* Gives it to the thread pool.  The loop is held until fn has ended. */
void ah_work_begin(ah_work *work);
/* If fn has not begun, it never runs, and the future fails with CANCELLED. */
bool ah_work_prevent(ah_work *work);
/* The future's cancel, once the work is with the pool. */
void ah_work_cancel(ahttp_future *future);
/* Resolves the future to the result; what ended does at least. */
void ah_work_settle(ah_work *work);
/* What a cancelled one fails with. */
ahttp_error *ah_work_cancelled_error(void);

#endif
