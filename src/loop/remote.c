/* SPDX-License-Identifier: MIT */
/* A task that another thread waits for.  Two sides hold a remote: the thread with the handle,
   and the loop, until it has settled it.  A loop settles all remotes before it is closed: it
   runs whatever was posted to it and waits for its tasks.  So under the mutex an unsettled
   remote means that the loop is there, and jobs may be posted to it. */
#include "base/error.h"
#include "loop/latch.h"
#include "loop/loop_state.h"
#include <ahttp/thread.h>

enum { SETTLED = 1 };

struct ahttp_remote {
    ah_latch latch; /* of all up to result and error, which stay once it is SETTLED */
    unsigned holders;
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
    ah_latch_release(&remote->latch);
    ah_error_free(remote->error);
    ah_free(remote);
}

static void give_up(ahttp_remote *remote)
{
    ah_latch_lock(&remote->latch);
    bool is_last = --remote->holders == 0;
    ah_latch_unlock(&remote->latch);
    if (is_last)
        destroy(remote);
}

/* ---- On the loop's thread ---- */

/* Takes error over. */
static void settle(ahttp_remote *remote, void *result, ahttp_error *error)
{
    ah_latch_lock(&remote->latch);
    remote->result = result;
    remote->error = error;
    ah_latch_unlock(&remote->latch);
    ah_latch_move(&remote->latch, SETTLED);
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

    ah_latch_lock(&remote->latch);
    remote->cancel_posted = false;
    ah_latch_unlock(&remote->latch);
    if (remote->task)
        ahttp_future_cancel(remote->task);
    give_up(remote);
}

/* ---- On any thread ---- */

static ahttp_remote *new_remote(void)
{
    ahttp_remote *remote = AH_NEW(ahttp_remote);

    if (remote && !ah_latch_init(&remote->latch)) {
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

int ahttp_remote_wait(ahttp_remote *remote, int64_t limit_ms, void **result)
{
    if (result)
        *result = NULL;
    if (remote == &no_memory)
        return AHTTP_E_NO_MEMORY;
    if (!ah_latch_wait(&remote->latch, SETTLED, 0)) {
        if (limit_ms != 0 && ah_loop_is_own(remote->loop))
            ah_misuse("ahttp_remote_wait: called on the loop's own thread, where the task cannot "
                      "go on meanwhile; use ahttp_spawn and ahttp_await there");
        if (!ah_latch_wait(&remote->latch, SETTLED, limit_ms))
            return AHTTP_E_TIMEOUT;
    }
    ah_latch_lock(&remote->latch);
    int code = remote->error ? remote->error->code : 0;
    if (result && code == 0)
        *result = remote->result;
    ah_latch_unlock(&remote->latch);
    return code;
}

const ahttp_error *ahttp_remote_error(const ahttp_remote *remote)
{
    ahttp_remote *locked = (ahttp_remote *)(uintptr_t)remote;

    if (remote == &no_memory)
        return ah_error_no_memory();
    ah_latch_lock(&locked->latch);
    const ahttp_error *error = remote->error;
    ah_latch_unlock(&locked->latch);
    return error;
}

void ahttp_remote_cancel(ahttp_remote *remote)
{
    if (remote == &no_memory)
        return;
    ah_latch_lock(&remote->latch);
    if (remote->latch.stage < SETTLED && !remote->cancel_posted) {
        remote->cancel_posted = true;
        remote->holders++;
        ah_loop_post_job(remote->loop, &remote->cancel);
    }
    ah_latch_unlock(&remote->latch);
}

void ahttp_remote_free(ahttp_remote *remote)
{
    if (remote != &no_memory)
        give_up(remote);
}
