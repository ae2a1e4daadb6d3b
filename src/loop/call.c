/* SPDX-License-Identifier: MIT */
/* ahttp_loop_call and ahttp_loop_post.  Calls are recycled, so each has a generation: an id
   of one that has run does not fit the call that is in its place now. */
#include "loop/loop_state.h"
#include <ahttp/error.h>

struct ah_call {
    ah_job job;
    ah_timer timer;
    ahttp_loop *loop;
    ahttp_call_fn *fn;
    void *ctx;
    ah_call *next_free;
    uint32_t index; /* in the table */
    uint32_t generation;
    bool pending;
};

typedef struct posted_call {
    ah_job job;
    ahttp_call_fn *fn;
    void *ctx;
} posted_call;

/* ---- On the loop's own thread ---- */

static void recycle(ah_call *call)
{
    ah_calls *calls = &call->loop->calls;

    call->pending = false;
    call->generation++;
    call->next_free = calls->free;
    calls->free = call;
}

static void run_call(ah_job *job)
{
    ah_call *call = AH_CONTAINER(job, ah_call, job);
    ahttp_call_fn *fn = call->fn;
    void *ctx = call->ctx;

    recycle(call);
    fn(ctx);
}

static void on_time(ah_timer *timer)
{
    ah_call *call = AH_CONTAINER(timer, ah_call, timer);

    ah_loop_ready(call->loop, &call->job);
}

static bool grow_table(ah_calls *calls)
{
    size_t cap = calls->cap ? calls->cap * 2 : 16;

    if (calls->count < calls->cap)
        return true;
    ah_call **table = ah_realloc_array(calls->table, cap, sizeof *table);
    if (!table)
        return false;
    calls->table = table;
    calls->cap = cap;
    return true;
}

static ah_call *take_call(ahttp_loop *loop)
{
    ah_calls *calls = &loop->calls;
    ah_call *call = calls->free;

    if (call) {
        calls->free = call->next_free;
        return call;
    }
    if (!grow_table(calls) || !(call = AH_NEW(ah_call)))
        return NULL;
    call->loop = loop;
    call->job.run = run_call;
    call->timer.fire = on_time;
    call->index = (uint32_t)calls->count;
    calls->table[calls->count++] = call;
    return call;
}

uint64_t ahttp_loop_call(ahttp_loop *loop, int64_t delay_ms, ahttp_call_fn *fn, void *ctx)
{
    ah_check_thread(loop, "ahttp_loop_call");
    ah_call *call = take_call(loop);
    if (!call)
        return 0;
    call->fn = fn;
    call->ctx = ctx;
    call->pending = true;
    if (delay_ms > 0)
        ah_timer_start(loop, &call->timer, delay_ms);
    else
        ah_loop_ready(loop, &call->job);
    return (uint64_t)call->generation << 32 | (call->index + 1);
}

static void cancel_call(ah_call *call)
{
    ah_timer_stop(call->loop, &call->timer);
    ah_link_remove(&call->job.link);
    recycle(call);
}

void ahttp_loop_cancel(ahttp_loop *loop, uint64_t id)
{
    uint32_t place = (uint32_t)id;

    ah_check_thread(loop, "ahttp_loop_cancel");
    if (place == 0 || place > loop->calls.count)
        return;
    ah_call *call = loop->calls.table[place - 1];
    if (call->pending && call->generation == (uint32_t)(id >> 32))
        cancel_call(call);
}

void ah_calls_cancel_all(ahttp_loop *loop)
{
    for (size_t i = 0; i < loop->calls.count; i++)
        if (loop->calls.table[i]->pending)
            cancel_call(loop->calls.table[i]);
}

/* ---- From other threads ---- */

static void run_posted(ah_job *job)
{
    posted_call *call = AH_CONTAINER(job, posted_call, job);
    ahttp_call_fn *fn = call->fn;
    void *ctx = call->ctx;

    ah_free(call);
    fn(ctx);
}

void ah_loop_post_job(ahttp_loop *loop, ah_job *job)
{
    ah_calls *calls = &loop->calls;

    /* Waking under the lock: once the loop has seen the job, it may be closed. */
    uv_mutex_lock(&calls->mutex);
    bool is_first = ah_list_is_empty(&calls->posted);
    ah_list_append(&calls->posted, &job->link);
    if (is_first)
        uv_async_send(&calls->async);
    uv_mutex_unlock(&calls->mutex);
}

int ahttp_loop_post(ahttp_loop *loop, ahttp_call_fn *fn, void *ctx)
{
    posted_call *call = AH_NEW(posted_call);

    if (!call)
        return AHTTP_E_NO_MEMORY;
    call->job.run = run_posted;
    call->fn = fn;
    call->ctx = ctx;
    ah_loop_post_job(loop, &call->job);
    return 0;
}

bool ah_calls_has_posted(ahttp_loop *loop)
{
    uv_mutex_lock(&loop->calls.mutex);
    bool has = !ah_list_is_empty(&loop->calls.posted);
    uv_mutex_unlock(&loop->calls.mutex);
    return has;
}

bool ah_calls_take_posted(ahttp_loop *loop)
{
    ah_list taken;

    ah_list_init(&taken);
    uv_mutex_lock(&loop->calls.mutex);
    ah_list_splice(&taken, &loop->calls.posted);
    uv_mutex_unlock(&loop->calls.mutex);
    if (ah_list_is_empty(&taken))
        return false;
    ah_loop_ready_all(loop, &taken);
    return true;
}

static void on_async(uv_async_t *async)
{
    ahttp_loop *loop = async->data;

    ah_loop_enter(loop);
    ah_calls_take_posted(loop);
    ah_loop_leave(loop);
}

int ah_calls_init(ahttp_loop *loop)
{
    ah_calls *calls = &loop->calls;
    int rc = uv_mutex_init(&calls->mutex);

    if (rc < 0)
        return rc;
    rc = uv_async_init(loop->uv, &calls->async, on_async);
    if (rc < 0) {
        uv_mutex_destroy(&calls->mutex);
        return rc;
    }
    calls->async.data = loop;
    uv_unref((uv_handle_t *)&calls->async);
    ah_list_init(&calls->posted);
    return 0;
}

void ah_calls_release(ahttp_loop *loop)
{
    ah_calls *calls = &loop->calls;

    for (size_t i = 0; i < calls->count; i++)
        ah_free(calls->table[i]);
    ah_free(calls->table);
    uv_mutex_destroy(&calls->mutex);
}
