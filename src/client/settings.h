/* SPDX-License-Identifier: MIT */
#ifndef AH_CLIENT_SETTINGS_H
#define AH_CLIENT_SETTINGS_H
/* What a request is to be like, apart from its URL and its body. */
#include "http/message.h"
#include "http/redirect.h"
#include <ahttp/request.h>

typedef struct ah_login ah_login;

/* What the program asked for; all hops of a request share it. */
typedef struct ah_call_settings {
    ahttp_interim_fn *on_interim; /* may be NULL */
    void *on_interim_ctx;
    ahttp_wire_fn *on_wire; /* may be NULL */
    void *on_wire_ctx;
    ahttp_progress_fn *on_progress; /* may be NULL */
    void *on_progress_ctx;
    int64_t read_buffer_bytes; /* 0: the default */
    ahttp_raise_fn *raise_if;  /* may be NULL */
    void *raise_if_ctx;
    const ah_response_rules *rules; /* the session's, or in the first hop's arena */
    ah_redirect_rules redirects;
    ahttp_redirect_fn *on_redirect; /* may be NULL */
    void *on_redirect_ctx;
    void *trace_ctx;
    const char *const *secret_headers; /* for one origin only, besides those that always are */
    bool no_decompress;
    bool transfer_codings;
    bool is_chunked; /* the program wants it so */
} ah_call_settings;

/* What follows from that for one hop; the next one begins with a copy. */
typedef struct ah_call_course {
    int64_t expect_100_ms;               /* how long a body waits for 100; 0: it does not */
    const ahttp_middleware *middlewares; /* NULL: none */
    const ah_login *login;               /* who it comes from, or NULL */
    ahttp_body_replay body_replay;       /* of the request's body */
    unsigned stages;                     /* bit n: it uses stage n of ah_stage_id */
    bool has_own_type;                   /* its Content-Type does not follow the body */
    bool has_own_host;                   /* Host is a given one */
    bool uses_jar; /* cookies of the session's jar are sent, and what comes is kept there */
} ah_call_course;

/* What every request of a session is that says nothing but its URL, and perhaps time limits: as the
   first of them became. */
typedef struct ah_plain_request {
    ah_call_settings settings;
    ah_call_course course;
    ah_request_head head;            /* without what follows from the URL */
    const ahttp_timeout *gap_limits; /* of its exchange */
    bool is_known;                   /* there was one */
    bool goes_straight;              /* nothing is done but to ask for a connection */
    bool is_anonymous;               /* the session says nothing of who it comes from */
} ah_plain_request;

#endif
