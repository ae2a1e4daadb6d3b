/* SPDX-License-Identifier: MIT */
#ifndef AH_COOKIES_MATCH_H
#define AH_COOKIES_MATCH_H
/* Which cookies belong to which requests (RFC 6265 §5.1.3, §5.1.4). */
#include "http/url.h"

/* What cookies see of a request. */
typedef struct ah_cookie_request {
    ah_str host; /* lower case, no dot at its end */
    ah_str path; /* starts with "/" */
    bool is_ip;
    bool is_secure;
} ah_cookie_request;

/* Of the URL that is asked for; views of it. */
ah_cookie_request ah_cookie_request_of(const ah_url *url);

/* Both in lower case.  A domain holds itself and all names that end in it behind a dot;
   addresses hold themselves only, which the caller sees to. */
bool ah_cookie_domain_holds(ah_str domain, ah_str host);
/* A path holds itself and all that is in the folder that it names. */
bool ah_cookie_path_holds(ah_str path, ah_str requested);
/* The folder of a request's path: of "/a/b" it is "/a". */
ah_str ah_cookie_default_path(ah_str requested);

#endif
