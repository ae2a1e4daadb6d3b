/* SPDX-License-Identifier: MIT */
/* What goes out: exact bytes of requests, and what is refused before a byte is sent. */
#include "one_server.h"

/* The last request as the server saw it. */
static server_request seen(void)
{
    return server_request_at(f.server, server_count(f.server, SERVER_REQUESTS) - 1);
}

static void send_ok(ahttp_future *request)
{
    ahttp_response *response = response_of(request);

    assert_int_equal(ahttp_response_status(response), 200);
    assert_int_equal(ahttp_await_status(ahttp_response_read(response)), 0);
    ahttp_response_unref(response);
}

static void a_plain_get_sends_host_and_the_automatic_headers_only(void **state)
{
    char expected[512];

    (void)state;
    send_ok(ahttp_get(f.session, server_url(f.server, "/ok")));

    snprintf(expected, sizeof expected,
             "GET /ok HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nAccept: */*\r\n"
             "Accept-Encoding: gzip, deflate%s%s\r\nUser-Agent: libahttp/" AHTTP_VERSION "\r\n\r\n",
             server_port(f.server), ahttp_has_feature(AHTTP_FEATURE_BROTLI) ? ", br" : "",
             ahttp_has_feature(AHTTP_FEATURE_ZSTD) ? ", zstd" : "");
    assert_string_equal(seen().head, expected);
}

/* Its settings are those of the first one that said no more; its block may be one that another
   request had. */
static void a_get_that_says_only_its_url_is_not_touched_by_others(void **state)
{
    char first[512];

    (void)state;
    send_ok(ahttp_get(f.session, server_url(f.server, "/ok")));
    snprintf(first, sizeof first, "%s", seen().head);
    send_ok(ahttp_get(f.session, server_url(f.server, "/ok"), .http_1_0 = true,
                      .headers = AHTTP_PAIRS({"Connection", "close"}), .text = "body",
                      .cookies = AHTTP_PAIRS({"a", "1"}), .target = "/ok?",
                      .redirects = AHTTP_REDIRECTS_RETURN, .timeout = {.read_ms = 5000}));
    send_ok(ahttp_get(f.session, server_url(f.server, "/ok"), .auth = "me:secret"));
    send_ok(ahttp_get(f.session, server_url(f.server, "/ok"), .timeout = {.total_ms = 5000}));
    assert_string_equal(seen().head, first);
    send_ok(ahttp_get(f.session, server_url(f.server, "/ok")));
    assert_string_equal(seen().head, first);

    ahttp_response *response =
        response_of(ahttp_get(f.session, server_url(f.server, "/redirect/302/ok")));
    assert_int_equal(ahttp_response_history_count(response), 1);
    ahttp_response_unref(response);
}

static void a_request_may_be_made_of_a_method_and_a_url_alone(void **state)
{
    const char *const methods[] = {NULL, "GET", "DELETE", "PURGE"};

    (void)state;
    for (int i = 0; i < 2; i++) /* the first plain GET, and those that follow it */
        for (size_t m = 0; m < sizeof methods / sizeof *methods; m++) {
            char line[64];
            snprintf(line, sizeof line, "%s /ok HTTP/1.1\r\n", methods[m] ? methods[m] : "GET");
            send_ok(ahttp_session_request(f.session, methods[m], server_url(f.server, "/ok")));
            assert_memory_equal(seen().head, line, strlen(line));
        }
    assert_fails(ahttp_session_request(f.session, "GET", NULL), AHTTP_E_ARGUMENT,
                 "request URL: it is NULL");
    assert_fails(ahttp_session_request(f.session, "NO METHOD", server_url(f.server, "/ok")),
                 AHTTP_E_ARGUMENT, "request method");
    assert_fails(ahttp_session_request(f.session, "GET", "nonsense"), AHTTP_E_URL, "nonsense");
}

static void a_macro_evaluates_what_it_is_given_once(void **state)
{
    int sessions = 0, urls = 0, verbs = 0;

    (void)state;
    send_ok(ahttp_request((sessions++, f.session), (verbs++, "GET"),
                          (urls++, server_url(f.server, "/ok"))));
    send_ok(ahttp_request((sessions++, f.session), (verbs++, "GET"),
                          (urls++, server_url(f.server, "/ok")), .max_redirects = 1));
    assert_int_equal(sessions, 2);
    assert_int_equal(verbs, 2);
    assert_int_equal(urls, 2);
}

static void time_limits_beside_the_url_are_the_requests_own(void **state)
{
    (void)state;
    send_ok(ahttp_get(f.session, server_url(f.server, "/ok")));

    ahttp_future *in_all =
        ahttp_get(f.session, server_url(f.server, "/gate/never"), .timeout = {.total_ms = 20});
    ahttp_future *silent =
        ahttp_get(f.session, server_url(f.server, "/gate/never"), .timeout = {.first_byte_ms = 20});
    run_until(&f, SERVER_AT_GATE, 2);
    ahttp_loop_advance(f.loop, 20);

    assert_int_equal(ahttp_await_status(in_all), AHTTP_E_TOTAL_TIMEOUT);
    assert_int_equal(ahttp_await_status(silent), AHTTP_E_FIRST_BYTE_TIMEOUT);
    assert_int_equal(ahttp_await_status(ahttp_get(f.session, server_url(f.server, "/ok"),
                                                  .timeout = {.total_ms = -5})),
                     AHTTP_E_ARGUMENT);
}

