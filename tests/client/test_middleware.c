/* SPDX-License-Identifier: MIT */
/* Code of programs around their requests. */
#include "scarcity.h"
#include "sending.h"

/* What happened, in order. */
static char story[400];

static void tell(const char *what)
{
    snprintf(story + strlen(story), sizeof story - strlen(story), "%s ", what);
}

static void begin(const server_step *first)
{
    f = start(&(server_script){.connections = {first}}, false);
    story[0] = '\0';
}

static const char *url(const char *path)
{
    return server_url(f.server, path);
}

/* ---- Some middlewares ---- */

static ahttp_future *named(ahttp_outgoing *request, ahttp_next *next, void *ctx)
{
    char hop[20];

    (void)request;
    snprintf(hop, sizeof hop, "%s%u", (const char *)ctx, ahttp_outgoing_hops(request));
    tell(hop);
    return ahttp_next_send(next);
}

static ahttp_future *signing(ahttp_outgoing *request, ahttp_next *next, void *ctx)
{
    (void)ctx;
    assert_true(ahttp_outgoing_set_header(request, "X-Signature", ahttp_outgoing_method(request)));
    assert_true(ahttp_outgoing_set_header(request, "User-Agent", NULL));
    assert_false(ahttp_outgoing_set_header(request, "Host", "b"));
    assert_false(ahttp_outgoing_set_header(request, "a b", "c"));
    assert_false(ahttp_outgoing_set_header(request, "A", "b\r\nC: d"));
    return ahttp_next_send(next);
}

static ahttp_future *failing(ahttp_outgoing *request, ahttp_next *next, void *ctx)
{
    ahttp_promise *promise;
    ahttp_future *future = ahttp_promise_new(&promise, NULL, NULL);

    (void)request;
    (void)next;
    (void)ctx;
    ahttp_promise_reject(promise, AHTTP_E_STATE, "no token");
    return future;
}

#if AHTTP_TASKS
/* Until the status is another one, or so often. */
static ahttp_response *again_while_503(ahttp_outgoing *request, ahttp_next *next, void *ctx)
{
    ahttp_response *response = NULL;
    char count[20];

    for (int i = 0; i < *(int *)ctx; i++) {
        ahttp_response_unref(response);
        snprintf(count, sizeof count, "%d", i);
        assert_true(ahttp_outgoing_set_header(request, "X-Try", count));
        response = ahttp_await(ahttp_next_send(next));
        if (!response)
            return ahttp_fail_again();
        if (ahttp_response_status(response) != 503)
            break;
    }
    return response;
}
#endif

/* ---- What they see and give ---- */

static void the_first_is_the_outermost(void **state)
{
    (void)state;
    begin(NULL);

    assert_text(ahttp_get(f.session, url("/ok"),
                          .middlewares = AHTTP_MIDDLEWARES({named, NULL, "a"}, {named, NULL, "b"})),
                "ok");

    assert_string_equal(story, "a0 b0 ");
}

static void they_run_once_for_each_hop_inside_of_redirects(void **state)
{
    (void)state;
    begin(NULL);

    ahttp_response *response =
        response_of(ahttp_get(f.session, url("/redirect/302/ok"),
                              .middlewares = AHTTP_MIDDLEWARES({named, NULL, "a"}), .auth = "u:p"));

    assert_string_equal(ahttp_await(ahttp_response_text(response)), "ok");
    assert_string_equal(story, "a0 a1 ");
    assert_int_equal(ahttp_response_history_count(response), 1);
    assert_int_equal(ahttp_response_status(ahttp_response_history(response, 0)), 302);
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 1);
    assert_true(server_request_has_field(seen(), "Authorization"));
    ahttp_response_unref(response);
}

