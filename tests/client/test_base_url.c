/* SPDX-License-Identifier: MIT */
/* URLs that are relative to the session's, and queries. */
#include "one_server.h"
#include "support/misuse.h"

#include <ahttp/url.h>

static ahttp_session *session_at(const char *path)
{
    return ahttp_session_new(.loop = f.loop, .base_url = server_url(f.server, path));
}

/* What the server sees when that is asked for. */
static void assert_target(ahttp_session *session, const char *url, const char *target)
{
    ahttp_response_unref(response_of(ahttp_get(session, url)));
    size_t last = (size_t)server_count(f.server, SERVER_REQUESTS) - 1;
    assert_string_equal(server_request_at(f.server, last).target, target);
}

static void urls_are_relative_to_the_base(void **state)
{
    (void)state;
    ahttp_session *session = session_at("/api/v1/");

    assert_target(session, "items", "/api/v1/items");
    assert_target(session, "items/%2F?a=b#c", "/api/v1/items/%2F?a=b");
    assert_target(session, "../v2/x", "/api/v2/x");
    assert_target(session, "/ok", "/ok");
    assert_target(session, "?q", "/api/v1/?q");
    assert_target(session, "", "/api/v1/");
    assert_target(session, server_url(f.server, "/api/../absolute"), "/api/../absolute");
    ahttp_session_unref(session);
}

static void relative_urls_do_not_lead_to_other_origins(void **state)
{
    (void)state;
    ahttp_session *session = session_at("/");

    assert_fails(ahttp_get(session, "//other.test/x"), AHTTP_E_URL, "another origin than base_url");
    assert_fails(ahttp_get(session, "ftp://a/"), AHTTP_E_URL, "neither http nor https");
    ahttp_session_unref(session);
}

static void without_a_base_urls_are_absolute(void **state)
{
    (void)state;
    assert_fails(ahttp_get(f.session, "/ok"), AHTTP_E_URL, "does not begin with http");
}

static void links_that_only_browsers_can_follow_are_refused(void **state)
{
    ahttp_url *socket = ahttp_url_parse_as_browser("wss:a.test", NULL, NULL);
    ahttp_url *zero = ahttp_url_parse_as_browser("http://a.test:0", NULL, NULL);
    (void)state;

    assert_fails(ahttp_get(f.session, ahttp_url_text(socket)), AHTTP_E_URL, "the scheme is wss");
    assert_fails(ahttp_get(f.session, ahttp_url_text(zero)), AHTTP_E_URL, "the port is not");
    ahttp_url_free(socket);
    ahttp_url_free(zero);
}

static void credentials_of_the_base_are_sent(void **state)
{
    char base[100];
    (void)state;
    snprintf(base, sizeof base, "http://u:p@127.0.0.1:%u/", (unsigned)server_port(f.server));
    ahttp_session *session = ahttp_session_new(.loop = f.loop, .base_url = base);

    assert_text(ahttp_get(session, "ok"), "ok");

    assert_true(
        server_request_has_line(server_request_at(f.server, 0), "Authorization: Basic dTpw"));
    ahttp_session_unref(session);
}

static void what_is_no_base_makes_no_session(void **state)
{
    (void)state;
    assert_null(ahttp_session_new(.loop = f.loop, .base_url = "/api/"));
    assert_null(ahttp_session_new(.loop = f.loop, .base_url = "http://a/api"));
    assert_null(ahttp_session_new(.loop = f.loop, .base_url = "http://a/?q=/"));
}

static void send_by_no_session(void)
{
    ahttp_drop(ahttp_get(NULL, "http://a/"));
}

static void send_options_by_no_session(void)
{
    ahttp_drop(ahttp_get(NULL, "http://a/", .no_proxy = true));
}

static void a_session_that_was_not_made_is_told_apart(void **state)
{
    (void)state;
    assert_misuse(send_by_no_session, "ahttp_session_send: the session is NULL");
    assert_misuse(send_options_by_no_session, "ahttp_session_send: the session is NULL");
}

static void a_raw_query_stands_before_parameters(void **state)
{
    (void)state;
    ahttp_response_unref(
        response_of(ahttp_get(f.session, server_url(f.server, "/ok?a=1#f"), .query = "b=%2f+~&c d",
                              .params = AHTTP_PAIRS({"e f", "%"}))));

    assert_string_equal(server_request_at(f.server, 0).target, "/ok?a=1&b=%2f+~&c%20d&e+f=%25");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(urls_are_relative_to_the_base),
        WITH_SERVER(relative_urls_do_not_lead_to_other_origins),
        WITH_SERVER(without_a_base_urls_are_absolute),
        WITH_SERVER(credentials_of_the_base_are_sent),
        WITH_SERVER(links_that_only_browsers_can_follow_are_refused),
        WITH_SERVER(what_is_no_base_makes_no_session),
        WITH_SERVER(a_session_that_was_not_made_is_told_apart),
        WITH_SERVER(a_raw_query_stands_before_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
