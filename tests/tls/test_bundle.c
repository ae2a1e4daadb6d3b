/* SPDX-License-Identifier: MIT */
#include "support/certificates.h"
#include "support/check.h"
#include "support/failing_alloc.h"
#include "tls/bundle.h"
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>

/* A text that grows. */
typedef struct text {
    char bytes[65536];
    size_t len;
} text;

static void add_text(text *to, const char *more)
{
    size_t len = strlen(more);

    assert_true(to->len + len < sizeof to->bytes);
    memcpy(to->bytes + to->len, more, len + 1);
    to->len += len;
}

typedef enum form { PLAIN, TRUSTED, WITH_CRLF } form;

static void add_certificate(text *to, const certificate *it, form as)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char line[128], *end;

    if (as == TRUSTED)
        assert_int_equal(PEM_write_bio_X509_AUX(bio, it->x509), 1);
    else
        assert_int_equal(PEM_write_bio_X509(bio, it->x509), 1);
    while (BIO_gets(bio, line, sizeof line - 1) > 0) {
        if (as == WITH_CRLF && (end = strchr(line, '\n')))
            strcpy(end, "\r\n");
        add_text(to, line);
    }
    BIO_free(bio);
}

static ah_tls_bundle *add_bundle(X509_STORE *store, const text *pem)
{
    ahttp_error *error = NULL;
    ah_tls_bundle *bundle =
        ah_tls_bundle_add(store, ah_str_make(pem->bytes, pem->len), "a file", &error);

    if (!bundle)
        fail_msg("%s", error->message);
    return bundle;
}

static int verify(X509_STORE *store, const certificate *leaf)
{
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();

    assert_int_equal(X509_STORE_CTX_init(ctx, store, leaf->x509, NULL), 1);
    int code = X509_verify_cert(ctx) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(ctx);
    X509_STORE_CTX_free(ctx);
    return code;
}

static int parsed(X509_STORE *store)
{
    return sk_X509_OBJECT_num(X509_STORE_get0_objects(store));
}

static void only_what_is_asked_for_is_parsed(void **state)
{
    enum { COUNT = 20 };
    static text pem;
    certificate *roots[COUNT], *leaf;
    char name[16];
    (void)state;
    pem.len = 0;
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "Root %d", i);
        roots[i] = certificate_new(.common_name = name, .is_ca = true);
        add_text(&pem, "# a comment\n\n");
        add_certificate(&pem, roots[i], (form)(i % 3));
    }
    leaf = certificate_new(.common_name = "leaf", .issuer = roots[17]);
    X509_STORE *store = X509_STORE_new();
    ah_tls_bundle *bundle = add_bundle(store, &pem);
    assert_int_equal(parsed(store), 0);

    assert_int_equal(verify(store, leaf), X509_V_OK);
    assert_int_equal(verify(store, leaf), X509_V_OK);

    assert_int_equal(parsed(store), 1);
    certificate_free(leaf);
    for (int i = 0; i < COUNT; i++) {
        leaf = certificate_new(.common_name = "leaf", .issuer = roots[i]);
        assert_int_equal(verify(store, leaf), X509_V_OK);
        certificate_free(leaf);
        certificate_free(roots[i]);
    }
    X509_STORE_free(store);
    ah_tls_bundle_free(bundle);
}

/* OpenSSL takes the one whose time has not passed. */
static void several_of_one_name_are_all_given(void **state)
{
    static text pem;
    certificate *old =
        certificate_new(.common_name = "Root", .is_ca = true, .from_days = -20, .until_days = -10);
    certificate *new = certificate_new(.common_name = "Root", .is_ca = true);
    certificate *leaf = certificate_new(.common_name = "leaf", .issuer = new);
    certificate *stranger = certificate_new(.common_name = "stranger");
    X509_STORE *store = X509_STORE_new();
    (void)state;
    pem.len = 0;
    add_certificate(&pem, old, PLAIN);
    add_certificate(&pem, new, PLAIN);
    add_certificate(&pem, new, PLAIN);
    ah_tls_bundle *bundle = add_bundle(store, &pem);

    assert_int_equal(verify(store, leaf), X509_V_OK);
    assert_int_equal(verify(store, stranger), X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);

    assert_int_equal(parsed(store), 2);
    X509_STORE_free(store);
    ah_tls_bundle_free(bundle);
    certificate_free(stranger);
    certificate_free(leaf);
    certificate_free(new);
    certificate_free(old);
}

/* Cutting and changing bytes must give an error or a bundle, whatever they are. */
static void damage_is_noticed_or_harmless(void **state)
{
    static text pem;
    certificate *root = certificate_new(.common_name = "Root", .is_ca = true);
    certificate *leaf = certificate_new(.common_name = "leaf", .issuer = root);
    (void)state;
    pem.len = 0;
    add_certificate(&pem, root, PLAIN);

    for (size_t i = 0; i < pem.len; i++) {
        for (int kind = 0; kind < 2; kind++) {
            X509_STORE *store = X509_STORE_new();
            ahttp_error *error = NULL;
            char before = pem.bytes[i];
            pem.bytes[i] = kind == 0 ? 'A' : '=';
            ah_tls_bundle *bundle =
                ah_tls_bundle_add(store, ah_str_make(pem.bytes, pem.len), "a file", &error);
            pem.bytes[i] = before;
            assert_true((bundle == NULL) == (error != NULL));
            if (bundle)
                verify(store, leaf);
            ah_error_free(error);
            X509_STORE_free(store);
            ah_tls_bundle_free(bundle);
        }
    }

    certificate_free(leaf);
    certificate_free(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_asked_for_is_parsed),
        cmocka_unit_test(several_of_one_name_are_all_given),
        cmocka_unit_test(damage_is_noticed_or_harmless),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
