/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_DIGEST_H
#define AHTTP_DIGEST_H
/* Digest authentication by hand (RFC 7616), for programs that see challenges themselves: tools
   that show each step, proxies, other protocols that borrow it.  No I/O. */
#include <ahttp/headers.h>
AHTTP_BEGIN

/* A challenge that can be answered, and how often it was. */
typedef struct ahttp_digest ahttp_digest;

/* The strongest one among WWW-Authenticate, or with proxy among Proxy-Authenticate.  NULL: there
   is none that can be answered, or no memory. */
AHTTP_API ahttp_digest *ahttp_digest_take(const ahttp_headers *headers, bool proxy);
AHTTP_API void ahttp_digest_free(ahttp_digest *digest); /* NULL does nothing */
/* Only the nonce was too old: the same user may try again. */
AHTTP_API bool ahttp_digest_is_stale(const ahttp_digest *digest);
/* The value for Authorization or Proxy-Authorization, valid until the next answer; the target as
   it stands in the request line.  NULL: no memory, or no randomness. */
AHTTP_API const char *ahttp_digest_answer(ahttp_digest *digest, const char *user,
                                          const char *password, const char *method,
                                          const char *target);

AHTTP_END
#endif
