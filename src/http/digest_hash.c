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

bool ah_hash_hex(ah_hash hash, size_t count, const ah_str parts[], char hex[AH_HASH_HEX_MAX + 1])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    EVP_MD_CTX *state = EVP_MD_CTX_new();
    bool done = state && EVP_DigestInit_ex(state, function_of(hash), NULL) == 1;

    for (size_t i = 0; done && i < count; i++)
        done = EVP_DigestUpdate(state, parts[i].ptr, parts[i].len) == 1;
    done = done && EVP_DigestFinal_ex(state, bytes, &len) == 1;
    EVP_MD_CTX_free(state);
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

bool ah_hash_hex(ah_hash hash, size_t count, const ah_str parts[], char hex[AH_HASH_HEX_MAX + 1])
{
    (void)hash;
    (void)count;
    (void)parts;
    *hex = '\0';
    return false;
}

#endif
