/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_REDIRECT_H
#define AHTTP_REDIRECT_H
/* How redirects are followed: 301, 302, 303, 307 and 308 with a Location (RFC 9110 §15.4).
   A POST becomes a GET without body at 301 and 302, all but HEAD at 303.  To another scheme,
   host or port no Authorization, Cookie or Proxy-Authorization goes along, whoever gave it. */
#include <ahttp/base.h>
AHTTP_BEGIN

/* aiohttp's allow_redirects. */
typedef enum ahttp_redirects {
    AHTTP_REDIRECTS_DEFAULT, /* the session's setting; then: followed, but for HEAD */
    AHTTP_REDIRECTS_FOLLOW,
    AHTTP_REDIRECTS_RETURN /* the 3xx is the response */
} ahttp_redirects;

AHTTP_END
#endif
