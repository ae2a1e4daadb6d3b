/* SPDX-License-Identifier: MIT */
#ifndef AH_CLIENT_AUTH_H
#define AH_CLIENT_AUTH_H
/* Logging in to servers, as include/ahttp/auth.h says: who a request comes from, and the stage
   that says so.

     call->course.login      what is known from options, URL or session; for its origin
     call->auth                what the stage knows of this block's request, once it needs that
     session->auth             the session's credentials, and the protection spaces of Digest  */
#include "base/list.h"
#include "client/stage.h"
#include "http/digest.h"
#include "http/url.h"
#include "loop/file_reader.h"
#include <ahttp/auth.h>
#include <ahttp/session.h>

typedef enum ah_login_kind {
    AH_LOGIN_VALUE, /* Basic, Bearer: the field's value is known */
    AH_LOGIN_DIGEST,
    AH_LOGIN_PROGRAM, /* a function says which fields */
    AH_LOGIN_NETRC    /* a file says whether and which */
} ah_login_kind;

/* Texts live as long as who has it: the session, or the block of the hop that it began with. */
typedef struct ah_login {
    ah_login_kind kind;
    ah_str value;
    ah_str user, password; /* of DIGEST */
    bool waits;            /* ... which says nothing before it is asked */
    ahttp_authorize_fn *authorize;
    void *authorize_ctx;
} ah_login;

/* ---- Where answers to Digest hold ---- */

/* A protection space of one user (RFC 7616 §3.3).  Counted: calls keep those they use. */
typedef struct ah_auth_space ah_auth_space;

/* The newest space of this user that covers the URL, or NULL; borrowed. */
ah_auth_space *ah_auth_space_find(const ah_list *spaces, const ah_url *url, const ah_login *login);
/* Takes a challenge that came from there over: a new space, or the one of this realm anew.  NULL
   when out of memory; else a reference. */
ah_auth_space *ah_auth_space_take(ah_list *spaces, const ah_url *url, const ah_login *login,
                                  ah_digest *digest);
ah_digest *ah_auth_space_digest(const ah_auth_space *space);
ah_auth_space *ah_auth_space_ref(ah_auth_space *space);
void ah_auth_space_unref(ah_auth_space *space); /* NULL does nothing */
void ah_auth_spaces_release(ah_list *spaces);

/* ---- The session ---- */

typedef struct ah_session_auth {
    const ah_login *login; /* NULL: it has none */
    ah_login own;
    ah_url origin; /* for which that is; host.ptr NULL: not known before the first request */
    ah_arena arena;
    ah_list spaces;
    ah_buf netrc;          /* the file's text */
    int64_t netrc_read_ms; /* when that was read */
    bool has_netrc;        /* it was */
    bool trusts_netrc;
} ah_session_auth;

/* NULL, or why what the options say cannot be sent. */
ahttp_error *ah_auth_init_session(ah_session_auth *auth, const ahttp_session_options *options);
void ah_auth_release_session(ah_session_auth *auth);

/* ---- Calls ---- */

/* What a stage does when the session's netrc has been read. */
typedef ah_verdict ah_netrc_then_fn(ahttp_response *call, ahttp_error **error);

/* What a function of the program says of one block's request. */
typedef struct ah_auth_program {
    ahttp_future *asked;     /* its answer, or NULL */
    const ahttp_pair *given; /* its fields for the next sending, or NULL */
    int rounds;              /* how often it was asked */
} ah_auth_program;

/* What the stage knows of one block's request. */
typedef struct ah_auth {
    ah_auth_space *space; /* whose digest was answered last, held, or NULL */
    unsigned tries;       /* challenges that were answered */
    ah_auth_program hosts, proxys;
    ah_file_reader *reader; /* of netrc, or NULL */
    ah_netrc_then_fn *netrc_then;
    ah_buf read;
    ah_hasher *hasher;                   /* of the body that is signed, while it is read, or NULL */
    char body_hash[AH_HASH_HEX_MAX + 1]; /* "": not known */
} ah_auth;

/* Who it comes from; its URL is known, its fields are not. */
ahttp_error *ah_auth_prepare(ahttp_response *call, const ahttp_request_options *options);
/* Whether options say so; or options or URL, and not the session or a file. */
bool ah_auth_is_given(const ahttp_request_options *options);
bool ah_auth_is_own(const ahttp_response *call, const ahttp_request_options *options);
/* Who the next hop comes from.  False when out of memory. */
bool ah_auth_hop(const ahttp_response *from, ahttp_response *to);
void ah_auth_release_call(ahttp_response *call);

/* ---- Between the files of the stage ---- */

/* "Basic " and what it says, in arena; ptr NULL when out of memory. */
ah_str ah_auth_basic_value(ah_arena *arena, ah_str user_password);
/* call->auth, made if need be; NULL when out of memory. */
ah_auth *ah_auth_of(ahttp_response *call);
/* FAIL, with that as the reason. */
ah_verdict ah_auth_no_memory(ahttp_error **error);
/* SEND_AGAIN, or FAIL when the body cannot be sent again. */
ah_verdict ah_auth_send_again(const ahttp_response *call, ahttp_error **error);

/* client/auth_digest.c */
ah_verdict ah_auth_digest_before(ahttp_response *call, ahttp_error **error);
ah_verdict ah_auth_digest_after(ahttp_response *call, ahttp_error **error);

/* With what is known of the body. */
ah_verdict ah_auth_digest_answer(ahttp_response *call, ahttp_error **error);

/* client/auth_body.c: reads the whole body for its hash, and brings it to its start again.  GO_ON:
   that is known; WAIT: the answer is given, and the stage goes on, when it is. */
ah_verdict ah_auth_hash_body(ahttp_response *call, ah_hash hash, ahttp_error **error);
void ah_auth_body_stop(ah_auth *auth);

/* client/auth_program.c: the function of the login, and in the stage of proxies that of the one
   that forwards the request */
ah_verdict ah_auth_program_before(ahttp_response *call, ahttp_error **error);
ah_verdict ah_auth_program_after(ahttp_response *call, ahttp_error **error);
void ah_auth_program_stop(ah_auth *auth);

/* client/auth_netrc.c: what then says, at once where the file was read a short time ago; else WAIT.
   The stage that asks stops it. */
ah_verdict ah_auth_netrc_ask(ahttp_response *call, ah_netrc_then_fn *then, ahttp_error **error);
ah_verdict ah_auth_netrc_before(ahttp_response *call, ahttp_error **error);
void ah_auth_netrc_stop(ah_auth *auth);

#endif
