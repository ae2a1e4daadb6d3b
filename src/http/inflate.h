/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_INFLATE_H
#define AH_HTTP_INFLATE_H
/* One stream of deflated data (RFC 1951), bare or in one of its wrappers.  inflate_zlib.c does it
   by zlib; inflate_isal.c, where AHTTP_ISAL is built in, by ISA-L, which is up to three times
   as fast and keeps 85 KiB per stream. */
#include "base/str.h"

typedef struct ah_inflate ah_inflate;

typedef enum ah_inflate_format {
    AH_INFLATE_RAW,
    AH_INFLATE_ZLIB, /* RFC 1950 */
    AH_INFLATE_GZIP  /* RFC 1952, one member */
} ah_inflate_format;

typedef enum ah_inflate_result {
    AH_INFLATE_MORE, /* the input or the room was used up */
    AH_INFLATE_END,  /* the stream has ended, checks and all */
    AH_INFLATE_NO_MEMORY,
    AH_INFLATE_CORRUPT
} ah_inflate_result;

/* NULL when out of memory. */
ah_inflate *ah_inflate_new(ah_inflate_format format);
/* Another stream begins. */
void ah_inflate_reset(ah_inflate *it, ah_inflate_format format);
void ah_inflate_free(ah_inflate *it);
/* Uses bytes from the front of *input, advancing it, and fills room from its start; *size, how many
   fit, becomes how many were made.  After CORRUPT *why is a static sentence without subject. */
ah_inflate_result ah_inflate_step(ah_inflate *it, ah_str *input, char *room, size_t *size,
                                  const char **why);

#endif
