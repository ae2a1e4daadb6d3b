/* SPDX-License-Identifier: MIT */
#include "http/headers.h"
#include "support/check.h"
#include "support/failing_alloc.h"

static ah_arena arena;
static ahttp_headers headers;

static int set_up(void **state)
{
    (void)state;
    ah_headers_init(&headers, &arena);
    ah_headers_add(&headers, AH_STR("Content-Type"), AH_STR("text/html"));
    ah_headers_add(&headers, AH_STR("Set-Cookie"), AH_STR("a=1"));
    ah_headers_add(&headers, AH_STR("X-Empty"), AH_STR(""));
    ah_headers_add(&headers, AH_STR("set-cookie"), AH_STR("b=2"));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ah_arena_release(&arena);
    return 0;
}

static void fields_stay_in_order_with_their_case_and_repeats(void **state)
{
    (void)state;

    assert_int_equal(ahttp_headers_count(&headers), 4);
    assert_string_equal(ahttp_headers_at(&headers, 1).name, "Set-Cookie");
    assert_string_equal(ahttp_headers_at(&headers, 1).value, "a=1");
    assert_string_equal(ahttp_headers_at(&headers, 3).name, "set-cookie");
    assert_null(ahttp_headers_at(&headers, 4).name);
    assert_null(ahttp_headers_at(&headers, 4).value);
}

static void a_name_is_found_in_any_case(void **state)
{
    (void)state;

    assert_string_equal(ahttp_headers_get(&headers, "content-type"), "text/html");
    assert_string_equal(ahttp_headers_get(&headers, "CONTENT-TYPE"), "text/html");
    assert_string_equal(ahttp_headers_get(&headers, "x-empty"), "");
    assert_null(ahttp_headers_get(&headers, "Content-Typ"));
    assert_null(ahttp_headers_get(&headers, ""));
    assert_null(ahttp_headers_get(&headers, NULL));
}

static void names_differ_whatever_their_length_and_wherever_they_differ(void **state)
{
    (void)state;
    const char letters[] = "abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    for (size_t len = 1; len < sizeof letters; len++) {
        char name[sizeof letters] = "";
        memcpy(name, letters, len);
        ah_headers_clear(&headers);
        ah_headers_add(&headers, ah_str_make(letters, len), AH_STR("found"));

        assert_string_equal(ahttp_headers_get(&headers, name), "found");
        for (size_t at = 0; at < len; at++) {
            name[at] ^= 0x20; /* the other case of a letter */
            const char *value = ahttp_headers_get(&headers, name);
            assert_int_equal(value != NULL, letters[at] != '-');
            name[at] = '+';
            assert_null(ahttp_headers_get(&headers, name));
            name[at] = letters[at];
        }
    }
}

static void a_name_of_the_same_bit_is_another_name(void **state)
{
    (void)state;
    const ah_str names[] = {AH_STR("Content-Encoding"), AH_STR("Content-Language"),
                            AH_STR("content-encoding")};
    ah_headers_clear(&headers);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(ah_name_bit(names[i]), ah_name_bit(names[0]));
        ah_headers_add(&headers, names[i], AH_STR("?"));
    }

    const ah_field *first = ah_headers_find(&headers, AH_STR("CONTENT-ENCODING"));
    assert_ptr_equal(first, headers.fields);
    assert_ptr_equal(ah_headers_find_next(&headers, first), headers.fields + 2);
    assert_null(ah_headers_find_next(&headers, headers.fields + 1));
}

static void repeats_are_counted_from_zero(void **state)
{
    (void)state;

    assert_string_equal(ahttp_headers_get_nth(&headers, "Set-Cookie", 0), "a=1");
    assert_string_equal(ahttp_headers_get_nth(&headers, "Set-Cookie", 1), "b=2");
    assert_null(ahttp_headers_get_nth(&headers, "Set-Cookie", 2));
}

static void texts_are_copied(void **state)
{
    char name[] = "Name";
    char value[] = "value";
    (void)state;

    ah_headers_add(&headers, ah_str_from(name), ah_str_from(value));
    name[0] = value[0] = '?';

    assert_string_equal(ahttp_headers_get(&headers, "Name"), "value");
}

