/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_TASK_H
#define AHTTP_TASK_H
/* Tasks: ordinary functions that may wait.  A task has its own stack, so locals
   live across a wait, and `return`, loops and helper functions work as always.
   Only functions with "await" in their name ever let another task run.
   A stack has 256 KiB with a guard below, if its options do not say otherwise: deep
   recursion and huge local arrays belong elsewhere. */
#include <ahttp/future.h>
AHTTP_BEGIN

typedef void *ahttp_task_fn(void *arg);

/* Make a loop, run fn as its first task, named "main", cancel what is left when it returns, and end
   the loop.  0, or the code fn failed with.  SIGINT and SIGTERM, where the program has left
   them to their default action, cancel that task; when it ends by that, the code is
   E_INTERRUPTED.  A second signal ends the process at once.  asyncio.run. */
AHTTP_API int ahttp_run(ahttp_task_fn *fn, void *arg);

/* Start fn as a task of its own on the current loop; it runs later, not inside this call.
   Resolves to: what fn returns, unless it returned ahttp_fail().
   Cancelling the future makes the task's current await fail with CANCELLED, so that it can
   clean up with ordinary code, and returns what it likes; cancelled before its first step,
   it never runs.  asyncio.create_task. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_spawn(ahttp_task_fn *fn, void *arg);

typedef struct ahttp_task_options {
    size_t size;
    const char *name;   /* copied, and cut to 31 bytes; default: "task 7", by number */
    size_t stack_bytes; /* rounded up to pages; default: 256 KiB */
} ahttp_task_options;

/* The same with options, which may be NULL. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_spawn_with(ahttp_task_fn *fn, void *arg,
                                                        const ahttp_task_options *options);
#ifndef __cplusplus
/* ahttp_spawn_named(parse, file, "parser", .stack_bytes = 1 << 20) */
#define ahttp_spawn_named(fn, arg, ...)                                                            \
    ahttp_spawn_with(                                                                              \
        (fn), (arg),                                                                               \
        &(ahttp_task_options){.size = sizeof(ahttp_task_options), .name = __VA_ARGS__})
#endif

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

/* ---- Looking at tasks ---- */

/* Of the running task; "" where none runs.  Valid until the task ends. */
AHTTP_API const char *ahttp_task_name(void);

typedef enum ahttp_task_state {
    AHTTP_TASK_NOT_STARTED,
    AHTTP_TASK_WAITING,
    AHTTP_TASK_RUNNING
} ahttp_task_state;
typedef void ahttp_task_visit_fn(const char *name, ahttp_task_state state, void *ctx);
/* Calls visit for each task of the loop that has not ended, oldest first, and returns their
   number.  visit may be NULL, and must not spawn.  asyncio.all_tasks. */
AHTTP_API size_t ahttp_loop_each_task(ahttp_loop *loop, ahttp_task_visit_fn *visit, void *ctx);

/* For a handler of SIGSEGV and SIGBUS on a stack of its own (sigaltstack): whether the address
   that could not be accessed (si_addr) is just beyond the stack of the running task, which
   then was too small.  Its name goes to name[cap].  Safe in such a handler. */
AHTTP_API bool ahttp_task_overflowed(const void *address, char *name, size_t cap);

AHTTP_END
#endif
