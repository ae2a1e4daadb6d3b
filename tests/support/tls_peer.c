/* SPDX-License-Identifier: MIT */
#include "support/tls_peer.h"
#include "loop/poll.h"
#include "support/check.h"
#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>

struct tls_peer {
    ah_transport transport;
    ah_job job;
    ahttp_loop *loop;
    tls_peer_options options;
    tls_peer_seen seen;
    SSL *ssl; /* NULL: no TLS server */
    BIO *in;  /* ciphertext from the client */
    BIO *out; /* and to it */
    char *received;
    size_t readable; /* bytes that may be read before the next readiness */
    size_t writable;
    bool takes_writes, breaks_writes, has_ended, has_reset;
};

static tls_peer *of(ah_transport *transport)
{
    return AH_CONTAINER(transport, tls_peer, transport);
}

/* ---- The server ---- */

static void keep(tls_peer *peer, const char *bytes, size_t len)
{
    ah_str *received = &peer->seen.received;

    peer->received = realloc(peer->received, received->len + len);
    assert_non_null(peer->received);
    memcpy(peer->received + received->len, bytes, len);
    *received = ah_str_make(peer->received, received->len + len);
}

static void serve(tls_peer *peer);

static void pass_through(tls_peer *peer, const char *bytes, size_t len)
{
    tls_peer *inner = peer->options.inner;
    char back[16384];
    int count;

    if (len > 0)
        assert_int_equal(BIO_write(inner->in, bytes, (int)len), (int)len);
    serve(inner);
    while ((count = BIO_read(inner->out, back, sizeof back)) > 0)
        assert_int_equal(SSL_write(peer->ssl, back, count), count);
}

static void receive(tls_peer *peer)
{
    char bytes[16384];
    int count;

    while ((count = SSL_read(peer->ssl, bytes, sizeof bytes)) > 0) {
        if (peer->options.inner)
            pass_through(peer, bytes, (size_t)count);
        else
            keep(peer, bytes, (size_t)count);
        if (peer->options.echoes)
            assert_int_equal(SSL_write(peer->ssl, bytes, count), count);
    }
    if (SSL_get_error(peer->ssl, count) == SSL_ERROR_ZERO_RETURN)
        peer->seen.has_close_notify = true;
}

/* As far as the client's bytes allow. */
static void serve(tls_peer *peer)
{
    ERR_clear_error();
    if (!peer->ssl)
        return;
    if (!peer->seen.is_secure)
        peer->seen.is_secure = SSL_accept(peer->ssl) == 1;
    if (peer->seen.is_secure)
        receive(peer);
    ERR_clear_error();
}

/* ---- The transport ---- */

static bool can_be_read(const tls_peer *peer)
{
    return BIO_pending(peer->out) > 0 || peer->has_ended || peer->has_reset;
}

static void tell(ah_job *job)
{
    tls_peer *peer = AH_CONTAINER(job, tls_peer, job);
    unsigned events = 0;

    peer->readable = peer->options.read_limit ? peer->options.read_limit : SIZE_MAX;
    peer->writable = peer->options.write_limit ? peer->options.write_limit : SIZE_MAX;
    if (can_be_read(peer))
        events |= AH_READABLE;
    if (peer->takes_writes || peer->has_reset)
        events |= AH_WRITABLE;
    events &= peer->seen.wanted;
    if (!events)
        return;
    ah_loop_ready(peer->loop, job);
    peer->transport.ready(peer->transport.ctx, events);
}

/* Something may have become possible for the client. */
static void wake(tls_peer *peer)
{
    if (!peer->seen.is_closed && peer->seen.wanted && !ah_link_is_in_list(&peer->job.link))
        ah_loop_ready(peer->loop, &peer->job);
}

static ptrdiff_t peer_read(ah_transport *transport, char *buf, size_t cap)
{
    tls_peer *peer = of(transport);
    size_t limit = cap < peer->readable ? cap : peer->readable;

    peer->seen.reads++;
    if (!can_be_read(peer) || limit == 0)
        return AH_IO_AGAIN;
    int count = BIO_read(peer->out, buf, (int)(limit < INT_MAX ? limit : INT_MAX));
    if (count <= 0)
        return peer->has_reset ? AH_IO_FAILED : AH_IO_END;
    peer->readable -= (size_t)count;
    return count;
}

static ptrdiff_t peer_write(ah_transport *transport, const ah_str *parts, size_t count)
{
    tls_peer *peer = of(transport);
    size_t offered = 0, taken = 0;

    peer->seen.writes++;
    if (peer->has_reset || peer->breaks_writes)
        return AH_IO_FAILED;
    for (size_t i = 0; i < count; i++) {
        size_t limit = peer->takes_writes ? peer->writable : 0;
        size_t len = parts[i].len < limit ? parts[i].len : limit;
        offered += parts[i].len;
        if (len == 0)
            continue;
        assert_int_equal(BIO_write(peer->in, parts[i].ptr, (int)len), (int)len);
        peer->writable -= len;
        taken += len;
    }
    serve(peer);
    wake(peer);
    return taken == 0 && offered > 0 ? AH_IO_AGAIN : (ptrdiff_t)taken;
}

