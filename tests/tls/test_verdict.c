/* SPDX-License-Identifier: MIT */
#include "tls/fixture.h"

/* What becomes of a handshake with a server that has this certificate. */
static void meet(fixture *f, const certificate *leaf, const certificate *chain, const char *name)
{
    tls_peer *peer = tls_peer_new(f->loop, .certificate = leaf, .chain = chain);

    start_handshake(f, peer, name);
    run(f);
    assert_int_equal(f->user.outcomes, 1);
    if (f->user.transport)
        close_transport(&f->user);
    assert_true(tls_peer_look(peer).is_closed);
    tls_peer_free(peer);
}

static void assert_good(const char *names, const char *name)
{
    fixture f;
    begin(&f);
    certificate *leaf = certificate_new(.common_name = "x", .names = names, .issuer = f.root);

    meet(&f, leaf, NULL, name);

    if (f.user.code != 0)
        fail_msg("%s", f.user.message);
    certificate_free(leaf);
    end(&f);
}

static void assert_bad(const char *names, const char *name, int cause, const char *message)
{
    fixture f;
    begin(&f);
    certificate *leaf =
        certificate_new(.common_name = "server.example", .names = names, .issuer = f.root);

    meet(&f, leaf, NULL, name);

    assert_int_equal(f.user.code, AHTTP_E_CERTIFICATE);
    assert_string_equal(f.user.message, message);
    assert_int_equal(f.user.cause, cause);
    certificate_free(leaf);
    end(&f);
}

static void names_that_match_are_accepted(void **state)
{
    (void)state;
    assert_good("DNS:a.example,DNS:server.example", "server.example");
    assert_good("DNS:server.example", "SERVER.example");
    assert_good("DNS:server.example", "server.example.");
    assert_good("DNS:*.b.example", "server.b.example");
}

static void addresses_that_match_are_accepted(void **state)
{
    (void)state;
    assert_good("IP:127.0.0.1", "127.0.0.1");
    assert_good("IP:0:0:0:0:0:0:0:1", "::1");
    assert_good("IP:fe80:0:0:0:0:0:0:1", "fe80::1%eth0");
}

static void a_wrong_name_is_refused_with_the_names_asked_and_offered(void **state)
{
    (void)state;
    assert_bad("DNS:a.example,DNS:*.b.example,IP:10.0.0.1", "wrong.host",
               X509_V_ERR_HOSTNAME_MISMATCH,
               "verify certificate of wrong.host: hostname mismatch (certificate 0, "
               "CN=server.example, names: a.example, *.b.example, 10.0.0.1)");
}

static void the_common_name_is_no_host_name(void **state)
{
    (void)state;
    assert_bad(NULL, "server.example", X509_V_ERR_HOSTNAME_MISMATCH,
               "verify certificate of server.example: hostname mismatch (certificate 0, "
               "CN=server.example, names: none)");
}

static void a_wildcard_stands_for_one_whole_label(void **state)
{
    (void)state;
    assert_bad("DNS:*.b.example", "s.a.b.example", X509_V_ERR_HOSTNAME_MISMATCH,
               "verify certificate of s.a.b.example: hostname mismatch (certificate 0, "
               "CN=server.example, names: *.b.example)");
    assert_bad("DNS:s*.b.example", "server.b.example", X509_V_ERR_HOSTNAME_MISMATCH,
               "verify certificate of server.b.example: hostname mismatch (certificate 0, "
               "CN=server.example, names: s*.b.example)");
}

static void an_address_does_not_match_a_name(void **state)
{
    (void)state;
    assert_bad("DNS:127.0.0.1,IP:10.0.0.1,IP:0:0:0:0:0:0:0:2", "127.0.0.1",
               X509_V_ERR_IP_ADDRESS_MISMATCH,
               "verify certificate of 127.0.0.1: IP address mismatch (certificate 0, "
               "CN=server.example, names: 127.0.0.1, 10.0.0.1, ::2)");
}

