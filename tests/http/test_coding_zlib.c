/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "compress.h"
#include "support/failing_alloc.h"
#include <stdio.h>

static ah_decoder *decoder_for(int format)
{
    return format == GZIP ? ah_decoder_gzip_new() : ah_decoder_deflate_new();
}

static const int formats[] = {GZIP, ZLIB, RAW};
static const ah_str hello = {"hello, hello, hello", 19};

static void round_trip(ah_str text, size_t step, size_t max_output)
{
    for (size_t i = 0; i < COUNT_OF(formats); i++) {
        ah_buf coded = {0};
        compress_as(&coded, text, formats[i]);

        assert_decoded(decode_with(decoder_for(formats[i]), ah_buf_str(&coded), step, max_output),
                       text);

        ah_buf_release(&coded);
    }
}

static void short_texts_come_out_however_they_are_cut(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 2, 3, 7, 1000, SIZE_MAX};

    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        for (size_t j = 0; j < COUNT_OF(sizes); j++) {
            round_trip(AH_STR(""), sizes[i], sizes[j]);
            round_trip(AH_STR("x"), sizes[i], sizes[j]);
            round_trip(hello, sizes[i], sizes[j]);
        }
}

static void long_texts_come_out_however_they_are_cut(void **state)
{
    (void)state;
    ah_buf text = {0};
    append_noise(&text, 70000);
    for (int i = 0; i < 20000; i++)
        ah_buf_append_u64(&text, (uint64_t)i);

    round_trip(ah_buf_str(&text), SIZE_MAX, SIZE_MAX);
    round_trip(ah_buf_str(&text), 1, 65536);
    round_trip(ah_buf_str(&text), 1460, 1);
    round_trip(ah_buf_str(&text), 65536, 16384);

    ah_buf_release(&text);
}

static void an_empty_body_is_fine(void **state)
{
    (void)state;

    assert_decoded(decode_with(ah_decoder_gzip_new(), AH_STR(""), 1, 1), AH_STR(""));
    assert_decoded(decode_with(ah_decoder_deflate_new(), AH_STR(""), 1, 1), AH_STR(""));
}

static void data_cut_at_any_byte_ended_early(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(formats); i++) {
        ah_buf coded = {0};
        compress_as(&coded, hello, formats[i]);
        for (size_t len = 1; len < coded.len; len++) {
            ah_str cut = ah_str_slice(ah_buf_str(&coded), 0, len);
            char why[60];
            snprintf(why, sizeof why, "%s data ended early, after %zu bytes",
                     formats[i] == GZIP ? "gzip" : "deflate", len);
            assert_not_decoded(decode_with(decoder_for(formats[i]), cut, SIZE_MAX, SIZE_MAX), why);
            assert_not_decoded(decode_with(decoder_for(formats[i]), cut, 1, 1), "ended early");
        }
        ah_buf_release(&coded);
    }
}

/* Some bytes of a gzip head, such as its time, say nothing about the text. */
static void a_changed_byte_is_an_error_or_does_not_matter(void **state)
{
    (void)state;

    for (size_t i = 0; i < 2; i++) {
        ah_buf coded = {0};
        compress_as(&coded, hello, formats[i]);
        size_t errors = 0;
        for (size_t at = 0; at < coded.len * 8; at++) {
            char flipped = (char)(1 << at % 8);
            coded.data[at / 8] ^= flipped;
            decoding result =
                decode_with(decoder_for(formats[i]), ah_buf_str(&coded), SIZE_MAX, SIZE_MAX);
            coded.data[at / 8] ^= flipped;
            errors += result.error != NULL;
            if (!result.error)
                assert_true(ah_str_equal(ah_buf_str(&result.out), hello));
            else
                assert_int_equal(result.error->code, AHTTP_E_CODING);
            decoding_release(&result);
        }
        assert_true(errors > coded.len * 8 / 2);
        ah_buf_release(&coded);
    }
}

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

static void what_follows_deflate_data_is_left_unused(void **state)
{
    (void)state;
    ah_buf coded = {0};
    compress_as(&coded, hello, ZLIB);
    ah_buf_append(&coded, AH_STR("behind"));

    decoding result = decode_with(ah_decoder_deflate_new(), ah_buf_str(&coded), SIZE_MAX, 100);

    assert_int_equal(result.last, AH_CODING_DONE);
    assert_int_equal(result.unused, 6);
    assert_decoded(result, hello);
    ah_buf_release(&coded);
}

static void a_dictionary_is_not_supported(void **state)
{
    (void)state;
    ah_str coded = AH_STR("\x78\xbb\x01\x02\x03\x04garbage");

    assert_not_decoded(decode_with(ah_decoder_deflate_new(), coded, 100, 100),
                       "it needs a dictionary");
}

/* ---- Promises of every decoder ---- */

