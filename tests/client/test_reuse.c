/* SPDX-License-Identifier: MIT */
/* When a connection carries the next request as well, and when a request goes out once more. */
#include "sending.h"

static const char *at(const char *path)
{
    return server_url(f.server, path);
}

static size_t count_idle(ahttp_session *session)
{
    ahttp_connector_stats stats = {.size = sizeof stats};

    ahttp_connector_get_stats(ahttp_session_connector(session), &stats);
    return stats.idle;
}

/* Sends the request that has no body to read, and lets go of its response. */
static void assert_status(ahttp_future *request, int status)
{
    ahttp_response *response = response_of(request);

    assert_int_equal(ahttp_response_status(response), status);
    assert_non_null(ahttp_await(ahttp_response_read(response)));
    ahttp_response_unref(response);
}

/* ---- Used again ---- */

static void requests_one_after_the_other_use_one_connection(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        assert_text(ahttp_get(f.session, at("/ok")), "ok");

    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 1);
    assert_int_equal(count_idle(f.session), 1);
}

static void responses_without_a_body_leave_their_connection_at_once(void **state)
{
    (void)state;
    ahttp_response_unref(response_of(ahttp_head(f.session, at("/bytes/1000"))));
    ahttp_response_unref(response_of(ahttp_get(f.session, at("/status/204"))));
    ahttp_response_unref(response_of(ahttp_get(f.session, at("/status/304"))));
    assert_text(ahttp_get(f.session, at("/ok")), "ok");

    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 1);
}

static void a_host_in_any_case_is_the_same(void **state)
{
    char url[64];
    (void)state;
    snprintf(url, sizeof url, "HTTP://LocalHost:%u/ok", (unsigned)server_port(f.server));
    assert_text(ahttp_get(f.session, url), "ok");
    snprintf(url, sizeof url, "http://localhost:%u/ok", (unsigned)server_port(f.server));
    assert_text(ahttp_get(f.session, url), "ok");

    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 1);
}

static void a_server_that_closes_is_believed(void **state)
{
    static const server_step closes[] = {
        READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
        HOLD};
    (void)state;
    restart_with(&(server_script){.connections = {closes}});

    assert_status(ahttp_get(f.session, at("/")), 200);
    assert_int_equal(count_idle(f.session), 0);
    run_until(&f, SERVER_PEER_CLOSED, 1); /* and it is not the server that has to close */
}

static void a_session_without_keep_alive_says_so(void **state)
{
    (void)state;
    ahttp_connector *connector = ahttp_connector_new(.loop = f.loop, .no_keepalive = true);
    ahttp_session *session = ahttp_session_new(.connector = connector);

    assert_text(ahttp_get(session, at("/ok")), "ok");
    assert_int_equal(count_idle(session), 0);
    assert_text(ahttp_get(session, at("/ok")), "ok");

    assert_true(server_request_has_line(server_request_at(f.server, 0), "Connection: close"));
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 2);
    ahttp_session_unref(session);
    ahttp_connector_unref(connector);
}

static void an_error_of_one_response_is_not_the_nexts(void **state)
{
    static const server_step babbles[] = {
        READ_REQUEST,
        SEND("HTTP/1.1 200 OK\r\nContent-Length: some\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"), HOLD};
    (void)state;
    restart_with(&(server_script){.connections = {babbles}});

    assert_fails(ahttp_get(f.session, at("/")), AHTTP_E_PROTOCOL, "");
    run_until(&f, SERVER_PEER_CLOSED, 1);
    assert_text(ahttp_get(f.session, at("/ok")), "ok");
    assert_text(ahttp_get(f.session, at("/ok")), "ok");

    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 2);
}

/* A stream of which a read has failed fails at once when it is sent. */
static ahttp_body *broken_body(ahttp_response **response)
{
    *response = response_of(ahttp_get(f.session, at("/")));
    ahttp_stream *stream = ahttp_response_stream(*response);
    while (ahttp_await(ahttp_stream_read(stream)))
        ;
    assert_int_equal(ahttp_task_error()->code, AHTTP_E_BODY_CUT);
    return ahttp_body_stream(stream);
}

static void a_body_that_fails_before_anything_was_sent_keeps_the_connection(void **state)
{
    static const server_step breaks_off[] = {
        READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf"), CLOSE};
    ahttp_response *broken;
    (void)state;
    restart_with(&(server_script){.connections = {breaks_off}});
    ahttp_body *body = broken_body(&broken);
    assert_text(ahttp_get(f.session, at("/ok")), "ok");

    assert_fails(ahttp_post(f.session, at("/ok"), .body = ahttp_body_file("/none", 0, 0)),
                 AHTTP_E_SYSTEM, "open file");
    assert_fails(ahttp_post(f.session, at("/ok"), .body = body), AHTTP_E_BODY_CUT, "");
    assert_text(ahttp_get(f.session, at("/ok")), "ok");

    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 2);
    assert_int_equal(server_count(f.server, SERVER_BROKEN), 0);
    assert_int_equal(count_idle(f.session), 1);
    ahttp_response_unref(broken);
}

