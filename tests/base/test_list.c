/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "base/list.h"
#include "base/str.h"

typedef struct item {
    char name;
    ah_link link;
} item;

static item a = {'a', {0}}, b = {'b', {0}}, c = {'c', {0}}, d = {'d', {0}};

static int forget(void **state)
{
    (void)state;
    a.link = b.link = c.link = d.link = (ah_link){0};
    return 0;
}

/* The names in order, read forwards; backwards must be the mirror of it. */
static const char *names(const ah_list *list)
{
    static char text[10];
    size_t len = 0;

    AH_LIST_FOR_EACH(link, list)
    text[len++] = AH_CONTAINER(link, item, link)->name;
    text[len] = '\0';
    for (ah_link *link = list->head.prev; link != &list->head; link = link->prev)
        if (AH_CONTAINER(link, item, link)->name != text[--len])
            fail_msg("backwards is not the mirror of \"%s\"", text);
    assert_int_equal(len, 0);
    return text;
}

static void a_new_list_is_empty(void **state)
{
    (void)state;
    ah_list list;
    ah_list_init(&list);

    assert_true(ah_list_is_empty(&list));
    assert_null(ah_list_first(&list));
    assert_null(ah_list_last(&list));
    assert_null(ah_list_take_first(&list));
    assert_string_equal(names(&list), "");
}

static void links_stand_where_they_were_put(void **state)
{
    (void)state;
    ah_list list;
    ah_list_init(&list);

    ah_list_append(&list, &b.link);
    ah_list_append(&list, &d.link);
    ah_list_prepend(&list, &a.link);
    ah_link_insert_before(&d.link, &c.link);

    assert_string_equal(names(&list), "abcd");
    assert_ptr_equal(ah_list_first(&list), &a.link);
    assert_ptr_equal(ah_list_last(&list), &d.link);
}

static void a_link_leaves_from_anywhere(void **state)
{
    (void)state;
    ah_list list;
    ah_list_init(&list);
    ah_list_append(&list, &a.link);
    ah_list_append(&list, &b.link);
    ah_list_append(&list, &c.link);

    ah_link_remove(&b.link);
    assert_string_equal(names(&list), "ac");
    assert_false(ah_link_is_in_list(&b.link));
    assert_true(ah_link_is_in_list(&a.link));
    ah_link_remove(&b.link);
    assert_string_equal(names(&list), "ac");
    ah_link_remove(&a.link);
    ah_link_remove(&c.link);

    assert_true(ah_list_is_empty(&list));
}

static void taking_goes_first_in_first_out(void **state)
{
    (void)state;
    ah_list list;
    ah_list_init(&list);
    ah_list_append(&list, &a.link);
    ah_list_append(&list, &b.link);

    assert_ptr_equal(ah_list_take_first(&list), &a.link);
    assert_false(ah_link_is_in_list(&a.link));
    ah_list_append(&list, &a.link);
    assert_ptr_equal(ah_list_take_first(&list), &b.link);
    assert_ptr_equal(ah_list_take_first(&list), &a.link);

    assert_null(ah_list_take_first(&list));
}

static void splicing_moves_all_to_the_end(void **state)
{
    (void)state;
    ah_list to, from;
    ah_list_init(&to);
    ah_list_init(&from);

    ah_list_splice(&to, &from);
    assert_true(ah_list_is_empty(&to));
    ah_list_append(&from, &a.link);
    ah_list_append(&from, &b.link);
    ah_list_splice(&to, &from);
    assert_string_equal(names(&to), "ab");
    ah_list_append(&from, &c.link);
    ah_list_splice(&to, &from);

    assert_string_equal(names(&to), "abc");
    assert_true(ah_list_is_empty(&from));
}

static void a_counted_list_knows_how_many_it_holds(void **state)
{
    (void)state;
    ah_counted counted;
    ah_counted_init(&counted);

    ah_counted_append(&counted, &a.link);
    ah_counted_append(&counted, &b.link);
    assert_int_equal(counted.count, 2);
    ah_counted_remove(&counted, &a.link);

    assert_int_equal(counted.count, 1);
    assert_string_equal(names(&counted.list), "b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_new_list_is_empty, forget),
        cmocka_unit_test_setup(links_stand_where_they_were_put, forget),
        cmocka_unit_test_setup(a_link_leaves_from_anywhere, forget),
        cmocka_unit_test_setup(taking_goes_first_in_first_out, forget),
        cmocka_unit_test_setup(splicing_moves_all_to_the_end, forget),
        cmocka_unit_test_setup(a_counted_list_knows_how_many_it_holds, forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
