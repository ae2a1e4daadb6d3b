/* SPDX-License-Identifier: MIT */
/* Logging in by a function of the program: what it sees, and what comes of its answers. */
#include "scarcity.h"
#include "seer.h"
#include "sending.h"
#include "support/misuse.h"

static int begin_with(const server_step *steps)
{
    memset(&seer, 0, sizeof seer);
    f = start(&(server_script){.connections = {steps}}, false);
    return 0;
}

static int begin(void **state)
{
    (void)state;
    return begin_with(NULL);
}

static void use_steps(const server_step *steps)
{
    finish(&f);
    begin_with(steps);
}

#define REQUEST(make, path, ...)                                                                   \
    make(f.session, server_url(f.server, path), .authorize = authorize, .authorize_ctx = &seer,    \
         __VA_ARGS__)
#define GET(path) REQUEST(ahttp_get, path, .headers = NULL)

#define OK         "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define TOY(value) AHTTP_PAIRS({"Authorization", "Toy " value})

static void a_function_says_which_fields_go_out(void **state)
{
    (void)state;
    const ahttp_pair signature[] = {{"Authorization", "AWS4 x"}, {"X-Amz-Date", "now"}, {0}};
    seer.answers[0] = signature;

    assert_sent(REQUEST(ahttp_post, "/ok?a=b", .text = "hello"));

    assert_int_equal(seer.asked, 1);
    assert_int_equal(seer.freed, 1);
    assert_true(server_request_has_line(seen(), "Authorization: AWS4 x"));
    assert_true(server_request_has_line(seen(), "X-Amz-Date: now"));
}

static void it_sees_the_request(void **state)
{
    (void)state;
    assert_sent(REQUEST(ahttp_post, "/ok?a=b", .text = "hello"));

    assert_string_equal(seer.method, "POST");
    assert_string_equal(seer.url, server_url(f.server, "/ok?a=b"));
    assert_string_equal(seer.target, "/ok?a=b");
    assert_string_equal(seer.body, "hello");
    assert_string_equal(seer.agent, "libahttp/" AHTTP_VERSION);
    assert_non_null(strstr(server_url(f.server, ""), seer.host));
    assert_true(seer.has_body);
    assert_int_equal(seer.status, 0);
    assert_false(server_request_has_field(seen(), "Authorization"));
}

static void a_handshake_of_several_rounds_is_possible(void **state)
{
    static const server_step steps[] = {
        READ_REQUEST, SEND("HTTP/1.1 401 A\r\nContent-Length: 4\r\n\r\nwho?"),
        READ_REQUEST, SEND("HTTP/1.1 401 B\r\nContent-Length: 4\r\n\r\nwho?"),
        READ_REQUEST, SEND(OK),
        SERVE};
    (void)state;
    use_steps(steps);
    seer.answers[1] = TOY("1");
    seer.answers[2] = TOY("2");

    assert_sent(REQUEST(ahttp_post, "/", .text = "hello"));

    assert_int_equal(seer.asked, 3);
    assert_int_equal(seer.status, 401);
    assert_int_equal(seer.round, 2);
    assert_true(server_request_has_line(server_request_at(f.server, 1), "Authorization: Toy 1"));
    assert_true(server_request_has_line(server_request_at(f.server, 2), "Authorization: Toy 2"));
    assert_null(strstr(server_request_at(f.server, 2).head, "Toy 1"));
    assert_string_equal(server_request_at(f.server, 2).body, "hello");
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 1);
}

/* ---- On one connection ---- */

/* The function has been asked so often, and waits for its answer. */
static void wait_until_asked(int times)
{
    for (int quiet_ms = 0; seer.asked < times || !seer.later;)
        wait_a_turn(f.loop, &quiet_ms);
}

#define WHO_BY(scheme)                                                                             \
    SEND("HTTP/1.1 401 A\r\nWWW-Authenticate: " scheme "\r\nContent-Length: 4\r\n\r\nwho?")
#define WHO WHO_BY("NTLM")
static const server_step two_rounds[] = {
    READ_REQUEST, SEND(OK), READ_REQUEST, WHO, READ_REQUEST, WHO, READ_REQUEST, SEND(OK), SERVE};
static const server_step first_then_ok[] = {READ_REQUEST, WAIT_GATE(1), SEND(OK), SERVE};

