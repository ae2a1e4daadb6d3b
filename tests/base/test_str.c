/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "base/str.h"

static void equality_is_about_bytes_and_length(void **state)
{
    (void)state;

    assert_true(ah_str_equal(AH_STR("abc"), AH_STR("abc")));
    assert_true(ah_str_equal(ah_str_from(NULL), AH_STR("")));
    assert_false(ah_str_equal(AH_STR("abc"), AH_STR("abC")));
    assert_false(ah_str_equal(AH_STR("abc"), AH_STR("ab")));
    assert_false(ah_str_equal(AH_STR("a\0b"), AH_STR("a\0c")));
}

static void only_ascii_letters_lose_their_case(void **state)
{
    (void)state;

    assert_true(ah_str_equal_nocase(AH_STR("Content-LENGTH"), AH_STR("content-length")));
    assert_true(ah_str_equal_nocase(ah_str_from(NULL), AH_STR("")));
    assert_false(ah_str_equal_nocase(AH_STR("abc"), AH_STR("abcd")));
    assert_false(ah_str_equal_nocase(AH_STR("["), AH_STR("{")));
    assert_false(ah_str_equal_nocase(AH_STR("\xc4"), AH_STR("\xe4")));
}

static void letters_and_digits_are_told_apart_at_their_borders(void **state)
{
    (void)state;

    assert_true(ah_is_alpha('a') && ah_is_alpha('z') && ah_is_alpha('A') && ah_is_alpha('Z'));
    assert_false(ah_is_alpha('@') || ah_is_alpha('[') || ah_is_alpha('`') || ah_is_alpha('{'));
    assert_true(ah_is_digit('0') && ah_is_digit('9'));
    assert_false(ah_is_digit('/') || ah_is_digit(':'));
}

static void beginnings_and_ends_are_found(void **state)
{
    (void)state;

    assert_true(ah_str_starts_with(AH_STR("http://h"), AH_STR("http://")));
    assert_true(ah_str_starts_with(AH_STR("h"), AH_STR("")));
    assert_false(ah_str_starts_with(AH_STR("HTTP://h"), AH_STR("http://")));
    assert_false(ah_str_starts_with(AH_STR("htt"), AH_STR("http")));
    assert_true(ah_str_starts_with_nocase(AH_STR("HTTP://h"), AH_STR("http://")));
    assert_false(ah_str_starts_with_nocase(AH_STR("HTT"), AH_STR("http")));
    assert_true(ah_str_ends_with(AH_STR("example.com"), AH_STR(".com")));
    assert_false(ah_str_ends_with(AH_STR("com"), AH_STR(".com")));
    assert_false(ah_str_ends_with(AH_STR("example.org"), AH_STR(".com")));
}

static void a_character_is_found_from_both_ends(void **state)
{
    (void)state;
    ah_str text = AH_STR("a.b.c");

    assert_int_equal(ah_str_find(text, '.'), 1);
    assert_int_equal(ah_str_find_last(text, '.'), 3);
    assert_int_equal(ah_str_find(text, 'x'), text.len);
    assert_int_equal(ah_str_find_last(text, 'x'), text.len);
    assert_int_equal(ah_str_find(ah_str_from(NULL), 'x'), 0);
    assert_int_equal(ah_str_find_last(ah_str_from(NULL), 'x'), 0);
}

static void a_slice_is_cut_to_what_is_there(void **state)
{
    (void)state;
    ah_str text = AH_STR("abcdef");

    assert_str(ah_str_slice(text, 2, 3), "cde");
    assert_str(ah_str_slice(text, 4, 100), "ef");
    assert_str(ah_str_slice(text, 7, 1), "");
    assert_str(ah_str_slice(text, 3, SIZE_MAX), "def");
    assert_ptr_equal(ah_str_slice(text, 6, 0).ptr, text.ptr + 6);
    assert_null(ah_str_slice(ah_str_from(NULL), 3, 3).ptr);
}

