/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "http/json.h"
#include "support/failing_alloc.h"

static ah_arena arena;

static int end(void **state)
{
    (void)state;
    ah_arena_release(&arena);
    return 0;
}

static const ah_json *read_text(const char *text)
{
    const char *why = "";
    const ah_json *value = ah_json_read(&arena, ah_str_from(text), &why);

    if (!value)
        fail_msg("%s: %s", text, why);
    return value;
}

static void values_have_kinds(void **state)
{
    static const struct {
        const char *text;
        ah_json_kind kind;
    } cases[] = {
        {" null ", AH_JSON_NULL},   {"false", AH_JSON_FALSE},  {"\ttrue\n", AH_JSON_TRUE},
        {"0", AH_JSON_NUMBER},      {"-1.50", AH_JSON_NUMBER}, {"1e+09", AH_JSON_NUMBER},
        {"\"\"", AH_JSON_STRING},   {"[]", AH_JSON_ARRAY},     {"[ ]", AH_JSON_ARRAY},
        {"{\r\n}", AH_JSON_OBJECT},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(read_text(cases[i].text)->kind, cases[i].kind);
}

static void members_are_found_by_name(void **state)
{
    (void)state;
    const ah_json *object = read_text("{\"a\": {\"b\": [1, \"x\", null]}, \"t\": true, \"n\": -12,"
                                      " \"s\": \"\", \"a\": 7, \"f\": 1.5}");

    const ah_json *list = ah_json_member(ah_json_member(object, "a"), "b");
    assert_str(list->first->text, "1");
    assert_str(list->first->next->text, "x");
    assert_int_equal(list->first->next->next->kind, AH_JSON_NULL);
    assert_null(list->first->next->next->next);
    assert_true(ah_json_member_is_true(object, "t"));
    assert_false(ah_json_member_is_true(object, "n"));
    assert_int_equal(ah_json_member_integer(object, "n"), -12);
    assert_int_equal(ah_json_member_integer(object, "f"), 0);
    assert_int_equal(ah_json_member_integer(object, "t"), 0);
    assert_string_equal(ah_json_member_text(object, "s"), "");
    assert_null(ah_json_member_text(object, "n"));
    assert_null(ah_json_member(object, "missing"));
    assert_null(ah_json_member(list, "b"));
    assert_null(ah_json_member(NULL, "b"));
}

static void escapes_in_strings_are_undone(void **state)
{
    (void)state;
    assert_str(read_text("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"")->text, "\"\\/\b\f\n\r\t");
    assert_str(read_text("\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00\"")->text,
               "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    assert_str(read_text("\"\\ud83d!\\ude00\\ud83d\\u0041\"")->text,
               "\xef\xbf\xbd!\xef\xbf\xbd\xef\xbf\xbd"
               "A");
    ah_str with_nul = read_text("\"a\\u0000b\"")->text;
    assert_int_equal(with_nul.len, 3);
}

static void what_is_no_json_is_refused(void **state)
{
    static const char *const texts[] = {
        "",       " ",           "{",        "[1",        "[1,]",
        "[1 2]",  "{\"a\"}",     "{\"a\":}", "{a:1}",     "{\"a\":1,}",
        "nul",    "01",          "-",        "1.",        ".5",
        "1e",     "\"a",         "\"\\x\"",  "\"\\u12\"", "\"\\ud83d\\u12\"",
        "\"\n\"", "1 2",         "[]]",      "'a'",       "\"\\",
        "+1",     "\"\\u12g4\"",
    };
    const char *why;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        why = NULL;
        if (ah_json_read(&arena, ah_str_from(texts[i]), &why) || !why)
            fail_msg("%s was read", texts[i]);
    }
}

static void depth_is_bounded(void **state)
{
    char text[131];
    const char *why = NULL;

    (void)state;
    memset(text, '[', 65);
    memset(text + 65, ']', 65);
    text[130] = '\0';
    assert_null(ah_json_read(&arena, ah_str_from(text), &why));
    assert_string_equal(why, "it is nested too deeply");
    assert_non_null(ah_json_read(&arena, ah_str_make(text + 1, 128), &why));
}

static void assert_written(const char *text, const char *expected)
{
    ah_buf out = {0};

    ah_json_write_string(&out, ah_str_from(text));
    assert_str(ah_buf_str(&out), expected);
    ah_buf_release(&out);
}

static void strings_are_written_so_that_they_can_be_read(void **state)
{
    (void)state;
    assert_written("", "\"\"");
    assert_written("a/\"\\\n\x7f", "\"a/\\\"\\\\\\u000a\\u007f\"");
    assert_written("\xc3\xa9", "\"\xc3\xa9\"");
    assert_written("\xe9!", "\"\xef\xbf\xbd!\"");
}

static void read_in_scarcity(void *ctx)
{
    ah_arena scarce = {0};
    const char *why = NULL;

    if (!ah_json_read(&scarce, ah_str_from(ctx), &why))
        assert_ptr_equal(why, AH_JSON_NO_MEMORY);
    ah_arena_release(&scarce);
}

static void running_out_of_memory_is_told(void **state)
{
    char text[4000] = "{\"a\": [1";

    (void)state;
    for (int i = 0; i < 200; i++)
        strcat(text, ", \"text\"");
    strcat(text, "]}");
    for_each_allocation(read_in_scarcity, text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(values_have_kinds, end),
        cmocka_unit_test_teardown(members_are_found_by_name, end),
        cmocka_unit_test_teardown(escapes_in_strings_are_undone, end),
        cmocka_unit_test_teardown(what_is_no_json_is_refused, end),
        cmocka_unit_test_teardown(depth_is_bounded, end),
        cmocka_unit_test_teardown(strings_are_written_so_that_they_can_be_read, end),
        cmocka_unit_test(running_out_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
