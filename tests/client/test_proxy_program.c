/* SPDX-License-Identifier: MIT */
/* Proxies to which a function of the program says who we are. */
#include "proxying.h"
#include "scarcity.h"
#include "seer.h"

static void begin_asking(const server_step *first, const server_step *second)
{
    memset(&seer, 0, sizeof seer);
    begin_scripted(first, second);
}

#define SEEN                                                                                       \
    (ahttp_proxy)                                                                                  \
    {                                                                                              \
        .url = proxy_url, .authorize = authorize, .authorize_ctx = &seer                           \
    }
#define SEEN_TUNNEL                                                                                \
    (ahttp_proxy)                                                                                  \
    {                                                                                              \
        .url = proxy_url, .authorize = authorize, .authorize_ctx = &seer, .tunnel = true           \
    }
#define TOY(value) AHTTP_PAIRS({"Proxy-Authorization", "Toy " value})

static ahttp_future *tunnelled(const char *url)
{
    return ahttp_get(f.session, url, .proxy = SEEN_TUNNEL);
}

#define WHO(token)                                                                                 \
    "HTTP/1.1 407 Who?\r\nProxy-Authenticate: Toy " token "\r\nContent-Length: 3\r\n\r\nwho"

static const server_step opens[] = {READ_HEAD, SEND(TUNNEL_IS_OPEN), SERVE};
static const server_step two_rounds[] = {
    READ_HEAD, SEND(WHO("")), READ_HEAD, SEND(WHO("abc=")), READ_HEAD, SEND(TUNNEL_IS_OPEN), SERVE};
static const server_step closes_first[] = {
    READ_HEAD, SEND("HTTP/1.1 407 Who?\r\nProxy-Authenticate: Toy\r\nConnection: close\r\n\r\n"),
    CLOSE};

/* ---- Tunnels ---- */

static void fields_may_go_with_the_first_connect(void **state)
{
    (void)state;
    begin_asking(opens, NULL);
    seer.answers[0] = AHTTP_PAIRS({"Proxy-Authorization", "Toy 0"}, {"X-Device", "7"});

    assert_text(tunnelled("http://a.test/ok"), "ok");

    assert_line(0, "CONNECT a.test:80 HTTP/1.1");
    assert_line(0, "Proxy-Authorization: Toy 0");
    assert_line(0, "X-Device: 7");
    assert_no_field(1, "Proxy-Authorization");
    assert_no_field(1, "X-Device");
    assert_int_equal(seer.asked, 1);
}

static void the_function_sees_whom_it_is_asked_by(void **state)
{
    (void)state;
    begin_asking(opens, NULL);

    assert_text(tunnelled("http://a.test/ok?secret"), "ok");

    assert_string_equal(seer.method, "CONNECT");
    assert_string_equal(seer.url, proxy_url);
    assert_string_equal(seer.proxy, proxy_url);
    assert_string_equal(seer.host, "a.test:80");
    assert_string_equal(seer.target, "a.test:80");
    assert_string_equal(seer.token, "none");
    assert_true(seer.is_proxys);
    assert_int_equal(seer.status, 0);
    assert_no_field(0, "Proxy-Authorization");
}

static void several_rounds_stay_on_one_connection(void **state)
{
    (void)state;
    begin_asking(two_rounds, NULL);
    seer.answers[1] = TOY("1");
    seer.answers[2] = TOY("2");

    assert_text(tunnelled("http://a.test/ok"), "ok");

    assert_int_equal(seer.asked, 3);
    assert_int_equal(seer.status, 407);
    assert_int_equal(seer.round, 2);
    assert_string_equal(seer.token, "abc=");
    assert_false(seer.has_response);
    assert_no_field(0, "Proxy-Authorization");
    assert_line(1, "Proxy-Authorization: Toy 1");
    assert_line(2, "Proxy-Authorization: Toy 2");
    assert_no_field(3, "Proxy-Authorization");
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 1);
}

static void an_answer_goes_on_a_new_connection_where_the_proxy_closes(void **state)
{
    (void)state;
    begin_asking(closes_first, opens);
    seer.answers[1] = TOY("1");

    assert_text(tunnelled("http://a.test/ok"), "ok");

    assert_int_equal(seer.asked, 2);
    assert_line(1, "Proxy-Authorization: Toy 1");
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 2);
}

static void without_an_answer_the_tunnel_is_refused(void **state)
{
    (void)state;
    begin_asking(two_rounds, NULL);

    assert_fails(tunnelled("http://a.test/ok"), AHTTP_E_PROXY, "it answers 407 Who?");

    assert_int_equal(ahttp_task_error()->status, 407);
    assert_int_equal(ahttp_task_error()->body.len, 3);
    assert_int_equal(ahttp_task_error()->kinds & AHTTP_KIND_RETRY, 0);
    assert_int_equal(seer.asked, 2);
}

static const server_step asks_for_ever[] = {READ_HEAD, SEND(WHO("x")), AGAIN};

