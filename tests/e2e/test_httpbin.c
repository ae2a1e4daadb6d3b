/* SPDX-License-Identifier: MIT */
/* The session against a real httpbin, which the test runner starts: AHTTP_HTTPBIN_URL says
   where.  Without one these tests fail; they are never passed over in silence. */
#include "httpbin.h"

static void a_get_with_params_echoes_them(void **state)
{
    (void)state;
    expect(ahttp_get(session, at("/get?a=1"),
                     .params = AHTTP_PAIRS({"name", "Ada Lovelace"}, {"n", "é&"})),
           200, WORDS("\"name\": \"Ada Lovelace\"", "\"a\": \"1\"", "\"n\": \"\\u00e9&\""));
}

static void headers_arrive(void **state)
{
    (void)state;
    expect(ahttp_get(session, at("/headers"), .headers = AHTTP_PAIRS({"X-Team", "blue"})), 200,
           WORDS("\"X-Team\": \"blue\"", "\"User-Agent\": \"libahttp/"));
}

static void bodies_of_all_kinds_arrive(void **state)
{
    (void)state;
    expect(ahttp_post(session, at("/post"), .json = "{\"answer\": 42}"), 200,
           WORDS("\"answer\": 42", "\"Content-Type\": \"application/json\""));
    expect(ahttp_post(session, at("/post"), .form = AHTTP_PAIRS({"city", "Basel"}, {"q", "a b"})),
           200, WORDS("\"city\": \"Basel\"", "\"q\": \"a b\""));
    expect(ahttp_put(session, at("/put"), .text = "grüezi"), 200,
           WORDS("\"data\": \"gr\\u00fcezi\"", "text/plain; charset=utf-8"));
    expect(ahttp_patch(session, at("/patch"), .data = {"bytes", 5}), 200,
           WORDS("\"data\": \"bytes\""));
    expect(ahttp_delete(session, at("/delete")), 200, WORDS("\"data\": \"\""));
}

static void gzip_and_deflate_pages_are_decoded(void **state)
{
    (void)state;
    expect(ahttp_get(session, at("/gzip")), 200, WORDS("\"gzipped\": true"));
    expect(ahttp_get(session, at("/deflate")), 200, WORDS("\"deflated\": true"));
}

static void statuses_are_results_and_not_errors(void **state)
{
    static const int codes[] = {200, 204, 304, 400, 404, 418, 500, 503};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        char path[32];
        snprintf(path, sizeof path, "/status/%d", codes[i]);
        ahttp_response *response = response_of(ahttp_get(session, at(path)));
        assert_int_equal(ahttp_response_status(response), codes[i]);
        assert_int_equal(ahttp_response_ok(response), codes[i] < 400);
        ahttp_response_unref(response);
    }
}

static void a_redirect_is_followed_to_its_target(void **state)
{
    (void)state;
    ahttp_response *response = response_of(ahttp_get(session, at("/redirect-to?url=/get")));

    assert_int_equal(ahttp_response_status(response), 200);
    assert_string_equal(ahttp_response_url(response), at("/get"));
    ahttp_response_unref(response);
}

static void a_redirect_is_returned_as_it_is_to_who_wants_it(void **state)
{
    (void)state;
    ahttp_response *response = response_of(
        ahttp_get(session, at("/redirect-to?url=/get"), .redirects = AHTTP_REDIRECTS_RETURN));

    assert_int_equal(ahttp_response_status(response), 302);
    assert_string_equal(ahttp_response_header(response, "location"), "/get");
    ahttp_response_unref(response);
}

static void credentials_in_the_url_log_in(void **state)
{
    char url[256];

    (void)state;
    snprintf(url, sizeof url, "http://user:pass%%20word@%s/basic-auth/user/pass%%20word",
             httpbin + strlen("http://"));
    expect(ahttp_get(session, url), 200, WORDS("\"authenticated\": true"));
    expect(ahttp_get(session, at("/basic-auth/a/b"), .auth = "a:b"), 200, WORDS("\"user\": \"a\""));
}

