/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_AUTH_H
#define AHTTP_AUTH_H
/* Who a request comes from.  docs/authentication.md has examples.  These are options of
   sessions and requests, of which at most one is given:

     .auth = "user:password"          Basic (RFC 7617), sent at once
     .bearer = "token"                Bearer (RFC 6750), sent at once
     .digest_auth = "user:password"   Digest (RFC 7616), when the server asks for it; from then on
                                      at once, as far as the server says that it holds; with
                                      .digest_only_when_asked for each request anew (aiohttp's
                                      preemptive=False)
     .authorize = fn                  anything else, by a function of yours

   Texts are UTF-8.  A request takes the first that there is of: a header Authorization among its
   own, which is an error beside an option; its option; user and password in its URL; the session's
   option; with trust_env, what the file named by NETRC says of the host, or ~/.netrc.

   What a request brings is for the origin of its URL (scheme, host, port), and no redirect takes
   it elsewhere.  What a session brings is for the origin of its credentials_for, or else its
   base_url, or else of the first request that it sends; hosts below and beside it do not get it. */
#include <ahttp/future.h>
#include <ahttp/headers.h>
AHTTP_BEGIN

struct ahttp_response;

/* A request that is to be authorized.  Valid during the call.  Only the library makes these; later
   versions may add fields at the end. */
typedef struct ahttp_auth_request {
    const char *method;
    const char *url;              /* without user, password and fragment */
    const char *host;             /* as the field Host has it */
    const char *target;           /* its path and query, as the request line has it */
    const ahttp_headers *headers; /* of the request, but for those that frame the body */
    ahttp_bytes body;             /* where all of it is at hand; data NULL: it is not, or none */
    bool has_body;
    bool is_proxys; /* it is a proxy that is to know, and that says 407 */
    /* The 401 or 407 that came back; NULL: the request is about to be sent, or it is CONNECT.  Its
       head can be looked at. */
    const struct ahttp_response *response;
    int round;                   /* how often this function was asked before for this request */
    int status;                  /* 401 or 407; 0: the request is about to be sent */
    const ahttp_headers *answer; /* the fields that came with that, or NULL */
    const char *proxy; /* whose login it is: "http://proxy:3128"; NULL: the host's, or one that the
                          function must know */
} ahttp_auth_request;

/* What the answer asks for, as ahttp_response_challenge says, in WWW-Authenticate or
   Proxy-Authenticate; lent during the call. */
AHTTP_API const char *ahttp_auth_challenge(const ahttp_auth_request *request, const char *scheme,
                                           const char *parameter);

/* Resolves to: const ahttp_pair *, fields as for AHTTP_PAIRS, such as Authorization: the request is
   sent with these, again if there is a response.  NULL: it is sent without, or the response is the
   program's.  Asked before each sending and for each 401 and 407, at most 10 times for a request.
   When the future fails, so does the request.  Where what it wants needs the same connection for
   several rounds (Negotiate, NTLM), it has that.

   A proxy has a function of its own: ahttp_proxy's authorize.  It is asked before each CONNECT, and
   for each 407 that answers it; such a request has the proxy's URL and no headers.  So it is for
   each request that the proxy forwards. */
typedef ahttp_future *ahttp_authorize_fn(const ahttp_auth_request *request, void *ctx);

/* A 401 that asks for the request again, whose body can be sent only once, fails with
   E_BODY_ONCE. */

AHTTP_END
#endif
