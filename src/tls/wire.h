/* SPDX-License-Identifier: MIT */
#ifndef AH_TLS_WIRE_H
#define AH_TLS_WIRE_H
/* The ciphertext side of a TLS connection.  OpenSSL reads straight from the transport below
   into its own buffer, and is told "nothing more" without a call when the last read was short.
   What it writes is collected, so that records and handshake messages leave together. */
#include "base/buf.h"
#include "net/transport.h"
#include <openssl/bio.h>
#include <openssl/err.h>

enum { AH_TLS_WIRE_KEPT = 4096 }; /* bytes of a buffer that stay with an idle connection */

typedef struct ah_tls_wire {
    ah_transport *below;
    ah_buf out;      /* what OpenSSL has written; below has not taken the part behind sent */
    size_t sent;     /* bytes of out */
    unsigned wanted; /* the events that below was asked for */
    bool is_drained; /* below has nothing more to read; ah_tls_wire_look_again where it may have */
    bool is_starved; /* OpenSSL asked for input in vain, so its call has failed for want of it */
    bool is_blocked; /* below takes nothing more until it is writable */
    bool is_ended;   /* below has ended */
    bool has_input;  /* OpenSSL was given bytes; whoever has used them up resets it */
    ahttp_error *read_error;
    ahttp_error *write_error; /* once set, what OpenSSL writes is dropped */
} ah_tls_wire;

/* How OpenSSL is to call a wire; must outlive the BIOs.  NULL when out of memory. */
BIO_METHOD *ah_tls_wire_method_new(void);
/* The wire must outlive it.  NULL when out of memory. */
BIO *ah_tls_wire_bio_new(ah_tls_wire *wire, const BIO_METHOD *method);

/* Closes the transport below, and frees what the wire holds. */
void ah_tls_wire_release(ah_tls_wire *wire);

/* Before each call whose SSL_get_error is looked at: no error of earlier ones is left.  Clearing
   takes OpenSSL longer than looking. */
static inline void ah_tls_clear_errors(void)
{
    if (AH_UNLIKELY(ERR_peek_error() != 0))
        ERR_clear_error();
}

/* Before OpenSSL is called. */
static inline void ah_tls_wire_look_again(ah_tls_wire *wire)
{
    wire->is_drained = false;
    wire->is_starved = false;
}

/* Asks below for events, unless it was asked for just these. */
static inline void ah_tls_wire_want(ah_tls_wire *wire, unsigned events)
{
    if (events == wire->wanted)
        return;
    wire->wanted = events;
    ah_transport_want(wire->below, events);
}

/* What ah_tls_wire_flush does where there is something. */
bool ah_tls_wire_send(ah_tls_wire *wire);

static inline size_t ah_tls_wire_unsent(const ah_tls_wire *wire)
{
    return wire->out.len - wire->sent;
}

/* Offers below what is not sent yet, in one call.  False when writing has failed for good. */
static inline bool ah_tls_wire_flush(ah_tls_wire *wire)
{
    return ah_tls_wire_unsent(wire) > 0 ? ah_tls_wire_send(wire) : !wire->write_error;
}

/* What a connection has in memory while it is idle is small: a buffer that has grown goes. */
static inline void ah_tls_wire_empty(ah_buf *buf)
{
    ah_buf_clear(buf);
    if (AH_UNLIKELY(buf->cap > AH_TLS_WIRE_KEPT))
        ah_buf_release(buf);
}

#endif