static void a_request_has_its_own_instead_of_the_sessions(void **state)
{
    (void)state;
    begin(NULL);
    ahttp_session *session =
        ahttp_session_new(.loop = f.loop,
                          .middlewares = AHTTP_MIDDLEWARES({named, NULL, "session"}));

    assert_text(ahttp_get(session, url("/ok")), "ok");
    assert_text(
        ahttp_get(session, url("/ok"), .middlewares = AHTTP_MIDDLEWARES({named, NULL, "own"})),
        "ok");
    assert_text(ahttp_get(session, url("/ok"),
                          .middlewares = (const ahttp_middleware[]){{NULL, NULL, NULL}}),
                "ok");

    assert_string_equal(story, "session0 own0 ");
    ahttp_session_unref(session);
}

static void they_may_change_headers(void **state)
{
    (void)state;
    begin(NULL);

    assert_text(ahttp_get(f.session, url("/ok"), .headers = AHTTP_PAIRS({"x-signature", "old"}),
                          .middlewares = AHTTP_MIDDLEWARES({signing, NULL, NULL})),
                "ok");

    assert_true(server_request_has_line(seen(), "X-Signature: GET"));
    assert_false(server_request_has_line(seen(), "x-signature: old"));
    assert_false(server_request_has_field(seen(), "User-Agent"));
    assert_true(server_request_has_field(seen(), "Accept"));
}

static ahttp_future *replacing(ahttp_outgoing *request, ahttp_next *next, void *ctx)
{
    (void)ctx;
    assert_true(ahttp_outgoing_set_body(request, ahttp_body_bytes((ahttp_bytes){"new", 3})));
    return ahttp_next_send(next);
}

static void they_may_change_the_body(void **state)
{
    (void)state;
    begin(NULL);

    assert_sent(ahttp_post(f.session, url("/echo"), .text = "old body",
                           .middlewares = AHTTP_MIDDLEWARES({replacing, NULL, NULL})));

    assert_string_equal(seen().body, "new");
}

static void they_may_answer_themselves(void **state)
{
    int status = 203;
    (void)state;
    begin(NULL);

    ahttp_response *response = response_of(ahttp_get(
        f.session, url("/never"), .middlewares = AHTTP_MIDDLEWARES({answering, NULL, &status})));

    assert_int_equal(ahttp_response_status(response), 203);
    assert_string_equal(ahttp_response_content_type(response), "text/x-made");
    assert_string_equal(ahttp_response_url(response), url("/never"));
    assert_string_equal(ahttp_await(ahttp_response_text(response)), "made up");
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 0);
    ahttp_response_unref(response);
}

static void a_redirect_that_they_make_up_is_followed(void **state)
{
    int status = 307;
    (void)state;
    begin(NULL);

    assert_fails(ahttp_get(f.session, url("/a"), .max_redirects = 3,
                           .middlewares = AHTTP_MIDDLEWARES({answering, NULL, &status})),
                 AHTTP_E_TOO_MANY_REDIRECTS, "");
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 0);
}

static void statuses_that_mean_failure_are_seen_outside(void **state)
{
    int status = 404;
    (void)state;
    begin(NULL);

    assert_fails(ahttp_get(f.session, url("/a"), .raise_for_status = AHTTP_RAISE_FAILURES,
                           .middlewares = AHTTP_MIDDLEWARES({answering, NULL, &status})),
                 AHTTP_E_STATUS, "404");
    assert_fails(ahttp_get(f.session, url("/status/500"), .raise_for_status = AHTTP_RAISE_FAILURES,
                           .middlewares = AHTTP_MIDDLEWARES({named, NULL, "a"})),
                 AHTTP_E_STATUS, "500");
}

static void their_errors_are_the_requests(void **state)
{
    (void)state;
    begin(NULL);

    assert_fails(
        ahttp_get(f.session, url("/ok"),
                  .middlewares = AHTTP_MIDDLEWARES({named, NULL, "a"}, {failing, NULL, NULL})),
        AHTTP_E_STATE, "/ok: no token");
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 0);
}

