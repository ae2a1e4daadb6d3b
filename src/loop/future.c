/* SPDX-License-Identifier: MIT */
/* Blocks of futures are recycled through a free list.  When memory runs out, failed futures
   come from a small reserve, and beyond that all of them are one: it has nothing but the
   static out-of-memory error in it, so it may be handed in any number of times. */
#include "loop/future.h"
#include "base/error.h"
#include "loop/loop_state.h"

enum { MOST_FREE_BLOCKS = 1024 };

/* ---- The two halves ---- */

void ah_future_init_by(ahttp_future *future, ahttp_loop *loop, ah_future_fn *release, void *owner,
                       const char *maker)
{
    /* Not all of it: what it is handed in to is set then, free_result with a result. */
    future->loop = loop;
    ah_list_init(&future->waiters);
    future->then.link = (ah_link){0};
    future->result = NULL;
    future->error = NULL;
    future->cancel = future->ended = NULL;
    future->release = release;
    future->owner = owner;
    future->trace = NULL;
    future->has_ticket = future->has_promise = true;
    future->done = future->handed_in = future->error_seen = future->claimed = false;
    if (AH_UNLIKELY(loop->debug.on))
        ah_debug_future_made(future, maker);
}

bool ah_future_is_last_resort(const ahttp_future *future)
{
    return future == &future->loop->futures.last_resort;
}

static void free_contents(ahttp_future *future)
{
    if (future->result && future->free_result)
        future->free_result(future->result);
    future->result = NULL;
    ah_error_free(future->error);
    future->error = NULL;
}

static void end_if_unheld(ahttp_future *future)
{
    if (ah_future_is_held(future))
        return;
    if (future->ended)
        future->ended(future);
    if (AH_UNLIKELY(future->trace != NULL))
        ah_debug_future_ends(future);
    free_contents(future);
    future->release(future);
}

void ah_future_end(ahttp_future *future)
{
    if (ah_future_is_last_resort(future))
        return;
    future->has_ticket = false;
    end_if_unheld(future);
}

void ah_future_hand_in(ahttp_future *future)
{
    ah_check_thread(future->loop, "handing in a future (ahttp_await, ahttp_then, ...)");
    if (future->handed_in)
        ah_misuse("a future was handed in twice; ahttp_await, ahttp_then, ahttp_gather, "
                  "ahttp_within and ahttp_drop each own it after the call");
    future->handed_in = !ah_future_is_last_resort(future);
}

static void set_done(ahttp_future *future)
{
    future->done = true;
    ah_loop_ready_all(future->loop, &future->waiters);
}

static void end_promise(ahttp_future *future)
{
    future->has_promise = false;
    end_if_unheld(future);
}

void ah_future_resolve(ahttp_future *future, void *result, ahttp_free_fn *free_result)
{
    if (!future->done) {
        future->result = result;
        future->free_result = free_result;
        set_done(future);
    } else if (result && free_result) {
        free_result(result);
    }
    end_promise(future);
}

void ah_future_fail(ahttp_future *future, ahttp_error *error)
{
    if (future->done) {
        ah_error_free(error);
        return;
    }
    future->error = error;
    set_done(future);
}

void ah_future_reject(ahttp_future *future, ahttp_error *error)
{
    ah_future_fail(future, error);
    end_promise(future);
}

static void end_source(ahttp_future *future)
{
    ahttp_future *source = future->owner;

    source->claimed = future->claimed;
    if (!future->claimed) {
        source->result = future->result;
        future->result = NULL;
    }
    ah_future_end(source);
}

void ah_future_pass_on(ahttp_future *from, ahttp_future *to)
{
    bool is_wanted = !to->done;

    if (is_wanted) {
        to->result = from->result;
        to->free_result = from->free_result;
        to->error = ah_future_take_error(from);
        from->result = NULL;
        set_done(to);
    }
    if (is_wanted && from->ended) {
        to->ended = end_source;
        to->owner = from;
    } else {
        ah_future_end(from);
    }
    end_promise(to);
}

/* ---- What the holder does ---- */

void ah_future_wait(ahttp_future *future, ah_job *job)
{
    if (future->done)
        ah_loop_ready(future->loop, job);
    else
        ah_list_append(&future->waiters, &job->link);
}

static void run_then(ah_job *job)
{
    ahttp_future *future = AH_CONTAINER(job, ahttp_future, then);

    future->claimed = true;
    future->fn(future, future->ctx);
    ah_future_end(future);
}

