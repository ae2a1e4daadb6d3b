/* SPDX-License-Identifier: MIT */
#ifndef AH_TLS_VERDICT_H
#define AH_TLS_VERDICT_H
/* What was wrong with a certificate: which one of the chain, whose, and what it offers. */
#include "base/buf.h"
#include "base/error.h"
#include <openssl/x509_vfy.h>

/* Set as the SSL's app data for as long as the handshake takes.  Zeroed: nothing is wrong. */
typedef struct ah_tls_verdict {
    int code;    /* X509_V_ERR_* of the first problem, or X509_V_OK */
    ah_buf text; /* "certificate 0, CN=a.example, names: a.example, *.b.example" */
} ah_tls_verdict;

/* OpenSSL's verify callback: notes the first problem and lets the result stand. */
int ah_tls_verdict_note(int is_good, X509_STORE_CTX *store);
/* "verify certificate of <name>: <reason> (<text>)". */
ahttp_error *ah_tls_verdict_error(const ah_tls_verdict *verdict, const char *name);

#endif
