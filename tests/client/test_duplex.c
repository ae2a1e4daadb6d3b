/* SPDX-License-Identifier: MIT */
#include "one_server.h"
#include "scarcity.h"

#define SWITCHING                                                                                  \
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo/1\r\n\r\n"

static const server_step switches[] = {READ_REQUEST, SEND(SWITCHING "early"), ECHO};
static const server_step connects[] = {READ_REQUEST, SEND("HTTP/1.1 200 OK\r\n\r\n"), ECHO};

static void begin(const server_step *steps)
{
    f = start(&(server_script){.connections = {steps}}, false);
}

static ahttp_future *upgrade(void)
{
    return ahttp_get(f.session, server_url(f.server, "/"), .upgrade = "echo/1");
}

static ahttp_future *connect_to(const char *target)
{
    return ahttp_request(f.session, "CONNECT", server_url(f.server, "/"), .target = target);
}

/* What a request that succeeds leads to. */
static ahttp_duplex *duplex_of(ahttp_future *request)
{
    ahttp_response *response = response_of(request);
    ahttp_duplex *duplex = ahttp_response_take_duplex(response);

    assert_non_null(duplex);
    ahttp_response_unref(response);
    return duplex;
}

static void assert_reads(ahttp_duplex *duplex, const char *expected)
{
    for (size_t len = strlen(expected); len > 0;) {
        const ahttp_bytes *piece = ahttp_await(ahttp_duplex_read(duplex));
        assert_non_null(piece);
        assert_true(piece->len > 0 && piece->len <= len);
        assert_memory_equal(piece->data, expected, piece->len);
        expected += piece->len;
        len -= piece->len;
    }
}

static ahttp_future *write_text(ahttp_duplex *duplex, const char *text)
{
    return ahttp_duplex_write(duplex, (ahttp_bytes){text, strlen(text)});
}

static void an_upgrade_gives_the_bytes_behind_the_response_first(void **state)
{
    (void)state;
    begin(switches);
    ahttp_response *response = response_of(upgrade());

    assert_int_equal(ahttp_response_status(response), 101);
    server_request seen = server_request_at(f.server, 0);
    assert_true(server_request_has_line(seen, "Connection: Upgrade"));
    assert_true(server_request_has_line(seen, "Upgrade: echo/1"));
    ahttp_duplex *duplex = ahttp_response_take_duplex(response);
    assert_non_null(duplex);
    assert_null(ahttp_response_take_duplex(response));
    ahttp_response_unref(response);
    assert_reads(duplex, "early");
    assert_int_equal(ahttp_await_status(write_text(duplex, "hello")), 0);
    assert_reads(duplex, "hello");

    ahttp_duplex_close(duplex);
}

static void the_body_of_an_upgrade_is_empty(void **state)
{
    (void)state;
    begin(switches);
    ahttp_response *response = response_of(upgrade());

    const ahttp_bytes *body = ahttp_await(ahttp_response_read(response));
    assert_non_null(body);
    assert_int_equal(body->len, 0);

    ahttp_response_unref(response);
}

static void connect_leads_to_a_tunnel(void **state)
{
    (void)state;
    begin(connects);

    ahttp_duplex *duplex = duplex_of(connect_to("example.org:443"));
    server_request seen = server_request_at(f.server, 0);
    assert_true(server_request_has_line(seen, "CONNECT example.org:443 HTTP/1.1"));
    assert_true(server_request_has_line(seen, "Host: example.org:443"));
    assert_int_equal(ahttp_await_status(write_text(duplex, "through")), 0);
    assert_reads(duplex, "through");

    ahttp_duplex_close(duplex);
}

static void a_refused_connect_is_an_ordinary_response(void **state)
{
    static const server_step refuses[] = {
        READ_REQUEST, SEND("HTTP/1.1 407 No\r\nContent-Length: 2\r\n\r\nno"), SERVE};
    (void)state;
    begin(refuses);
    ahttp_response *response = response_of(connect_to("example.org:443"));

    assert_int_equal(ahttp_response_status(response), 407);
    assert_null(ahttp_response_take_duplex(response));
    assert_string_equal(ahttp_await(ahttp_response_text(response)), "no");

    ahttp_response_unref(response);
    assert_text(ahttp_get(f.session, server_url(f.server, "/ok")), "ok");
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 1);
}

static void an_upgrade_that_is_ignored_is_an_ordinary_response(void **state)
{
    (void)state;
    begin(NULL);

    assert_text(ahttp_get(f.session, server_url(f.server, "/ok"), .upgrade = "echo/1"), "ok");
    assert_text(ahttp_get(f.session, server_url(f.server, "/ok")), "ok");
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 1);
    assert_false(server_request_has_field(server_request_at(f.server, 1), "Upgrade"));
}

