/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_CHALLENGE_H
#define AH_HTTP_CHALLENGE_H
/* What a server or proxy asks for: WWW-Authenticate and Proxy-Authenticate (RFC 9110 §11.6.1,
   §11.7.1).  A comma separates challenges as well as their parameters, so one field may hold
   several; and there may be several fields.  What is none is passed over; the time it takes
   grows with the length of the fields alone. */
#include "http/headers.h"
#include "http/params.h"

typedef struct ah_challenge {
    ah_str scheme;            /* as it came; compared without regard to case */
    ah_str token;             /* the token68 behind it, or "" */
    const ahttp_pair *params; /* in order, names in lower case; {NULL, NULL} behind the last */
} ah_challenge;

/* All challenges of the fields of that name, in order; all in arena, each text with a NUL behind
   it.  False when out of memory. */
bool ah_challenges_read(const ahttp_headers *headers, ah_str name, ah_arena *arena,
                        const ah_challenge **challenges, size_t *count);
/* The value of the parameter of that name, ignoring case, or NULL.  Of several, which is an
   error of the server's (RFC 9110 §11.2), the last counts, as with aiohttp and curl. */
const char *ah_challenge_param(const ahttp_pair *params, const char *name);
/* Of the first of that scheme: the parameter of that name, or with parameter NULL the token; both
   without regard to case.  NULL: it is not there. */
const char *ah_challenge_find(const ah_challenge *challenges, size_t count, const char *scheme,
                              const char *parameter);
/* The parameters of a field such as Authentication-Info: (RFC 7616 §3.5), which has no scheme.
   NULL when out of memory. */
const ahttp_pair *ah_challenge_params(ah_str field, ah_arena *arena);

#endif
