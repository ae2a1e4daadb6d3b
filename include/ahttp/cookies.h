/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_COOKIES_H
#define AHTTP_COOKIES_H
/* Cookies: RFC 6265, made stricter by draft-ietf-httpbis-rfc6265bis. */
#include <ahttp/base.h>
AHTTP_BEGIN

/* Kept for who asks; this library has no notion of the site that a request comes from. */
typedef enum ahttp_same_site {
    AHTTP_SAME_SITE_UNSET,
    AHTTP_SAME_SITE_NONE,
    AHTTP_SAME_SITE_LAX,
    AHTTP_SAME_SITE_STRICT
} ahttp_same_site;

/* What a jar lends is valid until the call or callback returns. */
typedef struct ahttp_cookie {
    size_t size;
    const char *name;
    const char *value;  /* as it is sent */
    const char *domain; /* lower case, no dot in front; given as NULL: the URL's host alone */
    const char *path;   /* given as NULL: the folder of the URL's path */
    int64_t expires;    /* seconds since 1970; 0: it goes with the session */
    ahttp_same_site same_site;
    bool host_only; /* not for subdomains of domain */
    bool secure;    /* for https only */
    bool http_only;
    bool reserved[1];
} ahttp_cookie;

/* Called with each of several cookies; what it returns, the caller says. */
typedef bool ahttp_cookie_fn(const ahttp_cookie *cookie, void *ctx);

AHTTP_END
#endif
