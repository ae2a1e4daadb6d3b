/* SPDX-License-Identifier: MIT */
/* Content codings: the first bytes choose which and in what steps; the same comes out however
   the data are cut, within the limits.  Or the data are coded, and must come back. */
#include "fuzz.h"
#include "http/encoder.h"

enum { FREE_BYTES = 64 * 1024, MAX_RATIO = 100 };

static const char *const codings[] = {
    "gzip",       "deflate",         "br",       "zstd",
    "gzip, gzip", "deflate, x-gzip", "br, gzip", "deflate, zstd, gzip, br, deflate",
};

/* The error's code, or 0. */
static int decode(ah_str coding, ah_str input, size_t step, size_t max_output, ah_buf *out)
{
    static const ah_coding_limits limits = {.free_bytes = FREE_BYTES, .max_ratio = MAX_RATIO};
    ah_coding_result result = AH_CODING_MORE_INPUT;
    ah_decoder *decoder;
    ahttp_error *error;

    if (!ah_decoder_new(coding, &limits, &decoder, &error)) {
        must(!error);
        return AHTTP_E_UNSUPPORTED;
    }
    while ((input.len > 0 && result == AH_CODING_MORE_INPUT) || result == AH_CODING_MORE_ROOM) {
        ah_str piece = ah_str_slice(input, 0, step);
        ah_str rest = piece;
        size_t before = out->len;
        result = decoder->ops->decode(decoder, &rest, out, max_output);
        must(out->len - before <= max_output);
        must(result != AH_CODING_MORE_INPUT || rest.len == 0);
        input = ah_str_slice(input, piece.len - rest.len, input.len);
    }
    error = result == AH_CODING_FAILED ? decoder->ops->take_error(decoder)
                                       : decoder->ops->finish(decoder);
    must(error || result != AH_CODING_FAILED);
    int code = error ? error->code : 0;
    ah_error_free(error);
    decoder->ops->free(decoder);
    return code;
}

static void encode(ah_str coding, ah_str input, size_t step, size_t max_output, ah_buf *out)
{
    ah_encoder *encoder;
    ahttp_error *error;
    ah_coding_result result;

    must(ah_encoder_new(coding, &encoder, &error) && encoder);
    do {
        ah_str piece = ah_str_slice(input, 0, step);
        ah_str rest = piece;
        ah_encoder_mode mode = piece.len == input.len ? AH_ENCODER_END : AH_ENCODER_FLUSH;
        size_t before = out->len;
        result = encoder->ops->encode(encoder, &rest, mode, out, max_output);
        must(result != AH_CODING_FAILED && out->len - before <= max_output);
        input = ah_str_slice(input, piece.len - rest.len, input.len);
    } while (result != AH_CODING_DONE);
    must(input.len == 0);
    encoder->ops->free(encoder);
}

static void check_round_trip(ah_str coding, ah_str text, size_t step, size_t max_output)
{
    ah_buf coded = {0};
    ah_buf out = {0};

    encode(coding, text, step, max_output + 64, &coded);
    must(decode(coding, ah_buf_str(&coded), step, max_output, &out) == 0);
    must(ah_str_equal(ah_buf_str(&out), text));
    ah_buf_release(&coded);
    ah_buf_release(&out);
}

static void check_decoding(ah_str coding, ah_str coded, size_t step, size_t max_output)
{
    ah_buf whole = {0};
    ah_buf pieces = {0};
    int code = decode(coding, coded, SIZE_MAX, SIZE_MAX, &whole);
    int code_in_pieces = decode(coding, coded, step, max_output, &pieces);

    /* How far input is read ahead depends on the cuts, and so does the ratio at each moment.
       libzstd checks a frame that it sees whole more strictly than one that comes in pieces. */
    bool has_zstd = ah_str_list_has(coding, AH_STR("zstd"));
    if (code != AHTTP_E_DECODED_TOO_LARGE && code_in_pieces != AHTTP_E_DECODED_TOO_LARGE)
        must(code == code_in_pieces || has_zstd);
    if (code == 0 && code_in_pieces == 0)
        must(ah_str_equal(ah_buf_str(&whole), ah_buf_str(&pieces)));
    must(whole.len <= 2 * FREE_BYTES + MAX_RATIO * coded.len);
    ah_buf_release(&whole);
    ah_buf_release(&pieces);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ah_str bytes = ah_str_make((const char *)data, size);
    unsigned choice = take_byte(&bytes);
    size_t step = 1 + take_byte(&bytes);
    size_t max_output = 1 + 16 * take_byte(&bytes);

    if (choice & 8)
        check_round_trip(ah_str_from(codings[choice % 2]), bytes, step, max_output);
    else
        check_decoding(ah_str_from(codings[choice % 8]), bytes, step, max_output);
    return 0;
}
