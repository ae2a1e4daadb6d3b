/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "compress.h"
#include "decoding.h"
#include "support/failing_alloc.h"
#include <stdlib.h>

static const ah_str hello = {"hello, hello, hello", 19};

static ah_decoder *decoder_for(const char *codings)
{
    ah_decoder *decoder;
    ahttp_error *error;

    if (!ah_decoder_new(ah_str_from(codings), NULL, &decoder, &error))
        fail_msg("\"%s\" is not known", codings);
    assert_null(error);
    return decoder;
}

/* ---- The list of codings ---- */

static void where_nothing_was_coded_there_is_nothing_to_undo(void **state)
{
    (void)state;
    static const char *const lists[] = {NULL, "", "identity", "Identity , ,identity", ", ,\t"};

    for (size_t i = 0; i < COUNT_OF(lists); i++)
        assert_null(decoder_for(lists[i]));
}

static void known_codings_are_found_whatever_their_case(void **state)
{
    (void)state;
    static const char *const lists[] = {"gzip", "GZip", "x-gzip", " gzip\t", "identity, gzip,,"};
    ah_buf coded = {0};
    compress_as(&coded, hello, GZIP);

    for (size_t i = 0; i < COUNT_OF(lists); i++)
        assert_decoded(decode_with(decoder_for(lists[i]), ah_buf_str(&coded), 100, 100), hello);

    ah_buf_release(&coded);
}

static void an_unknown_coding_is_no_error_and_nothing_is_undone(void **state)
{
    (void)state;
    static const char *const lists[] = {
        "x-br",     "gzip, x-br",   "lz4, gzip", "compress",
        "gzip;q=1", "gzip deflate", "gzi",       "lz4, gzip, gzip, gzip, gzip, gzip, gzip"};

    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        ah_decoder *decoder = (ah_decoder *)(uintptr_t)1;
        ahttp_error *error = (ahttp_error *)(uintptr_t)1;
        assert_false(ah_decoder_new(ah_str_from(lists[i]), NULL, &decoder, &error));
        assert_null(decoder);
        assert_null(error);
    }
}

static void too_many_codings_are_an_error(void **state)
{
    (void)state;
    ah_decoder *decoder;
    ahttp_error *error;

    assert_false(ah_decoder_new(AH_STR("gzip, gzip, identity, gzip, deflate, gzip, gzip, gzip"),
                                NULL, &decoder, &error));

    assert_null(decoder);
    assert_int_equal(error->code, AHTTP_E_CODING);
    assert_string_equal(error->message, "decode body: it has 7 codings, more than 5");
    ah_error_free(error);
}

static void what_is_offered_is_known(void **state)
{
    (void)state;
    ah_str offered = ah_coding_accepted();
    ah_str coding;
    size_t count = 0;

    while (ah_str_split(&offered, ',', &coding)) {
        ah_decoder *decoder;
        ahttp_error *error;
        assert_true(ah_decoder_new(coding, NULL, &decoder, &error));
        assert_non_null(decoder);
        decoder->ops->free(decoder);
        count++;
    }

    assert_int_equal(count, 2 + AHTTP_BROTLI + AHTTP_ZSTD);
}

/* ---- Several in a row ---- */

/* Codes text with each format in turn; the caller releases it. */
static ah_buf code_all(ah_str text, size_t count, const int formats[])
{
    ah_buf coded = {0};
    ah_buf_append(&coded, text);

    for (size_t i = 0; i < count; i++) {
        ah_buf next = {0};
        compress_as(&next, ah_buf_str(&coded), formats[i]);
        ah_buf_release(&coded);
        coded = next;
    }
    return coded;
}

typedef struct row {
    const char *codings;
    size_t count;
    int formats[5];
} row;

static const row rows[] = {
    {"gzip, gzip", 2, {GZIP, GZIP}},
    {"deflate, gzip", 2, {ZLIB, GZIP}},
    {"gzip, deflate", 2, {GZIP, RAW}},
    {"deflate, deflate", 2, {RAW, ZLIB}},
    {"gzip, identity, deflate, x-gzip", 3, {GZIP, ZLIB, GZIP}},
    {"gzip, deflate, gzip, deflate, gzip", 5, {GZIP, RAW, GZIP, ZLIB, GZIP}},
};

static void codings_in_a_row_are_undone_last_one_first(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 3, 1000, SIZE_MAX};
    ah_buf text = {0};
    append_noise(&text, 3000);
    ah_buf_append_format(&text, "%3000d", 1);

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ah_buf coded = code_all(ah_buf_str(&text), rows[i].count, rows[i].formats);
        for (size_t j = 0; j < COUNT_OF(sizes) * COUNT_OF(sizes); j++)
            assert_decoded(decode_with(decoder_for(rows[i].codings), ah_buf_str(&coded),
                                       sizes[j / COUNT_OF(sizes)], sizes[j % COUNT_OF(sizes)]),
                           ah_buf_str(&text));
        ah_buf_release(&coded);
    }

    ah_buf_release(&text);
}

