/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_THROTTLE_H
#define AHTTP_THROTTLE_H
/* A middleware that holds requests back: so many per time, so many at once, counted for each
   host apart.  Requests wait in the order in which they came; the total time limit goes on, and
   one that is cancelled gives its place to those behind it.  A request is under way until its body
   has come, or failed, or its response was given up: who holds at_once responses without reading
   them waits in vain for another one. */
#include <ahttp/middleware.h>
AHTTP_BEGIN

typedef struct ahttp_throttle ahttp_throttle;

typedef struct ahttp_throttle_options {
    size_t size;
    int64_t per_ms; /* the time that requests are counted in; default 1000 */
    int requests;   /* in that time; default: any number */
    int burst;      /* of these, so many may come at once; default 1 */
    int at_once;    /* requests that are under way; default: any number */
    bool all_hosts; /* counted together */
    bool reserved[3];
} ahttp_throttle_options;

/* NULL when out of memory, or when options->size is not set.  For the sessions of one loop; caller
   frees it, after them and their responses. */
AHTTP_API ahttp_throttle *ahttp_throttle_create(const ahttp_throttle_options *options);
/* NULL does nothing. */
AHTTP_API void ahttp_throttle_free(ahttp_throttle *throttle);
AHTTP_API ahttp_middleware ahttp_throttle_middleware(ahttp_throttle *throttle);
/* Requests that wait now. */
AHTTP_API size_t ahttp_throttle_waiting(const ahttp_throttle *throttle);

#ifndef __cplusplus
#define ahttp_throttle_new(...)                                                                    \
    ahttp_throttle_create(                                                                         \
        &(ahttp_throttle_options){.size = sizeof(ahttp_throttle_options), __VA_ARGS__})
#endif

AHTTP_END
#endif
