/* SPDX-License-Identifier: MIT */
/* Redirects as they are followed: what the servers see, what the program gets. */
#include "one_server.h"
#include "scarcity.h"

#define REDIRECT(status, location)                                                                 \
    "HTTP/1.1 " status " Moved\r\nLocation: " location "\r\nContent-Length: 3\r\n\r\nbye"

static void begin(const server_step *first)
{
    f = start(&(server_script){.connections = {first}}, false);
}

/* ---- Following ---- */

static void a_redirect_is_followed_on_the_same_connection(void **state)
{
    (void)state;
    begin(NULL);

    ahttp_response *response =
        response_of(ahttp_get(f.session, server_url(f.server, "/redirect/302/ok")));

    assert_string_equal(ahttp_await(ahttp_response_text(response)), "ok");
    assert_string_equal(ahttp_response_url(response), server_url(f.server, "/ok"));
    assert_int_equal(ahttp_response_history_count(response), 1);
    const ahttp_response *before = ahttp_response_history(response, 0);
    assert_int_equal(ahttp_response_status(before), 302);
    assert_string_equal(ahttp_response_header(before, "Location"), "/ok");
    assert_string_equal(ahttp_response_url(before), server_url(f.server, "/redirect/302/ok"));
    assert_null(ahttp_response_history(response, 1));
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 1);
    ahttp_response_unref(response);
}

static void history_is_in_order(void **state)
{
    static const server_step steps[] = {
        READ_REQUEST, SEND(REDIRECT("301", "/b")),  READ_REQUEST, SEND(REDIRECT("307", "/c")),
        READ_REQUEST, SEND(REDIRECT("308", "/ok")), SERVE};
    (void)state;
    begin(steps);

    ahttp_response *response = response_of(ahttp_get(f.session, server_url(f.server, "/a")));

    assert_int_equal(ahttp_response_history_count(response), 3);
    assert_int_equal(ahttp_response_status(ahttp_response_history(response, 0)), 301);
    assert_int_equal(ahttp_response_status(ahttp_response_history(response, 1)), 307);
    assert_int_equal(ahttp_response_status(ahttp_response_history(response, 2)), 308);
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 1);
    ahttp_response_unref(response);
}

static void without_a_location_the_redirect_is_the_response(void **state)
{
    static const server_step steps[] = {
        READ_REQUEST, SEND("HTTP/1.1 302 Found\r\nContent-Length: 4\r\n\r\nhere"), SERVE};
    (void)state;
    begin(steps);

    assert_text(ahttp_get(f.session, server_url(f.server, "/")), "here");
}

/* ---- The body of the redirect ---- */

static void a_badly_coded_redirect_is_followed(void **state)
{
    static const server_step steps[] = {
        READ_REQUEST,
        SEND("HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Encoding: gzip\r\n"
             "Content-Length: 4\r\n\r\nnone"),
        SERVE};
    (void)state;
    begin(steps);

    assert_text(ahttp_get(f.session, server_url(f.server, "/")), "ok");
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 1);
}

static void a_small_chunked_body_of_a_redirect_keeps_the_connection(void **state)
{
    static const server_step steps[] = {
        READ_REQUEST,
        SEND("HTTP/1.1 302 Found\r\nLocation: /ok\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nbye\r\n"
             "0\r\n\r\n"),
        SERVE};
    (void)state;
    begin(steps);

    assert_text(ahttp_get(f.session, server_url(f.server, "/")), "ok");
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 1);
}

static void a_great_body_of_a_redirect_closes_its_connection(void **state)
{
    static const server_step known[] = {
        READ_REQUEST, SEND("HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 70000\r\n\r\n"),
        HOLD};
    (void)state;
    begin(known);

    assert_text(ahttp_get(f.session, server_url(f.server, "/")), "ok");

    assert_true(server_wait_for(f.server, SERVER_PEER_CLOSED, 1));
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 2);
}

static void an_endless_body_of_a_redirect_is_cut(void **state)
{
    static const server_step endless[] = {
        READ_REQUEST,
        SEND("HTTP/1.1 302 Found\r\nLocation: /ok\r\nTransfer-Encoding: chunked\r\n\r\n"),
        SEND_FOREVER("5\r\nabcde\r\n"), HOLD};
    (void)state;
    begin(endless);

    assert_text(ahttp_get(f.session, server_url(f.server, "/")), "ok");

    run_until(&f, SERVER_PEER_CLOSED, 1);
}

