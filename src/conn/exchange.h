/* SPDX-License-Identifier: MIT */
#ifndef AH_CONN_EXCHANGE_H
#define AH_CONN_EXCHANGE_H
/* One request and its response in flight: what the client hands to a connection, whatever
   protocol that speaks.  It is embedded in the client's block for the request and never
   allocated by itself. */
#include "base/buf.h"
#include "base/error.h"
#include "http/message.h"
#include "loop/tracer.h"
#include "net/transport.h"
#include <ahttp/body.h>
#include <ahttp/peer.h>
#include <ahttp/timeout.h>
#include <ahttp/wire.h>

typedef struct ah_conn ah_conn;
typedef struct ah_exchange ah_exchange;

/* Called from the loop or from inside the connection's operations; they must not run user
   code.  They may abandon the exchange and close the connection. */
typedef struct ah_exchange_events {
    /* A response begins: fetches what whoever goes on with it will touch (ah_fetch), and does
       nothing else.  NULL: that is not known. */
    void (*begun)(const ah_exchange *exchange);
    /* The final head is complete: exchange->response is filled. */
    void (*head)(ah_exchange *exchange);
    /* Bytes of the body, still coded, valid during the call.  False: enough now; no more come
       until ah_conn_resume. */
    bool (*body)(ah_exchange *exchange, ah_str piece);
    /* The last event; exchange->conn is NULL again.  NULL: the response is complete; else
       why not, for the callee to keep. */
    void (*end)(ah_exchange *exchange, ahttp_error *error);
    /* An interim head (1xx but 101) has come, and is in exchange->response until this returns.
       NULL: not wanted. */
    void (*interim)(ah_exchange *exchange);
    /* Where the next bytes of the body may be read to, of which there are at most `most`: room for
       *cap of them, and the next body event is about these.  NULL, also for the function: read them
       elsewhere, and they will be copied. */
    char *(*place)(ah_exchange *exchange, uint64_t most, size_t *cap);
    /* With shows_progress: bytes were written. */
    void (*progress)(ah_exchange *exchange);
    /* With shows_wire: a head goes out, or has come, before anything else is said of it. */
    void (*wire)(ah_exchange *exchange, ahttp_wire_part part, ah_str bytes);
} ah_exchange_events;

/* What is left of a connection that has changed to another protocol. */
typedef struct ah_tunnel {
    ah_transport *transport; /* nothing is watched on it */
    ah_buf received;         /* what came behind the response */
} ah_tunnel;

/* So many bytes, from its events on, are touched of an exchange and of the block around it when a
   response comes; and so many of what is told of its head. */
enum { AH_EXCHANGE_SIZE = 12 * AH_LINE_SIZE, AH_TOLD_SIZE = 2 * AH_LINE_SIZE };

/* What every exchange touches lies together, between what most do not. */
struct ah_exchange {
    ah_str upgrade;     /* the protocol that 101 may change to; empty: none */
    ah_tunnel tunnel;   /* from an end event without error on: the owner's, if set */
    uint64_t body_sent; /* with shows_progress: of the body, without its framing */

    const ah_exchange_events *events;
    ah_conn *conn;                  /* while on the wire, else NULL */
    const ah_response_rules *rules; /* complete ones; NULL: the default ones */
    const ahttp_timeout *limits;    /* of gaps; NULL: it has none */
    ah_tracer *tracer;              /* who notes its steps; NULL: nobody */
    ahttp_peer *peer;               /* of the connection; set when sent, a reference; or NULL */
    uint64_t bytes_sent;            /* of head and body */
    uint64_t bytes_received;        /* of head and body as they came */
    bool was_reused;                /* the connection had carried another exchange before */
    bool shows_wire;                /* the wire event is wanted */
    bool shows_progress;            /* and progress */
    bool was_sent;                  /* all of the request was written */
    bool keeps_conn;                /* its connection does not become idle, if it could */
    ah_conn *kept;    /* with keeps_conn, behind a good end: its connection, to be sent on or given
                         back; NULL as soon as that has closed */
    const void *told; /* memory that the head event touches, or NULL; nobody reads it here, for
                         it may be gone */
    ahttp_body *source;    /* open, to be pulled instead of body; as long; or NULL */
    int64_t expect_100_ms; /* how long the body waits for 100; 0: it does not */
    ah_str body;           /* of the request, all of it; lives until the end event */
    ah_request_head request;
    ah_response_head response; /* fields initialised with the arena to use, before sending */
};

/* The head changes to another protocol, by 101 or as an answer to CONNECT.  That is believed only
   if it was asked for, and if the server has read all that was sent before it.  NULL, or what is
   wrong: "before it was sent all of the request". */
const char *ah_exchange_check_change(const ah_exchange *exchange, bool was_sent);
/* For ah_tunnel_close, where there is one. */
void ah_tunnel_end(ah_tunnel *tunnel);
/* Does nothing when there is none. */
static inline void ah_tunnel_close(ah_tunnel *tunnel)
{
    if (AH_UNLIKELY(tunnel->transport != NULL))
        ah_tunnel_end(tunnel);
}
static inline void ah_exchange_release_peer(ah_exchange *exchange)
{
    if (exchange->peer)
        ahttp_peer_unref(exchange->peer);
    exchange->peer = NULL;
}
/* For the owner, before the next sending and at last: gives up what came with the response, its
   peer and the tunnel.  Where no other protocol was asked for, there is none of the latter. */
static inline void ah_exchange_release(ah_exchange *exchange)
{
    ah_exchange_release_peer(exchange);
    ah_tunnel_close(&exchange->tunnel);
}

#endif
