/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "compress.h"
#include "support/failing_alloc.h"
#include <stdio.h>
#include <zstd.h>

static const ah_str hello = {"hello, hello, hello", 19};

/* Appends a frame; with a window of 2^window_log bytes, unless that is 0. */
static void compress_window(ah_buf *out, ah_str text, int window_log)
{
    ZSTD_CCtx *context = ZSTD_createCCtx();
    size_t size = ZSTD_compressBound(text.len);
    ZSTD_inBuffer in = {text.ptr, text.len, 0};
    ZSTD_outBuffer room = {ah_buf_reserve(out, size), size, 0};

    assert_non_null(context);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    if (window_log > 0) {
        ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
        /* A context that learns the size before it starts makes the window smaller. */
        ZSTD_compressStream2(context, &room, &in, ZSTD_e_continue);
    }
    assert_int_equal(ZSTD_compressStream2(context, &room, &in, ZSTD_e_end), 0);
    out->len += room.pos;
    ZSTD_freeCCtx(context);
}

static void compress_frame(ah_buf *out, ah_str text)
{
    compress_window(out, text, 0);
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
        compress_frame(&coded, texts[i]);
        for (size_t j = 0; j < COUNT_OF(sizes) * COUNT_OF(sizes); j++)
            assert_decoded(decode_with(ah_decoder_zstd_new(), ah_buf_str(&coded),
                                       sizes[j / COUNT_OF(sizes)], sizes[j % COUNT_OF(sizes)]),
                           texts[i]);
        ah_buf_release(&coded);
    }

    ah_buf_release(&text);
}

static void an_empty_body_is_fine(void **state)
{
    (void)state;

    assert_decoded(decode_with(ah_decoder_zstd_new(), AH_STR(""), 1, 1), AH_STR(""));
}

static void frames_follow_each_other(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 3, 100, SIZE_MAX};
    ah_buf coded = {0};
    compress_frame(&coded, AH_STR("one "));
    compress_frame(&coded, AH_STR(""));
    ah_buf_append(&coded, AH_STR("\x50\x2a\x4d\x18\x03\0\0\0abc")); /* one to skip */
    compress_frame(&coded, AH_STR("two"));

    for (size_t j = 0; j < COUNT_OF(sizes) * COUNT_OF(sizes); j++)
        assert_decoded(decode_with(ah_decoder_zstd_new(), ah_buf_str(&coded),
                                   sizes[j / COUNT_OF(sizes)], sizes[j % COUNT_OF(sizes)]),
                       AH_STR("one two"));

    ah_buf_release(&coded);
}

static void many_empty_frames_come_to_an_end(void **state)
{
    (void)state;
    ah_buf coded = {0};
    for (int i = 0; i < 50000; i++)
        compress_frame(&coded, AH_STR(""));

    assert_decoded(decode_with(ah_decoder_zstd_new(), ah_buf_str(&coded), SIZE_MAX, 10),
                   AH_STR(""));

    ah_buf_release(&coded);
}

static void data_cut_at_any_byte_ended_early(void **state)
{
    (void)state;
    ah_buf coded = {0};
    compress_frame(&coded, hello);
    size_t first = coded.len;
    compress_frame(&coded, hello);

    for (size_t len = 1; len < coded.len; len++) {
        ah_str cut = ah_str_slice(ah_buf_str(&coded), 0, len);
        char why[60];
        if (len == first)
            continue;
        snprintf(why, sizeof why, "zstd data ended early, after %zu bytes", len);
        assert_not_decoded(decode_with(ah_decoder_zstd_new(), cut, SIZE_MAX, SIZE_MAX), why);
        assert_not_decoded(decode_with(ah_decoder_zstd_new(), cut, 1, 1), "ended early");
    }

    ah_buf_release(&coded);
}

static void a_changed_byte_is_an_error_or_does_not_matter(void **state)
{
    (void)state;
    ah_buf coded = {0};
    compress_frame(&coded, hello);
    size_t errors = 0;

    for (size_t at = 0; at < coded.len * 8; at++) {
        char flipped = (char)(1 << at % 8);
        coded.data[at / 8] ^= flipped;
        decoding result = decode_with(ah_decoder_zstd_new(), ah_buf_str(&coded), 3, 1000);
        coded.data[at / 8] ^= flipped;
        errors += result.error != NULL;
        if (result.error)
            assert_int_equal(result.error->code, AHTTP_E_CODING);
        decoding_release(&result);
    }

    assert_true(errors > coded.len * 8 / 2);
    ah_buf_release(&coded);
}

static void what_is_no_frame_is_an_error(void **state)
{
    (void)state;
    ah_buf coded = {0};
    compress_frame(&coded, hello);
    ah_buf_append(&coded, AH_STR("behind"));

    assert_not_decoded(
        decode_with(ah_decoder_zstd_new(), AH_STR("never compressed"), SIZE_MAX, SIZE_MAX),
        "zstd data is corrupt after ");
    assert_not_decoded(decode_with(ah_decoder_zstd_new(), ah_buf_str(&coded), 1, 1),
                       "zstd data is corrupt after ");

    ah_buf_release(&coded);
}

