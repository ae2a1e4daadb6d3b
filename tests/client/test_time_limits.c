/* SPDX-License-Identifier: MIT */
/* Each part of a request has a time limit of its own, with its own code. */
#include "one_server.h"

#include "client/time_limits.h"
#include "support/misuse.h"

/* The future is still pending just before the time, and fails at it. */
static void assert_fails_after(ahttp_future *future, int64_t ms, int code, const char *part)
{
    settle(&f);
    ahttp_loop_advance(f.loop, ms - 1);
    settle(&f);
    assert_false(ahttp_future_done(future));
    ahttp_loop_advance(f.loop, 1);
    assert_fails(future, code, part);
}

/* ---- Putting them together ---- */

static void what_a_session_does_not_set_has_its_default(void **state)
{
    ahttp_timeout timeout = {.total_ms = 0};
    ahttp_timeout given = {.connect_ms = 7, .total_ms = AHTTP_NEVER};
    (void)state;

    ah_timeout_complete(&timeout);
    ah_timeout_complete(&given);

    assert_int_equal(given.total_ms, AHTTP_NEVER);
    assert_int_equal(given.connect_ms, 7);
    assert_int_equal(timeout.total_ms, 300000);
    assert_int_equal(timeout.connect_ms, 30000);
    assert_int_equal(timeout.pool_ms, AHTTP_NEVER);
    assert_int_equal(timeout.dns_ms, 30000);
    assert_int_equal(timeout.tls_ms, 30000);
    assert_int_equal(timeout.write_ms, AHTTP_NEVER);
    assert_int_equal(timeout.first_byte_ms, 0);
    assert_int_equal(timeout.read_ms, AHTTP_NEVER);
    assert_false(ah_timeout_limits_gaps(&timeout));
}

static void a_requests_limits_override_its_sessions_one_by_one(void **state)
{
    ahttp_timeout session = {.total_ms = 1, .read_ms = 2};
    ahttp_timeout room;
    (void)state;
    ah_timeout_complete(&session);

    const ahttp_timeout *same = ah_timeout_merge(&(ahttp_timeout){0}, &session, &room);
    const ahttp_timeout *both =
        ah_timeout_merge(&(ahttp_timeout){.read_ms = AHTTP_NEVER, .pool_ms = 3}, &session, &room);

    assert_ptr_equal(same, &session);
    assert_int_equal(both->total_ms, 1);
    assert_int_equal(both->pool_ms, 3);
    assert_int_equal(both->read_ms, AHTTP_NEVER);
    assert_int_equal(both->dns_ms, 30000);
}

static void ask_for_the_past(void)
{
    (void)ahttp_session_new(.timeout = {.read_ms = -7});
}

static void a_limit_below_zero_is_refused(void **state)
{
    (void)state;

    assert_misuse(ask_for_the_past, "give time limits above 0 ms");
    assert_fails(ahttp_get(f.session, server_url(f.server, "/ok"), .timeout = {.tls_ms = -2}),
                 AHTTP_E_ARGUMENT, "request time limit: tls_ms is below 0");
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 0);
}

/* ---- Waiting for a connection ---- */

static void waiting_in_the_pool_is_limited_apart_from_connecting(void **state)
{
    char expected[200];
    (void)state;
    ahttp_connector *connector = ahttp_connector_new(.loop = f.loop, .limit = 1);
    ahttp_session *session = ahttp_session_new(.connector = connector);
    ahttp_future *first = ahttp_get(session, server_url(f.server, "/gate/0"));
    ahttp_future *second = ahttp_get(session, server_url(f.server, "/ok"),
                                     .timeout = {.pool_ms = 700, .connect_ms = 100});
    run_until(&f, SERVER_AT_GATE, 1);

    snprintf(expected, sizeof expected,
             "wait for a connection to 127.0.0.1:%u: timed out after 700 ms (pool_ms is 700; "
             "1 connections are busy)",
             server_port(f.server));
    assert_fails_after(second, 700, AHTTP_E_POOL_TIMEOUT, expected);

    ahttp_future *third =
        ahttp_get(session, server_url(f.server, "/ok"), .timeout = {.pool_ms = 700});
    server_open_gate(f.server, 0);
    assert_text(first, "gate 0");
    assert_text(third, "ok");
    ahttp_session_unref(session);
    ahttp_connector_unref(connector);
}

static void connecting_is_not_waiting_in_the_pool(void **state)
{
    (void)state;
    restart_with(&(server_script){.black_hole = true});
    ahttp_future *request = ahttp_get(f.session, server_url(f.server, "/"),
                                      .timeout = {.pool_ms = 10, .connect_ms = 1500});

    assert_fails_after(request, 1500, AHTTP_E_CONNECT_TIMEOUT, "connect_ms is 1500");
}

/* ---- Gaps ---- */

static void a_peer_that_takes_nothing_more_exceeds_the_write_limit(void **state)
{
    static const server_step stops[] = {READ_HEAD, STOP_READING, HOLD};
    static char body[16 << 20];
    (void)state;
    restart_with(&(server_script){.connections = {stops}, .receive_buffer = 4096});
    ahttp_future *request =
        ahttp_post(f.session, server_url(f.server, "/"), .data = {body, sizeof body},
                   .timeout = {.write_ms = 900, .read_ms = 10});
    settle(&f);

    assert_fails_after(request, 900, AHTTP_E_WRITE_TIMEOUT,
                       "timed out after 900 ms without a byte (write_ms is 900)");
}

