/* SPDX-License-Identifier: MIT */
#ifndef AH_CONN_H1_SEND_H
#define AH_CONN_H1_SEND_H
/* The sending half of an HTTP/1.1 connection: head and body of one request after the other.
   It goes by itself through

     READY -> SENDING -> SENT -> READY       and from any of them to BROKEN

   and never ends the connection: the other half, which sees the responses, does. */
#include "base/buf.h"
#include "conn/exchange.h"
#include "net/transport.h"

typedef enum ah_h1_send_state {
    AH_H1_SEND_READY,
    AH_H1_SENDING,
    AH_H1_SENT,
    AH_H1_SEND_BROKEN
} ah_h1_send_state;

typedef struct ah_h1_send {
    ah_transport *transport;
    ah_exchange *exchange;
    ah_h1_send_state state;
    ah_buf out;         /* head of the request */
    ah_str unsent[2];   /* what is left of head and body */
    ahttp_error *broke; /* why sending failed, until the response shows more */
} ah_h1_send;

/* Writes what fits at once.  False when out of memory. */
bool ah_h1_send_begin(ah_h1_send *send, ah_exchange *exchange);
/* The transport is writable: writes on, if there is something. */
void ah_h1_send_more(ah_h1_send *send);
/* Whether it waits for the transport to be writable. */
bool ah_h1_send_wants_room(const ah_h1_send *send);
/* What was sent has been answered: the next request may come. */
void ah_h1_send_end(ah_h1_send *send);
/* Nothing is sent any more. */
void ah_h1_send_stop(ah_h1_send *send);
void ah_h1_send_release(ah_h1_send *send);

#endif