/* RFC 9659. */
static void windows_are_limited_to_8_mebibytes(void **state)
{
    (void)state;
    ah_buf text = {0};
    ah_buf small = {0};
    ah_buf large = {0};
    append_noise(&text, 1000);
    compress_window(&small, ah_buf_str(&text), 23);
    compress_window(&large, ah_buf_str(&text), 24);

    assert_decoded(decode_with(ah_decoder_zstd_new(), ah_buf_str(&small), SIZE_MAX, SIZE_MAX),
                   ah_buf_str(&text));
    assert_not_decoded(decode_with(ah_decoder_zstd_new(), ah_buf_str(&large), SIZE_MAX, SIZE_MAX),
                       "too much memory");

    ah_buf_release(&text);
    ah_buf_release(&small);
    ah_buf_release(&large);
}

static void a_bomb_goes_off_in_small_steps(void **state)
{
    (void)state;
    enum { SWOLLEN = 64 << 20, STEP = 64 << 10 };
    char *zeros = ah_alloc_zeroed(SWOLLEN);
    ah_buf coded = {0};
    ah_buf out = {0};
    compress_window(&coded, ah_str_make(zeros, SWOLLEN), 20);
    ah_free(zeros);
    ah_decoder *decoder = ah_decoder_zstd_new();
    ah_str input = ah_buf_str(&coded);
    ah_coding_result result;
    size_t total = 0;

    do {
        ah_buf_clear(&out);
        result = decoder->ops->decode(decoder, &input, &out, STEP);
        assert_true(out.len <= STEP && out.cap <= 2 * STEP);
        total += out.len;
    } while (result == AH_CODING_MORE_ROOM);

    assert_true(coded.len < 10000);
    assert_int_equal(result, AH_CODING_MORE_INPUT);
    assert_int_equal(total, SWOLLEN);
    assert_null(decoder->ops->finish(decoder));
    decoder->ops->free(decoder);
    ah_buf_release(&out);
    ah_buf_release(&coded);
}

static void calls_without_input_or_room_change_nothing(void **state)
{
    (void)state;
    ah_buf coded = {0};
    ah_buf out = {0};
    compress_frame(&coded, hello);
    ah_decoder *decoder = ah_decoder_zstd_new();
    ah_str input = ah_buf_str(&coded);
    ah_str half = ah_str_slice(input, 0, 10);
    ah_str none = AH_STR("");

    assert_int_equal(decoder->ops->decode(decoder, &input, &out, 0), AH_CODING_MORE_ROOM);
    assert_int_equal(out.len, 0);
    assert_int_equal(decoder->ops->decode(decoder, &half, &out, 100), AH_CODING_MORE_INPUT);
    for (int i = 0; i < 100; i++)
        assert_int_equal(decoder->ops->decode(decoder, &none, &out, 100), AH_CODING_MORE_INPUT);

    assert_decoded(decode_with(decoder, ah_str_slice(input, 10, input.len), 100, 100), hello);
    ah_buf_release(&out);
    ah_buf_release(&coded);
}

static void an_error_nobody_takes_does_not_leak(void **state)
{
    (void)state;
    counting_alloc_install();
    ah_decoder *decoder = ah_decoder_zstd_new();
    ah_buf out = {0};
    ah_str input = AH_STR("never compressed");

    assert_int_equal(decoder->ops->decode(decoder, &input, &out, 10), AH_CODING_FAILED);

    decoder->ops->free(decoder);
    ah_buf_release(&out);
    counting_alloc_remove();
}

static void decode_in_scarcity(void *ctx)
{
    const ah_buf *coded = ctx;
    ah_decoder *decoder = ah_decoder_zstd_new();

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
    append_noise(&text, 100000);
    compress_frame(&coded, ah_buf_str(&text));

    for_each_allocation(decode_in_scarcity, &coded);

    ah_buf_release(&text);
    ah_buf_release(&coded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_come_out_however_they_are_cut),
        cmocka_unit_test(an_empty_body_is_fine),
        cmocka_unit_test(frames_follow_each_other),
        cmocka_unit_test(many_empty_frames_come_to_an_end),
        cmocka_unit_test(data_cut_at_any_byte_ended_early),
        cmocka_unit_test(a_changed_byte_is_an_error_or_does_not_matter),
        cmocka_unit_test(what_is_no_frame_is_an_error),
        cmocka_unit_test(windows_are_limited_to_8_mebibytes),
        cmocka_unit_test(a_bomb_goes_off_in_small_steps),
        cmocka_unit_test(calls_without_input_or_room_change_nothing),
        cmocka_unit_test(an_error_nobody_takes_does_not_leak),
        cmocka_unit_test(running_out_of_memory_is_an_error_like_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
