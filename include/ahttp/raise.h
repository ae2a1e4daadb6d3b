/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_RAISE_H
#define AHTTP_RAISE_H
/* Whether a response whose status means failure is an error (aiohttp's raise_for_status).  The
   request then fails with E_STATUS, whose error has status and headers; the body is not for
   anybody, and the connection lives if little is left of it. */
#include <ahttp/response.h>
AHTTP_BEGIN

typedef enum ahttp_raise {
    AHTTP_RAISE_DEFAULT, /* the session's setting; then: never */
    AHTTP_RAISE_NEVER,
    AHTTP_RAISE_FAILURES /* 400 and above */
} ahttp_raise;

/* Says it of each response, the last one of redirects: true for an error.  Called from the loop
   like every callback; the body cannot be read yet. */
typedef bool ahttp_raise_fn(const ahttp_response *response, void *ctx);

AHTTP_END
#endif
