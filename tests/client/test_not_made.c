/* SPDX-License-Identifier: MIT */
/* Why there is no session, jar, connector ...: the function that would make it gives NULL, and the
   log tells. */
#include "support/told.h"

#include "support/failing_alloc.h"
#include <ahttp.h>

static ahttp_loop *loop;

static int begin(void **state)
{
    (void)state;
    told[0] = '\0';
    loop = ahttp_loop_new(.virtual_clock = true);
    ahttp_loop_set_log(loop, AHTTP_LOG_WARNING, note_line, NULL);
    return 0;
}

static int end(void **state)
{
    (void)state;
    return ahttp_loop_close(loop);
}

#define assert_no_session(line, ...)                                                               \
    assert_not_made(ahttp_session_new(__VA_ARGS__), "warning|session|create: " line "\n")

static void a_header_that_cannot_be_sent_is_told(void **state)
{
    (void)state;
    assert_no_session("headers: header \"A\": its value has a CR, LF or another control character",
                      .headers = AHTTP_PAIRS({"A", "SECRET\r\nEvil: 1"}));
    assert_no_session("headers: header \"A b\": its name is not a token: letters, digits and "
                      "!#$%&'*+-.^_`|~ only",
                      .headers = AHTTP_PAIRS({"A b", "SECRET"}));
}

static void a_header_that_follows_from_each_request_is_told(void **state)
{
    (void)state;
    assert_no_session("headers: Host follows the request, and cannot be given",
                      .headers = AHTTP_PAIRS({"X", "y"}, {"host", "x"}));
    assert_no_session("headers: Content-Length follows the request, and cannot be given",
                      .headers = AHTTP_PAIRS({"Content-Length", "1"}));
    assert_no_session("headers: Transfer-Encoding follows the request, and cannot be given",
                      .headers = AHTTP_PAIRS({"Transfer-Encoding", "chunked"}));
}

static void a_user_agent_with_a_line_end_is_told(void **state)
{
    (void)state;
    assert_no_session("user_agent: header \"User-Agent\": its value has a CR, LF or another "
                      "control character",
                      .user_agent = "a\nb");
}

static void what_is_wrong_with_base_url_is_told(void **state)
{
    (void)state;
    assert_no_session("base_url \"http://a/api\": its path does not end in \"/\"",
                      .base_url = "http://a/api");
    assert_no_session("base_url \"...@a/?q=/\": it has a query; give a path that ends in \"/\"",
                      .base_url = "http://me:SECRET@a/?q=/");
    assert_no_session("base_url \"http://a:b/\": the port is not a number between 1 and 65535",
                      .base_url = "http://a:b/");
}

static void the_name_of_a_cookie_that_is_refused_is_told(void **state)
{
    (void)state;
    assert_no_session("cookie \"a b\": its name is not a token: letters, digits and "
                      "!#$%&'*+-.^_`|~ only",
                      .cookies = AHTTP_PAIRS({"a b", "SECRET"}), .base_url = "http://a/");
    assert_no_session("cookie \"__Host-a\": its name starts with __Host-, but it is not Secure, "
                      "for one host and Path=/",
                      .cookies = AHTTP_PAIRS({"__Host-a", "SECRET"}), .cookies_url = "http://a/");
}

static void cookies_of_nobody_are_told(void **state)
{
    (void)state;
    assert_no_session("cookies: whose they are is not said; give cookies_url",
                      .cookies = AHTTP_PAIRS({"a", "SECRET"}));
    assert_no_session("cookies_url \"...@h:b/\": the port is not a number between 1 and 65535",
                      .cookies = AHTTP_PAIRS({"a", "SECRET"}),
                      .cookies_url = "http://me:SECRET@h:b/");
}

static void credentials_that_cannot_be_sent_are_told_without_them(void **state)
{
    (void)state;
    assert_no_session("bearer: a token has visible characters of ASCII only, and at least one",
                      .bearer = "SECRET SECRET");
    assert_no_session("credentials_for \"http://h:b/\": the port is not a number between 1 and "
                      "65535",
                      .auth = "me:SECRET", .credentials_for = "http://h:b/");
}

static void a_secret_header_that_no_header_can_be_is_told(void **state)
{
    (void)state;
    assert_no_session("secret_headers: \"a b\" is not the name of a header",
                      .secret_headers = AHTTP_NAMES("X-Key", "a b"));
}

