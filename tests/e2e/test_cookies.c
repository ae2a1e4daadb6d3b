/* SPDX-License-Identifier: MIT */
/* httpbin's cookies.  It lives on an address, whose cookies a jar keeps only when asked to. */
#include "httpbin.h"

static int begin_with_jar(void **state)
{
    int rc = begin(state);
    ahttp_cookie_jar *jar = ahttp_cookie_jar_new(.ip_hosts = true);

    ahttp_session_unref(session);
    session = ahttp_session_new(.loop = loop, .cookie_jar = jar);
    ahttp_cookie_jar_unref(jar);
    return session ? rc : -1;
}

static void cookies_that_are_set_on_a_redirect_are_sent_to_its_target(void **state)
{
    (void)state;
    expect(ahttp_get(session, at("/cookies/set?a=1&b=two")), 200,
           WORDS("\"cookies\":", "\"a\": \"1\"", "\"b\": \"two\""));
    expect(ahttp_get(session, at("/cookies/set/c/3")), 200, WORDS("\"a\": \"1\"", "\"c\": \"3\""));
}

static void deleted_cookies_are_gone(void **state)
{
    (void)state;
    expect(ahttp_get(session, at("/cookies/set?a=1&b=2")), 200, WORDS("\"a\": \"1\""));
    expect(ahttp_get(session, at("/cookies/delete?a=")), 200, WORDS("\"cookies\": {\"b\": \"2\"}"));
    expect(ahttp_get(session, at("/cookies")), 200, WORDS("\"cookies\": {\"b\": \"2\"}"));
    assert_int_equal(ahttp_cookie_jar_clear(ahttp_session_cookie_jar(session)), 1);
    expect(ahttp_get(session, at("/cookies")), 200, WORDS("\"cookies\": {}"));
}

static void cookies_of_a_request_are_not_kept(void **state)
{
    (void)state;
    expect(ahttp_get(session, at("/cookies/set?a=jar&b=jar")), 200, WORDS("\"a\": \"jar\""));
    expect(ahttp_get(session, at("/cookies"), .cookies = AHTTP_PAIRS({"a", "own"}, {"c", "x y"}),
                     .headers = AHTTP_PAIRS({"Cookie", "d=header"})),
           200, WORDS("\"a\": \"own\"", "\"b\": \"jar\"", "\"c\": \"x y\"", "\"d\": \"header\""));
    expect(ahttp_get(session, at("/cookies")), 200,
           WORDS("\"cookies\": {\"a\": \"jar\", \"b\": \"jar\"}"));
}

static void each_hop_tells_the_cookies_it_set(void **state)
{
    (void)state;
    ahttp_response *response = response_of(ahttp_get(session, at("/cookies/set?a=1")));

    assert_int_equal(ahttp_response_history_count(response), 1);
    assert_string_equal(ahttp_response_cookie(ahttp_response_history(response, 0), "a"), "1");
    assert_null(ahttp_response_cookie(response, "a"));
    ahttp_response_unref(response);
}

static void a_saved_jar_is_the_same_session_tomorrow(void **state)
{
    char path[] = "/tmp/ahttp-jar-XXXXXX";

    (void)state;
    assert_true(mkstemp(path) >= 0);
    expect(ahttp_get(session, at("/cookies/set?login=ada")), 200, WORDS("\"login\": \"ada\""));
    assert_int_equal(ahttp_await_status(ahttp_cookie_jar_save(ahttp_session_cookie_jar(session),
                                                              path, AHTTP_COOKIES_NETSCAPE)),
                     0);
    assert_int_equal(end(state) | begin_with_jar(state), 0);
    assert_int_equal(
        ahttp_await_status(ahttp_cookie_jar_load(ahttp_session_cookie_jar(session), path)), 0);
    expect(ahttp_get(session, at("/cookies")), 200, WORDS("\"cookies\": {\"login\": \"ada\"}"));
    remove(path);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin_with_jar, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(cookies_that_are_set_on_a_redirect_are_sent_to_its_target),
        TEST(deleted_cookies_are_gone),
        TEST(cookies_of_a_request_are_not_kept),
        TEST(each_hop_tells_the_cookies_it_set),
        TEST(a_saved_jar_is_the_same_session_tomorrow),
    };
    return cmocka_run_group_tests(tests, find_httpbin, NULL);
}
