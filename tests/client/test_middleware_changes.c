/* SPDX-License-Identifier: MIT */
/* Middlewares that make another request of what the program asked for. */
#include "sending.h"

static void begin(void)
{
    f = start(NULL, false);
}

static const char *url(const char *path)
{
    return server_url(f.server, path);
}

/* What to become: any of them may be NULL. */
typedef struct change {
    const char *method, *url, *authorization;
} change;

static ahttp_future *changing(ahttp_outgoing *request, ahttp_next *next, void *ctx)
{
    const change *to = ctx;

    if (to->method)
        assert_true(ahttp_outgoing_set_method(request, to->method));
    if (to->url)
        assert_true(ahttp_outgoing_set_url(request, to->url));
    if (to->authorization)
        assert_true(ahttp_outgoing_set_header(request, "Authorization", to->authorization));
    return ahttp_next_send(next);
}

static ahttp_future *away_at_first(ahttp_outgoing *request, ahttp_next *next, void *ctx)
{
    return ahttp_outgoing_hops(request) == 0 ? changing(request, next, ctx) : ahttp_next_send(next);
}

static ahttp_future *changing_to_nonsense(ahttp_outgoing *request, ahttp_next *next, void *ctx)
{
    (void)ctx;
    assert_false(ahttp_outgoing_set_method(request, "A B"));
    assert_false(ahttp_outgoing_set_method(request, "CONNECT"));
    assert_false(ahttp_outgoing_set_url(request, "ftp://127.0.0.1/"));
    assert_false(ahttp_outgoing_set_url(request, "http://127.0.0.1:99999/"));
    return ahttp_next_send(next);
}

static ahttp_future *get_changed(const char *path, change *to)
{
    return ahttp_get(f.session, url(path), .middlewares = AHTTP_MIDDLEWARES({changing, NULL, to}));
}

static void a_changed_method_keeps_the_body(void **state)
{
    change to_put = {.method = "PUT"}, to_head = {.method = "HEAD"}, to_post = {.method = "POST"};
    (void)state;
    begin();

    ahttp_response *response =
        response_of(ahttp_post(f.session, url("/ok"), .text = "hello",
                               .middlewares = AHTTP_MIDDLEWARES({changing, NULL, &to_put})));
    assert_string_equal(ahttp_response_method(response), "PUT");
    ahttp_response_unref(response);
    assert_string_equal(seen().method, "PUT");
    assert_int_equal(seen().body_len, 5);

    assert_text(get_changed("/ok", &to_head), "");
    assert_string_equal(seen().method, "HEAD");
    assert_text(get_changed("/ok", &to_post), "ok");
    assert_true(server_request_has_field(seen(), "Content-Length"));
    assert_text(ahttp_get(f.session, url("/ok"),
                          .middlewares = AHTTP_MIDDLEWARES({changing_to_nonsense, NULL, NULL})),
                "ok");
    assert_string_equal(seen().method, "GET");
}

static void a_changed_url_is_where_it_goes(void **state)
{
    change to = {.url = "/ok"}, away = {.url = NULL};
    char other[100];
    (void)state;
    begin();
    ahttp_response *response = response_of(get_changed("/status/404", &to));

    assert_int_equal(ahttp_response_status(response), 200);
    assert_string_equal(ahttp_response_url(response), url("/ok"));
    ahttp_response_unref(response);

    snprintf(other, sizeof other, "http://localhost:%u/ok?a=1", server_port(f.server));
    away.url = other;
    assert_text(get_changed("/status/404", &away), "ok");
    assert_string_equal(seen().target, "/ok?a=1");
    snprintf(other, sizeof other, "Host: localhost:%u", server_port(f.server));
    assert_true(server_request_has_line(seen(), other));
}

static void secrets_stay_with_their_origin_when_the_url_changes(void **state)
{
    change away = {.url = NULL}, back = {.url = NULL}, own = {.authorization = "mine"};
    char other[100], redirect[100];
    (void)state;
    begin();
    snprintf(other, sizeof other, "http://localhost:%u/ok", server_port(f.server));
    snprintf(redirect, sizeof redirect, "http://localhost:%u/redirect/302/ok",
             server_port(f.server));
    away.url = own.url = other;
    back.url = url("/ok");

#define SECRETS                                                                                    \
    .headers = AHTTP_PAIRS({"Cookie", "a=1"}, {"X-Key", "k"}), .auth = "ada:secret",               \
    .secret_headers = AHTTP_NAMES("X-Key")
    assert_text(ahttp_get(f.session, url("/ok"), SECRETS,
                          .middlewares = AHTTP_MIDDLEWARES({changing, NULL, &away})),
                "ok");
    assert_false(server_request_has_field(seen(), "Authorization"));
    assert_false(server_request_has_field(seen(), "Cookie"));
    assert_false(server_request_has_field(seen(), "X-Key"));
    assert_text(ahttp_get(f.session, url("/ok"), SECRETS,
                          .middlewares =
                              AHTTP_MIDDLEWARES({changing, NULL, &away}, {changing, NULL, &back})),
                "ok");
    assert_true(server_request_has_field(seen(), "Authorization"));
    assert_text(
        ahttp_get(f.session, url("/ok"), .middlewares = AHTTP_MIDDLEWARES({changing, NULL, &own})),
        "ok");
    assert_true(server_request_has_line(seen(), "Authorization: mine"));

    away.url = redirect; /* a redirect of where it went is not for the secrets, either */
    ahttp_response *response =
        response_of(ahttp_get(f.session, url("/ok"), SECRETS, .max_redirects = 1,
                              .middlewares = AHTTP_MIDDLEWARES({away_at_first, NULL, &away})));
    assert_string_equal(ahttp_response_url(response), other);
    assert_false(server_request_has_field(seen(), "Authorization"));
    assert_false(server_request_has_field(seen(), "Cookie"));
    ahttp_response_unref(response);
#undef SECRETS
}

static void cookies_are_those_of_the_changed_url(void **state)
{
    change away = {.url = NULL};
    char other[100];
    (void)state;
    begin();
    ahttp_cookie_jar *jar = ahttp_cookie_jar_new();
    ahttp_session *session = ahttp_session_new(.loop = f.loop, .cookie_jar = jar);
    snprintf(other, sizeof other, "http://localhost:%u/ok", server_port(f.server));
    away.url = other;
    assert_int_equal(ahttp_cookie_jar_set_text(jar, other, "there=2", NULL), 0);

    assert_text(
        ahttp_get(session, url("/ok"), .middlewares = AHTTP_MIDDLEWARES({changing, NULL, &away})),
        "ok");
    assert_true(server_request_has_line(seen(), "Cookie: there=2"));
    ahttp_session_unref(session);
    ahttp_cookie_jar_unref(jar);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, end_one)
    const struct CMUnitTest tests[] = {
        TEST(a_changed_method_keeps_the_body),
        TEST(a_changed_url_is_where_it_goes),
        TEST(secrets_stay_with_their_origin_when_the_url_changes),
        TEST(cookies_are_those_of_the_changed_url),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
