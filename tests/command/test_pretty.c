/* SPDX-License-Identifier: MIT */
/* JSON in lines, and heads in colours. */
#include "support/check.h"

#include "extras.h"
#include <string.h>

static void json_is_put_in_lines(void **state)
{
    static const struct {
        const char *json, *lines;
    } rows[] = {
        {"1", "1\n"},
        {" null ", "null\n"},
        {"\"a\\\"b\"", "\"a\\\"b\"\n"},
        {"{}", "{}\n"},
        {"[ ]", "[]\n"},
        {"[1,2]", "[\n  1,\n  2\n]\n"},
        {"{\"a\":1,\"b\":[true,{\"c\":-1.5e3}]}",
         "{\n  \"a\": 1,\n  \"b\": [\n    true,\n    {\n      \"c\": -1.5e3\n    }\n  ]\n}\n"},
        {"{\n\t\"a\" : \"x,y\"\r\n}", "{\n  \"a\": \"x,y\"\n}\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        text out = {0};
        assert_true(pretty_json(&out, rows[i].json, strlen(rows[i].json), false));
        assert_string_equal(text_str(&out), rows[i].lines);
        text_free(&out);
    }
}

static void what_is_no_json_is_left_alone(void **state)
{
    static const char *const rows[] = {"",      "{",      "[1,", "[1,]",       "{\"a\"}",
                                       "{a:1}", "\"open", "1 2", "{\"a\":1}x", "<html>"};
    text out = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (pretty_json(&out, rows[i], strlen(rows[i]), false))
            fail_msg("%s became %s", rows[i], text_str(&out));
    assert_int_equal(out.len, 0);
    text_free(&out);
}

static void what_is_too_deep_is_left_alone(void **state)
{
    char deep[1000];
    text out = {0};

    (void)state;
    memset(deep, '[', 500);
    memset(deep + 500, ']', 500);
    assert_false(pretty_json(&out, deep, sizeof deep, false));
    text_free(&out);
}

static void colours_tell_names_from_values(void **state)
{
    static const char json[] = "{\"a\":\"b\",\"c\":1}";
    text out = {0};

    (void)state;
    assert_true(pretty_json(&out, json, sizeof json - 1, true));
    assert_string_equal(text_str(&out), "{\n  \033[34m\"a\"\033[0m: \033[32m\"b\"\033[0m,\n"
                                        "  \033[34m\"c\"\033[0m: \033[36m1\033[0m\n}\n");
    text_free(&out);
}

static void heads_are_coloured_by_status(void **state)
{
    static const struct {
        const char *line, *coloured;
    } rows[] = {
        {"HTTP/1.1 200 OK\r\n", "\033[32mHTTP/1.1 200 OK\033[0m\r\n"},
        {"HTTP/1.1 301 Moved\r\n", "\033[36mHTTP/1.1 301 Moved\033[0m\r\n"},
        {"HTTP/1.1 404 No\n", "\033[31mHTTP/1.1 404 No\033[0m\n"},
        {"Server: x:y\r\n", "\033[34mServer\033[0m: x:y\r\n"},
        {"\r\n", "\r\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        text out = {0};
        pretty_head_line(&out, rows[i].line, strlen(rows[i].line));
        assert_string_equal(text_str(&out), rows[i].coloured);
        text_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_is_put_in_lines),
        cmocka_unit_test(what_is_no_json_is_left_alone),
        cmocka_unit_test(what_is_too_deep_is_left_alone),
        cmocka_unit_test(colours_tell_names_from_values),
        cmocka_unit_test(heads_are_coloured_by_status),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
