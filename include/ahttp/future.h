/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_FUTURE_H
#define AHTTP_FUTURE_H
/* A future is a ticket for a result that is not there yet.

   1. The work has already started when you get the ticket.
   2. You hand the ticket in exactly once: to ahttp_await, ahttp_then,
      ahttp_gather, ahttp_within or ahttp_drop, or to what says in other headers that it
      takes futures over.  Those functions own it after that.
   3. A function that returns a future never fails in another way: a bad URL and
      an empty heap also arrive through the ticket.  It is never NULL, nor may what you give be.
   4. Callbacks run from the loop, first come first, never before the call that made
      them returns, and with nothing of the library beneath them: every function may be
      called in them.  They are called with the future, their own for that time.
   5. Cancelling is a request.  It never takes away a result that is there already. */
#include <ahttp/error.h>
#include <ahttp/loop.h>
AHTTP_BEGIN

typedef struct ahttp_future ahttp_future;
typedef void ahttp_done_fn(ahttp_future *future, void *ctx);
typedef void ahttp_free_fn(void *result);

/* ---- Handing the ticket in (ahttp_await is in task.h) ---- */

/* Call fn once when done.  The future is valid until fn returns. */
AHTTP_API void ahttp_then(ahttp_future *future, ahttp_done_fn *fn, void *ctx);
/* Not interested: let the work finish and free its result. */
AHTTP_API void ahttp_drop(ahttp_future *future);

/* ---- Looking at it (these only borrow) ---- */

AHTTP_API bool ahttp_future_done(const ahttp_future *future);
/* The result, now the caller's as the maker's "Resolves to" line says; NULL if it
   failed, is not done, or was taken before. */
AHTTP_API void *ahttp_future_take(ahttp_future *future);
/* Why it failed, or NULL.  Valid as long as the future. */
AHTTP_API const ahttp_error *ahttp_future_error(const ahttp_future *future);
/* Ask the work to stop; the future then fails with CANCELLED, at once or when its cleaning
   up is done.  The ticket still has to be handed in.  Does nothing when already done. */
AHTTP_API void ahttp_future_cancel(ahttp_future *future);

/* ---- Putting futures together ---- */

/* All of them.  Where all succeed, results[i] receives what futures[i] resolves to; it may
   be NULL if nobody wants them, else it must stay valid until this is done.  The first
   failure is reported at once, the others go on and what they resolve to is freed.
   Cancelling this cancels all of them.  Resolves to nothing.  asyncio.gather. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_gather(size_t count, ahttp_future *const futures[],
                                                    void *results[]);
/* The same result; or when it takes longer, a cancel and then E_TIMEOUT.  It waits until the
   cancelled work has ended, and if that ends in a result after all, you get the result.
   A limit of 0 asks only whether it is done already; AHTTP_NEVER: no limit.  asyncio.wait_for. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_within(int64_t limit_ms, ahttp_future *future);
/* Resolves to nothing, after delay_ms; 0 lets others run first.  On the current loop. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_sleep(int64_t delay_ms);

/* ---- Making your own: a promise is the other half of the ticket ---- */

typedef struct ahttp_promise ahttp_promise;
/* *promise becomes yours, to settle exactly once.  on_cancel, if given, is called when the
   holder cancels: settle the promise then, or later when it can be; without it a cancel
   fails the future at once, and settling is still due (and does nothing).  On the current
   loop.  When out of memory, *promise is NULL and the future has failed. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_promise_new(ahttp_promise **promise,
                                                         ahttp_call_fn *on_cancel, void *ctx);
/* Settle it; both end the promise, and do nothing for a NULL promise but free result.
   free_result, if given, runs if nobody takes the result. */
AHTTP_API void ahttp_promise_resolve(ahttp_promise *promise, void *result,
                                     ahttp_free_fn *free_result);
AHTTP_API void ahttp_promise_reject(ahttp_promise *promise, int code, const char *format, ...)
    AHTTP_PRINTF(3, 4);

AHTTP_END
#endif
