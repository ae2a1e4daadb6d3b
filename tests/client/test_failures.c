/* SPDX-License-Identifier: MIT */
/* Deadlines, cancelling, lost connections, resending, closing. */
#include "one_server.h"

#include <uv.h>

/* ---- Deadlines ---- */

static void a_request_that_takes_too_long_says_what_it_was_doing(void **state)
{
    (void)state;
    ahttp_future *request =
        ahttp_get(f.session, server_url(f.server, "/gate/0"), .timeout = {.total_ms = 2000});
    run_until(&f, SERVER_AT_GATE, 1);
    ahttp_loop_advance(f.loop, 1999);
    assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
    assert_false(ahttp_future_done(request));
    ahttp_loop_advance(f.loop, 1);

    assert_fails(request, AHTTP_E_TOTAL_TIMEOUT,
                 "/gate/0: timed out after 2000 ms while waiting for the response");
    run_until(&f, SERVER_PEER_CLOSED, 1);
}

static void the_deadline_covers_the_body(void **state)
{
    static const server_step stalls[] = {
        READ_REQUEST,
        SEND("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf"),
        HOLD,
    };

    (void)state;
    restart_with(&(server_script){.connections = {stalls}});
    ahttp_response *response =
        response_of(ahttp_get(f.session, server_url(f.server, "/"), .timeout = {.total_ms = 500}));
    ahttp_future *text = ahttp_response_text(response);
    ahttp_loop_advance(f.loop, 500);

    assert_fails(text, AHTTP_E_TOTAL_TIMEOUT, "while reading the body");
    run_until(&f, SERVER_PEER_CLOSED, 1);
    ahttp_response_unref(response);
}

static void a_response_in_time_is_not_concerned_by_its_deadline(void **state)
{
    (void)state;
    ahttp_response *response = response_of(
        ahttp_get(f.session, server_url(f.server, "/ok"), .timeout = {.total_ms = 500}));
    assert_string_equal(ahttp_await(ahttp_response_text(response)), "ok");
    ahttp_loop_advance(f.loop, 10000);
    assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);

    assert_string_equal(ahttp_await(ahttp_response_text(response)), "ok");
    ahttp_response_unref(response);
}

static void a_connect_that_nobody_answers_ends_at_its_own_limit(void **state)
{
    (void)state;
    restart_with(&(server_script){.black_hole = true});
    ahttp_future *request =
        ahttp_get(f.session, server_url(f.server, "/"), .timeout = {.connect_ms = 1500});
    assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
    ahttp_loop_advance(f.loop, 1500);

    assert_fails(request, AHTTP_E_CONNECT_TIMEOUT, "1500 ms");
}

static void a_request_waits_for_its_turn_within_its_deadline(void **state)
{
    (void)state;
    ahttp_connector *connector = ahttp_connector_new(.loop = f.loop, .limit = 1);
    ahttp_session *session = ahttp_session_new(.connector = connector);
    ahttp_future *first = ahttp_get(session, server_url(f.server, "/gate/0"));
    ahttp_future *second =
        ahttp_get(session, server_url(f.server, "/ok"), .timeout = {.total_ms = 100});
    run_until(&f, SERVER_AT_GATE, 1);
    ahttp_loop_advance(f.loop, 100);
    assert_fails(second, AHTTP_E_TOTAL_TIMEOUT, "while waiting for a connection");

    ahttp_future *third = ahttp_get(session, server_url(f.server, "/ok"));
    server_open_gate(f.server, 0);
    assert_text(first, "gate 0");
    assert_text(third, "ok");
    ahttp_session_unref(session);
    ahttp_connector_unref(connector);
}

/* ---- Cancelling ---- */