static void errors_of_the_network_pass_them_as_they_are(void **state)
{
    static const server_step reset[] = {READ_REQUEST, RESET};
    char twice[200];
    (void)state;
    begin(reset);

    assert_null(ahttp_await(ahttp_post(f.session, url("/x"), .text = "a",
                                       .middlewares = AHTTP_MIDDLEWARES({named, NULL, "a"}))));
    snprintf(twice, sizeof twice, "POST %s: POST", url("/x"));
    assert_null(strstr(ahttp_task_error()->message, twice));
    assert_non_null(strstr(ahttp_task_error()->message, "POST http://"));
}

/* ---- Sending again ---- */

#if AHTTP_TASKS
#define BUSY "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy"

static void a_task_may_send_again(void **state)
{
    static const server_step steps[] = {READ_REQUEST, SEND(BUSY), READ_REQUEST, SEND(BUSY), SERVE};
    int most = 5;
    (void)state;
    begin(steps);

    assert_sent(ahttp_post(f.session, url("/echo"), .text = "body",
                           .middlewares = AHTTP_MIDDLEWARES({NULL, again_while_503, &most})));

    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 3);
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 1);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(server_request_at(f.server, i).body, "body");
    assert_true(server_request_has_line(seen(), "X-Try: 2"));
}

static void a_source_is_sent_again_and_goes_along_with_redirects(void **state)
{
    static const server_step steps[] = {
        READ_REQUEST, SEND(BUSY), READ_REQUEST,
        SEND("HTTP/1.1 307 There\r\nLocation: /echo\r\nContent-Length: 0\r\n\r\n"), SERVE};
    int most = 5;
    (void)state;
    begin(steps);

    assert_sent(ahttp_post(f.session, url("/a"),
                           .body = ahttp_body_bytes((ahttp_bytes){"hello", 5}),
                           .middlewares = AHTTP_MIDDLEWARES({NULL, again_while_503, &most})));

    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 3);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(server_request_at(f.server, i).body, "hello");
}

static void a_body_that_cannot_be_repeated_is_sent_once(void **state)
{
    static const server_step steps[] = {READ_REQUEST, SEND(BUSY), AGAIN};
    static const char *const pieces[] = {"hello", NULL};
    producer p = {.pieces = pieces};
    int most = 5;
    (void)state;
    begin(steps);

    assert_fails(ahttp_post(f.session, url("/a"), .body = ahttp_body_produced(produce, &p, 5),
                            .middlewares = AHTTP_MIDDLEWARES({NULL, again_while_503, &most})),
                 AHTTP_E_BODY_ONCE, "can be sent only once");
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 1);
}
#endif

/* ---- Ends ---- */

static const server_step silent[] = {READ_REQUEST, HOLD};

static void a_cancel_reaches_what_is_under_way(void **state)
{
    (void)state;
    begin(silent);

    ahttp_future *request =
        ahttp_get(f.session, url("/"), .middlewares = AHTTP_MIDDLEWARES({named, NULL, "a"}));
    run_until(&f, SERVER_REQUESTS, 1);
    ahttp_future_cancel(request);

    assert_fails(request, AHTTP_E_CANCELLED, "cancelled");
    run_until(&f, SERVER_PEER_CLOSED, 1);
}

static void a_cancel_before_they_run_keeps_them_from_running(void **state)
{
    (void)state;
    begin(silent);

    ahttp_future *request =
        ahttp_get(f.session, url("/"), .middlewares = AHTTP_MIDDLEWARES({named, NULL, "a"}));
    ahttp_future_cancel(request);

    assert_fails(request, AHTTP_E_CANCELLED, "cancelled");
    assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
    assert_string_equal(story, "");
}

static void the_deadline_spans_middlewares(void **state)
{
    (void)state;
    f = start(&(server_script){.connections = {silent}}, true);

    ahttp_future *request = ahttp_get(f.session, url("/"), .timeout = {.total_ms = 100},
                                      .middlewares = AHTTP_MIDDLEWARES({named, NULL, "a"}));
    run_until(&f, SERVER_REQUESTS, 1);
    ahttp_loop_advance(f.loop, 100);

    assert_fails(request, AHTTP_E_TOTAL_TIMEOUT, "middlewares were at work");
}

