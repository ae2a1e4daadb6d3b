/* SPDX-License-Identifier: MIT */
#include "support/certificates.h"
#include "support/check.h"
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
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

static void add_names(const certificate *it, const certificate *issuer,
                      const certificate_options *options)
{
    if (!options->dns_bytes) {
        if (options->names)
            extend(it, issuer, NID_subject_alt_name, options->names);
        return;
    }
    GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_IA5STRING *text = ASN1_IA5STRING_new();
    ASN1_STRING_set(text, options->dns_bytes, (int)options->dns_len);
    GENERAL_NAME_set0_value(name, GEN_DNS, text);
    sk_GENERAL_NAME_push(names, name);
    assert_int_equal(X509_add1_ext_i2d(it->x509, NID_subject_alt_name, names, 0, 0), 1);
    GENERAL_NAMES_free(names);
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
    it->key = options->rsa_bits ? EVP_RSA_gen((unsigned)options->rsa_bits) : EVP_EC_gen("P-256");
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
    if (options->usage)
        extend(it, issuer, NID_ext_key_usage, options->usage);
    if (options->constraints)
        extend(it, issuer, NID_name_constraints, options->constraints);
    add_names(it, issuer, options);
    assert_true(X509_sign(it->x509, issuer->key,
                          EVP_get_digestbyname(options->digest ? options->digest : "SHA256")) > 0);
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

static FILE *create(const char *path)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    return file;
}

void certificate_write_all(const certificate *const *list, const char *path)
{
    FILE *file = create(path);

    for (; *list; list++)
        assert_int_equal(PEM_write_X509(file, (*list)->x509), 1);
    assert_int_equal(fclose(file), 0);
}

void certificate_write_pkcs12(const certificate *it, const char *password, const char *path)
{
    FILE *file = create(path);
    PKCS12 *box = PKCS12_create(password, "it", it->key, it->x509, NULL, 0, 0, 0, 0, 0);

    assert_non_null(box);
    assert_int_equal(i2d_PKCS12_fp(file, box), 1);
    PKCS12_free(box);
    assert_int_equal(fclose(file), 0);
}

void certificate_write_encrypted_key(const certificate *it, const char *password, const char *path)
{
    FILE *file = create(path);

    assert_int_equal(PEM_write_PKCS8PrivateKey(file, it->key, EVP_aes_256_cbc(), password,
                                               (int)strlen(password), NULL, NULL),
                     1);
    assert_int_equal(fclose(file), 0);
}

void certificate_write_crl(const certificate *issuer, const certificate *revoked, const char *path)
{
    X509_CRL *crl = X509_CRL_new();
    ASN1_TIME *now = X509_gmtime_adj(NULL, 0), *later = X509_gmtime_adj(NULL, DAY);
    FILE *file = create(path);

    X509_CRL_set_version(crl, X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer->x509));
    X509_CRL_set1_lastUpdate(crl, now);
    X509_CRL_set1_nextUpdate(crl, later);
    if (revoked) {
        X509_REVOKED *entry = X509_REVOKED_new();
        X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(revoked->x509));
        X509_REVOKED_set_revocationDate(entry, now);
        X509_CRL_add0_revoked(crl, entry);
    }
    assert_true(X509_CRL_sign(crl, issuer->key, EVP_sha256()) > 0);
    assert_int_equal(PEM_write_X509_CRL(file, crl), 1);
    assert_int_equal(fclose(file), 0);
    ASN1_TIME_free(now);
    ASN1_TIME_free(later);
    X509_CRL_free(crl);
}

void certificate_write_hashed(const certificate *it, const char *dir)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%08lx.0", dir, X509_subject_name_hash(it->x509));
    certificate_write(it, path, NULL);
}
