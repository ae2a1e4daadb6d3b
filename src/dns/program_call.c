/* SPDX-License-Identifier: MIT */
#include "dns/program_call.h"
#include "loop/asking.h"

struct ah_program_call {
    ah_asking asking;
    ahttp_resolver *resolver;
    ah_program_call_fn *done;
    void *ctx;
    uint16_t port;
    ahttp_family family;
    char host[];
};

static void release(ah_asking *asking)
{
    ah_free(AH_CONTAINER(asking, ah_program_call, asking));
}

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

static void answered(ah_asking *asking, ahttp_future *future)
{
    ah_program_call *call = AH_CONTAINER(asking, ah_program_call, asking);
    const ahttp_error *failure = future ? ahttp_future_error(future) : ah_error_no_memory();
    ahttp_error *error = failure ? error_of(call, failure) : NULL;
    ahttp_addresses *addresses = failure ? NULL : ahttp_future_take(future);

    finish(call, addresses, error);
    ahttp_addresses_free(addresses);
}

/* Which may give the resolver up. */
static ahttp_future *ask(ah_asking *asking)
{
    const ah_program_call *call = AH_CONTAINER(asking, ah_program_call, asking);
    ahttp_resolver *resolver = ahttp_resolver_ref(call->resolver);
    ahttp_future *future =
        resolver->options.lookup(call->host, call->port, call->family, resolver->options.ctx);

    if (!future)
        ah_misuse("ahttp_resolver_create: a lookup function returned NULL; return a future, which "
                  "ahttp_promise_new always gives");
    ahttp_resolver_unref(resolver);
    return future;
}

ah_program_call *ah_program_call_start(ahttp_resolver *resolver, const char *host, uint16_t port,
                                       ahttp_family family, ah_program_call_fn *done, void *ctx)
{
    static const ah_asking_ops ops = {.ask = ask, .answered = answered, .release = release};
    size_t size = strlen(host) + 1;
    ah_program_call *call = ah_alloc_zeroed(sizeof *call + size);

    if (!call)
        return NULL;
    call->resolver = resolver;
    call->done = done;
    call->ctx = ctx;
    call->port = port;
    call->family = family;
    memcpy(call->host, host, size);
    ah_asking_start(&call->asking, resolver->loop, &ops);
    return call;
}

void ah_program_call_cancel(ah_program_call *call)
{
    ah_asking_cancel(&call->asking);
}
