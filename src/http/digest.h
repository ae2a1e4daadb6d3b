/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_DIGEST_H
#define AH_HTTP_DIGEST_H
/* Digest authentication (RFC 7616, and RFC 2069 where a challenge has no qop): from a challenge
   to the value of Authorization or Proxy-Authorization.  No I/O; the only chance in it is the
   cnonce. */
#include "base/buf.h"
#include "http/digest_hash.h"
#include "http/headers.h"
#include <ahttp/error.h>

/* A challenge that can be answered, and how often it was. */
typedef struct ah_digest ah_digest;

typedef struct ah_digest_request {
    ah_str user, password; /* UTF-8 */
    ah_str method;
    ah_str target;      /* of the request line, byte for byte */
    const ah_str *body; /* all of it, for auth-int; NULL when it is not at hand ... */
    ah_str body_hash;   /* ... but then perhaps its hash, in hexadecimal */
    ah_str cnonce;      /* "": one by chance */
} ah_digest_request;

/* The strongest Digest challenge among the fields of that name (WWW-Authenticate or
   Proxy-Authenticate).  One that is malformed, or asks for what is not known, is passed over;
   *digest is NULL when none is left.  E_NO_MEMORY, or E_UNSUPPORTED when there was one that only
   lacks its hash function in this library. */
int ah_digest_take(const ahttp_headers *headers, ah_str name, ah_digest **digest);
/* NULL does nothing. */
void ah_digest_free(ah_digest *digest);

/* The server knows the user, only the nonce was too old (RFC 7616 §3.3). */
bool ah_digest_is_stale(const ah_digest *digest);
/* The URIs of the protection space, separated by spaces; "" is the whole origin. */
ah_str ah_digest_domain(const ah_digest *digest);
ah_str ah_digest_realm(const ah_digest *digest);
/* Whether nothing is offered but to sign the body, too; and by which function. */
bool ah_digest_needs_body(const ah_digest *digest);
ah_hash ah_digest_hash(const ah_digest *digest);

/* Appends the value of the field that answers; nc counts up with each.  auth-int is taken where it
   is offered and the body or its hash is at hand, else auth.  0, E_NO_MEMORY, E_SYSTEM without
   chance, or E_UNSUPPORTED when only auth-int is offered and neither is at hand. */
int ah_digest_answer(ah_digest *digest, const ah_digest_request *request, ah_buf *out);

/* What a response says in Authentication-Info or Proxy-Authentication-Info: with a nextnonce the
   next answers are for that (RFC 7616 §3.5).  E_NO_MEMORY leaves things as they are. */
int ah_digest_note_info(ah_digest *digest, ah_str field);

#endif
