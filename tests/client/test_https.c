/* SPDX-License-Identifier: MIT */
/* The session over TLS, with a server that really speaks it. */
#include "fixture.h"

#include "support/tls_front.h"

static fixture f;
static tls_front *front;

static int begin(void **state)
{
    (void)state;
    f = start(NULL, false);
    front = tls_front_start(server_port(f.server));
    return 0;
}

static int end(void **state)
{
    (void)state;
    finish(&f);
    tls_front_stop(front);
    return 0;
}

static void an_https_page_is_fetched_and_its_connection_kept(void **state)
{
    ahttp_connector_stats stats = {.size = sizeof stats};

    (void)state;
    assert_text(ahttp_get(f.session, tls_front_url(front, "/ok")), "ok");
    assert_text(ahttp_get(f.session, tls_front_url(front, "/chunked/5")), "abcde");
    ahttp_connector_get_stats(ahttp_session_connector(f.session), &stats);

    assert_int_equal(stats.opened, 1);
    assert_int_equal(stats.reused, 1);
}

static size_t count_idle(void)
{
    ahttp_connector_stats stats = {.size = sizeof stats};

    ahttp_connector_get_stats(ahttp_session_connector(f.session), &stats);
    return stats.idle;
}

static void a_server_that_ends_an_idle_connection_is_noticed(void **state)
{
    int quiet_ms = 0;
    (void)state;
    assert_text(ahttp_get(f.session, tls_front_url(front, "/ok")), "ok");
    assert_int_equal(count_idle(), 1);

    server_close_connections(f.server);
    while (count_idle() > 0)
        wait_a_turn(f.loop, &quiet_ms);

    assert_text(ahttp_post(f.session, tls_front_url(front, "/ok"), .text = "x"), "ok");
}

/* Answers once, then swallows the next request. */
static const server_step races[] = {
    READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst"), READ_REQUEST, CLOSE};

static void what_a_dead_connection_swallowed_is_sent_once_more(void **state)
{
    end(state);
    f = start(&(server_script){.connections = {races}}, false);
    front = tls_front_start(server_port(f.server));
    assert_text(ahttp_get(f.session, tls_front_url(front, "/")), "first");

    assert_text(ahttp_get(f.session, tls_front_url(front, "/ok")), "ok");

    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 3);
}

static void bodies_of_many_records_go_both_ways(void **state)
{
    enum { SIZE = 1 << 20 };
    char path[32];
    char *data = malloc(SIZE);

    (void)state;
    memset(data, 'x', SIZE);
    snprintf(path, sizeof path, "/bytes/%d", SIZE);
    ahttp_response *response = response_of(ahttp_get(f.session, tls_front_url(front, path)));
    const ahttp_bytes *body = ahttp_await(ahttp_response_read(response));
    assert_int_equal(body->len, SIZE);
    ahttp_response_unref(response);
    assert_text(ahttp_post(f.session, tls_front_url(front, "/ok"), .data = {data, SIZE}), "ok");

    assert_int_equal(server_request_at(f.server, 1).body_len, SIZE);
    free(data);
}

static void a_body_until_close_ends_with_close_notify(void **state)
{
    (void)state;
    assert_text(ahttp_get(f.session, tls_front_url(front, "/until-close/7")), "abcdefg");
}

static const server_step cut_body[] = {READ_REQUEST, SEND("HTTP/1.1 200 OK\r\n\r\nabcdefg"),
                                       WAIT_GATE(1), RESET};

static void a_body_until_close_that_ends_without_close_notify_is_cut(void **state)
{
    (void)state;
    end(state);
    f = start(&(server_script){.connections = {cut_body}}, false);
    front = tls_front_start(server_port(f.server));

    ahttp_response *response = response_of(ahttp_get(f.session, tls_front_url(front, "/")));
    server_open_gate(f.server, 1);
    assert_fails(ahttp_response_read(response), AHTTP_E_BODY_CUT, "without TLS close_notify");

    ahttp_response_unref(response);
}

