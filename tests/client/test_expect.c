/* SPDX-License-Identifier: MIT */
/* Expect: 100-continue, from the program's view. */
#include "sending.h"

#define GO_ON "HTTP/1.1 100 Continue\r\n\r\n"
#define OK    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

static void restart(const server_step *first)
{
    restart_with(&(server_script){.connections = {first}});
}

static ahttp_future *post(void)
{
    return ahttp_post(f.session, server_url(f.server, "/"), .text = "hello", .expect_100 = true);
}

static void the_body_goes_out_when_the_server_has_said_100(void **state)
{
    static const server_step polite[] = {READ_HEAD, WAIT_GATE(0), SEND(GO_ON),
                                         READ_BODY, SEND(OK),     HOLD};

    (void)state;
    restart(polite);
    ahttp_future *request = post();
    run_until(&f, SERVER_AT_GATE, 1);
    let_run();
    assert_int_equal(server_connection_at(f.server, 0).bytes_received, seen().head_len);
    server_open_gate(f.server, 0);
    assert_text(request, "ok");

    assert_true(server_request_has_line(seen(), "Expect: 100-continue"));
    assert_string_equal(seen().body, "hello");
}

static void a_silent_server_gets_the_body_after_a_second(void **state)
{
    static const server_step silent[] = {READ_HEAD, READ_BODY, SEND(OK), HOLD};

    (void)state;
    restart(silent);
    int64_t begun = ahttp_loop_now(f.loop);
    ahttp_future *request = post();
    run_until(&f, SERVER_BYTES_RECEIVED, 1);
    ahttp_loop_advance(f.loop, 1000);
    assert_text(request, "ok");

    assert_string_equal(seen().body, "hello");
    assert_true(ahttp_loop_now(f.loop) - begun >= 1000);
}

static void the_wait_can_be_set(void **state)
{
    static const server_step silent[] = {READ_HEAD, READ_BODY, SEND(OK), HOLD};

    (void)state;
    restart(silent);
    ahttp_future *request = ahttp_post(f.session, server_url(f.server, "/"), .text = "hello",
                                       .expect_100 = true, .expect_100_ms = 50);
    run_until(&f, SERVER_BYTES_RECEIVED, 1);
    ahttp_loop_advance(f.loop, 50);

    assert_text(request, "ok");
}

static void a_header_that_says_so_means_the_same(void **state)
{
    static const server_step polite[] = {READ_HEAD, SEND(GO_ON), READ_BODY, SEND(OK), HOLD};

    (void)state;
    restart(polite);
    assert_text(ahttp_post(f.session, server_url(f.server, "/"), .text = "hello",
                           .headers = AHTTP_PAIRS({"expect", "100-Continue"})),
                "ok");

    const char *first = strstr(seen().head, "Expect: 100-continue\r\n");
    assert_non_null(first);
    assert_null(strstr(first + 2, "xpect:"));
}

static void without_a_body_nothing_is_expected(void **state)
{
    (void)state;
    assert_text(ahttp_get(f.session, server_url(f.server, "/ok"), .expect_100 = true), "ok");
    assert_false(server_request_has_field(seen(), "Expect"));

    assert_text(ahttp_post(f.session, server_url(f.server, "/ok"), .text = "", .expect_100 = true),
                "ok");
    assert_false(server_request_has_field(seen(), "Expect"));
}

static void a_final_answer_instead_keeps_the_body_back(void **state)
{
    static const server_step refuses[] = {
        READ_HEAD, SEND("HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno"), DRAIN, CLOSE};
    producer p = {.pieces = PIECES("hello")};

    (void)state;
    restart(refuses);
    ahttp_response *response =
        response_of(ahttp_post(f.session, server_url(f.server, "/"), .expect_100 = true,
                               .body = ahttp_body_produced(produce, &p, -1)));
    assert_int_equal(ahttp_response_status(response), 401);
    assert_string_equal(ahttp_await(ahttp_response_text(response)), "no");
    ahttp_response_unref(response);

    assert_true(server_wait_for(f.server, SERVER_CLOSED, 1));
    assert_int_equal(server_connection_at(f.server, 0).bytes_received, seen().head_len);
    assert_int_equal(p.calls, 0);
}

