/* SPDX-License-Identifier: MIT */
#ifndef AH_COOKIES_SET_COOKIE_H
#define AH_COOKIES_SET_COOKIE_H
/* What a Set-Cookie field says (RFC 6265 §5.2, and where that is stricter draft-ietf-httpbis-
   rfc6265bis §5.6).  No opinion yet on whether it may say so: that is the jar's. */
#include "base/arena.h"
#include <ahttp/cookies.h>

enum {
    AH_COOKIE_MOST_BYTES = 4096,           /* of name and value together */
    AH_COOKIE_MOST_ATTRIBUTE_BYTES = 1024, /* of one value of an attribute */
};

typedef struct ah_set_cookie {
    ah_str name;
    ah_str value;
    ah_str domain; /* as it was written, without a dot in front; ptr NULL: none */
    ah_str path;   /* starts with "/"; ptr NULL: none */
    int64_t max_age;
    int64_t expires; /* seconds since 1970 */
    bool has_max_age;
    bool has_expires;
    bool secure;
    bool http_only;
    ahttp_same_site same_site;
} ah_set_cookie;

/* The views point into text.  NULL, or why it is no cookie. */
const char *ah_set_cookie_read(ah_set_cookie *said, ah_str text);

/* When it expires, seconds since 1970, if it was said now: Max-Age counts more than Expires.
   0: with the session; at most 400 days from now (rfc6265bis §5.5); not after now: it is to be
   deleted. */
int64_t ah_set_cookie_expiry(const ah_set_cookie *said, int64_t now);

/* The same with texts of their own, in the arena; domain and path are NULL where it has none.
   False when out of memory. */
bool ah_set_cookie_show(const ah_set_cookie *said, ah_arena *arena, int64_t now,
                        ahttp_cookie *cookie);

/* Whether text has control characters other than tabs (rfc6265bis §5.6 step 1). */
bool ah_cookie_has_controls(ah_str text);

#endif
