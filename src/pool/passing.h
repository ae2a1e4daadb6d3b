/* SPDX-License-Identifier: MIT */
#ifndef AH_POOL_PASSING_H
#define AH_POOL_PASSING_H
/* Passing one proxy: from a transport that leads to it, to one that leads to the place behind
   it, by CONNECT or SOCKS. */
#include "conn/http_tunnel.h"
#include "conn/socks_tunnel.h"
#include "pool/opening.h"
#include "pool/proxy.h"
#include "pool/proxy_asking.h"

/* Where a transport leads: a proxy, or an origin. */
typedef struct ah_place {
    ah_str host; /* with a NUL behind it */
    const char *name;
    uint16_t port;
    bool is_ipv6;
    bool is_tls;
    ahttp_tls *tls;  /* its settings; NULL: the defaults */
    ah_proxy *proxy; /* NULL: an origin */
} ah_place;

static inline ah_place ah_place_of_proxy(ah_proxy *proxy)
{
    const ah_proxy_url *url = &proxy->spec.url;

    return (ah_place){.host = url->host,
                      .name = proxy->name,
                      .port = url->port,
                      .is_ipv6 = url->is_ipv6,
                      .is_tls = url->kind == AH_PROXY_HTTPS,
                      .tls = proxy->spec.tls,
                      .proxy = proxy};
}

/* A transport, or an error.  Neither: all must begin anew, with a new transport to the proxy. */
typedef void ah_passing_fn(void *ctx, ah_transport *transport, ahttp_error *error);

typedef enum ah_passing_stage {
    AH_PASSING_NOT,      /* not under way */
    AH_PASSING_LOCATING, /* the place behind gets its addresses */
    AH_PASSING_BY_SOCKS,
    AH_PASSING_BY_HTTP
} ah_passing_stage;

typedef struct ah_passing {
    const ah_opening_setup *setup;
    ah_proxy *proxy;
    ah_place behind;
    ah_passing_fn *done;
    void *ctx;
    ah_passing_stage stage;
    ah_transport *transport; /* while LOCATING */
    ah_lookup lookup;
    ah_address *addresses; /* that the look-up gave, of which those before next did not do */
    size_t count, next;
    ah_buf target; /* "example.com:443" */
    ah_buf what;   /* "ask proxy socks5://h:1080 for example.com:443" */
    ah_socks_tunnel *socks;
    ah_http_tunnel *http;
    ah_proxy_login login;
    ah_proxy_asking *asking; /* the program, or NULL */
    ah_buf given;            /* its lines for the next CONNECT */
    bool has_given;          /* it said so, perhaps that there are none */
    int rounds;              /* how often it was asked */
} ah_passing;

/* Zeroed memory becomes one; setup and proxy outlive it. */
void ah_passing_init(ah_passing *passing, const ah_opening_setup *setup, ah_proxy *proxy,
                     ah_place behind);
/* Takes the transport over, closing it also when this fails or is cancelled.  done comes from
   the loop, never inside this.  False when out of memory. */
bool ah_passing_start(ah_passing *passing, ah_transport *transport, ah_passing_fn *done, void *ctx);
/* It is under way; done is not called.  *refusal: what the proxy has said by then, or NULL. */
void ah_passing_cancel(ah_passing *passing, ahttp_error **refusal);
/* It is not under way. */
void ah_passing_release(ah_passing *passing);

#endif
