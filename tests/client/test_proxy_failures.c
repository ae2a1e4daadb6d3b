/* SPDX-License-Identifier: MIT */
/* Proxies that refuse, ask who we are, stall, or are not there. */
#include "proxying.h"
#include "scarcity.h"

#define CHALLENGE                                                                                  \
    "Proxy-Authenticate: Digest realm=\"p\", qop=\"auth\", algorithm=SHA-256, nonce=\"n\"\r\n"
#define WHO_ARE_YOU "HTTP/1.1 407 Who?\r\n" CHALLENGE

/* Through a tunnel, whatever the scheme. */
static ahttp_future *tunnelled(const char *url, const char *auth)
{
    return ahttp_get(f.session, url, .proxy = {.url = proxy_url, .auth = auth, .tunnel = true});
}

/* ---- Refusals ---- */

static const server_step refuses[] = {
    READ_HEAD, SEND("HTTP/1.1 403 Forbidden\r\nX-Why: policy\r\nContent-Length: 4\r\n\r\nnope"),
    HOLD};

static void a_refused_tunnel_gives_status_headers_and_body(void **state)
{
    (void)state;
    char message[200];
    begin_scripted(refuses, NULL);

    assert_null(ahttp_await(tunnelled("http://me:secret@a.test/x", NULL)));

    const ahttp_error *error = ahttp_task_error();
    snprintf(message, sizeof message,
             "GET http://a.test/x: ask proxy %s for a.test:80: it answers 403 Forbidden",
             proxy_url);
    assert_int_equal(error->code, AHTTP_E_PROXY);
    assert_int_equal(error->kinds, AHTTP_KIND_PROXY | AHTTP_KIND_CONNECTION);
    assert_int_equal(error->status, 403);
    assert_string_equal(error->message, message);
    assert_string_equal(error->method, "GET");
    assert_string_equal(error->headers[0].name, "X-Why");
    assert_string_equal(error->headers[0].value, "policy");
    assert_null(error->headers[2].name);
    assert_int_equal(error->body.len, 4);
    assert_memory_equal(error->body.data, "nope", 4);
}

static const server_step gives_cookies[] = {
    READ_HEAD,    SEND(WHO_ARE_YOU "Set-Cookie: a=1; Path=/\r\nContent-Length: 0\r\n\r\n"),
    READ_HEAD,    SEND("HTTP/1.1 200 OK\r\nSet-Cookie: b=2; Path=/\r\n\r\n"),
    READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nSet-Cookie: c=3; Path=/\r\nContent-Length: 0\r\n\r\n"),
    SERVE};

static void a_proxy_gives_no_cookies_for_the_host(void **state)
{
    (void)state;
    begin_scripted(gives_cookies, NULL);

    for (int i = 0; i < 2; i++)
        ahttp_response_unref(response_of(tunnelled("http://a.test/ok", "u:p")));

    assert_line(3, "Cookie: c=3");
}

static void a_refusal_to_forward_is_a_response(void **state)
{
    (void)state;
    begin_scripted(refuses, NULL);

    ahttp_response *response = response_of(ahttp_get(f.session, "http://a.test/"));

    assert_int_equal(ahttp_response_status(response), 403);
    assert_string_equal(ahttp_await(ahttp_response_text(response)), "nope");
    ahttp_response_unref(response);
}

static void a_proxy_that_is_not_there_has_a_code_of_its_own(void **state)
{
    (void)state;
    char url[64], part[128];
    begin_scripted(NULL, NULL);

    snprintf(url, sizeof url, "127.0.0.1:%u", server_refused_port());
    snprintf(part, sizeof part, "connect to proxy http://%s: connect to ", url);

    assert_fails(ahttp_get(f.session, "http://a.test/", .proxy.url = url), AHTTP_E_PROXY_CONNECT,
                 part);
    assert_fails(ahttp_get(f.session, "http://a.test/", .proxy = {.url = url, .tunnel = true}),
                 AHTTP_E_PROXY_CONNECT, "connection refused");
}