static void a_header_of_the_request_replaces_the_automatic_one(void **state)
{
    (void)state;
    send_ok(ahttp_get(f.session, server_url(f.server, "/ok"),
                      .headers = AHTTP_PAIRS({"accept", "text/html"}, {"X-A", "1"}, {"X-A", "2"})));

    assert_true(server_request_has_line(seen(), "accept: text/html"));
    assert_false(server_request_has_line(seen(), "Accept: */*"));
    assert_true(server_request_has_line(seen(), "X-A: 1"));
    assert_true(server_request_has_line(seen(), "X-A: 2"));
}

static void a_null_value_removes_an_automatic_header(void **state)
{
    (void)state;
    send_ok(ahttp_get(f.session, server_url(f.server, "/ok"),
                      .headers = AHTTP_PAIRS({"User-Agent", NULL})));

    assert_false(server_request_has_field(seen(), "User-Agent"));
    assert_true(server_request_has_field(seen(), "Accept"));
}

static void headers_of_the_session_go_with_every_request(void **state)
{
    (void)state;
    ahttp_session *other =
        ahttp_session_new(.loop = f.loop, .user_agent = "crawler/2",
                          .headers = AHTTP_PAIRS({"X-Team", "a"}, {"X-Team", "b"}));

    send_ok(ahttp_get(other, server_url(f.server, "/ok")));
    assert_true(server_request_has_line(seen(), "User-Agent: crawler/2"));
    assert_true(server_request_has_line(seen(), "X-Team: a"));
    assert_true(server_request_has_line(seen(), "X-Team: b"));
    send_ok(ahttp_get(other, server_url(f.server, "/ok"), .headers = AHTTP_PAIRS({"x-team", "c"})));
    assert_true(server_request_has_line(seen(), "x-team: c"));
    assert_false(server_request_has_line(seen(), "X-Team: a"));

    ahttp_session_unref(other);
}

static void a_session_refuses_headers_that_cannot_be_sent(void **state)
{
    (void)state;
    assert_null(ahttp_session_new(.loop = f.loop, .headers = AHTTP_PAIRS({"A", "b\r\nEvil: 1"})));
    assert_null(ahttp_session_new(.loop = f.loop, .headers = AHTTP_PAIRS({"Host", "x"})));
    assert_null(ahttp_session_new(.loop = f.loop, .user_agent = "a\nb"));
}

static void params_are_added_to_the_query_in_order(void **state)
{
    (void)state;
    send_ok(ahttp_get(f.session, server_url(f.server, "/ok?first=1#part"),
                      .params = AHTTP_PAIRS({"a", "x y"}, {"a", "&"})));

    assert_string_equal(seen().target, "/ok?first=1&a=x+y&a=%26");
}

static void escapes_in_a_url_arrive_byte_for_byte(void **state)
{
    (void)state;
    ahttp_response *response =
        response_of(ahttp_get(f.session, server_url(f.server, "/a%2Fb%2fc%3A+~?q=%7E+")));

    assert_string_equal(seen().target, "/a%2Fb%2fc%3A+~?q=%7E+");
    ahttp_response_unref(response);
}

static void json_text_and_data_carry_their_type_and_length(void **state)
{
    const char *url = server_url(f.server, "/ok");

    (void)state;
    send_ok(ahttp_post(f.session, url, .json = "{\"a\":1}"));
    assert_true(server_request_has_line(seen(), "Content-Type: application/json"));
    assert_true(server_request_has_line(seen(), "Content-Length: 7"));
    assert_string_equal(seen().body, "{\"a\":1}");
    send_ok(ahttp_put(f.session, url, .text = "hi"));
    assert_true(server_request_has_line(seen(), "Content-Type: text/plain; charset=utf-8"));
    send_ok(ahttp_patch(f.session, url, .data = {"\0\1", 2}));
    assert_true(server_request_has_line(seen(), "Content-Type: application/octet-stream"));
    assert_int_equal(seen().body_len, 2);
    send_ok(ahttp_post(f.session, url, .json = "[]",
                       .headers = AHTTP_PAIRS({"Content-Type", "application/ld+json"})));
    assert_true(server_request_has_line(seen(), "Content-Type: application/ld+json"));
}

static void a_form_is_urlencoded(void **state)
{
    (void)state;
    send_ok(ahttp_post(f.session, server_url(f.server, "/ok"),
                       .form = AHTTP_PAIRS({"name", "Ada L."}, {"x", "1&2"})));

    assert_true(server_request_has_line(seen(), "Content-Type: application/x-www-form-urlencoded"));
    assert_string_equal(seen().body, "name=Ada+L.&x=1%262");
}

