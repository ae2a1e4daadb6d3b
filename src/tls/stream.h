/* SPDX-License-Identifier: MIT */
#ifndef AH_TLS_STREAM_H
#define AH_TLS_STREAM_H
/* A TLS connection: first the handshake drives it, then it is a transport of its own. */
#include "loop/loop.h"
#include "tls/settings.h"
#include "tls/verdict.h"
#include "tls/wire.h"

typedef struct ah_tls_stream {
    ah_transport transport;
    ahttp_loop *loop;
    ahttp_tls *settings; /* held */
    SSL *ssl;
    ah_tls_wire wire;
    ah_buf ticket_name; /* sessions of this server are kept under it */
    X509 *leaf;         /* held: the certificate that the next are of; NULL: none yet */
    ah_certificates *certificates;
    ah_tls_verdict *verdict;    /* while the handshake goes on */
    ah_job job;                 /* sends what nobody has sent, tells of input in OpenSSL */
    ah_buf gathered;            /* short parts, to become one record */
    unsigned wanted;            /* by the owner */
    bool write_waits_for_input; /* for the rest of a handshake message */
    bool has_close_notify;      /* the peer has sent one */
    bool is_ended;              /* that was read */
    bool has_spare_buffers;     /* OpenSSL may hold some that data does not need */
    bool is_broken;             /* for OpenSSL, which says why once only */
    ahttp_error *read_error;
    const ahttp_error *last_error; /* of those of reading and writing, what failed last */
} ah_tls_stream;

/* Takes below over unless it fails.  NULL when out of memory. */
ah_tls_stream *ah_tls_stream_new(ahttp_loop *loop, ahttp_tls *settings, ah_transport *below);
/* Whose SSL it is, for callbacks of OpenSSL's; NULL if it is none of these. */
ah_tls_stream *ah_tls_stream_of(const SSL *ssl);
/* For SSL_CTX_set_info_callback. */
void ah_tls_stream_note(const SSL *ssl, int where, int value);
/* The handshake is done: from now on it answers to its owner. */
void ah_tls_stream_open(ah_tls_stream *stream);
/* Also closes below; says nothing to the peer. */
void ah_tls_stream_free(ah_tls_stream *stream);

#endif
