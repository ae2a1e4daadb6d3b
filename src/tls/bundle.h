/* SPDX-License-Identifier: MIT */
#ifndef AH_TLS_BUNDLE_H
#define AH_TLS_BUNDLE_H
/* A file of trusted certificates, of which only the subjects are read at first: to parse all of
   a system's roots takes tens of milliseconds, and few are ever needed.  OpenSSL asks for a
   subject when it builds a chain, and gets those certificates then. */
#include "base/error.h"
#include "base/str.h"
#include <openssl/x509_vfy.h>

typedef struct ah_tls_bundle ah_tls_bundle;

/* Adds the certificates in a PEM text (copied) to what store trusts.  from is where the text
   comes from, for messages.  The bundle must outlive the store.  NULL with *error when there is
   no certificate in it, or something that is none. */
ah_tls_bundle *ah_tls_bundle_add(X509_STORE *store, ah_str pem, const char *from,
                                 ahttp_error **error);
/* NULL is fine. */
void ah_tls_bundle_free(ah_tls_bundle *bundle);

#endif
