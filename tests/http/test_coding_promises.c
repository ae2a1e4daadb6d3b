/* SPDX-License-Identifier: MIT */
/* What every decoder promises, whatever it undoes. */
#include "support/check.h"

#include "compress.h"
#include "decoding.h"
#include "support/failing_alloc.h"
#include <stdio.h>

static void compress_gzip(ah_buf *out, ah_str text)
{
    compress_as(out, text, GZIP);
}

static void compress_zlib(ah_buf *out, ah_str text)
{
    compress_as(out, text, ZLIB);
}

static void compress_raw(ah_buf *out, ah_str text)
{
    compress_as(out, text, RAW);
}

typedef struct coding_facts {
    const char *name; /* as errors call it */
    ah_decoder *(*decoder)(void);
    void (*compress)(ah_buf *out, ah_str text);
    size_t most_of_a_bomb; /* bytes that 64 MiB of zeros shrink to, at the most */
    bool has_checksum;     /* so that another text does not pass */
    bool may_go_on;        /* more data may follow, so that only the input's end ends it */
    bool hides_memory;     /* from the allocator's hooks */
} coding_facts;

static const coding_facts codings[] = {
    {.name = "gzip",
     .decoder = ah_decoder_gzip_new,
     .compress = compress_gzip,
     .most_of_a_bomb = 100000,
     .has_checksum = true,
     .may_go_on = true},
    {.name = "deflate",
     .decoder = ah_decoder_deflate_new,
     .compress = compress_zlib,
     .most_of_a_bomb = 100000,
     .has_checksum = true},
    {.name = "deflate",
     .decoder = ah_decoder_deflate_new,
     .compress = compress_raw,
     .most_of_a_bomb = 100000},
#if AHTTP_BROTLI
    {.name = "br",
     .decoder = ah_decoder_brotli_new,
     .compress = compress_br,
     .most_of_a_bomb = 1000},
#endif
#if AHTTP_ZSTD
    {.name = "zstd",
     .decoder = ah_decoder_zstd_new,
     .compress = compress_zstd,
     .most_of_a_bomb = 10000,
     .has_checksum = true,
     .may_go_on = true,
     .hides_memory = true},
#endif
};
#define for_each_coding(each) for (each = codings; each < codings + COUNT_OF(codings); each++)

static const ah_str hello = {"hello, hello, hello", 19};

static ah_buf coded_by(const coding_facts *coding, ah_str text)
{
    ah_buf coded = {0};

    coding->compress(&coded, text);
    return coded;
}

static void assert_comes_out(const coding_facts *coding, ah_str text, size_t step,
                             size_t max_output)
{
    ah_buf coded = coded_by(coding, text);

    assert_decoded(decode_with(coding->decoder(), ah_buf_str(&coded), step, max_output), text);

    ah_buf_release(&coded);
}

static void short_texts_come_out_however_they_are_cut(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 2, 3, 7, 1000, SIZE_MAX};
    const coding_facts *coding;

    for_each_coding(coding) for (size_t i = 0; i < COUNT_OF(sizes);
                                 i++) for (size_t j = 0; j < COUNT_OF(sizes); j++)
    {
        assert_comes_out(coding, AH_STR(""), sizes[i], sizes[j]);
        assert_comes_out(coding, AH_STR("x"), sizes[i], sizes[j]);
        assert_comes_out(coding, hello, sizes[i], sizes[j]);
    }
}

static void long_texts_come_out_however_they_are_cut(void **state)
{
    (void)state;
    const coding_facts *coding;
    ah_buf text = {0};
    append_noise(&text, 70000);
    for (int i = 0; i < 20000; i++)
        ah_buf_append_u64(&text, (uint64_t)i);

    for_each_coding(coding)
    {
        assert_comes_out(coding, ah_buf_str(&text), SIZE_MAX, SIZE_MAX);
        assert_comes_out(coding, ah_buf_str(&text), 1, 65536);
        assert_comes_out(coding, ah_buf_str(&text), 1460, 1);
        assert_comes_out(coding, ah_buf_str(&text), 65536, 16384);
    }

    ah_buf_release(&text);
}

static void an_empty_body_is_fine(void **state)
{
    (void)state;
    const coding_facts *coding;

    for_each_coding(coding)
        assert_decoded(decode_with(coding->decoder(), AH_STR(""), 1, 1), AH_STR(""));
}

static void output_is_appended(void **state)
{
    (void)state;
    const coding_facts *coding;

    for_each_coding(coding)
    {
        ah_buf coded = coded_by(coding, AH_STR("world"));
        ah_buf out = {0};
        ah_buf_append(&out, AH_STR("hello "));
        ah_decoder *decoder = coding->decoder();
        ah_str input = ah_buf_str(&coded);

        decoder->ops->decode(decoder, &input, &out, SIZE_MAX);

        assert_str(ah_buf_str(&out), "hello world");
        decoder->ops->free(decoder);
        ah_buf_release(&out);
        ah_buf_release(&coded);
    }
}

