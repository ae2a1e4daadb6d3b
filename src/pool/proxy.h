/* SPDX-License-Identifier: MIT */
#ifndef AH_POOL_PROXY_H
#define AH_POOL_PROXY_H
/* Proxies as connections know them.  All that makes two proxies differ, credentials and headers
   included, is the key under which a connector keeps one of each: so routes compare them by
   identity, and no connection is shared by requests whose proxies differ in anything. */
#include "base/buf.h"
#include "base/map.h"
#include "http/digest.h"
#include "http/headers.h"
#include "http/proxy_url.h"
#include <ahttp/auth.h>
#include <ahttp/tls.h>
#include <ahttp/wire.h>

typedef struct ah_proxy ah_proxy;

/* Those of one connector, which outlives them.  Zeroed memory has none. */
typedef struct ah_proxies {
    ah_map map;
} ah_proxies;

typedef struct ah_proxy_spec {
    ah_proxy_url url;
    ah_str fields_text;   /* added to CONNECT: "Name: value\r\n" ... */
    ah_str authorization; /* the value of a Proxy-Authorization that the program gives; or empty */
    ah_proxy *via;        /* leads to this one; NULL: it is reached directly */
    ahttp_tls *tls;       /* of an https proxy; NULL: the defaults */
    bool tunnels;         /* also for http */
    bool no_basic;        /* the password is shown to nobody: the login waits for a challenge */
    bool http_1_0;        /* of CONNECT */
    bool lenient;         /* docs/strictness.md, for answers to CONNECT */
    ahttp_wire_fn *on_wire; /* may be NULL */
    void *on_wire_ctx;
    ahttp_authorize_fn *authorize; /* says who we are, instead of a login; may be NULL */
    void *authorize_ctx;
} ah_proxy_spec;

/* The longest name with its NUL: those of hosts have at most 255 bytes, as everywhere. */
enum {
    AH_PROXY_MOST_HOST = 255,
    AH_PROXY_MOST_NAME = AH_PROXY_MOST_HOST + sizeof "socks5h://[]:65535"
};

struct ah_proxy {
    ah_map_node node;
    ah_proxies *home;
    size_t refs;
    ah_proxy_spec spec; /* its texts have a NUL behind them */
    const char *name;   /* "socks5h://h:1080", for messages */
    ah_str basic;       /* "Basic dTpw"; empty: there is no login, or not by that */
    ah_digest *digest;  /* the challenge that it answered last with, or NULL */
};

/* A reference to the one of that kind; made when it is not there yet.  All in spec is copied,
   and a reference to via and tls taken.  NULL when out of memory. */
ah_proxy *ah_proxies_get(ah_proxies *proxies, const ah_proxy_spec *spec);
/* All must be gone. */
void ah_proxies_release(ah_proxies *proxies);

ah_proxy *ah_proxy_ref(ah_proxy *proxy);
void ah_proxy_unref(ah_proxy *proxy); /* NULL is fine */

/* Whether requests for http are sent to the proxy itself, with the whole URL (RFC 9112 §3.2.2),
   rather than through it. */
static inline bool ah_proxy_forwards(const ah_proxy *proxy)
{
    return !ah_proxy_kind_is_socks(proxy->spec.url.kind) && !proxy->spec.tunnels;
}

/* ---- Who we are to it ---- */

/* What was tried in one attempt to get something through it; zeroed at its beginning. */
typedef struct ah_proxy_login {
    bool tried_basic;
    bool tried_digest; /* with a challenge of this attempt */
    bool was_stale;    /* ... which was too old then, and renewed */
} ah_proxy_login;

/* Appends the value of Proxy-Authorization for a request with this method and target; nothing:
   there is none.  body as ah_digest_request has it.  0, or the code of an error. */
int ah_proxy_authorize(ah_proxy *proxy, ah_proxy_login *login, ah_str method, ah_str target,
                       const ah_str *body, ah_buf *out);
/* It answered 407 with these fields.  1 if the next ah_proxy_authorize will give something that it
   has not refused yet in this attempt, 0 if not, or E_NO_MEMORY. */
int ah_proxy_challenged(ah_proxy *proxy, ah_proxy_login *login, const ahttp_headers *fields);
/* It let something pass, with these: the next answers may be for another nonce (RFC 7616 §3.5). */
void ah_proxy_let_in(ah_proxy *proxy, const ahttp_headers *fields);

/* How many there are from this one on, which may be NULL. */
size_t ah_proxy_count(const ah_proxy *proxy);

#endif
