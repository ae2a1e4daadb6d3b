/* SPDX-License-Identifier: MIT */
/* Decoders in a row, perhaps of one, pull: the last one runs until it needs input, then the
   one before it makes a piece of at most PIECE bytes, and so on down to the first.  What a
   call makes between the stages is bounded as well, since it may be much where the output is
   little; so is all that any stage ever makes, by the bytes from the wire. */
#include "base/mem.h"
#include "http/coding.h"
#include <inttypes.h>

enum {
    PIECE = 16 * 1024,
    MAX_PIECES = 64,        /* in one call */
    MAX_OUTPUT = 128 * 1024 /* of one call, so that limits are looked at in time */
};

enum { DEFAULT_FREE_BYTES = 10 << 20, DEFAULT_RATIO = 200 };

typedef struct chain_stage {
    ah_decoder *decoder;
    ah_buf piece;  /* what the stage before made; not used by the first */
    ah_str left;   /* the part of it that was not used yet */
    uint64_t made; /* bytes, in all */
} chain_stage;

typedef struct decoder_chain {
    ah_decoder decoder;
    ah_decoder *failed; /* the stage that has the error, unless error has it */
    ahttp_error *error;
    uint64_t free_bytes; /* more than this is held to the ratio */
    uint64_t max_ratio;  /* UINT64_MAX: none */
    uint64_t used;       /* bytes from the wire */
    size_t count;
    size_t pieces; /* made in this call */
    chain_stage stages[AH_CODING_MAX_COUNT];
} decoder_chain;

static ah_coding_result fail(decoder_chain *chain, ah_decoder *stage, ahttp_error *error)
{
    chain->failed = stage;
    chain->error = error;
    return AH_CODING_FAILED;
}

/* One call of a stage's decoder. */
static ah_coding_result decode_step(decoder_chain *chain, chain_stage *stage, ah_str *food,
                                    ah_buf *out, size_t max_output)
{
    size_t food_before = food->len;
    size_t out_before = out->len;
    ah_decoder *decoder = stage->decoder;
    ah_coding_result result = decoder->ops->decode(decoder, food, out, max_output);

    if (stage == chain->stages)
        chain->used += food_before - food->len;
    stage->made += out->len - out_before;
    if (result == AH_CODING_FAILED)
        return fail(chain, decoder, NULL);
    if (stage->made > chain->free_bytes && (stage->made - 1) / chain->max_ratio >= chain->used)
        return fail(chain, NULL,
                    ah_error_new(AHTTP_E_DECODED_TOO_LARGE,
                                 "decode body: %" PRIu64 " bytes swelled to %" PRIu64
                                 ", more than %" PRIu64 " times as many",
                                 chain->used, stage->made, chain->max_ratio));
    return result;
}

/* The stages before have come to their end, and this one wants more. */
static ah_coding_result end_stage(decoder_chain *chain, ah_decoder *stage)
{
    ahttp_error *error = stage->ops->finish(stage);

    return error ? fail(chain, NULL, error) : AH_CODING_DONE;
}

/* Runs a stage and, whenever it has used up its input, the stages before it.  A stage that is
   done passes over what still comes, so that those before it reach and check their ends. */
static ah_coding_result run(decoder_chain *chain, size_t at, ah_str *input, ah_buf *out,
                            size_t max_output)
{
    chain_stage *stage = &chain->stages[at];
    size_t limit = max_output < SIZE_MAX - out->len ? out->len + max_output : SIZE_MAX;

    for (;;) {
        ah_str *food = at == 0 ? input : &stage->left;
        ah_coding_result result = decode_step(chain, stage, food, out, limit - out->len);
        if (at == 0 || result == AH_CODING_FAILED || result == AH_CODING_MORE_ROOM)
            return result;
        if (chain->pieces == MAX_PIECES)
            return AH_CODING_MORE_ROOM;
        chain->pieces++;
        ah_buf_clear(&stage->piece);
        ah_coding_result before = run(chain, at - 1, input, &stage->piece, PIECE);
        stage->left = ah_buf_str(&stage->piece);
        if (before == AH_CODING_FAILED)
            return before;
        if (stage->left.len > 0)
            continue;
        if (before == AH_CODING_DONE && result == AH_CODING_MORE_INPUT)
            return end_stage(chain, stage->decoder);
        return before;
    }
}

static ah_coding_result chain_decode(ah_decoder *decoder, ah_str *input, ah_buf *out,
                                     size_t max_output)
{
    decoder_chain *chain = AH_CONTAINER(decoder, decoder_chain, decoder);

    chain->pieces = 0;
    return run(chain, chain->count - 1, input, out,
               max_output < MAX_OUTPUT ? max_output : MAX_OUTPUT);
}

static ahttp_error *chain_finish(ah_decoder *decoder)
{
    decoder_chain *chain = AH_CONTAINER(decoder, decoder_chain, decoder);
    ahttp_error *error = NULL;

    for (size_t i = 0; i < chain->count && !error; i++)
        error = chain->stages[i].decoder->ops->finish(chain->stages[i].decoder);
    return error;
}

static ahttp_error *chain_take_error(ah_decoder *decoder)
{
    decoder_chain *chain = AH_CONTAINER(decoder, decoder_chain, decoder);
    ahttp_error *error = chain->error;

    if (chain->failed)
        return chain->failed->ops->take_error(chain->failed);
    chain->error = NULL;
    return error;
}

static void chain_free(ah_decoder *decoder)
{
    decoder_chain *chain = AH_CONTAINER(decoder, decoder_chain, decoder);

    for (size_t i = 0; i < chain->count; i++) {
        chain->stages[i].decoder->ops->free(chain->stages[i].decoder);
        ah_buf_release(&chain->stages[i].piece);
    }
    ah_error_free(chain->error);
    ah_free(chain);
}

static void set_limits(decoder_chain *chain, const ah_coding_limits *given)
{
    ah_coding_limits limits = given ? *given : (ah_coding_limits){0};

    if (limits.free_bytes == 0)
        limits.free_bytes = DEFAULT_FREE_BYTES;
    if (limits.max_ratio == 0)
        limits.max_ratio = DEFAULT_RATIO;
    chain->free_bytes = (uint64_t)limits.free_bytes;
    chain->max_ratio = limits.max_ratio < 0 ? UINT64_MAX : (uint64_t)limits.max_ratio;
}

ah_decoder *ah_decoder_chain_new(size_t count, ah_decoder *const stages[],
                                 const ah_coding_limits *limits)
{
    static const ah_decoder_ops ops = {chain_decode, chain_finish, chain_take_error, chain_free};
    decoder_chain *chain = AH_NEW(decoder_chain);

    if (!chain)
        return NULL;
    chain->decoder.ops = &ops;
    chain->count = count;
    set_limits(chain, limits);
    for (size_t i = 0; i < count; i++)
        chain->stages[i].decoder = stages[i];
    return &chain->decoder;
}
