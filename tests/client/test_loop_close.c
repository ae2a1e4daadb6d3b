/* SPDX-License-Identifier: MIT */
/* A loop that is closed while sessions, connectors and responses are still held. */
#include "fixture.h"

#include "support/failing_alloc.h"
#include "support/misuse.h"

static test_server *server;

static int begin(void **state)
{
    (void)state;
    server = server_start(NULL);
    return 0;
}

static int end(void **state)
{
    (void)state;
    server_stop(server);
    return 0;
}

static void run_turns(server_counter counter, uint64_t at_least)
{
    while (server_count(server, counter) < at_least)
        assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
}

/* ---- What is open is closed ---- */

static void a_session_that_was_never_used_survives_its_loop(void **state)
{
    (void)state;
    ahttp_loop *loop = ahttp_loop_new();
    ahttp_session *session = ahttp_session_new();

    assert_int_equal(ahttp_loop_close(loop), 0);

    ahttp_session_ref(session);
    ahttp_session_unref(session);
    ahttp_session_unref(session);
}

static void idle_connections_are_closed_with_the_loop(void **state)
{
    (void)state;
    ahttp_loop *loop = ahttp_loop_new();
    ahttp_session *session = ahttp_session_new();
    assert_text(ahttp_get(session, server_url(server, "/ok")), "ok");

    assert_int_equal(ahttp_loop_close(loop), 0);

    assert_true(server_wait_for(server, SERVER_CLOSED, 1));
    ahttp_connector_stats stats = {.size = sizeof stats};
    ahttp_connector_get_stats(ahttp_session_connector(session), &stats);
    assert_int_equal(stats.idle + stats.busy + stats.connecting + stats.waiting, 0);
    assert_int_equal(stats.opened, 1);
    ahttp_session_unref(session);
}

typedef struct answer {
    int calls;
    int code;
} answer;

static void note_answer(ahttp_future *future, void *ctx)
{
    answer *it = ctx;
    const ahttp_error *error = ahttp_future_error(future);

    it->calls++;
    it->code = error ? error->code : 0;
    ahttp_response_unref(ahttp_future_take(future));
}

static void requests_under_way_fail_as_closed(void **state)
{
    (void)state;
    answer waiting = {0}, sent = {0};
    ahttp_loop *loop = ahttp_loop_new();
    ahttp_connector *connector = ahttp_connector_new(.limit = 1);
    ahttp_session *session = ahttp_session_new(.connector = connector);
    ahttp_connector_unref(connector);
    ahttp_then(ahttp_get(session, server_url(server, "/gate/0")), note_answer, &sent);
    ahttp_then(ahttp_get(session, server_url(server, "/ok")), note_answer, &waiting);
    run_turns(SERVER_AT_GATE, 1);

    assert_int_equal(ahttp_loop_close(loop), 0);

    assert_int_equal(sent.calls, 1);
    assert_int_equal(sent.code, AHTTP_E_CLOSED);
    assert_int_equal(waiting.calls, 1);
    assert_int_equal(waiting.code, AHTTP_E_CLOSED);
    ahttp_session_unref(session);
}

static void a_request_of_a_session_that_was_given_up_ends_with_the_loop(void **state)
{
    (void)state;
    answer it = {0};
    ahttp_loop *loop = ahttp_loop_new();
    ahttp_session *session = ahttp_session_new();
    ahttp_then(ahttp_get(session, server_url(server, "/gate/0")), note_answer, &it);
    ahttp_session_unref(session);
    run_turns(SERVER_AT_GATE, 1);

    assert_int_equal(ahttp_loop_close(loop), 0);

    assert_int_equal(it.code, AHTTP_E_CLOSED);
}

static void a_connector_that_is_shared_survives_too(void **state)
{
    (void)state;
    ahttp_loop *loop = ahttp_loop_new();
    ahttp_connector *connector = ahttp_connector_new();
    ahttp_session *first = ahttp_session_new(.connector = connector);
    ahttp_session *second = ahttp_session_new(.connector = connector);
    assert_text(ahttp_get(first, server_url(server, "/ok")), "ok");
    assert_text(ahttp_get(second, server_url(server, "/ok")), "ok");

    assert_int_equal(ahttp_loop_close(loop), 0);

    ahttp_connector_unref(connector);
    ahttp_session_unref(first);
    ahttp_session_unref(second);
}

static ahttp_session *kept;

static void make_another(ahttp_future *future, void *ctx)
{
    (void)future;
    kept = ahttp_session_new();
    *(ahttp_future **)ctx = ahttp_get(kept, server_url(server, "/ok"));
    ahttp_drop(*(ahttp_future **)ctx);
}

static void a_session_made_while_the_loop_closes_is_closed_as_well(void **state)
{
    (void)state;
    ahttp_future *request = NULL;
    ahttp_loop *loop = ahttp_loop_new();
    ahttp_session *session = ahttp_session_new();
    ahttp_then(ahttp_get(session, server_url(server, "/gate/0")), make_another, &request);
    run_turns(SERVER_AT_GATE, 1);

    assert_int_equal(ahttp_loop_close(loop), 0);

    assert_non_null(request);
    ahttp_session_unref(kept);
    ahttp_session_unref(session);
}

/* ---- Responses ---- */

