/* SPDX-License-Identifier: MIT */
#include "base/mem.h"
#include "loop/poll.h"
#include "tls/certificates.h"
#include "tls/failure.h"
#include "tls/stream.h"
#include "tls/tls.h"
#include "tls/verdict.h"
#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

struct ah_tls_handshake {
    ah_tls_stream *stream;
    ah_tls_fn *done;
    void *ctx;
    ah_job job; /* the next step; done is never called inside ah_tls_start */
    ah_tls_verdict verdict;
    const char *refusal; /* why it is not even begun, or NULL */
    char name[];         /* of the server, without the dot at its end */
};

/* ---- Whom to expect ---- */

/* NULL, or why this name cannot be checked.  A zone is the affair of this machine only. */
static const char *expect_address(SSL *ssl, const char *name, bool skips_name, bool *is_address)
{
    char text[INET6_ADDRSTRLEN];
    unsigned char ip[16];
    ah_str bare = ah_str_slice(ah_str_from(name), 0, ah_str_find(ah_str_from(name), '%'));
    size_t len = 0;

    if (bare.len < sizeof text) {
        memcpy(text, bare.ptr, bare.len);
        text[bare.len] = '\0';
        if (inet_pton(AF_INET, text, ip) == 1)
            len = 4;
        else if (inet_pton(AF_INET6, text, ip) == 1)
            len = 16;
    }
    *is_address = len > 0;
    if (*is_address && !skips_name && X509_VERIFY_PARAM_set1_ip(SSL_get0_param(ssl), ip, len) != 1)
        return "out of memory for the address";
    return NULL;
}

