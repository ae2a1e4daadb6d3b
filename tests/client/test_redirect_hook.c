/* SPDX-License-Identifier: MIT */
/* Redirects that are not simply followed: limits, guards, the program's choice, and errors. */
#include "one_server.h"
#include "scarcity.h"

#define REDIRECT(location)                                                                         \
    "HTTP/1.1 302 Found\r\nLocation: " location "\r\nContent-Length: 3\r\n\r\nbye"

/* What the hook saw last, and what it is to say. */
static struct {
    ahttp_hop_choice choice;
    int calls;
    char location[100], url[100], method[10];
    int status;
    size_t history;
    bool has_url, changes_origin;
    ahttp_future *to_cancel;
    bool closes;
} hook;

static ahttp_hop_choice on_redirect(const ahttp_hop *hop, void *ctx)
{
    assert_ptr_equal(ctx, &hook);
    hook.calls++;
    hook.has_url = hop->url != NULL;
    hook.changes_origin = hop->changes_origin;
    hook.status = ahttp_response_status(hop->response);
    hook.history = ahttp_response_history_count(hop->response);
    snprintf(hook.location, sizeof hook.location, "%s", hop->location);
    snprintf(hook.url, sizeof hook.url, "%s", hop->url ? hop->url : "");
    snprintf(hook.method, sizeof hook.method, "%s", hop->method ? hop->method : "");
    if (hook.to_cancel)
        ahttp_future_cancel(hook.to_cancel);
    if (hook.closes)
        ahttp_drop(ahttp_session_close(f.session));
    return hook.choice;
}

static void begin(const server_step *first)
{
    f = start(&(server_script){.connections = {first}}, false);
    memset(&hook, 0, sizeof hook);
}

static ahttp_future *get(const char *path)
{
    return ahttp_get(f.session, server_url(f.server, path), .on_redirect = on_redirect,
                     .on_redirect_ctx = &hook);
}

/* ---- How many ---- */

static const server_step endless[] = {READ_REQUEST, SEND(REDIRECT("/again")), AGAIN};

static void assert_hops(ahttp_future *request, size_t followed)
{
    assert_fails(request, AHTTP_E_TOO_MANY_REDIRECTS, "follow redirect 302: as many as");
    const ahttp_error *error = ahttp_task_error();
    size_t count = 0;

    assert_int_equal(error->status, 302);
    assert_string_equal(error->hops[0].url, server_url(f.server, "/"));
    for (; error->hops[count].url; count++)
        assert_int_equal(error->hops[count].status, 302);
    assert_int_equal(count, followed + 1);
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), followed + 1);
}

static void ten_hops_are_followed(void **state)
{
    (void)state;
    begin(endless);

    assert_hops(ahttp_get(f.session, server_url(f.server, "/")), 10);
}

static void a_request_says_how_many_hops_are_followed(void **state)
{
    (void)state;
    begin(endless);

    assert_hops(ahttp_get(f.session, server_url(f.server, "/"), .max_redirects = 3), 3);
}

static void exactly_as_many_as_allowed_is_no_failure(void **state)
{
    static const server_step two[] = {READ_REQUEST, SEND(REDIRECT("/b")), READ_REQUEST,
                                      SEND(REDIRECT("/ok")), SERVE};
    (void)state;
    begin(two);

    assert_text(ahttp_get(f.session, server_url(f.server, "/"), .max_redirects = 2), "ok");
}

static void without_a_limit_they_are_followed_for_long(void **state)
{
    (void)state;
    begin(endless);

    ahttp_future *request =
        ahttp_get(f.session, server_url(f.server, "/"), .max_redirects = AHTTP_UNLIMITED);
    run_until(&f, SERVER_REQUESTS, 500);
    ahttp_future_cancel(request);

    assert_fails(request, AHTTP_E_CANCELLED, "cancelled");
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 1);
}

