/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_CONNECTOR_H
#define AHTTP_CONNECTOR_H
/* Where connections come from (aiohttp's TCPConnector).  A connector owns the pool: it reuses
   an idle connection, opens one, or makes the request wait for its turn.  Sessions of one
   loop may share one; most never see theirs. */
#include <ahttp/resolver.h>
#include <ahttp/tls.h>
#include <ahttp/transport.h>
AHTTP_BEGIN

typedef struct ahttp_connector ahttp_connector;

/* Where connections to a host go, instead of asking for its addresses: curl's --resolve. */
typedef struct ahttp_host {
    const char *host;      /* as in the URL; "*": every host */
    uint16_t port;         /* 0: every port */
    const char *addresses; /* "192.0.2.1,2001:db8::1" */
} ahttp_host;
/* The first that fits counts.  Lists end with {NULL, 0, NULL}; this adds the end for you. */
#define AHTTP_HOSTS(...) ((const ahttp_host[]){__VA_ARGS__, {NULL, 0, NULL}})

/* A new socket, before it is bound and connects to address, "192.0.2.1:80": set its options, its
   mark, protect it from a VPN (socket_factory).  0, or a negative errno, which fails this
   attempt to connect.  Called from inside the library: it must not call that. */
typedef int ahttp_socket_fn(int fd, const char *address, void *ctx);
/* Makes the transport of a connection to host: the future, of the connector's loop, resolves to
   an ahttp_transport *, which becomes the connector's, or to NULL: the library connects to this one
   itself.  host is valid during the call.  When the
   request gives up, the future is cancelled.  A failure becomes E_CONNECT. */
typedef ahttp_future *ahttp_connect_fn(const char *host, uint16_t port, void *ctx);

typedef struct ahttp_connector_options {
    size_t size;
    ahttp_loop *loop;         /* default: ahttp_loop_current() */
    int limit;                /* connections in all, idle ones included; default 100 */
    int limit_per_host;       /* of one scheme, host and port; default AHTTP_UNLIMITED */
    int64_t keepalive_ms;     /* how long an idle one is kept, unless its server says by
                                 Keep-Alive that it keeps it for less; default 15000 */
    int64_t dns_cache_ms;     /* longest time an address is remembered, if its record lets it:
                                 default 10000; AHTTP_NEVER asks every time */
    int64_t next_address_ms;  /* head start of each address before the next one is tried as
                                 well (RFC 8305); default 250; AHTTP_NEVER: one by one */
    const char *dns_servers;  /* "127.0.0.1:5353,[::1]:53"; default: the system's */
    ahttp_resolver *resolver; /* of the same loop; it may be shared, and has DNS options of its
                                 own instead of those in here; default: one of its own */
    const ahttp_host *hosts;  /* copied; a bad list fails the request with E_DNS */
    bool ipv4_only;
    bool ipv6_only;
    bool no_keepalive;       /* close after each request */
    bool system_resolver;    /* always ask getaddrinfo, in a thread; default: by docs/dns.md */
    bool no_system_resolver; /* never do */
    bool reserved[3];
    const char *made_at;     /* the macro's AHTTP_HERE, kept as it is; may be NULL */
    ahttp_tls *tls;          /* for https, unless the request has its own; the connector takes a
                                reference; default: verify by the system's roots */
    int limit_idle;          /* connections that wait for a request; default: just limit */
    int limit_idle_per_host; /* default: just limit_per_host */
    int64_t lifetime_ms;     /* a connection is not used for longer; default AHTTP_NEVER */

    /* Where connections come from and go to, whatever the URL; all texts are copied. */
    const char *unix_socket;   /* a path, or "@name" in the abstract namespace (UnixConnector) */
    ahttp_connect_fn *connect; /* a stream of yours instead of a socket: see transport.h */
    void *connect_ctx;
    const char *local_address; /* "192.0.2.1": from there, to addresses of its family only */
    const char *device;        /* from this network interface: "eth0" */
    int local_port;            /* from the first of these that is free; default: any */
    int local_port_count;      /* how many there are from local_port on; default 1 */
    ahttp_socket_fn *on_socket;
    void *on_socket_ctx;
    /* Asked about each address of a host, literal or not, before it is connected to:
       ahttp_address_is_public keeps URLs of strangers and their redirects out of private networks.
       Not asked about proxies; of what these connect to only about addresses in URLs, and those of
       names that are looked up here.  Called as on_socket is.  None is left: E_ADDRESS_REFUSED */
    ahttp_address_fn *allow_address;
    void *allow_address_ctx;
} ahttp_connector_options;

/* NULL when out of memory, or when options->size is not set.  Caller unrefs. */
AHTTP_API ahttp_connector *ahttp_connector_create(const ahttp_connector_options *options);
AHTTP_API ahttp_connector *ahttp_connector_ref(ahttp_connector *connector);
/* The last one closes its connections.  NULL does nothing. */
AHTTP_API void ahttp_connector_unref(ahttp_connector *connector);

/* The one that it asks, for ahttp_resolver_forget.  Borrowed; NULL once the connector has been
   closed and its connections are gone. */
AHTTP_API ahttp_resolver *ahttp_connector_resolver(const ahttp_connector *connector);

/* Close all connections; requests under way or waiting fail with E_CLOSED, in no promised order,
   and so do later ones.  Closing twice is harmless.  Resolves to nothing, when the last one is
   gone: at once, or when servers that are slow have taken TLS's close_notify, after a second at the
   latest. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_connector_close(ahttp_connector *connector);

#ifndef __cplusplus
#define ahttp_connector_new(...)                                                                   \
    ahttp_connector_create(&(ahttp_connector_options){                                             \
        .size = sizeof(ahttp_connector_options), .made_at = AHTTP_HERE, __VA_ARGS__})
#endif

AHTTP_END
#endif