/* The connection that became idle last would be taken first. */
static void rounds_stay_on_one_connection_beside_idle_ones(void **state)
{
    (void)state;
    finish(&f);
    memset(&seer, 0, sizeof seer);
    f = start(&(server_script){.connections = {first_then_ok, two_rounds}}, false);
    ahttp_future *slow = ahttp_get(f.session, server_url(f.server, "/"));
    ahttp_future *quick = ahttp_get(f.session, server_url(f.server, "/"));
    assert_text(quick, "ok");
    seer.answers[1] = TOY("1");
    seer.answers[2] = TOY("2");
    seer.answers_later = true;

    ahttp_future *request = GET("/");
    for (int i = 0; i < 3; i++) {
        wait_until_asked(i + 1);
        if (i == 1) { /* another becomes idle behind it */
            server_open_gate(f.server, 1);
            assert_text(slow, "ok");
        }
        ahttp_promise *promise = seer.later;
        seer.later = NULL;
        ahttp_promise_resolve(promise, (void *)(uintptr_t)seer.answers[i], NULL);
    }

    assert_sent(request);
    for (size_t i = 2; i < 5; i++)
        assert_int_equal(server_request_at(f.server, i).connection, 1);
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 2);
}

/* With one connection to have, whoever waits does not come in between. */
static void others_wait_for_the_connection_between_rounds(void **state)
{
    (void)state;
    finish(&f);
    memset(&seer, 0, sizeof seer);
    f = start(&(server_script){.connections = {two_rounds}}, false);
    ahttp_connector *connector = ahttp_connector_new(.loop = f.loop, .limit_per_host = 1);
    ahttp_session *session = ahttp_session_new(.connector = connector);
    ahttp_connector_stats stats = {.size = sizeof stats};
    assert_text(ahttp_get(session, server_url(f.server, "/")), "ok");
    seer.answers[1] = TOY("1");
    seer.answers[2] = TOY("2");

    ahttp_future *request = ahttp_get(session, server_url(f.server, "/"), .authorize = authorize,
                                      .authorize_ctx = &seer);
    while (seer.asked == 0)
        let_run();
    ahttp_future *other = ahttp_get(session, server_url(f.server, "/ok"));
    assert_sent(request);
    assert_text(other, "ok");

    assert_true(server_request_has_line(server_request_at(f.server, 3), "Authorization: Toy 2"));
    assert_true(server_request_has_line(server_request_at(f.server, 4), "GET /ok HTTP/1.1"));
    ahttp_connector_get_stats(connector, &stats);
    assert_int_equal(stats.opened, 1);
    assert_int_equal(stats.reused, 4);
    assert_int_equal(ahttp_await_status(ahttp_connector_close(connector)), 0);
    ahttp_session_unref(session);
    ahttp_connector_unref(connector);
}

#define WANTS_TOKEN(length)                                                                        \
    "HTTP/1.1 401 A\r\nWWW-Authenticate: Bearer\r\nContent-Length: " length "\r\n\r\n"
static const server_step wants_token[] = {READ_REQUEST, SEND(WANTS_TOKEN("4") "who?"), SERVE};
/* What is sent behind the second gate is known to come apart from the first part of the body. */
static const server_step says_why_later[] = {READ_REQUEST, SEND(WANTS_TOKEN("4")), WAIT_GATE(1),
                                             SEND("wh"),   WAIT_GATE(2),           SEND("o?"),
                                             SERVE};

/* The function, which has been asked for what the 401 wants, has use for the only connection. */
static void assert_function_can_ask(const server_step *steps)
{
    finish(&f);
    memset(&seer, 0, sizeof seer);
    f = start(&(server_script){.connections = {steps}}, false);
    ahttp_connector *connector = ahttp_connector_new(.loop = f.loop, .limit_per_host = 1);
    ahttp_session *session =
        ahttp_session_new(.connector = connector, .timeout = {.pool_ms = 1000});
    seer.answers_later = true;
    ahttp_future *request = ahttp_get(session, server_url(f.server, "/ok"), .authorize = authorize,
                                      .authorize_ctx = &seer);
    wait_until_asked(1);
    ahttp_promise_resolve(seer.later, NULL, NULL);
    wait_until_asked(2);
    for (unsigned gate = 1; gate <= 2; gate++) {
        server_open_gate(f.server, gate);
        settle(&f);
    }

    assert_text(ahttp_get(session, server_url(f.server, "/ok")), "ok");
    ahttp_promise_resolve(seer.later, (void *)(uintptr_t)TOY("1"), NULL);

    assert_sent(request);
    assert_true(server_request_has_line(seen(), "Authorization: Toy 1"));
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 1);
    ahttp_session_unref(session);
    assert_int_equal(ahttp_await_status(ahttp_connector_close(connector)), 0);
    ahttp_connector_unref(connector);
}

static void a_login_that_is_about_no_connection_leaves_it_to_others(void **state)
{
    (void)state;
    assert_function_can_ask(wants_token);
}

