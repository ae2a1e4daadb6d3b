/* SPDX-License-Identifier: MIT */
/* br through libbrotlidec, the one door to it.  A window is at most 16 MiB; the extension for
   larger ones (RFC 9841) stays off. */
#include "base/mem.h"
#include "http/coding.h"
#include <brotli/decode.h>
#include <inttypes.h>

#define FUNCTIONS(f)                                                                               \
    f(BrotliDecoderCreateInstance) f(BrotliDecoderDestroyInstance)                                 \
        f(BrotliDecoderDecompressStream) f(BrotliDecoderGetErrorCode) f(BrotliDecoderErrorString)
AH_LIBRARY(ah_decoder_brotli_library, BROTLIDEC, "content coding br", FUNCTIONS);

enum { PIECE = 16 * 1024 };

typedef struct brotli_decoder {
    ah_decoder decoder;
    BrotliDecoderState *state;
    uint64_t used; /* bytes of input */
    bool is_done;
    bool ran_out; /* an allocation failed, which brotli's codes do not tell reliably */
    ahttp_error *error;
} brotli_decoder;

static brotli_decoder *of(ah_decoder *decoder)
{
    return AH_CONTAINER(decoder, brotli_decoder, decoder);
}

static ah_coding_result fail(brotli_decoder *brotli, ahttp_error *error)
{
    brotli->error = error;
    return AH_CODING_FAILED;
}

static ah_coding_result fail_by_code(brotli_decoder *brotli)
{
    if (brotli->ran_out)
        return fail(brotli, ah_error_no_memory());
    const char *reason = lib.BrotliDecoderErrorString(lib.BrotliDecoderGetErrorCode(brotli->state));
    return fail(brotli,
                ah_error_new(AHTTP_E_CODING, "br data is corrupt after %" PRIu64 " bytes: %s",
                             brotli->used, reason));
}

/* One call of brotli; *size becomes what was made. */
static BrotliDecoderResult decode_piece(brotli_decoder *brotli, ah_str *input, char *room,
                                        size_t *size)
{
    size_t in_left = input->len;
    size_t out_left = *size;
    const uint8_t *next_in = (const uint8_t *)input->ptr;
    uint8_t *next_out = (uint8_t *)room;
    BrotliDecoderResult result = lib.BrotliDecoderDecompressStream(
        brotli->state, &in_left, &next_in, &out_left, &next_out, NULL);

    brotli->used += input->len - in_left;
    *input = ah_str_slice(*input, input->len - in_left, in_left);
    *size -= out_left;
    return result;
}

static ah_coding_result brotli_decode(ah_decoder *decoder, ah_str *input, ah_buf *out,
                                      size_t max_output)
{
    brotli_decoder *brotli = of(decoder);
    size_t limit = max_output < SIZE_MAX - out->len ? out->len + max_output : SIZE_MAX;

    if (brotli->is_done)
        return AH_CODING_DONE;
    while (out->len < limit) {
        size_t asked = limit - out->len < PIECE ? limit - out->len : PIECE;
        size_t size = asked;
        char *room = ah_buf_reserve(out, asked);
        if (!room)
            return fail(brotli, ah_error_no_memory());
        BrotliDecoderResult result = decode_piece(brotli, input, room, &size);
        out->len += size;
        if (result == BROTLI_DECODER_RESULT_ERROR)
            return fail_by_code(brotli);
        if (result == BROTLI_DECODER_RESULT_SUCCESS) {
            brotli->is_done = true;
            return AH_CODING_DONE;
        }
        if (result == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT && size < asked)
            return AH_CODING_MORE_INPUT;
    }
    return AH_CODING_MORE_ROOM;
}

static ahttp_error *brotli_finish(ah_decoder *decoder)
{
    brotli_decoder *brotli = of(decoder);

    if (brotli->used == 0 || brotli->is_done)
        return NULL;
    return ah_error_new(AHTTP_E_CODING, "br data ended early, after %" PRIu64 " bytes",
                        brotli->used);
}

static ahttp_error *brotli_take_error(ah_decoder *decoder)
{
    brotli_decoder *brotli = of(decoder);
    ahttp_error *error = brotli->error;

    brotli->error = NULL;
    return error;
}

static void brotli_free(ah_decoder *decoder)
{
    brotli_decoder *brotli = of(decoder);

    lib.BrotliDecoderDestroyInstance(brotli->state);
    ah_error_free(brotli->error);
    ah_free(brotli);
}

static void *allocate(void *ctx, size_t size)
{
    brotli_decoder *brotli = ctx;
    void *block = ah_alloc(size);

    brotli->ran_out = brotli->ran_out || !block;
    return block;
}

static void deallocate(void *ctx, void *block)
{
    (void)ctx;
    ah_free(block);
}

ah_decoder *ah_decoder_brotli_new(void)
{
    static const ah_decoder_ops ops = {brotli_decode, brotli_finish, brotli_take_error,
                                       brotli_free};

    if (ah_library_load(&ah_decoder_brotli_library))
        return NULL;
    brotli_decoder *brotli = AH_NEW(brotli_decoder);
    if (!brotli)
        return NULL;
    brotli->decoder.ops = &ops;
    brotli->state = lib.BrotliDecoderCreateInstance(allocate, deallocate, brotli);
    if (!brotli->state) {
        ah_free(brotli);
        return NULL;
    }
    return &brotli->decoder;
}
