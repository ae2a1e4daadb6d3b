/* SPDX-License-Identifier: MIT */
/* Plain requests that leave their blocks while they are out, and what comes of them. */
#include "one_server.h"

#include "client/session.h"
#include "error_facts.h"
#include "support/failing_alloc.h"

enum { SOME = 5, TOTAL_MS = 300000 };

static ahttp_future *get(const char *path)
{
    return ahttp_get(f.session, server_url(f.server, path));
}

/* All leave that can, of those behind a first plain one. */
static void let_leave(size_t most_staying)
{
    assert_text(get("/ok"), "ok");
    f.session->stand_ins.most_staying = most_staying;
}

static size_t away(void)
{
    return f.session->stand_ins.away_count;
}

static size_t blocks_in_use(void)
{
    return f.session->block_count - f.session->recycled_count;
}

/* Sends that many, of which each waits at the gate, and waits until all are out. */
static void send_to_gate(ahttp_future *requests[], size_t count)
{
    uint64_t before = server_count(f.server, SERVER_REQUESTS);

    for (size_t i = 0; i < count; i++)
        requests[i] = get("/gate/1");
    run_until(&f, SERVER_REQUESTS, before + count);
    settle(&f);
}

/* One that is away, on a connection that does so behind the request before. */
static ahttp_future *send_one(const server_step *steps)
{
    restart_with(&(server_script){.connections = {steps}});
    let_leave(0);
    ahttp_future *request = get("/");
    run_until(&f, SERVER_REQUESTS, 2);
    settle(&f);
    assert_int_equal(away(), 1);
    return request;
}

#define FIRST READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), READ_REQUEST

static const server_step holds[] = {FIRST, HOLD};

static void requests_that_wait_hold_no_block(void **state)
{
    ahttp_future *requests[SOME];
    (void)state;
    let_leave(0);

    send_to_gate(requests, SOME);
    assert_int_equal(away(), SOME);
    assert_int_equal(blocks_in_use(), 0);

    server_open_gate(f.server, 1);
    for (int i = 0; i < SOME; i++)
        assert_text(requests[i], "gate 1");
    assert_int_equal(away(), 0);
}

static void few_requests_stay_in_their_blocks(void **state)
{
    ahttp_future *requests[SOME];
    (void)state;
    let_leave(SOME - 2);

    send_to_gate(requests, SOME);
    assert_int_equal(away(), 2);
    assert_int_equal(blocks_in_use(), SOME - 2);

    server_open_gate(f.server, 1);
    for (int i = 0; i < SOME; i++)
        assert_text(requests[i], "gate 1");
}

static void a_response_knows_all_of_its_request(void **state)
{
    static const server_step made[] = {
        FIRST, WAIT_GATE(1), SEND("HTTP/1.1 201 Made\r\nX: y\r\nContent-Length: 2\r\n\r\nok"),
        HOLD};
    (void)state;
    ahttp_future *request = send_one(made);
    assert_text(get("/ok"), "ok"); /* which uses the block meanwhile */
    size_t head_len = server_request_at(f.server, 1).head_len;

    server_open_gate(f.server, 1);
    ahttp_response *response = response_of(request);

    assert_string_equal(ahttp_response_url(response), server_url(f.server, "/"));
    assert_string_equal(ahttp_response_method(response), "GET");
    assert_int_equal(ahttp_response_status(response), 201);
    assert_string_equal(ahttp_response_header(response, "x"), "y");
    assert_int_equal(ahttp_response_bytes_sent(response), head_len);
    assert_non_null(strchr(ahttp_peer_address(ahttp_response_peer(response)), ':'));
    assert_string_equal(ahttp_await(ahttp_response_text(response)), "ok");
    ahttp_response_unref(response);
}

static void a_redirect_is_followed(void **state)
{
    (void)state;
    let_leave(0);

    assert_text(get("/redirect/302/ok"), "ok");
}

static void a_request_can_be_cancelled(void **state)
{
    (void)state;
    ahttp_future *request = send_one(holds);

    ahttp_future_cancel(request);

    const ahttp_error *error = error_of(request);
    assert_facts(error, AHTTP_E_CANCELLED, AHTTP_PHASE_HEAD, AHTTP_RESEND_UNKNOWN);
    assert_string_equal(error->url, server_url(f.server, "/"));
    assert_int_equal(away(), 0);
    run_until(&f, SERVER_PEER_CLOSED, 1);
}

static void a_request_has_its_time_limit(void **state)
{
    (void)state;
    ahttp_future *request = send_one(holds);

    ahttp_loop_advance(f.loop, TOTAL_MS - 1);
    settle(&f);
    assert_false(ahttp_future_done(request));
    ahttp_loop_advance(f.loop, 1);

    assert_fails(request, AHTTP_E_TOTAL_TIMEOUT,
                 "timed out after 300000 ms while waiting for the response");
}

static void a_body_has_the_time_limit_of_its_request(void **state)
{
    static const server_step half[] = {FIRST, WAIT_GATE(1),
                                       SEND("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no"), HOLD};
    (void)state;
    ahttp_future *request = send_one(half);
    ahttp_loop_advance(f.loop, TOTAL_MS - 1000);
    server_open_gate(f.server, 1);
    ahttp_response *response = response_of(request);
    ahttp_future *text = ahttp_response_text(response);

    ahttp_loop_advance(f.loop, 999);
    settle(&f);
    assert_false(ahttp_future_done(text));
    ahttp_loop_advance(f.loop, 1);

    assert_fails(text, AHTTP_E_TOTAL_TIMEOUT, "300000 ms while reading the body");
    ahttp_response_unref(response);
}