static void so_it_does_when_the_body_comes_late(void **state)
{
    (void)state;
    assert_function_can_ask(says_why_later);
}

enum { LARGE = 8 << 20 };
static const server_step says_much[] = {READ_REQUEST, SEND(WANTS_TOKEN("8388608")),
                                        SEND_PATTERN(LARGE), SERVE};

static void of_a_large_body_no_more_than_a_part_is_read_meanwhile(void **state)
{
    (void)state;
    use_steps(says_much);
    seer.answers_later = true;
    ahttp_future *request = GET("/");
    wait_until_asked(1);
    ahttp_promise_resolve(seer.later, NULL, NULL);
    wait_until_asked(2);
    settle(&f);
    ahttp_promise_resolve(seer.later, NULL, NULL);

    ahttp_response *response = response_of(request);
    assert_in_range(ahttp_response_bytes_received(response), 1, 256 * 1024);
    const ahttp_bytes *body = ahttp_await(ahttp_response_read(response));
    assert_int_equal(body->len, LARGE);
    ahttp_response_unref(response);
}

static const server_step asks_and_closes[] = {READ_REQUEST, WHO, WAIT_GATE(1), CLOSE};

static void a_kept_connection_that_closes_is_replaced(void **state)
{
    (void)state;
    use_steps(asks_and_closes);
    seer.answers[1] = TOY("1");
    seer.answers_later = true;
    ahttp_future *request = GET("/ok");
    wait_until_asked(1);
    ahttp_promise_resolve(seer.later, NULL, NULL);
    wait_until_asked(2);

    server_open_gate(f.server, 1);
    assert_true(server_wait_for(f.server, SERVER_CLOSED, 1));
    let_run();
    ahttp_promise_resolve(seer.later, (void *)(uintptr_t)seer.answers[1], NULL);

    assert_sent(request);
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 2);
    assert_true(server_request_has_line(seen(), "Authorization: Toy 1"));
}

static void without_an_answer_the_401_is_the_programs(void **state)
{
    static const server_step steps[] = {
        READ_REQUEST, SEND("HTTP/1.1 401 A\r\nContent-Length: 4\r\n\r\nwho?"), SERVE};
    (void)state;
    use_steps(steps);

    ahttp_response *response = response_of(GET("/"));

    assert_int_equal(ahttp_response_status(response), 401);
    assert_string_equal(ahttp_await(ahttp_response_text(response)), "who?");
    assert_int_equal(seer.asked, 2);
    ahttp_response_unref(response);
}

static void a_407_is_told_to_be_the_proxys(void **state)
{
    static const server_step steps[] = {READ_REQUEST,
                                        SEND("HTTP/1.1 407 A\r\nContent-Length: 0\r\n\r\n"),
                                        READ_REQUEST, SEND(OK), SERVE};
    (void)state;
    use_steps(steps);
    seer.answers[1] = AHTTP_PAIRS({"Proxy-Authorization", "Toy"});

    assert_sent(GET("/"));

    assert_true(seer.is_proxys);
    assert_true(server_request_has_line(seen(), "Proxy-Authorization: Toy"));
}

static void a_server_that_is_never_content_is_left_after_ten_rounds(void **state)
{
    static const server_step steps[] = {READ_REQUEST,
                                        SEND("HTTP/1.1 401 A\r\nContent-Length: 0\r\n\r\n"), AGAIN};
    (void)state;
    use_steps(steps);
    const ahttp_pair *again = TOY("again");
    for (size_t i = 0; i < COUNT_OF(seer.answers); i++)
        seer.answers[i] = again;

    ahttp_response *response = response_of(GET("/"));

    assert_int_equal(ahttp_response_status(response), 401);
    assert_int_equal(seer.asked, 10);
    ahttp_response_unref(response);
}

static void it_may_take_its_time(void **state)
{
    (void)state;
    seer.answers_later = true;
    ahttp_future *request = GET("/ok");
    while (seer.asked == 0)
        let_run();
    let_run();
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 0);

    ahttp_promise_resolve(seer.later, (void *)(uintptr_t)TOY("late"), NULL);

    assert_sent(request);
    assert_true(server_request_has_line(seen(), "Authorization: Toy late"));
}

static void cancelling_the_request_cancels_what_it_waits_for(void **state)
{
    (void)state;
    seer.answers_later = true;
    ahttp_future *request = GET("/ok");
    while (seer.asked == 0)
        let_run();

    ahttp_future_cancel(request);

    assert_int_equal(ahttp_await_status(request), AHTTP_E_CANCELLED);
    let_run();
    assert_true(seer.was_cancelled);
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 0);
}

