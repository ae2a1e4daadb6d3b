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

enum { AH_BODY_HIGH_WATER = 128 * 1024 };

typedef struct ah_body {
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
    /* And others: */
    size_t high_water; /* more than that is not held, unless more is wanted at once */
    int64_t max_bytes; /* for a whole body; AHTTP_UNLIMITED */
    ah_buf held;       /* bytes that wait to be decoded */
    ah_buf ready;      /* decoded bytes */
    ah_buf shown;      /* what was ready when all of it was handed out */
} ah_body;

/* Forgets everything; buffers of ordinary size stay for the next body. */
void ah_body_reset(ah_body *body);
void ah_body_release(ah_body *body);
/* After a reset: the high-water mark becomes twice as many bytes; 0: AH_BODY_HIGH_WATER. */
void ah_body_set_buffer(ah_body *body, int64_t bytes);

/* ---- What the wire does ---- */

/* Bytes from the wire.  NULL, or why the body is of no use. */
ahttp_error *ah_body_add(ah_body *body, ah_str piece);
/* Where at most so many of the next bytes may be read to, *cap of them, so that adding these
   copies nothing; NULL: elsewhere. */
char *ah_body_place(ah_body *body, uint64_t most, size_t *cap);
/* No more will come. */
ahttp_error *ah_body_end(ah_body *body);
/* Whether there is room for more from the wire. */
bool ah_body_has_room(const ah_body *body);

/* ---- What the reader does ---- */

/* From now on everything is collected; decodes what was held back. */
ahttp_error *ah_body_want_whole(ah_body *body);
/* A read begins: the last piece is not valid any more.  It wants that many bytes at once, for
   which room is made beyond the high-water mark until a piece is taken; 0 for no matter. */
void ah_body_begin_read(ah_body *body, size_t wanted);
/* Gets more ready from what was held back. */
ahttp_error *ah_body_go_on(ah_body *body);
/* Hands out at most count of the unread bytes: *piece is valid until the next read begins and
   takes. When these are all there are, goes on. */
ahttp_error *ah_body_take(ah_body *body, size_t count, ah_str *piece);

static inline ah_str ah_body_unread(const ah_body *body)
{
    return ah_str_slice(ah_buf_str(&body->ready), body->taken, SIZE_MAX);
}

/* Whether all bytes of the body are in ready or handed out. */
static inline bool ah_body_is_complete(const ah_body *body)
{
    return body->decoded;
}

#endif
