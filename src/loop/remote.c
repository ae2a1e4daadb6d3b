/* SPDX-License-Identifier: MIT */
/* A task that another thread waits for.  Two sides hold a remote: the thread with the handle,
   and the loop, until it has settled it.  A loop settles all remotes before it is closed: it
   runs whatever was posted to it and waits for its tasks.  So under the mutex an unsettled
   remote means that the loop is there, and jobs may be posted to it. */
#include "base/error.h"
#include "loop/loop_state.h"
#include <ahttp/thread.h>

#define LONGEST_LIMIT_MS INT64_C(1000000000000) /* anything above is no limit */

struct ahttp_remote {
    uv_mutex_t mutex; /* of all up to result and error, which stay once it is settled */
    uv_cond_t on_settled;
    unsigned holders;
    bool settled;
    bool cancel_posted;
    void *result;
    ahttp_error *error;
    ahttp_loop *loop;
    ahttp_task_fn *fn;
    void *arg;
    ahttp_future *task; /* while it runs, and on the loop's thread only */
    ah_job job;         /* begins the task, and later waits for its end */
    ah_job cancel;
};

/* What ahttp_submit returns when it cannot make another. */
static ahttp_remote no_memory;

/* ---- Both sides ---- */

static void destroy(ahttp_remote *remote)
{
    uv_cond_destroy(&remote->on_settled);
    uv_mutex_destroy(&remote->mutex);
    ah_error_free(remote->error);
    ah_free(remote);
}

static void give_up(ahttp_remote *remote)
{
    uv_mutex_lock(&remote->mutex);
    bool is_last = --remote->holders == 0;
    uv_mutex_unlock(&remote->mutex);
    if (is_last)
        destroy(remote);
}

/* ---- On the loop's thread ---- */

/* Takes error over. */
static void settle(ahttp_remote *remote, void *result, ahttp_error *error)
{
    uv_mutex_lock(&remote->mutex);
    remote->result = result;
    remote->error = error;
    remote->settled = true;
    uv_cond_broadcast(&remote->on_settled);
    uv_mutex_unlock(&remote->mutex);
    give_up(remote);
}

static void end_task(ah_job *job)
{
    ahttp_remote *remote = AH_CONTAINER(job, ahttp_remote, job);
    ahttp_future *task = remote->task;
    ahttp_error *error = ah_future_take_error(task);
    void *result = ahttp_future_take(task);

    remote->task = NULL;
    ah_future_end(task);
    settle(remote, result, error);
}

static void begin_task(ah_job *job)
{
    ahttp_remote *remote = AH_CONTAINER(job, ahttp_remote, job);

    if (remote->loop->closing) {
        settle(remote, NULL, ah_error_new(AHTTP_E_CLOSED, "submit task: the loop was closed"));
        return;
    }
    remote->task = ahttp_spawn(remote->fn, remote->arg);
    ah_future_hand_in(remote->task);
    remote->job.run = end_task;
    ah_future_wait(remote->task, &remote->job);
}

/* Never before begin_task, which was posted earlier. */
static void cancel_task(ah_job *job)
{
    ahttp_remote *remote = AH_CONTAINER(job, ahttp_remote, cancel);

    uv_mutex_lock(&remote->mutex);
    remote->cancel_posted = false;
    uv_mutex_unlock(&remote->mutex);
    if (remote->task)
        ahttp_future_cancel(remote->task);
    give_up(remote);
}

/* ---- On any thread ---- */

static ahttp_remote *new_remote(void)
{
    ahttp_remote *remote = AH_NEW(ahttp_remote);

    if (!remote)
        return NULL;
    if (uv_mutex_init(&remote->mutex) < 0) {
        ah_free(remote);
        return NULL;
    }
    if (uv_cond_init(&remote->on_settled) < 0) {
        uv_mutex_destroy(&remote->mutex);
        ah_free(remote);
        return NULL;
    }
    return remote;
}

ahttp_remote *ahttp_submit(ahttp_loop *loop, ahttp_task_fn *fn, void *arg)
{
    ahttp_remote *remote = new_remote();

    if (!remote)
        return &no_memory;
    remote->holders = 2;
    remote->loop = loop;
    remote->fn = fn;
    remote->arg = arg;
    remote->job.run = begin_task;
    remote->cancel.run = cancel_task;
    ah_loop_post_job(loop, &remote->job);
    return remote;
}

/* With the mutex held. */
static void wait_until_settled(ahttp_remote *remote, int64_t limit_ms)
{
    bool has_limit = limit_ms >= 0 && limit_ms <= LONGEST_LIMIT_MS;
    uint64_t end_ns = has_limit ? uv_hrtime() + (uint64_t)limit_ms * 1000000 : 0;

    while (!remote->settled) {
        if (!has_limit) {
            uv_cond_wait(&remote->on_settled, &remote->mutex);
            continue;
        }
        uint64_t now_ns = uv_hrtime();
        if (now_ns >= end_ns)
            return;
        uv_cond_timedwait(&remote->on_settled, &remote->mutex, end_ns - now_ns);
    }
}

int ahttp_remote_wait(ahttp_remote *remote, int64_t limit_ms, void **result)
{
    int code = AHTTP_E_TIMEOUT;

    if (result)
        *result = NULL;
    if (remote == &no_memory)
        return AHTTP_E_NO_MEMORY;
    uv_mutex_lock(&remote->mutex);
    if (!remote->settled && limit_ms != 0 && ah_loop_is_own(remote->loop))
        ah_misuse("ahttp_remote_wait: called on the loop's own thread, where the task cannot go on "
                  "meanwhile; use ahttp_spawn and ahttp_await there");
    wait_until_settled(remote, limit_ms);
    if (remote->settled)
        code = remote->error ? remote->error->code : 0;
    if (result && code == 0)
        *result = remote->result;
    uv_mutex_unlock(&remote->mutex);
    return code;
}

const ahttp_error *ahttp_remote_error(const ahttp_remote *remote)
{
    ahttp_remote *locked = (ahttp_remote *)(uintptr_t)remote;

    if (remote == &no_memory)
        return ah_error_no_memory();
    uv_mutex_lock(&locked->mutex);
    const ahttp_error *error = remote->error;
    uv_mutex_unlock(&locked->mutex);
    return error;
}

void ahttp_remote_cancel(ahttp_remote *remote)
{
    if (remote == &no_memory)
        return;
    uv_mutex_lock(&remote->mutex);
    if (!remote->settled && !remote->cancel_posted) {
        remote->cancel_posted = true;
        remote->holders++;
        ah_loop_post_job(remote->loop, &remote->cancel);
    }
    uv_mutex_unlock(&remote->mutex);
}

void ahttp_remote_free(ahttp_remote *remote)
{
    if (remote != &no_memory)
        give_up(remote);
}
