/* SPDX-License-Identifier: MIT */
#ifndef AH_TLS_TLS_H
#define AH_TLS_TLS_H
/* TLS by OpenSSL 3 as a transport over any transport.  Certificates and host names are always
   verified; ALPN offers http/1.1; TLS 1.2 is the oldest version spoken. */
#include "loop/loop.h"
#include "net/transport.h"

/* What connections share: the trusted roots and settings.  Made once per configuration, since
   making it costs; roots are looked up in the system's hashed directory as they are needed,
   and SSL_CERT_FILE and SSL_CERT_DIR are honoured.  It belongs to the thread of one loop; its
   connections may outlive its free. */
typedef struct ah_tls_context ah_tls_context;

/* NULL with *error on failure: CERTIFICATE where there is nobody to trust. */
ah_tls_context *ah_tls_context_new(ahttp_error **error);
void ah_tls_context_free(ah_tls_context *context);

typedef struct ah_tls_handshake ah_tls_handshake;
/* Either the secured transport, which the callee takes over, or an error: TLS, CERTIFICATE,
   DISCONNECTED.  Called once, from the loop, never inside ah_tls_start.  What fails on the
   transport later is DISCONNECTED, so also an end without close_notify; readiness may turn out
   to bring no plaintext (AGAIN). */
typedef void ah_tls_fn(void *ctx, ah_transport *transport, ahttp_error *error);

/* Takes below over, closing it also when this fails or is cancelled.  server_name is the host
   of the URL, a name or an IP literal: it is checked against the certificate, and names are
   sent as SNI.  NULL when out of memory. */
ah_tls_handshake *ah_tls_start(ahttp_loop *loop, ah_tls_context *context, ah_transport *below,
                               const char *server_name, ah_tls_fn *done, void *ctx);
void ah_tls_cancel(ah_tls_handshake *handshake);

#endif
