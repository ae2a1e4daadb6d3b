/* SPDX-License-Identifier: MIT */
#ifndef AH_TLS_CONTEXT_H
#define AH_TLS_CONTEXT_H
/* The inside of a context, for the files of this layer only. */
#include "tls/tls.h"
#include <openssl/ssl.h>

struct ah_tls_context {
    SSL_CTX *ctx;
    BIO_METHOD *wire_method;
    size_t holders; /* whoever made it, and its streams */
};

ah_tls_context *ah_tls_context_hold(ah_tls_context *context);

#endif
