/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "compress.h"
#include "decoding.h"
#include "support/failing_alloc.h"

enum { MIB = 1 << 20 };

/* Zeros, coded with each format in turn. */
static ah_buf bomb(size_t size, size_t count, const int formats[])
{
    ah_buf coded = {0};
    char *room = ah_buf_reserve(&coded, size);

    memset(room, 0, size);
    coded.len = size;
    for (size_t i = 0; i < count; i++) {
        ah_buf next = {0};
        compress_as(&next, ah_buf_str(&coded), formats[i]);
        ah_buf_release(&coded);
        coded = next;
    }
    return coded;
}

static decoding decode(const char *codings, const ah_coding_limits *limits, ah_str coded,
                       size_t step)
{
    ah_decoder *decoder;
    ahttp_error *error;

    assert_true(ah_decoder_new(ah_str_from(codings), limits, &decoder, &error));
    return decode_with(decoder, coded, step, SIZE_MAX);
}

static void assert_too_large(decoding result, const char *why)
{
    assert_non_null(result.error);
    assert_int_equal(result.error->code, AHTTP_E_DECODED_TOO_LARGE);
    if (!strstr(result.error->message, why))
        fail_msg("\"%s\" does not say: %s", result.error->message, why);
    decoding_release(&result);
}

static void a_bomb_stops_soon_after_its_limit(void **state)
{
    (void)state;
    ah_buf coded = bomb(100 * MIB, 1, (int[]){GZIP});

    decoding result = decode("gzip", NULL, ah_buf_str(&coded), 1460);

    assert_true(result.out.len > 10 * MIB);
    assert_true(result.out.len < 11 * MIB);
    assert_too_large(result, ", more than 200 times as many");
    ah_buf_release(&coded);
}

static void what_stays_small_may_swell_as_it_likes(void **state)
{
    (void)state;
    ah_buf coded = bomb(10 * MIB, 1, (int[]){GZIP});

    decoding result = decode("gzip", NULL, ah_buf_str(&coded), 100);

    assert_null(result.error);
    assert_int_equal(result.out.len, 10 * MIB);
    decoding_release(&result);
    ah_buf_release(&coded);
}

static void what_swells_little_may_be_large(void **state)
{
    (void)state;
    ah_buf text = {0};
    ah_buf coded = {0};
    append_noise(&text, 12 * MIB);
    compress_level(&coded, ah_buf_str(&text), GZIP, 1);

    decoding result = decode("gzip", NULL, ah_buf_str(&coded), 65536);

    assert_null(result.error);
    assert_int_equal(result.out.len, 12 * MIB);
    decoding_release(&result);
    ah_buf_release(&coded);
    ah_buf_release(&text);
}

static void limits_can_be_chosen(void **state)
{
    (void)state;
    ah_buf coded = bomb(2 * MIB, 1, (int[]){ZLIB});

    assert_too_large(decode("deflate", &(ah_coding_limits){.free_bytes = MIB, .max_ratio = 50},
                            ah_buf_str(&coded), 10),
                     ", more than 50 times as many");
    assert_too_large(
        decode("deflate", &(ah_coding_limits){.free_bytes = MIB}, ah_buf_str(&coded), 10),
        ", more than 200 times as many");
    decoding result = decode("deflate", &(ah_coding_limits){.free_bytes = 1, .max_ratio = 100000},
                             ah_buf_str(&coded), 10);
    assert_null(result.error);
    decoding_release(&result);

    ah_buf_release(&coded);
}

static void limits_can_be_switched_off(void **state)
{
    (void)state;
    ah_buf coded = bomb(40 * MIB, 1, (int[]){GZIP});

    decoding result = decode("gzip", &(ah_coding_limits){.max_ratio = AHTTP_UNLIMITED},
                             ah_buf_str(&coded), SIZE_MAX);

    assert_null(result.error);
    assert_int_equal(result.out.len, 40 * MIB);
    decoding_release(&result);
    ah_buf_release(&coded);
}

static void the_limit_is_one_of_the_whole_row(void **state)
{
    (void)state;
    ah_buf coded = bomb(100 * MIB, 2, (int[]){GZIP, GZIP});

    decoding result = decode("gzip, gzip", NULL, ah_buf_str(&coded), SIZE_MAX);

    assert_true(coded.len < 2000);
    assert_true(result.out.len < 11 * MIB);
    assert_too_large(result, ", more than 200 times as many");
    ah_buf_release(&coded);
}

