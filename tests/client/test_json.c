/* SPDX-License-Identifier: MIT */
/* Bodies as JSON: its type, its parser, and the parsers of two libraries where they are. */
#include "scarcity.h"

#if HAVE_JANSSON
#include <ahttp/jansson.h>
#endif
#if HAVE_CJSON
#include <ahttp/cjson.h>
#endif

static fixture f;
static ahttp_response *response;
static int parsed, freed;

static int begin(void **state)
{
    (void)state;
    f = start(NULL, false);
    response = NULL;
    parsed = freed = 0;
    return 0;
}

static int end(void **state)
{
    (void)state;
    ahttp_response_unref(response);
    finish(&f);
    return 0;
}

/* Steps that answer each request with that body; type may be NULL.  Valid until the next call. */
static const server_step *body_server(const char *type, const char *body, size_t len)
{
    static char head[256];
    static server_step steps[4];

    snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\n%s%s%sContent-Length: %zu\r\n\r\n",
             type ? "Content-Type: " : "", type ? type : "", type ? "\r\n" : "", len);
    memcpy(steps, ((server_step[]){READ_REQUEST, SEND(head), SEND_BYTES(body, len), AGAIN}),
           sizeof steps);
    return steps;
}

static ahttp_response *get(const char *type, const char *body, size_t len)
{
    ahttp_response_unref(response);
    response = NULL;
    finish(&f);
    f = start(&(server_script){.connections = {body_server(type, body, len)}}, false);
    response = response_of(ahttp_get(f.session, server_url(f.server, "/page")));
    return response;
}
#define GET(type, body) get(type, body, sizeof(body) - 1)

/* The value is a copy of the text; one that begins with '!' is not valid. */
static void *parse(const char *text, size_t len, char *why, size_t size)
{
    parsed++;
    assert_int_equal(text[len], '\0');
    if (*text == '!')
        snprintf(why, size, "line 1: no value begins with '!'");
    return *text == '!' || *text == '?' ? NULL : strdup(text);
}

static void free_value(void *value)
{
    freed++;
    free(value);
}

static ahttp_future *json(bool any_type)
{
    return ahttp_response_json(response, parse, free_value, any_type);
}

static void assert_parses(ahttp_future *future, const char *expected)
{
    char *value = ahttp_await(future);

    if (!value)
        fail_msg("%s", ahttp_task_error()->message);
    assert_string_equal(value, expected);
    free(value);
}

/* ---- What is parsed ---- */

static void a_body_of_json_is_parsed_and_the_value_is_the_callers(void **state)
{
    (void)state;
    GET("application/json", "{\"a\": 1}");

    assert_parses(json(false), "{\"a\": 1}");
    assert_parses(json(false), "{\"a\": 1}");
    assert_int_equal(parsed, 2);
    assert_int_equal(freed, 0);
    assert_string_equal(ahttp_await(ahttp_response_text(response)), "{\"a\": 1}");
}

static void types_that_end_in_json_are_json(void **state)
{
    static const char *const types[] = {"application/problem+json; charset=utf-8",
                                        "Application/JSON", "application/vnd.api+JSON"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        get(types[i], "[]", 2);
        assert_parses(json(false), "[]");
    }
}

static void other_types_are_an_error_that_names_them_unless_allowed(void **state)
{
    (void)state;
    GET("text/html; charset=utf-8", "<p>502</p>");
    assert_fails(json(false), AHTTP_E_CONTENT_TYPE,
                 "/page: read response body as JSON: its content type is text/html, ");
    assert_int_equal(parsed, 0);
    assert_string_equal(ahttp_await(ahttp_response_text(response)), "<p>502</p>");
    assert_parses(json(true), "<p>502</p>");

    GET(NULL, "[]");
    assert_fails(json(false), AHTTP_E_CONTENT_TYPE, "does not say its content type");
    assert_parses(json(true), "[]");
}

static void an_empty_body_is_no_value_and_no_error(void **state)
{
    static const struct {
        const char *type, *body;
    } cases[] = {
        {"application/json", ""}, {"application/json", " \r\n\t"}, {"text/html", ""}, {NULL, ""}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        get(cases[i].type, cases[i].body, strlen(cases[i].body));
        ahttp_future *value = json(false);
        assert_int_equal(ahttp_await_status(value), 0);
    }
    assert_int_equal(parsed, 0);
}

static void json_is_utf_8_unless_its_type_says_otherwise(void **state)
{
    (void)state;
    GET("application/json; charset=latin1", "\"\xfc\"");
    assert_parses(json(false), "\"ü\"");
    GET("application/json", "\xef\xbb\xbf\"ü\"");
    assert_parses(json(false), "\"ü\"");
    GET("application/json", "\"\xfc\"");
    assert_fails(json(false), AHTTP_E_CHARSET, "byte 1");
}

static void text_that_is_not_valid_is_an_error_with_the_parsers_reason(void **state)
{
    (void)state;
    GET("application/json", "!");
    assert_fails(json(false), AHTTP_E_JSON, "/page: read response body as JSON: line 1: no value");
    GET("application/json", "?");
    assert_fails(json(false), AHTTP_E_JSON, "read response body as JSON: it is not valid");
    assert_string_equal(ahttp_await(ahttp_response_text(response)), "?");
}

/* ---- When ---- */

static void the_parser_is_called_from_the_loop_and_never_inside_the_call(void **state)
{
    (void)state;
    GET("application/json", "[]");
    assert_non_null(ahttp_await(ahttp_response_read(response)));
    ahttp_future *value = json(false);

    assert_int_equal(parsed, 0);
    assert_parses(value, "[]");
}