static void a_long_text_passes_through_bounded_buffers(void **state)
{
    (void)state;
    ah_buf text = {0};
    append_noise(&text, 2000000);
    ah_buf coded = code_all(ah_buf_str(&text), 2, (int[]){GZIP, ZLIB});

    assert_decoded(
        decode_with(decoder_for("gzip, deflate"), ah_buf_str(&coded), SIZE_MAX, SIZE_MAX),
        ah_buf_str(&text));
    assert_decoded(decode_with(decoder_for("gzip, deflate"), ah_buf_str(&coded), 65536, 65536),
                   ah_buf_str(&text));

    ah_buf_release(&coded);
    ah_buf_release(&text);
}

static void an_empty_body_and_an_empty_text_are_fine_in_a_row(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ah_buf coded = code_all(AH_STR(""), rows[i].count, rows[i].formats);
        assert_decoded(decode_with(decoder_for(rows[i].codings), ah_buf_str(&coded), 1, 1),
                       AH_STR(""));
        assert_decoded(decode_with(decoder_for(rows[i].codings), AH_STR(""), 1, 1), AH_STR(""));
        ah_buf_release(&coded);
    }
}

static void a_row_cut_at_any_byte_ended_early(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ah_buf coded = code_all(hello, rows[i].count, rows[i].formats);
        for (size_t len = 1; len < coded.len; len++) {
            ah_str cut = ah_str_slice(ah_buf_str(&coded), 0, len);
            assert_not_decoded(decode_with(decoder_for(rows[i].codings), cut, 100, 100),
                               "ended early");
            assert_not_decoded(decode_with(decoder_for(rows[i].codings), cut, 1, 1), "ended early");
        }
        ah_buf_release(&coded);
    }
}

static void inner_data_that_is_cut_ended_early_though_the_outer_is_whole(void **state)
{
    (void)state;
    ah_buf inner = code_all(hello, 1, (int[]){GZIP});

    for (size_t len = 1; len < inner.len; len++) {
        ah_str cut = ah_str_slice(ah_buf_str(&inner), 0, len);
        ah_buf in_gzip = code_all(cut, 1, (int[]){GZIP});
        ah_buf in_zlib = code_all(cut, 1, (int[]){ZLIB});
        assert_not_decoded(decode_with(decoder_for("gzip, gzip"), ah_buf_str(&in_gzip), 9, 9),
                           "gzip data ended early");
        decoding result = decode_with(decoder_for("gzip, deflate"), ah_buf_str(&in_zlib), 9, 9);
        assert_int_equal(result.last, AH_CODING_FAILED); /* nothing can follow zlib's end */
        assert_not_decoded(result, "gzip data ended early");
        ah_buf_release(&in_gzip);
        ah_buf_release(&in_zlib);
    }

    ah_buf_release(&inner);
}

static void the_check_of_the_outer_data_counts_even_when_the_inner_is_complete(void **state)
{
    (void)state;
    ah_buf coded = code_all(hello, 2, (int[]){ZLIB, GZIP});
    coded.data[coded.len - 5] ^= 1;

    assert_not_decoded(decode_with(decoder_for("deflate, gzip"), ah_buf_str(&coded), 100, 100),
                       "gzip data is corrupt");
    assert_not_decoded(decode_with(decoder_for("deflate, gzip"), ah_buf_str(&coded), 1, 1),
                       "gzip data is corrupt");

    ah_buf_release(&coded);
}

static void corrupt_inner_data_is_an_error(void **state)
{
    (void)state;
    ah_buf coded = code_all(AH_STR("never compressed"), 1, (int[]){GZIP});

    assert_not_decoded(decode_with(decoder_for("gzip, gzip"), ah_buf_str(&coded), 100, 100),
                       "incorrect header check");

    ah_buf_release(&coded);
}

static void what_follows_inner_data_is_passed_over(void **state)
{
    (void)state;
    ah_buf inner = code_all(hello, 1, (int[]){ZLIB});
    append_noise(&inner, 100000);
    ah_buf coded = code_all(ah_buf_str(&inner), 1, (int[]){GZIP});

    assert_decoded(decode_with(decoder_for("deflate, gzip"), ah_buf_str(&coded), SIZE_MAX, 100),
                   hello);
    coded.data[coded.len - 5] ^= 1;
    assert_not_decoded(decode_with(decoder_for("deflate, gzip"), ah_buf_str(&coded), 100, 100),
                       "gzip data is corrupt");

    ah_buf_release(&inner);
    ah_buf_release(&coded);
}