static void they_can_be_returned_instead(void **state)
{
    static const server_step steps[] = {READ_REQUEST, SEND(REDIRECT("/b")), AGAIN};
    (void)state;
    f = start(&(server_script){.others = steps}, false);

    assert_text(
        ahttp_get(f.session, server_url(f.server, "/"), .redirects = AHTTP_REDIRECTS_RETURN),
        "bye");
    ahttp_session *session = ahttp_session_new(.loop = f.loop, .redirects = AHTTP_REDIRECTS_RETURN);
    assert_text(ahttp_get(session, server_url(f.server, "/")), "bye");
    ahttp_session_unref(session);
}

static void head_is_followed_only_when_asked_for(void **state)
{
    (void)state;
    begin(NULL);
    const char *url = server_url(f.server, "/redirect/303/ok");

    ahttp_response *response = response_of(ahttp_head(f.session, url));
    assert_int_equal(ahttp_response_status(response), 303);
    ahttp_response_unref(response);
    response = response_of(ahttp_head(f.session, url, .redirects = AHTTP_REDIRECTS_FOLLOW));
    assert_int_equal(ahttp_response_status(response), 200);
    assert_string_equal(ahttp_response_method(response), "HEAD");
    ahttp_response_unref(response);
}

/* ---- Where to ---- */

static void what_is_no_url_of_ours_has_errors_of_its_own(void **state)
{
    static const server_step ftp[] = {READ_REQUEST, SEND(REDIRECT("ftp://a/b")), HOLD};
    static const server_step app[] = {READ_REQUEST, SEND(REDIRECT("my.app:callback?code=1")), HOLD};
    static const server_step bad[] = {READ_REQUEST, SEND(REDIRECT("http://a:99999/")), HOLD};
    (void)state;
    memset(&hook, 0, sizeof hook);
    f = start(&(server_script){.connections = {ftp, app, bad}}, false);

    assert_fails(ahttp_get(f.session, server_url(f.server, "/")), AHTTP_E_REDIRECT_SCHEME,
                 "follow redirect 302: its scheme is neither http nor https");
    assert_int_equal(ahttp_task_error()->hops[0].status, 302);
    assert_fails(ahttp_get(f.session, server_url(f.server, "/")), AHTTP_E_REDIRECT_SCHEME, "");
    assert_fails(ahttp_get(f.session, server_url(f.server, "/")), AHTTP_E_REDIRECT_URL,
                 "the port is not a number");
    assert_true(server_wait_for(f.server, SERVER_PEER_CLOSED, 3));
}

static void a_uri_field_stands_in_for_location(void **state)
{
    static const server_step steps[] = {
        READ_REQUEST, SEND("HTTP/1.1 302 Found\r\nURI: /ok\r\nContent-Length: 0\r\n\r\n"), SERVE};
    (void)state;
    begin(steps);

    assert_text(ahttp_get(f.session, server_url(f.server, "/")), "ok");
}

static void bytes_of_a_location_are_sent_as_they_came(void **state)
{
    static const server_step steps[] = {READ_REQUEST,
                                        SEND(REDIRECT("/%7e%2f+:~?s=%3A/caf\xc3\xa9 x")),
                                        READ_REQUEST, SEND(REDIRECT("/ok")), SERVE};
    (void)state;
    begin(steps);

    assert_text(ahttp_get(f.session, server_url(f.server, "/"), .params = AHTTP_PAIRS({"q", "1"})),
                "ok");
    assert_string_equal(server_request_at(f.server, 1).target, "/%7e%2f+:~?s=%3A/caf%C3%A9%20x");
}

static void a_fragment_is_inherited_unless_there_is_one(void **state)
{
    static const server_step steps[] = {READ_REQUEST, SEND(REDIRECT("/b")), READ_REQUEST,
                                        SEND(REDIRECT("/ok#mine")), SERVE};
    (void)state;
    begin(steps);

    ahttp_response *response = response_of(ahttp_get(f.session, server_url(f.server, "/a#yours")));
    assert_string_equal(ahttp_response_url(response), server_url(f.server, "/ok"));
    assert_string_equal(ahttp_response_real_url(response), server_url(f.server, "/ok#mine"));
    assert_string_equal(ahttp_response_real_url(ahttp_response_history(response, 1)),
                        server_url(f.server, "/b#yours"));
    ahttp_response_unref(response);
}

