/* SPDX-License-Identifier: MIT */
#include "dns/program_call.h"
#include "loop/future.h"

struct ah_program_call {
    ah_job job; /* calls the program */
    ahttp_resolver *resolver;
    ah_program_call_fn *done;
    void *ctx;
    ah_list futures; /* the one future */
    ahttp_future *future;
    bool is_inside; /* the program's function */
    bool is_cancelled;
    uint16_t port;
    ahttp_family family;
    char host[];
};

static void finish(ah_program_call *call, const ahttp_addresses *addresses, ahttp_error *error)
{
    ah_program_call_fn *done = call->done;
    void *ctx = call->ctx;

    ah_free(call);
    done(ctx, addresses, error);
}

/* Whatever went wrong in the program, for who asked it is a name that did not resolve. */
static ahttp_error *error_of(const ah_program_call *call, const ahttp_error *failure)
{
    if (failure->code == AHTTP_E_NO_MEMORY)
        return ah_error_no_memory();
    return ah_error_new(AHTTP_E_DNS, "resolve %s: %s", call->host, failure->message);
}

static void run_answered(ah_job *job)
{
    ahttp_future *future = AH_CONTAINER(job, ahttp_future, then);
    ah_program_call *call = future->holder;
    const ahttp_error *failure = ahttp_future_error(future);
    ahttp_error *error = failure ? error_of(call, failure) : NULL;
    ahttp_addresses *addresses = ahttp_future_take(future);

    ah_future_leave(future);
    ah_future_end(future);
    finish(call, addresses, error);
    ahttp_addresses_free(addresses);
}

static void abandon(ahttp_future *future)
{
    if (!ahttp_future_done(future))
        ahttp_future_cancel(future);
    ahttp_drop(future);
}

static void run_program(ah_job *job)
{
    ah_program_call *call = AH_CONTAINER(job, ah_program_call, job);
    ahttp_resolver *resolver = ahttp_resolver_ref(call->resolver);

    call->is_inside = true;
    ahttp_future *future =
        resolver->options.lookup(call->host, call->port, call->family, resolver->options.ctx);
    call->is_inside = false;
    if (!future)
        ah_misuse("ahttp_resolver_create: a lookup function returned NULL; return a future, which "
                  "ahttp_promise_new always gives");
    if (call->is_cancelled) {
        abandon(future);
        ah_free(call);
    } else if (ah_future_is_last_resort(future)) {
        finish(call, NULL, ah_error_no_memory());
    } else {
        call->future = future;
        ah_future_join(future, &call->futures, run_answered, call);
    }
    ahttp_resolver_unref(resolver);
}

ah_program_call *ah_program_call_start(ahttp_resolver *resolver, const char *host, uint16_t port,
                                       ahttp_family family, ah_program_call_fn *done, void *ctx)
{
    size_t size = strlen(host) + 1;
    ah_program_call *call = ah_alloc_zeroed(sizeof *call + size);

    if (!call)
        return NULL;
    call->resolver = resolver;
    call->done = done;
    call->ctx = ctx;
    call->port = port;
    call->family = family;
    call->job.run = run_program;
    ah_list_init(&call->futures);
    memcpy(call->host, host, size);
    ah_loop_ready(resolver->loop, &call->job);
    return call;
}

void ah_program_call_cancel(ah_program_call *call)
{
    call->is_cancelled = true;
    if (call->is_inside)
        return;
    ah_link_remove(&call->job.link);
    if (call->future) {
        ah_future_leave(call->future);
        if (!ahttp_future_done(call->future))
            ahttp_future_cancel(call->future);
        ah_future_end(call->future);
    }
    ah_free(call);
}
