/* SPDX-License-Identifier: MIT */
/* zstd through libzstd, the one door to it.  The stable part of its interface takes no
   allocator, so its memory, at most one window and some tables, comes from malloc. */
#include "base/mem.h"
#include "http/coding.h"
#include <inttypes.h>
#include <zstd.h>
#include <zstd_errors.h>

#define FUNCTIONS(f)                                                                               \
    f(ZSTD_createDCtx) f(ZSTD_freeDCtx) f(ZSTD_DCtx_setParameter) f(ZSTD_decompressStream)         \
        f(ZSTD_isError) f(ZSTD_getErrorCode) f(ZSTD_getErrorName)
AH_LIBRARY(ah_decoder_zstd_library, ZSTD, "content coding zstd", FUNCTIONS);

enum {
    PIECE = 16 * 1024,
    MAX_WINDOW_LOG = 23 /* RFC 9659 §3: 8 MiB */
};

typedef struct zstd_decoder {
    ah_decoder decoder;
    ZSTD_DCtx *context;
    uint64_t used;   /* bytes of input */
    bool is_between; /* frames: nothing is pending */
    bool is_dry;     /* without new input there is nothing to do */
    ahttp_error *error;
} zstd_decoder;

static zstd_decoder *of(ah_decoder *decoder)
{
    return AH_CONTAINER(decoder, zstd_decoder, decoder);
}

static ah_coding_result fail(zstd_decoder *zstd, ahttp_error *error)
{
    zstd->error = error;
    return AH_CODING_FAILED;
}

static ah_coding_result fail_by_code(zstd_decoder *zstd, size_t code)
{
    if (lib.ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation)
        return fail(zstd, ah_error_no_memory());
    return fail(zstd,
                ah_error_new(AHTTP_E_CODING, "zstd data is corrupt after %" PRIu64 " bytes: %s",
                             zstd->used, lib.ZSTD_getErrorName(code)));
}

/* One call of zstd; *size becomes what was made. */
static size_t decode_piece(zstd_decoder *zstd, ah_str *input, char *room, size_t *size)
{
    ZSTD_inBuffer in = {input->ptr, input->len, 0};
    ZSTD_outBuffer out = {room, *size, 0};
    size_t code = lib.ZSTD_decompressStream(zstd->context, &out, &in);

    zstd->used += in.pos;
    *input = ah_str_slice(*input, in.pos, input->len);
    zstd->is_between = code == 0;
    zstd->is_dry = code == 0 || out.pos < out.size;
    *size = out.pos;
    return code;
}

static ah_coding_result zstd_decode(ah_decoder *decoder, ah_str *input, ah_buf *out,
                                    size_t max_output)
{
    zstd_decoder *zstd = of(decoder);
    size_t limit = max_output < SIZE_MAX - out->len ? out->len + max_output : SIZE_MAX;

    for (;;) {
        if (zstd->is_dry && input->len == 0)
            return AH_CODING_MORE_INPUT;
        if (out->len >= limit)
            return AH_CODING_MORE_ROOM;
        size_t size = limit - out->len < PIECE ? limit - out->len : PIECE;
        char *room = ah_buf_reserve(out, size);
        if (!room)
            return fail(zstd, ah_error_no_memory());
        size_t code = decode_piece(zstd, input, room, &size);
        out->len += size;
        if (lib.ZSTD_isError(code))
            return fail_by_code(zstd, code);
    }
}

static ahttp_error *zstd_finish(ah_decoder *decoder)
{
    zstd_decoder *zstd = of(decoder);

    if (zstd->is_between)
        return NULL;
    return ah_error_new(AHTTP_E_CODING, "zstd data ended early, after %" PRIu64 " bytes",
                        zstd->used);
}

static ahttp_error *zstd_take_error(ah_decoder *decoder)
{
    zstd_decoder *zstd = of(decoder);
    ahttp_error *error = zstd->error;

    zstd->error = NULL;
    return error;
}

static void zstd_free(ah_decoder *decoder)
{
    zstd_decoder *zstd = of(decoder);

    lib.ZSTD_freeDCtx(zstd->context);
    ah_error_free(zstd->error);
    ah_free(zstd);
}

ah_decoder *ah_decoder_zstd_new(void)
{
    static const ah_decoder_ops ops = {zstd_decode, zstd_finish, zstd_take_error, zstd_free};

    if (ah_library_load(&ah_decoder_zstd_library))
        return NULL;
    zstd_decoder *zstd = AH_NEW(zstd_decoder);
    if (!zstd)
        return NULL;
    zstd->decoder.ops = &ops;
    zstd->is_between = zstd->is_dry = true;
    zstd->context = lib.ZSTD_createDCtx();
    if (!zstd->context) {
        ah_free(zstd);
        return NULL;
    }
    lib.ZSTD_DCtx_setParameter(zstd->context, ZSTD_d_windowLogMax, MAX_WINDOW_LOG);
    return &zstd->decoder;
}
