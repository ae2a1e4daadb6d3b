/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_VERSION_H
#define AHTTP_VERSION_H
/* Which libahttp this is, and what is built into it. */
#include <ahttp/base.h>
AHTTP_BEGIN

#define AHTTP_VERSION_MAJOR 0
#define AHTTP_VERSION_MINOR 1
#define AHTTP_VERSION_PATCH 0
#define AHTTP_VERSION       "0.1.0"

/* The version of the library that is running: "0.1.0". */
AHTTP_API const char *ahttp_version(void);

typedef enum ahttp_feature {
    AHTTP_FEATURE_TASKS = 1, /* ahttp_run and ahttp_spawn */
    AHTTP_FEATURE_TLS,       /* https */
    AHTTP_FEATURE_BROTLI,    /* the content coding br */
    AHTTP_FEATURE_ZSTD,      /* the content coding zstd */
    AHTTP_FEATURE_PSL,       /* the Public Suffix List, for cookies */
    AHTTP_FEATURE_IDN        /* international host names */
} ahttp_feature;

/* Whether an optional part works: it was built in, and the library that it needs is there, which is
   loaded now if it was not yet.  False for numbers it does not know. */
AHTTP_API bool ahttp_has_feature(ahttp_feature feature);

AHTTP_END
#endif