static void a_switch_that_was_not_asked_for_is_refused(void **state)
{
    static const server_step other[] = {
        READ_REQUEST, SEND("HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n"),
        HOLD};
    (void)state;

    f = start(&(server_script){.connections = {switches, other}}, false);
    assert_fails(ahttp_get(f.session, server_url(f.server, "/")), AHTTP_E_PROTOCOL,
                 "which nobody asked for");
    assert_fails(upgrade(), AHTTP_E_PROTOCOL, "to another protocol than the one asked for");
}

static void a_switch_before_the_request_was_read_is_refused(void **state)
{
    static const server_step hasty[] = {READ_HEAD, SEND(SWITCHING), STOP_READING, HOLD};
    static char megabytes[8 * 1024 * 1024];
    (void)state;
    begin(hasty);

    assert_fails(ahttp_post(f.session, server_url(f.server, "/"), .upgrade = "echo/1",
                            .data = {megabytes, sizeof megabytes}),
                 AHTTP_E_PROTOCOL, "before it was sent all of the request");
}

static void nonsense_is_refused_before_a_byte_is_sent(void **state)
{
    static const char *const targets[] = {"", "a b", "a\r\nb", "a\tb", "\x80", "a\x7F"};
    static const char *const protocols[] = {"", "a b", "a\r\nb", "a/", "/b", "a/b/c", "a,b"};
    const char *url;
    (void)state;
    begin(NULL);
    url = server_url(f.server, "/");

    assert_fails(connect_to(NULL), AHTTP_E_ARGUMENT, "CONNECT needs one, such as host:443");
    for (size_t i = 0; i < COUNT_OF(targets); i++)
        assert_fails(ahttp_get(f.session, url, .target = targets[i]), AHTTP_E_ARGUMENT,
                     "request target: ");
    for (size_t i = 0; i < COUNT_OF(protocols); i++)
        assert_fails(ahttp_get(f.session, url, .upgrade = protocols[i]), AHTTP_E_ARGUMENT,
                     "upgrade: ");
    assert_fails(
        ahttp_get(f.session, url, .upgrade = "a", .headers = AHTTP_PAIRS({"Connection", "close"})),
        AHTTP_E_ARGUMENT, "cannot be given");
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 0);
}

static void a_target_is_sent_as_it_is(void **state)
{
    (void)state;
    begin(NULL);

    ahttp_response_unref(
        response_of(ahttp_options(f.session, server_url(f.server, "/ok"), .target = "*")));

    assert_true(server_request_has_line(server_request_at(f.server, 0), "OPTIONS * HTTP/1.1"));
}

static void a_duplex_is_none_of_the_pools_connections(void **state)
{
    ahttp_connector_stats stats = {.size = sizeof stats};
    (void)state;
    begin(switches);

    ahttp_duplex *duplex = duplex_of(upgrade());
    ahttp_connector_get_stats(ahttp_session_connector(f.session), &stats);
    assert_int_equal(stats.busy + stats.idle, 0);
    assert_text(ahttp_get(f.session, server_url(f.server, "/ok")), "ok");
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 2);

    ahttp_duplex_close(duplex);
}

static void the_end_of_the_peer_is_read_again_and_again(void **state)
{
    static const server_step ends[] = {READ_REQUEST, SEND(SWITCHING "bye"), HALF_CLOSE, DRAIN,
                                       CLOSE};
    (void)state;
    begin(ends);

    ahttp_duplex *duplex = duplex_of(upgrade());
    assert_reads(duplex, "bye");
    for (int i = 0; i < 2; i++) {
        const ahttp_bytes *piece = ahttp_await(ahttp_duplex_read(duplex));
        assert_non_null(piece);
        assert_int_equal(piece->len, 0);
    }
    assert_int_equal(ahttp_await_status(write_text(duplex, "still heard")), 0);

    ahttp_duplex_close(duplex);
}

static void one_read_at_a_time(void **state)
{
    (void)state;
    begin(connects);

    ahttp_duplex *duplex = duplex_of(connect_to("h:1"));
    ahttp_future *first = ahttp_duplex_read(duplex);
    assert_fails(ahttp_duplex_read(duplex), AHTTP_E_STATE, "another read is pending");
    ahttp_future_cancel(first);
    assert_fails(first, AHTTP_E_CANCELLED, "");
    assert_int_equal(ahttp_await_status(write_text(duplex, "x")), 0);
    assert_reads(duplex, "x");

    ahttp_duplex_close(duplex);
}