static void a_post_without_a_body_says_so_and_a_get_does_not(void **state)
{
    (void)state;
    send_ok(ahttp_post(f.session, server_url(f.server, "/ok")));
    assert_true(server_request_has_line(seen(), "Content-Length: 0"));
    assert_false(server_request_has_field(seen(), "Content-Type"));
    send_ok(ahttp_get(f.session, server_url(f.server, "/ok")));
    assert_false(server_request_has_field(seen(), "Content-Length"));
}

static void credentials_become_basic_and_leave_the_url(void **state)
{
    char url[128];

    (void)state;
    snprintf(url, sizeof url, "http://al%%40a:p:w@127.0.0.1:%u/ok#x", server_port(f.server));
    ahttp_response *response = response_of(ahttp_get(f.session, url));
    assert_true(server_request_has_line(seen(), "Authorization: Basic YWxAYTpwOnc="));
    assert_string_equal(ahttp_response_url(response), server_url(f.server, "/ok"));
    ahttp_response_unref(response);

    send_ok(ahttp_get(f.session, server_url(f.server, "/ok"), .auth = "u:p"));
    assert_true(server_request_has_line(seen(), "Authorization: Basic dTpw"));
}

static void a_body_larger_than_the_socket_buffers_arrives_whole(void **state)
{
    size_t size = 8 << 20;
    char *data = malloc(size);

    (void)state;
    memset(data, 'x', size);
    send_ok(ahttp_post(f.session, server_url(f.server, "/ok"), .data = {data, size}));

    assert_int_equal(seen().body_len, size);
    free(data);
}

static void what_cannot_be_sent_is_refused_before_connecting(void **state)
{
    const char *url = server_url(f.server, "/ok");

    (void)state;
    assert_fails(ahttp_get(f.session, url, .headers = AHTTP_PAIRS({"A", "b\r\nEvil: 1"})),
                 AHTTP_E_ARGUMENT, "header \"A\"");
    assert_fails(ahttp_get(f.session, url, .headers = AHTTP_PAIRS({"A B", "c"})), AHTTP_E_ARGUMENT,
                 "token");
    assert_fails(ahttp_request(f.session, "GE T", url), AHTTP_E_ARGUMENT, "method");
    assert_fails(ahttp_post(f.session, url, .json = "1", .text = "2"), AHTTP_E_ARGUMENT,
                 "more than one");
    assert_fails(
        ahttp_post(f.session, url, .text = "2", .headers = AHTTP_PAIRS({"Content-Length", "1"})),
        AHTTP_E_ARGUMENT, "Content-Length");
    assert_fails(
        ahttp_get(f.session, url, .auth = "u:p", .headers = AHTTP_PAIRS({"Authorization", "x"})),
        AHTTP_E_ARGUMENT, "Authorization");
    assert_fails(ahttp_get(f.session, "ftp://h/"), AHTTP_E_URL, "ftp://h/");
    assert_fails(ahttp_get(f.session, NULL), AHTTP_E_ARGUMENT, "NULL");
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 0);
}

static void an_unreadable_url_does_not_show_its_password(void **state)
{
    (void)state;
    assert_null(ahttp_await(ahttp_get(f.session, "http://me:secret@host:port/")));

    assert_int_equal(ahttp_task_error()->code, AHTTP_E_URL);
    assert_null(strstr(ahttp_task_error()->message, "secret"));
}

static void a_host_header_of_the_request_wins(void **state)
{
    (void)state;
    send_ok(ahttp_get(f.session, server_url(f.server, "/ok"),
                      .headers = AHTTP_PAIRS({"Host", "virtual.example"})));

    assert_true(server_request_has_line(seen(), "Host: virtual.example"));
    assert_null(strstr(seen().head, "127.0.0.1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(a_plain_get_sends_host_and_the_automatic_headers_only),
        WITH_SERVER(a_get_that_says_only_its_url_is_not_touched_by_others),
        WITH_SERVER(a_request_may_be_made_of_a_method_and_a_url_alone),
        WITH_SERVER(a_macro_evaluates_what_it_is_given_once),
        WITH_SERVER(time_limits_beside_the_url_are_the_requests_own),
        WITH_SERVER(a_header_of_the_request_replaces_the_automatic_one),
        WITH_SERVER(a_null_value_removes_an_automatic_header),
        WITH_SERVER(headers_of_the_session_go_with_every_request),
        WITH_SERVER(a_session_refuses_headers_that_cannot_be_sent),
        WITH_SERVER(params_are_added_to_the_query_in_order),
        WITH_SERVER(escapes_in_a_url_arrive_byte_for_byte),
        WITH_SERVER(json_text_and_data_carry_their_type_and_length),
        WITH_SERVER(a_form_is_urlencoded),
        WITH_SERVER(a_post_without_a_body_says_so_and_a_get_does_not),
        WITH_SERVER(credentials_become_basic_and_leave_the_url),
        WITH_SERVER(a_body_larger_than_the_socket_buffers_arrives_whole),
        WITH_SERVER(what_cannot_be_sent_is_refused_before_connecting),
        WITH_SERVER(an_unreadable_url_does_not_show_its_password),
        WITH_SERVER(a_host_header_of_the_request_wins),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
