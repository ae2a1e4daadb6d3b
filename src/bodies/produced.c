/* SPDX-License-Identifier: MIT */
/* Request bodies that come from futures: those of a program's function, or of one of ours. */
#include "base/mem.h"
#include "bodies/source.h"
#include "loop/future.h"

typedef struct produced_body {
    ahttp_body base;
    ahttp_produce_fn *fn;
    void *ctx;
    void (*release)(void *ctx); /* or NULL */
    ahttp_future *asked;        /* for the piece that is due, or NULL */
    bool is_ours;               /* fn is no function of the program */
    bool is_asking;             /* it will be called */
} produced_body;

static produced_body *of(ahttp_body *base)
{
    return AH_CONTAINER(base, produced_body, base);
}

static void on_answer(ah_job *job)
{
    ah_source_wake(AH_CONTAINER(job, ahttp_body, job));
}

/* From here on the future is the body's. */
static void take_future(produced_body *body, ahttp_future *future)
{
    ah_future_hand_in(future);
    body->asked = future;
    body->base.job.run = on_answer;
    ah_future_wait(future, &body->base.job);
}

static void end_future(produced_body *body)
{
    ah_link_remove(&body->base.job.link);
    ah_future_end(body->asked);
    body->asked = NULL;
}

static void ask_program(ah_job *job)
{
    produced_body *body = of(AH_CONTAINER(job, ahttp_body, job));
    bool gone = false;

    body->is_asking = false;
    body->base.gone = &gone;
    ahttp_future *future = body->fn(body->ctx);
    if (!future)
        ah_misuse("ahttp_body_produced: its function must return a future, never NULL");
    if (gone) {
        ahttp_future_cancel(future);
        ahttp_drop(future);
        return;
    }
    body->base.gone = NULL;
    take_future(body, future);
}

static ah_pull take_piece(produced_body *body, ah_str *piece, ahttp_error **error)
{
    *error = ah_future_take_error(body->asked);
    const ahttp_bytes *bytes = ahttp_future_take(body->asked);

    end_future(body);
    if (*error)
        return AH_PULL_FAILED;
    if (!bytes || bytes->len == 0)
        return AH_PULL_END;
    *piece = ah_str_make(bytes->data, bytes->len);
    return AH_PULL_READY;
}

static ah_pull next(ahttp_body *base, ah_str *piece, ahttp_error **error)
{
    produced_body *body = of(base);

    if (!body->asked && body->is_ours)
        take_future(body, body->fn(body->ctx));
    if (body->asked && body->asked->done)
        return take_piece(body, piece, error);
    if (!body->asked && !body->is_asking) {
        body->is_asking = true;
        ah_source_run_soon(base, ask_program);
    }
    return AH_PULL_WAIT;
}

static void stop(ahttp_body *base)
{
    produced_body *body = of(base);

    body->is_asking = false;
    if (!body->asked)
        return;
    ahttp_future_cancel(body->asked);
    end_future(body);
}

static void release(ahttp_body *base)
{
    produced_body *body = of(base);

    if (body->release)
        body->release(body->ctx);
}

static produced_body *new_produced(ahttp_produce_fn *fn, void *ctx, int64_t length)
{
    static const ah_source_ops ops = {.next = next, .stop = stop, .release = release};
    produced_body *body = AH_NEW(produced_body);

    if (!body)
        return NULL;
    ah_source_init(&body->base, &ops, AHTTP_BODY_ONCE, length);
    body->fn = fn;
    body->ctx = ctx;
    return body;
}

ahttp_body *ahttp_body_produced(ahttp_produce_fn *fn, void *ctx, int64_t length)
{
    if (length < -1)
        ah_misuse("ahttp_body_produced: length must be a number of bytes, or -1: unknown");
    produced_body *body = new_produced(fn, ctx, length);

    return body ? &body->base : NULL;
}

ahttp_body *ah_source_produced(ahttp_produce_fn *fn, void *ctx, void (*release_ctx)(void *ctx),
                               int64_t length)
{
    produced_body *body = new_produced(fn, ctx, length);

    if (!body)
        return NULL;
    body->release = release_ctx;
    body->is_ours = true;
    return &body->base;
}
