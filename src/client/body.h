/* SPDX-License-Identifier: MIT */
#ifndef AH_CLIENT_BODY_H
#define AH_CLIENT_BODY_H
/* A response's body between the wire and the program: undoes the content coding and holds
   what nobody has read yet, never much more than AH_BODY_HIGH_WATER bytes unless the whole
   body is wanted at once.  No I/O in here: the client reports what came, and stops the wire
   when told that there is enough. */
#include "base/buf.h"
#include "http/coding.h"

enum { AH_BODY_HIGH_WATER = 128 * 1024 };

typedef struct ah_body {
    ah_decoder *decoder; /* NULL: the bytes are taken as they come */
    ah_buf coded;        /* bytes that wait to be decoded */
    ah_buf ready;        /* decoded bytes that nobody has read */
    ah_buf shown;        /* what the last piece handed out points to */
    int64_t max_bytes;   /* for a whole body; AHTTP_UNLIMITED */
    bool wants_whole;    /* collect everything in ready */
    bool wire_ended;     /* no more bytes will come */
    bool decoded;        /* ... and all of them have been decoded */
} ah_body;

/* Forgets everything; buffers of ordinary size stay for the next body. */
void ah_body_reset(ah_body *body);
void ah_body_release(ah_body *body);

/* Bytes from the wire.  NULL, or why the body is of no use. */
ahttp_error *ah_body_add(ah_body *body, ah_str piece);
/* No more will come. */
ahttp_error *ah_body_end(ah_body *body);
/* Whether there is room for more from the wire. */
bool ah_body_has_room(const ah_body *body);

/* From now on everything is collected; decodes what was held back. */
ahttp_error *ah_body_want_whole(ah_body *body);
/* Moves what is ready to *piece, which is valid until the next take; then decodes on. */
ahttp_error *ah_body_take(ah_body *body, ah_str *piece);

/* Whether all bytes of the body are in ready or handed out. */
static inline bool ah_body_is_complete(const ah_body *body)
{
    return body->decoded;
}

#endif