static void a_value_that_nobody_takes_is_freed(void **state)
{
    (void)state;
    GET("application/json", "[]");
    ahttp_drop(json(false));
    while (parsed == 0)
        assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);

    assert_int_equal(freed, 1);
}

static void a_cancel_before_the_parser_is_called_spares_the_call(void **state)
{
    (void)state;
    GET("application/json", "[]");
    assert_non_null(ahttp_await(ahttp_response_read(response)));
    ahttp_future *value = json(false);
    ahttp_future_cancel(value);
    assert_fails(value, AHTTP_E_CANCELLED, "cancelled");

    assert_int_equal(parsed, 0);
    assert_parses(json(false), "[]");
}

static ahttp_future *own;

static void *parse_and_give_up(const char *text, size_t len, char *why, size_t size)
{
    ahttp_future_cancel(own);
    ahttp_response_unref(response);
    response = NULL;
    return parse(text, len, why, size);
}

static void a_parser_may_cancel_and_give_the_response_up(void **state)
{
    (void)state;
    GET("application/json", "[1]");
    own = ahttp_response_json(response, parse_and_give_up, free_value, false);

    assert_fails(own, AHTTP_E_CANCELLED, "cancelled");
    assert_int_equal(freed, 1);
}

static void a_body_that_is_cut_is_not_parsed(void **state)
{
    static const server_step cut[] = {
        READ_REQUEST,
        SEND("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n[1]"),
        CLOSE,
    };

    (void)state;
    finish(&f);
    f = start(&(server_script){.connections = {cut}}, false);
    response = response_of(ahttp_get(f.session, server_url(f.server, "/")));

    assert_fails(json(false), AHTTP_E_BODY_CUT, "3 of 9");
    assert_int_equal(parsed, 0);
}

/* ---- Memory ---- */

static test_server *server;

static void read_json(ahttp_session *session, void *ctx)
{
    (void)ctx;
    ahttp_response *page = ahttp_await(ahttp_get(session, server_url(server, "/")));
    char *value = page ? ahttp_await(ahttp_response_json(page, parse, free_value, false)) : NULL;
    if (!value)
        assert_non_null(ahttp_task_error()->message);
    free(value);
    ahttp_response_unref(page);
}

static void every_allocation_of_a_value_may_fail(void **state)
{
    (void)state;
    server_script script = {.others = body_server("a/b+json; charset=latin1", "\"\xfc\"", 3)};
    server = server_start(&script);
    for_each_allocation_with_session(read_json, NULL);
    server_stop(server);
}

/* ---- Libraries ---- */

#define DOCUMENT "{\"name\": \"Ada\", \"born\": 1815}"

static void jansson_parses_and_says_where_it_could_not(void **state)
{
    (void)state;
#if HAVE_JANSSON
    GET("application/json", DOCUMENT);
    json_t *value =
        ahttp_await(ahttp_response_json(response, ahttp_jansson_parse, ahttp_jansson_free, false));
    assert_non_null(value);
    assert_int_equal(json_integer_value(json_object_get(value, "born")), 1815);
    char *text = ahttp_jansson_dump(value, NULL);
    assert_string_equal(text, "{\"name\":\"Ada\",\"born\":1815}");
    free(text);
    ahttp_jansson_free(value);

    GET("application/json", "{\n\"a\": }");
    assert_fails(ahttp_response_json(response, ahttp_jansson_parse, ahttp_jansson_free, false),
                 AHTTP_E_JSON, "as JSON: line 2, column 6: ");
#else
    print_message("built without jansson\n");
    skip();
#endif
}

static void cjson_parses_and_says_where_it_could_not(void **state)
{
    (void)state;
#if HAVE_CJSON
    static const char *const bad[] = {"{\n\"a\": }", "[1] 2", "[1,", "[1]\\0"};
    GET("application/json", DOCUMENT);
    cJSON *value =
        ahttp_await(ahttp_response_json(response, ahttp_cjson_parse, ahttp_cjson_free, false));
    assert_non_null(value);
    assert_int_equal(cJSON_GetObjectItem(value, "born")->valueint, 1815);
    char *text = ahttp_cjson_dump(value, NULL);
    assert_string_equal(text, "{\"name\":\"Ada\",\"born\":1815}");
    free(text);
    ahttp_cjson_free(value);

    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        get("application/json", bad[i], strlen(bad[i]));
        assert_fails(ahttp_response_json(response, ahttp_cjson_parse, ahttp_cjson_free, false),
                     AHTTP_E_JSON, "as JSON: byte ");
    }
    GET("application/json", "[1]\0]");
    assert_fails(ahttp_response_json(response, ahttp_cjson_parse, ahttp_cjson_free, false),
                 AHTTP_E_JSON, "as JSON: byte 4 ");
#else
    print_message("built without cJSON\n");
    skip();
#endif
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_body_of_json_is_parsed_and_the_value_is_the_callers),
        TEST(types_that_end_in_json_are_json),
        TEST(other_types_are_an_error_that_names_them_unless_allowed),
        TEST(an_empty_body_is_no_value_and_no_error),
        TEST(json_is_utf_8_unless_its_type_says_otherwise),
        TEST(text_that_is_not_valid_is_an_error_with_the_parsers_reason),
        TEST(the_parser_is_called_from_the_loop_and_never_inside_the_call),
        TEST(a_value_that_nobody_takes_is_freed),
        TEST(a_cancel_before_the_parser_is_called_spares_the_call),
        TEST(a_parser_may_cancel_and_give_the_response_up),
        TEST(a_body_that_is_cut_is_not_parsed),
        cmocka_unit_test(every_allocation_of_a_value_may_fail),
        TEST(jansson_parses_and_says_where_it_could_not),
        TEST(cjson_parses_and_says_where_it_could_not),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
