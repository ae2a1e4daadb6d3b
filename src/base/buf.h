/* SPDX-License-Identifier: MIT */
#ifndef AH_BASE_BUF_H
#define AH_BASE_BUF_H
/* A growing buffer of bytes.  Zeroed memory is an empty buffer.  Running out of memory
   sticks: later appends do nothing and ah_buf_failed says so, so that a writer can append
   many pieces and ask once. */
#include "base/mem.h"
#include "base/str.h"
#include <ahttp/base.h>
#include <stdarg.h>

typedef struct ah_buf {
    char *data;
    size_t len;
    size_t cap;
    bool failed;
} ah_buf;

void ah_buf_release(ah_buf *buf);

/* Forget the contents and any failure; the memory stays. */
static inline void ah_buf_clear(ah_buf *buf)
{
    buf->len = 0;
    buf->failed = false;
}

static inline bool ah_buf_failed(const ah_buf *buf)
{
    return buf->failed;
}

static inline ah_str ah_buf_str(const ah_buf *buf)
{
    return ah_str_make(buf->data, buf->len);
}

/* For ah_buf_reserve, where there is no room yet. */
char *ah_buf_grow(ah_buf *buf, size_t more);

/* Room for more bytes behind len: write there, then add to len.  NULL when out of memory. */
static inline char *ah_buf_reserve(ah_buf *buf, size_t more)
{
    if (AH_LIKELY(more < buf->cap - buf->len && !buf->failed))
        return buf->data + buf->len;
    return ah_buf_grow(buf, more);
}

static inline void ah_buf_append(ah_buf *buf, ah_str bytes)
{
    char *room = ah_buf_reserve(buf, bytes.len);

    if (room && bytes.len > 0) {
        memcpy(room, bytes.ptr, bytes.len);
        buf->len += bytes.len;
    }
}

void ah_buf_append_char(ah_buf *buf, char c);
void ah_buf_append_u64(ah_buf *buf, uint64_t number);
void ah_buf_append_format(ah_buf *buf, const char *format, ...) AHTTP_PRINTF(2, 3);
void ah_buf_append_format_v(ah_buf *buf, const char *format, va_list arguments);
/* A NUL behind the contents, which does not count as one of them.  NULL when out of memory. */
char *ah_buf_terminate(ah_buf *buf);
/* Drop the first count bytes. */
void ah_buf_consume(ah_buf *buf, size_t count);

#endif
