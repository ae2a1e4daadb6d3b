/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_MIDDLEWARE_H
#define AHTTP_MIDDLEWARE_H
/* Code around requests: to sign, retry, slow down, count, or answer them.  Each middleware is
   given a request and what comes next, and gives a future of the response.  The first of a list
   is the outermost.  They run once for each hop of a redirect; cookies, logging in and proxies
   are within them, and come anew with each sending; redirects and raise_for_status are outside.
   aiohttp's client middlewares.  docs/middleware.md shows some. */
#include <ahttp/body.h>
#include <ahttp/headers.h>
#include <ahttp/response.h>
AHTTP_BEGIN

/* A request on its way out. */
typedef struct ahttp_outgoing ahttp_outgoing;
/* What comes behind a middleware: another one, or in the end the network.  Both live as long as
   the future that the middleware gives is not done. */
typedef struct ahttp_next ahttp_next;

/* Called from the loop like every callback.  The future resolves to an ahttp_response * whose
   reference goes along: often it is just that of ahttp_next_send. */
typedef ahttp_future *ahttp_middleware_fn(ahttp_outgoing *request, ahttp_next *next, void *ctx);
/* The same as a task of its own: it may await.  What it returns, or fails with, is the result. */
typedef ahttp_response *ahttp_middleware_task_fn(ahttp_outgoing *request, ahttp_next *next,
                                                 void *ctx);

typedef struct ahttp_middleware {
    ahttp_middleware_fn *fn;
    ahttp_middleware_task_fn *task; /* instead of fn */
    void *ctx;                      /* must outlive what it is given to */
} ahttp_middleware;
/* A list of them: options copy it. */
#define AHTTP_MIDDLEWARES(...) ((const ahttp_middleware[]){__VA_ARGS__, {NULL, NULL, NULL}})

/* Send the request as it is now.  Again for a retry, when the future before is done; a response
   that is not passed on is to be unref'd first.  Where the body cannot be sent again, E_BODY_ONCE;
   once the request was cancelled or timed out, E_CANCELLED. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_next_send(ahttp_next *next);
/* Instead of sending: a response made up of these.  headers and body are copied.  NULL when out
   of memory; caller unrefs, or resolves to it. */
AHTTP_API ahttp_response *ahttp_outgoing_answer(ahttp_outgoing *request, int status,
                                                const ahttp_pair *headers, ahttp_bytes body);

/* ---- Looking.  Texts live as long as the request. ---- */

AHTTP_API const char *ahttp_outgoing_method(const ahttp_outgoing *request);
/* Without user, password and fragment. */
AHTTP_API const char *ahttp_outgoing_url(const ahttp_outgoing *request);
/* The session's and the request's; cookies and logins are not there yet. */
AHTTP_API const ahttp_headers *ahttp_outgoing_headers(const ahttp_outgoing *request);
/* Redirects before this one. */
AHTTP_API unsigned ahttp_outgoing_hops(const ahttp_outgoing *request);
/* Whether ahttp_next_send may be called again: there is no body, or it can be repeated. */
AHTTP_API bool ahttp_outgoing_is_replayable(const ahttp_outgoing *request);
/* Of its total time limit; AHTTP_NEVER: it has none; 0: it is over. */
AHTTP_API int64_t ahttp_outgoing_time_left_ms(const ahttp_outgoing *request);

/* ---- Changing, for the sendings to come.  False when out of memory, or when it cannot be sent:
   as for headers of options; Host, Content-Length and Transfer-Encoding are the library's. ---- */

/* Replaces all of that name; a NULL value removes them. */
AHTTP_API bool ahttp_outgoing_set_header(ahttp_outgoing *request, const char *name,
                                         const char *value);
/* Its body stays as it is.  False for what is no token, and for CONNECT. */
AHTTP_API bool ahttp_outgoing_set_method(ahttp_outgoing *request, const char *method);
/* An absolute http or https URL, or one that is relative to that at hand.  What was for the origin
   before goes back there only: Authorization, Cookie and Proxy-Authorization among the headers are
   removed, as by a redirect, and logins and cookies are those of the new URL.  So headers of that
   kind are to be set after it. */
AHTTP_API bool ahttp_outgoing_set_url(ahttp_outgoing *request, const char *url);
/* Takes body over, instead of the body it had. */
AHTTP_API bool ahttp_outgoing_set_body(ahttp_outgoing *request, ahttp_body *body);

AHTTP_END
#endif
