/* SPDX-License-Identifier: MIT */
#include "pool/own_connect.h"
#include "base/mem.h"
#include "loop/future.h"
#include "net/own_transport.h"
#include <stdio.h>

struct ah_own_connect {
    ah_job job; /* calls the program */
    ahttp_connect_fn *connect;
    void *connect_ctx;
    const char *host, *name;
    ah_own_connect_fn *done;
    void *ctx;
    ah_list futures; /* the one future */
    ahttp_future *future;
    uint16_t port;
    bool is_inside; /* the program's function */
    bool is_cancelled;
};

static void finish(ah_own_connect *asking, ah_transport *transport, ahttp_error *error)
{
    ah_own_connect_fn *done = asking->done;
    void *ctx = asking->ctx;

    ah_free(asking);
    done(ctx, transport, error);
}

/* Whatever went wrong in the program, for who asked it is a connection that did not come. */
static ahttp_error *error_of(const ah_own_connect *asking, ahttp_error *failure)
{
    char what[300];

    snprintf(what, sizeof what, "connect to %s", asking->name);
    return ah_error_wrap(AHTTP_E_CONNECT, failure, what);
}

static void run_answered(ah_job *job)
{
    ahttp_future *future = AH_CONTAINER(job, ahttp_future, then);
    ah_own_connect *asking = future->holder;
    ahttp_error *error = ah_future_take_error(future);
    ahttp_transport *transport = error ? NULL : ahttp_future_take(future);

    ah_future_leave(future);
    ah_future_end(future);
    if (error)
        error = error_of(asking, error);
    finish(asking, transport ? ah_transport_of_program(transport) : NULL, error);
}

static void abandon(ahttp_future *future)
{
    if (!ahttp_future_done(future))
        ahttp_future_cancel(future);
    ahttp_drop(future);
}

static void run_program(ah_job *job)
{
    ah_own_connect *asking = AH_CONTAINER(job, ah_own_connect, job);

    asking->is_inside = true;
    ahttp_future *future = asking->connect(asking->host, asking->port, asking->connect_ctx);
    asking->is_inside = false;
    if (!future)
        ah_misuse("ahttp_connector_create: a connect function returned NULL; return a future, "
                  "which ahttp_promise_new always gives");
    if (asking->is_cancelled) {
        abandon(future);
        ah_free(asking);
    } else if (ah_future_is_last_resort(future)) {
        finish(asking, NULL, ah_error_no_memory());
    } else {
        asking->future = future;
        ah_future_join(future, &asking->futures, run_answered, asking);
    }
}

ah_own_connect *ah_own_connect_start(ahttp_loop *loop, ahttp_connect_fn *connect, void *connect_ctx,
                                     const char *host, uint16_t port, const char *name,
                                     ah_own_connect_fn *done, void *ctx)
{
    ah_own_connect *asking = AH_NEW(ah_own_connect);

    if (!asking)
        return NULL;
    asking->connect = connect;
    asking->connect_ctx = connect_ctx;
    asking->host = host;
    asking->port = port;
    asking->name = name;
    asking->done = done;
    asking->ctx = ctx;
    asking->job.run = run_program;
    ah_list_init(&asking->futures);
    ah_loop_ready(loop, &asking->job);
    return asking;
}

void ah_own_connect_cancel(ah_own_connect *asking)
{
    asking->is_cancelled = true;
    if (asking->is_inside)
        return;
    ah_link_remove(&asking->job.link);
    if (asking->future) {
        ah_future_leave(asking->future);
        if (!ahttp_future_done(asking->future))
            ahttp_future_cancel(asking->future);
        ah_future_end(asking->future);
    }
    ah_free(asking);
}
