/* SPDX-License-Identifier: MIT */
#ifndef AH_CONN_H1_SEND_H
#define AH_CONN_H1_SEND_H
/* The sending half of an HTTP/1.1 connection: head and body of one request after the other.
   It goes by itself through

     READY -> SENDING -> SENT -> READY       and from any of them to BROKEN

   or from SENDING back to READY, when the body fails before a byte was written.  It never ends the
   connection: the other half, which sees the responses, does.  A body that is pulled is asked for
   more only when all that it gave before has been written.

   A plain request needs none of this, if the transport takes all of it at once. */
#include "base/buf.h"
#include "conn/exchange.h"
#include "conn/source.h"
#include "loop/timer.h"
#include "net/transport.h"

typedef enum ah_h1_send_state {
    AH_H1_SEND_READY,
    AH_H1_SENDING,
    AH_H1_SENT,
    AH_H1_SEND_BROKEN
} ah_h1_send_state;

typedef struct ah_h1_send {
    ahttp_loop *loop; /* these four are the owner's to set */
    ah_transport *transport;
    void (*moved)(void *ctx); /* called from the loop when something moved by itself */
    void *ctx;
    ah_exchange *exchange;
    ahttp_body *source; /* of the exchange, or NULL */
    ah_h1_send_state state;
    ah_buf out;          /* the head; what frames the body, and small pieces of it */
    ah_str unsent[3];    /* what is left of out, of a piece, and of what ends that */
    uint64_t pulled;     /* bytes the source has given */
    size_t head_len;     /* of it, and ... */
    size_t head_left;    /* ... what is left to be written */
    ah_timer timer;      /* of waiting for 100, or for an answer when sending broke */
    ahttp_error *broke;  /* why writing failed, unless a response explains it */
    ahttp_error *failed; /* why the exchange cannot go on */
    bool is_holding;     /* the body waits for 100 Continue */
    bool is_waiting;     /* the source wakes us */
    bool has_ended;      /* the source has given all */
    bool is_answered;
} ah_h1_send;

/* Whether all of the request is at hand, and nobody looks on or at the clock while it goes out. */
static inline bool ah_h1_send_is_plain(const ah_exchange *exchange)
{
    return !exchange->source && !exchange->limits && !exchange->tracer &&
           !exchange->expect_100_ms && !exchange->shows_wire && !exchange->shows_progress;
}
/* Goes on behind what the transport said when such a request, with its head in out, was written in
   one go, and was not all taken. */
void ah_h1_send_begin_behind(ah_h1_send *send, ah_exchange *exchange, ah_buf *out, ptrdiff_t sent);
/* Any other request: writes what fits at once. */
void ah_h1_send_begin(ah_h1_send *send, ah_exchange *exchange);
/* The transport is writable: writes on, if there is something. */
void ah_h1_send_more(ah_h1_send *send);
/* Whether it waits for the transport to be writable. */
bool ah_h1_send_wants_room(const ah_h1_send *send);
/* After begin, more, go_on and moved: why the exchange must be ended, now the caller's, or NULL.
   Unless the state is READY then, the connection must be, too. */
ahttp_error *ah_h1_send_take_failure(ah_h1_send *send);
/* Why writing failed, now the caller's, or NULL. */
ahttp_error *ah_h1_send_take_broke(ah_h1_send *send);

/* 100 Continue has come. */
void ah_h1_send_go_on(ah_h1_send *send);
/* The final head has come.  A server that refuses is not sent the rest of the body; one that
   agrees is, as it may answer while it reads. */
void ah_h1_send_answered(ah_h1_send *send, int status);
/* Of SENT: the next may come.  Else the rest of the request is not wanted any more. */
void ah_h1_send_end(ah_h1_send *send);
/* Nothing is sent any more. */
void ah_h1_send_stop(ah_h1_send *send);
void ah_h1_send_release(ah_h1_send *send);

#endif
