/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "compress.h"
#include "support/failing_alloc.h"
#include <brotli/encode.h>
#include <stdio.h>

static const ah_str hello = {"hello, hello, hello", 19};

static void compress_br(ah_buf *out, ah_str text)
{
    size_t size = BrotliEncoderMaxCompressedSize(text.len) + 16;
    uint8_t *room = (uint8_t *)ah_buf_reserve(out, size);

    assert_true(BrotliEncoderCompress(5, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC, text.len,
                                      (const uint8_t *)text.ptr, &size, room));
    out->len += size;
}

static void texts_come_out_however_they_are_cut(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 7, 1460, 65536, SIZE_MAX};
    ah_buf text = {0};
    append_noise(&text, 70000);
    for (int i = 0; i < 20000; i++)
        ah_buf_append_u64(&text, (uint64_t)i);
    const ah_str texts[] = {AH_STR(""), AH_STR("x"), hello, ah_buf_str(&text)};

    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        ah_buf coded = {0};
        compress_br(&coded, texts[i]);
        for (size_t j = 0; j < COUNT_OF(sizes) * COUNT_OF(sizes); j++)
            assert_decoded(decode_with(ah_decoder_brotli_new(), ah_buf_str(&coded),
                                       sizes[j / COUNT_OF(sizes)], sizes[j % COUNT_OF(sizes)]),
                           texts[i]);
        ah_buf_release(&coded);
    }

    ah_buf_release(&text);
}

static void an_empty_body_is_fine(void **state)
{
    (void)state;

    assert_decoded(decode_with(ah_decoder_brotli_new(), AH_STR(""), 1, 1), AH_STR(""));
}

static void data_cut_at_any_byte_ended_early(void **state)
{
    (void)state;
    ah_buf coded = {0};
    compress_br(&coded, hello);

    for (size_t len = 1; len < coded.len; len++) {
        ah_str cut = ah_str_slice(ah_buf_str(&coded), 0, len);
        char why[60];
        snprintf(why, sizeof why, "br data ended early, after %zu bytes", len);
        assert_not_decoded(decode_with(ah_decoder_brotli_new(), cut, SIZE_MAX, SIZE_MAX), why);
        assert_not_decoded(decode_with(ah_decoder_brotli_new(), cut, 1, 1), "ended early");
    }

    ah_buf_release(&coded);
}

static void corrupt_data_is_an_error(void **state)
{
    (void)state;

    assert_not_decoded(
        decode_with(ah_decoder_brotli_new(), AH_STR("never compressed"), SIZE_MAX, SIZE_MAX),
        "br data is corrupt after ");
    assert_not_decoded(
        decode_with(ah_decoder_brotli_new(), AH_STR("\x11\xff\xff\xff\xff\xff"), 1, 1),
        "br data is corrupt after ");
}

/* br has no checksum, so other bytes may be another text; but they do no harm. */
static void changed_bytes_do_no_harm(void **state)
{
    (void)state;
    ah_buf coded = {0};
    compress_br(&coded, hello);
    size_t errors = 0;

    for (size_t at = 0; at < coded.len * 8; at++) {
        char flipped = (char)(1 << at % 8);
        coded.data[at / 8] ^= flipped;
        decoding result = decode_with(ah_decoder_brotli_new(), ah_buf_str(&coded), 3, 1000);
        coded.data[at / 8] ^= flipped;
        errors += result.error != NULL;
        if (result.error)
            assert_int_equal(result.error->code, AHTTP_E_CODING);
        decoding_release(&result);
    }

    assert_true(errors > coded.len);
    ah_buf_release(&coded);
}

static void what_follows_the_data_is_left_unused(void **state)
{
    (void)state;
    ah_buf coded = {0};
    compress_br(&coded, hello);
    ah_buf_append(&coded, AH_STR("behind"));

    decoding result = decode_with(ah_decoder_brotli_new(), ah_buf_str(&coded), SIZE_MAX, 100);

    assert_int_equal(result.last, AH_CODING_DONE);
    assert_int_equal(result.unused, 6);
    assert_decoded(result, hello);
    ah_buf_release(&coded);
}

