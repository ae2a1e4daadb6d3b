/* SPDX-License-Identifier: MIT */
/* An executor keeps its own queue and gives libuv's thread pool only as much as may run, so
   that look-ups of names and files need not wait behind all of it.  It is freed with the
   future of its close. */
#include "base/error.h"
#include "base/str.h"
#include "loop/blocking.h"
#include "loop/guest.h"
#include "loop/loop_state.h"
#include <stdlib.h>

/* What libuv makes of UV_THREADPOOL_SIZE. */
enum { DEFAULT_THREADS = 4, MOST_THREADS = 1024 };

struct ahttp_executor {
    ahttp_future closed; /* what its close returns */
    ah_guest guest;      /* until it is closed */
    size_t workers;
    size_t busy;    /* begun, and not settled: an executor that settles must not go */
    ah_list begun;  /* given to the pool */
    ah_list queued; /* not yet */
    bool shut;      /* takes no more work: it or its loop is being closed */
    bool closing;   /* and the program waits for the end */
};

typedef struct item {
    ah_work work;
    ah_link link; /* in the executor's begun or queued */
    ahttp_executor *executor;
    bool begun;
} item;

/* ---- Making ---- */

static size_t count_pool_threads(void)
{
    ah_str text = ah_str_from(getenv("UV_THREADPOOL_SIZE"));
    uint64_t count = DEFAULT_THREADS;

    if (text.ptr && (!ah_str_to_u64(text, &count) || count == 0))
        count = 1;
    return count < MOST_THREADS ? (size_t)count : MOST_THREADS;
}

/* Cancels what has not begun. */
static void shut(ahttp_executor *executor);

static void close_guest(ah_guest *guest)
{
    ah_guest_report(guest);
    shut(AH_CONTAINER(guest, ahttp_executor, guest));
}

ahttp_executor *ahttp_executor_new(size_t workers)
{
    ahttp_loop *loop =
        ah_loop_need_current("ahttp_executor_new: this thread has no loop; call it from a task or "
                             "callback, or after ahttp_loop_create");
    ahttp_executor *executor = AH_NEW(ahttp_executor);

    if (!executor)
        return NULL;
    executor->guest = (ah_guest){.what = "executor", .close = close_guest};
    ah_guest_enter(&executor->guest, loop);
    executor->workers = workers ? workers : count_pool_threads();
    ah_list_init(&executor->begun);
    ah_list_init(&executor->queued);
    return executor;
}

/* ---- Running ---- */

static void begin_next(ahttp_executor *executor)
{
    ah_link *link;

    while (executor->busy < executor->workers && (link = ah_list_take_first(&executor->queued))) {
        item *next = AH_CONTAINER(link, item, link);
        next->begun = true;
        ah_list_append(&executor->begun, link);
        executor->busy++;
        ah_work_begin(&next->work);
    }
}

static void end_if_closed(ahttp_executor *executor)
{
    if (executor->closing && executor->busy == 0)
        ah_future_resolve(&executor->closed, NULL, NULL);
}

static void on_ended(ah_work *work)
{
    item *ended = AH_CONTAINER(work, item, work);
    ahttp_executor *executor = ended->executor;

    ah_link_remove(&ended->link);
    ah_work_settle(work);
    executor->busy--;
    begin_next(executor);
    end_if_closed(executor);
}

static void cancel_item(ahttp_future *future)
{
    item *cancelled = AH_CONTAINER(future, item, work.future);

    if (cancelled->begun) {
        ah_work_cancel(future);
        return;
    }
    ah_link_remove(&cancelled->link);
    ah_future_reject(future, ah_work_cancelled_error());
}

static void release_item(ahttp_future *future)
{
    ah_free(AH_CONTAINER(future, item, work.future));
}

static ahttp_loop *loop_of(const ahttp_executor *executor)
{
    return ah_guest_need_loop(&executor->guest, "ahttp_executor: its loop was closed, and there is "
                                                "none to say so on");
}

ahttp_future *ahttp_executor_submit(ahttp_executor *executor, ahttp_work_fn *fn, void *arg,
                                    ahttp_free_fn *free_result)
{
    ahttp_loop *loop = loop_of(executor);

    if (executor->shut)
        return ah_future_failed(
            loop, ah_error_new(AHTTP_E_CLOSED, "submit work: the executor was closed"));
    item *submitted = ah_alloc(sizeof *submitted);
    if (!submitted)
        return ah_future_failed(loop, ah_error_no_memory());
    ah_work_init(&submitted->work, loop, release_item, __func__);
    submitted->work.future.cancel = cancel_item;
    submitted->work.fn = fn;
    submitted->work.arg = arg;
    submitted->work.free_result = free_result;
    submitted->work.ended = on_ended;
    submitted->executor = executor;
    submitted->begun = false;
    ah_list_append(&executor->queued, &submitted->link);
    begin_next(executor);
    return &submitted->work.future;
}

ahttp_future *ahttp_executor_map(ahttp_executor *executor, ahttp_work_fn *fn, size_t count,
                                 void *const args[], void *results[], ahttp_free_fn *free_result)
{
    ahttp_future **futures = ah_realloc_array(NULL, count, sizeof(ahttp_future *));

    if (!futures)
        return ah_future_failed(loop_of(executor), ah_error_no_memory());
    for (size_t i = 0; i < count; i++)
        futures[i] = ahttp_executor_submit(executor, fn, args[i], free_result);
    ahttp_future *all = ahttp_gather(count, futures, results);
    ah_free(futures);
    return all;
}

/* ---- Closing ---- */

static void shut(ahttp_executor *executor)
{
    executor->shut = true;
    for (ah_link *link; (link = ah_list_first(&executor->queued));)
        cancel_item(&AH_CONTAINER(link, item, link)->work.future);
    AH_LIST_FOR_EACH(link, &executor->begun)
    {
        ah_work_prevent(&AH_CONTAINER(link, item, link)->work);
    }
}

static void release_executor(ahttp_future *closed)
{
    ah_free(AH_CONTAINER(closed, ahttp_executor, closed));
}

ahttp_future *ahttp_executor_close(ahttp_executor *executor)
{
    if (executor->closing)
        return ah_future_failed(
            executor->closed.loop,
            ah_error_new(AHTTP_E_CLOSED, "close executor: it was closed before"));
    ah_future_init(&executor->closed, loop_of(executor), release_executor, NULL);
    ah_guest_leave(&executor->guest);
    executor->closing = true;
    shut(executor);
    end_if_closed(executor);
    return &executor->closed;
}
