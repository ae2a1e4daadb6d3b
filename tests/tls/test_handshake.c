/* SPDX-License-Identifier: MIT */
#include "tls/fixture.h"

static void a_handshake_brings_a_transport(void **state)
{
    fixture f;
    (void)state;
    begin(&f);
    tls_peer *peer = tls_peer_new(f.loop, .certificate = f.leaf);

    start_handshake(&f, peer, "server.example");
    assert_int_equal(f.user.outcomes, 0);
    run(&f);

    assert_int_equal(f.user.outcomes, 1);
    assert_non_null(f.user.transport);
    assert_string_equal(ah_transport_peer(f.user.transport), "test.peer:443");
    assert_true(tls_peer_look(peer).is_secure);
    assert_int_equal(SSL_version(tls_peer_ssl(peer)), TLS1_3_VERSION);
    close_transport(&f.user);
    tls_peer_free(peer);
    end(&f);
}

static void the_server_is_told_its_name_unless_it_is_an_address(void **state)
{
    static const struct {
        const char *host, *sni;
    } cases[] = {{"server.example", "server.example"},
                 {"server.example.", "server.example"},
                 {"127.0.0.1", NULL},
                 {"::1", NULL}};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        fixture f;
        begin(&f);
        tls_peer *peer = tls_peer_new(f.loop, .certificate = f.leaf);
        start_handshake(&f, peer, cases[i].host);

        run(&f);

        const char *sni = SSL_get_servername(tls_peer_ssl(peer), TLSEXT_NAMETYPE_host_name);
        assert_true((sni == NULL) == (cases[i].sni == NULL));
        if (sni)
            assert_string_equal(sni, cases[i].sni);
        if (f.user.transport)
            close_transport(&f.user);
        tls_peer_free(peer);
        end(&f);
    }
}

static int choose_protocol(SSL *ssl, const unsigned char **chosen, unsigned char *chosen_len,
                           const unsigned char *offered, unsigned offered_len, void *ctx)
{
    char *text = ctx;

    (void)ssl;
    snprintf(text, 64, "%.*s", (int)offered[0], (const char *)offered + 1);
    assert_int_equal(offered_len, 1 + offered[0]);
    *chosen = offered + 1;
    *chosen_len = offered[0];
    return SSL_TLSEXT_ERR_OK;
}

static void http_1_1_is_offered(void **state)
{
    fixture f;
    char offered[64] = "";
    (void)state;
    begin(&f);
    tls_peer *peer = tls_peer_new(f.loop, .certificate = f.leaf);
    SSL_CTX_set_alpn_select_cb(SSL_get_SSL_CTX(tls_peer_ssl(peer)), choose_protocol, offered);

    secure(&f, peer);

    assert_string_equal(offered, "http/1.1");
    close_transport(&f.user);
    tls_peer_free(peer);
    end(&f);
}

/* What OpenSSL lets pass, as here a cipher without certificates, is refused all the same; and
   whoever will send no more says so (RFC 8446 §6.1). */
static void a_handshake_that_is_not_accepted_ends_with_close_notify(void **state)
{
    static const char anonymous[] = "AECDH-AES128-SHA:@SECLEVEL=0";
    fixture f;
    (void)state;
    begin(&f);
    ahttp_tls_unref(f.tls);
    f.tls = ahttp_tls_new(.ciphers = anonymous);
    assert_null(ahttp_tls_error(f.tls));
    tls_peer *peer = tls_peer_new(f.loop, .certificate = f.leaf, .cipher = anonymous,
                                  .max_version = TLS1_2_VERSION);

    start_handshake(&f, peer, "server.example");
    run(&f);

    assert_int_equal(f.user.code, AHTTP_E_CERTIFICATE);
    assert_string_equal(f.user.message, "verify certificate of server.example: the peer has none");
    assert_true(tls_peer_look(peer).is_secure);
    assert_true(tls_peer_look(peer).has_close_notify);
    finish(&f, peer);
}

static void hello_and_finished_take_one_write_each(void **state)
{
    fixture f;
    (void)state;
    begin(&f);
    tls_peer *peer = tls_peer_new(f.loop, .certificate = f.leaf);

    secure(&f, peer);

    assert_int_equal(tls_peer_look(peer).writes, 2);
    close_transport(&f.user);
    tls_peer_free(peer);
    end(&f);
}

static void a_request_sent_at_once_leaves_together_with_finished(void **state)
{
    fixture f;
    (void)state;
    begin(&f);
    tls_peer *peer = tls_peer_new(f.loop, .certificate = f.leaf);
    f.user.unsent = "GET";
    f.user.unsent_len = 3;

    secure(&f, peer);

    assert_int_equal(tls_peer_look(peer).writes, 2);
    assert_str(tls_peer_look(peer).received, "GET");
    close_transport(&f.user);
    tls_peer_free(peer);
    end(&f);
}

