/* SPDX-License-Identifier: MIT */
/* What a connection tells of its peer. */
#include "net/peer.h"
#include "tls/fixture.h"

static void assert_is(ahttp_bytes der, const certificate *expected)
{
    unsigned char *encoded = NULL;
    int len = i2d_X509(expected->x509, &encoded);

    assert_int_equal(der.len, len);
    assert_memory_equal(der.data, encoded, der.len);
    OPENSSL_free(encoded);
}

static void the_facts_have_version_cipher_and_the_chain_as_sent(void **state)
{
    fixture f;
    (void)state;
    begin(&f);
    certificate *between =
        certificate_new(.common_name = "Between", .is_ca = true, .issuer = f.root);
    certificate *leaf = certificate_new(.names = "DNS:server.example", .issuer = between);
    tls_peer *peer = tls_peer_new(f.loop, .certificate = leaf, .chain = between);
    secure(&f, peer);

    ahttp_peer *facts = ah_peer_of(f.user.transport);
    finish(&f, peer);

    assert_string_equal(ahttp_peer_tls_version(facts), "TLSv1.3");
    assert_string_equal(ahttp_peer_tls_cipher(facts), "TLS_AES_256_GCM_SHA384");
    assert_null(ahttp_peer_alpn(facts));
    assert_is(ahttp_peer_certificate(facts, 0), leaf);
    assert_is(ahttp_peer_certificate(facts, 1), between);
    assert_null(ahttp_peer_certificate(facts, 2).data);
    assert_int_equal(ahttp_peer_certificate(facts, SIZE_MAX).len, 0);
    ahttp_peer_unref(facts);
    certificate_free(leaf);
    certificate_free(between);
}

static void an_older_version_has_its_cipher_by_the_name_of_the_standard(void **state)
{
    fixture f;
    (void)state;
    begin(&f);
    tls_peer *peer = tls_peer_new(f.loop, .certificate = f.leaf, .max_version = TLS1_2_VERSION);
    secure(&f, peer);

    ahttp_peer *facts = ah_peer_of(f.user.transport);
    assert_string_equal(ahttp_peer_tls_version(facts), "TLSv1.2");
    assert_non_null(strstr(ahttp_peer_tls_cipher(facts), "_WITH_"));

    ahttp_peer_unref(facts);
    finish(&f, peer);
}

static void take_in_scarcity(void *transport)
{
    ahttp_peer *facts = ah_peer_of(transport);

    if (facts)
        assert_true(ahttp_peer_certificate(facts, 0).len > 0);
    ahttp_peer_unref(facts);
}

static void without_memory_there_are_no_facts(void **state)
{
    fixture f;
    (void)state;
    tls_peer *peer = secure_peer(&f);

    for_each_allocation(take_in_scarcity, f.user.transport);

    finish(&f, peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_facts_have_version_cipher_and_the_chain_as_sent),
        cmocka_unit_test(an_older_version_has_its_cipher_by_the_name_of_the_standard),
        cmocka_unit_test(without_memory_there_are_no_facts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