static void cancelling_closes_the_connection_and_frees_the_slot(void **state)
{
    ahttp_connector_stats stats = {.size = sizeof stats};

    (void)state;
    ahttp_future *request = ahttp_get(f.session, server_url(f.server, "/gate/0"));
    run_until(&f, SERVER_AT_GATE, 1);
    ahttp_future_cancel(request);
    assert_fails(request, AHTTP_E_CANCELLED, "cancelled");
    run_until(&f, SERVER_PEER_CLOSED, 1);
    ahttp_connector_get_stats(ahttp_session_connector(f.session), &stats);

    assert_int_equal(stats.busy + stats.idle + stats.connecting + stats.waiting, 0);
    assert_text(ahttp_get(f.session, server_url(f.server, "/ok")), "ok");
}

static void cancelling_at_once_leaves_nothing_behind(void **state)
{
    ahttp_connector_stats stats = {.size = sizeof stats};

    (void)state;
    ahttp_future *request = ahttp_get(f.session, server_url(f.server, "/ok"));
    ahttp_future_cancel(request);
    assert_fails(request, AHTTP_E_CANCELLED, "cancelled");
    ahttp_connector_get_stats(ahttp_session_connector(f.session), &stats);

    assert_int_equal(stats.connecting + stats.waiting, 0);
}

static void a_dropped_request_is_still_sent(void **state)
{
    (void)state;
    ahttp_drop(ahttp_post(f.session, server_url(f.server, "/ok"), .text = "fire"));
    run_until(&f, SERVER_REQUESTS, 1);

    assert_string_equal(server_request_at(f.server, 0).body, "fire");
}

/* ---- Lost connections ---- */

static void a_refused_connection_names_the_address(void **state)
{
    char url[64], part[256];

    (void)state;
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", server_refused_port());
    snprintf(part, sizeof part, "GET %s: connect to %.*s: connection refused", url,
             (int)(strlen(url) - strlen("http:///")), url + strlen("http://"));

    assert_fails(ahttp_get(f.session, url), AHTTP_E_CONNECT, part);
}

static void a_peer_that_closes_without_a_word_is_a_disconnect(void **state)
{
    (void)state;
    assert_fails(ahttp_get(f.session, server_url(f.server, "/drop")), AHTTP_E_DISCONNECTED,
                 "closed the connection");
    assert_fails(ahttp_get(f.session, server_url(f.server, "/reset")), AHTTP_E_DISCONNECTED,
                 "reset");
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 2);
}

/* Answers once, then swallows the next request. */
static const server_step races[] = {
    READ_REQUEST,
    SEND("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst"),
    READ_REQUEST,
    CLOSE,
};

static void a_get_on_a_connection_that_died_is_sent_once_more(void **state)
{
    (void)state;
    restart_with(&(server_script){.connections = {races}});
    assert_text(ahttp_get(f.session, server_url(f.server, "/")), "first");
    assert_text(ahttp_get(f.session, server_url(f.server, "/ok")), "ok");

    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 2);
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 3);
}

static void a_post_is_never_sent_twice(void **state)
{
    (void)state;
    restart_with(&(server_script){.connections = {races}});
    assert_text(ahttp_get(f.session, server_url(f.server, "/")), "first");

    assert_fails(ahttp_post(f.session, server_url(f.server, "/ok"), .text = "x"),
                 AHTTP_E_DISCONNECTED, "closed the connection");
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 2);
}

static void a_peer_that_closes_an_idle_connection_is_noticed(void **state)
{
    ahttp_connector_stats stats = {.size = sizeof stats};

    (void)state;
    assert_text(ahttp_get(f.session, server_url(f.server, "/ok")), "ok");
    server_close_connections(f.server);
    assert_true(server_wait_for(f.server, SERVER_CLOSED, 1));
    do {
        assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
        ahttp_connector_get_stats(ahttp_session_connector(f.session), &stats);
    } while (stats.idle > 0);

    assert_text(ahttp_post(f.session, server_url(f.server, "/ok"), .text = "x"), "ok");
}

static void an_idle_connection_is_closed_when_its_time_is_over(void **state)
{
    (void)state;
    assert_text(ahttp_get(f.session, server_url(f.server, "/ok")), "ok");
    ahttp_loop_advance(f.loop, 15000);
    run_until(&f, SERVER_PEER_CLOSED, 1);

    assert_text(ahttp_get(f.session, server_url(f.server, "/ok")), "ok");
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 2);
}