static void tls_1_2_is_spoken(void **state)
{
    fixture f;
    (void)state;
    begin(&f);
    tls_peer *peer = tls_peer_new(f.loop, .certificate = f.leaf, .max_version = TLS1_2_VERSION);

    secure(&f, peer);

    assert_int_equal(SSL_version(tls_peer_ssl(peer)), TLS1_2_VERSION);
    close_transport(&f.user);
    tls_peer_free(peer);
    end(&f);
}

static void assert_fails(fixture *f, tls_peer *peer, int code, const char *message)
{
    start_handshake(f, peer, "server.example");

    run(f);

    assert_int_equal(f->user.outcomes, 1);
    assert_int_equal(f->user.code, code);
    assert_string_equal(f->user.message, message);
    assert_true(tls_peer_look(peer).is_closed);
    tls_peer_free(peer);
    end(f);
}

static void tls_1_1_is_not_spoken(void **state)
{
    fixture f;
    (void)state;
    begin(&f);
    assert_fails(&f,
                 tls_peer_new(f.loop, .certificate = f.leaf, .max_version = TLS1_1_VERSION,
                              .cipher = "DEFAULT:@SECLEVEL=0"),
                 AHTTP_E_TLS,
                 "TLS handshake with server.example: tlsv1 alert protocol version "
                 "(offered was TLS 1.2 to 1.3)");
}

static void a_server_that_speaks_no_tls_is_told_apart(void **state)
{
    static const char answer[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
    fixture f;
    (void)state;
    begin(&f);
    tls_peer *peer = tls_peer_new(f.loop, .certificate = NULL);
    tls_peer_say(peer, answer, sizeof answer - 1);
    assert_fails(&f, peer, AHTTP_E_TLS,
                 "TLS handshake with server.example: wrong version number, so the peer may not "
                 "speak TLS on this port");
}

static void a_server_that_closes_is_disconnected(void **state)
{
    fixture f;
    (void)state;
    begin(&f);
    tls_peer *peer = tls_peer_new(f.loop, .certificate = NULL);
    tls_peer_end(peer);
    assert_fails(&f, peer, AHTTP_E_DISCONNECTED,
                 "TLS handshake with server.example: the peer closed the connection");
}

static void a_server_that_resets_is_disconnected(void **state)
{
    fixture f;
    (void)state;
    begin(&f);
    tls_peer *peer = tls_peer_new(f.loop, .certificate = NULL);
    tls_peer_reset(peer);
    assert_fails(&f, peer, AHTTP_E_DISCONNECTED,
                 "TLS handshake with server.example: reach test.peer:443: connection reset by "
                 "peer");
}

static void a_server_that_cannot_be_written_to_is_disconnected(void **state)
{
    fixture f;
    (void)state;
    begin(&f);
    tls_peer *peer = tls_peer_new(f.loop, .certificate = NULL);
    tls_peer_break_writes(peer);
    assert_fails(&f, peer, AHTTP_E_DISCONNECTED,
                 "TLS handshake with server.example: reach test.peer:443: connection reset by "
                 "peer");
}

static void what_the_server_said_counts_more_than_that_it_takes_no_writes(void **state)
{
    static const char alert[] = "\x15\x03\x03\x00\x02\x02\x28"; /* fatal, handshake_failure */
    fixture f;
    (void)state;
    begin(&f);
    tls_peer *peer = tls_peer_new(f.loop, .certificate = NULL);
    tls_peer_say(peer, alert, sizeof alert - 1);
    tls_peer_reset(peer);
    assert_fails(
        &f, peer, AHTTP_E_TLS,
        "TLS handshake with server.example: sslv3 alert handshake failure (no "
        "algorithm in common, or it wants a certificate of the client's, and there is none)");
}

static void a_handshake_goes_byte_by_byte(void **state)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(versions); i++) {
        fixture f;
        begin(&f);
        tls_peer *peer = tls_peer_new(f.loop, .certificate = f.leaf, .max_version = versions[i],
                                      .read_limit = 1, .write_limit = 1);

        secure(&f, peer);

        assert_true(tls_peer_look(peer).is_secure);
        close_transport(&f.user);
        tls_peer_free(peer);
        end(&f);
    }
}

static void a_handshake_waits_for_a_server_that_takes_no_bytes(void **state)
{
    fixture f;
    (void)state;
    begin(&f);
    tls_peer *peer = tls_peer_new(f.loop, .certificate = f.leaf);
    tls_peer_take_writes(peer, false);
    start_handshake(&f, peer, "server.example");
    run(&f);
    assert_int_equal(f.user.outcomes, 0);

    tls_peer_take_writes(peer, true);
    run(&f);

    assert_non_null(f.user.transport);
    close_transport(&f.user);
    tls_peer_free(peer);
    end(&f);
}