static void a_bomb_goes_off_in_small_steps(void **state)
{
    (void)state;
    enum { SWOLLEN = 64 << 20, STEP = 64 << 10 };
    char *zeros = ah_alloc_zeroed(SWOLLEN);
    ah_buf coded = {0};
    ah_buf out = {0};
    compress_br(&coded, ah_str_make(zeros, SWOLLEN));
    ah_free(zeros);
    ah_decoder *decoder = ah_decoder_brotli_new();
    ah_str input = ah_buf_str(&coded);
    ah_coding_result result;
    size_t total = 0;

    do {
        ah_buf_clear(&out);
        result = decoder->ops->decode(decoder, &input, &out, STEP);
        assert_true(out.len <= STEP && out.cap <= 2 * STEP);
        total += out.len;
    } while (result == AH_CODING_MORE_ROOM);

    assert_true(coded.len < 1000);
    assert_int_equal(result, AH_CODING_DONE);
    assert_int_equal(total, SWOLLEN);
    decoder->ops->free(decoder);
    ah_buf_release(&out);
    ah_buf_release(&coded);
}

static void no_room_means_no_output(void **state)
{
    (void)state;
    ah_buf coded = {0};
    ah_buf out = {0};
    compress_br(&coded, hello);
    ah_decoder *decoder = ah_decoder_brotli_new();
    ah_str input = ah_buf_str(&coded);

    assert_int_equal(decoder->ops->decode(decoder, &input, &out, 0), AH_CODING_MORE_ROOM);

    assert_int_equal(out.len, 0);
    assert_decoded(decode_with(decoder, input, 100, 100), hello);
    ah_buf_release(&coded);
}

static void an_error_nobody_takes_does_not_leak(void **state)
{
    (void)state;
    counting_alloc_install();
    ah_decoder *decoder = ah_decoder_brotli_new();
    ah_buf out = {0};
    ah_str input = AH_STR("never compressed");
    assert_true(counting_alloc_counts().live > 1); /* brotli's own memory counts too */

    assert_int_equal(decoder->ops->decode(decoder, &input, &out, 10), AH_CODING_FAILED);

    decoder->ops->free(decoder);
    ah_buf_release(&out);
    counting_alloc_remove();
}

static void decode_in_scarcity(void *ctx)
{
    const ah_buf *coded = ctx;
    ah_decoder *decoder = ah_decoder_brotli_new();

    if (!decoder)
        return;
    decoding result = decode_with(decoder, ah_buf_str(coded), 1000, 700);
    if (result.error)
        assert_int_equal(result.error->code, AHTTP_E_NO_MEMORY);
    else
        assert_int_equal(result.out.len, 100000);
    decoding_release(&result);
}

static void running_out_of_memory_is_an_error_like_others(void **state)
{
    (void)state;
    ah_buf text = {0};
    ah_buf coded = {0};
    append_noise(&text, 50000);
    while (text.len < 100000)
        ah_buf_append(&text, AH_STR("0123456789"));
    compress_br(&coded, ah_buf_str(&text));

    for_each_allocation(decode_in_scarcity, &coded);

    ah_buf_release(&text);
    ah_buf_release(&coded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_come_out_however_they_are_cut),
        cmocka_unit_test(an_empty_body_is_fine),
        cmocka_unit_test(data_cut_at_any_byte_ended_early),
        cmocka_unit_test(corrupt_data_is_an_error),
        cmocka_unit_test(changed_bytes_do_no_harm),
        cmocka_unit_test(what_follows_the_data_is_left_unused),
        cmocka_unit_test(a_bomb_goes_off_in_small_steps),
        cmocka_unit_test(no_room_means_no_output),
        cmocka_unit_test(an_error_nobody_takes_does_not_leak),
        cmocka_unit_test(running_out_of_memory_is_an_error_like_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
