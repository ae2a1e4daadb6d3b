/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_REQUEST_H
#define AHTTP_REQUEST_H
/* What to ask for.  0 and NULL mean the session's setting, then the default.
   Everything is copied before the call returns, but for what body and multipart take over. */
#include <ahttp/auth.h>
#include <ahttp/body.h>
#include <ahttp/headers.h>
#include <ahttp/middleware.h>
#include <ahttp/progress.h>
#include <ahttp/proxy.h>
#include <ahttp/raise.h>
#include <ahttp/redirect.h>
#include <ahttp/timeout.h>
#include <ahttp/tls.h>
#include <ahttp/wire.h>
AHTTP_BEGIN

/* An interim response: 100 Continue, 103 Early Hints.  Valid during the call, which comes from
   the loop like every callback. */
typedef void ahttp_interim_fn(int status, const ahttp_headers *headers, void *ctx);

/* One request.  New fields are added at the end only. */
typedef struct ahttp_request_options {
    size_t size; /* sizeof this struct; the macros in verbs.h set it */
    const char *method;
    const char *url;           /* http or https; sent byte for byte as it is; absolute, unless the
                                  session has a base_url */
    const ahttp_pair *params;  /* added to the URL's query, escaped as a form is */
    const ahttp_pair *headers; /* a name given here replaces the session's of that name; a NULL
                                  value removes one, automatic ones too; repeats are sent */
    const char *auth;          /* "user:password", sent as Basic; others at the end: auth.h */

    /* The body: at most one of these.  Content-Type follows it unless headers name one. */
    ahttp_bytes data;            /* application/octet-stream; empty but not NULL is one too */
    const char *text;            /* text/plain; charset=utf-8 */
    const char *json;            /* a JSON document as text, application/json */
    const void *json_value;      /* made into text by the session's json_dump */
    const ahttp_pair *form;      /* application/x-www-form-urlencoded */
    const ahttp_part *multipart; /* multipart/form-data; the bodies in it are taken over */
    ahttp_body *body;            /* anything else, taken over: see body.h */
    const char *compress;        /* "gzip", "deflate", "br" or "zstd": the body on the way */

    ahttp_timeout timeout;
    int64_t expect_100_ms; /* with expect_100: how long to wait for 100; default 1000 */

    const char *target;  /* sent instead of the URL's path and query: "*", "host:443" */
    const char *upgrade; /* a protocol to change to by 101: "websocket"; see duplex.h */
    ahttp_interim_fn *on_interim;
    void *on_interim_ctx;

    /* All fields of the head, each ending in CR LF, as they are to go out, instead of headers, of
       the session's and of every automatic one: Host, Content-Length, Transfer-Encoding too.
       Nothing is added, and nobody checks that it is wise.  The body is chunked if
       Transfer-Encoding says so, else sent as it is.  Not together with headers, auth,
       upgrade or cookies; none of the jar are sent either.  Such a request passes no middleware,
       and a redirect is its response: E_ARGUMENT if it asks for either. */
    const char *fields_text;
    ahttp_wire_fn *on_wire; /* sees all heads of the request: see wire.h */
    void *on_wire_ctx;

    /* Each names the unusual choice, so that false is the default. */
    bool no_decompress;    /* the body as it was sent, whatever Content-Encoding says */
    bool expect_100;       /* send the body only when the server has said 100 Continue */
    bool http_1_0;         /* say HTTP/1.0, which has no chunks: the body's length must be known */
    bool no_downgrade;     /* redirects from https to http fail with E_REDIRECT_REFUSED */
    bool no_proxy;         /* go directly */
    bool chunked;          /* send the body in chunks, even if its length is known */
    bool transfer_codings; /* undo gzip and the like in Transfer-Encoding, too; ask by TE */
    bool lenient;          /* see session_options.h */
    ahttp_tls *tls;        /* for https, instead of the connector's; the request takes a
                              reference */
    const char *server_name; /* asked for and verified by TLS instead of the URL's host (SNI); the
                                Host header stays (server_hostname) */

    ahttp_redirects redirects; /* see redirect.h */
    int max_redirects;         /* hops that are followed; AHTTP_UNLIMITED: any */
    ahttp_redirect_fn *on_redirect;
    void *on_redirect_ctx;

    ahttp_proxy proxy; /* for all hops: see proxy.h */

    ahttp_progress_fn *on_progress; /* told how the bodies get on: see progress.h */
    void *on_progress_ctx;
    int64_t read_buffer_bytes; /* see session_options.h */

    const ahttp_pair *cookies; /* sent besides those of the jar, or instead if of one name, to
                                  the URL's origin; not kept */

    ahttp_raise_fn *raise_if; /* instead of the session's: see raise.h */
    void *raise_if_ctx;
    ahttp_raise raise_for_status; /* the same */
    int max_line_bytes;           /* of the response's head, as those of sessions; and at the end */

    const char *bearer;      /* see auth.h */
    const char *digest_auth; /* "user:password" */
    ahttp_authorize_fn *authorize;
    void *authorize_ctx;
    const char *query; /* added to the URL's, before params; escaped already, and sent as it is */
    const ahttp_middleware *middlewares; /* instead of all of the session's: see middleware.h */
    int max_field_bytes;
    int max_fields;
    int max_head_bytes;
    int max_interim;
    void *trace_ctx;                   /* for the session's traces (trace_request_ctx) */
    const char *const *secret_headers; /* besides the session's: see session_options.h */
    bool digest_only_when_asked;       /* with digest_auth: see auth.h */
    bool reserved[7];
} ahttp_request_options;

AHTTP_END
#endif