static void a_body_that_fails_while_it_is_sent_closes_the_connection(void **state)
{
    producer p = {.pieces = PIECES("hel", LATER, FAILS)};
    (void)state;
    assert_text(ahttp_get(f.session, at("/ok")), "ok");
    ahttp_future *request =
        ahttp_post(f.session, at("/ok"), .body = ahttp_body_produced(produce, &p, -1));
    while (!p.promise)
        let_run();
    answer_now(&p);

    assert_fails(request, AHTTP_E_STATE, "the well is dry");
    run_until(&f, SERVER_PEER_CLOSED, 1);
    assert_int_equal(count_idle(f.session), 0);
    assert_text(ahttp_get(f.session, at("/ok")), "ok");
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 2);
}

/* ---- Age ---- */

static void time_passes(int64_t ms)
{
    ahttp_loop_advance(f.loop, ms);
    assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
    assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
}

static void a_server_that_keeps_it_for_3_s_finds_it_closed_after_2(void **state)
{
    static const server_step says_how_long[] = {
        READ_REQUEST,
        SEND("HTTP/1.1 200 OK\r\nKeep-Alive: timeout=3, max=9\r\nContent-Length: 0\r\n\r\n"), HOLD};
    (void)state;
    restart_with(&(server_script){.connections = {says_how_long}});
    assert_status(ahttp_get(f.session, at("/")), 200);

    time_passes(1999);
    assert_int_equal(count_idle(f.session), 1);
    time_passes(1);

    assert_int_equal(count_idle(f.session), 0);
    run_until(&f, SERVER_PEER_CLOSED, 1);
}

static void a_connection_older_than_its_lifetime_is_replaced(void **state)
{
    (void)state;
    ahttp_connector *connector = ahttp_connector_new(.loop = f.loop, .lifetime_ms = 5000);
    ahttp_session *session = ahttp_session_new(.connector = connector);

    for (int i = 0; i < 5; i++) {
        assert_text(ahttp_get(session, at("/ok")), "ok");
        time_passes(1200);
    }

    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 1);
    assert_text(ahttp_get(session, at("/ok")), "ok");
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 2);
    ahttp_session_unref(session);
    ahttp_connector_unref(connector);
}

static void no_more_connections_are_open_than_may(void **state)
{
    enum { REQUESTS = 20, LIMIT = 3 };
    ahttp_future *requests[REQUESTS];
    (void)state;
    ahttp_connector *connector = ahttp_connector_new(.loop = f.loop, .limit = LIMIT);
    ahttp_session *session = ahttp_session_new(.connector = connector);

    for (int i = 0; i < REQUESTS; i++)
        requests[i] = ahttp_get(session, at("/gate/0"));
    settle(&f);
    assert_int_equal(server_count(f.server, SERVER_AT_GATE), LIMIT);
    server_open_gate(f.server, 0);
    for (int i = 0; i < REQUESTS; i++)
        assert_text(requests[i], "gate 0");

    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), LIMIT);
    ahttp_session_unref(session);
    ahttp_connector_unref(connector);
}

static void no_more_connections_stay_idle_than_may(void **state)
{
    ahttp_future *requests[4];
    (void)state;
    ahttp_connector *connector = ahttp_connector_new(.loop = f.loop, .limit_idle_per_host = 2);
    ahttp_session *session = ahttp_session_new(.connector = connector);

    for (int i = 0; i < 4; i++)
        requests[i] = ahttp_get(session, at("/gate/0"));
    run_until(&f, SERVER_AT_GATE, 4);
    server_open_gate(f.server, 0);
    for (int i = 0; i < 4; i++)
        assert_text(requests[i], "gate 0");

    assert_int_equal(count_idle(session), 2);
    ahttp_session_unref(session);
    ahttp_connector_unref(connector);
}

/* ---- Once more ---- */

#define FIRST "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst"

/* Answers once, then swallows the next request. */
static const server_step races[] = {READ_REQUEST, SEND(FIRST), READ_REQUEST, CLOSE};

