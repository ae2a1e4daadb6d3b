/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_WAIT_H
#define AHTTP_WAIT_H
/* Waiting for several futures, beside ahttp_gather of future.h: until some of them are done, or
   for one after the other in the order in which they end. */
#include <ahttp/future.h>
AHTTP_BEGIN

/* ---- wait: looks only ---- */

typedef enum ahttp_wait_until {
    AHTTP_ALL_DONE,
    AHTTP_FIRST_DONE,
    AHTTP_FIRST_ERROR /* or all done; a cancelled one is no error */
} ahttp_wait_until;

/* Waits until as many of the futures are done, or limit_ms have passed (AHTTP_NEVER: no
   limit).  Only borrows: hand each in yourself, afterwards.  Resolves to nothing; it does not
   fail because they do, nor at its limit, and cancelling it leaves them alone.  Until it is
   done or cancelled none may be handed in.  Ask each by ahttp_future_done.  None at all is
   E_ARGUMENT.  asyncio.wait. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_wait(size_t count, ahttp_future *const futures[],
                                                  ahttp_wait_until until, int64_t limit_ms);
/* Moves those that are done to the front, otherwise keeping the order; returns their number. */
AHTTP_API size_t ahttp_done_first(size_t count, ahttp_future *futures[]);

/* ---- as completed: one by one, first done first ---- */

typedef struct ahttp_completion ahttp_completion;

/* Takes the futures over.  limit_ms counts for all of them together.  Never NULL; out of
   memory arrives through ahttp_completion_next.  asyncio.as_completed:

       ahttp_completion *each = ahttp_as_completed(count, futures, AHTTP_NEVER);
       ahttp_future *done;
       while ((done = ahttp_await(ahttp_completion_next(each))))
           use(ahttp_await(done));
       ahttp_completion_end(each);                                                          */
AHTTP_API AHTTP_MUST_USE ahttp_completion *ahttp_as_completed(size_t count,
                                                              ahttp_future *const futures[],
                                                              int64_t limit_ms);
/* Resolves to: ahttp_future *, one that is done, the caller's to hand in; NULL after the last.
   Fails with E_TIMEOUT when the limit has passed and none is left that is done.  One at a
   time: E_STATE while another next is pending.  What nobody took from a next that was dropped
   is given out again. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_completion_next(ahttp_completion *completion);
/* Those that were not given out go on; what they resolve to is freed.  A next that is pending
   fails with E_CLOSED. */
AHTTP_API void ahttp_completion_end(ahttp_completion *completion);

/* ---- shield ---- */

/* The same result; but cancelling this leaves the work alone, which then goes on, and what it
   resolves to is freed.  asyncio.shield. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_shield(ahttp_future *future);

AHTTP_END
#endif