static void a_response_stays_readable_until_it_is_given_up(void **state)
{
    (void)state;
    ahttp_loop *loop = ahttp_loop_new();
    ahttp_session *session = ahttp_session_new();
    ahttp_response *response = response_of(ahttp_get(session, server_url(server, "/ok")));
    const char *text = ahttp_await(ahttp_response_text(response));
    ahttp_session_unref(session);

    assert_int_equal(ahttp_loop_close(loop), 0);

    assert_string_equal(text, "ok");
    assert_int_equal(ahttp_response_status(response), 200);
    assert_string_equal(ahttp_response_header(response, "Content-Length"), "2");
    assert_string_equal(ahttp_response_url(response), server_url(server, "/ok"));
    ahttp_response_unref(response);
}

static void a_response_in_the_middle_of_its_body_is_cut_off(void **state)
{
    static const server_step stalls[] = {
        READ_REQUEST,
        SEND("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf"),
        HOLD,
    };

    (void)state;
    test_server *half = server_start(&(server_script){.connections = {stalls}});
    answer it = {0};
    ahttp_loop *loop = ahttp_loop_new();
    ahttp_session *session = ahttp_session_new();
    ahttp_response *read = response_of(ahttp_get(session, server_url(half, "/")));
    ahttp_then(ahttp_response_text(read), note_answer, &it);

    assert_int_equal(ahttp_loop_close(loop), 0);

    assert_true(server_wait_for(half, SERVER_CLOSED, 1));
    assert_int_equal(it.code, AHTTP_E_CLOSED);
    assert_int_equal(ahttp_response_status(read), 200);
    ahttp_response_unref(read);
    ahttp_session_unref(session);
    server_stop(half);
}

/* ---- Calls that come too late ---- */

static void late_calls_fail_as_closed_on_the_current_loop(void **state)
{
    (void)state;
    ahttp_loop *loop = ahttp_loop_new();
    ahttp_session *session = ahttp_session_new();
    ahttp_response *response = response_of(ahttp_get(session, server_url(server, "/ok")));
    ahttp_loop_close(loop);

    ahttp_loop *next = ahttp_loop_new();
    assert_fails(ahttp_get(session, server_url(server, "/ok")), AHTTP_E_CLOSED, "send request");
    assert_fails(ahttp_response_text(response), AHTTP_E_CLOSED, "its loop was closed");
    assert_fails(ahttp_stream_read(ahttp_response_stream(response)), AHTTP_E_CLOSED,
                 "its loop was closed");
    assert_int_equal(ahttp_await_status(ahttp_session_close(session)), 0);
    assert_int_equal(ahttp_await_status(ahttp_connector_close(ahttp_session_connector(session))),
                     0);
    ahttp_session *late = ahttp_session_new(.connector = ahttp_session_connector(session));
    assert_fails(ahttp_get(late, server_url(server, "/ok")), AHTTP_E_CLOSED, "send request");
    ahttp_session_unref(late);
    ahttp_session_unref(session);
    ahttp_response_unref(response);
    ahttp_loop_close(next);
}

static void send_without_a_loop(void)
{
    ahttp_loop *loop = ahttp_loop_new();
    ahttp_session *session = ahttp_session_new();

    ahttp_loop_close(loop);
    ahttp_drop(ahttp_get(session, "http://127.0.0.1/"));
}

static void close_without_a_loop(void)
{
    ahttp_loop *loop = ahttp_loop_new();
    ahttp_session *session = ahttp_session_new();

    ahttp_loop_close(loop);
    ahttp_drop(ahttp_session_close(session));
}

static void without_any_loop_they_are_refused_with_a_sentence(void **state)
{
    (void)state;

    assert_misuse(send_without_a_loop, "ahttp_session_send: the session's loop was closed");
    assert_misuse(close_without_a_loop, "ahttp_session_close: the session's loop was closed");
}

static void leave_all_open(void *ctx)
{
    ahttp_loop *loop = ahttp_loop_new();
    ahttp_session *session = loop ? ahttp_session_new() : NULL;
    ahttp_response *response = NULL;

    (void)ctx;
    if (session) {
        response = ahttp_await(ahttp_get(session, server_url(server, "/ok")));
        ahttp_drop(ahttp_get(session, server_url(server, "/ok")));
        ahttp_drop(ahttp_get(session, server_url(server, "/gate/1")));
    }
    if (loop)
        ahttp_loop_close(loop);
    ahttp_response_unref(response);
    ahttp_session_unref(session);
}

static void nothing_is_lost_when_memory_runs_out(void **state)
{
    (void)state;

    for_each_allocation(leave_all_open, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_that_was_never_used_survives_its_loop),
        cmocka_unit_test_setup_teardown(idle_connections_are_closed_with_the_loop, begin, end),
        cmocka_unit_test_setup_teardown(requests_under_way_fail_as_closed, begin, end),
        cmocka_unit_test_setup_teardown(a_request_of_a_session_that_was_given_up_ends_with_the_loop,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_connector_that_is_shared_survives_too, begin, end),
        cmocka_unit_test_setup_teardown(a_session_made_while_the_loop_closes_is_closed_as_well,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_response_stays_readable_until_it_is_given_up, begin, end),
        cmocka_unit_test(a_response_in_the_middle_of_its_body_is_cut_off),
        cmocka_unit_test_setup_teardown(late_calls_fail_as_closed_on_the_current_loop, begin, end),
        cmocka_unit_test(without_any_loop_they_are_refused_with_a_sentence),
        cmocka_unit_test_setup_teardown(nothing_is_lost_when_memory_runs_out, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