static void a_post_with_a_key_is_sent_once_more(void **state)
{
    (void)state;
    restart_with(&(server_script){.connections = {races}});
    assert_text(ahttp_get(f.session, at("/")), "first");

    assert_text(ahttp_post(f.session, at("/ok"), .text = "x",
                           .headers = AHTTP_PAIRS({"idempotency-key", "1"})),
                "ok");
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 3);
}

/* What the idle connection swallows is sent on a new one, or fails; whether it is sent. */
static bool is_sent_once_more(const char *method, ahttp_body *body)
{
    restart_with(&(server_script){.connections = {races}});
    assert_text(ahttp_get(f.session, at("/")), "first");
    ahttp_response *response =
        ahttp_await(ahttp_request(f.session, method, at("/ok"), .body = body));

    if (!response)
        assert_int_equal(ahttp_task_error()->code, AHTTP_E_DISCONNECTED);
    ahttp_response_unref(response);
    bool was_sent = server_count(f.server, SERVER_REQUESTS) == 3;
    if (was_sent && body)
        assert_string_equal(seen().body, "some bytes");
    return was_sent;
}

static void methods_and_bodies_decide_whether_a_request_is_sent_once_more(void **state)
{
    static const char *const repeatable[] = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"};
    const char *path = make_file("some bytes", 10);
    int ends[2];
    int fd = open(path, O_RDONLY);
    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "some bytes", 10), 10);
    close(ends[1]);

    for (size_t i = 0; i < COUNT_OF(repeatable); i++)
        assert_true(is_sent_once_more(repeatable[i], NULL));
    assert_false(is_sent_once_more("POST", NULL));
    assert_false(is_sent_once_more("PATCH", NULL));
    assert_true(is_sent_once_more("PUT", ahttp_body_file(path, 0, 0)));
    assert_true(is_sent_once_more("GET", ahttp_body_fd(fd, 0, 0)));
    assert_false(is_sent_once_more("POST", ahttp_body_file(path, 0, 0)));
    assert_false(is_sent_once_more("PUT", ahttp_body_fd(ends[0], 0, 0)));
    close(ends[0]);
    close(fd);
    remove_file(path);
}

static void it_is_sent_once_more_and_not_twice(void **state)
{
    (void)state;
    restart_with(&(server_script){.connections = {races, races}});
    ahttp_future *both[] = {ahttp_get(f.session, at("/")), ahttp_get(f.session, at("/"))};
    assert_text(both[0], "first");
    assert_text(both[1], "first");

    assert_fails(ahttp_get(f.session, at("/ok")), AHTTP_E_DISCONNECTED, "closed the connection");
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 4);
}

static void what_a_new_connection_swallows_is_not_sent_again(void **state)
{
    static const server_step swallows[] = {READ_REQUEST, CLOSE};
    (void)state;
    restart_with(&(server_script){.connections = {swallows}});

    assert_fails(ahttp_get(f.session, at("/ok")), AHTTP_E_DISCONNECTED, "closed the connection");
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 1);
}

static void once_a_byte_has_come_it_is_not_sent_again(void **state)
{
    static const server_step stammers[] = {READ_REQUEST, SEND(FIRST), READ_REQUEST, SEND("H"),
                                           CLOSE};
    (void)state;
    restart_with(&(server_script){.connections = {stammers}});
    assert_text(ahttp_get(f.session, at("/")), "first");

    assert_fails(ahttp_get(f.session, at("/ok")), AHTTP_E_DISCONNECTED, "");
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(requests_one_after_the_other_use_one_connection),
        WITH_SERVER(responses_without_a_body_leave_their_connection_at_once),
        WITH_SERVER(a_host_in_any_case_is_the_same),
        WITH_SERVER(a_server_that_closes_is_believed),
        WITH_SERVER(a_session_without_keep_alive_says_so),
        WITH_SERVER(an_error_of_one_response_is_not_the_nexts),
        WITH_SERVER(a_body_that_fails_before_anything_was_sent_keeps_the_connection),
        WITH_SERVER(a_body_that_fails_while_it_is_sent_closes_the_connection),
        WITH_SERVER(a_server_that_keeps_it_for_3_s_finds_it_closed_after_2),
        WITH_SERVER(a_connection_older_than_its_lifetime_is_replaced),
        WITH_SERVER(no_more_connections_are_open_than_may),
        WITH_SERVER(no_more_connections_stay_idle_than_may),
        WITH_SERVER(a_post_with_a_key_is_sent_once_more),
        WITH_SERVER(methods_and_bodies_decide_whether_a_request_is_sent_once_more),
        WITH_SERVER(it_is_sent_once_more_and_not_twice),
        WITH_SERVER(what_a_new_connection_swallows_is_not_sent_again),
        WITH_SERVER(once_a_byte_has_come_it_is_not_sent_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