static void data_cut_at_any_byte_ended_early(void **state)
{
    (void)state;
    const coding_facts *coding;

    for_each_coding(coding)
    {
        ah_buf coded = coded_by(coding, hello);
        for (size_t len = 1; len < coded.len; len++) {
            ah_str cut = ah_str_slice(ah_buf_str(&coded), 0, len);
            char why[60];
            snprintf(why, sizeof why, "%s data ended early, after %zu bytes", coding->name, len);
            assert_not_decoded(decode_with(coding->decoder(), cut, SIZE_MAX, SIZE_MAX), why);
            assert_not_decoded(decode_with(coding->decoder(), cut, 1, 1), "ended early");
        }
        ah_buf_release(&coded);
    }
}

static void what_was_never_compressed_is_an_error(void **state)
{
    (void)state;
    const coding_facts *coding;
    ah_str text = AH_STR("<html>this was never compressed</html>");

    for_each_coding(coding)
    {
        char why[60];
        snprintf(why, sizeof why, "%s data is corrupt after ", coding->name);
        assert_not_decoded(decode_with(coding->decoder(), text, SIZE_MAX, SIZE_MAX), why);
        assert_not_decoded(decode_with(coding->decoder(), text, 1, 1), why);
    }
}

/* Some bytes, such as the time in a gzip head, say nothing about the text. */
static void a_changed_bit_is_an_error_or_does_no_harm(void **state)
{
    (void)state;
    const coding_facts *coding;

    for_each_coding(coding)
    {
        ah_buf coded = coded_by(coding, hello);
        size_t errors = 0;
        for (size_t at = 0; at < coded.len * 8; at++) {
            char flipped = (char)(1 << at % 8);
            coded.data[at / 8] ^= flipped;
            decoding result = decode_with(coding->decoder(), ah_buf_str(&coded), 3, 1000);
            coded.data[at / 8] ^= flipped;
            errors += result.error != NULL;
            if (result.error)
                assert_int_equal(result.error->code, AHTTP_E_CODING);
            else if (coding->has_checksum)
                assert_true(ah_str_equal(ah_buf_str(&result.out), hello));
            decoding_release(&result);
        }
        assert_true(errors > (coding->has_checksum ? coded.len * 8 / 2 : coded.len));
        ah_buf_release(&coded);
    }
}

static void what_follows_the_data_is_left_unused(void **state)
{
    (void)state;
    const coding_facts *coding;

    for_each_coding(coding)
    {
        if (coding->may_go_on)
            continue;
        ah_buf coded = coded_by(coding, hello);
        ah_buf_append(&coded, AH_STR("behind"));

        decoding result = decode_with(coding->decoder(), ah_buf_str(&coded), SIZE_MAX, 100);

        assert_int_equal(result.last, AH_CODING_DONE);
        assert_int_equal(result.unused, 6);
        assert_decoded(result, hello);
        ah_buf_release(&coded);
    }
}

static void what_is_done_stays_done(void **state)
{
    (void)state;
    const coding_facts *coding;

    for_each_coding(coding)
    {
        if (coding->may_go_on)
            continue;
        ah_buf coded = coded_by(coding, hello);
        ah_buf out = {0};
        ah_buf_append(&coded, AH_STR("x"));
        ah_decoder *decoder = coding->decoder();
        ah_str input = ah_buf_str(&coded);

        for (int i = 0; i < 3; i++)
            assert_int_equal(decoder->ops->decode(decoder, &input, &out, 100), AH_CODING_DONE);

        assert_int_equal(input.len, 1);
        assert_true(ah_str_equal(ah_buf_str(&out), hello));
        decoder->ops->free(decoder);
        ah_buf_release(&out);
        ah_buf_release(&coded);
    }
}

static void no_room_means_no_output(void **state)
{
    (void)state;
    const coding_facts *coding;

    for_each_coding(coding)
    {
        ah_buf coded = coded_by(coding, hello);
        ah_buf out = {0};
        ah_decoder *decoder = coding->decoder();
        ah_str input = ah_buf_str(&coded);

        assert_int_equal(decoder->ops->decode(decoder, &input, &out, 0), AH_CODING_MORE_ROOM);

        assert_int_equal(out.len, 0);
        assert_decoded(decode_with(decoder, input, 100, 100), hello);
        ah_buf_release(&coded);
    }
}