static void a_bomb_goes_off_in_small_steps(void **state)
{
    (void)state;
    enum { SWOLLEN = 64 << 20, STEP = 64 << 10 };
    ah_buf zeros = {0};
    ah_buf coded = {0};
    ah_buf out = {0};
    memset(ah_buf_reserve(&zeros, SWOLLEN), 0, SWOLLEN);
    compress_level(&coded, ah_str_make(zeros.data, SWOLLEN), GZIP, 9);
    ah_buf_release(&zeros);
    ah_decoder *decoder = ah_decoder_gzip_new();
    ah_str input = ah_buf_str(&coded);
    ah_coding_result result;
    size_t total = 0;

    do {
        ah_buf_clear(&out);
        result = decoder->ops->decode(decoder, &input, &out, STEP);
        assert_true(out.len <= STEP && out.cap <= 2 * STEP);
        total += out.len;
    } while (result == AH_CODING_MORE_ROOM);

    assert_true(coded.len < 100000);
    assert_int_equal(result, AH_CODING_MORE_INPUT);
    assert_int_equal(total, SWOLLEN);
    assert_null(decoder->ops->finish(decoder));
    decoder->ops->free(decoder);
    ah_buf_release(&out);
    ah_buf_release(&coded);
}

static void no_room_means_no_output(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(formats); i++) {
        ah_buf coded = {0};
        ah_buf out = {0};
        compress_as(&coded, hello, formats[i]);
        ah_decoder *decoder = decoder_for(formats[i]);
        ah_str input = ah_buf_str(&coded);

        assert_int_equal(decoder->ops->decode(decoder, &input, &out, 0), AH_CODING_MORE_ROOM);

        assert_int_equal(out.len, 0);
        assert_decoded(decode_with(decoder, input, 100, 100), hello);
        ah_buf_release(&coded);
    }
}

static void what_is_done_stays_done(void **state)
{
    (void)state;
    ah_buf coded = {0};
    ah_buf out = {0};
    compress_as(&coded, hello, ZLIB);
    ah_buf_append(&coded, AH_STR("x"));
    ah_decoder *decoder = ah_decoder_deflate_new();
    ah_str input = ah_buf_str(&coded);

    for (int i = 0; i < 3; i++)
        assert_int_equal(decoder->ops->decode(decoder, &input, &out, 100), AH_CODING_DONE);

    assert_int_equal(input.len, 1);
    assert_true(ah_str_equal(ah_buf_str(&out), hello));
    decoder->ops->free(decoder);
    ah_buf_release(&out);
    ah_buf_release(&coded);
}

static void output_is_appended(void **state)
{
    (void)state;
    ah_buf coded = {0};
    ah_buf out = {0};
    compress_as(&coded, AH_STR("world"), ZLIB);
    ah_buf_append(&out, AH_STR("hello "));
    ah_decoder *decoder = ah_decoder_deflate_new();
    ah_str input = ah_buf_str(&coded);

    decoder->ops->decode(decoder, &input, &out, SIZE_MAX);

    assert_str(ah_buf_str(&out), "hello world");
    decoder->ops->free(decoder);
    ah_buf_release(&out);
    ah_buf_release(&coded);
}

static void an_error_nobody_takes_does_not_leak(void **state)
{
    (void)state;
    counting_alloc_install();
    ah_decoder *decoder = ah_decoder_gzip_new();
    ah_buf out = {0};
    ah_str input = AH_STR("garbage");
    assert_true(counting_alloc_counts().live > 1); /* zlib's own memory counts too */

    assert_int_equal(decoder->ops->decode(decoder, &input, &out, 10), AH_CODING_FAILED);

    decoder->ops->free(decoder);
    ah_buf_release(&out);
    counting_alloc_remove();
}

static void decode_in_scarcity(void *ctx)
{
    const ah_buf *coded = ctx;

    for (size_t i = 0; i < 2; i++) {
        ah_decoder *decoder = decoder_for(formats[i]);
        if (!decoder)
            return;
        decoding result = decode_with(decoder, ah_buf_str(&coded[i]), 1000, 700);
        if (result.error)
            assert_int_equal(result.error->code, AHTTP_E_NO_MEMORY);
        else
            assert_int_equal(result.out.len, 100000);
        decoding_release(&result);
    }
}

static void running_out_of_memory_is_an_error_like_others(void **state)
{
    (void)state;
    ah_buf text = {0};
    ah_buf coded[2] = {{0}, {0}};
    append_noise(&text, 100000);
    compress_as(&coded[0], ah_buf_str(&text), formats[0]);
    compress_as(&coded[1], ah_buf_str(&text), formats[1]);

    for_each_allocation(decode_in_scarcity, coded);

    ah_buf_release(&text);
    ah_buf_release(&coded[0]);
    ah_buf_release(&coded[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_texts_come_out_however_they_are_cut),
        cmocka_unit_test(long_texts_come_out_however_they_are_cut),
        cmocka_unit_test(an_empty_body_is_fine),
        cmocka_unit_test(data_cut_at_any_byte_ended_early),
        cmocka_unit_test(a_changed_byte_is_an_error_or_does_not_matter),
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
        cmocka_unit_test(what_follows_deflate_data_is_left_unused),
        cmocka_unit_test(a_dictionary_is_not_supported),
        cmocka_unit_test(a_bomb_goes_off_in_small_steps),
        cmocka_unit_test(no_room_means_no_output),
        cmocka_unit_test(what_is_done_stays_done),
        cmocka_unit_test(output_is_appended),
        cmocka_unit_test(an_error_nobody_takes_does_not_leak),
        cmocka_unit_test(running_out_of_memory_is_an_error_like_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