static void a_request_that_a_reused_connection_swallowed_is_sent_again(void **state)
{
    static const server_step swallows[] = {FIRST, WAIT_GATE(1), CLOSE};
    (void)state;
    ahttp_future *request = send_one(swallows);

    server_open_gate(f.server, 1);

    assert_text(request, "no such route"); /* by the next connection */

    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 2);
}

static void a_lost_connection_fails_the_request(void **state)
{
    (void)state;
    let_leave(0);

    assert_fails(get("/drop"), AHTTP_E_DISCONNECTED, "before it sent a response");
    assert_fails(get("/reset"), AHTTP_E_DISCONNECTED, "reset");
}

static void closing_the_session_fails_them_all(void **state)
{
    ahttp_future *requests[SOME];
    (void)state;
    let_leave(2);
    send_to_gate(requests, SOME);

    assert_int_equal(ahttp_await_status(ahttp_session_close(f.session)), 0);

    for (int i = 0; i < SOME; i++)
        assert_fails(requests[i], AHTTP_E_CLOSED, "the session was closed");
}

static void a_session_lives_until_they_have_ended(void **state)
{
    ahttp_future *requests[SOME];
    (void)state;
    let_leave(0);
    send_to_gate(requests, SOME);

    ahttp_session_unref(f.session);
    server_open_gate(f.server, 1);
    for (int i = 0; i < SOME; i++)
        assert_text(requests[i], "gate 1");

    f.session = ahttp_session_new(.loop = f.loop);
}

static void what_a_stand_in_cannot_say_stays(void **state)
{
    char long_url[256];
    ahttp_future *requests[4];
    (void)state;
    let_leave(0);
    snprintf(long_url, sizeof long_url, "%s?%0200d", server_url(f.server, "/gate/1"), 0);

    requests[0] = get("/gate/1#fragment");
    requests[1] = ahttp_get(f.session, long_url);
    requests[2] = ahttp_get(f.session, server_url(f.server, "/gate/1"), .timeout.total_ms = 99);
    requests[3] = ahttp_get(f.session, server_url(f.server, "/gate/1"), .timeout.read_ms = 99);
    run_until(&f, SERVER_REQUESTS, 5);
    settle(&f);
    assert_int_equal(away(), 0);

    server_open_gate(f.server, 1);
    for (int i = 0; i < 4; i++)
        assert_text(requests[i], "gate 1");
}

/* ---- Out of memory ---- */

static void assert_status(ahttp_future *request, ahttp_response **response)
{
    *response = ahttp_await(request);
    if (!*response)
        assert_int_equal(ahttp_task_error()->code, AHTTP_E_NO_MEMORY);
}

/* Two are away, and both responses are held, for which there is one block. */
static void two_at_once(void *ctx)
{
    test_server *server = ctx;
    ahttp_loop *loop = ahttp_loop_new();
    ahttp_session *session = loop ? ahttp_session_new(.loop = loop) : NULL;
    ahttp_response *responses[2] = {NULL, NULL};

    if (session) {
        session->stand_ins.most_staying = 0;
        ahttp_drop(ahttp_get(session, server_url(server, "/ok")));
        ahttp_future *first = ahttp_get(session, server_url(server, "/ok"));
        ahttp_future *second = ahttp_get(session, server_url(server, "/ok"));
        assert_status(first, &responses[0]);
        assert_status(second, &responses[1]);
    }
    ahttp_response_unref(responses[0]);
    ahttp_response_unref(responses[1]);
    ahttp_session_unref(session);
    if (loop)
        assert_int_equal(ahttp_loop_close(loop), 0);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;

    for_each_allocation(two_at_once, f.server);
}

static void a_request_for_which_there_is_no_block_fails(void **state)
{
    ahttp_future *requests[2];
    ahttp_response *held[SOME + 1];
    int count = 0;
    (void)state;
    finish(&f);
    counting_alloc_install();
    f = start(NULL, true);
    let_leave(0);
    send_to_gate(requests, 2);
    while (f.session->recycled && count <= SOME)
        held[count++] = response_of(get("/ok"));
    assert_null(f.session->recycled);

    counting_alloc_fail_nth(1);
    ahttp_future_cancel(requests[0]);
    counting_alloc_fail_nth(0);

    assert_fails(requests[0], AHTTP_E_NO_MEMORY, "memory");
    run_until(&f, SERVER_PEER_CLOSED, 1);
    server_open_gate(f.server, 1);
    assert_text(requests[1], "gate 1");
    while (count > 0)
        ahttp_response_unref(held[--count]);
    finish(&f);
    counting_alloc_remove();
    f = start(NULL, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(requests_that_wait_hold_no_block),
        WITH_SERVER(few_requests_stay_in_their_blocks),
        WITH_SERVER(a_response_knows_all_of_its_request),
        WITH_SERVER(a_redirect_is_followed),
        WITH_SERVER(a_request_can_be_cancelled),
        WITH_SERVER(a_request_has_its_time_limit),
        WITH_SERVER(a_body_has_the_time_limit_of_its_request),
        WITH_SERVER(a_request_that_a_reused_connection_swallowed_is_sent_again),
        WITH_SERVER(a_lost_connection_fails_the_request),
        WITH_SERVER(closing_the_session_fails_them_all),
        WITH_SERVER(a_session_lives_until_they_have_ended),
        WITH_SERVER(what_a_stand_in_cannot_say_stays),
        WITH_SERVER(every_allocation_may_fail),
        WITH_SERVER(a_request_for_which_there_is_no_block_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