static void calls_without_input_change_nothing(void **state)
{
    (void)state;
    const coding_facts *coding;

    for_each_coding(coding)
    {
        ah_buf coded = coded_by(coding, hello);
        ah_buf out = {0};
        ah_decoder *decoder = coding->decoder();
        ah_str begin = ah_str_slice(ah_buf_str(&coded), 0, 2);
        ah_str rest = ah_str_slice(ah_buf_str(&coded), 2, coded.len);
        ah_str none = AH_STR("");

        assert_int_equal(decoder->ops->decode(decoder, &begin, &out, 100), AH_CODING_MORE_INPUT);
        for (int i = 0; i < 100; i++)
            assert_int_equal(decoder->ops->decode(decoder, &none, &out, 100), AH_CODING_MORE_INPUT);
        decoder->ops->decode(decoder, &rest, &out, 100);

        assert_true(ah_str_equal(ah_buf_str(&out), hello));
        assert_null(decoder->ops->finish(decoder));
        decoder->ops->free(decoder);
        ah_buf_release(&out);
        ah_buf_release(&coded);
    }
}

static void a_bomb_goes_off_in_small_steps(void **state)
{
    (void)state;
    enum { SWOLLEN = 64 << 20, STEP = 64 << 10 };
    const coding_facts *coding;
    char *zeros = ah_alloc_zeroed(SWOLLEN);

    for_each_coding(coding)
    {
        ah_buf coded = coded_by(coding, ah_str_make(zeros, SWOLLEN));
        ah_buf out = {0};
        ah_decoder *decoder = coding->decoder();
        ah_str input = ah_buf_str(&coded);
        ah_coding_result result;
        size_t total = 0;

        do {
            ah_buf_clear(&out);
            result = decoder->ops->decode(decoder, &input, &out, STEP);
            assert_true(out.len <= STEP && out.cap <= 2 * STEP);
            total += out.len;
        } while (result == AH_CODING_MORE_ROOM);

        assert_true(coded.len < coding->most_of_a_bomb);
        assert_int_equal(result, coding->may_go_on ? AH_CODING_MORE_INPUT : AH_CODING_DONE);
        assert_int_equal(total, SWOLLEN);
        assert_null(decoder->ops->finish(decoder));
        decoder->ops->free(decoder);
        ah_buf_release(&out);
        ah_buf_release(&coded);
    }

    ah_free(zeros);
}

static void an_error_nobody_takes_does_not_leak(void **state)
{
    (void)state;
    const coding_facts *coding;

    for_each_coding(coding)
    {
        counting_alloc_install();
        ah_decoder *decoder = coding->decoder();
        ah_buf out = {0};
        ah_str input = AH_STR("<never compressed>");
        if (!coding->hides_memory)
            assert_true(counting_alloc_counts().live > 1); /* the coding's own counts too */

        assert_int_equal(decoder->ops->decode(decoder, &input, &out, 10), AH_CODING_FAILED);

        decoder->ops->free(decoder);
        ah_buf_release(&out);
        counting_alloc_remove();
    }
}

typedef struct scarce_decoding {
    const coding_facts *coding;
    ah_buf coded;
} scarce_decoding;

static void decode_in_scarcity(void *ctx)
{
    const scarce_decoding *self = ctx;
    ah_decoder *decoder = self->coding->decoder();

    if (!decoder)
        return;
    decoding result = decode_with(decoder, ah_buf_str(&self->coded), 1000, 700);
    if (result.error)
        assert_int_equal(result.error->code, AHTTP_E_NO_MEMORY);
    else
        assert_int_equal(result.out.len, 100000);
    decoding_release(&result);
}

static void running_out_of_memory_is_an_error_like_others(void **state)
{
    (void)state;
    const coding_facts *coding;
    ah_buf text = {0};
    append_noise(&text, 50000);
    while (text.len < 100000)
        ah_buf_append(&text, AH_STR("0123456789"));

    for_each_coding(coding)
    {
        scarce_decoding scarce = {coding, coded_by(coding, ah_buf_str(&text))};
        for_each_allocation(decode_in_scarcity, &scarce);
        ah_buf_release(&scarce.coded);
    }

    ah_buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_texts_come_out_however_they_are_cut),
        cmocka_unit_test(long_texts_come_out_however_they_are_cut),
        cmocka_unit_test(an_empty_body_is_fine),
        cmocka_unit_test(output_is_appended),
        cmocka_unit_test(data_cut_at_any_byte_ended_early),
        cmocka_unit_test(what_was_never_compressed_is_an_error),
        cmocka_unit_test(a_changed_bit_is_an_error_or_does_no_harm),
        cmocka_unit_test(what_follows_the_data_is_left_unused),
        cmocka_unit_test(what_is_done_stays_done),
        cmocka_unit_test(no_room_means_no_output),
        cmocka_unit_test(calls_without_input_change_nothing),
        cmocka_unit_test(a_bomb_goes_off_in_small_steps),
        cmocka_unit_test(an_error_nobody_takes_does_not_leak),
        cmocka_unit_test(running_out_of_memory_is_an_error_like_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
