/* SPDX-License-Identifier: MIT */
/* Patterns in URLs: what they stand for, in which order, and what is wrong with bad ones. */
#include "support/check.h"

#include "glob.h"
#include <stdlib.h>
#include <string.h>

typedef struct row {
    const char *pattern;
    const char *urls; /* with a space between them */
} row;

static const row patterns[] = {
    {"h/a", "h/a"},
    {"h/{a,b}", "h/a h/b"},
    {"h/{a}", "h/a"},
    {"h/{,b}", "h/ h/b"},
    {"h/{<x>a,b}", "h/a h/b"},
    {"h/{a\\,b,c}", "h/a,b h/c"},
    {"h/[1-3]", "h/1 h/2 h/3"},
    {"h/[8-11]", "h/8 h/9 h/10 h/11"},
    {"h/[08-11]", "h/08 h/09 h/10 h/11"},
    {"h/[1-6:2]", "h/1 h/3 h/5"},
    {"h/[3-3]", "h/3"},
    {"h/[a-c]", "h/a h/b h/c"},
    {"h/[A-G:3]", "h/A h/D h/G"},
    {"h/[<n>1-2]", "h/1 h/2"},
    {"h/{a,b}[1-2]", "h/a1 h/a2 h/b1 h/b2"},
    {"{h,i}/{a,b}", "h/a h/b i/a i/b"},
    {"h/\\{a\\}\\[1\\]", "h/{a}[1]"},
    {"[::1]/[1-2]", "[::1]/1 [::1]/2"},
    {"h/a[]", "h/a[]"},
};

static void patterns_stand_for_urls_of_which_the_last_turns_fastest(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(patterns); i++) {
        text why = {0}, all = {0};
        glob *glob = glob_new(patterns[i].pattern, false, &why);
        if (!glob)
            fail_msg("%s: %s", patterns[i].pattern, text_str(&why));
        for (uint64_t at = 0; at < glob_count(glob); at++) {
            char *url = glob_url(glob, at);
            text_add_format(&all, "%s%s", at > 0 ? " " : "", url);
            free(url);
        }
        assert_string_equal(text_str(&all), patterns[i].urls);
        glob_free(glob);
        text_free(&all);
    }
}

static void bad_patterns_are_pointed_at(void **state)
{
    static const row rows[] = {
        {"h/{a", "unmatched brace in URL position 3:\nh/{a\n  ^"},
        {"h/{a{b}}", "nested brace in URL position 5:\nh/{a{b}}\n    ^"},
        {"h/{a]}", "unexpected close bracket in URL position 5:\nh/{a]}\n    ^"},
        {"h/a}", "unmatched close brace/bracket in URL position 4:\nh/a}\n   ^"},
        {"h/{}", "empty string within braces in URL position 4:\nh/{}\n   ^"},
        {"h/[3-1]", "bad range in URL position 4:\nh/[3-1]\n   ^"},
        {"h/[1-3:0]", "bad range in URL position 4:\nh/[1-3:0]\n   ^"},
        {"h/[1-3:9]", "bad range in URL position 4:\nh/[1-3:9]\n   ^"},
        {"h/[a-Z]", "bad range in URL position 4:\nh/[a-Z]\n   ^"},
        {"h/[1-", "bad range in URL position 4:\nh/[1-\n   ^"},
        {"h/[1-99999999999999999999]",
         "bad range in URL position 4:\nh/[1-99999999999999999999]\n   ^"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        text why = {0};
        assert_null(glob_new(rows[i].pattern, false, &why));
        assert_string_equal(text_str(&why), rows[i].urls);
        text_free(&why);
    }
}

static void a_number_of_urls_that_no_variable_can_hold_is_refused(void **state)
{
    const char *pattern = "[0-999999999][0-999999999][0-999999999]";
    text why = {0};

    (void)state;
    assert_null(glob_new(pattern, false, &why));
    assert_non_null(strstr(text_str(&why), "range overflow"));
    text_free(&why);
}

static void a_literal_is_one_url_whatever_is_in_it(void **state)
{
    text why = {0};
    glob *glob = glob_new("h/{a,[", true, &why);

    (void)state;
    assert_int_equal(glob_count(glob), 1);
    char *url = glob_url(glob, 0);
    assert_string_equal(url, "h/{a,[");
    free(url);
    glob_free(glob);
}

static void file_names_refer_to_patterns_by_number_and_name(void **state)
{
    static const row rows[] = {
        {"f_#1", "f_b"},  {"f_#2", "f_07"}, {"#1#2.txt", "b07.txt"}, {"#<n>-#1", "07-b"},
        {"f_#3", "f_#3"}, {"f_#", "f_#"},   {"#<none>", "#<none>"},  {"##1", "#b"},
    };
    text why = {0};
    glob *glob = glob_new("h/{a,b}/[<n>05-07]", false, &why);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        text name = {0};
        glob_name(&name, glob, rows[i].pattern, 5);
        assert_string_equal(text_str(&name), rows[i].urls);
        text_free(&name);
    }
    assert_true(glob_has_name(glob, "n", 1));
    assert_false(glob_has_name(glob, "nn", 2));
    glob_free(glob);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_stand_for_urls_of_which_the_last_turns_fastest),
        cmocka_unit_test(bad_patterns_are_pointed_at),
        cmocka_unit_test(a_number_of_urls_that_no_variable_can_hold_is_refused),
        cmocka_unit_test(a_literal_is_one_url_whatever_is_in_it),
        cmocka_unit_test(file_names_refer_to_patterns_by_number_and_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
