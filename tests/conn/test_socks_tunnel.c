/* SPDX-License-Identifier: MIT */
#include "tunnel_fixture.h"

#include "conn/socks_tunnel.h"
#include "support/failing_alloc.h"

#define WHAT "ask proxy socks5h://p:1080 for h:80"

static bool may_try_next;
static ah_socks_tunnel *tunnel;

static void on_done(void *ctx, ah_transport *transport, ahttp_error *error, bool try_next)
{
    (void)ctx;
    tunnel = NULL;
    may_try_next = try_next;
    note(transport, error);
}

static void ask(ah_proxy_kind kind)
{
    const ah_socks_request request = {.kind = kind, .host = {"h", 1}, .port = 80};

    tunnel = ah_socks_tunnel_open(loop, &wire.base, &request, WHAT, on_done, NULL);
    if (tunnel)
        run_ready();
}

static void the_transport_leads_to_the_host_when_the_proxy_says_so(void **state)
{
    (void)state;

    ask(AH_PROXY_SOCKS5H);
    assert_written("\5\1\0", 3);
    arrives("\5\0", 2);
    assert_written("\5\1\0\3\1h\0\120", 8);
    arrives("\5\0\0\1\1\2\3\4\5\6", 10);

    assert_int_equal(calls, 1);
    assert_ptr_equal(opened, &wire.base);
    assert_int_equal(wire.wanted, 0);
}

static void no_byte_behind_the_answer_is_read(void **state)
{
    (void)state;

    ask(AH_PROXY_SOCKS4A);
    arrives("\0\132\0\0\0\0\0\0hello", 13);

    assert_ptr_equal(opened, &wire.base);
    assert_str(ah_buf_str(&wire.incoming), "hello");
}

static void bytes_may_come_and_go_one_by_one(void **state)
{
    (void)state;

    wire.write_room = 0;
    wire.most_a_read = 1;
    ask(AH_PROXY_SOCKS5H);
    for (size_t sent = 0; sent < 3; sent++) {
        wire.write_room = 1;
        fake_turn(&wire);
    }
    assert_written("\5\1\0", 3);
    wire.write_room = 8;
    arrives("\5\0", 2);
    arrives("\5\0\0\1\1\2\3\4\5\6", 10);

    assert_ptr_equal(opened, &wire.base);
}

static void a_refusal_is_told_in_words_and_by_its_number(void **state)
{
    (void)state;

    ask(AH_PROXY_SOCKS5H);
    arrives("\5\0", 2);
    arrives("\5\2\0\1\0\0\0\0\0\0", 10);

    assert_refused(2, WHAT ": its rules do not allow this connection");
    assert_int_equal(refusal->kinds & AHTTP_KIND_RETRY, 0);
    assert_false(may_try_next);
    assert_true(wire.closed);
}

static void another_address_may_do_where_the_host_is_unreachable(void **state)
{
    (void)state;

    ask(AH_PROXY_SOCKS5H);
    arrives("\5\0", 2);
    arrives("\5\4", 2);

    assert_refused(4, WHAT ": the host is not reachable from it");
    assert_int_equal(refusal->kinds & AHTTP_KIND_RETRY, AHTTP_KIND_RETRY);
    assert_true(may_try_next);
}

static void a_proxy_that_closes_is_named(void **state)
{
    (void)state;

    ask(AH_PROXY_SOCKS5H);
    wire.ends = true;
    fake_turn(&wire);

    assert_refused(0, WHAT ": it closed the connection");
}

static void a_broken_connection_is_told_with_its_reason(void **state)
{
    (void)state;

    wire.breaks_writes = wire.breaks_reads = true;
    ask(AH_PROXY_SOCKS5H);

    assert_refused(0, WHAT ": use fake:1: connection reset by peer");
}

static void what_cannot_be_asked_fails_from_the_loop(void **state)
{
    (void)state;
    const ah_socks_request request = {.kind = AH_PROXY_SOCKS4, .ip_len = 16, .port = 80};

    ah_socks_tunnel_open(loop, &wire.base, &request, WHAT, on_done, NULL);
    assert_int_equal(calls, 0);
    run_ready();

    assert_refused(0, WHAT ": SOCKS4 knows no IPv6 addresses");
    assert_int_equal(wire.written.len, 0);
}

static void cancelling_closes_the_transport_and_tells_nobody(void **state)
{
    (void)state;

    const ah_socks_request request = {.kind = AH_PROXY_SOCKS5H, .host = {"h", 1}, .port = 80};

    tunnel = ah_socks_tunnel_open(loop, &wire.base, &request, WHAT, on_done, NULL);
    ah_socks_tunnel_cancel(tunnel);
    ahttp_loop_run(loop);

    assert_true(wire.closed);
    assert_int_equal(calls, 0);
}

static void cancelling_in_the_middle_closes_it_too(void **state)
{
    (void)state;

    ask(AH_PROXY_SOCKS5H);
    arrives("\5", 1);
    ah_socks_tunnel_cancel(tunnel);

    assert_true(wire.closed);
    assert_int_equal(calls, 0);
}

static void ask_once(void *ctx)
{
    begin(ctx);
    if (!loop)
        return;
    ask(AH_PROXY_SOCKS5H);
    arrives("\5\0", 2);
    arrives("\5\4", 2);
    if (tunnel) /* where there was no memory for what arrives */
        ah_socks_tunnel_cancel(tunnel);
    end(ctx);
}

static void memory_may_run_out_at_any_point(void **state)
{
    (void)state;
    for_each_allocation(ask_once, NULL);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERE(the_transport_leads_to_the_host_when_the_proxy_says_so),
        HERE(no_byte_behind_the_answer_is_read),
        HERE(bytes_may_come_and_go_one_by_one),
        HERE(a_refusal_is_told_in_words_and_by_its_number),
        HERE(another_address_may_do_where_the_host_is_unreachable),
        HERE(a_proxy_that_closes_is_named),
        HERE(a_broken_connection_is_told_with_its_reason),
        HERE(what_cannot_be_asked_fails_from_the_loop),
        HERE(cancelling_closes_the_transport_and_tells_nobody),
        HERE(cancelling_in_the_middle_closes_it_too),
        cmocka_unit_test(memory_may_run_out_at_any_point),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
