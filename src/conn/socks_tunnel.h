/* SPDX-License-Identifier: MIT */
#ifndef AH_CONN_SOCKS_TUNNEL_H
#define AH_CONN_SOCKS_TUNNEL_H
/* A way through a SOCKS proxy, on a transport that leads to it. */
#include "http/socks.h"
#include "loop/loop.h"
#include "net/transport.h"

typedef struct ah_socks_tunnel ah_socks_tunnel;

/* Either the transport, which leads to the host now, or an error (PROXY, with the proxy's number
   as cause), and whether another address of the host may do better; the callee takes it over.
   Called once, from the loop, never inside open; the tunnel is gone by then. */
typedef void ah_socks_tunnel_fn(void *ctx, ah_transport *transport, ahttp_error *error,
                                bool try_next);

/* Takes the transport over, closing it also when this fails or is cancelled.  The request's
   texts must last; what is "ask proxy socks5://h:1080 for example.com:443", for messages, and
   must last too.  NULL when out of memory. */
ah_socks_tunnel *ah_socks_tunnel_open(ahttp_loop *loop, ah_transport *transport,
                                      const ah_socks_request *request, const char *what,
                                      ah_socks_tunnel_fn *done, void *ctx);
void ah_socks_tunnel_cancel(ah_socks_tunnel *tunnel);

#endif