static void a_reset_is_an_error_for_both_sides(void **state)
{
    static const server_step resets[] = {READ_REQUEST, SEND(SWITCHING), WAIT_GATE(1), RESET};
    (void)state;
    begin(resets);

    ahttp_duplex *duplex = duplex_of(upgrade());
    server_open_gate(f.server, 1);
    assert_fails(ahttp_duplex_read(duplex), AHTTP_E_DISCONNECTED, "read from 127.0.0.1:");
    assert_fails(ahttp_duplex_read(duplex), AHTTP_E_DISCONNECTED, "read from 127.0.0.1:");
    ahttp_drop(write_text(duplex, "x"));
    assert_fails(write_text(duplex, "x"), AHTTP_E_DISCONNECTED, "write to 127.0.0.1:");

    ahttp_duplex_close(duplex);
}

/* ---- Back-pressure ---- */

enum { MANY = 12, PIECE = 512 * 1024 };

static const server_step deaf[] = {READ_REQUEST, SEND(SWITCHING), STOP_READING,
                                   WAIT_GATE(1), START_READING,   ECHO};

static void writes_wait_for_the_peer_and_go_out_in_order(void **state)
{
    static char bytes[PIECE];
    ahttp_future *writes[MANY];
    size_t received = 0;
    (void)state;
    begin(deaf);

    ahttp_duplex *duplex = duplex_of(upgrade());
    for (int i = 0; i < MANY; i++) {
        memset(bytes, 'a' + i, sizeof bytes);
        writes[i] = ahttp_duplex_write(duplex, (ahttp_bytes){bytes, sizeof bytes});
    }
    assert_false(ahttp_future_done(writes[MANY - 1]));
    server_open_gate(f.server, 1);
    while (received < (size_t)MANY * PIECE) {
        const ahttp_bytes *piece = ahttp_await(ahttp_duplex_read(duplex));
        assert_non_null(piece);
        for (size_t i = 0; i < piece->len; i++, received++)
            assert_int_equal(((const char *)piece->data)[i], 'a' + (int)(received / PIECE));
    }
    for (int i = 0; i < MANY; i++)
        assert_int_equal(ahttp_await_status(writes[i]), 0);

    ahttp_duplex_close(duplex);
}

static void nobody_reads_ahead(void **state)
{
    static const server_step talks[] = {READ_REQUEST, SEND(SWITCHING), SEND_FOREVER("blah"), CLOSE};
    (void)state;
    begin(talks);

    ahttp_duplex *duplex = duplex_of(upgrade());
    assert_non_null(ahttp_await(ahttp_duplex_read(duplex)));
    run_until(&f, SERVER_BLOCKED, 1);
    uint64_t sent = server_count(f.server, SERVER_BYTES_SENT);
    for (int i = 0; i < 100; i++)
        assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
    assert_int_equal(server_count(f.server, SERVER_BYTES_SENT), sent);

    ahttp_duplex_close(duplex);
}

/* Writes until one has to wait. */
static ahttp_future *fill(ahttp_duplex *duplex)
{
    static char bytes[PIECE];

    for (int i = 0; i < 1000; i++) {
        ahttp_future *future = ahttp_duplex_write(duplex, (ahttp_bytes){bytes, sizeof bytes});
        if (!ahttp_future_done(future))
            return future;
        assert_int_equal(ahttp_await_status(future), 0);
    }
    fail_msg("the peer takes everything");
    return NULL;
}

static void a_write_that_has_not_begun_can_be_taken_back(void **state)
{
    (void)state;
    begin(deaf);

    ahttp_duplex *duplex = duplex_of(upgrade());
    ahttp_future *begun = fill(duplex);
    ahttp_future *waits = write_text(duplex, "never");
    ahttp_future_cancel(waits);
    assert_fails(waits, AHTTP_E_CANCELLED, "");
    assert_false(ahttp_future_done(begun));
    ahttp_future *reading = ahttp_duplex_read(duplex);
    assert_false(ahttp_future_done(reading));
    ahttp_drop(reading);

    ahttp_duplex_close(duplex);
    assert_fails(begun, AHTTP_E_CLOSED, "the duplex was closed");
}

static void cancelling_half_a_write_closes_the_connection(void **state)
{
    (void)state;
    begin(deaf);

    ahttp_duplex *duplex = duplex_of(upgrade());
    ahttp_future *begun = fill(duplex);
    ahttp_future *waits = write_text(duplex, "never");
    ahttp_future *reading = ahttp_duplex_read(duplex);
    ahttp_future_cancel(begun);
    assert_fails(begun, AHTTP_E_CANCELLED, "");
    assert_fails(waits, AHTTP_E_CLOSED, "a write was cancelled");
    assert_fails(reading, AHTTP_E_CLOSED, "a write was cancelled");
    assert_fails(write_text(duplex, "x"), AHTTP_E_CLOSED, "a write was cancelled");
    assert_fails(ahttp_duplex_read(duplex), AHTTP_E_CLOSED, "a write was cancelled");

    ahttp_duplex_close(duplex);
}

/* ---- Ends ---- */

