/* SPDX-License-Identifier: MIT */
/* Work in libuv's thread pool.  A future that is cancelled while its function runs fails at
   once; its promise half, and so the memory, stays until the function has ended. */
#include "loop/blocking.h"
#include "base/error.h"
#include "loop/loop_state.h"

/* ---- Work ---- */

void ah_work_init(ah_work *work, ahttp_loop *loop, ah_future_fn *release, const char *maker)
{
    *work = (ah_work){0};
    ah_future_init_by(&work->future, loop, release, NULL, maker);
    work->future.cancel = ah_work_cancel;
}

static void run_in_thread(uv_work_t *uv)
{
    ah_work *work = AH_CONTAINER(uv, ah_work, uv);

    work->result = work->fn(work->arg);
}

/* Also after uv_cancel, in a later turn. */
static void on_ended(uv_work_t *uv, int status)
{
    ah_work *work = AH_CONTAINER(uv, ah_work, uv);
    ahttp_loop *loop = work->future.loop;

    (void)status;
    ah_loop_enter(loop);
    ah_loop_unhold(loop);
    work->ended(work);
    ah_loop_leave(loop);
}

void ah_work_begin(ah_work *work)
{
    ah_loop_hold(work->future.loop);
    uv_queue_work(work->future.loop->uv, &work->uv, run_in_thread, on_ended);
}

ahttp_error *ah_work_cancelled_error(void)
{
    return ah_error_new(AHTTP_E_CANCELLED, "blocking work: cancelled");
}

bool ah_work_prevent(ah_work *work)
{
    if (uv_cancel((uv_req_t *)&work->uv) < 0)
        return false;
    ah_future_fail(&work->future, ah_work_cancelled_error());
    return true;
}

void ah_work_cancel(ahttp_future *future)
{
    if (!ah_work_prevent(AH_CONTAINER(future, ah_work, future)))
        ah_future_fail(future, ah_work_cancelled_error());
}

void ah_work_settle(ah_work *work)
{
    ah_future_resolve(&work->future, work->result, work->free_result);
}

/* ---- ahttp_run_blocking ---- */

static void release(ahttp_future *future)
{
    ah_free(AH_CONTAINER(future, ah_work, future));
}

ahttp_future *ahttp_run_blocking(ahttp_work_fn *fn, void *arg, ahttp_free_fn *free_result)
{
    ahttp_loop *loop =
        ah_loop_need_current("ahttp_run_blocking: this thread has no loop; call it from a task or "
                             "callback, or after ahttp_loop_create");
    ah_work *work = ah_alloc(sizeof *work);

    if (!work)
        return ah_future_failed(loop, ah_error_no_memory());
    ah_work_init(work, loop, release, __func__);
    work->fn = fn;
    work->arg = arg;
    work->free_result = free_result;
    work->ended = ah_work_settle;
    ah_work_begin(work);
    return &work->future;
}
