/* SPDX-License-Identifier: MIT */
#ifndef AH_CLIENT_SESSION_H
#define AH_CLIENT_SESSION_H
/* The inside of a session: what its requests share, and the blocks they are recycled in.  It is
   freed when the program does not hold it and no response is left. */
#include "base/arena.h"
#include "base/buf.h"
#include "client/auth.h"
#include "client/cookie_jar.h"
#include "client/settings.h"
#include "http/coding.h"
#include "http/message.h"
#include "http/redirect.h"
#include "http/url.h"
#include "loop/guest.h"
#include "loop/tracer.h"
#include "pool/proxy.h"
#include <ahttp/session.h>

/* What it says about proxies. */
typedef struct ah_session_proxies {
    ah_proxy *proxy;    /* held, or NULL */
    ahttp_error *error; /* why there is none though one was given, or NULL */
    ahttp_proxy_fn *choose;
    void *ctx;
    ah_str direct;  /* hosts that do not use proxy */
    ahttp_tls *tls; /* of https proxies without settings of their own; held, or NULL */
    bool trust_env;
    bool is_used; /* some of this may lead to a proxy */
} ah_session_proxies;

struct ahttp_session {
    ah_guest guest;
    unsigned refs; /* the program's */
    ahttp_connector *connector;
    ah_arena arena;        /* of the fields */
    ahttp_headers fields;  /* sent with every request: automatic ones, then the options' */
    ah_str fields_text;    /* the same as HTTP/1 text, rendered once */
    ahttp_timeout timeout; /* defaults filled in */
    ah_trace_list *traces; /* or NULL */
    bool is_traced;        /* they are to be told, or times are wanted */
    ahttp_hsts *hsts;      /* held, or NULL */
    ahttp_cookie_jar *cookie_jar;
    ah_buf cookie_text; /* where a Cookie field is written */
    ah_url_memo last_url;
    const ah_url *base_url;              /* or NULL */
    const ahttp_middleware *middlewares; /* the same */
    const char *const *secret_headers;   /* the same */
    int64_t max_body_bytes;              /* AHTTP_UNLIMITED: none */
    ah_response_rules rules;
    ah_coding_limits coding_limits;
    ah_session_proxies proxies;
    ahttp_raise raise_for_status;
    ahttp_raise_fn *raise_if; /* may be NULL */
    void *raise_if_ctx;
    ah_session_auth auth;
    ahttp_redirects redirects;
    ah_redirect_rules redirect_rules;
    ahttp_redirect_fn *on_redirect; /* may be NULL */
    void *on_redirect_ctx;
    ahttp_charset_fn *charset_of;  /* may be NULL */
    ahttp_json_dump_fn *json_dump; /* the same */
    void *hooks_ctx;
    ah_plain_request plain;
    ah_arena_store arenas; /* of all blocks */
    ah_list blocks;        /* all of its requests' but rests, from their first use to their end */
    size_t block_count;
    ahttp_response *recycled; /* those that nobody needs, newest first */
    size_t recycled_count;
    ah_list rests;             /* needed by nobody either, but the connection reads the rest */
    uint64_t log_count;        /* of requests, while somebody wants to know */
    int64_t read_buffer_bytes; /* 0: the default */
    bool has_own_codings;      /* the options' headers say which are accepted */
    bool skips_type;           /* bodies have no Content-Type but one that headers give */
    bool no_decompress;
    bool http_1_0;
    bool owns_connector;
    bool closed;
};

/* The library of a coding turned out not to work, which nobody tries before: later requests do not
   announce that coding any more. */
void ah_session_announce_codings(ahttp_session *session);
/* Frees it unless it is needed. */
void ah_session_tidy(ahttp_session *session);

#endif