static void a_deadline_while_the_body_goes_out_says_so(void **state)
{
    static const server_step stops[] = {READ_HEAD, STOP_READING, HOLD};
    static char body[16 << 20];
    (void)state;
    restart_with(&(server_script){.connections = {stops}, .receive_buffer = 4096});
    ahttp_future *request = ahttp_post(f.session, server_url(f.server, "/"),
                                       .data = {body, sizeof body}, .timeout = {.total_ms = 5000});
    settle(&f);

    assert_fails_after(request, 5000, AHTTP_E_TOTAL_TIMEOUT,
                       "timed out after 5000 ms while sending the request body (total_ms is 5000)");
}

static void the_first_byte_has_a_limit_of_its_own(void **state)
{
    (void)state;
    ahttp_future *request = ahttp_get(f.session, server_url(f.server, "/gate/0"),
                                      .timeout = {.first_byte_ms = 800, .read_ms = 100});
    run_until(&f, SERVER_AT_GATE, 1);

    assert_fails_after(request, 800, AHTTP_E_FIRST_BYTE_TIMEOUT,
                       "timed out after 800 ms without a byte (first_byte_ms is 800)");
    run_until(&f, SERVER_PEER_CLOSED, 1);
}

static void the_read_limit_covers_the_first_byte_where_that_has_none(void **state)
{
    (void)state;
    ahttp_future *request =
        ahttp_get(f.session, server_url(f.server, "/gate/0"), .timeout = {.read_ms = 800});
    run_until(&f, SERVER_AT_GATE, 1);

    assert_fails_after(request, 800, AHTTP_E_READ_TIMEOUT, "read_ms is 800");
}

static void the_read_limit_counts_from_byte_to_byte(void **state)
{
    static const server_step stalls[] = {
        READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n1"),
        WAIT_GATE(0), SEND("2"),
        WAIT_GATE(1), SEND("3"),
        HOLD};
    (void)state;
    restart_with(&(server_script){.connections = {stalls}});
    ahttp_response *response =
        response_of(ahttp_get(f.session, server_url(f.server, "/"), .timeout = {.read_ms = 1000}));
    ahttp_future *text = ahttp_response_text(response);

    for (unsigned gate = 0; gate < 2; gate++) {
        settle(&f);
        ahttp_loop_advance(f.loop, 999);
        settle(&f);
        assert_false(ahttp_future_done(text));
        uint64_t sent = server_count(f.server, SERVER_BYTES_SENT);
        server_open_gate(f.server, gate);
        run_until(&f, SERVER_BYTES_SENT, sent + 1);
        settle(&f);
    }
    assert_fails_after(text, 1000, AHTTP_E_READ_TIMEOUT,
                       "timed out after 1000 ms without a byte (read_ms is 1000)");
    run_until(&f, SERVER_PEER_CLOSED, 1);
    ahttp_response_unref(response);
}

static void a_body_that_nobody_reads_exceeds_no_read_limit(void **state)
{
    (void)state;
    ahttp_response *response =
        response_of(ahttp_get(f.session, server_url(f.server, "/bytes/10000000"),
                              .timeout = {.read_ms = 1000, .total_ms = AHTTP_NEVER}));
    run_until(&f, SERVER_BLOCKED, 1);
    settle(&f);

    ahttp_loop_advance(f.loop, 100000);
    settle(&f);

    const ahttp_bytes *body = ahttp_await(ahttp_response_read(response));
    if (!body)
        fail_msg("%s", ahttp_task_error()->message);
    assert_int_equal(body->len, 10000000);
    ahttp_response_unref(response);
}

static void an_idle_connection_has_no_read_limit(void **state)
{
    (void)state;
    ahttp_connector *connector = ahttp_connector_new(.loop = f.loop, .keepalive_ms = AHTTP_NEVER);
    ahttp_session *session =
        ahttp_session_new(.connector = connector, .timeout = {.read_ms = 50, .write_ms = 50});
    assert_text(ahttp_get(session, server_url(f.server, "/ok")), "ok");

    ahttp_loop_advance(f.loop, 100000);
    settle(&f);

    assert_text(ahttp_get(session, server_url(f.server, "/ok")), "ok");
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 1);
    ahttp_session_unref(session);
    ahttp_connector_unref(connector);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_session_does_not_set_has_its_default),
        cmocka_unit_test(a_requests_limits_override_its_sessions_one_by_one),
        WITH_SERVER(a_limit_below_zero_is_refused),
        WITH_SERVER(waiting_in_the_pool_is_limited_apart_from_connecting),
        WITH_SERVER(connecting_is_not_waiting_in_the_pool),
        WITH_SERVER(a_peer_that_takes_nothing_more_exceeds_the_write_limit),
        WITH_SERVER(a_deadline_while_the_body_goes_out_says_so),
        WITH_SERVER(the_first_byte_has_a_limit_of_its_own),
        WITH_SERVER(the_read_limit_covers_the_first_byte_where_that_has_none),
        WITH_SERVER(the_read_limit_counts_from_byte_to_byte),
        WITH_SERVER(a_body_that_nobody_reads_exceeds_no_read_limit),
        WITH_SERVER(an_idle_connection_has_no_read_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
