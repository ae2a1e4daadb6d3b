/* SPDX-License-Identifier: MIT */
#include "http/digest_hash.h"

#if AHTTP_TLS
#include <openssl/evp.h>

static const EVP_MD *function_of(ah_hash hash)
{
    switch (hash) {
    case AH_HASH_MD5: return EVP_md5();
    case AH_HASH_SHA1: return EVP_sha1();
    case AH_HASH_SHA256: return EVP_sha256();
    case AH_HASH_SHA512: return EVP_sha512();
    case AH_HASH_SHA512_256: return EVP_sha512_256();
    }
    return NULL;
}

bool ah_hash_is_known(ah_hash hash)
{
    unsigned char bytes[EVP_MAX_MD_SIZE];

    return EVP_Digest("", 0, bytes, NULL, function_of(hash), NULL) == 1;
}

/* A hasher is OpenSSL's own state. */
static EVP_MD_CTX *state_of(ah_hasher *hasher)
{
    return (EVP_MD_CTX *)(void *)hasher;
}

ah_hasher *ah_hasher_new(ah_hash hash)
{
    EVP_MD_CTX *state = EVP_MD_CTX_new();

    if (state && EVP_DigestInit_ex(state, function_of(hash), NULL) == 1)
        return (ah_hasher *)(void *)state;
    EVP_MD_CTX_free(state);
    return NULL;
}

void ah_hasher_free(ah_hasher *hasher)
{
    EVP_MD_CTX_free(state_of(hasher));
}

bool ah_hasher_add(ah_hasher *hasher, ah_str piece)
{
    return EVP_DigestUpdate(state_of(hasher), piece.ptr, piece.len) == 1;
}

bool ah_hasher_end(ah_hasher *hasher, char hex[AH_HASH_HEX_MAX + 1])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    bool done = EVP_DigestFinal_ex(state_of(hasher), bytes, &len) == 1;

    for (unsigned i = 0; done && i < len; i++) {
        *hex++ = digits[bytes[i] >> 4];
        *hex++ = digits[bytes[i] & 15];
    }
    *hex = '\0';
    return done;
}

#else

bool ah_hash_is_known(ah_hash hash)
{
    (void)hash;
    return false;
}

ah_hasher *ah_hasher_new(ah_hash hash)
{
    (void)hash;
    return NULL;
}

void ah_hasher_free(ah_hasher *hasher)
{
    (void)hasher;
}

bool ah_hasher_add(ah_hasher *hasher, ah_str piece)
{
    (void)hasher;
    (void)piece;
    return false;
}

bool ah_hasher_end(ah_hasher *hasher, char hex[AH_HASH_HEX_MAX + 1])
{
    (void)hasher;
    *hex = '\0';
    return false;
}

#endif

bool ah_hash_hex(ah_hash hash, size_t count, const ah_str parts[], char hex[AH_HASH_HEX_MAX + 1])
{
    ah_hasher *hasher = ah_hasher_new(hash);
    bool done = hasher != NULL;

    for (size_t i = 0; done && i < count; i++)
        done = ah_hasher_add(hasher, parts[i]);
    done = done && ah_hasher_end(hasher, hex);
    ah_hasher_free(hasher);
    return done;
}
