/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_COOKIES_H
#define AHTTP_COOKIES_H
/* Cookies, and the jars that keep them (aiohttp's CookieJar): RFC 6265, made stricter by
   draft-ietf-httpbis-rfc6265bis; docs/cookies.md has the rules.  A session has a jar unless it is
   given one; sessions of one thread may share one.  A jar does no I/O but in load and save. */
#include <ahttp/future.h>
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

typedef struct ahttp_cookie_jar ahttp_cookie_jar;

typedef struct ahttp_cookie_jar_options {
    size_t size;
    int max_cookies;            /* in all; beyond, those not used for longest go; default 3000 */
    int max_cookies_per_domain; /* default 180 */
    /* URLs whose origins count as secure without TLS, behind them NULL; default: none */
    const char *const *secure_origins;
    bool ip_hosts;   /* keep cookies of IP addresses too; aiohttp's unsafe */
    bool no_quoting; /* send values that programs give as they are; else one with spaces, quotes,
                        commas, semicolons or bytes beyond ASCII is sent in quotes */
    bool reserved[6];
} ahttp_cookie_jar_options;

/* NULL options for the defaults.  NULL when out of memory, when options->size is not set, or when
   one of secure_origins is no URL; the log says which.  Caller unrefs. */
AHTTP_API ahttp_cookie_jar *ahttp_cookie_jar_create(const ahttp_cookie_jar_options *options);
/* A jar that keeps nothing: aiohttp's DummyCookieJar.  It is static. */
AHTTP_API ahttp_cookie_jar *ahttp_cookie_jar_dummy(void);
AHTTP_API ahttp_cookie_jar *ahttp_cookie_jar_ref(ahttp_cookie_jar *jar);
AHTTP_API void ahttp_cookie_jar_unref(ahttp_cookie_jar *jar); /* NULL does nothing */

/* ---- Putting in ---- */

/* As if a response from url had said so.  0; or E_URL, NO_MEMORY, or E_ARGUMENT when the jar
   refuses it: then *why, unless why is NULL, is a static text that says why. */
AHTTP_API int ahttp_cookie_jar_set(ahttp_cookie_jar *jar, const char *url,
                                   const ahttp_cookie *cookie, const char **why);
/* The value of a Set-Cookie field, "id=7; Path=/; Secure". */
AHTTP_API int ahttp_cookie_jar_set_text(ahttp_cookie_jar *jar, const char *url, const char *text,
                                        const char **why);

/* ---- Looking.  fn must not change the jar; false from it ends the walk. ---- */

typedef bool ahttp_cookie_fn(const ahttp_cookie *cookie, void *ctx);
/* All that have not expired, in the order in which they were made. */
AHTTP_API void ahttp_cookie_jar_each(ahttp_cookie_jar *jar, ahttp_cookie_fn *fn, void *ctx);
AHTTP_API size_t ahttp_cookie_jar_count(ahttp_cookie_jar *jar);
/* Those that a request for url sends, as they are sent: longest path first, then oldest first;
   two of one name are both sent.  aiohttp's filter_cookies.  0 or E_URL. */
AHTTP_API int ahttp_cookie_jar_find(ahttp_cookie_jar *jar, const char *url, ahttp_cookie_fn *fn,
                                    void *ctx);
/* The same as the text of a Cookie field, "a=1; b=2".  Writes at most size bytes, a NUL at their
   end included; returns the length of all of it, or E_URL. */
AHTTP_API int ahttp_cookie_jar_text(ahttp_cookie_jar *jar, const char *url, char *text,
                                    size_t size);

/* ---- Taking out; how many it were ---- */

AHTTP_API size_t ahttp_cookie_jar_remove(ahttp_cookie_jar *jar, ahttp_cookie_fn *which, void *ctx);
AHTTP_API size_t ahttp_cookie_jar_clear(ahttp_cookie_jar *jar);
/* Of that domain and its subdomains. */
AHTTP_API size_t ahttp_cookie_jar_clear_domain(ahttp_cookie_jar *jar, const char *domain);

/* Files and stores of your own: cookie_store.h. */

#ifndef __cplusplus
#define ahttp_cookie_jar_new(...)                                                                  \
    ahttp_cookie_jar_create(                                                                       \
        &(ahttp_cookie_jar_options){.size = sizeof(ahttp_cookie_jar_options), __VA_ARGS__})
#define AHTTP_COOKIE(...) (&(const ahttp_cookie){.size = sizeof(ahttp_cookie), __VA_ARGS__})
#endif

AHTTP_END
#endif
