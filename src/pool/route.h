/* SPDX-License-Identifier: MIT */
#ifndef AH_POOL_ROUTE_H
#define AH_POOL_ROUTE_H
/* What makes two connections differ: where they go, and how they get there.  Connections are
   shared by requests whose routes are equal, and by no others (aiohttp's ConnectionKey).
   What is the connector's own (a Unix socket, local address, resolver) is the same for all of
   its connections, and no part of this.

   Settings of TLS and proxies are compared by identity: both are immutable, counted objects.
   Whoever makes a route holds them while it is used; an origin holds those of its own. */
#include "http/url.h"
#include "pool/proxy.h"

struct ahttp_tls;

typedef struct ah_route {
    ah_str host;           /* lower case, "::1" without brackets; empty: the proxy itself */
    ah_str server_name;    /* asked for and verified instead of host by TLS; empty: host */
    struct ahttp_tls *tls; /* settings of the TLS to host; NULL: the defaults */
    ah_proxy *proxy;       /* NULL: none */
    uint16_t port;
    bool is_tls;
    bool is_ipv6; /* host is an IPv6 literal */
} ah_route;

/* Of host and server_name. */
enum { AH_ROUTE_MAX_NAME = 255 };

/* The direct way to the host of url, whose text it lends. */
static inline ah_route ah_route_to(const ah_url *url)
{
    return (ah_route){
        .host = url->host, .port = url->port, .is_tls = url->is_tls, .is_ipv6 = url->is_ipv6};
}

/* The way to a proxy that forwards requests for any host of http: they share its connections. */
static inline ah_route ah_route_to_proxy(ah_proxy *proxy)
{
    return (ah_route){.proxy = proxy};
}

static inline bool ah_route_equal(const ah_route *a, const ah_route *b)
{
    return a->port == b->port && a->is_tls == b->is_tls && a->tls == b->tls &&
           a->proxy == b->proxy && ah_str_equal(a->host, b->host) &&
           ah_str_equal(a->server_name, b->server_name);
}

#endif