static void a_proxy_whose_name_is_unknown_has_one_too(void **state)
{
    (void)state;
    begin_scripted(NULL, NULL);

    assert_fails(ahttp_get(f.session, "http://a.test/", .proxy.url = "socks5h://host..bad"),
                 AHTTP_E_PROXY_DNS, "connect to proxy socks5h://host..bad:1080: resolve ");
}

static const server_step garbage[] = {READ_HEAD, SEND("220 smtp.test ESMTP\r\n"), HOLD};
static const server_step closes[] = {READ_HEAD, CLOSE};
static const server_step resets[] = {READ_HEAD, RESET};

static void garbage_and_ends_are_told_apart(void **state)
{
    (void)state;
    begin_with(&(server_script){.connections = {garbage, closes, resets}},
               (ahttp_session_options){0});

    assert_fails(tunnelled("http://a.test/", NULL), AHTTP_E_PROXY, "for a.test:80: read response");
    assert_fails(tunnelled("http://a.test/", NULL), AHTTP_E_PROXY, "it closed the connection");
    assert_fails(tunnelled("http://a.test/", NULL), AHTTP_E_PROXY, "connection reset by peer");
}

static const server_step byte_by_byte[] = {READ_HEAD, SEND_SLOWLY(TUNNEL_IS_OPEN), SERVE};

static void an_answer_may_come_byte_by_byte(void **state)
{
    (void)state;
    begin_scripted(byte_by_byte, NULL);

    assert_text(tunnelled("http://a.test/ok", NULL), "ok");
}

/* ---- Who are you? ---- */

static const server_step asks_and_keeps[] = {READ_HEAD,
                                             SEND(WHO_ARE_YOU "Content-Length: 3\r\n\r\nwho"),
                                             READ_HEAD, SEND(TUNNEL_IS_OPEN), SERVE};
static const server_step asks_and_closes[] = {READ_HEAD,
                                              SEND(WHO_ARE_YOU "Connection: close\r\n\r\n"), CLOSE};
static const server_step opens[] = {READ_HEAD, SEND(TUNNEL_IS_OPEN), SERVE};
static const server_step asks_again_and_again[] = {
    READ_HEAD, SEND(WHO_ARE_YOU "Content-Length: 0\r\n\r\n"), AGAIN};

static void assert_digest(size_t n, const char *part)
{
    server_request request = request_at(n);
    const char *at = strstr(request.head, "Proxy-Authorization: Digest ");

    if (!at || !strstr(at, part))
        fail_msg("no Digest with \"%s\" in:\n%s", part, request.head);
}

static void a_login_goes_to_the_proxy_and_not_to_the_host(void **state)
{
    (void)state;
    begin_scripted(opens, NULL);

    assert_text(tunnelled("http://a.test/ok", "j\xc3\xbcrg:pw"), "ok");

    assert_line(0, "Proxy-Authorization: Basic asO8cmc6cHc=");
    assert_no_field(1, "Proxy-Authorization");
}

static void a_challenge_is_answered_by_digest_on_the_same_connection(void **state)
{
    (void)state;
    begin_scripted(asks_and_keeps, NULL);

    assert_text(tunnelled("http://a.test/ok", "u:p"), "ok");

    assert_line(0, "Proxy-Authorization: Basic dTpw");
    assert_digest(1, "uri=\"a.test:80\"");
    assert_digest(1, "nc=00000001");
    assert_no_field(2, "Proxy-Authorization");
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 1);
}

static void or_on_a_new_one_when_the_proxy_closes(void **state)
{
    (void)state;
    begin_scripted(asks_and_closes, opens);

    assert_text(tunnelled("http://a.test/ok", "u:p"), "ok");

    assert_digest(1, "uri=\"a.test:80\"");
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 2);
}

static void the_next_tunnel_needs_no_challenge(void **state)
{
    (void)state;
    begin_scripted(asks_and_keeps, opens);

    assert_text(tunnelled("http://a.test/ok", "u:p"), "ok");
    assert_text(tunnelled("http://b.test/ok", "u:p"), "ok");

    assert_digest(3, "uri=\"b.test:80\"");
    assert_digest(3, "nc=00000002");
}

