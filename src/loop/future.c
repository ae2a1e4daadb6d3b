/* SPDX-License-Identifier: MIT */
/* Blocks of futures are recycled through a free list.  When memory runs out, failed futures
   come from a small reserve, and beyond that all of them are one: it has nothing but the
   static out-of-memory error in it, so it may be handed in any number of times. */
#include "loop/future.h"
#include "base/error.h"
#include "loop/loop_state.h"

/* Few, since each keeps the page that it lies in, whatever else of that is free again; and enough,
   for what one future's end begins takes that one's block. */
enum { MOST_FREE_BLOCKS = 256 };

/* ---- The two halves ---- */

static inline void set_state(ahttp_future *future, bool done)
{
    future->first_waiter = NULL;
    future->cancel = NULL;
    future->owner = NULL;
    future->has_ticket = true;
    future->has_promise = !done;
    future->done = done;
    future->handed_in = future->error_seen = future->claimed = false;
    future->is_last_resort = future->has_waiters = false;
}

void ah_future_init_by(ahttp_future *future, ahttp_loop *loop, ah_future_fn *release, void *owner,
                       const char *maker)
{
    /* Not all of it: what it is handed in to is set then, free_result with a result. */
    set_state(future, false);
    future->loop = loop;
    future->then.link = (ah_link){0};
    future->result = NULL;
    future->error = NULL;
    future->ended = NULL;
    future->trace = NULL;
    future->release = release;
    future->owner = owner;
    if (AH_UNLIKELY(loop->debug.on))
        ah_debug_future_made(future, maker);
}

/* Few have any of this.  Afterwards all of it is NULL. */
static AH_COLD void end_contents(ahttp_future *future)
{
    if (future->ended)
        future->ended(future);
    future->ended = NULL;
    if (future->trace)
        ah_debug_future_ends(future);
    future->trace = NULL;
    if (future->result && future->free_result)
        future->free_result(future->result);
    future->result = NULL;
    ah_error_free(future->error);
    future->error = NULL;
}

static void recycle(ahttp_future *future);

/* Nobody holds either half. */
static void end_both(ahttp_future *future)
{
    if (AH_UNLIKELY(future->ended || future->result || future->error || future->loop->debug.on))
        end_contents(future);
    if (AH_LIKELY(future->release == recycle))
        recycle(future);
    else
        future->release(future);
}

static void end_ticket(ahttp_future *future)
{
    future->has_ticket = false;
    if (!future->has_promise)
        end_both(future);
}

void ah_future_end(ahttp_future *future)
{
    if (AH_LIKELY(!future->is_last_resort))
        end_ticket(future);
}

AH_COLD void ah_future_is_missing(void)
{
    ah_misuse("a future is NULL: no function gives one that is, so it was never set, or it is "
              "what ahttp_completion_next resolves to after the last");
}

void ah_future_hand_in(ahttp_future *future)
{
    ah_future_need(future);
    ah_check_thread(future->loop, "handing in a future (ahttp_await, ahttp_then, ...)");
    if (AH_UNLIKELY(future->handed_in))
        ah_misuse("a future was handed in twice; ahttp_await, ahttp_then, ahttp_gather, "
                  "ahttp_within and ahttp_drop each own it after the call");
    future->handed_in = !future->is_last_resort;
}

static AH_COLD void call_waiters(ahttp_future *future)
{
    ah_loop_ready_all(future->loop, &future->waiters);
    future->has_waiters = false;
}

static inline void set_done(ahttp_future *future)
{
    future->done = true;
    if (future->first_waiter)
        ah_loop_append(future->loop, future->first_waiter);
    if (AH_UNLIKELY(future->has_waiters))
        call_waiters(future);
}

static void end_promise(ahttp_future *future)
{
    future->has_promise = false;
    if (!future->has_ticket)
        end_both(future);
}