static void a_proxy_that_is_never_content_is_left_after_ten_rounds(void **state)
{
    (void)state;
    const ahttp_pair *again = TOY("again");
    begin_asking(asks_for_ever, NULL);
    for (size_t i = 0; i < COUNT_OF(seer.answers); i++)
        seer.answers[i] = again;

    assert_fails(tunnelled("http://a.test/ok"), AHTTP_E_PROXY, "it answers 407 Who?");

    assert_int_equal(seer.asked, 10);
}

static void what_it_must_not_say_fails_the_request(void **state)
{
    (void)state;
    begin_asking(opens, opens);

    seer.answers[0] = AHTTP_PAIRS({"Host", "x"});
    assert_fails(tunnelled("http://a.test/ok"), AHTTP_E_ARGUMENT, "authorize: Host follows");
    seer.asked = 0;
    seer.answers[0] = AHTTP_PAIRS({"Proxy-Authorization", "a\r\nb"});
    assert_fails(tunnelled("http://a.test/ok"), AHTTP_E_ARGUMENT, "authorize: header \"Proxy-A");

    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 0);
}

/* ---- Waiting ---- */

static ahttp_future *ask_later(const char *url)
{
    seer.answers_later = true;
    ahttp_future *request = tunnelled(url);

    while (seer.asked == 0)
        assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
    return request;
}

static void it_may_take_its_time(void **state)
{
    (void)state;
    begin_asking(opens, NULL);
    ahttp_future *request = ask_later("http://a.test/ok");
    run_until(&f, SERVER_ACCEPTED, 1);
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 0);

    ahttp_promise_resolve(seer.later, (void *)(uintptr_t)TOY("late"), NULL);

    assert_text(request, "ok");
    assert_line(0, "Proxy-Authorization: Toy late");
}

static void its_failure_is_the_requests(void **state)
{
    (void)state;
    begin_asking(opens, NULL);
    ahttp_future *request = ask_later("http://a.test/ok");

    ahttp_promise_reject(seer.later, AHTTP_E_STATE, "no ticket");

    assert_fails(request, AHTTP_E_STATE, "no ticket");
}

static void cancelling_the_request_cancels_what_it_waits_for(void **state)
{
    (void)state;
    begin_asking(opens, NULL);
    ahttp_future *request = ask_later("http://a.test/ok");

    ahttp_future_cancel(request);
    assert_fails(request, AHTTP_E_CANCELLED, "cancelled");
    run_until(&f, SERVER_PEER_CLOSED, 1);

    assert_true(seer.was_cancelled);
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 0);
}

static void its_time_is_that_of_connecting(void **state)
{
    (void)state;
    begin_asking(opens, NULL);
    seer.answers_later = true;
    ahttp_future *request =
        ahttp_get(f.session, "http://a.test/", .proxy = SEEN_TUNNEL, .timeout.connect_ms = 5000);
    while (seer.asked == 0)
        assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
    ahttp_loop_advance(f.loop, 5000);

    assert_fails(request, AHTTP_E_CONNECT_TIMEOUT, "connect through the proxy to a.test:80");
    assert_true(seer.was_cancelled);
}

static ahttp_future *cancel_while_asked(const ahttp_auth_request *request, void *ctx)
{
    ahttp_future **own = ctx;

    ahttp_future_cancel(*own);
    assert_string_equal(request->target, "a.test:80"); /* it lasts as long as the call */
    return ahttp_sleep(100000);
}

static void the_function_may_cancel_the_request(void **state)
{
    (void)state;
    begin_asking(opens, NULL);
    ahttp_future *request = NULL;
    request = ahttp_get(f.session, "http://a.test/",
                        .proxy = {.url = proxy_url,
                                  .tunnel = true,
                                  .authorize = cancel_while_asked,
                                  .authorize_ctx = &request});

    assert_int_equal(ahttp_await_status(request), AHTTP_E_CANCELLED);
}

/* ---- Requests that are forwarded ---- */

static const server_step forwards_after_two[] = {
    READ_REQUEST, SEND(WHO("")),
    READ_REQUEST, SEND(WHO("abc=")),
    READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    SERVE};

static void forwarded_requests_go_through_the_same(void **state)
{
    (void)state;
    begin_asking(forwards_after_two, NULL);
    seer.answers[1] = TOY("1");
    seer.answers[2] = TOY("2");

    assert_text(ahttp_post(f.session, "http://a.test/x", .text = "body", .proxy = SEEN), "ok");

    assert_int_equal(seer.asked, 3);
    assert_string_equal(seer.method, "POST");
    assert_string_equal(seer.url, "http://a.test/x");
    assert_string_equal(seer.proxy, proxy_url);
    assert_string_equal(seer.token, "abc=");
    assert_true(seer.is_proxys);
    assert_line(2, "POST http://a.test/x HTTP/1.1");
    assert_line(2, "Proxy-Authorization: Toy 2");
    assert_string_equal(request_at(2).body, "body");
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 1);
}

