/* SPDX-License-Identifier: MIT */
/* A request body that is made anew by the program for each sending. */
#include "base/mem.h"
#include "conn/source.h"

typedef struct factory_body {
    ahttp_body base;
    ahttp_make_body_fn *make;
    void *ctx;
    ahttp_body *made; /* for the sending at hand */
    enum { NOT_ASKED, ASKED, ANSWERED } state;
} factory_body;

static factory_body *of(ahttp_body *base)
{
    return AH_CONTAINER(base, factory_body, base);
}

static void wake_outer(void *ctx)
{
    ah_source_wake(ctx);
}

static void run_make(ah_job *job)
{
    factory_body *body = of(AH_CONTAINER(job, ahttp_body, job));
    bool gone = false;

    body->base.gone = &gone;
    ahttp_body *made = body->make(body->ctx);
    ah_source_take(made);
    if (gone) {
        ah_source_free(made);
        return;
    }
    body->base.gone = NULL;
    body->made = made;
    body->state = ANSWERED;
    ah_source_wake(&body->base);
}

static ah_pull open_made(factory_body *body, ahttp_error **error)
{
    ahttp_body *base = &body->base;

    if (!body->made) {
        *error = ah_error_no_memory();
        return AH_PULL_FAILED;
    }
    ah_pull pull = ah_source_open(body->made, base->loop, wake_outer, base, error);
    base->length = body->made->length;
    base->content_type = body->made->content_type;
    base->coding = body->made->coding;
    return pull;
}

static ah_pull open_body(ahttp_body *base, ahttp_error **error)
{
    factory_body *body = of(base);

    if (body->state == ANSWERED)
        return open_made(body, error);
    if (body->state == NOT_ASKED)
        ah_source_run_soon(base, run_make);
    body->state = ASKED;
    return AH_PULL_WAIT;
}

static ah_pull next(ahttp_body *base, ah_str *piece, ahttp_error **error)
{
    return ah_source_next(of(base)->made, piece, error);
}

static void stop(ahttp_body *base)
{
    factory_body *body = of(base);

    if (body->made)
        ah_source_stop(body->made);
}

static void forget_made(ahttp_body *base)
{
    factory_body *body = of(base);

    ah_source_free(body->made);
    body->made = NULL;
    body->state = NOT_ASKED;
    base->length = -1;
    base->content_type = base->coding = NULL;
}

ahttp_body *ahttp_body_factory(ahttp_make_body_fn *make, void *ctx)
{
    static const ah_source_ops ops = {.open = open_body,
                                      .next = next,
                                      .stop = stop,
                                      .rewind = forget_made,
                                      .release = forget_made};
    factory_body *body = AH_NEW(factory_body);

    if (!body)
        return NULL;
    body->make = make;
    body->ctx = ctx;
    ah_source_init(&body->base, &ops, AHTTP_BODY_FACTORY, -1);
    return &body->base;
}
