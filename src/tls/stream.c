/* SPDX-License-Identifier: MIT */
/* TLS as a transport.  Reading decrypts straight into the caller's memory.  Writing never
   waits inside OpenSSL: records go to the wire's buffer, and no more are made while the
   transport below takes nothing.  OpenSSL may hold input that the transport below shows no
   readiness for, so readiness to read is also told from a job. */
#include "tls/stream.h"
#include "base/mem.h"
#include "loop/poll.h"
#include "net/peer.h"
#include "tls/certificates.h"
#include "tls/failure.h"
#include "tls/settings.h"
#include <openssl/err.h>

enum {
    RECORD_SIZE = SSL3_RT_MAX_PLAIN_LENGTH,
    BATCH_SIZE = 3 * RECORD_SIZE /* so much ciphertext is made before it is sent */
};

static ah_tls_stream *of(ah_transport *transport)
{
    return AH_CONTAINER(transport, ah_tls_stream, transport);
}

/* ---- Watching ---- */

/* Brings what is watched in line with what is wanted and what there is; ends every entry. */
static void settle(ah_tls_stream *self)
{
    const ah_tls_wire *wire = &self->wire;
    bool can_tell_input = (self->wanted & AH_READABLE) && wire->has_input;
    bool can_send = ah_tls_wire_unsent(wire) > 0 && !wire->is_blocked;
    unsigned below = self->wanted;

    if (self->write_waits_for_input && (below & AH_WRITABLE))
        below = AH_READABLE;
    if (wire->is_blocked)
        below |= AH_WRITABLE;
    ah_tls_wire_want(&self->wire, below);
    if ((can_tell_input || can_send) && !ah_link_is_in_list(&self->job.link))
        ah_loop_ready(self->loop, &self->job);
}

static void tell(ah_tls_stream *self, unsigned events)
{
    if (events)
        self->transport.ready(self->transport.ctx, events);
}

static void on_below_ready(void *ctx, unsigned events)
{
    ah_tls_stream *self = ctx;
    unsigned told = events;

    if (events & AH_WRITABLE) {
        ah_tls_wire_flush(&self->wire);
        settle(self);
    }
    if (self->wire.is_blocked)
        told &= ~(unsigned)AH_WRITABLE;
    if ((events & AH_READABLE) && self->write_waits_for_input)
        told |= AH_WRITABLE;
    tell(self, told & self->wanted);
}

static void on_below_ahead(void *ctx)
{
    const ah_tls_stream *self = ctx;

    ah_transport_look_ahead(&self->transport);
}

static void run_job(ah_job *job)
{
    ah_tls_stream *self = AH_CONTAINER(job, ah_tls_stream, job);
    unsigned told = self->wire.has_input ? AH_READABLE : 0;

    if (!self->wire.is_blocked)
        ah_tls_wire_flush(&self->wire);
    settle(self);
    tell(self, told & self->wanted);
}

static void stream_want(ah_transport *transport, unsigned events)
{
    ah_tls_stream *self = of(transport);

    self->wanted = events;
    settle(self);
}

/* ---- Failures ---- */

/* Why an SSL call has failed for good.  No code says that the request may be sent again: the
   handshake is over. */
static ahttp_error *broken(ah_tls_stream *self, const char *doing)
{
    ah_tls_wire *wire = &self->wire;
    ahttp_error *error = wire->read_error;

    if (wire->write_error == ah_error_no_memory())
        return wire->write_error;
    if (error) {
        wire->read_error = NULL;
        return error;
    }
    if (self->has_close_notify) /* in a renegotiation */
        return ah_error_new(AHTTP_E_DISCONNECTED, "%s %s: the peer has closed the connection",
                            doing, ah_transport_peer(wire->below));
    if (wire->is_ended)
        return ah_error_new(AHTTP_E_DISCONNECTED,
                            "%s %s: connection ended without TLS close_notify", doing,
                            ah_transport_peer(wire->below));
    unsigned long why = self->is_broken ? 0 : ERR_peek_last_error();
    self->is_broken = true;
    const char *hint = ah_tls_alert_hint(ERR_GET_REASON(why), self->settings);
    return ah_tls_failure(*hint ? AHTTP_E_TLS : AHTTP_E_DISCONNECTED, why, "%s %s%s", doing,
                          ah_transport_peer(wire->below), hint);
}

static ptrdiff_t failed(ah_tls_stream *self, const ahttp_error *error)
{
    self->last_error = error;
    return AH_IO_FAILED;
}

static ahttp_error *stream_failure(ah_transport *transport)
{
    return ah_error_copy(of(transport)->last_error);
}

/* ---- Memory ---- */

/* OpenSSL gives its buffers up after use, but when it reads a message of a handshake, such as a
   session ticket, it also makes one for writing. */
static void free_spare_buffers(ah_tls_stream *self)
{
    if (AH_UNLIKELY(self->has_spare_buffers) && SSL_free_buffers(self->ssl))
        self->has_spare_buffers = false;
}