static void credentials_of_the_location_are_used_and_not_shown(void **state)
{
    char location[100];
    (void)state;
    begin(NULL);
    test_server *second = server_start(NULL);
    snprintf(location, sizeof location, "http://u:s3cret@127.0.0.1:%u/ok",
             (unsigned)server_port(second));
    server_step steps[] = {READ_REQUEST, SEND(location), HOLD};
    char answer[200];
    snprintf(answer, sizeof answer, REDIRECT("%s"), location);
    steps[1].bytes = answer;
    test_server *first = server_start(&(server_script){.connections = {steps}});

    ahttp_response *response = response_of(ahttp_get(f.session, server_url(first, "/")));
    assert_string_equal(ahttp_response_url(response), server_url(second, "/ok"));
    assert_true(
        server_request_has_line(server_request_at(second, 0), "Authorization: Basic dTpzM2NyZXQ="));
    ahttp_response_unref(response);
    server_stop(first);
    server_stop(second);
}

/* ---- What was sent ---- */

static void the_headers_that_were_sent_can_be_read(void **state)
{
    char host[40];
    (void)state;
    begin(NULL);
    snprintf(host, sizeof host, "127.0.0.1:%u", (unsigned)server_port(f.server));

    ahttp_response *response =
        response_of(ahttp_post(f.session, server_url(f.server, "/redirect/302/ok"), .text = "hi",
                               .headers = AHTTP_PAIRS({"X-A", "1"}, {"X-A", "2"})));
    const ahttp_headers *sent = ahttp_response_request_headers(response);
    const ahttp_headers *first =
        ahttp_response_request_headers(ahttp_response_history(response, 0));

    assert_string_equal(ahttp_headers_get(sent, "Host"), host);
    assert_string_equal(ahttp_headers_get_nth(sent, "X-A", 1), "2");
    assert_null(ahttp_headers_get(sent, "Content-Length"));
    assert_string_equal(ahttp_headers_get(first, "Content-Length"), "2");
    assert_string_equal(ahttp_headers_get(first, "Content-Type"), "text/plain; charset=utf-8");
    assert_ptr_equal(ahttp_response_request_headers(response), sent);
    ahttp_response_unref(response);
}

/* ---- The program's choice ---- */

static void the_program_is_asked_at_each_hop(void **state)
{
    static const server_step steps[] = {READ_REQUEST, SEND(REDIRECT("/b")), READ_REQUEST,
                                        SEND(REDIRECT("ok")), SERVE};
    (void)state;
    begin(steps);

    assert_text(get("/"), "ok");

    assert_int_equal(hook.calls, 2);
    assert_int_equal(hook.status, 302);
    assert_int_equal(hook.history, 1);
    assert_string_equal(hook.location, "ok");
    assert_string_equal(hook.url, server_url(f.server, "/ok"));
    assert_string_equal(hook.method, "GET");
    assert_false(hook.changes_origin);
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 1);
}

static void the_program_may_stop_and_read_the_redirect(void **state)
{
    /* "bye", compressed, in two pieces: what comes while the program is asked is kept. */
    static const char coded[] = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\xaa\x4c\x05\x00\x34"
                                "\x91\x37\x77\x03\x00\x00\x00";
    static const server_step steps[] = {
        READ_REQUEST,
        SEND("HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Encoding: gzip\r\n"
             "Content-Length: 23\r\n\r\n"),
        SEND_BYTES(coded, 10),
        WAIT_GATE(1),
        SEND_BYTES(coded + 10, 13),
        SERVE};
    (void)state;
    begin(steps);
    hook.choice = AHTTP_HOP_STOP;

    ahttp_response *response = response_of(get("/"));
    assert_int_equal(ahttp_response_status(response), 302);
    assert_int_equal(ahttp_response_history_count(response), 0);
    ahttp_future *text = ahttp_response_text(response);
    server_open_gate(f.server, 1);
    assert_string_equal(ahttp_await(text), "bye");

    assert_int_equal(hook.calls, 1);
    ahttp_response_unref(response);
}

static void a_whole_redirect_may_have_come_when_the_program_stops(void **state)
{
    static const server_step steps[] = {READ_REQUEST, SEND(REDIRECT("/b")), SERVE};
    (void)state;
    begin(steps);
    hook.choice = AHTTP_HOP_STOP;

    assert_text(get("/"), "bye");
    assert_text(ahttp_get(f.session, server_url(f.server, "/ok")), "ok");
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 1);
}

