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
    bool is_ca;
    int from_days; /* valid from and until, seen from now; both 0: since yesterday, 30 days */
    int until_days;
} certificate_options;

#define certificate_new(...) certificate_create(&(certificate_options){__VA_ARGS__})
certificate *certificate_create(const certificate_options *options);
void certificate_free(certificate *it);

/* As PEM; the key only where its path is not NULL. */
void certificate_write(const certificate *it, const char *path, const char *key_path);
/* As OpenSSL looks it up in a directory: "dir/1f2e3d4c.0". */
void certificate_write_hashed(const certificate *it, const char *dir);

#endif
