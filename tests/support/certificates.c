/* SPDX-License-Identifier: MIT */
#include "support/certificates.h"
#include "support/check.h"
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

enum { DAY = 24 * 60 * 60 };

static void extend(const certificate *it, const certificate *issuer, int nid, const char *value)
{
    X509V3_CTX context;

    X509V3_set_ctx(&context, issuer->x509, it->x509, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(it->x509, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

static void number(X509 *x509)
{
    unsigned char bytes[8];
    uint64_t serial = 0;

    assert_int_equal(RAND_bytes(bytes, sizeof bytes), 1);
    for (size_t i = 0; i < sizeof bytes; i++)
        serial = serial << 8 | bytes[i];
    assert_int_equal(ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), serial >> 1), 1);
}

static void set_validity(X509 *x509, int from_days, int until_days)
{
    if (from_days == 0 && until_days == 0) {
        from_days = -1;
        until_days = 30;
    }
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x509), (long)from_days * DAY));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x509), (long)until_days * DAY));
}

certificate *certificate_create(const certificate_options *options)
{
    certificate *it = malloc(sizeof *it);

    assert_non_null(it);
    it->x509 = X509_new();
    it->key = EVP_EC_gen("P-256");
    assert_non_null(it->x509);
    assert_non_null(it->key);
    const certificate *issuer = options->issuer ? options->issuer : it;
    X509_set_version(it->x509, X509_VERSION_3);
    number(it->x509);
    set_validity(it->x509, options->from_days, options->until_days);
    if (options->common_name)
        X509_NAME_add_entry_by_txt(X509_get_subject_name(it->x509), "CN", MBSTRING_UTF8,
                                   (const unsigned char *)options->common_name, -1, -1, 0);
    X509_set_issuer_name(it->x509, X509_get_subject_name(issuer->x509));
    X509_set_pubkey(it->x509, it->key);
    if (options->is_ca)
        extend(it, issuer, NID_basic_constraints, "critical,CA:TRUE");
    if (options->names)
        extend(it, issuer, NID_subject_alt_name, options->names);
    assert_true(X509_sign(it->x509, issuer->key, EVP_sha256()) > 0);
    return it;
}

void certificate_free(certificate *it)
{
    if (!it)
        return;
    X509_free(it->x509);
    EVP_PKEY_free(it->key);
    free(it);
}

void certificate_write(const certificate *it, const char *path, const char *key_path)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(PEM_write_X509(file, it->x509), 1);
    assert_int_equal(fclose(file), 0);
    if (!key_path)
        return;
    file = fopen(key_path, "w");
    assert_non_null(file);
    assert_int_equal(PEM_write_PrivateKey(file, it->key, NULL, NULL, 0, NULL, NULL), 1);
    assert_int_equal(fclose(file), 0);
}

void certificate_write_hashed(const certificate *it, const char *dir)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%08lx.0", dir, X509_subject_name_hash(it->x509));
    certificate_write(it, path, NULL);
}
