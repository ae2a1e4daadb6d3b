/* SPDX-License-Identifier: MIT */
/* How a stream ends: in good order, cut off, broken, or closed from this side. */
#include "tls/fixture.h"
#include <openssl/err.h>

static void assert_good_end(const fixture *f)
{
    assert_str(ah_str_make(f->user.got, f->user.got_len), "bye");
    assert_true(f->user.has_end);
    assert_int_equal(f->user.code, 0);
}

static void close_notify_is_a_good_end(void **state)
{
    fixture f;
    (void)state;
    tls_peer *peer = secure_peer(&f);
    f.user.stops_at_end = true;
    tls_peer_send(peer, "bye", 3);
    tls_peer_send_close_notify(peer);
    tls_peer_end(peer);

    run(&f);

    assert_good_end(&f);
    finish(&f, peer);
}

/* Before TLS 1.3 a server may ask for another handshake, and then not wait for it. */
static void close_notify_is_a_good_end_in_a_renegotiation(void **state)
{
    fixture f;
    (void)state;
    begin(&f);
    tls_peer *peer = tls_peer_new(f.loop, .certificate = f.leaf, .max_version = TLS1_2_VERSION);
    secure(&f, peer);
    f.user.stops_at_end = true;
    tls_peer_send(peer, "bye", 3);
    assert_int_equal(SSL_renegotiate(tls_peer_ssl(peer)), 1);
    assert_int_equal(SSL_do_handshake(tls_peer_ssl(peer)), 1);
    tls_peer_take_writes(peer, false);
    ah_transport_want(f.user.transport, AH_READABLE);
    run(&f);
    assert_str(ah_str_make(f.user.got, f.user.got_len), "bye");
    assert_false(f.user.has_end);
    tls_peer_send_close_notify(peer);

    run(&f);

    assert_good_end(&f);
    finish(&f, peer);
}

/* Whose client is in the middle of another handshake, and cannot write. */
static tls_peer *renegotiating_peer(fixture *f)
{
    begin(f);
    tls_peer *peer = tls_peer_new(f->loop, .certificate = f->leaf, .max_version = TLS1_2_VERSION);
    secure(f, peer);
    assert_int_equal(SSL_renegotiate(tls_peer_ssl(peer)), 1);
    assert_int_equal(SSL_do_handshake(tls_peer_ssl(peer)), 1);
    tls_peer_take_writes(peer, false);
    ah_transport_want(f->user.transport, AH_READABLE);
    run(f);
    return peer;
}

/* No error of OpenSSL's says so. */
static void nothing_can_be_written_where_close_notify_ends_a_renegotiation(void **state)
{
    fixture f;
    ah_str part = AH_STR("GET");
    (void)state;
    tls_peer *peer = renegotiating_peer(&f);
    tls_peer_send_close_notify(peer);
    tls_peer_take_writes(peer, true);

    assert_int_equal(ah_transport_write(f.user.transport, &part, 1), AH_IO_FAILED);

    remember(&f.user, ah_transport_failure(f.user.transport));
    assert_int_equal(f.user.code, AHTTP_E_DISCONNECTED);
    assert_string_equal(f.user.message,
                        "write to test.peer:443: the peer has closed the connection");
    finish(&f, peer);
}

static void an_end_without_close_notify_is_a_failure_behind_the_data(void **state)
{
    fixture f;
    (void)state;
    tls_peer *peer = secure_peer(&f);
    f.user.stops_at_end = true;
    tls_peer_send(peer, "cut", 3);
    tls_peer_end(peer);

    run(&f);

    assert_str(ah_str_make(f.user.got, f.user.got_len), "cut");
    assert_false(f.user.has_end);
    assert_int_equal(f.user.code, AHTTP_E_DISCONNECTED);
    assert_string_equal(f.user.message,
                        "read from test.peer:443: connection ended without TLS close_notify");
    finish(&f, peer);
}

static void a_reset_is_told_as_the_transport_below_tells_it(void **state)
{
    fixture f;
    (void)state;
    tls_peer *peer = secure_peer(&f);
    f.user.stops_at_end = true;
    tls_peer_reset(peer);

    run(&f);

    assert_int_equal(f.user.code, AHTTP_E_DISCONNECTED);
    assert_string_equal(f.user.message, "reach test.peer:443: connection reset by peer");
    finish(&f, peer);
}