static void a_chunked_stream_arrives_line_for_line(void **state)
{
    size_t lines = 0;

    (void)state;
    ahttp_response *response = response_of(ahttp_get(session, at("/stream/20")));
    ahttp_stream *stream = ahttp_response_stream(response);
    const ahttp_bytes *piece;
    while ((piece = ahttp_await(ahttp_stream_read(stream))) && piece->len > 0)
        for (size_t i = 0; i < piece->len; i++)
            lines += ((const char *)piece->data)[i] == '\n';

    assert_non_null(piece);
    assert_int_equal(lines, 20);
    ahttp_response_unref(response);
}

static void streamed_bytes_are_all_there(void **state)
{
    (void)state;
    ahttp_response *response = response_of(ahttp_get(session, at("/stream-bytes/100000?seed=1")));
    const ahttp_bytes *streamed = ahttp_await(ahttp_response_read(response));
    ahttp_response *plain = response_of(ahttp_get(session, at("/bytes/100000?seed=1")));
    const ahttp_bytes *whole = ahttp_await(ahttp_response_read(plain));

    assert_int_equal(whole->len, 100000);
    assert_int_equal(streamed->len, 100000);
    ahttp_response_unref(response);
    ahttp_response_unref(plain);
}

static void a_head_has_no_body_but_its_length(void **state)
{
    (void)state;
    ahttp_response *response = response_of(ahttp_head(session, at("/bytes/1000")));
    const ahttp_bytes *body = ahttp_await(ahttp_response_read(response));

    assert_int_equal(ahttp_response_content_length(response), 1000);
    assert_int_equal(body->len, 0);
    ahttp_response_unref(response);
}

static void a_slow_answer_ends_at_its_deadline(void **state)
{
    (void)state;
    assert_null(ahttp_await(ahttp_get(session, at("/delay/10"), .timeout = {.total_ms = 100})));

    assert_int_equal(ahttp_task_error()->code, AHTTP_E_TOTAL_TIMEOUT);
    expect(ahttp_get(session, at("/get")), 200, WORDS("\"url\""));
}

static void a_hundred_requests_share_ten_connections(void **state)
{
    enum { COUNT = 100 };
    ahttp_connector *connector = ahttp_connector_new(.loop = loop, .limit_per_host = 10);
    ahttp_session *crowd = ahttp_session_new(.connector = connector);
    ahttp_connector_stats stats = {.size = sizeof stats};
    ahttp_future *requests[COUNT];

    (void)state;
    for (int i = 0; i < COUNT; i++)
        requests[i] = ahttp_get(crowd, at("/bytes/100"));
    assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
    ahttp_connector_get_stats(connector, &stats);
    assert_int_equal(stats.connecting + stats.busy, 10);
    assert_int_equal(stats.waiting, COUNT - stats.busy);
    for (int i = 0; i < COUNT; i++) {
        ahttp_response *response = response_of(requests[i]);
        const ahttp_bytes *body = ahttp_await(ahttp_response_read(response));
        assert_int_equal(body->len, 100);
        ahttp_response_unref(response);
    }
    ahttp_connector_get_stats(connector, &stats);
    assert_true(stats.idle <= 10);
    assert_int_equal(stats.busy + stats.connecting + stats.waiting, 0);

    ahttp_session_unref(crowd);
    ahttp_connector_unref(connector);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_get_with_params_echoes_them),
        TEST(headers_arrive),
        TEST(bodies_of_all_kinds_arrive),
        TEST(gzip_and_deflate_pages_are_decoded),
        TEST(statuses_are_results_and_not_errors),
        TEST(a_redirect_is_followed_to_its_target),
        TEST(a_redirect_is_returned_as_it_is_to_who_wants_it),
        TEST(credentials_in_the_url_log_in),
        TEST(a_chunked_stream_arrives_line_for_line),
        TEST(streamed_bytes_are_all_there),
        TEST(a_head_has_no_body_but_its_length),
        TEST(a_slow_answer_ends_at_its_deadline),
        TEST(a_hundred_requests_share_ten_connections),
    };
#undef TEST

    return cmocka_run_group_tests(tests, find_httpbin, NULL);
}
