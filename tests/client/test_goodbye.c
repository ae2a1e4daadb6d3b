/* SPDX-License-Identifier: MIT */
/* Sessions that are closed over TLS: servers hear close_notify, in bounded time, and a loop of the
   program's has no handle left. */
#include "fixture.h"

#include "loop/poll.h"
#include "support/tls_front.h"
#include "support/tls_peer.h"
#include <errno.h>
#include <poll.h>
#include <uv.h>

enum { PATIENCE_MS = 1000, QUIET_MS = 50, TURNS = 10 };

static uv_loop_t uv;
static test_server *server;
static tls_front *front;
static ahttp_loop *loop;
static ahttp_session *session;

static void start_all(void)
{
    assert_int_equal(uv_loop_init(&uv), 0);
    server = server_start(NULL);
    front = tls_front_start(server_port(server));
    loop = ahttp_loop_new(.uv = &uv, .virtual_clock = true);
    session = ahttp_session_new(.loop = loop);
    assert_non_null(session);
}

/* The session has been closed. */
static void end_all(void)
{
    ahttp_session_unref(session);
    assert_int_equal(ahttp_loop_close(loop), 0);
    assert_int_equal(uv_loop_close(&uv), 0);
    server_stop(server);
    tls_front_stop(front);
}

static void some_turns(void)
{
    struct pollfd backend = {uv_backend_fd(&uv), POLLIN, 0};

    do
        for (int i = 0; i < TURNS; i++)
            uv_run(&uv, UV_RUN_NOWAIT);
    while (poll(&backend, 1, QUIET_MS) > 0);
}

static void a_server_hears_that_an_idle_connection_ends(void **state)
{
    (void)state;
    start_all();
    assert_text(ahttp_get(session, tls_front_url(front, "/ok")), "ok");

    assert_int_equal(ahttp_await_status(ahttp_session_close(session)), 0);

    assert_true(tls_front_wait_for_goodbyes(front, 1));
    end_all();
}

static void a_server_hears_that_a_busy_connection_ends(void **state)
{
    (void)state;
    start_all();
    ahttp_future *request = ahttp_get(session, tls_front_url(front, "/gate/0"));
    while (server_count(server, SERVER_AT_GATE) < 1)
        some_turns();

    assert_int_equal(ahttp_await_status(ahttp_session_close(session)), 0);

    assert_fails(request, AHTTP_E_CLOSED, "closed");
    assert_true(tls_front_wait_for_goodbyes(front, 1));
    end_all();
}

static void a_loop_that_closes_says_goodbye_too(void **state)
{
    (void)state;
    start_all();
    assert_text(ahttp_get(session, tls_front_url(front, "/ok")), "ok");

    assert_int_equal(ahttp_loop_close(loop), 0);

    assert_true(tls_front_wait_for_goodbyes(front, 1));
    loop = ahttp_loop_new(.uv = &uv);
    end_all();
}

/* ---- A server in memory, which takes what the test lets it take ---- */

static tls_peer *peer;
static ahttp_transport *bridge;

static ptrdiff_t cross(ptrdiff_t count)
{
    return count == AH_IO_AGAIN ? -EAGAIN : count == AH_IO_FAILED ? -ECONNRESET : count;
}

static ptrdiff_t bridge_read(void *stream, char *buf, size_t cap)
{
    return cross(ah_transport_read(stream, buf, cap));
}

static ptrdiff_t bridge_write(void *stream, const char *bytes, size_t len)
{
    ah_str part = {bytes, len};

    return cross(ah_transport_write(stream, &part, 1));
}

static void bridge_close(void *stream)
{
    ah_transport_close(stream);
}

static void on_peer_ready(void *ctx, unsigned events)
{
    (void)ctx;
    (void)events;
    ahttp_transport_ready(bridge);
}

