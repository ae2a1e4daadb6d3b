/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_REDIRECT_H
#define AHTTP_REDIRECT_H
/* How redirects are followed: 301, 302, 303, 307 and 308 with a Location (RFC 9110 §15.4).
   A POST becomes a GET without a body at 301 and 302, all but HEAD at 303; with the body go its
   Content-Type and the like.  To another scheme, host or port no secret goes along: no
   Authorization, Cookie or Proxy-Authorization, whoever gave it, no header that secret_headers
   names, and no credentials of options or URLs, unless on_redirect trusts that origin.  A body
   that cannot be sent again fails the request with E_BODY_ONCE, before the next hop begins.
   Errors know the redirects before them: see hops in error.h. */
#include <ahttp/response.h>
AHTTP_BEGIN

/* aiohttp's allow_redirects. */
typedef enum ahttp_redirects {
    AHTTP_REDIRECTS_DEFAULT, /* the session's setting; then: followed, but for HEAD */
    AHTTP_REDIRECTS_FOLLOW,
    AHTTP_REDIRECTS_RETURN /* the 3xx is the response */
} ahttp_redirects;

/* A redirect that is about to be followed.  Valid during the call. */
typedef struct ahttp_hop {
    const ahttp_response *response; /* its status, headers and history */
    const char *location;           /* as the server gave it */
    const char *url;    /* that is asked for next, without user and password; NULL: none can be */
    const char *method; /* of that request */
    bool changes_origin;
} ahttp_hop;

typedef enum ahttp_hop_choice {
    AHTTP_HOP_FOLLOW, /* where url is NULL, the request fails */
    AHTTP_HOP_STOP,   /* the 3xx is the response, with its body */
    AHTTP_HOP_REFUSE, /* the request fails with E_REDIRECT_REFUSED */
    AHTTP_HOP_TRUST   /* follow, and let what the program gave for the request go along to the other
                         origin, also where a middleware had sent it elsewhere */
} ahttp_hop_choice;

/* Asked at each hop, from the loop like every callback. */
typedef ahttp_hop_choice ahttp_redirect_fn(const ahttp_hop *hop, void *ctx);

AHTTP_END
#endif
