/* SPDX-License-Identifier: MIT */
/* br through libbrotlienc, the one door to it.  Where that is out of memory it ends the process;
   so an allocation that fails does not return to it, but leaves it by a jump.  All of its memory
   is known here, and so can be freed without its help. */
#include "base/list.h"
#include "base/mem.h"
#include "http/encoder.h"
#include <brotli/encode.h>
#include <setjmp.h>
#include <stdalign.h>

#define FUNCTIONS(f)                                                                               \
    f(BrotliEncoderCreateInstance) f(BrotliEncoderSetParameter) f(BrotliEncoderCompressStream)     \
        f(BrotliEncoderIsFinished)
AH_LIBRARY(ah_encoder_brotli_library, BROTLIENC, "content coding br", FUNCTIONS);

/* As good as zlib's best at its speed, and a window that costs little memory. */
enum { PIECE = 16 * 1024, QUALITY = 5, WINDOW_LOG = 18 };

typedef struct brotli_encoder {
    ah_encoder encoder;
    BrotliEncoderState *state;
    ah_list blocks;         /* its memory */
    jmp_buf without_memory; /* where an allocation that fails goes, during each of its functions */
    bool is_flushed;        /* since the last input; flushing again would only add bytes */
} brotli_encoder;

typedef struct block {
    ah_link link;
    alignas(max_align_t) char bytes[];
} block;

static brotli_encoder *of(ah_encoder *encoder)
{
    return AH_CONTAINER(encoder, brotli_encoder, encoder);
}

/* One call of brotli; *size becomes what was made.  False when out of memory. */
static bool encode_piece(brotli_encoder *brotli, ah_str *input, BrotliEncoderOperation operation,
                         char *room, size_t *size)
{
    size_t in_left = input->len;
    size_t out_left = *size;
    const uint8_t *next_in = (const uint8_t *)input->ptr;
    uint8_t *next_out = (uint8_t *)room;

    if (setjmp(brotli->without_memory))
        return false;
    bool done = lib.BrotliEncoderCompressStream(brotli->state, operation, &in_left, &next_in,
                                                &out_left, &next_out, NULL);

    *input = ah_str_slice(*input, input->len - in_left, in_left);
    *size -= out_left;
    return done;
}

static ah_coding_result brotli_encode(ah_encoder *encoder, ah_str *input, ah_encoder_mode mode,
                                      ah_buf *out, size_t max_output)
{
    static const BrotliEncoderOperation operations[] = {
        BROTLI_OPERATION_PROCESS, BROTLI_OPERATION_FLUSH, BROTLI_OPERATION_FINISH};
    brotli_encoder *brotli = of(encoder);
    size_t limit = max_output < SIZE_MAX - out->len ? out->len + max_output : SIZE_MAX;

    if (input->len > 0)
        brotli->is_flushed = false;
    for (;;) {
        if (lib.BrotliEncoderIsFinished(brotli->state))
            return AH_CODING_DONE;
        if (input->len == 0 && mode != AH_ENCODER_END && brotli->is_flushed)
            return AH_CODING_MORE_INPUT;
        if (out->len >= limit)
            return AH_CODING_MORE_ROOM;
        size_t asked = limit - out->len < PIECE ? limit - out->len : PIECE;
        size_t size = asked;
        char *room = ah_buf_reserve(out, asked);
        if (!room || !encode_piece(brotli, input, operations[mode], room, &size))
            return AH_CODING_FAILED;
        out->len += size;
        /* Room that is left says that nothing is pending. */
        if (input->len == 0 && size < asked && mode != AH_ENCODER_END) {
            brotli->is_flushed = mode == AH_ENCODER_FLUSH;
            return AH_CODING_MORE_INPUT;
        }
    }
}

static void brotli_free(ah_encoder *encoder)
{
    brotli_encoder *brotli = of(encoder);

    for (ah_link *link; (link = ah_list_take_first(&brotli->blocks));)
        ah_free(AH_CONTAINER(link, block, link));
    ah_free(brotli);
}

static void *allocate(void *ctx, size_t size)
{
    brotli_encoder *brotli = ctx;
    block *made = size < SIZE_MAX - sizeof *made ? ah_alloc(sizeof *made + size) : NULL;

    if (!made)
        longjmp(brotli->without_memory, 1);
    ah_list_append(&brotli->blocks, &made->link);
    return made->bytes;
}

static void deallocate(void *ctx, void *bytes)
{
    (void)ctx;
    if (!bytes)
        return;
    block *freed = AH_CONTAINER(bytes, block, bytes);
    ah_link_remove(&freed->link);
    ah_free(freed);
}

static bool make_state(brotli_encoder *brotli)
{
    if (setjmp(brotli->without_memory))
        return false;
    brotli->state = lib.BrotliEncoderCreateInstance(allocate, deallocate, brotli);
    return brotli->state &&
           lib.BrotliEncoderSetParameter(brotli->state, BROTLI_PARAM_QUALITY, QUALITY) &&
           lib.BrotliEncoderSetParameter(brotli->state, BROTLI_PARAM_LGWIN, WINDOW_LOG);
}

ah_encoder *ah_encoder_brotli_new(void)
{
    static const ah_encoder_ops ops = {brotli_encode, brotli_free};

    if (ah_library_load(&ah_encoder_brotli_library))
        return NULL;
    brotli_encoder *brotli = AH_NEW(brotli_encoder);
    if (!brotli)
        return NULL;
    brotli->encoder.ops = &ops;
    brotli->is_flushed = true;
    ah_list_init(&brotli->blocks);
    if (!make_state(brotli)) {
        brotli_free(&brotli->encoder);
        return NULL;
    }
    return &brotli->encoder;
}
