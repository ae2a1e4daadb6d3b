/* SPDX-License-Identifier: MIT */
/* What is known of a response besides its head and body: its peer, version and trailers. */
#include "one_server.h"

static void a_peer_outlives_connection_and_session(void **state)
{
    char address[32];
    (void)state;
    ahttp_response *response = response_of(ahttp_get(f.session, server_url(f.server, "/close")));
    ahttp_peer *peer = ahttp_peer_ref(ahttp_response_peer(response));

    assert_string_equal(ahttp_await(ahttp_response_text(response)), "bye");
    ahttp_response_unref(response);
    assert_int_equal(ahttp_await_status(ahttp_session_close(f.session)), 0);

    snprintf(address, sizeof address, "127.0.0.1:%u", server_port(f.server));
    assert_string_equal(ahttp_peer_address(peer), address);
    assert_true(strncmp(ahttp_peer_local_address(peer), "127.0.0.1:", 10) == 0);
    assert_string_not_equal(ahttp_peer_local_address(peer), address);
    assert_null(ahttp_peer_tls_version(peer));
    assert_null(ahttp_peer_tls_cipher(peer));
    assert_null(ahttp_peer_alpn(peer));
    assert_null(ahttp_peer_certificate(peer, 0).data);
    ahttp_peer_unref(peer);
    ahttp_peer_unref(NULL);
}

static void responses_of_one_connection_have_one_peer(void **state)
{
    (void)state;
    ahttp_response *first = response_of(ahttp_get(f.session, server_url(f.server, "/ok")));
    assert_non_null(ahttp_await(ahttp_response_read(first)));
    ahttp_response *second = response_of(ahttp_get(f.session, server_url(f.server, "/ok")));

    assert_non_null(ahttp_response_peer(first));
    assert_ptr_equal(ahttp_response_peer(first), ahttp_response_peer(second));

    ahttp_response_unref(first);
    ahttp_response_unref(second);
}

static void a_request_that_is_sent_again_shows_the_peer_that_answered(void **state)
{
    static const server_step dies[] = {
        READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), READ_REQUEST, CLOSE};
    (void)state;
    restart_with(&(server_script){.connections = {dies}});
    ahttp_response *first = response_of(ahttp_get(f.session, server_url(f.server, "/")));
    assert_non_null(ahttp_await(ahttp_response_read(first)));
    ahttp_response *second = response_of(ahttp_get(f.session, server_url(f.server, "/ok")));

    assert_string_not_equal(ahttp_peer_local_address(ahttp_response_peer(first)),
                            ahttp_peer_local_address(ahttp_response_peer(second)));

    ahttp_response_unref(first);
    ahttp_response_unref(second);
}

#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

static void trailers_are_there_behind_the_body(void **state)
{
    static const server_step steps[] = {READ_REQUEST, SEND(CHUNKED "5\r\nhello\r\n"), WAIT_GATE(1),
                                        SEND("0\r\nDigest: x\r\nA: b\r\n\r\n"), SERVE};
    (void)state;
    restart_with(&(server_script){.connections = {steps}});
    ahttp_response *response = response_of(ahttp_get(f.session, server_url(f.server, "/")));

    assert_int_equal(ahttp_headers_count(ahttp_response_trailers(response)), 0);
    server_open_gate(f.server, 1);
    assert_string_equal(ahttp_await(ahttp_response_text(response)), "hello");
    assert_int_equal(ahttp_headers_count(ahttp_response_trailers(response)), 2);
    assert_string_equal(ahttp_headers_get(ahttp_response_trailers(response), "digest"), "x");
    assert_null(ahttp_response_header(response, "Digest"));

    ahttp_response_unref(response);
    response = response_of(ahttp_get(f.session, server_url(f.server, "/ok")));
    assert_int_equal(ahttp_headers_count(ahttp_response_trailers(response)), 0);
    ahttp_response_unref(response);
}

static void bad_trailers_leave_none(void **state)
{
    static const server_step steps[] = {
        READ_REQUEST, SEND(CHUNKED "5\r\nhello\r\n0\r\nA: b\r\nB:\r\n c\r\n\r\n"), HOLD};
    (void)state;
    restart_with(&(server_script){.connections = {steps}});
    ahttp_response *response = response_of(ahttp_get(f.session, server_url(f.server, "/")));

    assert_fails(ahttp_response_text(response), AHTTP_E_PROTOCOL, "read response trailers: ");
    assert_int_equal(ahttp_headers_count(ahttp_response_trailers(response)), 0);

    ahttp_response_unref(response);
}

static void a_response_tells_its_version(void **state)
{
    static const server_step old[] = {READ_REQUEST, SEND("HTTP/1.0 200 OK\r\n\r\nold"), CLOSE};
    (void)state;
    restart_with(&(server_script){.connections = {old}});
    ahttp_response *first = response_of(ahttp_get(f.session, server_url(f.server, "/")));
    ahttp_response *second = response_of(ahttp_get(f.session, server_url(f.server, "/ok")));

    assert_int_equal(ahttp_response_minor_version(first), 0);
    assert_int_equal(ahttp_response_minor_version(second), 1);

    ahttp_response_unref(first);
    ahttp_response_unref(second);
}

static void raw_bytes_are_those_of_the_body_on_the_wire(void **state)
{
    (void)state;
    ahttp_response *response =
        response_of(ahttp_get(f.session, server_url(f.server, "/chunked/99")));
    ahttp_stream *stream = ahttp_response_stream(response);

    while (!ahttp_stream_at_end(stream))
        assert_non_null(ahttp_await(ahttp_stream_read(stream)));
    assert_int_equal(ahttp_stream_raw_total(stream), 99);

    ahttp_response_unref(response);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(a_peer_outlives_connection_and_session),
        WITH_SERVER(responses_of_one_connection_have_one_peer),
        WITH_SERVER(a_request_that_is_sent_again_shows_the_peer_that_answered),
        WITH_SERVER(trailers_are_there_behind_the_body),
        WITH_SERVER(bad_trailers_leave_none),
        WITH_SERVER(a_response_tells_its_version),
        WITH_SERVER(raw_bytes_are_those_of_the_body_on_the_wire),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