static void a_redirect_that_is_cut_while_the_program_stops_is_cut(void **state)
{
    static const server_step steps[] = {
        READ_REQUEST, SEND("HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 9\r\n\r\nbye"),
        CLOSE};
    (void)state;
    begin(steps);
    hook.choice = AHTTP_HOP_STOP;

    ahttp_response *response = response_of(get("/"));
    assert_fails(ahttp_response_text(response), AHTTP_E_BODY_CUT, "3 of 9 bytes");
    ahttp_response_unref(response);
}

static void the_program_may_refuse(void **state)
{
    (void)state;
    begin(endless);
    hook.choice = AHTTP_HOP_REFUSE;

    assert_fails(get("/"), AHTTP_E_REDIRECT_REFUSED, "on_redirect does not want it");
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 1);
}

static void the_program_sees_what_cannot_be_followed(void **state)
{
    static const server_step app[] = {READ_REQUEST, SEND(REDIRECT("my.app:callback?code=1")),
                                      AGAIN};
    (void)state;
    begin(app);
    hook.choice = AHTTP_HOP_STOP;

    assert_text(get("/"), "bye");
    assert_false(hook.has_url);
    assert_string_equal(hook.location, "my.app:callback?code=1");
    hook.choice = AHTTP_HOP_FOLLOW;
    assert_fails(get("/"), AHTTP_E_REDIRECT_SCHEME, "its scheme");
}

static void the_program_may_cancel_the_request_meanwhile(void **state)
{
    (void)state;
    begin(endless);

    hook.to_cancel = get("/");
    assert_fails(hook.to_cancel, AHTTP_E_CANCELLED, "cancelled");
    assert_int_equal(hook.calls, 1);
}

static void the_program_may_close_the_session_meanwhile(void **state)
{
    (void)state;
    begin(endless);
    hook.closes = true;

    assert_fails(get("/"), AHTTP_E_CLOSED, "the session was closed");
    assert_int_equal(hook.calls, 1);
}

/* What "/" redirects to at another origin. */
static test_server *redirecting_to_another_origin(void)
{
    static char answer[200];
    static const server_step steps[] = {READ_REQUEST, SEND(answer), AGAIN};

    snprintf(answer, sizeof answer,
             "HTTP/1.1 302 Found\r\nLocation: http://localhost:%u/ok\r\nContent-Length: 0\r\n\r\n",
             server_port(f.server));
    return server_start(&(server_script){.others = steps});
}

static void what_a_session_or_request_calls_secret_stays_at_its_origin(void **state)
{
    (void)state;
    begin(NULL);
    test_server *first = redirecting_to_another_origin();
    ahttp_session *session =
        ahttp_session_new(.loop = f.loop, .headers = AHTTP_PAIRS({"X-Key", "1"}, {"X-Tag", "2"}),
                          .secret_headers = AHTTP_NAMES("x-key"));

    assert_text(ahttp_get(session, server_url(first, "/")), "ok");
    server_request seen = server_request_at(f.server, 0);
    assert_true(server_request_has_line(server_request_at(first, 0), "X-Key: 1"));
    assert_false(server_request_has_field(seen, "X-Key"));
    assert_true(server_request_has_line(seen, "X-Tag: 2"));
    assert_text(ahttp_get(session, server_url(first, "/"), .headers = AHTTP_PAIRS({"X-Pin", "3"}),
                          .secret_headers = AHTTP_NAMES("X-PIN", "X-TAG")),
                "ok");
    seen = server_request_at(f.server, 1);
    assert_true(server_request_has_line(server_request_at(first, 1), "X-Pin: 3"));
    assert_false(server_request_has_field(seen, "X-Key"));
    assert_false(server_request_has_field(seen, "X-Tag"));
    assert_false(server_request_has_field(seen, "X-Pin"));
    assert_text(ahttp_get(session, server_url(f.server, "/redirect/302/ok")), "ok");
    assert_true(server_request_has_line(server_request_at(f.server, 3), "X-Key: 1"));

    assert_fails(ahttp_get(session, "http://h/", .secret_headers = AHTTP_NAMES("X-Key: 1")),
                 AHTTP_E_ARGUMENT, "secret_headers: \"X-Key: 1\" is not the name of a header");
    assert_null(ahttp_session_new(.loop = f.loop, .secret_headers = AHTTP_NAMES("")));
    ahttp_session_unref(session);
    server_stop(first);
}

