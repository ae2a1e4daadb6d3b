/* SPDX-License-Identifier: MIT */
#ifndef AH_CLIENT_COOKIE_JAR_H
#define AH_CLIENT_COOKIE_JAR_H
/* The inside of a cookie jar: a list of functions, of which there are three: the standard jar's,
   the dummy's, and those that ask a store of the program. */
#include "base/buf.h"
#include "cookies/set_cookie.h"
#include "http/url.h"
#include <ahttp/cookie_store.h>

/* All return what ah_jar's functions do. */
typedef struct ah_cookie_jar_type {
    const char *(*set)(ahttp_cookie_jar *jar, const ah_url *url, const ah_set_cookie *said,
                       int64_t now);
    const char *(*restore)(ahttp_cookie_jar *jar, const ahttp_cookie *cookie, int64_t now);
    void (*find)(ahttp_cookie_jar *jar, const ah_url *url, int64_t now, ahttp_cookie_fn *fn,
                 void *ctx);
    void (*each)(ahttp_cookie_jar *jar, int64_t now, ahttp_cookie_fn *fn, void *ctx);
    size_t (*remove)(ahttp_cookie_jar *jar, int64_t now, ahttp_cookie_fn *which, void *ctx);
    void (*free)(ahttp_cookie_jar *jar);
} ah_cookie_jar_type;

struct ahttp_cookie_jar {
    const ah_cookie_jar_type *type;
    const size_t *count; /* how many there are at most, or NULL: not known */
    unsigned refs;
    bool no_quoting;
    bool keeps_nothing; /* nobody needs to tell it of cookies */
};

/* Whether it is any use to ask it for cookies. */
static inline bool ah_cookie_jar_may_have(const ahttp_cookie_jar *jar)
{
    return !jar->count || *jar->count > 0;
}

/* A value that a program gives, as it is sent: appended to out, which remembers running out of
   memory; or why it cannot be sent. */
const char *ah_cookie_write_value(ah_buf *out, ah_str value, bool no_quoting);
/* The same for the whole cookie "name=value", behind "; " if there is one before. */
const char *ah_cookie_write_pair(ah_buf *out, const ahttp_pair *pair, bool no_quoting);
/* Why a cookie that a program gives cannot be used; its value is not told. */
ahttp_error *ah_cookie_error(const char *name, const char *why);

#endif
