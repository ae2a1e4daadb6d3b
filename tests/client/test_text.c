/* SPDX-License-Identifier: MIT */
/* Bodies as text: which charset, and what becomes of bad bytes. */
#include "scarcity.h"

static fixture f;
static ahttp_response *response;

static int begin(void **state)
{
    (void)state;
    f = start(NULL, false);
    response = NULL;
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

/* The response with that body to a request of a session with those options. */
static ahttp_response *get_with(const ahttp_session_options *options, const char *type,
                                const char *body, size_t len)
{
    ahttp_session_options own = *options;

    ahttp_response_unref(response);
    response = NULL;
    finish(&f);
    f = start(&(server_script){.connections = {body_server(type, body, len)}}, false);
    own.size = sizeof own;
    own.loop = f.loop;
    ahttp_session *session = ahttp_session_create(&own);
    response = response_of(ahttp_get(session, server_url(f.server, "/page")));
    ahttp_session_unref(session);
    return response;
}
#define GET(type, body) get_with(&(ahttp_session_options){0}, type, body, sizeof(body) - 1)

static void assert_reads(ahttp_future *read, const char *expected)
{
    const char *text = ahttp_await(read);

    if (!text)
        fail_msg("%s", ahttp_task_error()->message);
    assert_string_equal(text, expected);
}

/* ---- Which charset ---- */

static void the_charset_is_what_content_type_says(void **state)
{
    (void)state;
    assert_reads(ahttp_response_text(GET("text/plain; charset=ISO-8859-1", "gr\xfc\xdf")), "grüß");
    assert_reads(ahttp_response_text(GET("text/html;charset=\"windows-1252\"", "\x80 5")), "€ 5");
    assert_reads(ahttp_response_text(GET("text/plain; charset=shift_jis", "\x93\xfa\x96{")),
                 "日本");
    assert_reads(ahttp_response_text(GET("text/plain; charset=utf-16le", "a\0\xe9\0")), "aé");
    assert_reads(ahttp_response_text(GET("text/plain; charset=UTF-8", "grüß")), "grüß");
    assert_reads(ahttp_response_text(GET("text/plain; charset=utf-8", "grüß")), "grüß");
    assert_reads(ahttp_response_text(GET("text/plain; charset=latin1; charset=utf-8", "\xfc")),
                 "ü");
    assert_reads(ahttp_response_text(GET("; charset=utf-8", "grüß")), "grüß");
}

static void without_one_it_is_utf_8(void **state)
{
    (void)state;
    assert_reads(ahttp_response_text(GET(NULL, "grüß")), "grüß");
    assert_reads(ahttp_response_text(GET("text/plain", "grüß")), "grüß");
    assert_reads(ahttp_response_text(GET("text/plain; charset=", "grüß")), "grüß");
    assert_reads(ahttp_response_text(GET("text/plain; format=flowed", "grüß")), "grüß");
}

static void a_charset_that_nobody_knows_is_as_none(void **state)
{
    (void)state;
    assert_reads(ahttp_response_text(GET("text/plain; charset=klingon", "grüß")), "grüß");
    assert_reads(ahttp_response_text(GET("text/plain; charset=\"//TRANSLIT\"", "grüß")), "grüß");
}

static void a_byte_order_mark_is_no_text(void **state)
{
    (void)state;
    assert_reads(ahttp_response_text(GET("text/plain", "\xef\xbb\xbfhi")), "hi");
    const ahttp_bytes *body = ahttp_await(ahttp_response_read(response));
    assert_int_equal(body->len, 5);
    assert_reads(ahttp_response_text(GET("text/plain; charset=utf-16", "\xfe\xff\0h\0i")), "hi");
    assert_reads(ahttp_response_text(GET("text/plain; charset=utf-16", "\xff\xfeh\0i\0")), "hi");
}

typedef struct asked {
    const char *answer;
    int times;
    char body[16];
} asked;

static const char *charset_of(const ahttp_response *of, ahttp_bytes body, void *ctx)
{
    asked *ask = ctx;

    assert_int_equal(ahttp_response_status(of), 200);
    snprintf(ask->body, sizeof ask->body, "%.*s", (int)body.len, (const char *)body.data);
    ask->times++;
    return ask->answer;
}

static ahttp_response *get_asking(asked *ask, const char *type, const char *body)
{
    return get_with(&(ahttp_session_options){.charset_of = charset_of, .hooks_ctx = ask}, type,
                    body, strlen(body));
}

static void the_session_is_asked_when_nothing_is_said(void **state)
{
    asked latin = {.answer = "latin1"};
    asked none = {.answer = NULL};

    (void)state;
    assert_reads(ahttp_response_text(get_asking(&latin, "text/html", "gr\xfc")), "grü");
    assert_int_equal(latin.times, 1);
    assert_string_equal(latin.body, "gr\xfc");
    assert_reads(ahttp_response_text(get_asking(&none, NULL, "grü")), "grü");
    assert_int_equal(none.times, 1);
}

static void the_session_is_not_asked_when_it_is_known(void **state)
{
    asked latin = {.answer = "latin1"};

    (void)state;
    assert_reads(ahttp_response_text(get_asking(&latin, "a/b; charset=utf-8", "grü")), "grü");
    assert_reads(ahttp_response_text(get_asking(&latin, "application/json", "\"ü\"")), "\"ü\"");
    assert_reads(ahttp_response_text_as(get_asking(&latin, "a/b", "grü"), "utf-8", false), "grü");
    assert_int_equal(latin.times, 0);
    assert_reads(ahttp_response_text(get_asking(&latin, "a/b; charset=klingon", "\xfc")), "ü");
    assert_int_equal(latin.times, 1);
}

static ahttp_future *asking;
static ahttp_future *second;

static const char *charset_of_meddler(const ahttp_response *of, ahttp_bytes body, void *ctx)
{
    (void)of;
    (void)body;
    (void)ctx;
    second = ahttp_response_text(response);
    ahttp_future_cancel(asking);
    ahttp_response_unref(response);
    response = NULL;
    return "latin1";
}

static void the_function_that_is_asked_may_do_what_it_likes(void **state)
{
    (void)state;
    get_with(&(ahttp_session_options){.charset_of = charset_of_meddler}, "text/html", "\xfc", 1);
    asking = ahttp_response_text(response);

    assert_fails(asking, AHTTP_E_CANCELLED, "cancelled");
    assert_null(response);
    assert_fails(second, AHTTP_E_STATE, "another read is pending");
}

static void a_text_that_waits_for_the_function_can_be_cancelled(void **state)
{
    asked latin = {.answer = "latin1"};

    (void)state;
    get_asking(&latin, "text/html", "\xfc");
    assert_non_null(ahttp_await(ahttp_response_read(response)));
    ahttp_future *text = ahttp_response_text(response);
    assert_false(ahttp_future_done(text));
    ahttp_future_cancel(text);
    assert_fails(text, AHTTP_E_CANCELLED, "cancelled");

    assert_int_equal(latin.times, 0);
    assert_reads(ahttp_response_text(response), "ü");
}

/* ---- As the program says ---- */

static void the_program_may_say_the_charset(void **state)
{
    (void)state;
    GET("text/plain; charset=utf-8", "\xfc");

    assert_reads(ahttp_response_text_as(response, "iso-8859-1", false), "ü");
    assert_fails(ahttp_response_text_as(response, "klingon", false), AHTTP_E_UNSUPPORTED,
                 "\"klingon\" is not known");
    assert_fails(ahttp_response_text_as(response, NULL, false), AHTTP_E_CHARSET, "byte 0");
}

static void a_charset_may_go_as_soon_as_the_call_returns(void **state)
{
    static const server_step gated[] = {
        READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n"),
        WAIT_GATE(0), SEND("\xfc"),
        HOLD,
    };
    char charset[] = "latin1";

    (void)state;
    finish(&f);
    f = start(&(server_script){.connections = {gated}}, false);
    response = response_of(ahttp_get(f.session, server_url(f.server, "/")));
    ahttp_future *text = ahttp_response_text_as(response, charset, false);
    memset(charset, 'x', strlen(charset));
    server_open_gate(f.server, 0);

    assert_reads(text, "ü");
}

static void texts_in_several_charsets_stay_valid(void **state)
{
    (void)state;
    GET("text/plain", "\xc3\xbc");
    const char *utf8 = ahttp_await(ahttp_response_text(response));
    const char *latin = ahttp_await(ahttp_response_text_as(response, "latin1", false));
    const char *german = ahttp_await(ahttp_response_text_as(response, "cp437", false));
    const ahttp_bytes *body = ahttp_await(ahttp_response_read(response));
    const char *again = ahttp_await(ahttp_response_text_as(response, "LATIN1", false));

    assert_string_equal(utf8, "ü");
    assert_string_equal(latin, "Ã¼");
    assert_string_equal(german, "├╝");
    assert_ptr_equal(again, latin);
    assert_ptr_equal(body->data, utf8);
}

/* ---- Bad bytes ---- */

static void bad_bytes_are_an_error_that_says_where(void **state)
{
    (void)state;
    assert_fails(ahttp_response_text(GET("text/plain", "12\xff")), AHTTP_E_CHARSET,
                 "/page: decode text: byte 2 is not valid utf-8");
    assert_fails(ahttp_response_text(GET("a/b; charset=shift_jis", "a\x93")), AHTTP_E_CHARSET,
                 "byte 1 is not valid shift_jis");
    assert_fails(ahttp_response_text(GET("a/b; charset=us-ascii", "abc\xc3\xbc")), AHTTP_E_CHARSET,
                 "byte 3");
    const ahttp_bytes *body = ahttp_await(ahttp_response_read(response));
    assert_int_equal(body->len, 5);
}

static void bad_bytes_are_replaced_when_asked_for(void **state)
{
    (void)state;
    assert_reads(ahttp_response_text_as(GET("text/plain", "a\xff\xc3(b"), NULL, true),
                 "a\xef\xbf\xbd\xef\xbf\xbd(b");
    assert_fails(ahttp_response_text(response), AHTTP_E_CHARSET, "byte 1");
    assert_reads(ahttp_response_text_as(response, NULL, true), "a\xef\xbf\xbd\xef\xbf\xbd(b");
    assert_reads(ahttp_response_text_as(GET("a/b; charset=us-ascii", "a\xc3z"), NULL, true),
                 "a\xef\xbf\xbdz");
}

static void an_empty_body_is_an_empty_text(void **state)
{
    (void)state;
    assert_reads(ahttp_response_text(GET(NULL, "")), "");
    assert_reads(ahttp_response_text(GET("text/plain; charset=utf-16", "")), "");
}

/* ---- Memory ---- */

static test_server *server;

static void read_texts(ahttp_session *session, void *ctx)
{
    asked *latin = ctx;

    *latin = (asked){.answer = "latin1"};
    ahttp_response *page = ahttp_await(ahttp_get(session, server_url(server, "/")));
    const char *text = page ? ahttp_await(ahttp_response_text(page)) : NULL;
    if (text)
        assert_string_equal(text, "ü");
    if (page)
        text = ahttp_await(ahttp_response_text_as(page, "cp1252", true));
    if (!text)
        assert_int_equal(ahttp_task_error()->code, AHTTP_E_NO_MEMORY);
    ahttp_response_unref(page);
}

static void every_allocation_of_a_text_may_fail(void **state)
{
    asked latin;

    (void)state;
    server_script script = {.others = body_server("text/plain; charset=klingon", "\xfc", 1)};
    server = server_start(&script);
    for_each_allocation_with_session(read_texts, &latin, .charset_of = charset_of,
                                     .hooks_ctx = &latin);
    server_stop(server);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(the_charset_is_what_content_type_says),
        TEST(without_one_it_is_utf_8),
        TEST(a_charset_that_nobody_knows_is_as_none),
        TEST(a_byte_order_mark_is_no_text),
        TEST(the_session_is_asked_when_nothing_is_said),
        TEST(the_session_is_not_asked_when_it_is_known),
        TEST(the_function_that_is_asked_may_do_what_it_likes),
        TEST(a_text_that_waits_for_the_function_can_be_cancelled),
        TEST(the_program_may_say_the_charset),
        TEST(a_charset_may_go_as_soon_as_the_call_returns),
        TEST(texts_in_several_charsets_stay_valid),
        TEST(bad_bytes_are_an_error_that_says_where),
        TEST(bad_bytes_are_replaced_when_asked_for),
        TEST(an_empty_body_is_an_empty_text),
        cmocka_unit_test(every_allocation_of_a_text_may_fail),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
