/* SPDX-License-Identifier: MIT */
#include "http/encoder.h"

static const struct {
    const char *name;
    ah_encoder *(*make)(void);
} known[] = {
    {"gzip", ah_encoder_gzip_new},
    {"deflate", ah_encoder_deflate_new},
#if AHTTP_BROTLI
    {"br", ah_encoder_brotli_new},
#endif
#if AHTTP_ZSTD
    {"zstd", ah_encoder_zstd_new},
#endif
};

enum { KNOWN = sizeof known / sizeof *known };

static size_t find(ah_str coding)
{
    size_t i = 0;

    while (i < KNOWN && !ah_str_equal_nocase(coding, ah_str_from(known[i].name)))
        i++;
    return i;
}

const char *ah_encoder_name(ah_str coding)
{
    size_t i = find(coding);

    return i < KNOWN ? known[i].name : NULL;
}

bool ah_encoder_new(ah_str coding, ah_encoder **encoder)
{
    size_t i = find(coding);

    *encoder = i < KNOWN ? known[i].make() : NULL;
    return i < KNOWN;
}
