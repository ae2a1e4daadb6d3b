/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_DIGEST_HASH_H
#define AH_HTTP_DIGEST_HASH_H
/* The hash functions of Digest authentication: the door to OpenSSL's. */
#include "base/str.h"

/* From the weakest to the strongest; SHA-1 and SHA-512 are no algorithms of RFC 7616, but some
   servers have them. */
typedef enum ah_hash {
    AH_HASH_MD5,
    AH_HASH_SHA1,
    AH_HASH_SHA256,
    AH_HASH_SHA512,
    AH_HASH_SHA512_256
} ah_hash;

enum { AH_HASH_HEX_MAX = 2 * 64 };

/* Whether there is this function; without OpenSSL there is none, and where it is held to FIPS
   there is no MD5. */
bool ah_hash_is_known(ah_hash hash);
/* The hash of all parts in a row, in lower case hexadecimal with a NUL behind it.  False when out
   of memory; hash is known. */
bool ah_hash_hex(ah_hash hash, size_t count, const ah_str parts[], char hex[AH_HASH_HEX_MAX + 1]);

/* The same piece by piece. */
typedef struct ah_hasher ah_hasher;
/* NULL when out of memory; hash is known. */
ah_hasher *ah_hasher_new(ah_hash hash);
void ah_hasher_free(ah_hasher *hasher); /* NULL does nothing */
/* False when out of memory. */
bool ah_hasher_add(ah_hasher *hasher, ah_str piece);
bool ah_hasher_end(ah_hasher *hasher, char hex[AH_HASH_HEX_MAX + 1]);

#endif