static void its_failure_is_the_requests(void **state)
{
    (void)state;
    seer.answers_later = true;
    ahttp_future *request = GET("/ok");
    while (seer.asked == 0)
        let_run();

    ahttp_promise_reject(seer.later, AHTTP_E_STATE, "no ticket for %s", seer.host);

    assert_fails(request, AHTTP_E_STATE, "no ticket for 127.0.0.1");
}

static ahttp_future *cancel_while_asked(const ahttp_auth_request *request, void *ctx)
{
    ahttp_future **own = ctx;

    (void)request;
    ahttp_future_cancel(*own);
    return ahttp_sleep(100000);
}

static void the_request_may_be_cancelled_by_the_function(void **state)
{
    (void)state;
    ahttp_future *request = NULL;
    request = ahttp_get(f.session, server_url(f.server, "/ok"), .authorize = cancel_while_asked,
                        .authorize_ctx = &request);

    assert_int_equal(ahttp_await_status(request), AHTTP_E_CANCELLED);
}

static void fields_that_are_not_the_programs_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"Host", "content-length", "Transfer-Encoding"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        seer.asked = 0;
        seer.answers[0] = AHTTP_PAIRS({names[i], "x"});
        assert_fails(GET("/ok"), AHTTP_E_ARGUMENT, "authorize: ");
    }
    seer.asked = 0;
    seer.answers[0] = AHTTP_PAIRS({"Authorization", "a\r\nb"});
    assert_fails(GET("/ok"), AHTTP_E_ARGUMENT, "authorize: header \"Authorization\"");
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 0);
}

static void a_body_that_cannot_be_sent_again_is_not(void **state)
{
    static const server_step steps[] = {READ_REQUEST,
                                        SEND("HTTP/1.1 401 A\r\nContent-Length: 0\r\n\r\n"), SERVE};
    (void)state;
    use_steps(steps);
    producer p = {.pieces = PIECES("hello")};
    seer.answers[1] = TOY("1");

    assert_fails(REQUEST(ahttp_post, "/", .body = ahttp_body_produced(produce, &p, 5)),
                 AHTTP_E_BODY_ONCE, "log in after a response of 401");
    assert_false(seer.has_body && seer.body[0]);
}

static void it_is_not_asked_for_another_origin(void **state)
{
    (void)state;
    test_server *other = server_start(&(server_script){.handler = NULL});
    static char text[300]; /* the server ends after this function */
    static const server_step moving[] = {READ_REQUEST, SEND(text), SERVE};
    snprintf(text, sizeof text, "HTTP/1.1 307 On\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n",
             server_url(other, "/ok"));
    use_steps(moving);
    seer.answers[0] = TOY("1");

    assert_sent(GET("/"));

    assert_int_equal(seer.asked, 1);
    assert_false(server_request_has_field(server_request_at(other, 0), "Authorization"));
    server_stop(other);
}

static void ask_with_little_memory(ahttp_session *session, void *ctx)
{
    seer.asked = 0;
    seer.answers[0] = TOY("1");
    assert_ends_for_want_of_memory(ahttp_get(session, ctx));
    ahttp_await_status(ahttp_session_close(session));
}

static void out_of_memory_fails_the_request(void **state)
{
    (void)state;
    char url[256];
    snprintf(url, sizeof url, "%s", server_url(f.server, "/ok"));

    for_each_allocation_with_session(ask_with_little_memory, url, .authorize = authorize,
                                     .authorize_ctx = &seer);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, end_one)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_function_says_which_fields_go_out),
        TEST(it_sees_the_request),
        TEST(a_handshake_of_several_rounds_is_possible),
        TEST(rounds_stay_on_one_connection_beside_idle_ones),
        TEST(others_wait_for_the_connection_between_rounds),
        TEST(a_login_that_is_about_no_connection_leaves_it_to_others),
        TEST(so_it_does_when_the_body_comes_late),
        TEST(of_a_large_body_no_more_than_a_part_is_read_meanwhile),
        TEST(a_kept_connection_that_closes_is_replaced),
        TEST(without_an_answer_the_401_is_the_programs),
        TEST(a_407_is_told_to_be_the_proxys),
        TEST(a_server_that_is_never_content_is_left_after_ten_rounds),
        TEST(it_may_take_its_time),
        TEST(cancelling_the_request_cancels_what_it_waits_for),
        TEST(its_failure_is_the_requests),
        TEST(the_request_may_be_cancelled_by_the_function),
        TEST(fields_that_are_not_the_programs_are_refused),
        TEST(a_body_that_cannot_be_sent_again_is_not),
        TEST(it_is_not_asked_for_another_origin),
        TEST(out_of_memory_fails_the_request),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
