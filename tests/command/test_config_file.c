/* SPDX-License-Identifier: MIT */
/* Options in files: a line each, with or without dashes, quotes and comments. */
#include "words.h"

static int read_config(global *global, const char *content)
{
    char *path = file_of(content);
    int code = READ_WORDS(global, "-K", path, "h");

    unlink(path);
    return code;
}

static void a_line_is_an_option_however_it_is_written(void **state)
{
    static const char *const lines[] = {
        "user-agent = me",
        "user-agent: me",
        "user-agent me",
        "--user-agent me",
        "-A me",
        "-Ame",
        "user-agent=\"me\"",
        "  user-agent   =   me  ",
        "user-agent = me #",
        "\tuser-agent\tme",
        "user-agent = me\r",
        "# comment\n\nuser-agent = me\n# another",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        global global;
        assert_int_equal(read_config(&global, lines[i]), 0);
        assert_string_equal(global.first->user_agent, "me");
        global_release(&global);
    }
}

static void quoted_values_have_escapes(void **state)
{
    static const struct {
        const char *line, *value;
    } rows[] = {
        {"data \"a b\"", "a b"},
        {"data = \"say \\\"hi\\\"\"", "say \"hi\""},
        {"data \"a\\tb\\nc\\rd\\\\e\\x\"", "a\tb\nc\rd\\ex"},
        {"data 'a b'", "'a"},
        {"data a b", "a"},
        {"data \"open", "open"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        global global;
        assert_int_equal(read_config(&global, rows[i].line), 0);
        assert_string_equal(text_str(&global.first->data), rows[i].value);
        global_release(&global);
    }
}

static void next_in_a_file_begins_anew(void **state)
{
    global global;

    (void)state;
    assert_int_equal(read_config(&global, "next\nurl = h/a\n-d x\nnext\nurl = h/b\n"), 0);
    assert_string_equal(global.first->sources[0].url, "h/a");
    assert_string_equal(global.first->next->sources[0].url, "h/b");
    assert_false(global.first->next->has_data);
    global_release(&global);
}

static void a_file_may_name_another_but_not_itself_for_ever(void **state)
{
    char inner[64], line[128];
    global global;

    (void)state;
    snprintf(inner, sizeof inner, "%s", file_of("user-agent = me\n"));
    snprintf(line, sizeof line, "-K %s\n-e there\n", inner);
    assert_int_equal(read_config(&global, line), 0);
    unlink(inner);
    assert_string_equal(global.first->user_agent, "me");
    assert_string_equal(global.first->referer, "there");
    global_release(&global);

    snprintf(inner, sizeof inner, "%s", file_of(""));
    FILE *file = fopen(inner, "w");
    fprintf(file, "-K %s\n", inner);
    fclose(file);
    assert_int_equal(READ_WORDS(&global, "-K", inner, "h"), 2);
    unlink(inner);
    global_release(&global);
}

static void a_bad_line_is_told_with_file_and_number(void **state)
{
    char *path = file_of("user-agent = me\nno-such = x\n");
    char *words[] = {(char *)"ahttp", (char *)"-q", (char *)"-K", path};
    char wanted[128];
    char *said;
    size_t len;
    int code = 0;

    (void)state;
    global global = {.errors = open_memstream(&said, &len)};
    assert_false(command_line_read(&global, 4, words, &code));
    assert_int_equal(code, 2);
    fflush(global.errors);
    snprintf(wanted, sizeof wanted, "%s:2: no-such is unknown", path);
    assert_non_null(strstr(said, wanted));
    unlink(path);
    global_release(&global);
    free(said);
}

static void the_default_file_is_read_unless_q_comes_first(void **state)
{
    char home[] = "/tmp/ahttp-home-XXXXXX", path[64];
    char *words[] = {(char *)"ahttp", (char *)"h", (char *)"-q"};
    char *with_q[] = {(char *)"ahttp", (char *)"-q", (char *)"h"};
    int code = 0;

    (void)state;
    assert_non_null(mkdtemp(home));
    snprintf(path, sizeof path, "%s/.ahttprc", home);
    FILE *file = fopen(path, "w");
    fputs("user-agent = me\n", file);
    fclose(file);
    setenv("HOME", home, 1);
    unsetenv("CURL_HOME");
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("AHTTP_CURL_VERSION");
    global read = {.errors = nowhere()}, unread = {.errors = nowhere()};
    assert_true(command_line_read(&read, 3, words, &code));
    assert_true(command_line_read(&unread, 3, with_q, &code));
    unlink(path);
    rmdir(home);
    assert_string_equal(read.first->user_agent, "me");
    assert_string_equal(read.config_path, path);
    assert_null(unread.first->user_agent);
    global_release(&read);
    global_release(&unread);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_an_option_however_it_is_written),
        cmocka_unit_test(quoted_values_have_escapes),
        cmocka_unit_test(next_in_a_file_begins_anew),
        cmocka_unit_test(a_file_may_name_another_but_not_itself_for_ever),
        cmocka_unit_test(a_bad_line_is_told_with_file_and_number),
        cmocka_unit_test(the_default_file_is_read_unless_q_comes_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
