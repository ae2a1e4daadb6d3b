/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_TASK_H
#define AHTTP_TASK_H
/* Tasks: ordinary functions that may wait.  A task has its own stack, so locals
   live across a wait, and `return`, loops and helper functions work as always.
   Only functions with "await" in their name ever let another task run.
   A stack has 256 KiB with a guard below: deep recursion and huge local arrays
   belong elsewhere. */
#include <ahttp/future.h>
AHTTP_BEGIN

typedef void *ahttp_task_fn(void *arg);

/* Make a loop, run fn as its first task, cancel what is left when it returns, and end
   the loop.  0, or the code fn failed with.  asyncio.run. */
AHTTP_API int ahttp_run(ahttp_task_fn *fn, void *arg);

/* Start fn as a task of its own on the current loop; it runs later, not inside this call.
   Resolves to: what fn returns, unless it returned ahttp_fail().
   Cancelling the future makes the task's current await fail with CANCELLED, so that it can
   clean up with ordinary code, and returns what it likes; cancelled before its first step,
   it never runs.  asyncio.create_task. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_spawn(ahttp_task_fn *fn, void *arg);

/* ---- Waiting.  These two work without tasks as well: outside of any task and callback they
   run the loop until the future is done, which makes the same program a blocking one.  In a
   callback there is nothing to suspend: they abort with a message. ---- */

/* Hand the ticket in, wait, and give the result; NULL means it failed (or resolves to
   nothing).  A future that is done already does not let others run. */
AHTTP_API void *ahttp_await(ahttp_future *future);
/* The same where there is no result to return: 0, or the error code. */
AHTTP_API int ahttp_await_status(ahttp_future *future);

/* Why the last await failed that did, in this task or outside of tasks; never NULL.
   Valid until the next await there. */
AHTTP_API const ahttp_error *ahttp_task_error(void);

/* Fail the task: `return ahttp_fail(AHTTP_E_STATE, "no token in %s", path);`
   or `return ahttp_fail_again();` to pass the last await's error on.  Both give NULL. */
AHTTP_API void *ahttp_fail(int code, const char *format, ...) AHTTP_PRINTF(2, 3);
AHTTP_API void *ahttp_fail_again(void);

AHTTP_END
#endif