static void the_deadline_goes_on_while_the_body_is_read(void **state)
{
    static const server_step steps[] = {
        READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"), HOLD};
    (void)state;
    f = start(&(server_script){.connections = {steps}}, true);

    ahttp_response *response =
        response_of(ahttp_get(f.session, url("/"), .timeout = {.total_ms = 100},
                              .middlewares = AHTTP_MIDDLEWARES({named, NULL, "a"})));
    ahttp_future *text = ahttp_response_text(response);
    ahttp_loop_advance(f.loop, 100);

    assert_fails(text, AHTTP_E_TOTAL_TIMEOUT, "reading the body");
    ahttp_response_unref(response);
}

static void closing_the_session_ends_what_is_under_way(void **state)
{
    (void)state;
    begin(silent);

    ahttp_future *request =
        ahttp_get(f.session, url("/"), .middlewares = AHTTP_MIDDLEWARES({named, NULL, "a"}));
    run_until(&f, SERVER_REQUESTS, 1);
    assert_int_equal(ahttp_await_status(ahttp_session_close(f.session)), 0);

    assert_fails(request, AHTTP_E_CLOSED, "closed");
}

static ahttp_hop_choice refuse(const ahttp_hop *hop, void *ctx)
{
    (void)hop;
    ahttp_future_cancel(*(ahttp_future **)ctx);
    return AHTTP_HOP_FOLLOW;
}

static void a_cancel_while_a_stage_looks_at_what_they_gave(void **state)
{
    ahttp_future *request = NULL;
    (void)state;
    begin(NULL);

    request = ahttp_get(f.session, url("/redirect/302/ok"), .on_redirect = refuse,
                        .on_redirect_ctx = &request,
                        .middlewares = AHTTP_MIDDLEWARES({named, NULL, "a"}));
    assert_fails(request, AHTTP_E_CANCELLED, "cancelled");
    assert_string_equal(story, "a0 ");
}

/* ---- Memory ---- */

static test_server *server;

static ahttp_future *setting(ahttp_outgoing *request, ahttp_next *next, void *ctx)
{
    (void)ctx;
    ahttp_outgoing_set_header(request, "A", "b");
    return ahttp_next_send(next);
}

static void one_request(ahttp_session *session, void *ctx)
{
    (void)ctx;
    assert_ends(ahttp_post(session, server_url(server, "/redirect/307/ok"), .text = "hi"));
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    server = server_start(NULL);
    for_each_allocation_with_session(
        one_request, NULL,
        .middlewares = AHTTP_MIDDLEWARES({setting, NULL, NULL}, {setting, NULL, NULL}));
    server_stop(server);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, end_one)
    const struct CMUnitTest tests[] = {
        TEST(the_first_is_the_outermost),
        TEST(they_run_once_for_each_hop_inside_of_redirects),
        TEST(a_request_has_its_own_instead_of_the_sessions),
        TEST(they_may_change_headers),
        TEST(they_may_change_the_body),
        TEST(they_may_answer_themselves),
        TEST(a_redirect_that_they_make_up_is_followed),
        TEST(statuses_that_mean_failure_are_seen_outside),
        TEST(their_errors_are_the_requests),
        TEST(errors_of_the_network_pass_them_as_they_are),
#if AHTTP_TASKS
        TEST(a_task_may_send_again),
        TEST(a_source_is_sent_again_and_goes_along_with_redirects),
        TEST(a_body_that_cannot_be_repeated_is_sent_once),
#endif
        TEST(a_cancel_reaches_what_is_under_way),
        TEST(a_cancel_before_they_run_keeps_them_from_running),
        TEST(the_deadline_spans_middlewares),
        TEST(the_deadline_goes_on_while_the_body_is_read),
        TEST(closing_the_session_ends_what_is_under_way),
        TEST(a_cancel_while_a_stage_looks_at_what_they_gave),
        cmocka_unit_test(every_allocation_may_fail),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
