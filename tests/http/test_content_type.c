/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "http/content_type.h"
#include "support/failing_alloc.h"

typedef struct row {
    const char *text;
    const char *essence;
    const char *charset; /* NULL: none */
} row;

static void types_and_charsets_are_read(void **state)
{
    (void)state;
    static const row rows[] = {
        {"text/html", "text/html", NULL},
        {"Text/HTML;Charset=UTF-8", "text/html", "utf-8"},
        {" text/html ; charset = \"utf-8\" ", "text/html", "utf-8"},
        {"text/html;charset=\"ut\\f-8\"", "text/html", "utf-8"},
        {"text/html; charset='utf-8'", "text/html", "'utf-8'"},
        {"text/html;;;charset=a;charset=b", "text/html", "a"},
        {"text/html; charset=", "text/html", NULL},
        {"text/html; charset", "text/html", NULL},
        {"text/html; =x; charset=a", "text/html", "a"},
        {"text/html; a=\"x;charset=no\"; charset=yes", "text/html", "yes"},
        {"text/html; charset=\"open", "text/html", "open"},
        {"text/html; charset=a,b", "text/html", "a,b"},
        {"multipart/form-data; boundary=\"a b\"", "multipart/form-data", NULL},
        {"application/vnd.api+json", "application/vnd.api+json", NULL},
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ah_arena arena = {0};
        ah_content_type type;
        assert_true(ah_content_type_read(&type, &arena, ah_str_from(rows[i].text)));
        assert_string_equal(type.essence.ptr, rows[i].essence);
        if (rows[i].charset)
            assert_string_equal(type.charset.ptr, rows[i].charset);
        else
            assert_null(type.charset.ptr);
        ah_arena_release(&arena);
    }
}

static void what_is_no_type_is_a_stream_of_octets(void **state)
{
    (void)state;
    static const char *const texts[] = {NULL,         "",           ";charset=a", "text",
                                        "text/",      "/html",      "te xt/html", "text/html/x",
                                        "text/html,", "charset=a;", "text /html"};

    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        ah_arena arena = {0};
        ah_content_type type;
        assert_true(ah_content_type_read(&type, &arena, ah_str_from(texts[i])));
        assert_string_equal(type.essence.ptr, "application/octet-stream");
        assert_str(type.type, "application");
        assert_str(type.subtype, "octet-stream");
        assert_null(type.charset.ptr);
        assert_null(type.params[0].name);
        ah_arena_release(&arena);
    }
}

static void parameters_stay_in_order(void **state)
{
    (void)state;
    ah_arena arena = {0};
    ah_content_type type;

    assert_true(ah_content_type_read(&type, &arena,
                                     AH_STR("a/b; X=1; y=\"a\\\"b;\" junk; x=2; z; w = v v ")));

    static const ahttp_pair expected[] = {
        {"x", "1"}, {"y", "a\"b;"}, {"x", "2"}, {"z", ""}, {"w", "v v"}};
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        assert_string_equal(type.params[i].name, expected[i].name);
        assert_string_equal(type.params[i].value, expected[i].value);
    }
    assert_null(type.params[COUNT_OF(expected)].name);
    assert_string_equal(ah_params_find(type.params, "x"), "1");
    assert_null(ah_params_find(type.params, "q"));
    ah_arena_release(&arena);
}

static void json_is_told_by_type_or_suffix(void **state)
{
    (void)state;
    static const char *const yes[] = {"application/json", "Application/JSON; charset=utf-8",
                                      "application/problem+json", "image/x+json"};
    static const char *const no[] = {"text/json",
                                     "application/json5",
                                     "application/+jsonx",
                                     "application/jsonp",
                                     "text/html; a=application/json",
                                     ""};

    for (size_t i = 0; i < COUNT_OF(yes) + COUNT_OF(no); i++) {
        bool is_json = i < COUNT_OF(yes);
        ah_arena arena = {0};
        ah_content_type type;
        ah_content_type_read(&type, &arena, ah_str_from(is_json ? yes[i] : no[i - COUNT_OF(yes)]));
        assert_int_equal(ah_content_type_is_json(&type), is_json);
        assert_int_equal(ah_content_type_is(&type, AH_STR("application/JSON")), is_json);
        ah_arena_release(&arena);
    }
}

static void other_types_are_compared_without_case_and_parameters(void **state)
{
    (void)state;
    ah_arena arena = {0};
    ah_content_type type;
    ah_content_type_read(&type, &arena, AH_STR("text/Plain; charset=utf-8"));

    assert_true(ah_content_type_is(&type, AH_STR("TEXT/plain")));
    assert_true(ah_content_type_is(&type, AH_STR("text/plain ;charset=x")));
    assert_false(ah_content_type_is(&type, AH_STR("text/plai")));
    assert_false(ah_content_type_is(&type, AH_STR("")));
    ah_arena_release(&arena);
}

static void read_in_scarcity(void *ctx)
{
    (void)ctx;
    ah_arena arena = {0};
    ah_content_type type;

    if (ah_content_type_read(&type, &arena, AH_STR("text/html; charset=utf-8")))
        assert_string_equal(type.charset.ptr, "utf-8");
    ah_arena_release(&arena);
}

static void running_out_of_memory_is_told(void **state)
{
    (void)state;

    for_each_allocation(read_in_scarcity, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_and_charsets_are_read),
        cmocka_unit_test(what_is_no_type_is_a_stream_of_octets),
        cmocka_unit_test(parameters_stay_in_order),
        cmocka_unit_test(json_is_told_by_type_or_suffix),
        cmocka_unit_test(other_types_are_compared_without_case_and_parameters),
        cmocka_unit_test(running_out_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