static void end_and_failure_stay_as_they_are(void **state)
{
    fixture f;
    char buf[16];
    (void)state;
    tls_peer *peer = secure_peer(&f);
    tls_peer_end(peer);

    for (int i = 0; i < 2; i++) {
        assert_int_equal(ah_transport_read(f.user.transport, buf, sizeof buf), AH_IO_FAILED);
        ahttp_error *error = ah_transport_failure(f.user.transport);
        assert_int_equal(error->code, AHTTP_E_DISCONNECTED);
        ah_error_free(error);
    }
    finish(&f, peer);
}

static void a_fatal_alert_is_a_failure_and_no_end(void **state)
{
    fixture f;
    (void)state;
    begin(&f);
    tls_peer *peer = tls_peer_new(f.loop, .certificate = f.leaf);
    SSL_set_verify(tls_peer_ssl(peer), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    secure(&f, peer);
    f.user.stops_at_end = true;

    run(&f);

    assert_false(f.user.has_end);
    assert_int_equal(f.user.code, AHTTP_E_TLS);
    assert_string_equal(f.user.message, "read from test.peer:443 (the peer wants a certificate of "
                                        "the client's: see cert_file of ahttp_tls): tlsv13 alert "
                                        "certificate required");
    finish(&f, peer);
}

/* A program may use OpenSSL for itself, and look at its errors later or never.  The server here
   clears them. */
static void errors_that_a_program_left_in_openssl_change_nothing(void **state)
{
    fixture f;
    char buf[16];
    (void)state;
    tls_peer *peer = secure_peer(&f);

    ERR_raise(ERR_LIB_USER, ERR_R_INTERNAL_ERROR);
    assert_int_equal(ah_transport_read(f.user.transport, buf, sizeof buf), AH_IO_AGAIN);
    tls_peer_send(peer, "bye", 3);
    tls_peer_send_close_notify(peer);
    ERR_raise(ERR_LIB_USER, ERR_R_INTERNAL_ERROR);
    assert_int_equal(ah_transport_read(f.user.transport, buf, sizeof buf), 3);
    assert_int_equal(ah_transport_read(f.user.transport, buf, sizeof buf), AH_IO_END);
    assert_int_equal(ERR_GET_LIB(ERR_get_error()), ERR_LIB_USER);

    finish(&f, peer);
}

static void garbage_in_mid_stream_is_a_failure_that_is_not_safe_to_resend(void **state)
{
    static const char garbage[] = "\x17\x03\x03\x00\x20"
                                  "0123456789abcdef0123456789abcdef";
    fixture f;
    (void)state;
    tls_peer *peer = secure_peer(&f);
    f.user.stops_at_end = true;
    tls_peer_say(peer, garbage, sizeof garbage - 1);

    run(&f);

    assert_int_equal(f.user.code, AHTTP_E_DISCONNECTED);
    assert_false(ahttp_error_is(f.user.code, AHTTP_KIND_RETRY));
    assert_string_equal(f.user.message,
                        "read from test.peer:443: decryption failed or bad record mac");
    assert_true(f.user.cause != 0);
    finish(&f, peer);
}

static void nothing_can_be_written_behind_a_broken_record(void **state)
{
    static const char garbage[] = "\x17\x03\x03\x00\x20"
                                  "0123456789abcdef0123456789abcdef";
    fixture f;
    ah_str part = AH_STR("more");
    (void)state;
    tls_peer *peer = secure_peer(&f);
    tls_peer_say(peer, garbage, sizeof garbage - 1);
    run(&f);

    ptrdiff_t count = ah_transport_write(f.user.transport, &part, 1);

    assert_int_equal(count, AH_IO_FAILED);
    ahttp_error *error = ah_transport_failure(f.user.transport);
    assert_int_equal(error->code, AHTTP_E_DISCONNECTED);
    assert_string_equal(error->message, "write to test.peer:443: protocol error");
    ah_error_free(error);
    finish(&f, peer);
}

/* While the handshake is done anew, writing reads as well.  What fails behind that has no reason in
   OpenSSL's queue; what a program has left there is none. */
static void nothing_can_be_read_where_writing_met_a_broken_record(void **state)
{
    static const char garbage[] = "\x17\x03\x03\x00\x20"
                                  "0123456789abcdef0123456789abcdef";
    fixture f;
    char buf[16];
    ah_str part = AH_STR("GET");
    (void)state;
    tls_peer *peer = renegotiating_peer(&f);
    tls_peer_say(peer, garbage, sizeof garbage - 1);
    tls_peer_take_writes(peer, true);
    assert_int_equal(ah_transport_write(f.user.transport, &part, 1), AH_IO_FAILED);
    remember(&f.user, ah_transport_failure(f.user.transport));
    assert_string_equal(f.user.message,
                        "write to test.peer:443: decryption failed or bad record mac");
    ERR_raise(ERR_LIB_USER, ERR_R_INTERNAL_ERROR);

    assert_int_equal(ah_transport_read(f.user.transport, buf, sizeof buf), AH_IO_FAILED);

    remember(&f.user, ah_transport_failure(f.user.transport));
    assert_int_equal(f.user.code, AHTTP_E_DISCONNECTED);
    assert_string_equal(f.user.message, "read from test.peer:443: protocol error");
    finish(&f, peer);
}

static void a_failed_write_is_told(void **state)
{
    fixture f;
    (void)state;
    tls_peer *peer = secure_peer(&f);
    ah_str part = AH_STR("lost");
    ah_transport_want(f.user.transport, 0);
    tls_peer_reset(peer);

    for (int i = 0; i < 2; i++) {
        assert_int_equal(ah_transport_write(f.user.transport, &part, 1), AH_IO_FAILED);
        ahttp_error *error = ah_transport_failure(f.user.transport);
        assert_string_equal(error->message, "reach test.peer:443: connection reset by peer");
        ah_error_free(error);
    }
    finish(&f, peer);
}

static void an_answer_can_be_read_although_writing_has_failed(void **state)
{
    fixture f;
    (void)state;
    tls_peer *peer = secure_peer(&f);
    ah_str part = AH_STR("too late");
    tls_peer_send(peer, "413", 3);
    tls_peer_reset(peer);

    assert_int_equal(ah_transport_write(f.user.transport, &part, 1), AH_IO_FAILED);
    f.user.expected = 3;
    run(&f);

    assert_str(ah_str_make(f.user.got, f.user.got_len), "413");
    finish(&f, peer);
}

static void closing_sends_close_notify(void **state)
{
    fixture f;
    (void)state;
    tls_peer *peer = secure_peer(&f);

    close_transport(&f.user);

    assert_true(tls_peer_look(peer).has_close_notify);
    finish(&f, peer);
}

static void closing_does_not_wait_for_a_peer_that_takes_nothing(void **state)
{
    fixture f;
    (void)state;
    tls_peer *peer = secure_peer(&f);
    ah_str part = AH_STR("pending");
    tls_peer_take_writes(peer, false);
    ah_transport_write(f.user.transport, &part, 1);

    close_transport(&f.user);

    assert_true(tls_peer_look(peer).is_closed);
    finish(&f, peer);
}

static void what_the_peer_has_not_taken_is_held(void **state)
{
    fixture f;
    ah_str part = AH_STR("last words");
    (void)state;
    tls_peer *peer = secure_peer(&f);
    assert_false(ah_transport_holds(f.user.transport));
    tls_peer_take_writes(peer, false);
    assert_int_equal(ah_transport_write(f.user.transport, &part, 1), part.len);
    assert_true(ah_transport_holds(f.user.transport));
    size_t readies = f.user.readies;
    ah_transport_want(f.user.transport, AH_WRITABLE);
    run(&f);
    assert_int_equal(f.user.readies, readies);

    tls_peer_take_writes(peer, true);
    run(&f);

    assert_int_equal(f.user.readies, readies + 1);
    assert_false(ah_transport_holds(f.user.transport));
    assert_str(tls_peer_look(peer).received, "last words");
    finish(&f, peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(close_notify_is_a_good_end),
        cmocka_unit_test(close_notify_is_a_good_end_in_a_renegotiation),
        cmocka_unit_test(nothing_can_be_written_where_close_notify_ends_a_renegotiation),
        cmocka_unit_test(an_end_without_close_notify_is_a_failure_behind_the_data),
        cmocka_unit_test(a_reset_is_told_as_the_transport_below_tells_it),
        cmocka_unit_test(end_and_failure_stay_as_they_are),
        cmocka_unit_test(a_fatal_alert_is_a_failure_and_no_end),
        cmocka_unit_test(errors_that_a_program_left_in_openssl_change_nothing),
        cmocka_unit_test(garbage_in_mid_stream_is_a_failure_that_is_not_safe_to_resend),
        cmocka_unit_test(nothing_can_be_written_behind_a_broken_record),
        cmocka_unit_test(nothing_can_be_read_where_writing_met_a_broken_record),
        cmocka_unit_test(a_failed_write_is_told),
        cmocka_unit_test(an_answer_can_be_read_although_writing_has_failed),
        cmocka_unit_test(closing_sends_close_notify),
        cmocka_unit_test(closing_does_not_wait_for_a_peer_that_takes_nothing),
        cmocka_unit_test(what_the_peer_has_not_taken_is_held),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
