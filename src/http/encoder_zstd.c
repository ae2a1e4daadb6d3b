/* SPDX-License-Identifier: MIT */
/* zstd through libzstd, whose memory comes from malloc (see coding_zstd.c). */
#include "base/mem.h"
#include "http/encoder.h"
#include <zstd.h>

#define FUNCTIONS(f) f(ZSTD_createCCtx) f(ZSTD_freeCCtx) f(ZSTD_compressStream2) f(ZSTD_isError)
AH_LIBRARY(ah_encoder_zstd_library, ZSTD, "content coding zstd", FUNCTIONS);

enum { PIECE = 16 * 1024 };

typedef struct zstd_encoder {
    ah_encoder encoder;
    ZSTD_CCtx *context;
    bool is_flushed; /* since the last input; flushing again would only add bytes */
    bool is_done;
} zstd_encoder;

static zstd_encoder *of(ah_encoder *encoder)
{
    return AH_CONTAINER(encoder, zstd_encoder, encoder);
}

/* One call of zstd; *size becomes what was made.  Its answer, 0 when all that was asked for is
   done. */
static size_t encode_piece(zstd_encoder *zstd, ah_str *input, ZSTD_EndDirective directive,
                           char *room, size_t *size)
{
    ZSTD_inBuffer in = {input->ptr, input->len, 0};
    ZSTD_outBuffer out = {room, *size, 0};
    size_t left = lib.ZSTD_compressStream2(zstd->context, &out, &in, directive);

    *input = ah_str_slice(*input, in.pos, input->len);
    *size = out.pos;
    return left;
}

static ah_coding_result zstd_encode(ah_encoder *encoder, ah_str *input, ah_encoder_mode mode,
                                    ah_buf *out, size_t max_output)
{
    static const ZSTD_EndDirective directives[] = {ZSTD_e_continue, ZSTD_e_flush, ZSTD_e_end};
    zstd_encoder *zstd = of(encoder);
    size_t limit = max_output < SIZE_MAX - out->len ? out->len + max_output : SIZE_MAX;

    if (input->len > 0)
        zstd->is_flushed = false;
    for (;;) {
        if (zstd->is_done)
            return AH_CODING_DONE;
        if (input->len == 0 && mode != AH_ENCODER_END && zstd->is_flushed)
            return AH_CODING_MORE_INPUT;
        if (out->len >= limit)
            return AH_CODING_MORE_ROOM;
        size_t asked = limit - out->len < PIECE ? limit - out->len : PIECE;
        size_t size = asked;
        char *room = ah_buf_reserve(out, asked);
        size_t left = room ? encode_piece(zstd, input, directives[mode], room, &size) : 0;
        if (!room || lib.ZSTD_isError(left))
            return AH_CODING_FAILED;
        out->len += size;
        zstd->is_done = mode == AH_ENCODER_END && left == 0;
        if (input->len == 0 && mode != AH_ENCODER_END && size < asked) {
            zstd->is_flushed = mode == AH_ENCODER_FLUSH;
            return AH_CODING_MORE_INPUT;
        }
    }
}

static void zstd_free(ah_encoder *encoder)
{
    zstd_encoder *zstd = of(encoder);

    lib.ZSTD_freeCCtx(zstd->context);
    ah_free(zstd);
}

ah_encoder *ah_encoder_zstd_new(void)
{
    static const ah_encoder_ops ops = {zstd_encode, zstd_free};

    if (ah_library_load(&ah_encoder_zstd_library))
        return NULL;
    zstd_encoder *zstd = AH_NEW(zstd_encoder);
    if (!zstd)
        return NULL;
    zstd->encoder.ops = &ops;
    zstd->is_flushed = true;
    zstd->context = lib.ZSTD_createCCtx();
    if (!zstd->context) {
        ah_free(zstd);
        return NULL;
    }
    return &zstd->encoder;
}