static void a_location_that_cannot_be_followed_is_no_better_for_being_trusted(void **state)
{
    static const server_step steps[] = {READ_REQUEST, SEND(REDIRECT("ftp://h/")), AGAIN};
    (void)state;
    begin(steps);
    hook.choice = AHTTP_HOP_TRUST;

    assert_fails(get("/"), AHTTP_E_REDIRECT_SCHEME, "");
    assert_false(hook.has_url);
}

static void a_cancel_before_the_program_is_asked_leaves_it_alone(void **state)
{
    (void)state;
    begin(endless);

    ahttp_future *request = get("/");
    run_until(&f, SERVER_REQUESTS, 1);
    ahttp_future_cancel(request);
    assert_fails(request, AHTTP_E_CANCELLED, "cancelled");
    assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);

    assert_in_range(hook.calls, 0, 1);
}

static void a_session_has_a_hook_for_all_requests(void **state)
{
    (void)state;
    begin(endless);
    hook.choice = AHTTP_HOP_STOP;
    ahttp_session *session =
        ahttp_session_new(.loop = f.loop, .on_redirect = on_redirect, .on_redirect_ctx = &hook);

    assert_text(ahttp_get(session, server_url(f.server, "/")), "bye");

    assert_int_equal(hook.calls, 1);
    ahttp_session_unref(session);
}

/* ---- Memory ---- */

static test_server *server;

static void one_too_many(ahttp_session *session, void *ctx)
{
    (void)ctx;
    memset(&hook, 0, sizeof hook);
    assert_null(ahttp_await(ahttp_get(session, server_url(server, "/#x"), .max_redirects = 2,
                                      .on_redirect = on_redirect, .on_redirect_ctx = &hook)));
    assert_non_null(ahttp_task_error()->message);
}

static void every_allocation_of_too_many_redirects_may_fail(void **state)
{
    (void)state;
    server = server_start(&(server_script){.others = endless});
    for_each_allocation_with_session(one_too_many, NULL);
    server_stop(server);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, end_one)
    const struct CMUnitTest tests[] = {
        TEST(ten_hops_are_followed),
        TEST(a_request_says_how_many_hops_are_followed),
        TEST(exactly_as_many_as_allowed_is_no_failure),
        TEST(without_a_limit_they_are_followed_for_long),
        TEST(they_can_be_returned_instead),
        TEST(head_is_followed_only_when_asked_for),
        TEST(what_is_no_url_of_ours_has_errors_of_its_own),
        TEST(a_uri_field_stands_in_for_location),
        TEST(bytes_of_a_location_are_sent_as_they_came),
        TEST(a_fragment_is_inherited_unless_there_is_one),
        TEST(credentials_of_the_location_are_used_and_not_shown),
        TEST(the_headers_that_were_sent_can_be_read),
        TEST(the_program_is_asked_at_each_hop),
        TEST(the_program_may_stop_and_read_the_redirect),
        TEST(a_whole_redirect_may_have_come_when_the_program_stops),
        TEST(a_redirect_that_is_cut_while_the_program_stops_is_cut),
        TEST(the_program_may_refuse),
        TEST(the_program_sees_what_cannot_be_followed),
        TEST(the_program_may_cancel_the_request_meanwhile),
        TEST(the_program_may_close_the_session_meanwhile),
        TEST(what_a_session_or_request_calls_secret_stays_at_its_origin),
        TEST(a_location_that_cannot_be_followed_is_no_better_for_being_trusted),
        TEST(a_cancel_before_the_program_is_asked_leaves_it_alone),
        TEST(a_session_has_a_hook_for_all_requests),
        cmocka_unit_test(every_allocation_of_too_many_redirects_may_fail),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
