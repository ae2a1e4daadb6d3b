/* SPDX-License-Identifier: MIT */
/* What is closed says goodbye over TLS, close_notify, behind all that it had begun to say, also to
   peers that are slow to take it; but for a second at most.  All else that is closed is in
   test_closing.c. */
#include "fixture.h"

#include "loop/poll.h"
#include "support/tls_peer.h"
#include <errno.h>
#include <uv.h>

enum { PATIENCE_MS = 1000, TURNS = 10 };

static ahttp_loop *loop;
static ahttp_session *session;

/* The server, which takes what the test lets it take. */
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
static ahttp_connector *connector;
static ahttp_future *closed;

static void start_with_peer(void)
{
    leaf = certificate_new(.names = "DNS:a.test");
    loop = ahttp_loop_new(.virtual_clock = true);
    peer = tls_peer_new(loop, .certificate = leaf);
    ahttp_tls *tls = ahttp_tls_new(.insecure_skip_verify = true);
    connector = ahttp_connector_new(.connect = connect_peer, .tls = tls);
    ahttp_tls_unref(tls);
    session = ahttp_session_new(.connector = connector);
}

static void wait_for_head(void)
{
    while (tls_peer_look(peer).received.len == 0)
        assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
}

/* The server has taken the head and no more, and then the session is closed. */
static int close_amid_upload(void **state)
{
    static char data[100000];
    (void)state;
    start_with_peer();
    ahttp_drop(
        ahttp_post(session, "https://a.test/", .data = {data, sizeof data}, .expect_100 = true));
    wait_for_head();
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

/* The server takes nothing of what was written to a duplex, and then that is closed. */
static int close_duplex_amid_write(void **state)
{
    static const char answer[] =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo/1\r\n\r\n";
    static char data[100000];
    (void)state;
    start_with_peer();
    ahttp_future *request = ahttp_get(session, "https://a.test/", .upgrade = "echo/1");
    wait_for_head();
    tls_peer_send(peer, answer, sizeof answer - 1);
    ahttp_response *response = response_of(request);
    ahttp_duplex *duplex = ahttp_response_take_duplex(response);
    assert_non_null(duplex);
    ahttp_response_unref(response);
    let_it_take(false);
    ahttp_future *written = ahttp_duplex_write(duplex, (ahttp_bytes){data, sizeof data});
    let_it_take(false);
    ahttp_duplex_close(duplex);
    assert_fails(written, AHTTP_E_CLOSED, "the duplex was closed");
    assert_int_equal(ahttp_await_status(ahttp_session_close(session)), 0);
    ahttp_connector_unref(connector);
    assert_false(tls_peer_look(peer).is_closed);
    return 0;
}

static int end_with_peer(void **state)
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

static void a_duplex_says_goodbye_behind_what_it_had_begun_to_write(void **state)
{
    (void)state;
    let_it_take(true);

    assert_true(tls_peer_look(peer).is_closed);
    assert_true(tls_peer_look(peer).has_close_notify);
}

static void a_duplex_leaves_who_takes_nothing_after_a_second(void **state)
{
    (void)state;
    ahttp_loop_advance(loop, PATIENCE_MS - 1);
    let_it_take(false);
    assert_false(tls_peer_look(peer).is_closed);
    ahttp_loop_advance(loop, 1);
    let_it_take(false);

    assert_true(tls_peer_look(peer).is_closed);
    assert_false(tls_peer_look(peer).has_close_notify);
}

static void a_loop_that_closes_does_not_wait_for_a_duplex(void **state)
{
    (void)state;

    assert_int_equal(ahttp_loop_close(loop), 0);

    loop = NULL;
    assert_true(tls_peer_look(peer).is_closed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_peer_that_is_slow_hears_it_behind_what_was_sent,
                                        close_amid_upload, end_with_peer),
        cmocka_unit_test_setup_teardown(a_peer_that_takes_nothing_is_left_after_a_second,
                                        close_amid_upload, end_with_peer),
        cmocka_unit_test_setup_teardown(a_loop_that_closes_waits_for_nobody, close_amid_upload,
                                        end_with_peer),
        cmocka_unit_test_setup_teardown(a_duplex_says_goodbye_behind_what_it_had_begun_to_write,
                                        close_duplex_amid_write, end_with_peer),
        cmocka_unit_test_setup_teardown(a_duplex_leaves_who_takes_nothing_after_a_second,
                                        close_duplex_amid_write, end_with_peer),
        cmocka_unit_test_setup_teardown(a_loop_that_closes_does_not_wait_for_a_duplex,
                                        close_duplex_amid_write, end_with_peer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
