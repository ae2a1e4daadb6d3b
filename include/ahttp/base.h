/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_BASE_H
#define AHTTP_BASE_H
/* What every other header needs: export marks and the value types. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define AHTTP_API                   __attribute__((visibility("default")))
#define AHTTP_MUST_USE              __attribute__((warn_unused_result))
#define AHTTP_PRINTF(string, first) __attribute__((format(printf, string, first)))
#define AHTTP_QUIET                 __extension__ /* no -pedantic warning of what follows */
#else
#define AHTTP_API
#define AHTTP_MUST_USE
#define AHTTP_PRINTF(string, first)
#define AHTTP_QUIET
#endif
#ifdef __cplusplus
#define AHTTP_BEGIN extern "C" {
#define AHTTP_END   }
#else
#define AHTTP_BEGIN
#define AHTTP_END
#endif

AHTTP_BEGIN

/* A name and its value: a header, query parameter, form field or cookie.
   Lists of pairs end with {NULL, NULL}; AHTTP_PAIRS adds the end for you. */
typedef struct ahttp_pair {
    const char *name;
    const char *value;
} ahttp_pair;
#define AHTTP_PAIRS(...) ((const ahttp_pair[]){__VA_ARGS__, {NULL, NULL}})
/* A list of names, with NULL behind the last. */
#define AHTTP_NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Bytes that somebody else owns. */
typedef struct ahttp_bytes {
    const void *data;
    size_t len;
} ahttp_bytes;

/* "pages.c:12", where it stands: who made something, for reports of debug mode (debug.h). */
#define AHTTP_HERE           __FILE__ ":" AHTTP_HERE_LINE(__LINE__)
#define AHTTP_HERE_LINE(n)   AHTTP_HERE_NUMBER(n)
#define AHTTP_HERE_NUMBER(n) #n

/* In options 0 always means "the default"; these two say it out loud. */
#define AHTTP_NEVER     INT64_C(-1) /* for an _ms option, or a limit_ms: no time limit */
#define AHTTP_UNLIMITED (-1)        /* for a limit option: no limit */

AHTTP_END
#endif
