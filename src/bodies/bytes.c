/* SPDX-License-Identifier: MIT */
/* A request body that is bytes in memory. */
#include "base/mem.h"
#include "conn/source.h"

/* So that chunks, and steps of compressing, stay moderate. */
enum { MOST_AT_ONCE = 64 * 1024 };

typedef struct bytes_body {
    ahttp_body base;
    size_t len;
    size_t place;
    char bytes[];
} bytes_body;

static ah_pull next(ahttp_body *base, ah_str *piece, ahttp_error **error)
{
    bytes_body *body = AH_CONTAINER(base, bytes_body, base);

    (void)error;
    if (body->place == body->len)
        return AH_PULL_END;
    *piece = ah_str_slice(ah_str_make(body->bytes, body->len), body->place, MOST_AT_ONCE);
    body->place += piece->len;
    return AH_PULL_READY;
}

static void rewind_bytes(ahttp_body *base)
{
    AH_CONTAINER(base, bytes_body, base)->place = 0;
}

ahttp_body *ahttp_body_bytes(ahttp_bytes bytes)
{
    static const ah_source_ops ops = {.next = next, .rewind = rewind_bytes};
    bytes_body *body =
        bytes.len < SIZE_MAX - sizeof *body ? ah_alloc(sizeof *body + bytes.len) : NULL;

    if (!body)
        return NULL;
    *body = (bytes_body){.len = bytes.len};
    if (bytes.len > 0)
        memcpy(body->bytes, bytes.data, bytes.len);
    ah_source_init(&body->base, &ops, AHTTP_BODY_REPLAYABLE, (int64_t)bytes.len);
    return &body->base;
}
