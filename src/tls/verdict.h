/* SPDX-License-Identifier: MIT */
#ifndef AH_TLS_VERDICT_H
#define AH_TLS_VERDICT_H
/* What was wrong with a certificate: which one of the chain, whose, and what it offers. */
#include "base/buf.h"
#include "base/error.h"
#include "tls/pins.h"
#include <openssl/x509_vfy.h>

/* The stream points to it for as long as the handshake takes.  Zeroed: nothing is wrong. */
typedef struct ah_tls_verdict {
    int code;    /* X509_V_ERR_* of the first problem, or X509_V_OK */
    bool is_pin; /* the problem is that it is none of those pinned */
    ah_buf text; /* "certificate 0, CN=a.example, names: a.example, *.b.example" */
} ah_tls_verdict;

/* OpenSSL's verify callback: notes the first problem and lets the result stand. */
int ah_tls_verdict_note(int is_good, X509_STORE_CTX *store);
/* Notes that the certificate, which is good otherwise, is none of those pinned. */
void ah_tls_verdict_note_pin(X509_STORE_CTX *store, const ah_tls_pins *pins,
                             const X509 *certificate);
/* "verify certificate of <name>: <reason> (<text>)". */
ahttp_error *ah_tls_verdict_error(const ah_tls_verdict *verdict, const char *name);

#endif