/* Empty members make much between the codings and nothing at the end. */
static void what_swells_between_two_codings_counts(void **state)
{
    (void)state;
    ah_buf member = {0};
    ah_buf inner = {0};
    ah_buf coded = {0};
    compress_as(&member, AH_STR(""), GZIP);
    while (inner.len < 12 * MIB)
        ah_buf_append(&inner, ah_buf_str(&member));
    compress_as(&coded, ah_buf_str(&inner), GZIP);

    assert_too_large(decode("gzip, gzip", NULL, ah_buf_str(&coded), SIZE_MAX),
                     ", more than 200 times as many");

    ah_buf_release(&member);
    ah_buf_release(&inner);
    ah_buf_release(&coded);
}

static void one_call_never_makes_much(void **state)
{
    (void)state;
    ah_buf coded = bomb(MIB, 1, (int[]){GZIP});
    ah_buf out = {0};
    ah_decoder *decoder;
    ahttp_error *error;
    assert_true(ah_decoder_new(AH_STR("gzip"), NULL, &decoder, &error));
    ah_str input = ah_buf_str(&coded);

    assert_int_equal(decoder->ops->decode(decoder, &input, &out, SIZE_MAX), AH_CODING_MORE_ROOM);

    assert_true(out.len <= 128 << 10);
    decoder->ops->free(decoder);
    ah_buf_release(&out);
    ah_buf_release(&coded);
}

/* ---- Fields of a response ---- */

static void fields_of_one_name_are_one_list(void **state)
{
    (void)state;
    ah_arena arena = {0};
    ahttp_headers fields;
    ah_decoder *decoder;
    ahttp_error *error;
    ah_buf coded = bomb(1000, 2, (int[]){GZIP, ZLIB});
    ah_headers_init(&fields, &arena);

    assert_true(ah_decoder_new_for(&fields, NULL, &decoder, &error));
    assert_null(decoder);
    ah_headers_add(&fields, AH_STR("content-encoding"), AH_STR("gzip"));
    ah_headers_add(&fields, AH_STR("X"), AH_STR("gzip"));
    ah_headers_add(&fields, AH_STR("Content-Encoding"), AH_STR("identity, deflate"));
    assert_true(ah_decoder_new_for(&fields, NULL, &decoder, &error));

    decoding result = decode_with(decoder, ah_buf_str(&coded), 7, 7);
    assert_null(result.error);
    assert_int_equal(result.out.len, 1000);
    decoding_release(&result);

    ah_headers_add(&fields, AH_STR("Content-Encoding"), AH_STR("compress"));
    assert_false(ah_decoder_new_for(&fields, NULL, &decoder, &error));
    assert_null(decoder);
    assert_null(error);
    ah_buf_release(&coded);
    ah_arena_release(&arena);
}

static void decode_in_scarcity(void *ctx)
{
    ah_decoder *decoder;
    ahttp_error *error;

    if (!ah_decoder_new(AH_STR("gzip"), &(ah_coding_limits){.free_bytes = 1, .max_ratio = 1},
                        &decoder, &error)) {
        assert_ptr_equal(error, ah_error_no_memory());
        return;
    }
    decoding result = decode_with(decoder, ah_buf_str(ctx), SIZE_MAX, SIZE_MAX);
    assert_non_null(result.error);
    decoding_release(&result);
}

static void running_out_of_memory_is_an_error_like_others(void **state)
{
    (void)state;
    ah_buf coded = bomb(100000, 1, (int[]){GZIP});

    for_each_allocation(decode_in_scarcity, &coded);

    ah_buf_release(&coded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bomb_stops_soon_after_its_limit),
        cmocka_unit_test(what_stays_small_may_swell_as_it_likes),
        cmocka_unit_test(what_swells_little_may_be_large),
        cmocka_unit_test(limits_can_be_chosen),
        cmocka_unit_test(limits_can_be_switched_off),
        cmocka_unit_test(the_limit_is_one_of_the_whole_row),
        cmocka_unit_test(what_swells_between_two_codings_counts),
        cmocka_unit_test(one_call_never_makes_much),
        cmocka_unit_test(fields_of_one_name_are_one_list),
        cmocka_unit_test(running_out_of_memory_is_an_error_like_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