static void a_peer_shows_its_tls_and_certificate(void **state)
{
    (void)state;
    ahttp_response *response = response_of(ahttp_get(f.session, tls_front_url(front, "/ok")));
    ahttp_peer *peer = ahttp_peer_ref(ahttp_response_peer(response));

    ahttp_response_unref(response);
    server_close_connections(f.server);
    assert_string_equal(ahttp_peer_tls_version(peer), "TLSv1.3");
    assert_true(strncmp(ahttp_peer_tls_cipher(peer), "TLS_", 4) == 0);
    assert_string_equal(ahttp_peer_alpn(peer), "http/1.1");
    ahttp_bytes certificate = ahttp_peer_certificate(peer, 0);
    const unsigned char *der = certificate.data;
    assert_true(certificate.len > 4 && der[0] == 0x30 && der[1] == 0x82);
    assert_int_equal((size_t)der[2] << 8 | der[3], certificate.len - 4);
    assert_null(ahttp_peer_certificate(peer, 1).data);

    ahttp_peer_unref(peer);
}

static const server_step switches[] = {
    READ_REQUEST, SEND("HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nearly"),
    ECHO};

static void an_upgrade_over_tls_gives_a_duplex(void **state)
{
    (void)state;
    end(state);
    f = start(&(server_script){.connections = {switches}}, false);
    front = tls_front_start(server_port(f.server));

    ahttp_response *response =
        response_of(ahttp_get(f.session, tls_front_url(front, "/"), .upgrade = "echo"));
    ahttp_duplex *duplex = ahttp_response_take_duplex(response);
    ahttp_response_unref(response);
    assert_int_equal(ahttp_await_status(ahttp_duplex_write(duplex, (ahttp_bytes){"more", 4})), 0);
    char text[16] = "";
    while (strlen(text) < 9) {
        const ahttp_bytes *piece = ahttp_await(ahttp_duplex_read(duplex));
        assert_non_null(piece);
        strncat(text, piece->data, piece->len);
    }
    assert_string_equal(text, "earlymore");

    ahttp_duplex_close(duplex);
}

enum { MUCH = 8 << 20 };
static const server_step reads_late[] = {
    READ_REQUEST,  SEND("HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"),
    STOP_READING,  WAIT_GATE(1),
    START_READING, READ_BYTES(MUCH),
    CLOSE};

static void a_long_write_of_a_duplex_arrives_whole_before_it_closes(void **state)
{
    char *data = calloc(1, MUCH);
    (void)state;
    end(state);
    f = start(&(server_script){.connections = {reads_late}}, false);
    front = tls_front_start(server_port(f.server));
    ahttp_response *response =
        response_of(ahttp_get(f.session, tls_front_url(front, "/"), .upgrade = "echo"));
    ahttp_duplex *duplex = ahttp_response_take_duplex(response);
    ahttp_response_unref(response);

    ahttp_future *writing = ahttp_duplex_write(duplex, (ahttp_bytes){data, MUCH});
    server_open_gate(f.server, 1);
    assert_int_equal(ahttp_await_status(writing), 0);
    ahttp_duplex_close(duplex);

    assert_true(server_wait_for(f.server, SERVER_REQUESTS, 2));
    free(data);
}

static void a_root_that_is_not_trusted_is_a_certificate_error(void **state)
{
    (void)state;
    test_root_remove();
    test_root_install(); /* another one */

    assert_fails(ahttp_get(f.session, tls_front_url(front, "/ok")), AHTTP_E_CERTIFICATE,
                 "127.0.0.1");
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(an_https_page_is_fetched_and_its_connection_kept),
        TEST(what_a_dead_connection_swallowed_is_sent_once_more),
        TEST(a_server_that_ends_an_idle_connection_is_noticed),
        TEST(bodies_of_many_records_go_both_ways),
        TEST(a_body_until_close_ends_with_close_notify),
        TEST(a_body_until_close_that_ends_without_close_notify_is_cut),
        TEST(a_peer_shows_its_tls_and_certificate),
        TEST(an_upgrade_over_tls_gives_a_duplex),
        TEST(a_long_write_of_a_duplex_arrives_whole_before_it_closes),
        TEST(a_root_that_is_not_trusted_is_a_certificate_error),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