static ahttp_future *connect_peer(const char *host, uint16_t port, void *ctx)
{
    static const ahttp_transport_ops ops = {
        .size = sizeof ops, .read = bridge_read, .write = bridge_write, .close = bridge_close};
    ah_transport *below = tls_peer_transport(peer);
    ahttp_promise *promise;
    ahttp_future *future = ahttp_promise_new(&promise, NULL, NULL);

    (void)host, (void)port, (void)ctx;
    bridge = ahttp_transport_new(loop, &ops, below, "peer");
    below->ready = on_peer_ready;
    ah_transport_want(below, AH_READABLE);
    ahttp_promise_resolve(promise, bridge, ahttp_transport_free);
    return future;
}

static void let_it_take(bool on)
{
    tls_peer_take_writes(peer, on);
    if (on)
        ahttp_transport_ready(bridge);
    for (int i = 0; i < TURNS; i++)
        assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
}

static certificate *leaf;
static ahttp_future *closed;

/* The server has taken the head and no more, and then the session is closed. */
static int close_amid_upload(void **state)
{
    static char data[100000];
    (void)state;
    leaf = certificate_new(.names = "DNS:a.test");
    loop = ahttp_loop_new(.virtual_clock = true);
    peer = tls_peer_new(loop, .certificate = leaf);
    ahttp_tls *tls = ahttp_tls_new(.insecure_skip_verify = true);
    ahttp_connector *connector = ahttp_connector_new(.connect = connect_peer, .tls = tls);
    ahttp_tls_unref(tls);
    session = ahttp_session_new(.connector = connector);
    ahttp_drop(
        ahttp_post(session, "https://a.test/", .data = {data, sizeof data}, .expect_100 = true));
    while (tls_peer_look(peer).received.len == 0)
        assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
    let_it_take(false);
    tls_peer_send(peer, "HTTP/1.1 100 Continue\r\n\r\n", 25);
    let_it_take(false);
    ahttp_drop(ahttp_session_close(session));
    closed = ahttp_connector_close(connector);
    ahttp_connector_unref(connector);
    let_it_take(false);
    assert_false(tls_peer_look(peer).is_closed);
    assert_false(ahttp_future_done(closed));
    return 0;
}

static int end_upload(void **state)
{
    (void)state;
    ahttp_session_unref(session);
    if (loop)
        assert_int_equal(ahttp_loop_close(loop), 0);
    assert_true(tls_peer_look(peer).is_closed);
    tls_peer_free(peer);
    certificate_free(leaf);
    return 0;
}

static void a_peer_that_is_slow_hears_it_behind_what_was_sent(void **state)
{
    (void)state;
    let_it_take(true);

    assert_int_equal(ahttp_await_status(closed), 0);

    assert_true(tls_peer_look(peer).has_close_notify);
}

static void a_peer_that_takes_nothing_is_left_after_a_second(void **state)
{
    (void)state;
    ahttp_loop_advance(loop, PATIENCE_MS - 1);
    let_it_take(false);
    assert_false(ahttp_future_done(closed));
    ahttp_loop_advance(loop, 1);
    let_it_take(false);

    assert_true(ahttp_future_done(closed));
    assert_int_equal(ahttp_await_status(closed), 0);
    assert_false(tls_peer_look(peer).has_close_notify);
}

static void a_loop_that_closes_waits_for_nobody(void **state)
{
    (void)state;
    uint64_t before_ns = uv_hrtime();
    ahttp_drop(closed);

    assert_int_equal(ahttp_loop_close(loop), 0);

    loop = NULL;
    assert_true(uv_hrtime() - before_ns < PATIENCE_MS * UINT64_C(1000000));
    assert_true(tls_peer_look(peer).is_closed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_hears_that_an_idle_connection_ends),
        cmocka_unit_test(a_server_hears_that_a_busy_connection_ends),
        cmocka_unit_test(a_loop_that_closes_says_goodbye_too),
        cmocka_unit_test_setup_teardown(a_peer_that_is_slow_hears_it_behind_what_was_sent,
                                        close_amid_upload, end_upload),
        cmocka_unit_test_setup_teardown(a_peer_that_takes_nothing_is_left_after_a_second,
                                        close_amid_upload, end_upload),
        cmocka_unit_test_setup_teardown(a_loop_that_closes_waits_for_nobody, close_amid_upload,
                                        end_upload),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
