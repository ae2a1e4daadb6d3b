/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "client/body.h"
#include "support/failing_alloc.h"
#include <ahttp/error.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static ah_body body;

static int begin(void **state)
{
    (void)state;
    counting_alloc_install();
    body = (ah_body){0};
    ah_body_reset(&body);
    return 0;
}

static int end(void **state)
{
    (void)state;
    ah_body_release(&body);
    counting_alloc_remove();
    return 0;
}

/* len bytes of 'z' as gzip. */
static ah_str gzipped(size_t len)
{
    static unsigned char out[1 << 20];
    unsigned char *zs = malloc(len ? len : 1);
    z_stream z = {0};

    memset(zs, 'z', len);
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = zs;
    z.avail_in = (unsigned)len;
    z.next_out = out;
    z.avail_out = sizeof out;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    size_t size = z.total_out;
    deflateEnd(&z);
    free(zs);
    return ah_str_make((char *)out, size);
}

static void bytes_that_were_read_to_their_place_are_not_copied(void **state)
{
    ah_str piece;
    size_t cap;

    (void)state;
    assert_null(ah_body_add(&body, AH_STR("one ")));
    char *place = ah_body_place(&body, 100000, &cap);
    assert_non_null(place);
    assert_int_equal(cap, 100000);
    memcpy(place, "two", 3);
    assert_null(ah_body_add(&body, ah_str_make(place, 3)));
    assert_null(ah_body_take(&body, SIZE_MAX, &piece));

    assert_str(piece, "one two");
    assert_ptr_equal(piece.ptr + 4, place);
}

static void there_is_a_place_only_where_bytes_stay_as_they_came(void **state)
{
    ah_str piece;
    size_t cap;

    (void)state;
    assert_null(ah_body_place(&body, 100, &cap)); /* too few to be worth it */
    assert_non_null(ah_body_place(&body, UINT64_MAX, &cap));
    assert_int_equal(cap, AH_BODY_HIGH_WATER);
    assert_null(ah_body_add(&body, AH_STR("lent")));
    assert_null(ah_body_take(&body, 1, &piece)); /* the buffer must not move now */
    assert_null(ah_body_place(&body, 100000, &cap));
}

static void bytes_are_handed_out_as_they_came(void **state)
{
    ah_str piece;

    (void)state;
    assert_null(ah_body_add(&body, AH_STR("one ")));
    assert_null(ah_body_add(&body, AH_STR("two")));
    assert_null(ah_body_take(&body, SIZE_MAX, &piece));
    assert_str(piece, "one two");
    assert_false(ah_body_is_complete(&body));
    assert_null(ah_body_add(&body, AH_STR("!")));
    assert_null(ah_body_end(&body));
    assert_true(ah_body_is_complete(&body));
    assert_null(ah_body_take(&body, SIZE_MAX, &piece));
    assert_str(piece, "!");
}

static void a_complete_body_is_handed_out_where_it_is(void **state)
{
    ah_str all, piece;

    (void)state;
    assert_null(ah_body_add(&body, AH_STR("one two")));
    assert_null(ah_body_end(&body));
    all = ah_body_unread(&body);
    piece = ah_body_take_in_place(&body, 4);
    assert_str(piece, "one ");
    assert_ptr_equal(piece.ptr, all.ptr);
    piece = ah_body_take_in_place(&body, SIZE_MAX);
    assert_str(piece, "two");
    assert_ptr_equal(piece.ptr, all.ptr + 4);
    assert_int_equal(ah_body_take_in_place(&body, SIZE_MAX).len, 0);
    assert_int_equal(ah_body_unread(&body).len, 0);
}

static void there_is_no_room_beyond_the_high_water_mark(void **state)
{
    static char bytes[AH_BODY_HIGH_WATER];
    ah_str piece;

    (void)state;
    assert_null(ah_body_add(&body, ah_str_make(bytes, sizeof bytes - 1)));
    assert_true(ah_body_has_room(&body));
    assert_null(ah_body_add(&body, ah_str_make(bytes, 1)));
    assert_false(ah_body_has_room(&body));
    assert_null(ah_body_take(&body, SIZE_MAX, &piece));
    assert_int_equal(piece.len, sizeof bytes);
    assert_true(ah_body_has_room(&body));
}