static void peer_want(ah_transport *transport, unsigned events)
{
    tls_peer *peer = of(transport);

    peer->seen.wants++;
    peer->seen.wanted = events;
    wake(peer);
}

static ahttp_error *peer_failure(ah_transport *transport)
{
    (void)transport;
    return ah_error_system(AHTTP_E_DISCONNECTED, -ECONNRESET, "reach test.peer:443");
}

static void peer_set_background(ah_transport *transport, bool background)
{
    of(transport)->seen.is_background = background;
}

static void peer_close(ah_transport *transport)
{
    tls_peer *peer = of(transport);

    assert_false(peer->seen.is_closed);
    peer->seen.is_closed = true;
    ah_link_remove(&peer->job.link);
}

static const char *peer_name(ah_transport *transport)
{
    (void)transport;
    return "test.peer:443";
}

static const ah_transport_ops peer_ops = {
    .read = peer_read,
    .write = peer_write,
    .want = peer_want,
    .failure = peer_failure,
    .set_background = peer_set_background,
    .close = peer_close,
    .peer = peer_name,
};

/* ---- Its life ---- */

static SSL *make_ssl(const tls_peer_options *options)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

    assert_non_null(ctx);
    assert_int_equal(SSL_CTX_use_certificate(ctx, options->certificate->x509), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(ctx, options->certificate->key), 1);
    if (options->chain)
        assert_int_equal(SSL_CTX_add1_chain_cert(ctx, options->chain->x509), 1);
    if (options->cipher)
        assert_int_equal(SSL_CTX_set_cipher_list(ctx, options->cipher), 1);
    SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(ctx, options->max_version);
    SSL *ssl = SSL_new(ctx);
    SSL_CTX_free(ctx);
    assert_non_null(ssl);
    return ssl;
}

tls_peer *tls_peer_create(ahttp_loop *loop, const tls_peer_options *options)
{
    tls_peer *peer = calloc(1, sizeof *peer);

    assert_non_null(peer);
    peer->transport.ops = &peer_ops;
    peer->job.run = tell;
    peer->loop = loop;
    peer->options = *options;
    peer->in = BIO_new(BIO_s_mem());
    peer->out = BIO_new(BIO_s_mem());
    peer->takes_writes = true;
    peer->readable = options->read_limit ? options->read_limit : SIZE_MAX;
    peer->writable = options->write_limit ? options->write_limit : SIZE_MAX;
    if (options->certificate) {
        peer->ssl = make_ssl(options);
        BIO_up_ref(peer->in);
        BIO_up_ref(peer->out);
        SSL_set_bio(peer->ssl, peer->in, peer->out);
    }
    return peer;
}

void tls_peer_free(tls_peer *peer)
{
    SSL_free(peer->ssl);
    BIO_free(peer->in);
    BIO_free(peer->out);
    free(peer->received);
    free(peer);
}

ah_transport *tls_peer_transport(tls_peer *peer)
{
    return &peer->transport;
}

/* ---- What it does ---- */

void tls_peer_send(tls_peer *peer, const void *bytes, size_t len)
{
    assert_int_equal(SSL_write(peer->ssl, bytes, (int)len), (int)len);
    wake(peer);
}

void tls_peer_say(tls_peer *peer, const void *bytes, size_t len)
{
    assert_int_equal(BIO_write(peer->out, bytes, (int)len), (int)len);
    wake(peer);
}

void tls_peer_update_keys(tls_peer *peer)
{
    assert_int_equal(SSL_key_update(peer->ssl, SSL_KEY_UPDATE_REQUESTED), 1);
    assert_int_equal(SSL_do_handshake(peer->ssl), 1);
    wake(peer);
}

void tls_peer_send_ticket(tls_peer *peer)
{
    assert_int_equal(SSL_new_session_ticket(peer->ssl), 1);
    assert_int_equal(SSL_do_handshake(peer->ssl), 1);
    wake(peer);
}

void tls_peer_send_close_notify(tls_peer *peer)
{
    assert_true(SSL_shutdown(peer->ssl) >= 0);
    wake(peer);
}

void tls_peer_end(tls_peer *peer)
{
    peer->has_ended = true;
    wake(peer);
}

void tls_peer_reset(tls_peer *peer)
{
    peer->has_reset = true;
    wake(peer);
}

void tls_peer_break_writes(tls_peer *peer)
{
    peer->breaks_writes = true;
    wake(peer);
}

void tls_peer_take_writes(tls_peer *peer, bool on)
{
    peer->takes_writes = on;
    wake(peer);
}

tls_peer_seen tls_peer_look(const tls_peer *peer)
{
    return peer->seen;
}

SSL *tls_peer_ssl(tls_peer *peer)
{
    return peer->ssl;
}