static void long_and_odd_names_are_shortened_and_made_visible(void **state)
{
    (void)state;
    assert_bad("DNS:a\001b,DNS:2,DNS:3,DNS:4,DNS:5,DNS:6,DNS:7,DNS:8,DNS:9,DNS:10,DNS:11,DNS:12",
               "h", X509_V_ERR_HOSTNAME_MISMATCH,
               "verify certificate of h: hostname mismatch (certificate 0, CN=server.example, "
               "names: a?b, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more)");
}

static void a_very_long_name_is_cut(void **state)
{
    char names[300] = "DNS:", message[600];
    (void)state;
    memset(names + 4, 'n', 260);

    snprintf(message, sizeof message,
             "verify certificate of h: hostname mismatch (certificate 0, CN=server.example, "
             "names: %.255s...)",
             names + 4);
    assert_bad(names, "h", X509_V_ERR_HOSTNAME_MISMATCH, message);
}

static void a_name_that_could_match_anything_is_refused_before_the_handshake(void **state)
{
    static const char *const names[] = {"", ".", ".example"};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        fixture f;
        begin(&f);

        meet(&f, f.leaf, NULL, names[i]);

        assert_int_equal(f.user.code, AHTTP_E_TLS);
        assert_non_null(strstr(f.user.message, "the host name has an empty label"));
        end(&f);
    }
}

static void a_name_stays_refused_where_the_peer_is_heard_before_the_handshake_begins(void **state)
{
    fixture f;
    (void)state;
    begin(&f);
    tls_peer *peer = tls_peer_new(f.loop, .certificate = f.leaf);

    start_handshake(&f, peer, ".example");
    ah_transport *below = tls_peer_transport(peer);
    below->ready(below->ctx, AH_READABLE);
    run(&f);

    assert_int_equal(f.user.code, AHTTP_E_TLS);
    assert_non_null(strstr(f.user.message, "the host name has an empty label"));
    finish(&f, peer);
}

static void a_host_name_that_cannot_be_sent_is_refused_before_the_handshake(void **state)
{
    fixture f;
    char name[257] = "";
    (void)state;
    begin(&f);
    memset(name, 'n', 256);

    meet(&f, f.leaf, NULL, name);

    assert_int_equal(f.user.code, AHTTP_E_TLS);
    assert_non_null(strstr(f.user.message, "the host name is longer than 255 bytes"));
    end(&f);
}

static void assert_untimely(int from_days, int until_days, const char *reason)
{
    fixture f;
    begin(&f);
    certificate *leaf =
        certificate_new(.common_name = "server", .names = "DNS:server.example", .issuer = f.root,
                        .from_days = from_days, .until_days = until_days);

    meet(&f, leaf, NULL, "server.example");

    assert_int_equal(f.user.code, AHTTP_E_CERTIFICATE);
    if (!strstr(f.user.message, reason))
        fail_msg("%s", f.user.message);
    certificate_free(leaf);
    end(&f);
}

static void a_certificate_out_of_its_time_is_refused_with_the_date(void **state)
{
    (void)state;
    assert_untimely(-10, -1,
                    "server.example: certificate has expired (certificate 0, CN=server, "
                    "valid until 20");
    assert_untimely(1, 10,
                    "server.example: certificate is not yet valid (certificate 0, "
                    "CN=server, valid from 20");
}

static void an_expired_link_of_the_chain_is_named(void **state)
{
    fixture f;
    (void)state;
    begin(&f);
    certificate *middle = certificate_new(.common_name = "Middle", .is_ca = true, .issuer = f.root,
                                          .from_days = -10, .until_days = -1);
    certificate *leaf =
        certificate_new(.common_name = "leaf", .names = "DNS:server.example", .issuer = middle);

    meet(&f, leaf, middle, "server.example");

    assert_int_equal(f.user.cause, X509_V_ERR_CERT_HAS_EXPIRED);
    assert_non_null(strstr(f.user.message, "(certificate 1, CN=Middle, valid until "));
    certificate_free(leaf);
    certificate_free(middle);
    end(&f);
}

