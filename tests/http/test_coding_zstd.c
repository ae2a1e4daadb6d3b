/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "compress.h"
#include "decoding.h"
#include <stdio.h>

static const ah_str hello = {"hello, hello, hello", 19};

static void frames_follow_each_other(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 3, 100, SIZE_MAX};
    ah_buf coded = {0};
    compress_zstd(&coded, AH_STR("one "));
    compress_zstd(&coded, AH_STR(""));
    ah_buf_append(&coded, AH_STR("\x50\x2a\x4d\x18\x03\0\0\0abc")); /* one to skip */
    compress_zstd(&coded, AH_STR("two"));

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
        compress_zstd(&coded, AH_STR(""));

    assert_decoded(decode_with(ah_decoder_zstd_new(), ah_buf_str(&coded), SIZE_MAX, 10),
                   AH_STR(""));

    ah_buf_release(&coded);
}

static void data_cut_at_any_byte_ended_early(void **state)
{
    (void)state;
    ah_buf coded = {0};
    compress_zstd(&coded, hello);
    size_t first = coded.len;
    compress_zstd(&coded, hello);

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

static void what_is_no_frame_is_an_error(void **state)
{
    (void)state;
    ah_buf coded = {0};
    compress_zstd(&coded, hello);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_follow_each_other),
        cmocka_unit_test(many_empty_frames_come_to_an_end),
        cmocka_unit_test(data_cut_at_any_byte_ended_early),
        cmocka_unit_test(what_is_no_frame_is_an_error),
        cmocka_unit_test(windows_are_limited_to_8_mebibytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
