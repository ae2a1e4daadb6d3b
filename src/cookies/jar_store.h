/* SPDX-License-Identifier: MIT */
#ifndef AH_COOKIES_JAR_STORE_H
#define AH_COOKIES_JAR_STORE_H
/* How a jar keeps its cookies.  For the files of the jar only: jar.c keeps them, jar_set.c says
   who may set one, jar_find.c which of them a request sends. */
#include "cookies/jar.h"

typedef struct ah_jar_domain {
    ah_map_node node;
    ah_list cookies; /* longest path first, then oldest first */
    size_t count;
    char name[];
} ah_jar_domain;

typedef struct ah_jar_cookie {
    ah_link in_domain, in_jar, by_use;
    ah_jar_domain *domain;
    ah_str name, value, path; /* with a NUL behind each */
    int64_t expires;          /* INT64_MAX: with the session */
    uint64_t number;          /* in the order in which they were made */
    uint64_t used;            /* the larger, the later */
    ahttp_same_site same_site;
    bool host_only, secure, http_only;
    char texts[];
} ah_jar_cookie;

/* What a cookie is to be; views of texts elsewhere. */
typedef struct ah_cookie_draft {
    ah_str name, value, domain, path;
    int64_t expires; /* as in ah_jar_cookie */
    ahttp_same_site same_site;
    bool host_only, secure, http_only;
} ah_cookie_draft;

static inline ah_jar_cookie *ah_jar_in_domain(ah_link *link)
{
    return AH_CONTAINER(link, ah_jar_cookie, in_domain);
}

static inline ah_jar_cookie *ah_jar_in_jar(ah_link *link)
{
    return AH_CONTAINER(link, ah_jar_cookie, in_jar);
}

/* NULL when no cookie is for just that name. */
ah_jar_domain *ah_jar_find_domain(const ah_jar *jar, ah_str name);
/* Puts it in; or only deletes the one that it would replace, if it has expired. */
const char *ah_jar_put(ah_jar *jar, const ah_cookie_draft *wanted, int64_t now);
void ah_jar_note_use(ah_jar *jar, ah_jar_cookie *cookie);
ahttp_cookie ah_jar_show(const ah_jar_cookie *cookie);

/* Whether requests for url may have secure cookies. */
bool ah_jar_is_secure(const ah_jar *jar, const ah_url *url);

#endif
