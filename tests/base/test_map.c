/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "base/map.h"
#include "base/mem.h"
#include "support/failing_alloc.h"
#include <stdio.h>

enum { COUNT = 1000 };

typedef struct thing {
    ah_map_node node;
    char name[20];
    bool seen;
} thing;

static thing things[COUNT];

static ah_str name_of(size_t i)
{
    snprintf(things[i].name, sizeof things[i].name, "thing-%zu", i);
    return ah_str_from(things[i].name);
}

static thing *find(const ah_map *map, ah_str key)
{
    ah_map_node *node = ah_map_find(map, key);

    return node ? AH_CONTAINER(node, thing, node) : NULL;
}

static void an_empty_map_has_nothing(void **state)
{
    (void)state;
    ah_map map = {0};

    assert_null(ah_map_find(&map, AH_STR("a")));
    assert_null(ah_map_first(&map));
    ah_map_release(&map);
}

static void what_was_added_is_found_until_it_is_removed(void **state)
{
    (void)state;
    ah_map map = {0};

    for (size_t i = 0; i < COUNT; i++)
        assert_true(ah_map_add(&map, &things[i].node, name_of(i)));
    assert_int_equal(map.count, COUNT);
    for (size_t i = 0; i < COUNT; i += 2)
        ah_map_remove(&map, &things[i].node);

    assert_int_equal(map.count, COUNT / 2);
    for (size_t i = 0; i < COUNT; i++)
        assert_ptr_equal(find(&map, name_of(i)), i % 2 ? &things[i] : NULL);
    assert_null(ah_map_find(&map, AH_STR("another")));
    ah_map_release(&map);
}

static void a_guess_is_what_is_found_or_something_to_compare(void **state)
{
    (void)state;
    ah_map map = {0};
    uint64_t hash = ah_map_hash(AH_STR("a"));

    ah_map_look_ahead(&map, hash);
    assert_null(ah_map_guess(&map, hash));
    for (size_t i = 0; i < COUNT; i++)
        assert_true(ah_map_add(&map, &things[i].node, name_of(i)));

    for (size_t i = 0; i < COUNT; i++) {
        hash = ah_map_hash(things[i].node.key);
        ah_map_look_ahead(&map, hash);
        assert_ptr_equal(ah_map_guess(&map, hash), &things[i].node);
    }
    assert_null(ah_map_guess(&map, ah_map_hash(AH_STR("another"))));
    ah_map_release(&map);
}

static void keys_of_every_length_are_told_apart(void **state)
{
    (void)state;
    static const char zeros[40];
    ah_map map = {0};

    for (size_t len = 0; len < sizeof zeros; len++)
        assert_true(ah_map_add(&map, &things[len].node, ah_str_make(zeros, len)));

    for (size_t len = 0; len < sizeof zeros; len++)
        assert_ptr_equal(find(&map, ah_str_make(zeros, len)), &things[len]);
    ah_map_release(&map);
}

static void a_walk_meets_each_thing_once(void **state)
{
    (void)state;
    ah_map map = {0};
    size_t met = 0;
    for (size_t i = 0; i < COUNT; i++) {
        things[i].seen = false;
        assert_true(ah_map_add(&map, &things[i].node, name_of(i)));
    }

    for (ah_map_node *node = ah_map_first(&map); node; node = ah_map_next(&map, node)) {
        thing *here = AH_CONTAINER(node, thing, node);
        assert_false(here->seen);
        here->seen = true;
        met++;
    }

    assert_int_equal(met, COUNT);
    ah_map_release(&map);
}