/* A read that begins and takes count bytes. */
static ah_str take(size_t count)
{
    ah_str piece;

    ah_body_begin_read(&body, 0);
    assert_null(ah_body_take(&body, count, &piece));
    return piece;
}

static void a_piece_stays_where_it_is_while_more_comes(void **state)
{
    static char much[AH_BODY_HIGH_WATER / 2];

    (void)state;
    assert_null(ah_body_add(&body, AH_STR("one two")));
    ah_str one = take(4);
    assert_null(ah_body_add(&body, ah_str_make(much, sizeof much)));

    assert_str(one, "one ");
    assert_str(take(3), "two");
    ah_body_begin_read(&body, 0);
    assert_null(ah_body_go_on(&body));
    assert_int_equal(ah_body_unread(&body).len, sizeof much);
}

static void the_wire_stops_when_a_lent_piece_is_in_its_way(void **state)
{
    (void)state;
    assert_null(ah_body_add(&body, AH_STR("one two")));
    take(4);
    assert_true(ah_body_has_room(&body));
    assert_null(ah_body_add(&body, AH_STR(" three")));

    assert_false(ah_body_has_room(&body));
    ah_body_begin_read(&body, 0);
    assert_null(ah_body_go_on(&body));
    assert_true(ah_body_has_room(&body));
    assert_str(ah_body_unread(&body), "two three");
}

static void what_is_taken_bit_by_bit_is_decoded_to_its_end(void **state)
{
    enum { SIZE = 1 << 20 };
    size_t total = 0;

    (void)state;
    body.decoder = ah_decoder_gzip_new();
    assert_null(ah_body_add(&body, gzipped(SIZE)));
    assert_null(ah_body_end(&body));
    while (!ah_body_is_complete(&body) || ah_body_unread(&body).len > 0) {
        ah_body_begin_read(&body, 0);
        if (ah_body_unread(&body).len < 1000)
            assert_null(ah_body_go_on(&body));
        assert_true(body.ready.len <= AH_BODY_HIGH_WATER);
        total += take(1000).len;
    }

    assert_int_equal(total, SIZE);
}

static void a_read_that_wants_much_raises_the_mark_until_it_is_served(void **state)
{
    enum { WANTED = 3 * AH_BODY_HIGH_WATER };

    (void)state;
    body.decoder = ah_decoder_gzip_new();
    assert_null(ah_body_add(&body, gzipped(10 * AH_BODY_HIGH_WATER)));
    ah_body_begin_read(&body, WANTED);
    assert_null(ah_body_go_on(&body));
    assert_int_equal(ah_body_unread(&body).len, WANTED);
    ah_str piece;
    assert_null(ah_body_take(&body, WANTED, &piece));

    assert_int_equal(piece.len, WANTED);
    assert_int_equal(ah_body_unread(&body).len, AH_BODY_HIGH_WATER);
}

static void a_failed_decoder_is_not_asked_again(void **state)
{
    ah_str good = gzipped(1000);
    ah_str piece;

    (void)state;
    body.decoder = ah_decoder_gzip_new();
    assert_null(ah_body_add(&body, good));
    ah_body_begin_read(&body, 0);
    assert_null(ah_body_take(&body, 10, &piece));
    assert_null(ah_body_add(&body, AH_STR("\x1f\x8b nonsense")));
    ah_body_begin_read(&body, 0);
    ahttp_error *error = ah_body_go_on(&body);
    assert_non_null(error);
    assert_int_equal(error->code, AHTTP_E_CODING);
    ah_error_free(error);

    assert_null(ah_body_go_on(&body));
    assert_int_equal(take(SIZE_MAX).len, 990);
}

