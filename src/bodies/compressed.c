/* SPDX-License-Identifier: MIT */
/* A request body that is another one, compressed on the way. */
#include "base/mem.h"
#include "bodies/source.h"
#include "http/encoder.h"

/* For one step; zeros shrink a thousandfold, so the input is bounded, too. */
enum { MOST_OUTPUT = 32 * 1024, MOST_INPUT = 128 * 1024 };

typedef struct compressed_body {
    ahttp_body base;
    ahttp_body *inner;
    ah_encoder *encoder; /* from opening on */
    ah_str input;        /* what is left of inner's piece */
    ah_buf out;
    bool has_ended;       /* inner has given all */
    bool has_more_output; /* the encoder wants room, not input */
    bool is_complete;
    bool is_waiting;
} compressed_body;

static compressed_body *of(ahttp_body *base)
{
    return AH_CONTAINER(base, compressed_body, base);
}

static ah_pull no_memory(ahttp_error **error)
{
    *error = ah_error_no_memory();
    return AH_PULL_FAILED;
}

static void on_inner_wake(void *ctx)
{
    compressed_body *body = ctx;
    bool was_waiting = body->is_waiting;

    body->is_waiting = false;
    if (was_waiting)
        ah_source_wake(&body->base);
}

static ah_pull wait_for_inner(compressed_body *body)
{
    body->is_waiting = true;
    return AH_PULL_WAIT;
}

static ah_pull open_body(ahttp_body *base, ahttp_error **error)
{
    compressed_body *body = of(base);

    if (!body->encoder)
        ah_encoder_new(ah_str_from(base->coding), &body->encoder, error);
    if (!body->encoder)
        return AH_PULL_FAILED;
    ah_pull pull = ah_source_open(body->inner, base->loop, on_inner_wake, body, error);
    base->replay = body->inner->replay;
    base->content_type = body->inner->content_type;
    return pull == AH_PULL_WAIT ? wait_for_inner(body) : pull;
}

static void yield(ah_job *job)
{
    ah_source_wake(AH_CONTAINER(job, ahttp_body, job));
}

/* READY: there is input, or the end of it. */
static ah_pull get_input(compressed_body *body, ahttp_error **error)
{
    if (body->input.len > 0 || body->has_ended || body->has_more_output)
        return AH_PULL_READY;
    ah_pull pull = ah_source_next(body->inner, &body->input, error);
    body->has_ended = pull == AH_PULL_END;
    return body->has_ended ? AH_PULL_READY : pull;
}

/* False when out of memory. */
static bool encode(compressed_body *body, size_t *budget)
{
    ah_str some = ah_str_slice(body->input, 0, *budget);
    size_t before = some.len;
    ah_coding_result result = body->encoder->ops->encode(
        body->encoder, &some, body->has_ended ? AH_ENCODER_END : AH_ENCODER_GO_ON, &body->out,
        MOST_OUTPUT - body->out.len);

    *budget -= before - some.len;
    body->input = ah_str_slice(body->input, before - some.len, SIZE_MAX);
    body->has_more_output = result == AH_CODING_MORE_ROOM;
    body->is_complete = result == AH_CODING_DONE;
    return result != AH_CODING_FAILED;
}

/* What the output at hand, and why there is no more, mean to who asks. */
static ah_pull give(compressed_body *body, ah_pull why, ah_str *piece)
{
    *piece = ah_buf_str(&body->out);
    if (piece->len > 0)
        return AH_PULL_READY;
    return why == AH_PULL_WAIT ? wait_for_inner(body) : why;
}

static ah_pull next(ahttp_body *base, ah_str *piece, ahttp_error **error)
{
    compressed_body *body = of(base);
    size_t budget = MOST_INPUT;

    ah_buf_clear(&body->out);
    while (!body->is_complete && body->out.len < MOST_OUTPUT) {
        if (budget == 0 && body->out.len == 0) {
            ah_source_run_soon(base, yield);
            return AH_PULL_WAIT;
        }
        if (budget == 0)
            break;
        ah_pull pull = get_input(body, error);
        if (pull == AH_PULL_FAILED)
            return pull;
        if (pull != AH_PULL_READY)
            return give(body, pull, piece);
        if (!encode(body, &budget))
            return no_memory(error);
    }
    return give(body, AH_PULL_END, piece);
}

static void stop(ahttp_body *base)
{
    of(base)->is_waiting = false;
    ah_source_stop(of(base)->inner);
}

static void forget_encoder(compressed_body *body)
{
    if (body->encoder)
        body->encoder->ops->free(body->encoder);
    body->encoder = NULL;
    body->input = (ah_str){0};
    body->has_ended = body->has_more_output = body->is_complete = false;
}

static void rewind_both(ahttp_body *base)
{
    forget_encoder(of(base));
    ah_source_restart(of(base)->inner);
}

static void release(ahttp_body *base)
{
    forget_encoder(of(base));
    ah_buf_release(&of(base)->out);
    ah_source_free(of(base)->inner);
}

ahttp_body *ah_source_compress(const char *coding, ahttp_body *inner)
{
    static const ah_source_ops ops = {
        .open = open_body, .next = next, .stop = stop, .rewind = rewind_both, .release = release};
    compressed_body *body = AH_NEW(compressed_body);

    if (!body) {
        ah_source_free(inner);
        return NULL;
    }
    body->inner = inner;
    ah_source_init(&body->base, &ops, inner->replay, -1);
    body->base.content_type = inner->content_type;
    body->base.coding = coding;
    return &body->base;
}

ahttp_body *ahttp_body_compressed(const char *coding, ahttp_body *inner)
{
    const char *known = ah_encoder_name(ah_str_from(coding));

    if (!known)
        ah_misuse("ahttp_body_compressed: coding must be \"gzip\" or \"deflate\", or where they "
                  "are built in \"br\" or \"zstd\"");
    ah_source_take(inner);
    return inner ? ah_source_compress(known, inner) : NULL;
}
