/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_LOOP_H
#define AHTTP_LOOP_H
/* The event loop: one thread, one loop, all of the library's work.
   A loop and all that lives on it belong to the thread that made it; only ahttp_loop_post,
   and ahttp_submit and the remotes of thread.h, may be called from others.
   Most programs never call any of this: ahttp_run() in task.h makes a loop and ends it. */
#include <ahttp/base.h>
AHTTP_BEGIN

typedef struct ahttp_loop ahttp_loop;
struct uv_loop_s;

typedef void ahttp_call_fn(void *ctx);

typedef struct ahttp_loop_options {
    size_t size;
    struct uv_loop_s *uv; /* sit on this loop, which must outlive it; default: make one */
    /* For tests.  Time stands still while there is I/O to wait for, jumps to the next
       timer when there is nothing else to do, and moves by ahttp_loop_advance. */
    bool virtual_clock;
    bool debug; /* say what the program forgets: see debug.h */
    bool reserved[6];
} ahttp_loop_options;

/* NULL when out of memory or descriptors, or when options->size is not set: AHTTP_LOG=warning in
   the environment tells why. */
AHTTP_API ahttp_loop *ahttp_loop_create(const ahttp_loop_options *options);

/* Cancel every task and wait for each, close the library's own handles, and free the loop.
   Sessions and connectors on it that are still open are closed: requests under way fail with
   E_CLOSED, and so does whatever is asked of them later.  Responses can be read until they are
   unref'd, as far as they had been read before.  On a caller's uv loop this runs it until the
   library's handles are gone; no other handle is touched.  0, or E_STATE from inside the
   running loop (nothing happened then). */
AHTTP_API int ahttp_loop_close(ahttp_loop *loop);

/* The loop that runs on this thread, else the one made last on it, or NULL.  Borrowed. */
AHTTP_API ahttp_loop *ahttp_loop_current(void);
AHTTP_API struct uv_loop_s *ahttp_loop_uv(ahttp_loop *loop);

/* Run until nothing is left to do, or until ahttp_loop_stop.  Idle connections of a
   session's pool are nothing to do.  0, or E_STATE when it runs already.
   A caller's uv loop may just as well be run with uv_run. */
AHTTP_API int ahttp_loop_run(ahttp_loop *loop);
/* Run until ahttp_loop_stop, also while nothing is left to do.  0, or E_STATE when it runs
   already.  asyncio's run_forever. */
AHTTP_API int ahttp_loop_run_forever(ahttp_loop *loop);
AHTTP_API void ahttp_loop_stop(ahttp_loop *loop);

/* Milliseconds on a clock that never goes back (asyncio's loop.time()). */
AHTTP_API int64_t ahttp_loop_now(const ahttp_loop *loop);
/* On a virtual clock: move it, so that timers fire in the order they are due, each at its
   time.  They fire from the running loop, not inside this call. */
AHTTP_API void ahttp_loop_advance(ahttp_loop *loop, int64_t by_ms);

/* Call fn(ctx) once: with the next callbacks (delay 0), or after delay_ms.  The id cancels
   the call; cancelling one that already ran (or 0) does nothing.  0 when out of memory.
   asyncio's call_soon and call_later. */
AHTTP_API uint64_t ahttp_loop_call(ahttp_loop *loop, int64_t delay_ms, ahttp_call_fn *fn,
                                   void *ctx);
AHTTP_API void ahttp_loop_cancel(ahttp_loop *loop, uint64_t id);

/* Like ahttp_loop_call(loop, 0, ...), from any thread (asyncio's call_soon_threadsafe).
   0, or E_NO_MEMORY; the loop must not have been closed. */
AHTTP_API int ahttp_loop_post(ahttp_loop *loop, ahttp_call_fn *fn, void *ctx);

#ifndef __cplusplus
#define ahttp_loop_new(...)                                                                        \
    ahttp_loop_create(&(ahttp_loop_options){.size = sizeof(ahttp_loop_options), __VA_ARGS__})
#endif

AHTTP_END
#endif
