/* SPDX-License-Identifier: MIT */
/* Decoders in a row pull: the last one runs until it needs input, then the one before it
   makes a piece of at most PIECE bytes, and so on down to the first.  What a call makes
   between the stages is bounded as well, since it may be much where the output is little. */
#include "base/mem.h"
#include "http/coding.h"

enum {
    PIECE = 16 * 1024,
    MAX_PIECES = 64 /* in one call */
};

typedef struct chain_stage {
    ah_decoder *decoder;
    ah_buf piece; /* what the stage before made; not used by the first */
    ah_str left;  /* the part of it that was not used yet */
} chain_stage;

typedef struct decoder_chain {
    ah_decoder decoder;
    ah_decoder *failed; /* the stage that has the error, unless error has it */
    ahttp_error *error;
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
    ah_decoder *decoder = stage->decoder;
    size_t limit = max_output < SIZE_MAX - out->len ? out->len + max_output : SIZE_MAX;

    for (;;) {
        ah_str *food = at == 0 ? input : &stage->left;
        ah_coding_result result = decoder->ops->decode(decoder, food, out, limit - out->len);
        if (result == AH_CODING_FAILED)
            return fail(chain, decoder, NULL);
        if (at == 0 || result == AH_CODING_MORE_ROOM)
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
            return end_stage(chain, decoder);
        return before;
    }
}

static ah_coding_result chain_decode(ah_decoder *decoder, ah_str *input, ah_buf *out,
                                     size_t max_output)
{
    decoder_chain *chain = AH_CONTAINER(decoder, decoder_chain, decoder);

    chain->pieces = 0;
    return run(chain, chain->count - 1, input, out, max_output);
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

ah_decoder *ah_decoder_chain_new(size_t count, ah_decoder *const stages[])
{
    static const ah_decoder_ops ops = {chain_decode, chain_finish, chain_take_error, chain_free};
    decoder_chain *chain = AH_NEW(decoder_chain);

    if (!chain)
        return NULL;
    chain->decoder.ops = &ops;
    chain->count = count;
    for (size_t i = 0; i < count; i++)
        chain->stages[i].decoder = stages[i];
    return &chain->decoder;
}
