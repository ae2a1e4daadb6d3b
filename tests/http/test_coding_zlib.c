/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "compress.h"
#include "decoding.h"

static const ah_str hello = {"hello, hello, hello", 19};

static void a_wrong_check_or_length_is_an_error(void **state)
{
    (void)state;
    ah_buf coded = {0};
    compress_as(&coded, hello, GZIP);

    coded.data[coded.len - 5] ^= 1;
    assert_not_decoded(decode_with(ah_decoder_gzip_new(), ah_buf_str(&coded), 1, 1),
                       "incorrect data check");
    coded.data[coded.len - 5] ^= 1;
    coded.data[coded.len - 1] ^= 1;
    assert_not_decoded(decode_with(ah_decoder_gzip_new(), ah_buf_str(&coded), 1, 1),
                       "incorrect "); /* length, as zlib says; the data's check, for others */

    ah_buf_release(&coded);
}

static void data_of_another_kind_is_an_error(void **state)
{
    (void)state;
    ah_str text = AH_STR("<html>this was never compressed</html>");

    assert_not_decoded(decode_with(ah_decoder_gzip_new(), text, SIZE_MAX, SIZE_MAX),
                       "gzip data is corrupt after 2 bytes: incorrect header check");
    assert_not_decoded(decode_with(ah_decoder_deflate_new(), text, 1, 1),
                       "deflate data is corrupt");
}

static void a_gzip_head_with_all_its_fields_is_passed_over(void **state)
{
    (void)state;
    z_stream stream = {0};
    unsigned char extra[] = "extra";
    unsigned char name[] = "name.txt";
    unsigned char comment[] = "comment";
    gz_header head = {.text = 1,
                      .time = 1,
                      .extra = extra,
                      .extra_len = sizeof extra,
                      .name = name,
                      .comment = comment,
                      .hcrc = 1};
    unsigned char coded[200];
    deflateInit2(&stream, 6, Z_DEFLATED, GZIP, 8, Z_DEFAULT_STRATEGY);
    deflateSetHeader(&stream, &head);
    stream.next_in = (Bytef *)(uintptr_t)hello.ptr;
    stream.avail_in = (uInt)hello.len;
    stream.next_out = coded;
    stream.avail_out = sizeof coded;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    deflateEnd(&stream);
    ah_str input = ah_str_make((char *)coded, sizeof coded - stream.avail_out);

    assert_decoded(decode_with(ah_decoder_gzip_new(), input, SIZE_MAX, SIZE_MAX), hello);
    assert_decoded(decode_with(ah_decoder_gzip_new(), input, 1, 1), hello);
}

/* ---- Members ---- */

static void members_of_gzip_follow_each_other(void **state)
{
    (void)state;
    ah_buf coded = {0};
    compress_as(&coded, AH_STR("one "), GZIP);
    size_t first = coded.len;
    compress_as(&coded, AH_STR(""), GZIP);
    compress_as(&coded, AH_STR("two"), GZIP);
    ah_str input = ah_buf_str(&coded);

    assert_decoded(decode_with(ah_decoder_gzip_new(), input, SIZE_MAX, SIZE_MAX),
                   AH_STR("one two"));
    assert_decoded(decode_with(ah_decoder_gzip_new(), input, 1, SIZE_MAX), AH_STR("one two"));
    assert_decoded(decode_with(ah_decoder_gzip_new(), input, SIZE_MAX, 1), AH_STR("one two"));
    assert_decoded(decode_with(ah_decoder_gzip_new(), ah_str_slice(input, 0, first), 1, 1),
                   AH_STR("one "));
    for (size_t len = first + 1; len < first + 20; len++)
        assert_not_decoded(decode_with(ah_decoder_gzip_new(), ah_str_slice(input, 0, len), 3, 3),
                           "gzip data ended early");

    ah_buf_release(&coded);
}

static void zeros_between_and_behind_members_are_padding(void **state)
{
    (void)state;
    ah_buf coded = {0};
    compress_as(&coded, AH_STR("one "), GZIP);
    ah_buf_append(&coded, AH_STR("\0\0\0"));
    compress_as(&coded, AH_STR("two"), GZIP);
    ah_buf_append(&coded, AH_STR("\0\0\0\0\0"));

    decoding result = decode_with(ah_decoder_gzip_new(), ah_buf_str(&coded), 2, 2);

    assert_int_equal(result.unused, 0);
    assert_decoded(result, AH_STR("one two"));
    ah_buf_release(&coded);
}