static void a_body_that_swells_is_decoded_in_bounded_steps(void **state)
{
    enum { SIZE = 10 << 20 };
    size_t total = 0;
    ah_str piece;

    (void)state;
    body.decoder = ah_decoder_gzip_new();
    assert_null(ah_body_add(&body, gzipped(SIZE)));
    assert_null(ah_body_end(&body));
    while (!ah_body_is_complete(&body) || body.ready.len > 0) {
        assert_false(ah_body_has_room(&body) && !body.wire_ended);
        assert_null(ah_body_take(&body, SIZE_MAX, &piece));
        assert_true(piece.len > 0 && piece.len <= AH_BODY_HIGH_WATER);
        total += piece.len;
    }

    assert_int_equal(total, SIZE);
}

static void a_whole_body_stops_at_its_limit_however_it_swells(void **state)
{
    (void)state;
    body.decoder = ah_decoder_gzip_new();
    assert_null(ah_body_want_whole(&body, 1000));
    ahttp_error *error = ah_body_add(&body, gzipped(10 << 20));

    assert_non_null(error);
    assert_int_equal(error->code, AHTTP_E_BODY_TOO_LARGE);
    assert_true(body.ready.len <= 1001);
    ah_error_free(error);
}

static void a_whole_body_of_just_its_limit_is_fine(void **state)
{
    (void)state;
    body.decoder = ah_decoder_gzip_new();
    assert_null(ah_body_want_whole(&body, 1000));
    assert_null(ah_body_add(&body, gzipped(1000)));
    assert_null(ah_body_end(&body));

    assert_true(ah_body_is_complete(&body));
    assert_int_equal(body.ready.len, 1000);
}

static void what_was_held_back_is_decoded_when_the_whole_is_wanted(void **state)
{
    enum { SIZE = 1 << 20 };

    (void)state;
    body.decoder = ah_decoder_gzip_new();
    assert_null(ah_body_add(&body, gzipped(SIZE)));
    assert_null(ah_body_end(&body));
    assert_true(body.ready.len <= AH_BODY_HIGH_WATER);
    assert_null(ah_body_want_whole(&body, AHTTP_UNLIMITED));

    assert_true(ah_body_is_complete(&body));
    assert_int_equal(body.ready.len, SIZE);
}

static void coded_data_that_is_cut_is_an_error_at_the_end(void **state)
{
    ah_str data = gzipped(1000);

    (void)state;
    body.decoder = ah_decoder_gzip_new();
    assert_null(ah_body_add(&body, ah_str_slice(data, 0, data.len - 1)));
    ahttp_error *error = ah_body_end(&body);

    assert_non_null(error);
    assert_int_equal(error->code, AHTTP_E_CODING);
    ah_error_free(error);
}

static void an_empty_coded_body_is_complete(void **state)
{
    (void)state;
    body.decoder = ah_decoder_gzip_new();
    assert_null(ah_body_end(&body));

    assert_true(ah_body_is_complete(&body));
    assert_int_equal(body.ready.len, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(bytes_that_were_read_to_their_place_are_not_copied),
        TEST(there_is_a_place_only_where_bytes_stay_as_they_came),
        TEST(bytes_are_handed_out_as_they_came),
        TEST(a_complete_body_is_handed_out_where_it_is),
        TEST(there_is_no_room_beyond_the_high_water_mark),
        TEST(a_piece_stays_where_it_is_while_more_comes),
        TEST(the_wire_stops_when_a_lent_piece_is_in_its_way),
        TEST(what_is_taken_bit_by_bit_is_decoded_to_its_end),
        TEST(a_read_that_wants_much_raises_the_mark_until_it_is_served),
        TEST(a_failed_decoder_is_not_asked_again),
        TEST(a_body_that_swells_is_decoded_in_bounded_steps),
        TEST(a_whole_body_stops_at_its_limit_however_it_swells),
        TEST(a_whole_body_of_just_its_limit_is_fine),
        TEST(what_was_held_back_is_decoded_when_the_whole_is_wanted),
        TEST(coded_data_that_is_cut_is_an_error_at_the_end),
        TEST(an_empty_coded_body_is_complete),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
