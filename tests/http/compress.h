/* SPDX-License-Identifier: MIT */
#ifndef TESTS_HTTP_COMPRESS_H
#define TESTS_HTTP_COMPRESS_H
/* Making coded data, with the compressors of others. */
#include "base/buf.h"
#include "support/check.h"
#include <zlib.h>
#if AHTTP_BROTLI
#include <brotli/encode.h>
#endif
#if AHTTP_ZSTD
#include <zstd.h>
#endif

enum { GZIP = 16 + MAX_WBITS, ZLIB = MAX_WBITS, RAW = -MAX_WBITS };

/* Appends text to out, compressed by zlib in the format. */
static inline void compress_level(ah_buf *out, ah_str text, int format, int level)
{
    z_stream stream = {0};

    assert_int_equal(deflateInit2(&stream, level, Z_DEFLATED, format, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t room = deflateBound(&stream, (uLong)text.len) + 32;
    stream.next_in = (Bytef *)(uintptr_t)text.ptr;
    stream.avail_in = (uInt)text.len;
    stream.next_out = (Bytef *)ah_buf_reserve(out, room);
    stream.avail_out = (uInt)room;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out->len += room - stream.avail_out;
    deflateEnd(&stream);
}

static inline void compress_as(ah_buf *out, ah_str text, int format)
{
    compress_level(out, text, format, 6);
}

#if AHTTP_BROTLI
static inline void compress_br(ah_buf *out, ah_str text)
{
    size_t size = BrotliEncoderMaxCompressedSize(text.len) + 16;
    uint8_t *room = (uint8_t *)ah_buf_reserve(out, size);

    assert_true(BrotliEncoderCompress(5, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC, text.len,
                                      (const uint8_t *)text.ptr, &size, room));
    out->len += size;
}
#endif

#if AHTTP_ZSTD
/* Appends a frame; with a window of 2^window_log bytes, unless that is 0. */
static inline void compress_window(ah_buf *out, ah_str text, int window_log)
{
    ZSTD_CCtx *context = ZSTD_createCCtx();
    size_t size = ZSTD_compressBound(text.len);
    ZSTD_inBuffer in = {text.ptr, text.len, 0};
    ZSTD_outBuffer room = {ah_buf_reserve(out, size), size, 0};

    assert_non_null(context);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    if (window_log > 0) {
        ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
        /* A context that learns the size before it starts makes the window smaller. */
        ZSTD_compressStream2(context, &room, &in, ZSTD_e_continue);
    }
    assert_int_equal(ZSTD_compressStream2(context, &room, &in, ZSTD_e_end), 0);
    out->len += room.pos;
    ZSTD_freeCCtx(context);
}

static inline void compress_zstd(ah_buf *out, ah_str text)
{
    compress_window(out, text, 0);
}
#endif

/* Bytes that do not compress, the same each time. */
static inline void append_noise(ah_buf *out, size_t len)
{
    uint32_t random = 1;

    for (size_t i = 0; i < len; i++) {
        random = random * 1664525 + 1013904223;
        ah_buf_append_char(out, (char)(random >> 24));
    }
}

#endif
