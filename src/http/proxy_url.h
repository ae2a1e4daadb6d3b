/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_PROXY_URL_H
#define AH_HTTP_PROXY_URL_H
/* URLs of proxies: which protocol is spoken with it, where it is, and who we are to it.

     http://user:password@host:3128    https://host    socks5h://[::1]:9050    host:3128

   Without a scheme it is an http proxy.  A path, query or fragment means nothing.  The default
   port is 80, 443 with https, and 1080 with SOCKS. */
#include "base/arena.h"

typedef enum ah_proxy_kind {
    AH_PROXY_HTTP,
    AH_PROXY_HTTPS,
    AH_PROXY_SOCKS4, /* these two want an address: the host is resolved here ... */
    AH_PROXY_SOCKS5,
    AH_PROXY_SOCKS4A, /* ... and these the name: it is resolved there */
    AH_PROXY_SOCKS5H
} ah_proxy_kind;

typedef struct ah_proxy_url {
    ah_proxy_kind kind;
    ah_str host; /* as in ah_url: lower case, no brackets; never empty */
    uint16_t port;
    bool is_ipv6;
    bool has_login;
    ah_str user; /* unescaped; empty without has_login */
    ah_str password;
} ah_proxy_url;

/* Reads text; the views point into the arena.  NULL, or a reason for people; out of memory is
   AH_URL_NO_MEMORY of http/url.h, by address. */
const char *ah_proxy_url_parse(ah_proxy_url *proxy, ah_arena *arena, ah_str text);

/* NULL, or why these cannot be sent to a proxy of this kind (RFC 7617 §2, RFC 1929 §2). */
const char *ah_proxy_login_check(ah_proxy_kind kind, ah_str user, ah_str password);

/* "socks5h", for messages and keys. */
const char *ah_proxy_kind_name(ah_proxy_kind kind);

static inline bool ah_proxy_kind_is_socks(ah_proxy_kind kind)
{
    return kind != AH_PROXY_HTTP && kind != AH_PROXY_HTTPS;
}

#endif