/* Cancels the handshake after so many rounds of the ready queue. */
typedef struct canceller {
    ah_job job;
    fixture *f;
    int rounds;
} canceller;

static void cancel_in_time(ah_job *job)
{
    canceller *it = AH_CONTAINER(job, canceller, job);

    if (!it->f->user.handshake)
        return;
    if (it->rounds-- > 0)
        ah_loop_ready(it->f->loop, job);
    else
        ah_tls_cancel(it->f->user.handshake);
}

static void a_handshake_can_be_cancelled_at_every_stage(void **state)
{
    fixture f;
    int rounds = 0;
    (void)state;
    begin(&f);

    for (; f.user.outcomes == 0; rounds++) {
        tls_peer *peer =
            tls_peer_new(f.loop, .certificate = f.leaf, .read_limit = 40, .write_limit = 40);
        canceller it = {.job.run = cancel_in_time, .f = &f, .rounds = rounds};
        start_handshake(&f, peer, "server.example");
        ah_loop_ready(f.loop, &it.job);
        run(&f);
        if (f.user.transport)
            close_transport(&f.user);
        assert_true(tls_peer_look(peer).is_closed);
        tls_peer_free(peer);
    }

    assert_true(rounds > 20);
    end(&f);
}

static void handshake_scenario(void *ctx)
{
    fixture *f = ctx;
    f->tls = ahttp_tls_new();
    if (!f->tls)
        return;
    tls_peer *peer = tls_peer_new(f->loop, .certificate = f->leaf, .echoes = true);

    f->user = (user){.unsent = "hello", .unsent_len = 5, .expected = 5, .stops_at_end = true};
    start_handshake(f, peer, "server.example");
    run(f);
    assert_int_equal(f->user.outcomes, f->user.handshake ? 1 : f->user.outcomes);
    if (f->user.code != 0)
        assert_int_equal(f->user.code, AHTTP_E_NO_MEMORY);
    else if (f->user.outcomes == 1)
        assert_int_equal(f->user.got_len, 5);
    if (f->user.transport)
        close_transport(&f->user);
    assert_true(tls_peer_look(peer).is_closed);
    free(f->user.got);
    f->user.got = NULL;
    tls_peer_free(peer);
    ahttp_tls_unref(f->tls);
    f->tls = NULL;
}

static void every_allocation_of_an_exchange_may_fail(void **state)
{
    fixture f;
    (void)state;
    begin(&f);

    ahttp_tls_unref(f.tls);
    f.tls = NULL;
    for_each_allocation(handshake_scenario, &f);

    end(&f);
}

static void refused_scenario(void *ctx)
{
    fixture *f = ctx;
    f->tls = ahttp_tls_new();
    if (!f->tls)
        return;
    tls_peer *peer = tls_peer_new(f->loop, .certificate = f->leaf);

    f->user = (user){0};
    start_handshake(f, peer, "other.example");
    run(f);
    assert_null(f->user.transport);
    if (f->user.code != AHTTP_E_NO_MEMORY && f->user.outcomes == 1)
        assert_int_equal(f->user.code, AHTTP_E_CERTIFICATE);
    assert_true(tls_peer_look(peer).is_closed);
    tls_peer_free(peer);
    ahttp_tls_unref(f->tls);
    f->tls = NULL;
}

static void every_allocation_of_a_refusal_may_fail(void **state)
{
    fixture f;
    (void)state;
    begin(&f);

    ahttp_tls_unref(f.tls);
    f.tls = NULL;
    for_each_allocation(refused_scenario, &f);

    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handshake_brings_a_transport),
        cmocka_unit_test(the_server_is_told_its_name_unless_it_is_an_address),
        cmocka_unit_test(http_1_1_is_offered),
        cmocka_unit_test(a_handshake_that_is_not_accepted_ends_with_close_notify),
        cmocka_unit_test(hello_and_finished_take_one_write_each),
        cmocka_unit_test(a_request_sent_at_once_leaves_together_with_finished),
        cmocka_unit_test(tls_1_2_is_spoken),
        cmocka_unit_test(tls_1_1_is_not_spoken),
        cmocka_unit_test(a_server_that_speaks_no_tls_is_told_apart),
        cmocka_unit_test(a_server_that_closes_is_disconnected),
        cmocka_unit_test(a_server_that_resets_is_disconnected),
        cmocka_unit_test(a_server_that_cannot_be_written_to_is_disconnected),
        cmocka_unit_test(what_the_server_said_counts_more_than_that_it_takes_no_writes),
        cmocka_unit_test(a_handshake_goes_byte_by_byte),
        cmocka_unit_test(a_handshake_waits_for_a_server_that_takes_no_bytes),
        cmocka_unit_test(a_handshake_can_be_cancelled_at_every_stage),
        cmocka_unit_test(every_allocation_of_an_exchange_may_fail),
        cmocka_unit_test(every_allocation_of_a_refusal_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