static void trimming_takes_spaces_and_tabs_only(void **state)
{
    (void)state;

    assert_str(ah_str_trim(AH_STR(" \t a b\t ")), "a b");
    assert_str(ah_str_trim(AH_STR("\na\r")), "\na\r");
    assert_str(ah_str_trim(AH_STR(" \t ")), "");
    assert_str(ah_str_trim(ah_str_from(NULL)), "");
}

static void splitting_gives_empty_parts_too(void **state)
{
    (void)state;
    static const char *const expected[] = {"a", "", "b", ""};
    ah_str rest = AH_STR("a,,b,");
    ah_str part;
    size_t count = 0;

    while (ah_str_split(&rest, ',', &part))
        assert_str(part, expected[count++]);

    assert_int_equal(count, COUNT_OF(expected));
    assert_null(rest.ptr);
}

static void splitting_nothing_gives_nothing_and_splitting_empty_text_one_part(void **state)
{
    (void)state;
    ah_str nothing = ah_str_from(NULL);
    ah_str empty = AH_STR("");
    ah_str part;

    assert_false(ah_str_split(&nothing, ',', &part));
    assert_true(ah_str_split(&empty, ',', &part));
    assert_str(part, "");
    assert_false(ah_str_split(&empty, ',', &part));
}

static void numbers_are_read_up_to_the_largest(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        uint64_t number;
    } cases[] = {
        {"0", true, 0},
        {"007", true, 7},
        {"18446744073709551615", true, UINT64_MAX},
        {"18446744073709551616", false, 0},
        {"99999999999999999999", false, 0},
        {"", false, 0},
        {"+1", false, 0},
        {"-1", false, 0},
        {" 1", false, 0},
        {"1 ", false, 0},
        {"0x1", false, 0},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint64_t number = 1;
        bool ok = ah_str_to_u64(ah_str_from(cases[i].text), &number);
        if (ok != cases[i].ok || (ok && number != cases[i].number))
            fail_msg("\"%s\"", cases[i].text);
    }
}

static void hexadecimal_digits_have_values(void **state)
{
    (void)state;

    assert_int_equal(ah_hex_value('0'), 0);
    assert_int_equal(ah_hex_value('9'), 9);
    assert_int_equal(ah_hex_value('a'), 10);
    assert_int_equal(ah_hex_value('F'), 15);
    assert_int_equal(ah_hex_value('g'), -1);
    assert_int_equal(ah_hex_value('/'), -1);
    assert_int_equal(ah_hex_value('\0'), -1);
}

static void a_list_has_its_members_whatever_their_case(void **state)
{
    (void)state;

    assert_true(ah_str_list_has(AH_STR("close"), AH_STR("close")));
    assert_true(ah_str_list_has(AH_STR("Keep-Alive ,\tUPGRADE"), AH_STR("upgrade")));
    assert_true(ah_str_list_has(AH_STR(",, close,"), AH_STR("close")));
    assert_false(ah_str_list_has(AH_STR("closed, not-close"), AH_STR("close")));
    assert_false(ah_str_list_has(ah_str_from(NULL), AH_STR("close")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equality_is_about_bytes_and_length),
        cmocka_unit_test(only_ascii_letters_lose_their_case),
        cmocka_unit_test(letters_and_digits_are_told_apart_at_their_borders),
        cmocka_unit_test(beginnings_and_ends_are_found),
        cmocka_unit_test(a_character_is_found_from_both_ends),
        cmocka_unit_test(a_slice_is_cut_to_what_is_there),
        cmocka_unit_test(trimming_takes_spaces_and_tabs_only),
        cmocka_unit_test(splitting_gives_empty_parts_too),
        cmocka_unit_test(splitting_nothing_gives_nothing_and_splitting_empty_text_one_part),
        cmocka_unit_test(numbers_are_read_up_to_the_largest),
        cmocka_unit_test(hexadecimal_digits_have_values),
        cmocka_unit_test(a_list_has_its_members_whatever_their_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