/* Called by OpenSSL for messages of handshakes and alerts, never for data. */
void ah_tls_stream_note(const SSL *ssl, int where, int value)
{
    ah_tls_stream *self = ah_tls_stream_of(ssl);

    self->has_spare_buffers = true;
    if (where == SSL_CB_READ_ALERT && (value & 0xff) == SSL_AD_CLOSE_NOTIFY)
        self->has_close_notify = true;
}

/* ---- Reading ---- */

/* Waiting, end and failure alike, told apart without SSL_get_error: that takes whatever the program
   has left in this thread's queue of errors for one of this call, unless the queue was emptied
   before, for each request.  What is final counts as input, which is never used up. */
static void reading_stopped(ah_tls_stream *self)
{
    self->wire.has_input = !self->wire.is_starved;
    if (self->wire.is_starved)
        return;
    if (self->has_close_notify)
        self->is_ended = true;
    else
        self->read_error = broken(self, "read from");
}

static size_t decrypt(ah_tls_stream *self, char *buf, size_t cap)
{
    size_t got = 0;
    size_t count;

    ah_tls_wire_look_again(&self->wire);
    do {
        if (!SSL_read_ex(self->ssl, buf + got, cap - got, &count)) {
            reading_stopped(self);
            return got;
        }
        got += count;
        self->wire.has_input = SSL_has_pending(self->ssl);
    } while (got < cap && (self->wire.has_input || !self->wire.is_drained));
    return got;
}

static ptrdiff_t stream_read(ah_transport *transport, char *buf, size_t cap)
{
    ah_tls_stream *self = of(transport);
    size_t got = self->is_ended || self->read_error ? 0 : decrypt(self, buf, cap);

    if (!self->wire.is_blocked)
        ah_tls_wire_flush(&self->wire); /* an alert, or the answer to a key update */
    settle(self);
    if (got > 0)
        return (ptrdiff_t)got;
    if (self->read_error)
        return failed(self, self->read_error);
    if (self->is_ended)
        return AH_IO_END;
    free_spare_buffers(self);
    return AH_IO_AGAIN;
}

/* ---- Writing ---- */

/* What is left of an array of parts. */
typedef struct cursor {
    const ah_str *parts;
    size_t count;
    size_t offset; /* into the first of them */
} cursor;

static ah_str first_part(const cursor *rest)
{
    return ah_str_slice(rest->parts[0], rest->offset, SIZE_MAX);
}

static void skip(cursor *rest, size_t len)
{
    rest->offset += len;
    while (rest->count > 0 && rest->offset >= rest->parts[0].len) {
        rest->offset -= rest->parts[0].len;
        rest->parts++;
        rest->count--;
    }
}

/* The plaintext of the next record; empty at the end.  Parts that are shorter than a record
   are gathered; where there is no memory for that, they become records of their own. */
static ah_str next_record(ah_tls_stream *self, const cursor *rest)
{
    cursor from = *rest;
    ah_buf *gathered = &self->gathered;

    skip(&from, 0);
    if (from.count == 0)
        return ah_str_make(NULL, 0);
    ah_str first = ah_str_slice(first_part(&from), 0, RECORD_SIZE);
    if (first.len == RECORD_SIZE || from.count == 1)
        return first;
    ah_buf_clear(gathered);
    while (from.count > 0 && gathered->len < RECORD_SIZE) {
        ah_str piece = ah_str_slice(first_part(&from), 0, RECORD_SIZE - gathered->len);
        ah_buf_append(gathered, piece);
        skip(&from, piece.len);
    }
    return ah_buf_failed(gathered) ? first : ah_buf_str(gathered);
}

static void writing_stopped(ah_tls_stream *self)
{
    if (self->wire.is_starved)
        self->write_waits_for_input = true;
    else if (!self->wire.write_error)
        self->wire.write_error = broken(self, "write to");
}

/* Makes records until there is a batch to send; whether to come again. */
static bool encrypt_batch(ah_tls_stream *self, cursor *rest, size_t *taken)
{
    while (ah_tls_wire_unsent(&self->wire) < BATCH_SIZE) {
        ah_str record = next_record(self, rest);
        size_t count;
        if (record.len == 0)
            return false;
        if (!SSL_write_ex(self->ssl, record.ptr, record.len, &count)) {
            writing_stopped(self);
            return false;
        }
        skip(rest, count);
        *taken += count;
    }
    return true;
}

static ptrdiff_t stream_write(ah_transport *transport, const ah_str *parts, size_t count)
{
    ah_tls_stream *self = of(transport);
    ah_tls_wire *wire = &self->wire;
    cursor rest = {parts, count, 0};
    size_t taken = 0;
    bool has_more = true;

    self->write_waits_for_input = false;
    ah_tls_wire_look_again(wire);
    if (wire->is_blocked)
        ah_tls_wire_flush(wire);
    while (has_more && !wire->is_blocked && !wire->write_error) {
        has_more = encrypt_batch(self, &rest, &taken);
        ah_tls_wire_flush(wire);
    }
    ah_tls_wire_empty(&self->gathered);
    settle(self);
    if (wire->write_error)
        return failed(self, wire->write_error);
    skip(&rest, 0);
    return taken == 0 && rest.count > 0 ? AH_IO_AGAIN : (ptrdiff_t)taken;
}