static void what_follows_outer_data_is_left_unused(void **state)
{
    (void)state;
    ah_buf coded = code_all(hello, 2, (int[]){GZIP, ZLIB});
    ah_buf_append(&coded, AH_STR("behind"));

    decoding result = decode_with(decoder_for("gzip, deflate"), ah_buf_str(&coded), SIZE_MAX, 100);

    assert_int_equal(result.last, AH_CODING_DONE);
    assert_int_equal(result.unused, 6);
    assert_decoded(result, hello);
    ah_buf_release(&coded);
}

/* Empty members swell in the outer coding and make nothing in the inner one. */
static void a_call_ends_even_when_much_work_makes_no_output(void **state)
{
    (void)state;
    ah_buf member = code_all(AH_STR(""), 1, (int[]){GZIP});
    ah_buf inner = {0};
    while (inner.len < 8 << 20)
        ah_buf_append(&inner, ah_buf_str(&member));
    ah_buf coded = code_all(ah_buf_str(&inner), 1, (int[]){GZIP});

    decoding result = decode_with(decoder_for("gzip, gzip"), ah_buf_str(&coded), SIZE_MAX, 100);

    assert_true(result.calls >= 8);
    assert_true(result.calls < 100);
    assert_decoded(result, AH_STR(""));
    ah_buf_release(&member);
    ah_buf_release(&inner);
    ah_buf_release(&coded);
}

static void random_bytes_never_do_harm(void **state)
{
    (void)state;
    srand(1);

    for (int round = 0; round < 2000; round++) {
        ah_buf coded = code_all(hello, 2, (int[]){ZLIB, GZIP});
        for (int i = 0; i < 2; i++)
            coded.data[(size_t)rand() % coded.len] = (char)rand();
        decoding result =
            decode_with(decoder_for("deflate, gzip"), ah_buf_str(&coded), SIZE_MAX, 1000);
        if (!result.error)
            assert_true(ah_str_equal(ah_buf_str(&result.out), hello));
        decoding_release(&result);
        ah_buf_release(&coded);
    }
}

static void decode_in_scarcity(void *ctx)
{
    const ah_buf *coded = ctx;
    ah_decoder *decoder;
    ahttp_error *error;

    if (!ah_decoder_new(AH_STR("gzip, deflate, gzip"), NULL, &decoder, &error)) {
        assert_ptr_equal(error, ah_error_no_memory());
        assert_null(decoder);
        return;
    }
    decoding result = decode_with(decoder, ah_buf_str(coded), 1000, 1000);
    if (result.error)
        assert_int_equal(result.error->code, AHTTP_E_NO_MEMORY);
    else
        assert_int_equal(result.out.len, 50000);
    decoding_release(&result);
}

static void running_out_of_memory_is_an_error_like_others(void **state)
{
    (void)state;
    ah_buf text = {0};
    append_noise(&text, 50000);
    ah_buf coded = code_all(ah_buf_str(&text), 3, (int[]){GZIP, ZLIB, GZIP});

    for_each_allocation(decode_in_scarcity, &coded);

    ah_buf_release(&text);
    ah_buf_release(&coded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(where_nothing_was_coded_there_is_nothing_to_undo),
        cmocka_unit_test(known_codings_are_found_whatever_their_case),
        cmocka_unit_test(an_unknown_coding_is_no_error_and_nothing_is_undone),
        cmocka_unit_test(too_many_codings_are_an_error),
        cmocka_unit_test(what_is_offered_is_known),
        cmocka_unit_test(codings_in_a_row_are_undone_last_one_first),
        cmocka_unit_test(a_long_text_passes_through_bounded_buffers),
        cmocka_unit_test(an_empty_body_and_an_empty_text_are_fine_in_a_row),
        cmocka_unit_test(a_row_cut_at_any_byte_ended_early),
        cmocka_unit_test(inner_data_that_is_cut_ended_early_though_the_outer_is_whole),
        cmocka_unit_test(the_check_of_the_outer_data_counts_even_when_the_inner_is_complete),
        cmocka_unit_test(corrupt_inner_data_is_an_error),
        cmocka_unit_test(what_follows_inner_data_is_passed_over),
        cmocka_unit_test(what_follows_outer_data_is_left_unused),
        cmocka_unit_test(a_call_ends_even_when_much_work_makes_no_output),
        cmocka_unit_test(random_bytes_never_do_harm),
        cmocka_unit_test(running_out_of_memory_is_an_error_like_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
