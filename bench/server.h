/* SPDX-License-Identifier: MIT */
#ifndef BENCH_SERVER_H
#define BENCH_SERVER_H
/* A server that answers as fast as it can, so that the client is what is measured: one thread,
   one epoll, responses that lie ready.  It understands well-formed requests and trusts its
   clients. */
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* ---- server_answers.c: first, then block as often as repeat says, then last ---- */

typedef struct answer {
    char *first, *block, *last;
    size_t first_len, block_len, last_len;
    size_t repeat;
    double busy; /* seconds for which the server computes before it */
} answer;

/* The one for the target of a request, such as "/tiny"; made when it is first asked for. */
const answer *answer_for(const char *target, size_t len);
/* Of what happened so far, as JSON; valid until the next call. */
const answer *answer_stats(long requests, long handshakes, long resumed);

/* ---- server_tls.c: what read and write are on a TLS connection ---- */

SSL_CTX *tls_context_new(const char *certificate, const char *key);
SSL *tls_accept(SSL_CTX *context, int fd);
/* As read(2) and write(2): -1 with errno EAGAIN when it has to wait for the socket. */
ssize_t tls_read(SSL *ssl, char *buffer, size_t cap);
ssize_t tls_write(SSL *ssl, const char *bytes, size_t len);

#endif
