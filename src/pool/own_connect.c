/* SPDX-License-Identifier: MIT */
#include "pool/own_connect.h"
#include "base/mem.h"
#include "loop/asking.h"
#include "net/own_transport.h"
#include <stdio.h>

struct ah_own_connect {
    ah_asking asking;
    ahttp_connect_fn *connect;
    void *connect_ctx;
    const char *host, *name;
    ah_own_connect_fn *done;
    void *ctx;
    uint16_t port;
};

static void release(ah_asking *asking)
{
    ah_free(AH_CONTAINER(asking, ah_own_connect, asking));
}

static void finish(ah_own_connect *self, ah_transport *transport, ahttp_error *error)
{
    ah_own_connect_fn *done = self->done;
    void *ctx = self->ctx;

    ah_free(self);
    done(ctx, transport, error);
}

/* Whatever went wrong in the program, for who asked it is a connection that did not come. */
static ahttp_error *error_of(const ah_own_connect *self, ahttp_error *failure)
{
    char what[300];

    snprintf(what, sizeof what, "connect to %s", self->name);
    return ah_error_wrap(AHTTP_E_CONNECT, failure, what);
}

static void answered(ah_asking *asking, ahttp_future *future)
{
    ah_own_connect *self = AH_CONTAINER(asking, ah_own_connect, asking);
    ahttp_error *error = future ? ah_future_take_error(future) : ah_error_no_memory();
    ahttp_transport *transport = error ? NULL : ahttp_future_take(future);

    if (error)
        error = error_of(self, error);
    finish(self, transport ? ah_transport_of_program(transport) : NULL, error);
}

static ahttp_future *ask(ah_asking *asking)
{
    const ah_own_connect *self = AH_CONTAINER(asking, ah_own_connect, asking);
    ahttp_future *future = self->connect(self->host, self->port, self->connect_ctx);

    if (!future)
        ah_misuse("ahttp_connector_create: a connect function returned NULL; return a future, "
                  "which ahttp_promise_new always gives");
    return future;
}

ah_own_connect *ah_own_connect_start(ahttp_loop *loop, ahttp_connect_fn *connect, void *connect_ctx,
                                     const char *host, uint16_t port, const char *name,
                                     ah_own_connect_fn *done, void *ctx)
{
    static const ah_asking_ops ops = {.ask = ask, .answered = answered, .release = release};
    ah_own_connect *self = AH_NEW(ah_own_connect);

    if (!self)
        return NULL;
    self->connect = connect;
    self->connect_ctx = connect_ctx;
    self->host = host;
    self->port = port;
    self->name = name;
    self->done = done;
    self->ctx = ctx;
    ah_asking_start(&self->asking, loop, &ops);
    return self;
}

void ah_own_connect_cancel(ah_own_connect *asking)
{
    ah_asking_cancel(&asking->asking);
}
