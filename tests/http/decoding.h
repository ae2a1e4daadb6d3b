/* SPDX-License-Identifier: MIT */
#ifndef TESTS_HTTP_DECODING_H
#define TESTS_HTTP_DECODING_H
/* Driving a decoder over coded data. */
#include "http/coding.h"
#include "support/check.h"

/* What came of decoding something. */
typedef struct decoding {
    ah_buf out;
    ah_coding_result last;
    size_t unused;      /* bytes of input */
    ahttp_error *error; /* of decoding or finishing */
    size_t calls;
} decoding;

static inline void decoding_release(decoding *result)
{
    ah_buf_release(&result->out);
    ah_error_free(result->error);
    *result = (decoding){0};
}

/* Feeds the input in pieces of at most step bytes, and finishes.  Every call is held to what
   it promises. */
static inline decoding decode_steps(ah_decoder *decoder, ah_str input, size_t step,
                                    size_t max_output)
{
    decoding result = {.last = AH_CODING_MORE_INPUT};

    while (input.len > 0 || result.last == AH_CODING_MORE_ROOM) {
        ah_str piece = ah_str_slice(input, 0, step);
        ah_str rest = piece;
        size_t before = result.out.len;
        result.last = decoder->ops->decode(decoder, &rest, &result.out, max_output);
        result.calls++;
        assert_true(result.out.len - before <= max_output);
        assert_true(rest.len == 0 || rest.ptr + rest.len == piece.ptr + piece.len);
        if (result.last == AH_CODING_MORE_INPUT)
            assert_int_equal(rest.len, 0);
        input = ah_str_slice(input, piece.len - rest.len, input.len);
        if (result.last == AH_CODING_DONE || result.last == AH_CODING_FAILED)
            break;
    }
    result.unused = input.len;
    result.error = result.last == AH_CODING_FAILED ? decoder->ops->take_error(decoder)
                                                   : decoder->ops->finish(decoder);
    return result;
}

/* The same, ending the decoder. */
static inline decoding decode_with(ah_decoder *decoder, ah_str input, size_t step,
                                   size_t max_output)
{
    assert_non_null(decoder);
    decoding result = decode_steps(decoder, input, step, max_output);
    decoder->ops->free(decoder);
    return result;
}

static inline void assert_decoded(decoding result, ah_str expected)
{
    if (result.error)
        fail_msg("decoding failed: %s", result.error->message);
    assert_int_equal(result.out.len, expected.len);
    if (expected.len > 0)
        assert_memory_equal(result.out.data, expected.ptr, expected.len);
    decoding_release(&result);
}

static inline void assert_not_decoded(decoding result, const char *why)
{
    if (!result.error)
        fail_msg("decoding gave %zu bytes, not: %s", result.out.len, why);
    assert_int_equal(result.error->code, AHTTP_E_CODING);
    if (!strstr(result.error->message, why))
        fail_msg("\"%s\" does not say: %s", result.error->message, why);
    decoding_release(&result);
}

#endif
