/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_THREAD_H
#define AHTTP_THREAD_H
/* Blocking work off the loop, loops on threads of their own, and work for a loop from other
   threads. */
#include <ahttp/task.h>
AHTTP_BEGIN

/* ---- Blocking work, from the loop's thread ---- */

/* Runs in another thread; must not use anything of the loop. */
typedef void *ahttp_work_fn(void *arg);

/* On libuv's thread pool (4 threads, or UV_THREADPOOL_SIZE).  Resolves to: what fn returns; if
   nobody takes that, free_result (may be NULL) is called with it, on the loop's thread.
   Cancelled before it began, fn never runs; after that the future fails at once and fn goes
   on unheard; the loop does not end before it has.  asyncio's run_in_executor. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_run_blocking(ahttp_work_fn *fn, void *arg,
                                                          ahttp_free_fn *free_result);

/* An executor runs at most so many works at the same time and queues the rest, first come
   first (concurrent.futures.ThreadPoolExecutor).  On the current loop and libuv's threads,
   which bound it as well.  workers 0: as many as those.  NULL when out of memory. */
typedef struct ahttp_executor ahttp_executor;
AHTTP_API ahttp_executor *ahttp_executor_new(size_t workers);
/* Like ahttp_run_blocking. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_executor_submit(ahttp_executor *executor,
                                                             ahttp_work_fn *fn, void *arg,
                                                             ahttp_free_fn *free_result);
/* fn for each of args; results as those of ahttp_gather, in the order of args. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_executor_map(ahttp_executor *executor,
                                                          ahttp_work_fn *fn, size_t count,
                                                          void *const args[], void *results[],
                                                          ahttp_free_fn *free_result);
/* Refuses further work (E_CLOSED), cancels what has not begun, and frees the executor when the
   rest has ended.  Resolves to nothing, then.  The end of the loop does all but free it. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_executor_close(ahttp_executor *executor);

/* ---- Files, off the loop ---- */

/* Resolves to: ahttp_bytes *, the whole file with a NUL behind it, in one block that the caller
   frees by ahttp_file_free.  E_SYSTEM with errno as cause. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_file_load(const char *path);
AHTTP_API void ahttp_file_free(void *bytes);
/* Writes a new file beside path and renames it, so that path holds the old or the new bytes,
   never a part.  It gets the mode of the file it replaces; symbolic links stay.  Bytes are
   copied.  Resolves to nothing. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_file_save(const char *path, ahttp_bytes bytes);

/* ---- A loop on a thread of its own ---- */

typedef struct ahttp_loop_thread ahttp_loop_thread;
/* Starts a thread that makes a loop and runs it until stop.  NULL when out of memory, threads
   or descriptors: AHTTP_LOG=warning in the environment tells why. */
AHTTP_API ahttp_loop_thread *ahttp_loop_thread_start(void);
AHTTP_API ahttp_loop *ahttp_loop_thread_loop(ahttp_loop_thread *thread); /* to post to */
/* Cancels the loop's tasks, waits for them, closes the loop, joins the thread and frees it.
   From another thread. */
AHTTP_API void ahttp_loop_thread_stop(ahttp_loop_thread *thread);

/* ---- Work for a loop, from any other thread ---- */

typedef struct ahttp_remote ahttp_remote;
/* Runs fn as a task on the loop; E_CLOSED while that is being closed.  Never NULL.  asyncio's
   run_coroutine_threadsafe; the result is like a concurrent.futures.Future. */
AHTTP_API AHTTP_MUST_USE ahttp_remote *ahttp_submit(ahttp_loop *loop, ahttp_task_fn *fn, void *arg);
/* Blocks this thread until the task has ended, at most limit_ms (AHTTP_NEVER: no limit).  0 and
   *result (may be NULL) what fn returned; or the code it failed with; or E_TIMEOUT, the task
   going on.  May be called again. */
AHTTP_API int ahttp_remote_wait(ahttp_remote *remote, int64_t limit_ms, void **result);
/* Why it failed, after wait said so; valid as long as remote. */
AHTTP_API const ahttp_error *ahttp_remote_error(const ahttp_remote *remote);
AHTTP_API void ahttp_remote_cancel(ahttp_remote *remote);
/* Not interested any more: the task goes on. */
AHTTP_API void ahttp_remote_free(ahttp_remote *remote);

AHTTP_END
#endif