static const server_step asks_and_renews[] = {
    READ_HEAD, SEND(WHO_ARE_YOU "Content-Length: 0\r\n\r\n"), READ_HEAD,
    SEND("HTTP/1.1 200 OK\r\nProxy-Authentication-Info: nextnonce=\"n2\"\r\n\r\n"), SERVE};

static void the_next_nonce_is_taken_from_the_answer_to_connect(void **state)
{
    (void)state;
    begin_scripted(asks_and_renews, opens);

    assert_text(tunnelled("http://a.test/ok", "u:p"), "ok");
    assert_text(tunnelled("http://b.test/ok", "u:p"), "ok");

    assert_digest(3, "nonce=\"n2\"");
    assert_digest(3, "nc=00000001");
}

static void a_wrong_password_ends_with_the_second_refusal(void **state)
{
    (void)state;
    begin_scripted(asks_again_and_again, asks_again_and_again);

    assert_fails(tunnelled("http://a.test/ok", "u:wrong"), AHTTP_E_PROXY, "it answers 407 Who?");
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 2);
    assert_fails(tunnelled("http://a.test/ok", NULL), AHTTP_E_PROXY, "it answers 407 Who?");
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 3);
}

static const server_step asks_then_forwards[] = {
    READ_REQUEST, SEND(WHO_ARE_YOU "Content-Length: 3\r\n\r\nwho"), SERVE};
static const server_step asks_each_time[] = {
    READ_REQUEST, SEND(WHO_ARE_YOU "Content-Length: 3\r\n\r\nwho"), AGAIN};

static void forwarded_requests_answer_a_challenge_too(void **state)
{
    (void)state;
    begin_scripted(asks_then_forwards, NULL);

    assert_text(ahttp_post(f.session, "http://a.test/ok?x", .text = "body",
                           .proxy = {.url = proxy_url, .auth = "u:p", .no_basic = true}),
                "ok");
    assert_text(ahttp_get(f.session, "http://b.test/ok",
                          .proxy = {.url = proxy_url, .auth = "u:p", .no_basic = true}),
                "ok");

    assert_no_field(0, "Proxy-Authorization");
    assert_digest(1, "uri=\"http://a.test/ok?x\"");
    assert_string_equal(request_at(1).body, "body");
    assert_digest(2, "uri=\"http://b.test/ok\"");
    assert_digest(2, "nc=00000002");
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 1);
}

static void where_there_is_no_answer_the_challenge_is_the_response(void **state)
{
    (void)state;
    const ahttp_proxy proxy = {.url = proxy_url, .auth = "u:wrong"};
    begin_scripted(asks_each_time, NULL);

    ahttp_response *response = response_of(ahttp_get(f.session, "http://a.test/", .proxy = proxy));

    assert_int_equal(ahttp_response_status(response), 407);
    assert_string_equal(ahttp_await(ahttp_response_text(response)), "who");
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 2);
    ahttp_response_unref(response);
}

static void a_host_s_own_407_is_not_answered(void **state)
{
    (void)state;
    begin_scripted(asks_each_time, NULL);

    ahttp_response *response =
        response_of(ahttp_get(f.session, server_url(f.server, "/"), .no_proxy = true));

    assert_int_equal(ahttp_response_status(response), 407);
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 1);
    ahttp_response_unref(response);
}

static void an_authorization_of_the_program_s_own_is_for_the_proxy_only(void **state)
{
    (void)state;
    const ahttp_pair *bearer = AHTTP_PAIRS({"Proxy-Authorization", "Bearer x"});
    begin_scripted(opens, NULL);

    assert_text(ahttp_get(f.session, "http://a.test/ok",
                          .proxy = {.url = proxy_url, .tunnel = true, .headers = bearer}),
                "ok");
    assert_text(
        ahttp_get(f.session, "http://a.test/ok", .proxy = {.url = proxy_url, .headers = bearer}),
        "ok");
    assert_text(ahttp_get(f.session, "http://a.test/ok", .headers = bearer), "ok");
    assert_text(ahttp_get(f.session, "http://a.test/ok", .headers = bearer,
                          .proxy = {.url = proxy_url, .tunnel = true, .headers = bearer}),
                "ok");

    assert_line(0, "Proxy-Authorization: Bearer x");
    assert_no_field(1, "Proxy-Authorization");
    assert_line(2, "Proxy-Authorization: Bearer x");
    assert_line(3, "Proxy-Authorization: Bearer x");
    assert_no_field(4, "Proxy-Authorization");
}

