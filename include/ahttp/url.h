/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_URL_H
#define AHTTP_URL_H
/* Absolute http and https URLs as values: read, join, build, compare (yarl's URL).  They need
   no loop and no session, and never change; any thread may use them.  Sessions read theirs by
   the same rules: bytes given are bytes sent, "%2F" and "+" and dots stay as they are, and only
   what cannot stand in a request line is escaped: spaces, control characters, bytes beyond ASCII.
   Of the host, case goes, and international names become A-labels.  docs/urls.md says how that
   differs from browsers. */
#include <ahttp/base.h>
AHTTP_BEGIN

typedef struct ahttp_url ahttp_url;

/* NULL when it is none, or when out of memory; then *why, unless why is NULL, is the reason, a
   static text: "the port is not a number between 1 and 65535".  Caller frees. */
AHTTP_API ahttp_url *ahttp_url_parse(const char *text, const char **why);
/* What reference means in a document of base (RFC 3986 §5): "../x?y", "//host", "#z". */
AHTTP_API ahttp_url *ahttp_url_join(const ahttp_url *base, const char *reference, const char **why);
/* What browsers make of a link in a page, or of what someone typed (WHATWG URL Standard); base is
   the page's URL, or NULL.  Tabs and newlines go, "\\" is "/", "http:host" has a host, "0x7f.1" is
   127.0.0.1, dots are resolved, and more is escaped; user and password come from base as well.
   The scheme may also be ws or wss, and the port 0: requests refuse such a URL. */
AHTTP_API ahttp_url *ahttp_url_parse_as_browser(const char *text, const ahttp_url *base,
                                                const char **why);
/* The same URL with parameters behind its query, escaped as a form is; repeats stay.  NULL when
   out of memory. */
AHTTP_API ahttp_url *ahttp_url_with_params(const ahttp_url *url, const ahttp_pair *params);
/* NULL does nothing. */
AHTTP_API void ahttp_url_free(ahttp_url *url);

/* ---- Parts.  All texts live as long as the URL. ---- */

/* All of it, user and password too: for a request, not for people. */
AHTTP_API const char *ahttp_url_text(const ahttp_url *url);
/* Without user, password and fragment: for messages and logs. */
AHTTP_API const char *ahttp_url_safe_text(const ahttp_url *url);
AHTTP_API const char *ahttp_url_scheme(const ahttp_url *url); /* "https" */
/* "example.org", "192.0.2.1", "::1", "fe80::1%eth0" */
AHTTP_API const char *ahttp_url_host(const ahttp_url *url);
AHTTP_API uint16_t ahttp_url_port(const ahttp_url *url);
AHTTP_API const char *ahttp_url_path(const ahttp_url *url);     /* escaped; "/" at least */
AHTTP_API const char *ahttp_url_query(const ahttp_url *url);    /* escaped, without "?", or NULL */
AHTTP_API const char *ahttp_url_fragment(const ahttp_url *url); /* escaped, without "#", or NULL */
/* With escapes undone; NULL when there is none. */
AHTTP_API const char *ahttp_url_user(const ahttp_url *url);
AHTTP_API const char *ahttp_url_password(const ahttp_url *url);

/* Whether scheme, host and port are the same. */
AHTTP_API bool ahttp_url_same_origin(const ahttp_url *a, const ahttp_url *b);

/* ---- Building ---- */

/* None of these need be escaped, but for what is a raw one; what is needed is done.  NULL texts
   are not there. */
typedef struct ahttp_url_parts {
    size_t size;
    const char *scheme; /* default: "https" */
    const char *user;
    const char *password;
    const char *host;  /* an IPv6 address may have brackets */
    const char *path;  /* "/a b"; "%" becomes "%25" */
    const char *query; /* raw: escaped only as in a whole URL */
    const ahttp_pair *params;
    const char *fragment; /* raw, too */
    int port;             /* 0: the scheme's */
    bool raw_path;        /* path is escaped already */
    bool reserved[3];
} ahttp_url_parts;

AHTTP_API ahttp_url *ahttp_url_create(const ahttp_url_parts *parts, const char **why);
#ifndef __cplusplus
#define ahttp_url_build(why, ...)                                                                  \
    ahttp_url_create(&(ahttp_url_parts){.size = sizeof(ahttp_url_parts), __VA_ARGS__}, (why))
#endif

AHTTP_END
#endif
