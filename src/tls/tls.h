/* SPDX-License-Identifier: MIT */
#ifndef AH_TLS_TLS_H
#define AH_TLS_TLS_H
/* TLS by OpenSSL 3 as a transport over any transport, by the settings of <ahttp/tls.h>. */
#include "loop/loop.h"
#include "net/transport.h"
#include <ahttp/tls.h>

typedef struct ah_tls_handshake ah_tls_handshake;
/* Either the secured transport, which the callee takes over, or an error: TLS, CERTIFICATE, PIN,
   TLS_SETTINGS, DISCONNECTED.  Called once, from the loop, never inside ah_tls_start.  What
   fails on the transport later is DISCONNECTED, so also an end without close_notify; readiness
   may turn out to bring no plaintext (AGAIN). */
typedef void ah_tls_fn(void *ctx, ah_transport *transport, ahttp_error *error);

typedef struct ah_tls_target {
    const char *server_name; /* a name or an IP literal: it is checked against the certificate,
                                and names are sent as SNI, without the dot at their end */
    const char *place;       /* "example.com:443": sessions are resumed by this and the name */
} ah_tls_target;

/* Takes below over, closing it also when this fails or is cancelled; holds the settings.  The
   target is copied.  NULL when out of memory. */
ah_tls_handshake *ah_tls_start(ahttp_loop *loop, ahttp_tls *settings, ah_transport *below,
                               const ah_tls_target *target, ah_tls_fn *done, void *ctx);
void ah_tls_cancel(ah_tls_handshake *handshake);

#endif
