/* SPDX-License-Identifier: MIT */
#ifndef AH_CONN_HTTP_TUNNEL_H
#define AH_CONN_HTTP_TUNNEL_H
/* A way through an http proxy, on a transport that leads to it: CONNECT (RFC 9110 §9.3.6). */
#include "base/buf.h"
#include "http/headers.h"
#include "loop/loop.h"
#include "net/transport.h"
#include <ahttp/wire.h>

typedef struct ah_http_tunnel ah_http_tunnel;

/* Of the body of a refusal: so much is kept, and a gap of so long ends it. */
enum { AH_HTTP_TUNNEL_MOST_BODY = 64 * 1024, AH_HTTP_TUNNEL_GAP_MS = 1000 };
/* Of an answer, where lenient: some proxies have much to say. */
enum { AH_HTTP_TUNNEL_LENIENT_FIELD = 100 * 1024, AH_HTTP_TUNNEL_LENIENT_HEAD = 300 * 1024 };
/* What authorize and challenged say where somebody is asked first. */
enum { AH_HTTP_TUNNEL_WAIT = 2 };

typedef struct ah_http_tunnel_request {
    const char *target;     /* "example.com:443", "[::1]:443" */
    const char *what;       /* "ask proxy http://h:3128 for example.com:443", for messages */
    ah_str fields_text;     /* "Name: value\r\n" ...; without Host and Proxy-Authorization */
    bool http_1_0;          /* the version that it says */
    bool lenient;           /* docs/strictness.md */
    ahttp_wire_fn *on_wire; /* sees the heads; may be NULL */
    void *on_wire_ctx;
    /* Appends the lines that say who asks, if there are any.  0, WAIT, or the code of an error. */
    int (*authorize)(void *ctx, ah_str target, ah_buf *out);
    /* It was answered by 407 with these fields: 1 if the next lines will be others, 0 if not, WAIT,
       or the code of an error. */
    int (*challenged)(void *ctx, const ahttp_headers *fields);
    /* It was answered by 2xx with these. */
    void (*opened)(void *ctx, const ahttp_headers *fields);
    void *ctx; /* of these three */
} ah_http_tunnel_request;

/* A transport that leads to the host now, or an error: PROXY, with status, headers and body
   where the proxy gave some; the callee takes it over.  Neither: the same is to be asked again on
   a new connection, for this one ends and the next line will be another one. Called once, from
   the loop, never inside open; the tunnel is gone by then. */
typedef void ah_http_tunnel_fn(void *ctx, ah_transport *transport, ahttp_error *error);

/* Takes the transport over, closing it also when this fails or is cancelled; what the request
   points to must last.  NULL when out of memory. */
ah_http_tunnel *ah_http_tunnel_open(ahttp_loop *loop, ah_transport *transport,
                                    const ah_http_tunnel_request *request, ah_http_tunnel_fn *done,
                                    void *ctx);
void ah_http_tunnel_cancel(ah_http_tunnel *tunnel);
/* After WAIT: authorize knows now, or this is what challenged could not say yet; or it fails with
   error.  Never from inside these two. */
void ah_http_tunnel_go_on(ah_http_tunnel *tunnel, int answer, ahttp_error *error);
/* For a time limit that strikes inside the body of a refusal: the error of that, or NULL. */
ahttp_error *ah_http_tunnel_refusal(ah_http_tunnel *tunnel);

#endif
