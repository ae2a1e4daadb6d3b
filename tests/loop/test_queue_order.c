/* SPDX-License-Identifier: MIT */
/* Queues out of which items come in another order than that in which they went in. */
#include "support/check.h"
#include <ahttp/sync.h>
#include <ahttp/task.h>
#include <string.h>

static ahttp_loop *loop;
static ahttp_queue *queue;

/* By the first letter alone. */
static int compare_letters(const void *a, const void *b, void *ctx)
{
    assert_ptr_equal(ctx, &loop);
    return *(const char *)a - *(const char *)b;
}

static int open_lifo(void **state)
{
    (void)state;
    loop = ahttp_loop_new(.virtual_clock = true);
    queue = ahttp_queue_new_lifo(0, NULL);
    return queue ? 0 : -1;
}

static int open_priority(void **state)
{
    (void)state;
    loop = ahttp_loop_new(.virtual_clock = true);
    queue = ahttp_queue_new_priority(0, NULL, compare_letters, &loop);
    return queue ? 0 : -1;
}

static int close_all(void **state)
{
    (void)state;
    ahttp_queue_free(queue);
    return ahttp_loop_close(loop);
}

static void put_all(size_t count, char *const items[])
{
    for (size_t i = 0; i < count; i++)
        assert_true(ahttp_queue_try_put(queue, items[i]));
}

static void assert_rest(const char *expected)
{
    char all[256] = "";
    void *item;

    while (ahttp_queue_try_get(queue, &item))
        strcat(strcat(all, item), " ");
    assert_string_equal(all, expected);
}

static void the_last_in_is_the_first_out(void **state)
{
    (void)state;
    char *items[] = {"a", "b", "c"};
    put_all(3, items);

    assert_string_equal(ahttp_await(ahttp_queue_get(queue)), "c");
    put_all(1, (char *[]){"d"});

    assert_rest("d b a ");
}

static void what_nobody_took_of_a_stack_is_on_top_again(void **state)
{
    (void)state;
    put_all(3, (char *[]){"a", "b", "c"});
    ahttp_future *c = ahttp_queue_get(queue);
    ahttp_future *b = ahttp_queue_get(queue);
    put_all(1, (char *[]){"d"});

    ahttp_drop(c);
    ahttp_drop(b);
    ahttp_loop_run(loop);

    assert_rest("d c b a ");
}

static void the_least_comes_first_and_of_equal_ones_the_oldest(void **state)
{
    (void)state;
    put_all(7, (char *[]){"m1", "z1", "a1", "m2", "b1", "m3", "a2"});

    assert_string_equal(ahttp_await(ahttp_queue_get(queue)), "a1");
    put_all(2, (char *[]){"a3", "m4"});

    assert_rest("a2 a3 b1 m1 m2 m3 m4 z1 ");
}

static void what_nobody_took_has_its_old_place_by_priority(void **state)
{
    (void)state;
    put_all(3, (char *[]){"m1", "a1", "m2"});
    ahttp_future *a1 = ahttp_queue_get(queue);
    ahttp_future *m1 = ahttp_queue_get(queue);
    put_all(1, (char *[]){"m3"});

    ahttp_drop(m1);
    ahttp_drop(a1);
    ahttp_loop_run(loop);

    assert_rest("a1 m1 m2 m3 ");
}

static void who_waits_for_a_priority_gets_the_first_that_comes(void **state)
{
    (void)state;
    ahttp_future *waiting = ahttp_queue_get(queue);

    put_all(2, (char *[]){"z", "a"});

    assert_string_equal(ahttp_await(waiting), "z");
    assert_rest("a ");
}

static void thousands_of_items_come_in_order(void **state)
{
    (void)state;
    static char texts[5000][2];
    unsigned chance = 1;
    for (int i = 0; i < 5000; i++) {
        chance = chance * 1103515245 + 12345;
        texts[i][0] = (char)('a' + (chance >> 16) % 26);
        assert_true(ahttp_queue_try_put(queue, texts[i]));
    }

    char *before = texts[0];
    for (int i = 0; i < 5000; i++) {
        void *next;
        assert_true(ahttp_queue_try_get(queue, &next));
        assert_true(i == 0 || *before < *(char *)next ||
                    (*before == *(char *)next && before < (char *)next));
        before = next;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_last_in_is_the_first_out, open_lifo, close_all),
        cmocka_unit_test_setup_teardown(what_nobody_took_of_a_stack_is_on_top_again, open_lifo,
                                        close_all),
        cmocka_unit_test_setup_teardown(the_least_comes_first_and_of_equal_ones_the_oldest,
                                        open_priority, close_all),
        cmocka_unit_test_setup_teardown(what_nobody_took_has_its_old_place_by_priority,
                                        open_priority, close_all),
        cmocka_unit_test_setup_teardown(who_waits_for_a_priority_gets_the_first_that_comes,
                                        open_priority, close_all),
        cmocka_unit_test_setup_teardown(thousands_of_items_come_in_order, open_priority, close_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