void ah_future_resolve(ahttp_future *future, void *result, ahttp_free_fn *free_result)
{
    if (AH_LIKELY(!future->done)) {
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
    if (future->done) {
        ah_loop_append(future->loop, job);
        return;
    }
    if (!future->has_waiters)
        ah_list_init(&future->waiters);
    future->has_waiters = true;
    ah_list_append(&future->waiters, &job->link);
}

void ah_future_await(ahttp_future *future, ah_job *job)
{
    if (future->done)
        ah_loop_append(future->loop, job);
    else if (AH_LIKELY(!future->first_waiter && !future->has_waiters))
        future->first_waiter = job;
    else
        ah_future_wait(future, job);
}

static void run_then(ah_job *job)
{
    ahttp_future *future = AH_CONTAINER(job, ahttp_future, then);

    future->claimed = true;
    future->fn(future, future->ctx);
    end_ticket(future);
}

static inline void call_when_done(ahttp_future *future, ahttp_done_fn *fn, void *ctx)
{
    future->handed_in = true;
    future->fn = fn;
    future->ctx = ctx;
    future->then.run = run_then;
    ah_future_await(future, &future->then);
}

static AH_COLD void then_with_care(ahttp_future *future, ahttp_done_fn *fn, void *ctx)
{
    if (ah_future_is_last_resort(future)) /* one that can be linked, in its place */
        future = ah_future_failed(future->loop, ah_error_no_memory());
    if (ah_future_is_last_resort(future))
        ah_misuse("ahttp_then: out of memory, and more failed futures wait for their "
                  "callbacks than the loop has in reserve");
    ah_future_hand_in(future);
    call_when_done(future, fn, ctx);
}

void ahttp_then(ahttp_future *future, ahttp_done_fn *fn, void *ctx)
{
    ah_future_need(future);
    if (AH_UNLIKELY(future->is_last_resort || future->handed_in || future->loop->debug.on))
        then_with_care(future, fn, ctx);
    else
        call_when_done(future, fn, ctx);
}

void ah_future_join(ahttp_future *future, ah_list *list, ah_job_fn *run, void *holder)
{
    ah_future_hand_in(future);
    future->then.run = run;
    future->member = (ah_link){0};
    future->holder = holder;
    ah_list_append(list, &future->member);
    ah_future_await(future, &future->then);
}

void ah_future_leave(ahttp_future *future)
{
    ah_link_remove(&future->member);
    ah_link_remove(&future->then.link);
    future->first_waiter = NULL;
}

void ahttp_drop(ahttp_future *future)
{
    ah_future_hand_in(future);
    ah_future_end(future);
}

bool ahttp_future_done(const ahttp_future *future)
{
    ah_future_need(future);
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
    ah_future_need(future);
    ah_check_thread(future->loop, "ahttp_future_cancel");
    if (future->done)
        future->loop->cancel_missed = true;
    else if (future->cancel)
        future->cancel(future);
    else
        ah_future_fail(future, ah_error_new(AHTTP_E_CANCELLED, "cancelled"));
}

/* ---- Blocks ---- */

static void put_block(ahttp_future **list, ahttp_future *future)
{
    future->next_free = *list;
    *list = future;
}

static ahttp_future *take_block(ahttp_future **list)
{
    ahttp_future *future = *list;

    if (AH_LIKELY(future != NULL))
        *list = future->next_free;
    return future;
}

static void recycle(ahttp_future *future)
{
    ah_futures *futures = &future->loop->futures;

    if (AH_UNLIKELY(futures->free_count == MOST_FREE_BLOCKS)) {
        ah_free_lines(AH_CONTAINER(future, ah_future_block, future));
        return;
    }
    put_block(&futures->free, future);
    futures->free_count++;
}

static void put_back(ahttp_future *future)
{
    put_block(&future->loop->futures.spare, future);
}

static AH_COLD ahttp_future *new_block(ahttp_loop *loop, const char *maker)
{
    ah_future_block *block = ah_alloc_lines(sizeof *block);

    if (!block)
        return NULL;
    ah_future_init_by(&block->future, loop, recycle, NULL, maker);
    return &block->future;
}

static AH_COLD ahttp_future *made_in_debug_mode(ahttp_future *future, const char *maker)
{
    ah_debug_future_made(future, maker);
    return future;
}

ahttp_future *ah_future_new_by(ahttp_loop *loop, const char *maker)
{
    ahttp_future *future = take_block(&loop->futures.free);

    if (AH_UNLIKELY(!future))
        return new_block(loop, maker);
    loop->futures.free_count--;
    set_state(future, false);
    return AH_UNLIKELY(loop->debug.on) ? made_in_debug_mode(future, maker) : future;
}

static AH_COLD ahttp_future *new_resolved(ahttp_loop *loop, void *result, const char *maker)
{
    ahttp_future *future = ah_future_new_by(loop, maker);

    if (future)
        ah_future_resolve(future, result, NULL);
    return future;
}

ahttp_future *ah_future_resolved_by(ahttp_loop *loop, void *result, const char *maker)
{
    ahttp_future *future = loop->futures.free;

    if (AH_UNLIKELY(!future || loop->debug.on))
        return new_resolved(loop, result, maker);
    take_block(&loop->futures.free);
    loop->futures.free_count--;
    set_state(future, true);
    future->result = result;
    future->free_result = NULL;
    return future;
}

ahttp_future *ah_future_spare(ahttp_loop *loop)
{
    ahttp_future *future = take_block(&loop->futures.spare);

    if (future)
        ah_future_init(future, loop, put_back, NULL);
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

    for (int i = 0; i < AH_FUTURE_RESERVE; i++)
        put_block(&futures->spare, &futures->reserve[i].future);
    ah_future_init(&futures->last_resort, loop, NULL, NULL);
    futures->last_resort.error = ah_error_no_memory();
    futures->last_resort.done = futures->last_resort.is_last_resort = true;
}

void ah_futures_release(ahttp_loop *loop)
{
    ahttp_future *future;

    while ((future = take_block(&loop->futures.free)))
        ah_free_lines(AH_CONTAINER(future, ah_future_block, future));
}