static ahttp_future *add_nothing(const ahttp_auth_request *request, void *ctx)
{
    ahttp_promise *promise;
    ahttp_future *future = ahttp_promise_new(&promise, NULL, NULL);

    (void)request;
    ++*(int *)ctx;
    if (promise)
        ahttp_promise_resolve(promise, NULL, NULL);
    return future;
}

static void the_host_s_function_is_not_asked_about_the_proxy(void **state)
{
    (void)state;
    int asked = 0;
    begin_asking(forwards_after_two, NULL);
    seer.answers[1] = TOY("1");
    seer.answers[2] = TOY("2");

    assert_text(ahttp_get(f.session, "http://a.test/x", .proxy = SEEN, .authorize = add_nothing,
                          .authorize_ctx = &asked),
                "ok");

    assert_int_equal(asked, 3); /* before each sending */
    assert_int_equal(seer.asked, 3);
}

static const ahttp_proxy *choose(const char *url, void *ctx)
{
    static ahttp_proxy proxy;

    (void)url;
    (void)ctx;
    proxy = SEEN;
    return &proxy;
}

static void a_proxy_that_is_chosen_may_have_one_too(void **state)
{
    (void)state;
    memset(&seer, 0, sizeof seer);
    begin_with(&(server_script){.connections = {forwards_after_two}},
               (ahttp_session_options){.proxy_for = choose});
    seer.answers[1] = TOY("1");
    seer.answers[2] = TOY("2");

    assert_text(ahttp_get(f.session, "http://a.test/x"), "ok");

    assert_int_equal(seer.asked, 3);
}

/* ---- Mistakes, and scarcity ---- */

static void it_is_instead_of_a_login_and_not_for_socks(void **state)
{
    (void)state;
    begin_asking(NULL, NULL);

    assert_fails(ahttp_get(f.session, "http://a.test/",
                           .proxy = {.url = "http://u:p@h", .authorize = authorize}),
                 AHTTP_E_ARGUMENT, "a user is given, and authorize as well");
    assert_fails(ahttp_get(f.session, "http://a.test/",
                           .proxy = {.url = "socks5://h", .authorize = authorize}),
                 AHTTP_E_ARGUMENT, "SOCKS has no use for authorize");
    assert_fails(
        ahttp_get(f.session, "http://a.test/",
                  .proxy = {.url = "http://h", .authorize = authorize, .headers = TOY("")}),
        AHTTP_E_ARGUMENT, "a Proxy-Authorization is given, and authorize as well");
    assert_fails(ahttp_get(f.session, "http://a.test/", .proxy = {.authorize = authorize}),
                 AHTTP_E_ARGUMENT, "it has no url");
}

static int succeeded;

static void ask_once(ahttp_session *session, void *ctx)
{
    test_server *server = server_start(&(server_script){.connections = {closes_first, two_rounds}});
    const ahttp_pair *toy = TOY("1");
    char url[64];

    (void)ctx;
    memset(&seer, 0, sizeof seer);
    for (size_t i = 1; i < COUNT_OF(seer.answers); i++)
        seer.answers[i] = toy;
    snprintf(url, sizeof url, "http://127.0.0.1:%u", server_port(server));
    ahttp_response *response = ahttp_await(ahttp_get(
        session, "http://a.test/ok",
        .proxy = {.url = url, .tunnel = true, .authorize = authorize, .authorize_ctx = &seer}));
    succeeded += response && ahttp_response_status(response) == 200;
    ahttp_response_unref(response);
    ahttp_await_status(ahttp_session_close(session));
    server_stop(server);
}

static void any_allocation_may_fail(void **state)
{
    (void)state;
    succeeded = 0;
    for_each_allocation_with_session(ask_once, NULL);
    assert_true(succeeded > 0);
}

#define HERE(test) cmocka_unit_test_teardown(test, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERE(fields_may_go_with_the_first_connect),
        HERE(the_function_sees_whom_it_is_asked_by),
        HERE(several_rounds_stay_on_one_connection),
        HERE(an_answer_goes_on_a_new_connection_where_the_proxy_closes),
        HERE(without_an_answer_the_tunnel_is_refused),
        HERE(a_proxy_that_is_never_content_is_left_after_ten_rounds),
        HERE(what_it_must_not_say_fails_the_request),
        HERE(it_may_take_its_time),
        HERE(its_failure_is_the_requests),
        HERE(cancelling_the_request_cancels_what_it_waits_for),
        HERE(its_time_is_that_of_connecting),
        HERE(the_function_may_cancel_the_request),
        HERE(forwarded_requests_go_through_the_same),
        HERE(the_host_s_function_is_not_asked_about_the_proxy),
        HERE(a_proxy_that_is_chosen_may_have_one_too),
        HERE(it_is_instead_of_a_login_and_not_for_socks),
        cmocka_unit_test(any_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