static const server_step knows_no_expectations[] = {
    READ_HEAD, SEND("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\n\r\nno"), DRAIN,
    CLOSE};

static void after_417_the_request_goes_out_without_the_expectation(void **state)
{
    (void)state;
    restart(knows_no_expectations);
    ahttp_response *response = response_of(post());
    assert_int_equal(ahttp_response_status(response), 404);
    ahttp_response_unref(response);

    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 2);
    assert_true(server_request_has_line(server_request_at(f.server, 0), "Expect: 100-continue"));
    assert_false(server_request_has_field(seen(), "Expect"));
    assert_string_equal(seen().body, "hello");
}

static void files_and_factories_are_sent_anew_after_417(void **state)
{
    const char *path = make_file("hello", 5);

    (void)state;
    restart(knows_no_expectations);
    ahttp_response *response =
        response_of(ahttp_post(f.session, server_url(f.server, "/"), .expect_100 = true,
                               .body = ahttp_body_file(path, 0, 0)));
    assert_int_equal(ahttp_response_status(response), 404);
    ahttp_response_unref(response);
    remove_file(path);

    assert_string_equal(seen().body, "hello");
}

static void a_body_that_was_not_touched_is_sent_after_417_even_if_it_is_once(void **state)
{
    producer p = {.pieces = PIECES("hello")};

    (void)state;
    restart(knows_no_expectations);
    ahttp_response *response =
        response_of(ahttp_post(f.session, server_url(f.server, "/"), .expect_100 = true,
                               .body = ahttp_body_produced(produce, &p, -1)));
    assert_int_equal(ahttp_response_status(response), 404);
    ahttp_response_unref(response);

    assert_string_equal(seen().body, "hello");
}

static void a_417_for_a_body_that_is_gone_is_the_answer(void **state)
{
    static const server_step too_late[] = {
        READ_HEAD, SEND(GO_ON), READ_BODY,
        SEND("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\n\r\nno"), HOLD};
    producer p = {.pieces = PIECES("hello")};

    (void)state;
    restart(too_late);
    ahttp_response *response =
        response_of(ahttp_post(f.session, server_url(f.server, "/"), .expect_100 = true,
                               .body = ahttp_body_produced(produce, &p, -1)));

    assert_int_equal(ahttp_response_status(response), 417);
    assert_string_equal(ahttp_await(ahttp_response_text(response)), "no");
    ahttp_response_unref(response);
}

static void cancelling_while_100_is_awaited_frees_the_connection(void **state)
{
    static const server_step silent[] = {READ_HEAD, DRAIN, CLOSE};

    (void)state;
    restart(silent);
    ahttp_future *request = post();
    run_until(&f, SERVER_BYTES_RECEIVED, 1);
    ahttp_future_cancel(request);

    assert_fails(request, AHTTP_E_CANCELLED, "cancelled");
    assert_true(server_wait_for(f.server, SERVER_PEER_CLOSED, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(the_body_goes_out_when_the_server_has_said_100),
        WITH_SERVER(a_silent_server_gets_the_body_after_a_second),
        WITH_SERVER(the_wait_can_be_set),
        WITH_SERVER(a_header_that_says_so_means_the_same),
        WITH_SERVER(without_a_body_nothing_is_expected),
        WITH_SERVER(a_final_answer_instead_keeps_the_body_back),
        WITH_SERVER(after_417_the_request_goes_out_without_the_expectation),
        WITH_SERVER(files_and_factories_are_sent_anew_after_417),
        WITH_SERVER(a_body_that_was_not_touched_is_sent_after_417_even_if_it_is_once),
        WITH_SERVER(a_417_for_a_body_that_is_gone_is_the_answer),
        WITH_SERVER(cancelling_while_100_is_awaited_frees_the_connection),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
