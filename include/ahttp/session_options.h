/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_SESSION_OPTIONS_H
#define AHTTP_SESSION_OPTIONS_H
/* What all requests of a session share.  0 and NULL mean the default; new fields are added at the
   end only. */
#include <ahttp/auth.h>
#include <ahttp/connector.h>
#include <ahttp/cookies.h>
#include <ahttp/hsts.h>
#include <ahttp/middleware.h>
#include <ahttp/proxy.h>
#include <ahttp/raise.h>
#include <ahttp/redirect.h>
#include <ahttp/response.h>
#include <ahttp/timeout.h>
AHTTP_BEGIN

/* The charset of that body, such as "windows-1252", or NULL: UTF-8.  Static or owned by ctx. */
typedef const char *ahttp_charset_fn(const ahttp_response *response, ahttp_bytes body, void *ctx);
/* The text of a value, to be freed by free(); NULL fails the request with E_JSON. */
typedef char *ahttp_json_dump_fn(const void *value, void *ctx);

typedef struct ahttp_session_options {
    size_t size;
    ahttp_loop *loop;           /* default: the connector's, then ahttp_loop_current() */
    ahttp_connector *connector; /* shared, the session takes a reference; default: its own */
    const ahttp_pair *headers;  /* sent with every request, repeats too; a NULL value removes
                                   an automatic one: User-Agent, Accept, Accept-Encoding,
                                   a body's Content-Type (skip_auto_headers) */
    const char *user_agent;     /* default "libahttp/VERSION" */
    ahttp_timeout timeout;
    int64_t max_body_bytes; /* for read and text, after decoding; default AHTTP_UNLIMITED */

    /* Of a response's head; beyond a limit it fails with E_HEAD_TOO_LARGE.  There are always
       limits: AHTTP_UNLIMITED aborts here. */
    int max_line_bytes;  /* of the status line, and of a chunk's size line; default 8190 */
    int max_field_bytes; /* of one name and value; default 8190 */
    int max_fields;      /* trailers included; default 128 */
    int max_head_bytes;  /* all of it; default 65536 */
    int max_interim;     /* 1xx responses before the final one; default 16 */
    /* How much the decoded body may exceed what came, beyond its first 10 MiB; default 200,
       AHTTP_UNLIMITED: any.  E_DECODED_TOO_LARGE. */
    int max_decode_ratio;

    ahttp_charset_fn *charset_of; /* for texts whose Content-Type names none */
    ahttp_json_dump_fn *json_dump;
    void *hooks_ctx; /* of these two */

    bool no_decompress;
    bool lenient;      /* accept what real servers get wrong in heads: see docs/strictness.md */
    bool no_downgrade; /* redirects from https to http fail with E_REDIRECT_REFUSED */
    bool trust_env;    /* use the proxies that the environment names: see docs/proxies.md */
    bool http_1_0;     /* of all requests: see request.h */
    bool http_0_9;     /* what does not begin with HTTP/ is a body of status 200, without a head */
    bool until_close;  /* a body lasts as long as its connection, whatever Content-Length says */
    bool keep_chunks;  /* leave in a body what frames its chunks, and its trailers */
    const char *made_at; /* the macro's AHTTP_HERE, kept as it is; may be NULL */

    ahttp_redirects redirects; /* see redirect.h */
    int max_redirects;         /* hops that are followed; default 10, AHTTP_UNLIMITED: any */
    ahttp_redirect_fn *on_redirect;
    void *on_redirect_ctx;

    /* See proxy.h. */
    ahttp_proxy proxy;         /* for all requests, which a bad one fails */
    const char *no_proxy_for;  /* but for these hosts: "a.test,10.0.0.0/8", as NO_PROXY has it */
    ahttp_proxy_fn *proxy_for; /* chooses one for each hop instead */
    void *proxy_ctx;
    ahttp_tls *proxy_tls; /* for https proxies; the session takes a reference; default: verify by
                             the system's roots, whatever the connector's tls says */

    /* Of a body that is read piece by piece: its sender is stopped when twice as much waits to be
       read, and goes on when that has been taken; default 65536.  aiohttp's read_bufsize. */
    int64_t read_buffer_bytes;

    ahttp_cookie_jar *cookie_jar; /* shared, the session takes a reference; default: a new one;
                                     ahttp_cookie_jar_dummy(): no cookies */
    const ahttp_pair *cookies;    /* put into the jar, for all paths of the host of ... */
    const char *cookies_url;      /* ... this URL; default: base_url */

    ahttp_raise_fn *raise_if; /* see raise.h */
    void *raise_if_ctx;
    ahttp_raise raise_for_status; /* the same */
    int reserved_int;

    /* At most one of the first four: see auth.h. */
    const char *auth;        /* "user:password", by Basic */
    const char *bearer;      /* a token */
    const char *digest_auth; /* "user:password", by Digest */
    ahttp_authorize_fn *authorize;
    void *authorize_ctx;
    const char *credentials_for; /* the URL for whose origin they are; default: base_url, then the
                                    first sent to */

    ahttp_hsts *hsts; /* see hsts.h; the session takes a reference; default: none */

    const char *base_url; /* what URLs of requests are relative to: its path ends in "/".  They
                             cannot lead to another origin, unless they are absolute */
    const ahttp_middleware *middlewares; /* see middleware.h */

    const struct ahttp_trace *const *traces; /* AHTTP_TRACES(&trace): see trace.h; each must outlive
                                                the session and its responses */
    bool timings;                /* note when each part of a request was over: see timings.h */
    bool digest_only_when_asked; /* with digest_auth: see auth.h */
    bool reserved_too[6];

    /* AHTTP_NAMES("X-Api-Key"): headers that are for one origin only, as Authorization is.
       Redirects to another one go without, and logs and archives mask them. */
    const char *const *secret_headers;
} ahttp_session_options;

AHTTP_END
#endif