void ahttp_then(ahttp_future *future, ahttp_done_fn *fn, void *ctx)
{
    if (ah_future_is_last_resort(future)) {
        future = ah_future_failed(future->loop, ah_error_no_memory());
        if (ah_future_is_last_resort(future))
            ah_misuse("ahttp_then: out of memory, and more failed futures wait for their "
                      "callbacks than the loop has in reserve");
    }
    ah_future_hand_in(future);
    future->fn = fn;
    future->ctx = ctx;
    future->then.run = run_then;
    ah_future_wait(future, &future->then);
}

void ah_future_join(ahttp_future *future, ah_list *list, ah_job_fn *run, void *holder)
{
    ah_future_hand_in(future);
    future->then.run = run;
    future->member = (ah_link){0};
    future->holder = holder;
    ah_list_append(list, &future->member);
    ah_future_wait(future, &future->then);
}

void ah_future_leave(ahttp_future *future)
{
    ah_link_remove(&future->member);
    ah_link_remove(&future->then.link);
}

void ahttp_drop(ahttp_future *future)
{
    ah_future_hand_in(future);
    ah_future_end(future);
}

bool ahttp_future_done(const ahttp_future *future)
{
    return future->done;
}

void *ahttp_future_take(ahttp_future *future)
{
    void *result = future->result;

    future->claimed = future->claimed || future->done;
    future->error_seen = true;
    future->result = NULL;
    return result;
}

ahttp_error *ah_future_take_error(ahttp_future *future)
{
    ahttp_error *error = future->error;

    if (!ah_future_is_last_resort(future))
        future->error = NULL;
    return error;
}

const ahttp_error *ahttp_future_error(const ahttp_future *future)
{
    ((ahttp_future *)(uintptr_t)future)->error_seen = true;
    return future->error;
}

void ahttp_future_cancel(ahttp_future *future)
{
    ah_check_thread(future->loop, "ahttp_future_cancel");
    if (future->done)
        future->loop->cancel_missed = true;
    else if (future->cancel)
        future->cancel(future);
    else
        ah_future_fail(future, ah_error_new(AHTTP_E_CANCELLED, "cancelled"));
}

/* ---- Blocks ---- */

static void recycle(ahttp_future *future)
{
    ah_futures *futures = &future->loop->futures;
    ah_future_block *block = AH_CONTAINER(future, ah_future_block, future);

    /* The waiters' head is not needed any more, and links the block. */
    if (block >= futures->reserve && block < futures->reserve + AH_FUTURE_RESERVE) {
        ah_list_prepend(&futures->spare, &future->waiters.head);
    } else if (futures->free_count < MOST_FREE_BLOCKS) {
        ah_list_prepend(&futures->free, &future->waiters.head);
        futures->free_count++;
    } else {
        ah_free(block);
    }
}

static ahttp_future *take_block(ah_list *list)
{
    ah_link *link = ah_list_take_first(list);

    return link ? AH_CONTAINER(link, ahttp_future, waiters.head) : NULL;
}

ahttp_future *ah_future_new_by(ahttp_loop *loop, const char *maker)
{
    ahttp_future *future = take_block(&loop->futures.free);

    if (future) {
        loop->futures.free_count--;
    } else {
        ah_future_block *block = ah_alloc(sizeof *block);
        if (!block)
            return NULL;
        future = &block->future;
    }
    ah_future_init_by(future, loop, recycle, NULL, maker);
    return future;
}

ahttp_future *ah_future_spare(ahttp_loop *loop)
{
    ahttp_future *future = take_block(&loop->futures.spare);

    if (future)
        ah_future_init(future, loop, recycle, NULL);
    return future;
}

ahttp_future *ah_future_failed_by(ahttp_loop *loop, ahttp_error *error, const char *maker)
{
    ahttp_future *future = ah_future_new_by(loop, maker);

    if (!future)
        future = ah_future_spare(loop);
    if (!future) {
        ah_error_free(error);
        return &loop->futures.last_resort;
    }
    ah_future_reject(future, error);
    return future;
}

void ah_futures_init(ahttp_loop *loop)
{
    ah_futures *futures = &loop->futures;

    ah_list_init(&futures->free);
    ah_list_init(&futures->spare);
    for (int i = 0; i < AH_FUTURE_RESERVE; i++)
        ah_list_append(&futures->spare, &futures->reserve[i].future.waiters.head);
    ah_future_init(&futures->last_resort, loop, NULL, NULL);
    futures->last_resort.error = ah_error_no_memory();
    futures->last_resort.done = true;
}

void ah_futures_release(ahttp_loop *loop)
{
    ahttp_future *future;

    while ((future = take_block(&loop->futures.free)))
        ah_free(AH_CONTAINER(future, ah_future_block, future));
}
