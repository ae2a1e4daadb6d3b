/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_REQUEST_H
#define AHTTP_REQUEST_H
/* What to ask for.  0 and NULL mean the session's setting, then the default.
   Everything is copied before the call returns. */
#include <ahttp/base.h>
AHTTP_BEGIN

/* Time limits in milliseconds; AHTTP_NEVER turns one off.  A request's fields override the
   session's one by one.  aiohttp's ClientTimeout. */
typedef struct ahttp_timeout {
    int64_t total_ms;   /* the whole request, from the call to the body's end; default 300000 */
    int64_t connect_ms; /* making a connection: DNS, TCP and TLS together; default 30000 */
} ahttp_timeout;

/* One request.  New fields are added at the end only. */
typedef struct ahttp_request_options {
    size_t size; /* sizeof this struct; the macros in session.h set it */
    const char *method;
    const char *url;           /* absolute, http or https; sent byte for byte as it is */
    const ahttp_pair *params;  /* added to the URL's query, escaped as a form is */
    const ahttp_pair *headers; /* a name given here replaces the session's of that name; a NULL
                                  value removes one, automatic ones too; repeats are sent */
    const char *auth;          /* "user:password", sent as Basic (RFC 7617) */

    /* The body: at most one of these.  Content-Type follows it unless headers name one. */
    ahttp_bytes data;       /* application/octet-stream; empty but not NULL is a body too */
    const char *text;       /* text/plain; charset=utf-8 */
    const char *json;       /* a JSON document as text, application/json */
    const ahttp_pair *form; /* application/x-www-form-urlencoded */

    ahttp_timeout timeout;

    /* Each names the unusual choice, so that false is the default. */
    bool no_decompress; /* the body as it was sent, whatever Content-Encoding says */
    bool reserved[7];
} ahttp_request_options;

AHTTP_END
#endif