static const server_step redirects[] = {
    READ_REQUEST,
    SEND("HTTP/1.1 302 Found\r\nLocation: http://b.test/ok\r\nContent-Length: 0\r\n\r\n"), SERVE};

static const ahttp_proxy *login_for_a_only(const char *url, void *ctx)
{
    ahttp_proxy *proxy = ctx;

    proxy->url = proxy_url;
    proxy->auth = strstr(url, "//a.test") ? "u:p" : NULL;
    return proxy;
}

static void a_login_does_not_move_to_the_proxy_of_the_next_hop(void **state)
{
    (void)state;
    ahttp_proxy proxy = {.url = NULL};
    begin_with(&(server_script){.connections = {redirects}},
               (ahttp_session_options){.proxy_for = login_for_a_only, .proxy_ctx = &proxy});

    assert_text(ahttp_get(f.session, "http://a.test/"), "ok");

    assert_line(0, "Proxy-Authorization: Basic dTpw");
    assert_line(1, "GET http://b.test/ok HTTP/1.1");
    assert_no_field(1, "Proxy-Authorization");
}

/* ---- Time and cancelling ---- */

static const server_step says_nothing[] = {READ_HEAD, WAIT_GATE(1), HOLD};
static const server_step half_an_answer[] = {READ_HEAD, SEND("HTTP/1.1 200 O"), WAIT_GATE(1), HOLD};
static const server_step half_a_refusal[] = {
    READ_HEAD, SEND("HTTP/1.1 503 Busy\r\nContent-Length: 9\r\n\r\nhalf"), WAIT_GATE(1), HOLD};

static void let_time_pass(int64_t ms)
{
    ahttp_loop_advance(f.loop, ms);
}

static void a_proxy_that_says_nothing_is_given_up(void **state)
{
    (void)state;
    begin_scripted(says_nothing, NULL);

    ahttp_future *request =
        ahttp_get(f.session, "http://a.test/", .proxy = {.url = proxy_url, .tunnel = true},
                  .timeout.connect_ms = 5000);
    run_until(&f, SERVER_AT_GATE, 1);
    let_time_pass(5000);

    assert_fails(request, AHTTP_E_CONNECT_TIMEOUT,
                 "connect through the proxy to a.test:80: timed out after 5000 ms");
    run_until(&f, SERVER_PEER_CLOSED, 1);
}

static void a_refusal_that_stalls_is_a_refusal(void **state)
{
    (void)state;
    begin_scripted(half_a_refusal, NULL);

    ahttp_future *request =
        ahttp_get(f.session, "http://a.test/", .proxy = {.url = proxy_url, .tunnel = true},
                  .timeout.connect_ms = 5000);
    run_until(&f, SERVER_AT_GATE, 1);
    for (int i = 0; i < 20; i++)
        assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
    let_time_pass(5000);

    assert_fails(request, AHTTP_E_PROXY, "it answers 503 Busy");
}

static void cancel_at(const server_step *steps)
{
    begin_scripted(steps, NULL);
    size_t fds = count_open_fds();

    assert_cancelling_leaves_nothing(tunnelled("http://a.test/", "u:p"), fds);
}

static void cancelling_leaves_nothing_while_the_proxy_thinks(void **state)
{
    (void)state;
    cancel_at(says_nothing);
}

static void cancelling_leaves_nothing_inside_an_answer(void **state)
{
    (void)state;
    cancel_at(half_an_answer);
}

static void cancelling_leaves_nothing_inside_a_refusal(void **state)
{
    (void)state;
    cancel_at(half_a_refusal);
}

