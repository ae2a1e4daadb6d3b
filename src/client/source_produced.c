/* SPDX-License-Identifier: MIT */
/* Request bodies that come from futures: those of a program's function, or the reads of another
   response's body. */
#include "base/mem.h"
#include "client/response.h"
#include "conn/source.h"
#include "http/body_length.h"

typedef struct produced_body {
    ahttp_body base;
    ahttp_produce_fn *fn;
    void *ctx;
    ahttp_response *response; /* that is read, or NULL: fn is the program's */
    ahttp_future *asked;      /* for the piece that is due, or NULL */
    bool is_asking;           /* fn will be called */
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

    if (!body->asked && body->response)
        take_future(body, ahttp_stream_read(&body->response->stream));
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
    ahttp_response_unref(of(base)->response);
}

static produced_body *new_produced(int64_t length)
{
    static const ah_source_ops ops = {.next = next, .stop = stop, .release = release};
    produced_body *body = AH_NEW(produced_body);

    if (body)
        ah_source_init(&body->base, &ops, AHTTP_BODY_ONCE, length);
    return body;
}

ahttp_body *ahttp_body_produced(ahttp_produce_fn *fn, void *ctx, int64_t length)
{
    if (length < -1)
        ah_misuse("ahttp_body_produced: length must be a number of bytes, or -1: unknown");
    produced_body *body = new_produced(length);

    if (!body)
        return NULL;
    body->fn = fn;
    body->ctx = ctx;
    return &body->base;
}

/* How much is left of it, which is known where its bytes are passed on as they come. */
static int64_t rest_of(const ahttp_response *response)
{
    const ah_exchange *exchange = &response->exchange;
    ah_body_length all = ah_response_body_length(exchange->request.method, &exchange->response);

    if (all.framing == AH_FRAMING_NONE)
        return 0;
    if (all.framing != AH_FRAMING_LENGTH || all.length > INT64_MAX || response->body.decoder)
        return -1;
    return (int64_t)(all.length - response->stream.total);
}

ahttp_body *ahttp_body_stream(ahttp_stream *stream)
{
    ahttp_response *response = AH_CONTAINER(stream, ahttp_response, stream);
    produced_body *body = new_produced(rest_of(response));

    if (!body)
        return NULL;
    body->response = ahttp_response_ref(response);
    return &body->base;
}