static void the_rest_of_a_redirect_is_read_while_the_next_hop_goes_on(void **state)
{
    static const server_step slow[] = {
        READ_REQUEST, SEND("HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 6\r\n\r\nbye"),
        WAIT_GATE(1), SEND("bye"), SERVE};
    (void)state;
    begin(slow);
    ahttp_connector_stats stats = {.size = sizeof stats};

    ahttp_response *response = response_of(ahttp_get(f.session, server_url(f.server, "/")));
    assert_string_equal(ahttp_await(ahttp_response_text(response)), "ok");
    server_open_gate(f.server, 1);
    while (stats.idle < 2) {
        assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
        ahttp_connector_get_stats(ahttp_session_connector(f.session), &stats);
    }

    assert_int_equal(ahttp_response_status(ahttp_response_history(response, 0)), 302);
    ahttp_response_unref(response);
}

/* ---- Ends on the way ---- */

static const server_step then_silence[] = {READ_REQUEST, SEND(REDIRECT("302", "/b")), READ_REQUEST,
                                           HOLD};

static void a_cancel_reaches_the_hop_at_hand(void **state)
{
    (void)state;
    begin(then_silence);

    ahttp_future *request = ahttp_get(f.session, server_url(f.server, "/"));
    run_until(&f, SERVER_REQUESTS, 2);
    ahttp_future_cancel(request);

    assert_fails(request, AHTTP_E_CANCELLED, "/b: cancelled");
    assert_true(server_wait_for(f.server, SERVER_PEER_CLOSED, 1));
}

static void the_deadline_spans_all_hops(void **state)
{
    static const server_step slow[] = {READ_REQUEST, WAIT_GATE(1), SEND(REDIRECT("302", "/b")),
                                       READ_REQUEST, HOLD};
    (void)state;
    f = start(&(server_script){.connections = {slow}}, true);

    ahttp_future *request =
        ahttp_get(f.session, server_url(f.server, "/"), .timeout = {.total_ms = 1000});
    run_until(&f, SERVER_AT_GATE, 1);
    ahttp_loop_advance(f.loop, 600);
    server_open_gate(f.server, 1);
    run_until(&f, SERVER_REQUESTS, 2);
    ahttp_loop_advance(f.loop, 400);

    assert_fails(request, AHTTP_E_TOTAL_TIMEOUT, "/b: timed out after 1000 ms");
}

static void closing_the_session_ends_the_hop_at_hand(void **state)
{
    (void)state;
    begin(then_silence);

    ahttp_future *request = ahttp_get(f.session, server_url(f.server, "/"));
    run_until(&f, SERVER_REQUESTS, 2);
    assert_int_equal(ahttp_await_status(ahttp_session_close(f.session)), 0);

    assert_fails(request, AHTTP_E_CLOSED, "session was closed");
}

static test_server *server;

static void one_redirected_post(ahttp_session *session, void *ctx)
{
    (void)ctx;
    assert_ends(ahttp_post(session, server_url(server, "/redirect/307/echo"), .text = "hi",
                           .headers = AHTTP_PAIRS({"X-A", "b"})));
}

static void every_allocation_of_a_redirect_may_fail(void **state)
{
    (void)state;
    server = server_start(NULL);
    for_each_allocation_with_session(one_redirected_post, NULL);
    server_stop(server);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, end_one)
    const struct CMUnitTest tests[] = {
        TEST(a_redirect_is_followed_on_the_same_connection),
        TEST(history_is_in_order),
        TEST(without_a_location_the_redirect_is_the_response),
        TEST(a_badly_coded_redirect_is_followed),
        TEST(a_small_chunked_body_of_a_redirect_keeps_the_connection),
        TEST(a_great_body_of_a_redirect_closes_its_connection),
        TEST(an_endless_body_of_a_redirect_is_cut),
        TEST(the_rest_of_a_redirect_is_read_while_the_next_hop_goes_on),
        TEST(a_cancel_reaches_the_hop_at_hand),
        TEST(the_deadline_spans_all_hops),
        TEST(closing_the_session_ends_the_hop_at_hand),
        cmocka_unit_test(every_allocation_of_a_redirect_may_fail),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
