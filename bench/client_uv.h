/* SPDX-License-Identifier: MIT */
#ifndef BENCH_CLIENT_UV_H
#define BENCH_CLIENT_UV_H
/* TLS for the bare client: OpenSSL between what was read and what is to be written, without a
   copy of either. */
#include "load.h"
#include <openssl/ssl.h>

typedef struct tls {
    SSL *ssl;
    const char *input; /* bytes that came and OpenSSL has not taken yet */
    size_t input_len;
    char *output; /* bytes to be sent */
    size_t output_len, output_cap;
} tls;

SSL_CTX *tls_client_new(const bench_load *load);
void tls_begin(tls *it, SSL_CTX *context, const char *host);
/* Leaves its close_notify in output. */
void tls_say_goodbye(tls *it);
void tls_end(tls *it);

#endif
