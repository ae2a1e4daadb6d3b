/* SPDX-License-Identifier: MIT */
/* A response head's limits as a session sets them, and peers that know none. */
#include "fixture.h"
#include "support/misuse.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"

static test_server *server;
static ahttp_loop *loop;

static int begin(void **state)
{
    (void)state;
    loop = ahttp_loop_new(.virtual_clock = false);
    return 0;
}

static int end(void **state)
{
    (void)state;
    assert_int_equal(ahttp_loop_close(loop), 0);
    server_stop(server);
    return 0;
}

/* Every connection is answered with that, and then kept. */
static void answer(const server_step *steps)
{
    server = server_start(&(server_script){.others = steps});
}

/* A request in a session of its own, which is taken over. */
static void assert_refused(ahttp_session *session, int code, const char *part)
{
    ahttp_response *response = ahttp_await(ahttp_get(session, server_url(server, "/")));

    if (response)
        assert_fails(ahttp_response_read(response), code, part);
    else if (ahttp_task_error()->code != code || !strstr(ahttp_task_error()->message, part))
        fail_msg("\"%s\" is not %s with \"%s\"", ahttp_task_error()->message,
                 ahttp_error_name(code), part);
    ahttp_response_unref(response);
    ahttp_session_unref(session);
}

static void assert_accepted(ahttp_session *session)
{
    assert_text(ahttp_get(session, server_url(server, "/")), "ok");
    ahttp_session_unref(session);
}

static void each_limit_is_the_sessions_to_set(void **state)
{
    static const server_step steps[] = {
        READ_REQUEST,
        SEND("HTTP/1.1 100 C\r\n\r\nHTTP/1.1 102 P\r\n\r\n" OK "A: 3456789\r\n\r\nok"), HOLD};
    (void)state;
    answer(steps);

    assert_refused(ahttp_session_new(.max_line_bytes = 14), AHTTP_E_HEAD_TOO_LARGE,
                   "the status line is longer than the limit of 14 bytes");
    assert_accepted(ahttp_session_new(.max_line_bytes = 15));
    assert_refused(ahttp_session_new(.max_field_bytes = 14), AHTTP_E_HEAD_TOO_LARGE,
                   "a field is longer than the limit of 14 bytes");
    assert_accepted(ahttp_session_new(.max_field_bytes = 15));
    assert_refused(ahttp_session_new(.max_fields = 1), AHTTP_E_HEAD_TOO_LARGE,
                   "more fields than the limit of 1");
    assert_accepted(ahttp_session_new(.max_fields = 2));
    assert_refused(ahttp_session_new(.max_head_bytes = 49), AHTTP_E_HEAD_TOO_LARGE,
                   "longer than the limit of 49 bytes");
    assert_accepted(ahttp_session_new(.max_head_bytes = 50));
    assert_refused(ahttp_session_new(.max_interim = 1), AHTTP_E_HEAD_TOO_LARGE,
                   "more interim responses than the limit of 1");
    assert_accepted(ahttp_session_new(.max_interim = 2));
}

/* A session whose limits are too low for what comes, but for these of the request. */
#define ASK(...)                                                                                   \
    ahttp_get(session, server_url(server, "/"), .max_line_bytes = 15, .max_field_bytes = 15,       \
              .max_head_bytes = 50, __VA_ARGS__)

static void a_requests_limits_prevail(void **state)
{
    static const server_step steps[] = {
        READ_REQUEST,
        SEND("HTTP/1.1 100 C\r\n\r\nHTTP/1.1 102 P\r\n\r\n" OK "A: 3456789\r\n\r\nok"), AGAIN};
    (void)state;
    answer(steps);
    ahttp_session *session =
        ahttp_session_new(.max_line_bytes = 1, .max_field_bytes = 1, .max_fields = 1,
                          .max_head_bytes = 1, .max_interim = 1);

    assert_text(ASK(.max_fields = 2, .max_interim = 2), "ok");
    assert_fails(ASK(.max_fields = 2), AHTTP_E_HEAD_TOO_LARGE, "interim responses");
    assert_fails(ASK(.max_interim = 2), AHTTP_E_HEAD_TOO_LARGE, "more fields");
    assert_fails(ASK(.max_fields = -1), AHTTP_E_ARGUMENT, "limits of the head");
    ahttp_session_unref(session);
}

static void a_request_may_be_lenient(void **state)
{
    static const server_step steps[] = {READ_REQUEST,
                                        SEND("HTTP/1.1 200 OK\nContent-Length : 2\n\nok"), AGAIN};
    (void)state;
    answer(steps);
    ahttp_session *session = ahttp_session_new();

    assert_fails(ahttp_get(session, server_url(server, "/")), AHTTP_E_PROTOCOL, "");
    assert_text(ahttp_get(session, server_url(server, "/"), .lenient = true), "ok");
    ahttp_session_unref(session);
}

static void sessions_of_one_connector_have_limits_of_their_own(void **state)
{
    static const server_step steps[] = {READ_REQUEST, SEND(OK "A: b\r\n\r\nok"), AGAIN};
    (void)state;
    answer(steps);
    ahttp_connector *connector = ahttp_connector_new(.loop = loop);

    assert_accepted(ahttp_session_new(.connector = connector));
    assert_refused(ahttp_session_new(.connector = connector, .max_fields = 1),
                   AHTTP_E_HEAD_TOO_LARGE, "more fields than the limit of 1");
    assert_accepted(ahttp_session_new(.connector = connector));

    ahttp_connector_unref(connector);
}

