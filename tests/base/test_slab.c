/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "base/slab.h"
#include "support/failing_alloc.h"
#include <stdint.h>
#include <string.h>

enum { SIZE = 176, COUNT = 1000 };

static ah_slab slab;
static unsigned char *things[COUNT];

static int begin(void **state)
{
    (void)state;
    ah_slab_init(&slab, SIZE);
    counting_alloc_install();
    return 0;
}

static int end(void **state)
{
    (void)state;
    assert_int_equal(counting_alloc_counts().live, 0);
    counting_alloc_remove();
    return 0;
}

static void take_all(void)
{
    for (size_t i = 0; i < COUNT; i++) {
        things[i] = ah_slab_take(&slab);
        assert_non_null(things[i]);
        for (size_t at = 0; at < SIZE; at++)
            assert_int_equal(things[i][at], 0);
        memset(things[i], (int)(i % 255) + 1, SIZE);
    }
}

static void give(size_t i)
{
    for (size_t at = 0; at < SIZE; at++)
        assert_int_equal(things[i][at], i % 255 + 1);
    ah_slab_give(&slab, things[i]);
}

static void things_are_zeroed_and_apart_from_each_other(void **state)
{
    (void)state;
    take_all();

    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal((uintptr_t)things[i] % sizeof(void *), 0);
        give(i);
    }
}

static void what_was_given_back_is_zeroed_when_it_is_taken_again(void **state)
{
    (void)state;
    take_all();

    for (size_t i = 0; i < COUNT; i += 2)
        give(i);
    for (size_t i = 0; i < COUNT; i += 2) {
        things[i] = ah_slab_take(&slab);
        for (size_t at = 0; at < SIZE; at++)
            assert_int_equal(things[i][at], 0);
        memset(things[i], (int)(i % 255) + 1, SIZE);
    }

    for (size_t i = COUNT; i-- > 0;)
        give(i);
}

static void many_share_a_page_and_go_with_the_last(void **state)
{
    (void)state;
    take_all();
    size_t pages = counting_alloc_counts().live;

    for (size_t i = 1; i < COUNT; i++)
        give(i);

    if (!ah_memory_is_watched())
        assert_true(pages <= COUNT / 50);
    assert_true(pages > 1);
    assert_int_equal(counting_alloc_counts().live, 1);
    give(0);
}

static void each_has_its_own_where_uses_after_the_end_are_looked_for(void **state)
{
    (void)state;
    take_all();

    assert_true((counting_alloc_counts().live == COUNT) == ah_memory_is_watched());

    for (size_t i = 0; i < COUNT; i++)
        give(i);
}

static void room_is_used_before_a_page_is_added(void **state)
{
    (void)state;
    take_all();
    size_t pages = counting_alloc_counts().live;

    for (size_t round = 0; round < 3; round++)
        for (size_t i = round; i < COUNT; i += 7) {
            give(i);
            things[i] = ah_slab_take(&slab);
            memset(things[i], (int)(i % 255) + 1, SIZE);
        }

    assert_int_equal(counting_alloc_counts().live, pages);
    for (size_t i = 0; i < COUNT; i++)
        give(i);
}

static void take_in_scarcity(void *ctx)
{
    void *thing = ah_slab_take(ctx);

    if (thing)
        ah_slab_give(ctx, thing);
}

static void without_memory_there_is_none(void **state)
{
    (void)state;
    ah_slab_init(&slab, SIZE);

    for_each_allocation(take_in_scarcity, &slab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(things_are_zeroed_and_apart_from_each_other, begin, end),
        cmocka_unit_test_setup_teardown(what_was_given_back_is_zeroed_when_it_is_taken_again, begin,
                                        end),
        cmocka_unit_test_setup_teardown(many_share_a_page_and_go_with_the_last, begin, end),
        cmocka_unit_test_setup_teardown(each_has_its_own_where_uses_after_the_end_are_looked_for,
                                        begin, end),
        cmocka_unit_test_setup_teardown(room_is_used_before_a_page_is_added, begin, end),
        cmocka_unit_test(without_memory_there_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
