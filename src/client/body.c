/* SPDX-License-Identifier: MIT */
#include "client/body.h"
#include "base/mem.h"

enum {
    LEAST_PLACE = 16 * 1024,               /* below it, a copy costs less than small reads */
    LENT_CAPACITY = 4 * AH_BODY_HIGH_WATER /* for the next piece of the same */
};

/* ---- Life ---- */

static void reset_buffer(ah_buf *buf, size_t most)
{
    if (buf->cap > most)
        ah_buf_release(buf);
    else
        ah_buf_clear(buf);
}

void ah_body_reset_buffers(ah_body *body)
{
    if (body->decoder)
        body->decoder->ops->free(body->decoder);
    reset_buffer(&body->held, AH_BODY_KEPT);
    reset_buffer(&body->ready, AH_BODY_KEPT);
    reset_buffer(&body->shown, AH_BODY_KEPT);
}

void ah_body_set_buffer(ah_body *body, int64_t bytes)
{
    if (bytes > 0)
        body->high_water = (uint64_t)bytes < SIZE_MAX / 2 ? 2 * (size_t)bytes : SIZE_MAX;
}

void ah_body_release(ah_body *body)
{
    ah_body_reset(body);
    ah_buf_release(&body->held);
    ah_buf_release(&body->ready);
    ah_buf_release(&body->shown);
}

/* ---- Decoding ---- */

/* The body has failed if there is an error, and only then. */
static ahttp_error *check(ah_body *body, ahttp_error *error)
{
    if (!error && (ah_buf_failed(&body->ready) || ah_buf_failed(&body->held)))
        error = ah_error_no_memory();
    if (!error && body->wants_whole && body->max_bytes >= 0 &&
        body->ready.len > (uint64_t)body->max_bytes)
        error = ah_error_new(AHTTP_E_BODY_TOO_LARGE,
                             "read response body: it exceeds max_body_bytes, which is %lld",
                             (long long)body->max_bytes);
    body->failed = error != NULL;
    return error;
}

/* How many decoded bytes may be added now.  A whole body is decoded one byte beyond its limit,
   which shows that it exceeds it. */
static size_t room(const ah_body *body)
{
    size_t unread = body->ready.len - body->taken;
    uint64_t most = body->wanted > body->high_water ? body->wanted : body->high_water;

    if (body->wants_whole)
        most = body->max_bytes < 0 ? unread + most : (uint64_t)body->max_bytes + 1;
    return unread < most ? (size_t)(most - unread) : 0;
}

/* Decodes from the front of *input until it is used up or there is enough. */
static ahttp_error *decode(ah_body *body, ah_str *input)
{
    ah_decoder *decoder = body->decoder;

    body->has_more = true;
    while (room(body) > 0) {
        switch (decoder->ops->decode(decoder, input, &body->ready, room(body))) {
        case AH_CODING_FAILED: return decoder->ops->take_error(decoder);
        case AH_CODING_MORE_ROOM: break;
        case AH_CODING_DONE:
            input->len = 0;
            body->has_more = false;
            return NULL; /* padding */
        case AH_CODING_MORE_INPUT: body->has_more = false; return NULL;
        }
    }
    return NULL;
}

/* Moves bytes from the front of *input to ready, as far as there is room. */
static ahttp_error *take_in(ah_body *body, ah_str *input)
{
    if (body->taken > 0) {
        ah_buf_consume(&body->ready, body->taken);
        body->taken = 0;
    }
    if (body->decoder)
        return decode(body, input);
    if (body->ready.data && input->ptr == body->ready.data + body->ready.len)
        body->ready.len += input->len; /* it is in place: see ah_body_place */
    else if (input->len > 0)
        ah_buf_append(&body->ready, *input);
    input->len = 0;
    return NULL;
}

ahttp_error *ah_body_go_on(ah_body *body)
{
    ah_str input = ah_buf_str(&body->held);

    if (body->is_lent || body->decoded || body->failed)
        return NULL;
    if (!body->decoder && body->held.len == 0) { /* all that came is ready */
        body->decoded = body->wire_ended;
        return NULL;
    }
    ahttp_error *error = take_in(body, &input);
    ah_buf_consume(&body->held, body->held.len - input.len);
    if (!error && body->wire_ended && body->held.len == 0 && !body->has_more) {
        body->decoded = true;
        if (body->decoder)
            error = body->decoder->ops->finish(body->decoder);
    }
    return check(body, error);
}

/* ---- The wire ---- */

char *ah_body_place(ah_body *body, uint64_t most, size_t *cap)
{
    size_t free = room(body);

    *cap = most < free ? (size_t)most : free;
    if (body->decoder || body->is_lent || body->held.len + body->taken > 0 || *cap < LEAST_PLACE)
        return NULL;
    return ah_buf_reserve(&body->ready, *cap);
}

static void hold(ah_body *body, ah_str piece)
{
    body->uses_others = true;
    ah_buf_append(&body->held, piece);
}

ahttp_error *ah_body_take_in(ah_body *body, ah_str piece)
{
    ahttp_error *error = NULL;

    body->raw_total += piece.len;
    if (body->held.len == 0 && !body->is_lent)
        error = take_in(body, &piece);
    if (!error && piece.len > 0)
        hold(body, piece);
    return check(body, error);
}

bool ah_body_hold(ah_body *body, ah_str piece)
{
    body->raw_total += piece.len;
    hold(body, piece);
    return !ah_buf_failed(&body->held);
}

bool ah_body_makes_room(const ah_body *body)
{
    return body->wants_whole || room(body) > 0;
}

/* ---- The reader ---- */

ahttp_error *ah_body_want_whole(ah_body *body, int64_t max_bytes)
{
    body->max_bytes = max_bytes;
    body->wants_whole = true;
    body->is_lent = false;
    ahttp_error *error = check(body, NULL);
    return error ? error : ah_body_go_on(body);
}

void ah_body_begin_read(ah_body *body, size_t wanted)
{
    body->is_lent = false;
    body->wanted = wanted;
}

ahttp_error *ah_body_take(ah_body *body, size_t count, ah_str *piece)
{
    ah_str unread = ah_body_unread(body);
    ah_buf next = body->shown;

    *piece = ah_str_slice(unread, 0, count);
    body->wanted = 0;
    body->was_taken = body->uses_others = true;
    if (piece->len < unread.len) {
        body->taken += piece->len;
        body->is_lent = true;
        return NULL;
    }
    reset_buffer(&next, LENT_CAPACITY);
    body->shown = body->ready;
    body->ready = next;
    body->taken = 0;
    return ah_body_go_on(body);
}
