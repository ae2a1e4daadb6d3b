/* SPDX-License-Identifier: MIT */
#ifndef AH_COOKIES_JAR_H
#define AH_COOKIES_JAR_H
/* Which cookies there are, who may set one, and which a request sends (RFC 6265 §5.3, §5.4, and
   rfc6265bis §5.7, §5.8).  Time is an argument: seconds since 1970.

   A map finds the cookies of a domain, which are kept in the order in which they are sent; a
   request merges the lists of its host and of the domains above it, and allocates nothing.
   Expired cookies go when the first of them has expired and somebody asks, so that the jar is
   never larger than its limits, nor keeps anything that is of no use. */
#include "base/list.h"
#include "base/map.h"
#include "cookies/match.h"
#include "cookies/set_cookie.h"

typedef struct ah_jar_rules {
    size_t max_cookies;
    size_t max_per_domain;
    const ah_url *secure_origins; /* borrowed */
    size_t secure_origin_count;
    bool ip_hosts;
} ah_jar_rules;

typedef struct ah_jar {
    ah_jar_rules rules;
    ah_map domains;
    ah_list cookies; /* in the order in which they were made */
    ah_list by_use;  /* not used for longest first */
    size_t count;
    size_t secure_count;
    uint64_t last_number;
    int64_t next_expiry; /* none of them expires before that */
} ah_jar;

/* Each limit of 0 becomes its default. */
void ah_jar_init(ah_jar *jar, const ah_jar_rules *rules);
void ah_jar_release(ah_jar *jar);

/* "out of memory" is this one, to be compared by address. */
extern const char AH_JAR_NO_MEMORY[];

/* What a response from url said.  NULL when it was done: the cookie was put in, replaced or
   deleted; or why it was not, for people. */
const char *ah_jar_set(ah_jar *jar, const ah_url *url, const ah_set_cookie *said, int64_t now);
/* A cookie that was in a jar before, domain and all. */
const char *ah_jar_restore(ah_jar *jar, const ahttp_cookie *cookie, int64_t now);

/* Calls fn with each cookie of a request for url, as ahttp_cookie_jar_find does. */
void ah_jar_find(ah_jar *jar, const ah_url *url, int64_t now, ahttp_cookie_fn *fn, void *ctx);
/* With each that has not expired. */
void ah_jar_each(ah_jar *jar, int64_t now, ahttp_cookie_fn *fn, void *ctx);
/* Removes those for which fn returns true (fn NULL: all of them), and says how many. */
size_t ah_jar_remove(ah_jar *jar, int64_t now, ahttp_cookie_fn *fn, void *ctx);
/* Removes what has expired. */
void ah_jar_sweep(ah_jar *jar, int64_t now);

#endif