/* ---- Closing ---- */

static void closing_a_session_fails_what_is_under_way(void **state)
{
    (void)state;
    ahttp_future *request = ahttp_get(f.session, server_url(f.server, "/gate/0"));
    run_until(&f, SERVER_AT_GATE, 1);
    assert_int_equal(ahttp_await_status(ahttp_session_close(f.session)), 0);

    assert_fails(request, AHTTP_E_CLOSED, "closed");
    assert_fails(ahttp_get(f.session, server_url(f.server, "/ok")), AHTTP_E_CLOSED, "closed");
    run_until(&f, SERVER_PEER_CLOSED, 1);
}

static void count_closed(ahttp_future *request, void *count)
{
    assert_int_equal(ahttp_future_error(request)->code, AHTTP_E_CLOSED);
    ++*(size_t *)count;
}

/* In which order is nobody's promise: blocks of earlier requests are used again, newest first. */
static void each_request_under_way_hears_of_the_closing_once(void **state)
{
    size_t counts[12] = {0};

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_text(ahttp_get(f.session, server_url(f.server, "/ok")), "ok");
    for (size_t i = 0; i < COUNT_OF(counts); i++)
        ahttp_then(ahttp_get(f.session, server_url(f.server, "/gate/0")), count_closed, &counts[i]);
    run_until(&f, SERVER_AT_GATE, 6);
    assert_int_equal(ahttp_await_status(ahttp_session_close(f.session)), 0);
    settle(&f);

    for (size_t i = 0; i < COUNT_OF(counts); i++)
        assert_int_equal(counts[i], 1);
}

static void a_session_given_up_early_lives_until_its_requests_end(void **state)
{
    (void)state;
    ahttp_session *session = ahttp_session_new(.loop = f.loop);
    ahttp_future *request = ahttp_get(session, server_url(f.server, "/ok"));
    ahttp_session_unref(session);

    assert_text(request, "ok");
    run_until(&f, SERVER_PEER_CLOSED, 1);
}

static void a_loop_of_the_program_is_left_without_handles(void **state)
{
    uv_loop_t uv;

    (void)state;
    assert_int_equal(uv_loop_init(&uv), 0);
    ahttp_loop *loop = ahttp_loop_new(.uv = &uv);
    ahttp_session *session = ahttp_session_new(.loop = loop);
    assert_text(ahttp_get(session, server_url(f.server, "/ok")), "ok");
    ahttp_session_unref(session);
    assert_int_equal(ahttp_loop_close(loop), 0);

    assert_int_equal(uv_loop_close(&uv), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(a_request_that_takes_too_long_says_what_it_was_doing),
        WITH_SERVER(the_deadline_covers_the_body),
        WITH_SERVER(a_response_in_time_is_not_concerned_by_its_deadline),
        WITH_SERVER(a_connect_that_nobody_answers_ends_at_its_own_limit),
        WITH_SERVER(a_request_waits_for_its_turn_within_its_deadline),
        WITH_SERVER(cancelling_closes_the_connection_and_frees_the_slot),
        WITH_SERVER(cancelling_at_once_leaves_nothing_behind),
        WITH_SERVER(a_dropped_request_is_still_sent),
        WITH_SERVER(a_refused_connection_names_the_address),
        WITH_SERVER(a_peer_that_closes_without_a_word_is_a_disconnect),
        WITH_SERVER(a_get_on_a_connection_that_died_is_sent_once_more),
        WITH_SERVER(a_post_is_never_sent_twice),
        WITH_SERVER(a_peer_that_closes_an_idle_connection_is_noticed),
        WITH_SERVER(an_idle_connection_is_closed_when_its_time_is_over),
        WITH_SERVER(closing_a_session_fails_what_is_under_way),
        WITH_SERVER(each_request_under_way_hears_of_the_closing_once),
        WITH_SERVER(a_session_given_up_early_lives_until_its_requests_end),
        WITH_SERVER(a_loop_of_the_program_is_left_without_handles),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
