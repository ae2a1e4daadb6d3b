/* SPDX-License-Identifier: MIT */
#ifndef AH_CLIENT_BODY_H
#define AH_CLIENT_BODY_H
/* A response's body between the wire and the program: undoes the content coding and holds
   what nobody has read yet, never much more than its high-water mark unless more is wanted at
   once.  No I/O in here: the client reports what came, and stops the wire when told that
   there is enough.

   Pieces are handed out where they lie, at the front of ready, which does not move while one is
   lent; what comes meanwhile is held back. */
#include "base/buf.h"
#include "http/coding.h"

enum {
    AH_BODY_HIGH_WATER = 128 * 1024,
    AH_BODY_KEPT = 32 * 1024 /* capacity of a buffer, for the next body */
};

/* What every body touches lies together, behind what few need. */
typedef struct ah_body {
    ah_buf held;  /* bytes that wait to be decoded */
    ah_buf shown; /* what was ready when all of it was handed out */

    /* Zero for a new body: */
    ah_decoder *decoder; /* NULL: the bytes are taken as they come */
    uint64_t raw_total;  /* bytes that came */
    size_t taken;        /* bytes of ready that have been handed out */
    size_t wanted;       /* a read waits until so many bytes are there */
    bool wants_whole;    /* collect everything in ready */
    bool is_lent;        /* the last piece handed out lies in ready */
    bool has_more;       /* the decoder has, without further input */
    bool wire_ended;     /* no more bytes will come */
    bool decoded;        /* ... and all of them have been decoded */
    bool failed;
    bool was_taken; /* some of it, by pieces */
    /* And others: */
    ah_buf ready;      /* decoded bytes */
    size_t high_water; /* more than that is not held, unless more is wanted at once */
    int64_t max_bytes; /* for a whole body; AHTTP_UNLIMITED */
    bool uses_others;  /* held and shown were used, by this body or one before */
} ah_body;

/* For ah_body_reset, where there is more to forget than bytes that are ready. */
void ah_body_reset_buffers(ah_body *body);
/* Forgets everything; buffers of ordinary size stay for the next body. */
static inline void ah_body_reset(ah_body *body)
{
    if (AH_UNLIKELY(body->decoder || body->uses_others || body->ready.cap > AH_BODY_KEPT))
        ah_body_reset_buffers(body);
    ah_buf_clear(&body->ready);
    memset(&body->decoder, 0, offsetof(ah_body, ready) - offsetof(ah_body, decoder));
    body->high_water = AH_BODY_HIGH_WATER;
    body->max_bytes = AHTTP_UNLIMITED;
}
void ah_body_release(ah_body *body);
/* After a reset: the high-water mark becomes twice as many bytes; 0: AH_BODY_HIGH_WATER. */
void ah_body_set_buffer(ah_body *body, int64_t bytes);

/* ---- What the wire does ---- */

/* Whether what comes goes to ready as it is. */
static inline bool ah_body_goes_straight(const ah_body *body)
{
    return !body->decoder && body->taken == 0 && !body->is_lent &&
           (!body->uses_others || body->held.len == 0);
}

/* For ah_body_add, wherever that is not simple. */
ahttp_error *ah_body_take_in(ah_body *body, ah_str piece);
/* Bytes from the wire.  NULL, or why the body is of no use. */
static inline ahttp_error *ah_body_add(ah_body *body, ah_str piece)
{
    ah_buf *ready = &body->ready;

    if (AH_UNLIKELY(!ah_body_goes_straight(body) || body->wants_whole ||
                    piece.len >= ready->cap - ready->len || piece.ptr == ready->data + ready->len))
        return ah_body_take_in(body, piece);
    memcpy(ready->data + ready->len, piece.ptr, piece.len);
    ready->len += piece.len;
    body->raw_total += piece.len;
    return NULL;
}
/* Bytes that are kept as they came, for nobody knows yet what the body is for.  False when out of
   memory. */
bool ah_body_hold(ah_body *body, ah_str piece);
/* Where at most so many of the next bytes may be read to, *cap of them, so that adding these
   copies nothing; NULL: elsewhere. */
char *ah_body_place(ah_body *body, uint64_t most, size_t *cap);
/* For ah_body_has_room, where there is much. */
bool ah_body_makes_room(const ah_body *body);
/* Whether there is room for more from the wire. */
static inline bool ah_body_has_room(const ah_body *body)
{
    return (!body->uses_others || body->held.len == 0) &&
           (AH_LIKELY(body->ready.len < body->high_water) || ah_body_makes_room(body));
}

/* ---- What the reader does ---- */

/* From now on everything is collected, at most so many bytes unless AHTTP_UNLIMITED; decodes what
   was held back. */
ahttp_error *ah_body_want_whole(ah_body *body, int64_t max_bytes);
/* A read begins: the last piece is not valid any more.  It wants that many bytes at once, for
   which room is made beyond the high-water mark until a piece is taken; 0 for no matter. */
void ah_body_begin_read(ah_body *body, size_t wanted);
/* Gets more ready from what was held back. */
ahttp_error *ah_body_go_on(ah_body *body);
/* Hands out at most count of the unread bytes: *piece is valid until the next read begins and
   takes. When these are all there are, goes on. */
ahttp_error *ah_body_take(ah_body *body, size_t count, ah_str *piece);

/* ---- And again the wire ---- */

/* No more will come. */
static inline ahttp_error *ah_body_end(ah_body *body)
{
    body->wire_ended = true;
    if (AH_UNLIKELY(!ah_body_goes_straight(body) || body->failed))
        return ah_body_go_on(body);
    body->decoded = true;
    return NULL;
}

static inline ah_str ah_body_unread(const ah_body *body)
{
    return ah_str_slice(ah_buf_str(&body->ready), body->taken, SIZE_MAX);
}

/* Whether all bytes of the body are in ready or handed out. */
static inline bool ah_body_is_complete(const ah_body *body)
{
    return body->decoded;
}

/* As ah_body_take, of a complete body: what is read stays where it is, for nothing more comes. */
static inline ah_str ah_body_take_in_place(ah_body *body, size_t count)
{
    ah_str piece = ah_str_slice(ah_body_unread(body), 0, count);

    body->taken += piece.len;
    body->was_taken = true;
    return piece;
}

#endif
