/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_RETRY_H
#define AHTTP_RETRY_H
/* A middleware that sends a request again when that may help: after statuses that say "later",
   and after errors of connections but those of TLS, or after what the program says.  What was
   surely never processed is sent again whatever its method; else only an idempotent one (RFC 9110
   §9.2.2), or one with an Idempotency-Key.  A body that can be sent only once is not.  The waits
   grow twofold from one to the next, and are cut by up to a half at random; a Retry-After, seconds
   or date, comes first.  A wait that would not end within the request's total time limit is not
   begun: the last response, or error, is the result.

   A budget keeps retries from making an overload worse: each request adds to it, each retry
   takes from it, and where it is empty there is none. */
#include <ahttp/middleware.h>
AHTTP_BEGIN

typedef struct ahttp_retry ahttp_retry;

/* Whether that is worth another try; one of the two is NULL.  sent: how often it was sent so far.
   Called from the loop like every callback; a body cannot be read yet. */
typedef bool ahttp_retry_fn(const ahttp_response *response, const ahttp_error *error, int sent,
                            void *ctx);

typedef struct ahttp_retry_options {
    size_t size;
    const int *statuses;   /* ends with 0; default: 429, 502, 503, 504, and 413 with Retry-After */
    int64_t first_wait_ms; /* default 200 */
    int64_t most_wait_ms;  /* default 10000 */
    int64_t most_after_ms; /* a longer Retry-After is the result; default 60000 */
    int attempts;          /* sendings in all; default 3 */
    int budget_percent;    /* retries per 100 requests; default 20, AHTTP_UNLIMITED */
    int budget_reserve;    /* so many more for a start, and to save up; default 10 */
    bool any_method;       /* others than idempotent ones as well */
    bool no_random;        /* waits are not cut */
    bool reserved[2];
    ahttp_retry_fn
        *retry_if; /* asked instead of statuses and the rule for errors; all else holds */
    void *retry_if_ctx;
} ahttp_retry_options;

/* NULL options for the defaults.  NULL when out of memory, or when options->size is not set.  For
   the sessions of one loop; caller frees it, after them. */
AHTTP_API ahttp_retry *ahttp_retry_create(const ahttp_retry_options *options);
/* NULL does nothing. */
AHTTP_API void ahttp_retry_free(ahttp_retry *retry);
/* For a list of middlewares; those before it see one request, those behind it each sending. */
AHTTP_API ahttp_middleware ahttp_retry_middleware(ahttp_retry *retry);
/* How many requests were sent once more so far. */
AHTTP_API uint64_t ahttp_retry_count(const ahttp_retry *retry);

#ifndef __cplusplus
#define ahttp_retry_new(...)                                                                       \
    ahttp_retry_create(&(ahttp_retry_options){.size = sizeof(ahttp_retry_options), __VA_ARGS__})
#endif

AHTTP_END
#endif
