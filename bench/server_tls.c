/* SPDX-License-Identifier: MIT */
#include "server.h"
#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>

SSL_CTX *tls_context_new(const char *certificate, const char *key)
{
    static const unsigned char name[] = "bench";
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    if (SSL_CTX_use_certificate_chain_file(context, certificate) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1) {
        ERR_print_errors_fp(stderr);
        exit(1);
    }
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_session_id_context(context, name, sizeof name - 1);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(context, 1);
    return context;
}

SSL *tls_accept(SSL_CTX *context, int fd)
{
    SSL *ssl = SSL_new(context);

    SSL_set_fd(ssl, fd);
    SSL_set_accept_state(ssl);
    return ssl;
}

static ssize_t result(SSL *ssl, int count)
{
    if (count > 0)
        return count;
    switch (SSL_get_error(ssl, count)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: errno = EAGAIN; return -1;
    default: return 0; /* as if the peer had closed */
    }
}

ssize_t tls_read(SSL *ssl, char *buffer, size_t cap)
{
    ERR_clear_error();
    return result(ssl, SSL_read(ssl, buffer, (int)cap));
}

ssize_t tls_write(SSL *ssl, const char *bytes, size_t len)
{
    ERR_clear_error();
    ssize_t count = result(ssl, SSL_write(ssl, bytes, (int)len));
    if (count == 0) {
        errno = EPIPE;
        return -1;
    }
    return count;
}
