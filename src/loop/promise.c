/* SPDX-License-Identifier: MIT */
/* Promises for programs: a future whose cancel tells the program, from the ready queue like
   every other callback. */
#include "base/error.h"
#include "loop/loop_state.h"

struct ahttp_promise {
    ahttp_future future;
    ah_job job; /* calls on_cancel */
    ahttp_call_fn *on_cancel;
    void *ctx;
    bool cancelled;
};

_Static_assert(sizeof(struct ahttp_promise) <= sizeof(ah_future_block), "fits a block");

static void run_on_cancel(ah_job *job)
{
    ahttp_promise *promise = AH_CONTAINER(job, ahttp_promise, job);

    promise->on_cancel(promise->ctx);
}

static void cancel_promise(ahttp_future *future)
{
    ahttp_promise *promise = AH_CONTAINER(future, ahttp_promise, future);

    if (promise->cancelled)
        return;
    promise->cancelled = true;
    ah_loop_ready(future->loop, &promise->job);
}

ahttp_future *ahttp_promise_new(ahttp_promise **promise, ahttp_call_fn *on_cancel, void *ctx)
{
    ahttp_loop *loop =
        ah_loop_need_current("ahttp_promise_new: this thread has no loop; call it from a task or "
                             "callback, or after ahttp_loop_create");
    ahttp_future *future = ah_future_new(loop);

    *promise = NULL;
    if (!future)
        return ah_future_failed(loop, ah_error_no_memory());
    *promise = AH_CONTAINER(future, ahttp_promise, future);
    (*promise)->job = (ah_job){.run = run_on_cancel};
    (*promise)->on_cancel = on_cancel;
    (*promise)->ctx = ctx;
    (*promise)->cancelled = false;
    if (on_cancel)
        future->cancel = cancel_promise;
    return future;
}

void ahttp_promise_resolve(ahttp_promise *promise, void *result, ahttp_free_fn *free_result)
{
    if (!promise) {
        if (result && free_result)
            free_result(result);
        return;
    }
    ah_check_thread(promise->future.loop, "ahttp_promise_resolve");
    ah_link_remove(&promise->job.link);
    ah_future_resolve(&promise->future, result, free_result);
}

void ahttp_promise_reject(ahttp_promise *promise, int code, const char *format, ...)
{
    va_list arguments;

    if (!promise)
        return;
    ah_check_thread(promise->future.loop, "ahttp_promise_reject");
    va_start(arguments, format);
    ahttp_error *error = ah_error_new_v(code, format, arguments);
    va_end(arguments);
    ah_link_remove(&promise->job.link);
    ah_future_reject(&promise->future, error);
}