static void an_unknown_issuer_is_named(void **state)
{
    fixture f;
    (void)state;
    begin(&f);
    certificate *other = certificate_new(.common_name = "Nobody Knows", .is_ca = true);
    certificate *leaf =
        certificate_new(.common_name = "leaf", .names = "DNS:server.example", .issuer = other);

    meet(&f, leaf, NULL, "server.example");

    assert_int_equal(f.user.code, AHTTP_E_CERTIFICATE);
    assert_string_equal(f.user.message,
                        "verify certificate of server.example: unable to get local issuer "
                        "certificate (certificate 0, CN=leaf, issued by CN=Nobody Knows)");
    certificate_free(leaf);
    certificate_free(other);
    end(&f);
}

static void a_root_that_the_server_brings_along_is_not_trusted(void **state)
{
    fixture f;
    (void)state;
    begin(&f);
    certificate *other = certificate_new(.common_name = "Own Root", .is_ca = true);
    certificate *leaf = certificate_new(.names = "DNS:server.example", .issuer = other);

    meet(&f, leaf, other, "server.example");

    assert_string_equal(f.user.message,
                        "verify certificate of server.example: self-signed certificate in "
                        "certificate chain (certificate 1, CN=Own Root, issued by CN=Own Root)");
    certificate_free(leaf);
    certificate_free(other);
    end(&f);
}

static void a_self_signed_certificate_is_refused(void **state)
{
    fixture f;
    (void)state;
    begin(&f);
    certificate *leaf = certificate_new(.names = "DNS:server.example");

    meet(&f, leaf, NULL, "server.example");

    assert_string_equal(f.user.message,
                        "verify certificate of server.example: self-signed certificate "
                        "(certificate 0, no name, issued by no name)");
    certificate_free(leaf);
    end(&f);
}

static void the_server_is_told_that_it_was_not_believed(void **state)
{
    fixture f;
    (void)state;
    begin(&f);
    tls_peer *peer = tls_peer_new(f.loop, .certificate = f.leaf);
    start_handshake(&f, peer, "other.example");

    run(&f);

    assert_int_equal(f.user.code, AHTTP_E_CERTIFICATE);
    assert_false(tls_peer_look(peer).is_secure);
    assert_int_equal(tls_peer_look(peer).writes, 2); /* hello, alert */
    tls_peer_free(peer);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_match_are_accepted),
        cmocka_unit_test(addresses_that_match_are_accepted),
        cmocka_unit_test(a_wrong_name_is_refused_with_the_names_asked_and_offered),
        cmocka_unit_test(the_common_name_is_no_host_name),
        cmocka_unit_test(a_wildcard_stands_for_one_whole_label),
        cmocka_unit_test(an_address_does_not_match_a_name),
        cmocka_unit_test(long_and_odd_names_are_shortened_and_made_visible),
        cmocka_unit_test(a_very_long_name_is_cut),
        cmocka_unit_test(a_host_name_that_cannot_be_sent_is_refused_before_the_handshake),
        cmocka_unit_test(a_name_that_could_match_anything_is_refused_before_the_handshake),
        cmocka_unit_test(a_name_stays_refused_where_the_peer_is_heard_before_the_handshake_begins),
        cmocka_unit_test(a_certificate_out_of_its_time_is_refused_with_the_date),
        cmocka_unit_test(an_expired_link_of_the_chain_is_named),
        cmocka_unit_test(an_unknown_issuer_is_named),
        cmocka_unit_test(a_root_that_the_server_brings_along_is_not_trusted),
        cmocka_unit_test(a_self_signed_certificate_is_refused),
        cmocka_unit_test(the_server_is_told_that_it_was_not_believed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
