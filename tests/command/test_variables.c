/* SPDX-License-Identifier: MIT */
/* --variable and what --expand-... makes of {{name}}. */
#include "words.h"

#include "variables.h"

static global global_of(const char *const *set)
{
    global global = {.errors = nowhere()};

    for (; *set; set++)
        assert_int_equal(variable_set(&global, *set), OPTION_OK);
    return global;
}

static void names_stand_for_their_values(void **state)
{
    static const char *const set[] = {"a=1",      "b=two words", "c=",     "a=one", "q=\"x\"\n",
                                      "s= \t x ", "u=a/b c",     "h=aGkh", NULL};
    static const struct {
        const char *text, *expanded;
    } rows[] = {
        {"plain", "plain"},
        {"{{a}}", "one"},
        {"<{{a}}-{{b}}>", "<one-two words>"},
        {"{{c}}{{none}}", ""},
        {"\\{{a}}", "{{a}}"},
        {"{{a", "{{a"},
        {"{a}", "{a}"},
        {"{{a b}}", "{{a b}}"},
        {"{{}}", "{{}}"},
        {"{{s:trim}}", "x"},
        {"{{u:url}}", "a%2Fb%20c"},
        {"{{b:b64}}", "dHdvIHdvcmRz"},
        {"{{h:64dec}}", "hi!"},
        {"{{u:64dec}}", "[64dec-fail]"},
        {"{{q:json}}", "\\\"x\\\"\\n"},
        {"{{s:trim:b64}}", "eA=="},
    };
    global global = global_of(set);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        text why = {0};
        char *expanded = variables_expand(&global, rows[i].text, &why);
        assert_string_equal(expanded, rows[i].expanded);
        free(expanded);
    }
    global_release(&global);
}

static void values_come_from_files_and_the_environment_and_may_be_cut(void **state)
{
    char *path = file_of("from a file");
    char by_file[128], part[128];
    static const struct {
        const char *text, *expanded;
    } rows[] = {{"{{f}}", "from a file"}, {"{{p}}", "a file"}, {"{{AHTTP_TEST}}", "around"},
                {"{{r}}", "cde"},         {"{{e}}", "ef"},     {"{{AHTTP_NONE}}", "instead"}};

    (void)state;
    setenv("AHTTP_TEST", "around", 1);
    unsetenv("AHTTP_NONE");
    snprintf(by_file, sizeof by_file, "f@%s", path);
    snprintf(part, sizeof part, "p[5-]@%s", path);
    const char *const set[] = {
        by_file, part, "%AHTTP_TEST", "r[2-4]=abcdef", "e[4-99]=abcdef", "%AHTTP_NONE=instead",
        NULL};
    global global = global_of(set);
    unlink(path);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        text why = {0};
        char *expanded = variables_expand(&global, rows[i].text, &why);
        assert_string_equal(expanded, rows[i].expanded);
        free(expanded);
    }
    global_release(&global);
}

static void what_is_no_variable_is_refused(void **state)
{
    static const struct {
        const char *given;
        option_result result;
    } rows[] = {
        {"", OPTION_BAD},
        {"=x", OPTION_BAD},
        {"a", OPTION_BAD},
        {"a-b=x", OPTION_BAD},
        {"%AHTTP_NONE", OPTION_BAD},
        {"a[3-1]=x", OPTION_BAD},
        {"a[x]=y", OPTION_BAD},
        {"a@/nonexistent", OPTION_NO_FILE},
    };
    global global = {.errors = nowhere()};

    (void)state;
    unsetenv("AHTTP_NONE");
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_int_equal(variable_set(&global, rows[i].given), rows[i].result);
    global_release(&global);
}

static void an_unknown_function_and_a_nul_are_errors(void **state)
{
    static const char *const set[] = {"a=1", "z=AAA=", NULL};
    static const char *const rows[] = {"{{a:upper}}", "{{z:64dec}}"};
    global global = global_of(set);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        text why = {0};
        assert_null(variables_expand(&global, rows[i], &why));
        assert_true(why.len > 0);
        text_free(&why);
    }
    global_release(&global);
}

static void expanded_options_see_the_value(void **state)
{
    global global;

    (void)state;
    assert_int_equal(READ_WORDS(&global, "--variable", "n=7", "--expand-url", "h/{{n}}",
                                "--expand-data", "a={{n}}", "--data", "b={{n}}"),
                     0);
    assert_string_equal(global.first->sources[0].url, "h/7");
    assert_string_equal(text_str(&global.first->data), "a=7&b={{n}}");
    global_release(&global);
    assert_int_equal(READ_WORDS(&global, "--expand-silent", "h"), 2);
    global_release(&global);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_stand_for_their_values),
        cmocka_unit_test(values_come_from_files_and_the_environment_and_may_be_cut),
        cmocka_unit_test(what_is_no_variable_is_refused),
        cmocka_unit_test(an_unknown_function_and_a_nul_are_errors),
        cmocka_unit_test(expanded_options_see_the_value),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