static bool stream_holds(const ah_transport *transport)
{
    const ah_tls_wire *wire = &AH_CONTAINER(transport, const ah_tls_stream, transport)->wire;

    return ah_tls_wire_unsent(wire) > 0 || ah_transport_holds(wire->below);
}

/* ---- The rest ---- */

static void stream_rest(ah_transport *transport)
{
    free_spare_buffers(of(transport));
    ah_transport_rest(of(transport)->wire.below);
}

/* In the background it is idle. */
static void stream_set_background(ah_transport *transport, bool background)
{
    if (background)
        stream_rest(transport);
    ah_transport_set_background(of(transport)->wire.below, background);
}

static const char *stream_peer(ah_transport *transport)
{
    return ah_transport_peer(of(transport)->wire.below);
}

static void stream_facts(ah_transport *transport, ah_peer_facts *facts)
{
    ah_tls_stream *self = of(transport);
    const ahttp_tls *settings = SSL_CTX_get_app_data(SSL_get_SSL_CTX(self->ssl));
    const unsigned char *alpn;
    unsigned alpn_len;

    ah_transport_facts(self->wire.below, facts);
    SSL_get0_alpn_selected(self->ssl, &alpn, &alpn_len);
    facts->alpn = ah_str_make((const char *)alpn, alpn_len);
    facts->tls_version = SSL_get_version(self->ssl);
    facts->tls_cipher = SSL_CIPHER_standard_name(SSL_get_current_cipher(self->ssl));
    facts->is_tls_resumed = SSL_session_reused(self->ssl);
    facts->is_tls_verified = settings && !settings->skips_verify && !settings->skips_name;
    facts->certificates = ah_tls_certificates_of(self);
    facts->failed |= SSL_get0_peer_certificate(self->ssl) && !facts->certificates;
}

/* RFC 9112 §9.8: close_notify goes out before the connection closes.  The peer's is not waited
   for. */
static bool stream_finish(ah_transport *transport)
{
    ah_tls_stream *self = of(transport);

    if (self->read_error || self->wire.write_error)
        return false;
    if (!(SSL_get_shutdown(self->ssl) & SSL_SENT_SHUTDOWN)) {
        ah_tls_clear_errors();
        SSL_shutdown(self->ssl);
    }
    ah_tls_wire_flush(&self->wire);
    settle(self);
    if (ah_tls_wire_unsent(&self->wire) > 0)
        return true;
    return !self->wire.write_error && ah_transport_finish(self->wire.below);
}

/* What still waits for a peer that takes nothing is lost. */
static void stream_close(ah_transport *transport)
{
    stream_finish(transport);
    ah_tls_stream_free(of(transport));
}

static const ah_transport_ops stream_ops = {
    .read = stream_read,
    .write = stream_write,
    .holds = stream_holds,
    .finish = stream_finish,
    .want = stream_want,
    .failure = stream_failure,
    .set_background = stream_set_background,
    .rest = stream_rest,
    .close = stream_close,
    .peer = stream_peer,
    .facts = stream_facts,
};

ah_tls_stream *ah_tls_stream_new(ahttp_loop *loop, ahttp_tls *settings, ah_transport *below)
{
    ah_tls_stream *self = AH_NEW(ah_tls_stream);
    SSL *ssl = SSL_new(settings->ctx);
    BIO *bio = self ? ah_tls_wire_bio_new(&self->wire, settings->wire_method) : NULL;

    if (!self || !ssl || !bio) {
        BIO_free(bio);
        SSL_free(ssl);
        ah_free(self);
        ah_tls_clear_errors();
        return NULL;
    }
    SSL_set_bio(ssl, bio, bio);
    SSL_set_connect_state(ssl);
    self->transport.ops = &stream_ops;
    self->loop = loop;
    self->settings = ahttp_tls_ref(settings);
    self->ssl = ssl;
    self->wire.below = below;
    self->job.run = run_job;
    return self;
}

ah_tls_stream *ah_tls_stream_of(const SSL *ssl)
{
    ah_tls_wire *wire = BIO_get_data(SSL_get_rbio(ssl));

    return wire ? AH_CONTAINER(wire, ah_tls_stream, wire) : NULL;
}

void ah_tls_stream_open(ah_tls_stream *stream)
{
    ah_transport_set_owner(stream->wire.below, on_below_ready, stream);
    stream->wire.below->ahead = on_below_ahead;
    stream->wire.has_input = SSL_has_pending(stream->ssl);
    if (ah_tls_wire_unsent(&stream->wire) > 0 || stream->wire.is_blocked)
        ah_loop_ready(stream->loop, &stream->job);
}

void ah_tls_stream_free(ah_tls_stream *stream)
{
    ah_link_remove(&stream->job.link);
    SSL_free(stream->ssl);
    ah_tls_clear_errors();
    ah_tls_wire_release(&stream->wire);
    ah_buf_release(&stream->gathered);
    ah_error_free(stream->read_error);
    ah_buf_release(&stream->ticket_name);
    ah_tls_certificates_forget(stream);
    ahttp_tls_unref(stream->settings);
    ah_free(stream);
}