/* OpenSSL takes an empty name for "any", and one that begins with a dot for "any below". */
static const char *expect(SSL *ssl, const char *name, bool skips_name)
{
    bool is_address;
    const char *refusal = expect_address(ssl, name, skips_name, &is_address);

    if (is_address)
        return refusal;
    if (!*name || *name == '.')
        return "the host name has an empty label";
    if (strlen(name) > TLSEXT_MAXLEN_host_name)
        return "the host name is longer than 255 bytes";
    SSL_set_hostflags(ssl,
                      X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    if ((!skips_name && SSL_set1_host(ssl, name) != 1) || SSL_set_tlsext_host_name(ssl, name) != 1)
        return "the host name cannot be set";
    return NULL;
}

/* ---- Its end ---- */

static void free_handshake(ah_tls_handshake *self)
{
    ah_link_remove(&self->job.link);
    ah_buf_release(&self->verdict.text);
    ah_free(self);
}

static void succeed(ah_tls_handshake *self)
{
    ah_tls_stream *stream = self->stream;
    ah_tls_fn *done = self->done;
    void *ctx = self->ctx;

    stream->verdict = NULL;
    free_handshake(self);
    ah_tls_stream_open(stream);
    done(ctx, &stream->transport, NULL);
}

/* The peer is told why, where that takes no waiting: by OpenSSL's alert, or by close_notify where
   the handshake was good enough for OpenSSL. */
static void fail(ah_tls_handshake *self, ahttp_error *error)
{
    ah_tls_fn *done = self->done;
    void *ctx = self->ctx;

    if (SSL_is_init_finished(self->stream->ssl))
        SSL_shutdown(self->stream->ssl);
    ah_tls_wire_flush(&self->stream->wire);
    ah_tls_stream_free(self->stream);
    free_handshake(self);
    done(ctx, NULL, error);
}

/* When the transport below has failed. */
static ahttp_error *lost(const char *name, const ahttp_error *why)
{
    if (why->code == AHTTP_E_NO_MEMORY)
        return ah_error_no_memory();
    return ah_tls_failure_because(
        ah_error_new(AHTTP_E_DISCONNECTED, "TLS handshake with %s: %s", name, why->message),
        why->cause);
}

static const char *version_text(int version)
{
    static const char *const texts[] = {"1.0", "1.1", "1.2", "1.3"};

    return texts[(version ? version : AHTTP_TLS_1_3) - AHTTP_TLS_1_0];
}

/* What was asked for, where that explains why there is no handshake. */
static void append_offer(ah_buf *text, const ahttp_tls *settings, int reason)
{
    switch (reason) {
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
        ah_buf_append_format(text, " (offered was TLS %s to %s)",
                             version_text(settings->versions[0]),
                             version_text(settings->versions[1]));
        break;
    case SSL_AD_REASON_OFFSET + SSL_AD_NO_APPLICATION_PROTOCOL:
        ah_buf_append_format(text, ": the peer speaks none of the protocols that were offered: %s",
                             settings->alpn);
        break;
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
        ah_buf_append(text, settings->has_certificate
                                ? AH_STR(" (no algorithm in common, or it refuses the certificate)")
                                : AH_STR(" (no algorithm in common, or it wants a certificate of "
                                         "the client's, and there is none)"));
        break;
    default: ah_buf_append_format(text, "%s", ah_tls_alert_hint(reason, settings));
    }
}

static ahttp_error *refused(const ah_tls_handshake *self)
{
    int reason = ERR_GET_REASON(ERR_peek_last_error());
    ahttp_error *error =
        ah_tls_failure(AHTTP_E_TLS, ERR_peek_last_error(), "TLS handshake with %s", self->name);
    ah_buf offer = {0};

    append_offer(&offer, self->stream->settings, reason);
    if (offer.len > 0 && ah_buf_terminate(&offer) && error->code == AHTTP_E_TLS)
        error = ah_error_append(error, offer.data);
    ah_buf_release(&offer);
    return error;
}

static ahttp_error *why_it_failed(const ah_tls_handshake *self)
{
    const ah_tls_wire *wire = &self->stream->wire;

    if (wire->write_error == ah_error_no_memory())
        return wire->write_error;
    if (self->verdict.code != X509_V_OK)
        return ah_tls_verdict_error(&self->verdict, self->name);
    if (wire->read_error)
        return lost(self->name, wire->read_error);
    if (wire->is_ended)
        return ah_error_new(AHTTP_E_DISCONNECTED,
                            "TLS handshake with %s: the peer closed the connection", self->name);
    return refused(self);
}

/* What OpenSSL lets pass: NULL, or what is wrong with a handshake that has succeeded. */
static ahttp_error *unacceptable(const ah_tls_handshake *self)
{
    const ah_tls_stream *stream = self->stream;
    ah_str rest = ah_str_from(stream->settings->alpn), name, chosen;
    const unsigned char *alpn;
    unsigned alpn_len;

    if (!SSL_get0_peer_certificate(stream->ssl) && !stream->settings->skips_verify)
        return ah_error_new(AHTTP_E_CERTIFICATE, "verify certificate of %s: the peer has none",
                            self->name);
    SSL_get0_alpn_selected(stream->ssl, &alpn, &alpn_len);
    chosen = ah_str_make((const char *)alpn, alpn_len);
    while (chosen.len > 0 && ah_str_split(&rest, ',', &name)) {
        if (ah_str_equal(ah_str_trim(name), chosen))
            return NULL;
    }
    if (chosen.len == 0)
        return NULL;
    return ah_error_new(AHTTP_E_TLS,
                        "TLS handshake with %s: the peer chose the protocol %.*s (offered was %s)",
                        self->name, (int)chosen.len, chosen.ptr, stream->settings->alpn);
}

/* ---- Its course ---- */

/* As far as it goes with the input there is.  True when it is over, and self gone. */
static bool advance(ah_tls_handshake *self)
{
    ah_tls_stream *stream = self->stream;

    ah_tls_clear_errors();
    int result = SSL_do_handshake(stream->ssl);
    if (result == 1) {
        ahttp_error *error = unacceptable(self);
        if (error)
            fail(self, error);
        else
            succeed(self);
        return true;
    }
    if (SSL_get_error(stream->ssl, result) == SSL_ERROR_WANT_READ)
        return false;
    fail(self, why_it_failed(self));
    return true;
}

/* A peer that refuses may close before it has read all; what it said first tells more than
   that writing fails. */
static void step(ah_tls_handshake *self)
{
    ah_tls_wire *wire = &self->stream->wire;

    if (advance(self))
        return;
    if (!ah_tls_wire_flush(wire)) {
        ah_tls_wire_look_again(wire);
        if (!advance(self))
            fail(self, lost(self->name, wire->write_error));
        return;
    }
    ah_tls_wire_want(wire, AH_READABLE | (wire->is_blocked ? AH_WRITABLE : 0u));
}

/* A step computes for as long as many answers take. */
static void step_soon(ah_tls_handshake *self)
{
    if (!ah_link_is_in_list(&self->job.link))
        ah_loop_after_input(self->stream->loop, &self->job);
}

static void go_on(ah_job *job)
{
    step(AH_CONTAINER(job, ah_tls_handshake, job));
}

static void on_below_ready(void *ctx, unsigned events)
{
    ah_tls_handshake *self = ctx;

    (void)events;
    ah_tls_wire_look_again(&self->stream->wire);
    step_soon(self);
}

static void begin(ah_job *job)
{
    ah_tls_handshake *self = AH_CONTAINER(job, ah_tls_handshake, job);

    self->job.run = go_on;
    self->stream->wire.is_drained = true; /* the client speaks first (RFC 8446 §2) */
    if (self->refusal)
        fail(self,
             ah_error_new(AHTTP_E_TLS, "TLS handshake with \"%s\": %s", self->name, self->refusal));
    else
        step(self);
}

/* The name of the server's sessions, and one of them if there is any. */
static bool prepare_resumption(ah_tls_stream *stream, const char *name, const char *place)
{
    ah_tls_tickets *tickets = &stream->settings->tickets;

    if (!stream->settings->resumes)
        return true;
    ah_buf_append(&stream->ticket_name, ah_str_from(name));
    ah_buf_append_char(&stream->ticket_name, ' ');
    ah_buf_append(&stream->ticket_name, ah_str_from(place));
    if (ah_buf_failed(&stream->ticket_name))
        return false;
    ah_tls_ticket ticket = ah_tls_tickets_take(tickets, ah_buf_str(&stream->ticket_name));
    if (ticket.session && SSL_set_session(stream->ssl, ticket.session) == 1)
        ah_tls_certificates_expect(stream, &ticket);
    ah_tls_ticket_release(ticket);
    return true;
}

/* NULL when out of memory. */
static ah_tls_handshake *new_handshake(const char *server_name)
{
    size_t len = strlen(server_name);
    ah_tls_handshake *self = ah_alloc_zeroed(sizeof *self + len + 1);

    if (self)
        memcpy(self->name, server_name, len > 0 && server_name[len - 1] == '.' ? len - 1 : len);
    return self;
}

ah_tls_handshake *ah_tls_start(ahttp_loop *loop, ahttp_tls *settings, ah_transport *below,
                               const ah_tls_target *target, ah_tls_fn *done, void *ctx)
{
    ah_tls_handshake *self = new_handshake(target->server_name);
    ah_tls_stream *stream = self ? ah_tls_stream_new(loop, settings, below) : NULL;

    if (!stream) {
        ah_free(self);
        ah_transport_close(below);
        return NULL;
    }
    if (!prepare_resumption(stream, self->name, target->place)) {
        ah_free(self);
        ah_tls_stream_free(stream);
        return NULL;
    }
    self->stream = stream;
    self->done = done;
    self->ctx = ctx;
    self->refusal = expect(stream->ssl, self->name, settings->skips_name);
    stream->verdict = &self->verdict;
    ah_transport_set_owner(below, on_below_ready, self);
    self->job.run = begin;
    step_soon(self);
    return self;
}

/* The peer sees the connection end, and no alert.  RFC 8446 §6.1 has user_canceled for this, but no
   function of OpenSSL's sends it, and SSL_shutdown says no close_notify in a handshake.  Nothing is
   lost: what an end without either might cut off is data, and there is none yet. */
void ah_tls_cancel(ah_tls_handshake *handshake)
{
    ah_tls_stream_free(handshake->stream);
    free_handshake(handshake);
}
