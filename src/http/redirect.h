/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_REDIRECT_H
#define AH_HTTP_REDIRECT_H
/* What a redirect means for the request that follows it: decisions about values only
   (RFC 9110 §15.4). */
#include "http/headers.h"
#include "http/url.h"

typedef struct ah_redirect_rules {
    int most;              /* hops; AHTTP_UNLIMITED */
    bool refuse_downgrade; /* no hop from https to http */
} ah_redirect_rules;

/* 301, 302, 303, 307, 308. */
bool ah_redirect_is_one(int status);
/* Whether the next request is a GET without a body: POST at 301 and 302, all but HEAD at 303. */
bool ah_redirect_becomes_get(int status, ah_str method);
/* Whether a field says something of a body, and goes with it. */
bool ah_redirect_is_body_field(ah_str name);

/* ---- Secrets ---- */

/* What a request may hold that is for its origin only. */
enum {
    AH_SECRET_AUTHORIZATION = 1 << 0,       /* fields of that name, whoever gave them */
    AH_SECRET_COOKIE_FIELD = 1 << 1,        /* Cookie among the headers */
    AH_SECRET_PROXY_AUTHORIZATION = 1 << 2, /* the field */
    AH_SECRET_CREDENTIALS = 1 << 3,         /* of the option auth, or of the URL */
    AH_SECRET_COOKIES = 1 << 4,             /* of the request itself; those of a jar choose
                                               their hosts themselves */
    AH_SECRET_NAMED = 1 << 5                /* fields that the program calls secret */
};

typedef enum ah_origin_change {
    AH_ORIGIN_SAME,
    AH_ORIGIN_OTHER_HOST, /* subdomains are others, too */
    AH_ORIGIN_OTHER_PORT,
    AH_ORIGIN_TO_TLS, /* http to https on the same host, whatever the ports */
    AH_ORIGIN_FROM_TLS,
    AH_ORIGIN_CHANGES
} ah_origin_change;

ah_origin_change ah_origin_change_of(const ah_url *from, const ah_url *to);
/* The one table: AH_SECRET_ bits of what stays behind. */
extern const unsigned char ah_secrets_left_behind[AH_ORIGIN_CHANGES];
/* The bit of a header field of that name; 0: it is no secret.  named: what the program calls so, a
   list that ends with NULL, or NULL. */
unsigned ah_secret_of_field(ah_str name, const char *const *named);

#endif
