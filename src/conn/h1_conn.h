/* SPDX-License-Identifier: MIT */
#ifndef AH_CONN_H1_CONN_H
#define AH_CONN_H1_CONN_H
/* HTTP/1.1 on one transport, one exchange at a time (RFC 9112). */
#include "conn/conn.h"
#include "conn/h1_work.h"
#include "loop/loop.h"
#include "net/transport.h"

/* Takes the transport over, closing it also when this fails; the connection starts idle and
   watched, and does not keep the loop alive while idle.  The store, of the same loop, outlives it.
   NULL when out of memory. */
ah_conn *ah_h1_conn_new(ah_h1_store *store, ah_transport *transport, const ah_conn_owner *owner,
                        void *owner_ctx);

#endif
