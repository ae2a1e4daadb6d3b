/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_PROXY_H
#define AHTTP_PROXY_H
/* Proxies: how requests get to a host that they do not reach, or should not reach, directly.
   docs/proxies.md tells who talks to whom.

       ahttp_session_new(.proxy.url = "http://user:password@proxy.example:3128")
       ahttp_get(session, url, .proxy.url = "socks5h://[::1]:9050")
       ahttp_session_new(.trust_env = true)

   A request takes the first that there is of: no_proxy of its own; proxy of its own; what the
   session's proxy_for says; the session's proxy, unless no_proxy_for has the host; the variables
   of the environment, with trust_env.  Redirects choose anew for each hop, but for a proxy of
   the request's own, which all its hops use.

   https, upgrades and CONNECT go through a tunnel, and the proxy sees no more than host and
   port; so it is with all that goes through SOCKS.  Other requests for http are sent to an http
   proxy itself, which passes them on.  aiohttp's proxy, proxy_auth, proxy_headers. */
#include <ahttp/auth.h>
#include <ahttp/tls.h>
#include <ahttp/wire.h>
AHTTP_BEGIN

typedef struct ahttp_proxy {
    /* "http://host:3128", https, socks4, socks4a, socks5 or socks5h; without a scheme it is http.
       socks4 and socks5 want an address, so the host is looked up here; with socks4a and
       socks5h it is the proxy that looks it up.  Default ports: 80, 443, 1080.  user:password@
       may stand before the host.  NULL: no proxy is given. */
    const char *url;
    const char *auth; /* "user:password", UTF-8, instead of those in url; SOCKS4 has no passwords */
    /* Sent with CONNECT only, since a proxy that passes requests on passes them on, too; but a
       Proxy-Authorization in here goes with those as well. {"User-Agent", NULL} leaves that out. */
    const ahttp_pair *headers;
    const struct ahttp_proxy *via; /* leads to this one; at most AHTTP_MOST_PROXIES in a row */
    ahttp_tls *tls;                /* for https proxies; default: the session's proxy_tls */
    bool tunnel;                   /* by CONNECT for all of http, too */
    bool no_basic;                 /* show the password to nobody: log in by Digest only */
    bool http_1_0;                 /* say HTTP/1.0 with CONNECT */
    bool
        lenient; /* accept what real proxies get wrong in answers to CONNECT, up to 300 KiB of it */
    bool reserved[4];
    /* Sees the heads of CONNECT and of its answers.  For all requests that this way is made for,
       so make it one for all of them, or they share no connections. */
    ahttp_wire_fn *on_wire;
    void *on_wire_ctx;
    /* Lines of CONNECT as they are to be sent ("Name: value\r\n" ...), instead of headers and of a
       User-Agent; Host is in front of them. */
    const char *fields_text;
    /* Says who we are, instead of a user and password: Negotiate, NTLM.  See auth.h; and as
       on_wire, make it one for all requests. */
    ahttp_authorize_fn *authorize;
    void *authorize_ctx;
} ahttp_proxy;
enum { AHTTP_MOST_PROXIES = 4 };

/* The proxy for this URL, which has neither user and password nor fragment; NULL: none, go
   directly.  Called once for each hop, from the loop.  What it points to is copied when it
   returns. */
typedef const ahttp_proxy *ahttp_proxy_fn(const char *url, void *ctx);

/* When a proxy does not open a way: the request fails with E_PROXY.  Where it answered in HTTP,
   ahttp_error has its status, headers and body.  E_PROXY_DNS and E_PROXY_CONNECT: the proxy
   itself was not reached. */

AHTTP_END
#endif