static void a_lenient_session_accepts_what_a_strict_one_refuses(void **state)
{
    static const server_step steps[] = {READ_REQUEST,
                                        SEND("HTTP/1.1 200 OK\nContent-Length: 2\n\nok"), AGAIN};
    (void)state;
    answer(steps);
    ahttp_session *lenient = ahttp_session_new(.lenient = true);

    assert_refused(ahttp_session_new(.lenient = false), AHTTP_E_PROTOCOL, "read response head: ");
    assert_text(ahttp_get(lenient, server_url(server, "/")), "ok");
    assert_text(ahttp_get(lenient, server_url(server, "/")), "ok");
    assert_int_equal(server_count(server, SERVER_ACCEPTED), 2);

    ahttp_session_unref(lenient);
}

static void ask_for_no_limit(void)
{
    (void)ahttp_session_new(.max_fields = AHTTP_UNLIMITED);
}

static void a_session_without_limits_is_a_mistake(void **state)
{
    (void)state;
    answer(NULL);

    assert_misuse(ask_for_no_limit, "no head is unlimited");
}

/* ---- Peers that never end ---- */

static void whatever_a_peer_sends_forever_is_bounded(void **state)
{
#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    static const server_step line[] = {READ_REQUEST, SEND("HTTP/1.1 200 "), SEND_FOREVER("x"),
                                       CLOSE};
    static const server_step field[] = {READ_REQUEST, SEND(OK "A: "), SEND_FOREVER("x"), CLOSE};
    static const server_step fields[] = {READ_REQUEST, SEND(OK), SEND_FOREVER("A: b\r\n"), CLOSE};
    static const server_step spaces[] = {READ_REQUEST, SEND(OK "A:"), SEND_FOREVER(" "), CLOSE};
    static const server_step empty_lines[] = {READ_REQUEST, SEND_FOREVER("\r\n"), CLOSE};
    static const server_step size[] = {READ_REQUEST, SEND(CHUNKED), SEND_FOREVER("0"), CLOSE};
    static const server_step extension[] = {READ_REQUEST, SEND(CHUNKED "1;"), SEND_FOREVER("x"),
                                            CLOSE};
    static const server_step trailers[] = {READ_REQUEST, SEND(CHUNKED "0\r\n"),
                                           SEND_FOREVER("A: b\r\n"), CLOSE};
    static const server_step *const all[] = {line,        field, fields,    spaces,
                                             empty_lines, size,  extension, trailers};
    (void)state;

    for (int lenient = 0; lenient < 2; lenient++)
        for (size_t i = 0; i < COUNT_OF(all); i++) {
            answer(all[i]);
            assert_refused(ahttp_session_new(.lenient = lenient == 1), AHTTP_E_HEAD_TOO_LARGE,
                           "than the limit of ");
            if (lenient == 0 || i + 1 < COUNT_OF(all))
                server_stop(server);
        }
}

static void a_body_of_tiny_chunks_is_bounded_by_its_limit(void **state)
{
    static const server_step steps[] = {READ_REQUEST, SEND(CHUNKED), SEND_FOREVER("1\r\nx\r\n"),
                                        CLOSE};
    (void)state;
    answer(steps);

    assert_refused(ahttp_session_new(.max_body_bytes = 100000), AHTTP_E_BODY_TOO_LARGE,
                   "max_body_bytes, which is 100000");
}

static void a_reader_that_stops_is_not_drowned_in_tiny_chunks(void **state)
{
    static const server_step steps[] = {READ_REQUEST, SEND(CHUNKED), SEND_FOREVER("1\r\nx\r\n"),
                                        CLOSE};
    (void)state;
    answer(steps);
    ahttp_session *session = ahttp_session_new(.loop = loop);
    ahttp_response *response = response_of(ahttp_get(session, server_url(server, "/")));

    for (int quiet_ms = 0; server_count(server, SERVER_BLOCKED) == 0;)
        wait_a_turn(loop, &quiet_ms);

    ahttp_response_unref(response);
    ahttp_session_unref(session);
}

static void what_follows_the_last_response_is_never_read(void **state)
{
    static const server_step steps[] = {
        READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"),
        SEND_FOREVER("HTTP/1.1 500 No\r\n\r\n"), CLOSE};
    (void)state;
    answer(steps);

    assert_accepted(ahttp_session_new(.loop = loop));
    assert_true(server_wait_for(server, SERVER_PEER_CLOSED, 1));
}

static void who_speaks_first_is_not_believed_by_an_idle_connection(void **state)
{
    static const server_step steps[] = {READ_REQUEST, SEND(OK "\r\nok"), WAIT_GATE(1),
                                        SEND("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad"),
                                        HOLD};
    (void)state;
    server = server_start(&(server_script){.connections = {steps}});
    ahttp_session *session = ahttp_session_new(.loop = loop);

    assert_text(ahttp_get(session, server_url(server, "/")), "ok");
    server_open_gate(server, 1);
    for (int quiet_ms = 0; server_count(server, SERVER_PEER_CLOSED) == 0;)
        wait_a_turn(loop, &quiet_ms);
    assert_text(ahttp_get(session, server_url(server, "/ok")), "ok");

    ahttp_session_unref(session);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(each_limit_is_the_sessions_to_set),
        TEST(a_requests_limits_prevail),
        TEST(a_request_may_be_lenient),
        TEST(sessions_of_one_connector_have_limits_of_their_own),
        TEST(a_lenient_session_accepts_what_a_strict_one_refuses),
        TEST(a_session_without_limits_is_a_mistake),
        TEST(whatever_a_peer_sends_forever_is_bounded),
        TEST(a_body_of_tiny_chunks_is_bounded_by_its_limit),
        TEST(a_reader_that_stops_is_not_drowned_in_tiny_chunks),
        TEST(what_follows_the_last_response_is_never_read),
        TEST(who_speaks_first_is_not_believed_by_an_idle_connection),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
