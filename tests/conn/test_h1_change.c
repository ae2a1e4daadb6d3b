/* SPDX-License-Identifier: MIT */
/* What may come of an exchange besides a head and a body: interim heads, another protocol, a
   rest that nobody wants. */
#include "conn_fixture.h"

static void on_interim(ah_exchange *ex)
{
    const char *link = ahttp_headers_get(&ex->response.fields, "Link");

    tell("interim %d %s|", ex->response.status, link ? link : "-");
}

static void abandon_at_once(ah_exchange *ex)
{
    on_interim(ex);
    ah_conn_abandon(ex->conn, ex);
}

static void interim_heads_are_told_in_order(void **state)
{
    static const ah_exchange_events curious = {
        .head = on_head, .body = on_body, .end = on_end, .interim = on_interim};

    (void)state;
    send_request("GET", "");
    exchange.events = &curious;
    fake_arrives(&wire, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 C\r\n\r\n"
                        "HTTP/1.1 204 No\r\n\r\n");

    assert_string_equal(story, "interim 103 x|interim 100 -|head 204|end OK|idle|");
    assert_int_equal(ahttp_headers_count(&exchange.response.fields), 0);
}

static void an_exchange_abandoned_in_an_interim_event_hears_no_more(void **state)
{
    static const ah_exchange_events impatient = {
        .head = on_head, .body = on_body, .end = on_end, .interim = abandon_at_once};

    (void)state;
    send_request("GET", "");
    exchange.events = &impatient;
    fake_arrives(&wire, "HTTP/1.1 100 C\r\n\r\nHTTP/1.1 103 E\r\n\r\nHTTP/1.1 204 No\r\n\r\n");

    assert_string_equal(story, "interim 100 -|closed|");
}

/* ---- Another protocol ---- */

#define SWITCH "HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"

static void upgrade_to(const char *protocol)
{
    send_request("GET", "");
    exchange.upgrade = ah_str_from(protocol);
}

static void a_change_that_was_asked_for_hands_the_transport_over(void **state)
{
    (void)state;
    upgrade_to("X");
    fake_arrives(&wire, SWITCH "bytes");

    assert_string_equal(story, "head 101|end OK|closed|");
    assert_ptr_equal(exchange.tunnel.transport, &wire.base);
    assert_str(ah_buf_str(&exchange.tunnel.received), "bytes");
    assert_false(wire.closed);
    assert_int_equal(wire.wanted, 0);
}

static void what_was_handed_over_does_not_know_the_connection_any_more(void **state)
{
    (void)state;
    upgrade_to("X");
    fake_arrives(&wire, SWITCH);

    ah_transport_look_ahead(&wire.base); /* as TLS does while it sends the end of the request */
    assert_null(wire.base.ctx);
}

static void a_tunnel_is_closed_with_its_exchange(void **state)
{
    (void)state;
    send_request("CONNECT", "");
    fake_arrives(&wire, "HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n");
    assert_string_equal(story, "head 204|end OK|closed|");
    assert_false(wire.closed);

    ah_exchange_release(&exchange);
    assert_true(wire.closed);
    ah_exchange_release(&exchange);
}

static void a_change_to_another_protocol_is_an_error(void **state)
{
    (void)state;
    upgrade_to("y");
    fake_arrives(&wire, SWITCH "bytes");

    assert_string_equal(story, "end read response from fake:1: the server switched to another "
                               "protocol than the one asked for|closed|");
    assert_null(exchange.tunnel.transport);
}

static void a_change_before_the_request_is_out_is_an_error(void **state)
{
    (void)state;
    wire.write_room = 10;
    send_request("POST", "data");
    exchange.upgrade = AH_STR("x");
    wire.write_room = 0;
    fake_arrives(&wire, SWITCH);

    assert_string_equal(story, "end read response from fake:1: the server switched before it was "
                               "sent all of the request|closed|");
}

/* ---- A rest that nobody wants ---- */

#define HEAD(length) "HTTP/1.1 200 OK\r\nContent-Length: " length "\r\n\r\n"

