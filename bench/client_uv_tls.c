/* SPDX-License-Identifier: MIT */
#include "client_uv.h"
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static SSL_SESSION *newest;

/* ---- A BIO that reads what came and collects what goes ---- */

static int bio_read(BIO *bio, char *to, int cap)
{
    tls *it = BIO_get_data(bio);
    size_t count = it->input_len < (size_t)cap ? it->input_len : (size_t)cap;

    BIO_clear_retry_flags(bio);
    if (count == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    memcpy(to, it->input, count);
    it->input += count;
    it->input_len -= count;
    return (int)count;
}

static int bio_write(BIO *bio, const char *from, int len)
{
    tls *it = BIO_get_data(bio);

    if (it->output_len + (size_t)len > it->output_cap) {
        it->output_cap = it->output_len + (size_t)len;
        it->output = realloc(it->output, it->output_cap);
    }
    memcpy(it->output + it->output_len, from, (size_t)len);
    it->output_len += (size_t)len;
    return len;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
    (void)bio, (void)number, (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *bio_method(void)
{
    static BIO_METHOD *method;

    if (!method) {
        method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "bench");
        BIO_meth_set_read(method, bio_read);
        BIO_meth_set_write(method, bio_write);
        BIO_meth_set_ctrl(method, bio_ctrl);
    }
    return method;
}

/* ---- Contexts and connections ---- */

static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl;
    SSL_SESSION_free(newest);
    newest = session;
    return 1;
}

SSL_CTX *tls_client_new(const bench_load *load)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    bool is_directory = load_ca_is_directory(load);

    if (load->ca)
        SSL_CTX_load_verify_locations(context, is_directory ? NULL : load->ca,
                                      is_directory ? load->ca : NULL);
    else
        SSL_CTX_set_default_verify_paths(context);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    if (load->resume) {
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(context, keep_session);
    }
    return context;
}

void tls_begin(tls *it, SSL_CTX *context, const char *host)
{
    *it = (tls){.ssl = SSL_new(context)};
    BIO *bio = BIO_new(bio_method());
    BIO_set_data(bio, it);
    BIO_set_init(bio, 1);
    SSL_set_bio(it->ssl, bio, bio);
    SSL_set_connect_state(it->ssl);
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(it->ssl), host);
    if (newest)
        SSL_set_session(it->ssl, newest);
}

void tls_say_goodbye(tls *it)
{
    if (it->ssl)
        SSL_shutdown(it->ssl); /* RFC 8446 §6.1 */
}

void tls_end(tls *it)
{
    if (!it->ssl)
        return;
    SSL_free(it->ssl);
    free(it->output);
    *it = (tls){0};
}
