/* SPDX-License-Identifier: MIT */
#include "http/encoder.h"

static const struct {
    const char *name;
    ah_encoder *(*make)(void);
    ah_library *library; /* NULL: it needs none of its own */
} known[] = {
    {"gzip", ah_encoder_gzip_new, NULL},
    {"deflate", ah_encoder_deflate_new, NULL},
#if AHTTP_BROTLI
    {"br", ah_encoder_brotli_new, &ah_encoder_brotli_library},
#endif
#if AHTTP_ZSTD
    {"zstd", ah_encoder_zstd_new, &ah_encoder_zstd_library},
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

bool ah_encoder_works(ah_str coding)
{
    size_t i = find(coding);

    return i < KNOWN && (!known[i].library || !ah_library_load(known[i].library));
}

bool ah_encoder_new(ah_str coding, ah_encoder **encoder, ahttp_error **error)
{
    size_t i = find(coding);

    *encoder = i < KNOWN ? known[i].make() : NULL;
    *error = NULL;
    if (i < KNOWN && !*encoder)
        *error = ah_coding_failed("compress body", known[i].name, known[i].library);
    return i < KNOWN;
}
