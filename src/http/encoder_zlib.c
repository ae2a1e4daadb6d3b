/* SPDX-License-Identifier: MIT */
/* gzip and deflate through zlib. */
#define ZLIB_CONST
#include "base/mem.h"
#include "http/encoder.h"
#include <zlib.h>

enum { PIECE = 16 * 1024, MAX_OFFER = 1 << 30, GZIP = 16 + MAX_WBITS, ZLIB = MAX_WBITS };

typedef struct zlib_encoder {
    ah_encoder encoder;
    z_stream stream;
    bool is_flushed; /* since the last input; flushing again would only add bytes */
    bool is_done;
} zlib_encoder;

static zlib_encoder *of(ah_encoder *encoder)
{
    return AH_CONTAINER(encoder, zlib_encoder, encoder);
}

/* One call of zlib; the number of bytes made. */
static size_t deflate_piece(zlib_encoder *zlib, ah_str *input, int flush, char *room, size_t size)
{
    size_t offered = input->len < MAX_OFFER ? input->len : MAX_OFFER;

    zlib->stream.next_in = (const Bytef *)input->ptr;
    zlib->stream.avail_in = (uInt)offered;
    zlib->stream.next_out = (Bytef *)room;
    zlib->stream.avail_out = (uInt)size;
    /* Its codes say no more than its counters, but for the end. */
    if (deflate(&zlib->stream, offered == input->len ? flush : Z_NO_FLUSH) == Z_STREAM_END)
        zlib->is_done = true;
    *input = ah_str_slice(*input, offered - zlib->stream.avail_in, input->len);
    return size - zlib->stream.avail_out;
}

static ah_coding_result zlib_encode(ah_encoder *encoder, ah_str *input, ah_encoder_mode mode,
                                    ah_buf *out, size_t max_output)
{
    static const int flushes[] = {Z_NO_FLUSH, Z_SYNC_FLUSH, Z_FINISH};
    zlib_encoder *zlib = of(encoder);
    size_t limit = max_output < SIZE_MAX - out->len ? out->len + max_output : SIZE_MAX;

    if (input->len > 0)
        zlib->is_flushed = false;
    for (;;) {
        if (zlib->is_done)
            return AH_CODING_DONE;
        if (input->len == 0 && mode != AH_ENCODER_END && zlib->is_flushed)
            return AH_CODING_MORE_INPUT;
        if (out->len >= limit)
            return AH_CODING_MORE_ROOM;
        size_t size = limit - out->len < PIECE ? limit - out->len : PIECE;
        char *room = ah_buf_reserve(out, size);
        if (!room)
            return AH_CODING_FAILED;
        out->len += deflate_piece(zlib, input, flushes[mode], room, size);
        /* Room that is left says that nothing is pending. */
        if (input->len == 0 && zlib->stream.avail_out > 0 && mode != AH_ENCODER_END) {
            zlib->is_flushed = mode == AH_ENCODER_FLUSH;
            return AH_CODING_MORE_INPUT;
        }
    }
}

static void zlib_free(ah_encoder *encoder)
{
    zlib_encoder *zlib = of(encoder);

    deflateEnd(&zlib->stream);
    ah_free(zlib);
}

static voidpf allocate(voidpf ctx, uInt count, uInt size)
{
    (void)ctx;
    return ah_realloc_array(NULL, count, size);
}

static void deallocate(voidpf ctx, voidpf block)
{
    (void)ctx;
    ah_free(block);
}

static ah_encoder *make(int window_bits)
{
    static const ah_encoder_ops ops = {zlib_encode, zlib_free};
    enum { MEMORY_LEVEL = 8 }; /* zlib's own default */
    zlib_encoder *zlib = AH_NEW(zlib_encoder);

    if (!zlib)
        return NULL;
    zlib->encoder.ops = &ops;
    zlib->is_flushed = true;
    zlib->stream.zalloc = allocate;
    zlib->stream.zfree = deallocate;
    if (deflateInit2(&zlib->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window_bits, MEMORY_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
        ah_free(zlib);
        return NULL;
    }
    return &zlib->encoder;
}

ah_encoder *ah_encoder_gzip_new(void)
{
    return make(GZIP);
}

ah_encoder *ah_encoder_deflate_new(void)
{
    return make(ZLIB);
}