/* Whatever closes the gaps. */
static void a_walk_that_removes_misses_nothing(void **state)
{
    (void)state;
    enum { ALL = 700, WALKS = 50 }; /* nearly as many as the table takes */
    ah_map map = {0};

    for (size_t walk = 0; walk < WALKS; walk++) {
        size_t kept = walk % 4; /* of four */
        for (size_t i = 0; i < ALL; i++) {
            things[i].seen = false;
            snprintf(things[i].name, sizeof things[i].name, "%zu-%zu", walk, i);
            assert_true(ah_map_add(&map, &things[i].node, ah_str_from(things[i].name)));
        }
        for (ah_map_node *node = ah_map_first(&map); node;) {
            thing *here = AH_CONTAINER(node, thing, node);
            here->seen = true;
            bool stays = (size_t)(here - things) % 4 < kept;
            node = stays ? ah_map_next(&map, node) : ah_map_remove_and_next(&map, node);
        }
        for (size_t i = 0; i < ALL; i++) {
            bool stays = i % 4 < kept;
            assert_true(things[i].seen);
            assert_ptr_equal(find(&map, things[i].node.key), stays ? &things[i] : NULL);
            if (stays)
                ah_map_remove(&map, &things[i].node);
        }
        assert_int_equal(map.count, 0);
    }
    ah_map_release(&map);
}

static void things_lie_near_their_places(void **state)
{
    (void)state;
    ah_map map = {0};
    size_t sum = 0;
    for (size_t i = 0; i < COUNT; i++)
        assert_true(ah_map_add(&map, &things[i].node, name_of(i)));

    for (size_t i = 0; i < map.size; i++)
        if (map.places[i].node)
            sum += (i - map.places[i].hash) & (map.size - 1);

    assert_true(sum < (size_t)COUNT * 4); /* half of it, if chance is fair */
    ah_map_release(&map);
}

static void a_map_that_cannot_grow_still_takes_things(void **state)
{
    (void)state;
    ah_map map = {0};
    counting_alloc_install();

    counting_alloc_fail_nth(1);
    assert_false(ah_map_add(&map, &things[0].node, name_of(0)));
    assert_int_equal(map.count, 0);
    for (size_t i = 0; i < 15; i++) {
        counting_alloc_fail_nth(i == 0 ? 0 : 1);
        assert_true(ah_map_add(&map, &things[i].node, name_of(i)));
    }
    counting_alloc_fail_nth(1);
    assert_false(ah_map_add(&map, &things[15].node, name_of(15)));

    for (size_t i = 0; i < 15; i++)
        assert_ptr_equal(find(&map, name_of(i)), &things[i]);
    assert_null(find(&map, name_of(15)));
    counting_alloc_fail_nth(0);
    assert_true(ah_map_add(&map, &things[15].node, name_of(15)));
    assert_ptr_equal(find(&map, name_of(15)), &things[15]);
    ah_map_release(&map);
    counting_alloc_remove();
}

/* Any few of many, in a table that is never large. */
static void what_comes_and_goes_leaves_no_gaps(void **state)
{
    (void)state;
    enum { FEW = 40, STEPS = 20000 };
    ah_map map = {0};
    bool is_in[FEW] = {false};
    uint32_t random = 1;

    for (int step = 0; step < STEPS; step++) {
        random = random * 1664525 + 1013904223;
        size_t i = (random >> 16) % FEW;
        if (is_in[i])
            ah_map_remove(&map, &things[i].node);
        else
            assert_true(ah_map_add(&map, &things[i].node, name_of(i)));
        is_in[i] = !is_in[i];
        for (size_t other = 0; other < FEW; other++)
            assert_ptr_equal(find(&map, name_of(other)), is_in[other] ? &things[other] : NULL);
    }
    ah_map_release(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_map_has_nothing),
        cmocka_unit_test(what_was_added_is_found_until_it_is_removed),
        cmocka_unit_test(a_guess_is_what_is_found_or_something_to_compare),
        cmocka_unit_test(keys_of_every_length_are_told_apart),
        cmocka_unit_test(a_walk_meets_each_thing_once),
        cmocka_unit_test(a_walk_that_removes_misses_nothing),
        cmocka_unit_test(things_lie_near_their_places),
        cmocka_unit_test(a_map_that_cannot_grow_still_takes_things),
        cmocka_unit_test(what_comes_and_goes_leaves_no_gaps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
