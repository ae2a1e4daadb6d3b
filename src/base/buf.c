/* SPDX-License-Identifier: MIT */
#include "base/buf.h"
#include "base/mem.h"
#include <stdio.h>

void ah_buf_release(ah_buf *buf)
{
    ah_free(buf->data);
    *buf = (ah_buf){0};
}

static bool grow(ah_buf *buf, size_t needed)
{
    size_t cap = buf->cap ? buf->cap : 256;

    while (cap < needed && cap <= SIZE_MAX / 2)
        cap *= 2;
    char *data = cap >= needed ? ah_realloc(buf->data, cap) : NULL;
    if (!data) {
        buf->failed = true;
        return false;
    }
    buf->data = data;
    buf->cap = cap;
    return true;
}

char *ah_buf_grow(ah_buf *buf, size_t more)
{
    if (buf->failed || more > SIZE_MAX - buf->len) {
        buf->failed = true;
        return NULL;
    }
    if ((buf->len + more > buf->cap || !buf->data) && !grow(buf, buf->len + more))
        return NULL;
    return buf->data + buf->len;
}

void ah_buf_append_char(ah_buf *buf, char c)
{
    ah_buf_append(buf, ah_str_make(&c, 1));
}

void ah_buf_append_u64(ah_buf *buf, uint64_t number)
{
    char digits[20];
    size_t start = sizeof digits;

    do {
        digits[--start] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    ah_buf_append(buf, ah_str_make(digits + start, sizeof digits - start));
}

void ah_buf_append_format(ah_buf *buf, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    ah_buf_append_format_v(buf, format, arguments);
    va_end(arguments);
}

void ah_buf_append_format_v(ah_buf *buf, const char *format, va_list arguments)
{
    va_list again;

    va_copy(again, arguments);
    int len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *room = len < 0 ? NULL : ah_buf_reserve(buf, (size_t)len + 1);
    if (!room) {
        buf->failed = true;
        return;
    }
    vsnprintf(room, (size_t)len + 1, format, arguments);
    buf->len += (size_t)len;
}

char *ah_buf_terminate(ah_buf *buf)
{
    char *end = ah_buf_reserve(buf, 1);

    if (!end)
        return NULL;
    *end = '\0';
    return buf->data;
}

void ah_buf_consume(ah_buf *buf, size_t count)
{
    if (count < buf->len)
        memmove(buf->data, buf->data + count, buf->len - count);
    buf->len -= count < buf->len ? count : buf->len;
}