static void assert_left_unused(const char *behind, size_t len, size_t unused)
{
    ah_buf coded = {0};
    compress_as(&coded, hello, GZIP);
    ah_buf_append(&coded, ah_str_make(behind, len));

    decoding result = decode_with(ah_decoder_gzip_new(), ah_buf_str(&coded), SIZE_MAX, SIZE_MAX);
    assert_int_equal(result.last, AH_CODING_DONE);
    assert_int_equal(result.unused, unused);
    assert_decoded(result, hello);
    assert_decoded(decode_with(ah_decoder_gzip_new(), ah_buf_str(&coded), 1, 1), hello);

    ah_buf_release(&coded);
}

static void what_is_no_member_ends_the_data(void **state)
{
    (void)state;

    assert_left_unused("garbage", 7, 7);
    assert_left_unused("\0\0garbage", 9, 7);
    assert_left_unused("\x1fgarbage", 8, 7);
    assert_left_unused("\x1f\0", 2, 1);
}

static void the_first_byte_of_a_member_alone_is_a_cut_one(void **state)
{
    (void)state;
    ah_buf coded = {0};
    compress_as(&coded, hello, GZIP);
    ah_buf_append_char(&coded, '\x1f');

    assert_not_decoded(decode_with(ah_decoder_gzip_new(), ah_buf_str(&coded), 100, 100),
                       "gzip data ended early");

    ah_buf_release(&coded);
}

static void a_corrupt_second_member_is_an_error(void **state)
{
    (void)state;
    ah_buf coded = {0};
    compress_as(&coded, hello, GZIP);
    ah_buf_append(&coded, AH_STR("\x1f\x8b\x07garbage"));

    assert_not_decoded(decode_with(ah_decoder_gzip_new(), ah_buf_str(&coded), 100, 100),
                       "unknown compression method");

    ah_buf_release(&coded);
}

static void many_empty_members_come_to_an_end(void **state)
{
    (void)state;
    ah_buf coded = {0};
    for (int i = 0; i < 20000; i++)
        compress_level(&coded, AH_STR(""), GZIP, 1);

    decoding result = decode_with(ah_decoder_gzip_new(), ah_buf_str(&coded), SIZE_MAX, 100);

    assert_int_equal(result.calls, 1);
    assert_decoded(result, AH_STR(""));
    ah_buf_release(&coded);
}

/* ---- deflate ---- */

static void zlib_of_every_level_and_window_is_told_from_raw(void **state)
{
    (void)state;

    for (int window = 9; window <= MAX_WBITS; window++)
        for (int level = 0; level <= 9; level++)
            for (int sign = -1; sign <= 1; sign += 2) {
                ah_buf coded = {0};
                compress_level(&coded, hello, sign * window, level);
                assert_decoded(decode_with(ah_decoder_deflate_new(), ah_buf_str(&coded), 1, 100),
                               hello);
                ah_buf_release(&coded);
            }
}

/* Stored blocks whose padding is not zero: the first byte looks like zlib's, and of the
   second text both bytes but for the size of the window. */
static void raw_data_that_begins_like_zlib_is_raw(void **state)
{
    (void)state;
    ah_str coded = AH_STR("\x08\x05\x00\xfa\xffhello\x03\x00");
    ah_str wider = AH_STR("\x88\x1c\x00\xe3\xff"
                          "abcdefghijklmnopqrstuvwxyz01\x03\x00");

    assert_decoded(decode_with(ah_decoder_deflate_new(), coded, 100, 100), AH_STR("hello"));
    assert_decoded(decode_with(ah_decoder_deflate_new(), coded, 1, 1), AH_STR("hello"));
    assert_decoded(decode_with(ah_decoder_deflate_new(), wider, 100, 100),
                   AH_STR("abcdefghijklmnopqrstuvwxyz01"));
}

static void a_dictionary_is_not_supported(void **state)
{
    (void)state;
    ah_str coded = AH_STR("\x78\xbb\x01\x02\x03\x04garbage");

    assert_not_decoded(decode_with(ah_decoder_deflate_new(), coded, 100, 100),
                       "it needs a dictionary");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_check_or_length_is_an_error),
        cmocka_unit_test(data_of_another_kind_is_an_error),
        cmocka_unit_test(a_gzip_head_with_all_its_fields_is_passed_over),
        cmocka_unit_test(members_of_gzip_follow_each_other),
        cmocka_unit_test(zeros_between_and_behind_members_are_padding),
        cmocka_unit_test(what_is_no_member_ends_the_data),
        cmocka_unit_test(the_first_byte_of_a_member_alone_is_a_cut_one),
        cmocka_unit_test(a_corrupt_second_member_is_an_error),
        cmocka_unit_test(many_empty_members_come_to_an_end),
        cmocka_unit_test(zlib_of_every_level_and_window_is_told_from_raw),
        cmocka_unit_test(raw_data_that_begins_like_zlib_is_raw),
        cmocka_unit_test(a_dictionary_is_not_supported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