static void tunnels_count_in_the_limit(void **state)
{
    (void)state;
    begin_scripted(says_nothing, opens);
    ahttp_connector *connector = ahttp_connector_new(.loop = f.loop, .limit_per_host = 1);
    ahttp_session *session =
        ahttp_session_new(.connector = connector, .proxy = {.url = proxy_url, .tunnel = true});
    ahttp_future *first = ahttp_get(session, "http://a.test/ok");
    ahttp_future *second = ahttp_get(session, "http://a.test/ok");

    run_until(&f, SERVER_AT_GATE, 1);
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 1);
    ahttp_future_cancel(first);
    assert_fails(first, AHTTP_E_CANCELLED, "");
    server_open_gate(f.server, 1);
    ahttp_future_cancel(second); /* it waits for the first one's opening, which went on for it */
    assert_fails(second, AHTTP_E_CANCELLED, "");
    assert_text(ahttp_get(session, "http://a.test/ok"), "ok");

    assert_int_equal(ahttp_await_status(ahttp_connector_close(connector)), 0);
    ahttp_session_unref(session);
    ahttp_connector_unref(connector);
}

/* ---- Memory ---- */

static int succeeded; /* runs that did not run out of memory where it matters */

static void log_in_once(ahttp_session *session, void *ctx)
{
    const server_step *steps = ctx;
    test_server *server = server_start(&(server_script){.connections = {steps, opens}});
    char url[64];

    snprintf(url, sizeof url, "http://u:p@127.0.0.1:%u", server_port(server));
    ahttp_response *response = ahttp_await(ahttp_get(
        session, "http://a.test/ok",
        .proxy = {
            .url = url, .tunnel = steps == asks_and_closes, .headers = AHTTP_PAIRS({"A", "b"})}));
    succeeded += response && ahttp_response_status(response) == 200;
    ahttp_response_unref(response);
    ahttp_await_status(ahttp_session_close(session));
    server_stop(server);
}

static void any_allocation_of_a_tunnel_may_fail(void **state)
{
    (void)state;
    succeeded = 0;
    for_each_allocation_with_session(log_in_once, (void *)(uintptr_t)asks_and_closes);
    assert_true(succeeded > 0);
}

static void any_allocation_of_a_forwarded_request_may_fail(void **state)
{
    (void)state;
    succeeded = 0;
    for_each_allocation_with_session(log_in_once, (void *)(uintptr_t)asks_then_forwards);
    assert_true(succeeded > 0);
}

#define HERE(test) cmocka_unit_test_teardown(test, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERE(a_refused_tunnel_gives_status_headers_and_body),
        HERE(a_proxy_gives_no_cookies_for_the_host),
        HERE(a_refusal_to_forward_is_a_response),
        HERE(a_proxy_that_is_not_there_has_a_code_of_its_own),
        HERE(a_proxy_whose_name_is_unknown_has_one_too),
        HERE(garbage_and_ends_are_told_apart),
        HERE(an_answer_may_come_byte_by_byte),
        HERE(a_login_goes_to_the_proxy_and_not_to_the_host),
        HERE(a_challenge_is_answered_by_digest_on_the_same_connection),
        HERE(or_on_a_new_one_when_the_proxy_closes),
        HERE(the_next_tunnel_needs_no_challenge),
        HERE(the_next_nonce_is_taken_from_the_answer_to_connect),
        HERE(a_wrong_password_ends_with_the_second_refusal),
        HERE(forwarded_requests_answer_a_challenge_too),
        HERE(where_there_is_no_answer_the_challenge_is_the_response),
        HERE(a_host_s_own_407_is_not_answered),
        HERE(an_authorization_of_the_program_s_own_is_for_the_proxy_only),
        HERE(a_login_does_not_move_to_the_proxy_of_the_next_hop),
        HERE(a_proxy_that_says_nothing_is_given_up),
        HERE(a_refusal_that_stalls_is_a_refusal),
        HERE(cancelling_leaves_nothing_while_the_proxy_thinks),
        HERE(cancelling_leaves_nothing_inside_an_answer),
        HERE(cancelling_leaves_nothing_inside_a_refusal),
        HERE(tunnels_count_in_the_limit),
        cmocka_unit_test(any_allocation_of_a_tunnel_may_fail),
        cmocka_unit_test(any_allocation_of_a_forwarded_request_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