static void the_log_of_the_connectors_loop_is_told(void **state)
{
    (void)state;
    ahttp_connector *connector = ahttp_connector_new();
    ahttp_loop *other = ahttp_loop_new();

    assert_no_session("base_url \"http://a/b\": its path does not end in \"/\"",
                      .connector = connector, .base_url = "http://a/b");
    assert_not_made(ahttp_session_new(.loop = other, .base_url = "http://a/b"), "");

    assert_int_equal(ahttp_loop_close(other), 0);
    ahttp_connector_unref(connector);
}

static void an_origin_of_a_jar_that_is_no_url_is_told(void **state)
{
    (void)state;
    assert_not_made(ahttp_cookie_jar_new(.secure_origins = AHTTP_NAMES("http://a", "http://h:b/")),
                    "warning|cookie jar|create: secure_origins \"http://h:b/\": the port is not a "
                    "number between 1 and 65535\n");
}

static void a_store_that_lacks_a_function_is_told(void **state)
{
    (void)state;
    assert_not_made(
        ahttp_cookie_jar_from_store(&(ahttp_cookie_store){.size = sizeof(ahttp_cookie_store)}),
        "warning|cookie jar|create: store: its size is not set, it asks for what this "
        "library does not know, or it lacks a function\n");
}

#define UNSET                                                                                      \
    "their size is not set, which the macros do, or they ask for what this library does not "      \
    "know\n"

static void a_size_that_is_not_set_is_told(void **state)
{
    (void)state;
    assert_not_made(ahttp_loop_create(&(ahttp_loop_options){0}),
                    "warning|loop|create: options: " UNSET);
    assert_not_made(ahttp_background_create(&(ahttp_background_options){0}),
                    "warning|background|create: options: " UNSET);
    assert_not_made(ahttp_session_create(&(ahttp_session_options){0}),
                    "warning|session|create: options: " UNSET);
    assert_not_made(ahttp_connector_create(&(ahttp_connector_options){0}),
                    "warning|connector|create: options: " UNSET);
    assert_not_made(ahttp_resolver_create(&(ahttp_resolver_options){0}),
                    "warning|resolver|create: options: " UNSET);
    assert_not_made(ahttp_cookie_jar_create(&(ahttp_cookie_jar_options){0}),
                    "warning|cookie jar|create: options: " UNSET);
    assert_not_made(ahttp_tls_create(&(ahttp_tls_options){0}),
                    "warning|tls|create: options: " UNSET);
    assert_not_made(ahttp_transport_new(loop, &(ahttp_transport_ops){0}, NULL, NULL),
                    "warning|transport|create: ops: " UNSET);
}

/* The connector, the resolver and the jar that a session makes tell of themselves before it. */
static void make_a_session(void *ctx)
{
    static const char *const whole = "warning|session|create: out of memory\n";
    (void)ctx;
    told[0] = '\0';
    ahttp_loop *own = ahttp_loop_new();
    if (!own)
        return;
    ahttp_loop_set_log(own, AHTTP_LOG_WARNING, note_line, NULL);

    ahttp_session *session =
        ahttp_session_new(.loop = own, .base_url = "http://h/", .cookies = AHTTP_PAIRS({"a", "1"}),
                          .secret_headers = AHTTP_NAMES("X-Key"), .digest_auth = "me:you",
                          .no_proxy_for = "x");

    if (session)
        assert_string_equal(told, "");
    else
        assert_non_null(strstr(told, whole));
    ahttp_session_unref(session);
    assert_int_equal(ahttp_loop_close(own), 0);
}

static void want_of_memory_is_told(void **state)
{
    (void)state;
    for_each_allocation(make_a_session, NULL);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERE(a_header_that_cannot_be_sent_is_told),
        HERE(a_header_that_follows_from_each_request_is_told),
        HERE(a_user_agent_with_a_line_end_is_told),
        HERE(what_is_wrong_with_base_url_is_told),
        HERE(the_name_of_a_cookie_that_is_refused_is_told),
        HERE(cookies_of_nobody_are_told),
        HERE(credentials_that_cannot_be_sent_are_told_without_them),
        HERE(a_secret_header_that_no_header_can_be_is_told),
        HERE(the_log_of_the_connectors_loop_is_told),
        HERE(an_origin_of_a_jar_that_is_no_url_is_told),
        HERE(a_store_that_lacks_a_function_is_told),
        HERE(a_size_that_is_not_set_is_told),
        cmocka_unit_test(want_of_memory_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