static void a_list_grows_and_keeps_what_it_has(void **state)
{
    (void)state;

    for (int i = 0; i < 100; i++)
        assert_true(ah_headers_add(&headers, AH_STR("X"), AH_STR("y")));
    assert_true(ah_headers_reserve(&headers, 1000));

    assert_int_equal(ahttp_headers_count(&headers), 104);
    assert_true(headers.cap >= 1104);
    assert_string_equal(ahttp_headers_at(&headers, 0).name, "Content-Type");
    assert_string_equal(ahttp_headers_at(&headers, 103).value, "y");
    assert_false(ah_headers_reserve(&headers, SIZE_MAX / 8));
}

static void list_members_are_found_across_fields(void **state)
{
    (void)state;
    ah_headers_add(&headers, AH_STR("Connection"), AH_STR("foo, Keep-Alive"));
    ah_headers_add(&headers, AH_STR("connection"), AH_STR(" ,Upgrade ,"));

    assert_true(ah_headers_list_has(&headers, AH_STR("Connection"), AH_STR("keep-alive")));
    assert_true(ah_headers_list_has(&headers, AH_STR("Connection"), AH_STR("upgrade")));
    assert_false(ah_headers_list_has(&headers, AH_STR("Connection"), AH_STR("keep")));
    assert_false(ah_headers_list_has(&headers, AH_STR("Missing"), AH_STR("keep-alive")));
}

static void a_name_is_a_token(void **state)
{
    const char others[] = "!#$%&'*+-.^_`|~";
    (void)state;

    assert_true(ah_field_name_is_valid(AH_STR("X-Requested-With9")));
    assert_true(ah_field_name_is_valid(ah_str_from(others)));
    assert_false(ah_field_name_is_valid(AH_STR("")));
    for (int c = 0; c < 256; c++) {
        char text[] = {'a', (char)c};
        bool is_token = ah_is_alpha((char)c) || ah_is_digit((char)c) || (c && strchr(others, c));
        assert_int_equal(ah_field_name_is_valid(ah_str_make(text, 2)), is_token);
    }
}

static void a_value_has_no_control_characters_but_tab(void **state)
{
    (void)state;

    assert_true(ah_field_value_is_valid(AH_STR("")));
    for (int c = 0; c < 256; c++) {
        char text[] = {'a', (char)c};
        bool is_allowed = c == '\t' || (c >= ' ' && c != 0x7F);
        assert_int_equal(ah_field_value_is_valid(ah_str_make(text, 2)), is_allowed);
    }
}

static void fill(void *ctx)
{
    ah_arena own = {0};
    ahttp_headers list;
    size_t added = 0;
    (void)ctx;

    ah_headers_init(&list, &own);
    for (int i = 0; i < 200; i++)
        added += ah_headers_add(&list, AH_STR("A-Name-Of-Some-Length"), AH_STR("some value"));
    assert_int_equal(ahttp_headers_count(&list), added);
    if (added > 0)
        assert_string_equal(ahttp_headers_at(&list, added - 1).value, "some value");
    ah_arena_release(&own);
}

static void running_out_of_memory_leaves_a_whole_list(void **state)
{
    (void)state;

    for_each_allocation(fill, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(fields_stay_in_order_with_their_case_and_repeats, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_name_is_found_in_any_case, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_differ_whatever_their_length_and_wherever_they_differ,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_name_of_the_same_bit_is_another_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(repeats_are_counted_from_zero, set_up, tear_down),
        cmocka_unit_test_setup_teardown(texts_are_copied, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_list_grows_and_keeps_what_it_has, set_up, tear_down),
        cmocka_unit_test_setup_teardown(list_members_are_found_across_fields, set_up, tear_down),
        cmocka_unit_test(a_name_is_a_token),
        cmocka_unit_test(a_value_has_no_control_characters_but_tab),
        cmocka_unit_test(running_out_of_memory_leaves_a_whole_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
