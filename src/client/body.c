/* SPDX-License-Identifier: MIT */
#include "client/body.h"
#include "base/mem.h"

enum { KEPT_CAPACITY = 32 * 1024 };

static void reset_buffer(ah_buf *buf)
{
    if (buf->cap > KEPT_CAPACITY)
        ah_buf_release(buf);
    else
        ah_buf_clear(buf);
}

void ah_body_reset(ah_body *body)
{
    if (body->decoder)
        body->decoder->ops->free(body->decoder);
    reset_buffer(&body->coded);
    reset_buffer(&body->ready);
    reset_buffer(&body->shown);
    body->decoder = NULL;
    body->max_bytes = AHTTP_UNLIMITED;
    body->wants_whole = body->wire_ended = body->decoded = false;
}

void ah_body_release(ah_body *body)
{
    ah_body_reset(body);
    ah_buf_release(&body->coded);
    ah_buf_release(&body->ready);
    ah_buf_release(&body->shown);
}

static ahttp_error *check_size(const ah_body *body)
{
    if (ah_buf_failed(&body->ready) || ah_buf_failed(&body->coded))
        return ah_error_no_memory();
    if (body->wants_whole && body->max_bytes >= 0 && body->ready.len > (uint64_t)body->max_bytes)
        return ah_error_new(AHTTP_E_BODY_TOO_LARGE,
                            "read response body: it exceeds max_body_bytes, which is %lld",
                            (long long)body->max_bytes);
    return NULL;
}

/* How many decoded bytes may be added now.  A whole body is decoded one byte beyond its limit,
   which shows that it exceeds it. */
static size_t room(const ah_body *body)
{
    uint64_t most = body->wants_whole ? (uint64_t)body->max_bytes : AH_BODY_HIGH_WATER;

    if (body->wants_whole && body->max_bytes < 0)
        return AH_BODY_HIGH_WATER;
    most += body->wants_whole;
    return body->ready.len < most ? (size_t)(most - body->ready.len) : 0;
}

static ahttp_error *finish_decoder(ah_body *body)
{
    body->decoded = true;
    return body->decoder ? body->decoder->ops->finish(body->decoder) : NULL;
}

/* Decodes from the front of *input until it is used up or there is enough. */
static ahttp_error *decode(ah_body *body, ah_str *input)
{
    ah_decoder *decoder = body->decoder;

    while (room(body) > 0) {
        switch (decoder->ops->decode(decoder, input, &body->ready, room(body))) {
        case AH_CODING_FAILED: return decoder->ops->take_error(decoder);
        case AH_CODING_MORE_ROOM: break;
        case AH_CODING_DONE: input->len = 0; return NULL; /* padding behind the data */
        case AH_CODING_MORE_INPUT: return NULL;
        }
    }
    return check_size(body);
}

/* Goes on with what was held back; then looks whether that was all. */
static ahttp_error *decode_held(ah_body *body)
{
    ahttp_error *error = NULL;

    if (body->decoder && !body->decoded) {
        ah_str input = ah_buf_str(&body->coded);
        error = decode(body, &input);
        ah_buf_consume(&body->coded, body->coded.len - input.len);
        if (!error)
            error = check_size(body);
    }
    if (!error && body->wire_ended && !body->decoded && body->coded.len == 0 && room(body) > 0)
        error = finish_decoder(body);
    return error;
}

ahttp_error *ah_body_add(ah_body *body, ah_str piece)
{
    if (!body->decoder) {
        ah_buf_append(&body->ready, piece);
        return check_size(body);
    }
    if (body->coded.len == 0) {
        ahttp_error *error = decode(body, &piece);
        if (error)
            return error;
    }
    ah_buf_append(&body->coded, piece);
    return check_size(body);
}

ahttp_error *ah_body_end(ah_body *body)
{
    body->wire_ended = true;
    if (!body->decoder) {
        body->decoded = true;
        return NULL;
    }
    return decode_held(body);
}

bool ah_body_has_room(const ah_body *body)
{
    return body->coded.len == 0 && (body->wants_whole || body->ready.len < AH_BODY_HIGH_WATER);
}

ahttp_error *ah_body_want_whole(ah_body *body)
{
    body->wants_whole = true;
    ahttp_error *error = check_size(body);
    return error ? error : decode_held(body);
}

ahttp_error *ah_body_take(ah_body *body, ah_str *piece)
{
    ah_buf free_one = body->shown;

    ah_buf_clear(&free_one);
    body->shown = body->ready;
    body->ready = free_one;
    *piece = ah_buf_str(&body->shown);
    return decode_held(body);
}
