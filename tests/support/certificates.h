/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_CERTIFICATES_H
#define TESTS_SUPPORT_CERTIFICATES_H
/* Certificates made when a test needs them.  What cannot be done fails the test. */
#include <openssl/x509.h>
#include <stdbool.h>

typedef struct certificate {
    X509 *x509;
    EVP_PKEY *key;
} certificate;

typedef struct certificate_options {
    const char *common_name;   /* default: the subject is empty */
    const char *names;         /* subjectAltName: "DNS:a.example,IP:127.0.0.1" */
    const certificate *issuer; /* default: itself */
    const char *dns_bytes;     /* one more DNS name, of dns_len bytes, whatever they are */
    size_t dns_len;
    const char *usage;       /* extendedKeyUsage: "clientAuth" */
    const char *constraints; /* nameConstraints: "permitted;DNS:.example" */
    const char *digest;      /* of the signature; default "SHA256" */
    int rsa_bits;            /* default 0: the key is on the curve P-256 */
    bool is_ca;
    int from_days; /* valid from and until, seen from now; both 0: since yesterday, 30 days */
    int until_days;
} certificate_options;

#define certificate_new(...) certificate_create(&(certificate_options){__VA_ARGS__})
certificate *certificate_create(const certificate_options *options);
void certificate_free(certificate *it);

/* As PEM; the key only where its path is not NULL. */
void certificate_write(const certificate *it, const char *path, const char *key_path);
/* Several into one file, in this order; the list ends with NULL. */
void certificate_write_all(const certificate *const *list, const char *path);
/* Key and certificate as PKCS #12. */
void certificate_write_pkcs12(const certificate *it, const char *password, const char *path);
/* The key as encrypted PEM. */
void certificate_write_encrypted_key(const certificate *it, const char *password, const char *path);
/* What issuer has revoked: this certificate, or nothing with NULL. */
void certificate_write_crl(const certificate *issuer, const certificate *revoked, const char *path);
/* As OpenSSL looks it up in a directory: "dir/1f2e3d4c.0". */
void certificate_write_hashed(const certificate *it, const char *dir);

#endif
