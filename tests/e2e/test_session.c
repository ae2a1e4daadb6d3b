/* SPDX-License-Identifier: MIT */
/* What a session does with heads: headers, statuses, caches. */
#include "httpbin.h"

static void use(ahttp_session *other)
{
    assert_non_null(other);
    ahttp_session_unref(session);
    session = other;
}

static void headers_of_the_session_and_the_request_arrive(void **state)
{
    (void)state;
    use(ahttp_session_new(.loop = loop, .user_agent = "crawler/2",
                          .headers = AHTTP_PAIRS({"X-Team", "blue"}, {"X-Other", "1"})));
    expect(ahttp_get(session, at("/headers"), .headers = AHTTP_PAIRS({"x-team", "red"})), 200,
           WORDS("\"User-Agent\": \"crawler/2\"", "\"X-Team\": \"red\"", "\"X-Other\": \"1\""));
}

static void statuses_are_errors_for_who_wants_them_so(void **state)
{
    static const int codes[] = {200, 204, 304, 400, 404, 418, 429, 500, 503, 599};
    char path[32];

    (void)state;
    use(ahttp_session_new(.loop = loop, .raise_for_status = AHTTP_RAISE_FAILURES));
    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        snprintf(path, sizeof path, "/status/%d", codes[i]);
        ahttp_response *response = ahttp_await(ahttp_get(session, at(path)));
        assert_int_equal(response != NULL, codes[i] < 400);
        if (!response) {
            assert_int_equal(ahttp_task_error()->code, AHTTP_E_STATUS);
            assert_int_equal(ahttp_task_error()->status, codes[i]);
        }
        ahttp_response_unref(response);
    }
}

static int status_of(ahttp_future *request)
{
    ahttp_response *response = response_of(request);
    int status = ahttp_response_status(response);

    ahttp_response_unref(response);
    return status;
}

static void an_etag_that_still_holds_gives_304(void **state)
{
    (void)state;
    assert_int_equal(status_of(ahttp_get(session, at("/etag/abc"))), 200);
    assert_int_equal(status_of(ahttp_get(session, at("/etag/abc"),
                                         .headers = AHTTP_PAIRS({"If-None-Match", "\"abc\""}))),
                     304);
    assert_int_equal(status_of(ahttp_get(session, at("/etag/abc"),
                                         .headers = AHTTP_PAIRS({"If-Match", "\"other\""}))),
                     412);
}

static void a_page_that_has_not_changed_gives_304(void **state)
{
    (void)state;
    ahttp_response *response = response_of(ahttp_get(session, at("/cache")));
    assert_int_equal(ahttp_response_status(response), 200);
    const char *modified = ahttp_response_header(response, "Last-Modified");
    assert_non_null(modified);
    assert_int_equal(status_of(ahttp_get(session, at("/cache"),
                                         .headers = AHTTP_PAIRS({"If-Modified-Since", modified}))),
                     304);
    ahttp_response_unref(response);

    response = response_of(ahttp_get(session, at("/cache/60")));
    assert_string_equal(ahttp_response_header(response, "Cache-Control"), "public, max-age=60");
    ahttp_response_unref(response);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(headers_of_the_session_and_the_request_arrive),
        TEST(statuses_are_errors_for_who_wants_them_so),
        TEST(an_etag_that_still_holds_gives_304),
        TEST(a_page_that_has_not_changed_gives_304),
    };
    return cmocka_run_group_tests(tests, find_httpbin, NULL);
}
