/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_URL_H
#define AH_HTTP_URL_H
/* Absolute http and https URLs (RFC 3986, RFC 9110 §4.2).  Bytes given are bytes sent: "%XX"
   is never touched, dots are not resolved, case in the path stays, "\\" is no "/".  Only what
   cannot stand in a request line is escaped: spaces, control characters and bytes above 0x7E.
   International host names become their A-labels (http/idn.h).  Of the host, case and brackets go,
   and an IPv6 address takes its shortest form; a zone id follows it behind "%", whether written
   "%25eth0" or "%eth0".  Spaces and control characters round the URL are no part of it. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include <ahttp/base.h>

typedef struct ah_url {
    ah_str scheme;    /* "http" or "https", lower case; of a value "ws" or "wss", too */
    ah_str userinfo;  /* as given, still escaped; ptr NULL when there is none or it is empty */
    ah_str host;      /* lower case, "::1" without brackets; never empty */
    ah_str authority; /* for Host: brackets round IPv6, no zone, the port unless default */
    ah_str target;    /* path and query; "/" when the path was empty; never a fragment */
    ah_str fragment;  /* without "#", escaped likewise; ptr NULL when there is none */
    ah_str safe;      /* scheme://authority target: the URL without userinfo and fragment,
                         for messages; has a NUL behind it */
    uint16_t port;
    bool is_ipv6; /* host is an IPv6 literal */
    bool is_tls;  /* https, wss */
} ah_url;

/* Reads text into url, whose views point into one piece of the arena.  NULL, or a reason for
   people: "the port is not a number between 1 and 65535".  "out of memory" is AH_URL_NO_MEMORY
   itself, to be compared by address. */
extern const char AH_URL_NO_MEMORY[];
const char *ah_url_parse(ah_url *url, ah_arena *arena, ah_str text);

/* What was read as browsers do may be a URL that no request can be sent to: of the scheme ws or
   wss, or with port 0.  It is read again, from the text that was written of it, by this. */
const char *ah_url_parse_value(ah_url *url, ah_arena *arena, ah_str text);

/* What stands before the path of a URL that is written as we write it. */
typedef struct ah_url_shape {
    size_t len; /* of "http://example.com:8080" */
    size_t scheme_len, host_len;
    uint16_t port;
    bool is_ipv6;
    bool is_tls;
} ah_url_shape;
/* That of the URL that was read last, for programs that stay with one origin: the next URL that
   begins with the same bytes is read faster.  Zeroed memory remembers nothing. */
enum { AH_URL_MEMO_SIZE = 96 };
typedef struct ah_url_memo {
    ah_url_shape shape; /* len 0: nothing */
    char origin[AH_URL_MEMO_SIZE];
} ah_url_memo;
/* Like ah_url_parse. */
const char *ah_url_parse_next(ah_url *url, ah_arena *arena, ah_str text, ah_url_memo *memo);

/* ---- http/url_join.c ---- */

/* What reference means where base is at hand (RFC 3986 §5.2), read as by ah_url_parse, and what is
   of base's scheme and host as by ah_url_parse_value if base is one that only this reads.  A
   reference that begins with "http://" or "https://" keeps the bytes of its path; in others, dot
   segments are resolved.  Where it says no fragment, base's is not inherited. */
const char *ah_url_join(ah_url *url, ah_arena *arena, const ah_url *base, ah_str reference);
/* What stands before the first ":" if that is a scheme (§3.1), else ptr NULL. */
ah_str ah_url_scheme_of(ah_str reference);
/* Whether scheme, host and port are the same. */
bool ah_url_same_origin(const ah_url *a, const ah_url *b);

/* ---- http/url_text.c ---- */

/* Appends path, which begins with "/", without its "." and ".." (§5.2.4); with_escaped: "%2e" is
   a dot as well. */
void ah_url_append_without_dots(ah_buf *out, ah_str path, bool with_escaped);

/* Why a program's text is no URL: `what "text": why`, with nothing of the text that stands before
   its last "@".  Out of memory for AH_URL_NO_MEMORY. */
ahttp_error *ah_url_error(int code, const char *what, ah_str text, const char *why);

/* Appends text with each "%XX" undone. */
void ah_url_percent_decode(ah_buf *out, ah_str text);
/* Appends "http://user@[fe80::1%25eth0]:8080", with what the authority of a Host field lacks. */
void ah_url_append_origin(ah_buf *out, const ah_url *url, bool with_userinfo);

/* For the next one, where a dot stands behind the name. */
bool ah_url_write_host_without_dot(const ah_url *url, ah_arena *arena, ah_str *host);
/* What the field Host says: the authority, without the dot that may stand behind a name.  False
   when out of memory. */
static inline bool ah_url_write_host(const ah_url *url, ah_arena *arena, ah_str *host)
{
    *host = url->authority;
    return url->host.ptr[url->host.len - 1] != '.' ||
           ah_url_write_host_without_dot(url, arena, host);
}

/* ---- http/url_query.c ---- */

/* Makes an http URL the https one of the same name: port 80 becomes 443, any other stays.  False
   when out of memory. */
bool ah_url_use_tls(ah_url *url, ah_arena *arena);

/* Adds a query that is escaped already, behind one that is there; what cannot stand in a request
   line is escaped, as in a URL.  False when out of memory. */
bool ah_url_add_query(ah_url *url, ah_arena *arena, ah_str query);
/* Adds query parameters to url->target, behind a query that is there, in order, repeats kept;
   and rebuilds url->safe.  params may be NULL, else ends with {NULL, NULL}.  False when out of
   memory. */
bool ah_url_add_params(ah_url *url, ah_arena *arena, const ahttp_pair *params);

#endif
