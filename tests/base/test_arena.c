/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "base/arena.h"
#include "support/failing_alloc.h"
#include <stdalign.h>

static void pieces_are_aligned_and_do_not_overlap(void **state)
{
    (void)state;
    enum { COUNT = 500 };
    ah_arena arena = {0};
    unsigned char *pieces[COUNT];

    for (size_t i = 0; i < COUNT; i++) {
        pieces[i] = ah_arena_alloc(&arena, i);
        assert_int_equal((uintptr_t)pieces[i] % alignof(max_align_t), 0);
        memset(pieces[i], (int)i & 255, i);
    }

    for (size_t i = 0; i < COUNT; i++)
        for (size_t j = 0; j < i; j++)
            if (pieces[i][j] != (i & 255))
                fail_msg("piece %zu was overwritten", i);
    ah_arena_release(&arena);
}

static void copies_have_a_nul_behind_them(void **state)
{
    (void)state;
    ah_arena arena = {0};

    char *copy = ah_arena_copy(&arena, ah_str_make("abcdef", 3));
    char *empty = ah_arena_copy(&arena, ah_str_from(NULL));

    assert_string_equal(copy, "abc");
    assert_string_equal(empty, "");
    ah_arena_release(&arena);
}

static void the_newest_text_grows_in_place(void **state)
{
    (void)state;
    ah_arena arena = {0};
    char *text = ah_arena_copy(&arena, AH_STR("ab"));

    char *longer = ah_arena_append(&arena, ah_str_from(text), AH_STR("cd"));
    char *same = ah_arena_append(&arena, ah_str_from(longer), ah_str_from(NULL));

    assert_ptr_equal(longer, text);
    assert_ptr_equal(same, text);
    assert_string_equal(same, "abcd");
    ah_arena_release(&arena);
}

static void an_older_text_is_copied_to_grow(void **state)
{
    (void)state;
    ah_arena arena = {0};
    char *text = ah_arena_copy(&arena, AH_STR("ab"));
    char *newer = ah_arena_copy(&arena, AH_STR("xy"));

    char *longer = ah_arena_append(&arena, ah_str_from(text), AH_STR("cd"));

    assert_string_equal(longer, "abcd");
    assert_string_equal(text, "ab");
    assert_string_equal(newer, "xy");
    ah_arena_release(&arena);
}

static void a_text_that_outgrows_its_block_moves(void **state)
{
    (void)state;
    ah_arena arena = {0};
    char *text = ah_arena_copy(&arena, AH_STR(""));

    for (size_t i = 0; i < 10000; i++)
        text = ah_arena_append(&arena, ah_str_make(text, i), AH_STR("x"));

    assert_int_equal(strlen(text), 10000);
    assert_int_equal(strspn(text, "x"), 10000);
    ah_arena_release(&arena);
}

static void what_cannot_be_counted_is_out_of_memory(void **state)
{
    (void)state;
    ah_arena arena = {0};
    char *text = ah_arena_copy(&arena, AH_STR("ab"));
    ah_str huge = ah_str_make(text, SIZE_MAX / 2);

    assert_null(ah_arena_alloc(&arena, SIZE_MAX));
    assert_null(ah_arena_alloc(&arena, SIZE_MAX - 20));
    assert_null(ah_arena_append(&arena, AH_STR(""), huge));

    assert_string_equal(text, "ab");
    ah_arena_release(&arena);
}

static void fill(ah_arena *arena)
{
    for (int i = 0; i < 30; i++)
        assert_non_null(ah_arena_alloc(arena, 100));
}

static void a_reset_arena_serves_the_same_again_without_allocating(void **state)
{
    (void)state;
    ah_arena arena = {0};
    counting_alloc_install();
    fill(&arena);
    size_t before = counting_alloc_counts().allocations;
    assert_int_equal(before, 1);

    for (int i = 0; i < 10; i++) {
        ah_arena_reset(&arena);
        fill(&arena);
    }

    assert_int_equal(counting_alloc_counts().allocations, before);
    ah_arena_release(&arena);
    counting_alloc_remove();
}

static void a_reset_keeps_one_block_even_when_the_first_piece_was_big(void **state)
{
    (void)state;
    ah_arena arena = {0};
    counting_alloc_install();
    memset(ah_arena_alloc(&arena, 100000), 1, 100000);
    memset(ah_arena_alloc(&arena, 3000), 1, 3000);

    ah_arena_reset(&arena);

    assert_int_equal(counting_alloc_counts().live, 1);
    size_t before = counting_alloc_counts().allocations;
    memset(ah_arena_alloc(&arena, 3000), 1, 3000);
    assert_int_equal(counting_alloc_counts().allocations, before);
    ah_arena_release(&arena);
    ah_arena_release(&arena);
    ah_arena_reset(&arena);
    counting_alloc_remove();
}

