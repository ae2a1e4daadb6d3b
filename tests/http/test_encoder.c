/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "compress.h"
#include "decoding.h"
#include "http/encoder.h"
#include "support/failing_alloc.h"

static const char *const codings[] = {
    "gzip",
    "deflate",
#if AHTTP_BROTLI
    "br",
#endif
#if AHTTP_ZSTD
    "zstd",
#endif
};

static ah_encoder *encoder_for(const char *coding)
{
    ah_encoder *encoder;
    ahttp_error *error;

    assert_true(ah_encoder_new(ah_str_from(coding), &encoder, &error));
    assert_non_null(encoder);
    return encoder;
}

static ah_decoder *decoder_for(const char *coding)
{
    ah_decoder *decoder;
    ahttp_error *error;

    assert_true(ah_decoder_new(ah_str_from(coding), NULL, &decoder, &error));
    return decoder;
}

/* One piece of input until the mode is done; every call is held to what it promises. */
static ah_coding_result encode(ah_encoder *encoder, ah_str input, ah_encoder_mode mode, ah_buf *out,
                               size_t max_output)
{
    ah_coding_result result;

    do {
        size_t before = out->len;
        result = encoder->ops->encode(encoder, &input, mode, out, max_output);
        assert_true(out->len - before <= max_output);
        assert_true(out->len > before || result != AH_CODING_MORE_ROOM);
    } while (result == AH_CODING_MORE_ROOM);
    if (result != AH_CODING_FAILED)
        assert_int_equal(input.len, 0);
    return result;
}

static void round_trip(const char *coding, ah_str text, size_t step, size_t max_output)
{
    ah_encoder *encoder = encoder_for(coding);
    ah_buf coded = {0};

    for (size_t at = 0; at < text.len; at += step < text.len ? step : text.len)
        assert_int_equal(
            encode(encoder, ah_str_slice(text, at, step), AH_ENCODER_GO_ON, &coded, max_output),
            AH_CODING_MORE_INPUT);
    assert_int_equal(encode(encoder, AH_STR(""), AH_ENCODER_END, &coded, max_output),
                     AH_CODING_DONE);

    assert_decoded(decode_with(decoder_for(coding), ah_buf_str(&coded), SIZE_MAX, SIZE_MAX), text);
    encoder->ops->free(encoder);
    ah_buf_release(&coded);
}

static void texts_come_back_however_they_are_cut(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 100, 16384, SIZE_MAX};
    ah_buf text = {0};
    append_noise(&text, 50000);
    for (int i = 0; i < 20000; i++)
        ah_buf_append_u64(&text, (uint64_t)i);

    for (size_t i = 0; i < COUNT_OF(codings); i++)
        for (size_t j = 0; j < COUNT_OF(sizes) * COUNT_OF(sizes); j++) {
            size_t step = sizes[j / COUNT_OF(sizes)];
            size_t max_output = sizes[j % COUNT_OF(sizes)];
            round_trip(codings[i], AH_STR(""), step, max_output);
            round_trip(codings[i], AH_STR("hello"), step, max_output);
            round_trip(codings[i], ah_buf_str(&text), step, max_output);
        }

    ah_buf_release(&text);
}

static void the_last_input_may_come_with_the_end(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(codings); i++) {
        ah_encoder *encoder = encoder_for(codings[i]);
        ah_buf coded = {0};
        assert_int_equal(encode(encoder, AH_STR("hello"), AH_ENCODER_END, &coded, 3),
                         AH_CODING_DONE);
        assert_int_equal(encode(encoder, AH_STR(""), AH_ENCODER_END, &coded, 3), AH_CODING_DONE);
        assert_decoded(decode_with(decoder_for(codings[i]), ah_buf_str(&coded), 100, 100),
                       AH_STR("hello"));
        encoder->ops->free(encoder);
        ah_buf_release(&coded);
    }
}