static void closing_fails_what_is_pending(void **state)
{
    (void)state;
    begin(connects);

    ahttp_duplex *duplex = duplex_of(connect_to("h:1"));
    ahttp_future *reading = ahttp_duplex_read(duplex);
    ahttp_duplex_close(duplex);
    ahttp_duplex_close(NULL);

    assert_fails(reading, AHTTP_E_CLOSED, "the duplex was closed");
    assert_true(server_wait_for(f.server, SERVER_PEER_CLOSED, 1));
}

static void a_duplex_that_nobody_takes_is_closed_with_the_response(void **state)
{
    (void)state;
    begin(switches);

    ahttp_response_unref(response_of(upgrade()));

    assert_true(server_wait_for(f.server, SERVER_PEER_CLOSED, 1));
}

static void a_duplex_that_nobody_takes_is_closed_with_the_session(void **state)
{
    (void)state;
    begin(switches);

    ahttp_response *response = response_of(upgrade());
    assert_int_equal(ahttp_await_status(ahttp_session_close(f.session)), 0);
    assert_null(ahttp_response_take_duplex(response));
    assert_true(server_wait_for(f.server, SERVER_PEER_CLOSED, 1));

    ahttp_response_unref(response);
}

static void a_duplex_outlives_its_session(void **state)
{
    (void)state;
    begin(switches);

    ahttp_duplex *duplex = duplex_of(upgrade());
    assert_int_equal(ahttp_await_status(ahttp_session_close(f.session)), 0);
    assert_int_equal(ahttp_await_status(write_text(duplex, "x")), 0);
    assert_reads(duplex, "earlyx");

    ahttp_duplex_close(duplex);
}

static void a_loop_ends_while_nothing_is_asked_of_a_duplex(void **state)
{
    (void)state;
    begin(switches);

    ahttp_duplex *duplex = duplex_of(upgrade());
    assert_reads(duplex, "early");
    assert_int_equal(ahttp_loop_run(f.loop), 0);

    ahttp_duplex_close(duplex);
}

static void closing_the_loop_closes_a_duplex(void **state)
{
    (void)state;
    begin(switches);
    ahttp_duplex *taken = duplex_of(upgrade());
    assert_reads(taken, "early");

    ahttp_drop(ahttp_duplex_read(taken));
    assert_int_equal(ahttp_loop_close(f.loop), 0);
    assert_true(server_wait_for(f.server, SERVER_PEER_CLOSED, 1));

    ahttp_duplex_close(taken);
    ahttp_session_unref(f.session);
    server_stop(f.server);
}

static void talk_once(ahttp_session *session, void *ctx)
{
    ahttp_response *response = ahttp_await(ahttp_get(session, ctx, .upgrade = "echo/1"));
    ahttp_duplex *duplex = response ? ahttp_response_take_duplex(response) : NULL;

    if (duplex && ahttp_await_status(write_text(duplex, "hello")) == 0)
        (void)ahttp_await(ahttp_duplex_read(duplex));
    ahttp_duplex_close(duplex);
    ahttp_response_unref(response);
}

static void a_duplex_may_run_out_of_memory(void **state)
{
    (void)state;
    test_server *server = server_start(&(server_script){.others = switches});

    for_each_allocation_with_session(talk_once, (void *)(uintptr_t)server_url(server, "/"));

    server_stop(server);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, end_one)
    const struct CMUnitTest tests[] = {
        TEST(an_upgrade_gives_the_bytes_behind_the_response_first),
        TEST(the_body_of_an_upgrade_is_empty),
        TEST(connect_leads_to_a_tunnel),
        TEST(a_refused_connect_is_an_ordinary_response),
        TEST(an_upgrade_that_is_ignored_is_an_ordinary_response),
        TEST(a_switch_that_was_not_asked_for_is_refused),
        TEST(a_switch_before_the_request_was_read_is_refused),
        TEST(nonsense_is_refused_before_a_byte_is_sent),
        TEST(a_target_is_sent_as_it_is),
        TEST(a_duplex_is_none_of_the_pools_connections),
        TEST(the_end_of_the_peer_is_read_again_and_again),
        TEST(one_read_at_a_time),
        TEST(a_reset_is_an_error_for_both_sides),
        TEST(writes_wait_for_the_peer_and_go_out_in_order),
        TEST(nobody_reads_ahead),
        TEST(a_write_that_has_not_begun_can_be_taken_back),
        TEST(cancelling_half_a_write_closes_the_connection),
        TEST(closing_fails_what_is_pending),
        TEST(a_duplex_that_nobody_takes_is_closed_with_the_response),
        TEST(a_duplex_that_nobody_takes_is_closed_with_the_session),
        TEST(a_duplex_outlives_its_session),
        TEST(a_loop_ends_while_nothing_is_asked_of_a_duplex),
        cmocka_unit_test(closing_the_loop_closes_a_duplex),
        cmocka_unit_test(a_duplex_may_run_out_of_memory),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
