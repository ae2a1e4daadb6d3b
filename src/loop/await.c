/* SPDX-License-Identifier: MIT */
/* Waiting for a future: in a task by suspending it, outside by running the loop. */
#include "base/error.h"
#include "loop/loop_state.h"
#include <ahttp/task.h>

/* The loop of the last await outside of tasks that failed, which keeps the error. */
static _Thread_local ahttp_loop *failed_outside;

static bool is_pending(const ahttp_loop *loop, const void *ctx)
{
    const ahttp_future *future = ctx;

    (void)loop;
    return !future->done;
}

static void wait_outside(ahttp_future *future)
{
    if (ah_loop_is_inside(future->loop))
        ah_misuse("ahttp_await: called in a callback, where there is nothing to suspend; use "
                  "ahttp_then there, or ahttp_spawn a task that awaits");
    if (!future->done)
        ah_loop_run_while(future->loop, is_pending, future);
}

/* For ahttp_task_error. */
static void keep_error(ahttp_loop *loop, ahttp_error *error)
{
    if (!error)
        return;
#if AHTTP_TASKS
    if (loop->top) {
        ah_task_set_error(ah_task_of_loop(loop), error);
        return;
    }
#endif
    ah_error_free(loop->outside_error);
    loop->outside_error = error;
    failed_outside = loop;
}

/* What both awaits do; the future must be ended afterwards. */
static void wait_for(ahttp_future *future)
{
    ah_future_hand_in(future);
#if AHTTP_TASKS
    if (future->loop->top) {
        if (!future->done)
            ah_task_wait(future->loop->top, future);
    } else {
        wait_outside(future);
    }
#else
    wait_outside(future);
#endif
    future->claimed = true;
}

void *ahttp_await(ahttp_future *future)
{
    wait_for(future);
    void *result = future->result;
    future->result = NULL;
    keep_error(future->loop, ah_future_take_error(future));
    ah_future_end(future);
    return result;
}

int ahttp_await_status(ahttp_future *future)
{
    wait_for(future);
    int code = future->error ? future->error->code : 0;
    keep_error(future->loop, ah_future_take_error(future));
    ah_future_end(future);
    return code;
}

const ahttp_error *ahttp_task_error(void)
{
    static const ahttp_error none = {.message = "no await has failed"};
    const ahttp_error *error = NULL;

#if AHTTP_TASKS
    ahttp_loop *loop = ahttp_loop_current();
    if (loop && loop->top)
        error = ah_task_get_error(ah_task_of_loop(loop));
    else
#endif
        if (failed_outside)
        error = failed_outside->outside_error;
    return error ? error : &none;
}

void ah_await_forget(ahttp_loop *loop)
{
    ah_error_free(loop->outside_error);
    if (failed_outside == loop)
        failed_outside = NULL;
}
