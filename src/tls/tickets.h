/* SPDX-License-Identifier: MIT */
#ifndef AH_TLS_TICKETS_H
#define AH_TLS_TICKETS_H
/* Sessions that servers let us resume, so that the next connection needs no certificates
   (RFC 8446 §2.2, RFC 5077).  Of each server the newest few, of the servers those that were
   asked last.  One of TLS 1.3 is used once (RFC 8446 §C.4), an older one again and again.
   All functions may be called by any thread. */
#include "base/list.h"
#include "base/map.h"
#include "net/peer.h"
#include <openssl/ssl.h>
#include <pthread.h>

/* So many connections that are opened at the same time can all resume one. */
enum { AH_TICKET_SERVERS = 64, AH_TICKETS_EACH = 16 };

typedef struct ah_tls_tickets {
    pthread_mutex_t lock;
    ah_map servers;
    ah_list by_use; /* the one asked last comes first */
} ah_tls_tickets;

/* References to both. */
typedef struct ah_tls_ticket {
    SSL_SESSION *session;
    ah_certificates *certificates; /* of the server, which does not send them again; or NULL */
} ah_tls_ticket;

void ah_tls_ticket_release(ah_tls_ticket ticket);

void ah_tls_tickets_init(ah_tls_tickets *tickets);
void ah_tls_tickets_release(ah_tls_tickets *tickets);

/* One for the server of that name, the caller's to release; without a session if there is none. */
ah_tls_ticket ah_tls_tickets_take(ah_tls_tickets *tickets, ah_str name);
/* Takes the ticket over; when out of memory, it is forgotten. */
void ah_tls_tickets_put(ah_tls_tickets *tickets, ah_str name, ah_tls_ticket ticket);

#endif
