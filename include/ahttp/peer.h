/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_PEER_H
#define AHTTP_PEER_H
/* Who was at the other end: facts of a connection, taken when it was made.  They outlive it,
   and the response, for as long as somebody holds a reference.  Texts live as long.

   Behind a proxy the addresses are those of the connection to it.  TLS is that with who answers:
   the host, where the URL is https; for http an https proxy, if the request went to one.  Where
   both have TLS, nothing is kept of the proxy's, which was verified by its own settings
   (ahttp_proxy.tls). */
#include <ahttp/response.h>
AHTTP_BEGIN

typedef struct ahttp_peer ahttp_peer;

/* Of the connection that the response came on.  Borrowed; take a reference to keep it longer.
   NULL only when memory was too short for it. */
AHTTP_API ahttp_peer *ahttp_response_peer(const ahttp_response *response);
AHTTP_API ahttp_peer *ahttp_peer_ref(ahttp_peer *peer);
AHTTP_API void ahttp_peer_unref(ahttp_peer *peer);

/* "192.0.2.1:443" or "[2001:db8::1]:443"; both ends. */
AHTTP_API const char *ahttp_peer_address(const ahttp_peer *peer);
AHTTP_API const char *ahttp_peer_local_address(const ahttp_peer *peer);

/* "TLSv1.3", "TLS_AES_256_GCM_SHA384", "http/1.1"; NULL without TLS (or without ALPN). */
AHTTP_API const char *ahttp_peer_tls_version(const ahttp_peer *peer);
AHTTP_API const char *ahttp_peer_tls_cipher(const ahttp_peer *peer);
AHTTP_API const char *ahttp_peer_alpn(const ahttp_peer *peer);
/* Whether an earlier session went on, so that no certificates were exchanged anew. */
AHTTP_API bool ahttp_peer_tls_resumed(const ahttp_peer *peer);
/* Whether its certificate had to be a trusted one, and of the name that was asked for. */
AHTTP_API bool ahttp_peer_tls_verified(const ahttp_peer *peer);
/* The certificates that the peer sent, its own first, as DER; {NULL, 0} behind the last. */
AHTTP_API ahttp_bytes ahttp_peer_certificate(const ahttp_peer *peer, size_t index);

AHTTP_END
#endif