static void a_known_rest_is_skipped_in_the_background(void **state)
{
    (void)state;
    has_room = false;
    send_request("GET", "");
    fake_arrives(&wire, HEAD("10") "hello");
    assert_int_equal(wire.wanted, 0);
    assert_false(ah_conn_skip_rest(conn, &exchange, 4, AH_REST_KNOWN));
    assert_int_equal(wire.wanted, 0);
    assert_int_equal(store.holding, 0); /* nothing is read */

    assert_true(ah_conn_skip_rest(conn, &exchange, 5, AH_REST_KNOWN));
    assert_int_equal(store.holding, 1);
    ah_conn_set_background(conn, true);
    assert_int_equal(store.holding, 0);
    has_room = true;
    fake_arrives(&wire, "world");
    assert_string_equal(story, "head 200|body hello|body world|end OK|idle|");
    send_request("GET", "");
    assert_int_equal(store.holding, 1);
}

static void what_cannot_be_reused_is_not_skipped(void **state)
{
    static const char *const heads[] = {
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello",
        "HTTP/1.1 200 OK\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 10\r\n\r\nhello",
        "HTTP/1.0 200 OK\r\nContent-Length: 10\r\n\r\nhello",
    };

    for (size_t i = 0; i < COUNT_OF(heads); i++) {
        if (i > 0) {
            end(state);
            begin(state);
        }
        send_request("GET", "");
        fake_arrives(&wire, heads[i]);
        assert_false(ah_conn_skip_rest(conn, &exchange, UINT64_MAX - 1, AH_REST_KNOWN));
        ah_conn_abandon(conn, &exchange);
    }
}

static void a_rest_that_is_counted_may_be_of_any_length(void **state)
{
    (void)state;
    has_room = false;
    send_request("GET", "");
    fake_arrives(&wire, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");

    assert_true(ah_conn_skip_rest(conn, &exchange, 5, AH_REST_COUNTED));
    fake_arrives(&wire, "0\r\n\r\n");
    assert_string_equal(story, "head 200|body hello|end OK|idle|");
}

static void what_is_still_being_sent_is_not_skipped(void **state)
{
    (void)state;
    wire.write_room = 10;
    send_request("POST", "data");
    wire.write_room = 0;
    fake_arrives(&wire, HEAD("10") "hello");

    assert_false(ah_conn_skip_rest(conn, &exchange, 100, AH_REST_KNOWN));
}

static void a_cut_body_says_what_came_and_what_was_to_come(void **state)
{
    (void)state;
    send_request("GET", "");
    fake_arrives(&wire, HEAD("10") "hello");
    wire.breaks_reads = true;
    fake_turn(&wire);

    assert_string_equal(story,
                        "head 200|body hello|end read response body: received 5 of 10 bytes, "
                        "then use fake:1: connection reset by peer|closed|");
}

/* ---- The peer ---- */

static void exchanges_of_one_connection_have_one_peer(void **state)
{
    (void)state;
    send_request("GET", "");
    ahttp_peer *first = ahttp_peer_ref(exchange.peer);
    assert_string_equal(ahttp_peer_address(first), "fake:1");
    fake_arrives(&wire, HEAD("0"));
    send_request("GET", "");

    assert_ptr_equal(exchange.peer, first);
    ah_conn_close(conn, NULL);
    ah_exchange_release(&exchange);
    assert_string_equal(ahttp_peer_address(first), "fake:1");
    assert_string_equal(ahttp_peer_local_address(first), "");
    ahttp_peer_unref(first);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(interim_heads_are_told_in_order),
        TEST(an_exchange_abandoned_in_an_interim_event_hears_no_more),
        TEST(a_change_that_was_asked_for_hands_the_transport_over),
        TEST(what_was_handed_over_does_not_know_the_connection_any_more),
        TEST(a_tunnel_is_closed_with_its_exchange),
        TEST(a_change_to_another_protocol_is_an_error),
        TEST(a_change_before_the_request_is_out_is_an_error),
        TEST(a_known_rest_is_skipped_in_the_background),
        TEST(what_cannot_be_reused_is_not_skipped),
        TEST(a_rest_that_is_counted_may_be_of_any_length),
        TEST(what_is_still_being_sent_is_not_skipped),
        TEST(a_cut_body_says_what_came_and_what_was_to_come),
        TEST(exchanges_of_one_connection_have_one_peer),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