static void the_block_an_arena_gave_back_last_is_the_next_ones(void **state)
{
    (void)state;
    ah_arena_store store = {0};
    ah_arena first = {.store = &store}, second = {.store = &store}, third = {.store = &store};
    char *older = ah_arena_copy(&first, AH_STR("first"));
    char *newer = ah_arena_copy(&second, AH_STR("second"));
    ah_arena_reset(&first);
    ah_arena_reset(&second);
    counting_alloc_install();

    assert_ptr_equal(ah_arena_copy(&third, AH_STR("third")), newer);
    assert_ptr_equal(ah_arena_copy(&first, AH_STR("first")), older);

    assert_int_equal(counting_alloc_counts().allocations, 0);
    ah_arena_reset(&third);
    ah_arena_reset(&first);
    counting_alloc_remove();
    ah_arena_store_release(&store);
}

static void a_store_keeps_no_block_of_a_big_piece(void **state)
{
    (void)state;
    ah_arena_store store = {0};
    ah_arena arena = {.store = &store};
    counting_alloc_install();
    memset(ah_arena_alloc(&arena, 3000), 1, 3000);
    memset(ah_arena_alloc(&arena, 100000), 1, 100000);
    ah_arena_reset(&arena);
    assert_int_equal(counting_alloc_counts().live, 1);
    ah_arena other = {.store = &store};
    memset(ah_arena_alloc(&other, 100000), 1, 100000);

    ah_arena_release(&other);

    assert_int_equal(counting_alloc_counts().live, 1);
    ah_arena_store_release(&store);
    assert_int_equal(counting_alloc_counts().live, 0);
    counting_alloc_remove();
}

static void arenas_that_share_a_store_hand_their_blocks_on(void **state)
{
    (void)state;
    char own[3][32];
    ah_arena_store store = {0};
    ah_arena arenas[3] = {{.store = &store}, {.store = &store}, {.store = &store}};
    counting_alloc_install();

    for (int i = 0; i < 30; i++) {
        ah_arena *arena = &arenas[i % 3];
        ah_arena_restart(arena, own[i % 3], sizeof own[0]);
        assert_ptr_equal(ah_arena_copy(arena, AH_STR("first")), own[i % 3]);
        memset(ah_arena_alloc(arena, 1000), 1, 1000);
        ah_arena_restart(arena, own[i % 3], sizeof own[0]);
    }

    assert_int_equal(counting_alloc_counts().allocations, 1);
    for (int i = 0; i < 3; i++)
        ah_arena_release(&arenas[i]);
    ah_arena_store_release(&store);
    assert_int_equal(counting_alloc_counts().live, 0);
    counting_alloc_remove();
}

static void use(void *ctx)
{
    (void)ctx;
    ah_arena arena = {0};

    char *text = ah_arena_copy(&arena, AH_STR("text"));
    char *big = ah_arena_alloc(&arena, 10000);
    char *longer = text ? ah_arena_append(&arena, ah_str_from(text), AH_STR(" more")) : NULL;
    if (big)
        memset(big, 1, 10000);
    if (longer)
        assert_string_equal(longer, "text more");
    ah_arena_release(&arena);
}

static void running_out_of_memory_leaves_the_arena_usable(void **state)
{
    (void)state;

    for_each_allocation(use, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_aligned_and_do_not_overlap),
        cmocka_unit_test(copies_have_a_nul_behind_them),
        cmocka_unit_test(the_newest_text_grows_in_place),
        cmocka_unit_test(an_older_text_is_copied_to_grow),
        cmocka_unit_test(a_text_that_outgrows_its_block_moves),
        cmocka_unit_test(what_cannot_be_counted_is_out_of_memory),
        cmocka_unit_test(a_reset_arena_serves_the_same_again_without_allocating),
        cmocka_unit_test(a_reset_keeps_one_block_even_when_the_first_piece_was_big),
        cmocka_unit_test(the_block_an_arena_gave_back_last_is_the_next_ones),
        cmocka_unit_test(a_store_keeps_no_block_of_a_big_piece),
        cmocka_unit_test(arenas_that_share_a_store_hand_their_blocks_on),
        cmocka_unit_test(running_out_of_memory_leaves_the_arena_usable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