static void after_a_flush_the_peer_has_all_that_was_given(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(codings); i++) {
        ah_encoder *encoder = encoder_for(codings[i]);
        ah_decoder *decoder = decoder_for(codings[i]);
        ah_buf text = {0};
        size_t sent = 0;
        for (int round = 0; round < 5; round++) {
            ah_buf coded = {0};
            assert_int_equal(encode(encoder, AH_STR("piece "), AH_ENCODER_FLUSH, &coded, 64),
                             AH_CODING_MORE_INPUT);
            ah_str input = ah_buf_str(&coded);
            decoder->ops->decode(decoder, &input, &text, SIZE_MAX);
            assert_int_equal(text.len, sent += 6);
            ah_buf_release(&coded);
        }
        encoder->ops->free(encoder);
        decoder->ops->free(decoder);
        ah_buf_release(&text);
    }
}

static void a_flush_of_much_comes_to_an_end(void **state)
{
    (void)state;
    ah_encoder *encoder = encoder_for("deflate");
    ah_buf text = {0};
    ah_buf coded = {0};
    append_noise(&text, 100000);

    for (size_t room = 64; room < 80; room++)
        assert_int_equal(encode(encoder, ah_buf_str(&text), AH_ENCODER_FLUSH, &coded, room),
                         AH_CODING_MORE_INPUT);

    assert_true(coded.len < 17 * text.len);
    encoder->ops->free(encoder);
    ah_buf_release(&text);
    ah_buf_release(&coded);
}

static void flushing_nothing_adds_nothing(void **state)
{
    (void)state;
    ah_encoder *encoder = encoder_for("gzip");
    ah_buf coded = {0};

    encode(encoder, AH_STR("x"), AH_ENCODER_FLUSH, &coded, 100);
    size_t len = coded.len;
    for (int i = 0; i < 3; i++)
        assert_int_equal(encode(encoder, AH_STR(""), AH_ENCODER_FLUSH, &coded, 100),
                         AH_CODING_MORE_INPUT);

    assert_int_equal(coded.len, len);
    encoder->ops->free(encoder);
    ah_buf_release(&coded);
}

static void deflate_is_the_zlib_format(void **state)
{
    (void)state;
    ah_encoder *encoder = encoder_for("DEFLATE");
    ah_buf coded = {0};

    encode(encoder, AH_STR("hello"), AH_ENCODER_END, &coded, 100);

    unsigned char room[100];
    uLongf size = sizeof room;
    assert_int_equal(uncompress(room, &size, (const Bytef *)coded.data, (uLong)coded.len), Z_OK);
    assert_int_equal(size, 5);
    encoder->ops->free(encoder);
    ah_buf_release(&coded);
}

static void other_codings_are_not_known(void **state)
{
    (void)state;
    static const char *const names[] = {"", "x-gzip", "identity", "gzip, deflate", "gz"};
    ah_encoder *encoder;
    ahttp_error *error;

    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_false(ah_encoder_new(ah_str_from(names[i]), &encoder, &error));
}

static void encode_in_scarcity(void *ctx)
{
    for (size_t i = 0; i < COUNT_OF(codings); i++) {
        ah_encoder *encoder;
        ahttp_error *error;
        ah_buf coded = {0};
        assert_true(ah_encoder_new(ah_str_from(codings[i]), &encoder, &error));
        if (!encoder) {
            assert_int_equal(error->code, AHTTP_E_NO_MEMORY);
            return;
        }
        ah_coding_result result = encode(encoder, ah_buf_str(ctx), AH_ENCODER_END, &coded, 1000);
        assert_true(result == AH_CODING_DONE || result == AH_CODING_FAILED);
        encoder->ops->free(encoder);
        ah_buf_release(&coded);
    }
}

static void running_out_of_memory_fails(void **state)
{
    (void)state;
    ah_buf text = {0};
    append_noise(&text, 50000);

    for_each_allocation(encode_in_scarcity, &text);

    ah_buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_come_back_however_they_are_cut),
        cmocka_unit_test(the_last_input_may_come_with_the_end),
        cmocka_unit_test(after_a_flush_the_peer_has_all_that_was_given),
        cmocka_unit_test(a_flush_of_much_comes_to_an_end),
        cmocka_unit_test(flushing_nothing_adds_nothing),
        cmocka_unit_test(deflate_is_the_zlib_format),
        cmocka_unit_test(other_codings_are_not_known),
        cmocka_unit_test(running_out_of_memory_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
