/* SPDX-License-Identifier: MIT */
#ifndef AH_CLIENT_SECRET_HEADERS_H
#define AH_CLIENT_SECRET_HEADERS_H
/* Names of headers that a program calls secret: lists that end with NULL.  A list that is NULL has
   none. */
#include "base/arena.h"
#include "base/error.h"

/* *joined becomes a list of all in both, copied, or NULL where there is none.  False when out of
   memory. */
bool ah_secret_headers_join(const char *const *some, const char *const *others, ah_arena *arena,
                            const char *const **joined);
/* The same for names that an option gives, behind those that are known.  NULL, or what is wrong. */
ahttp_error *ah_secret_headers_take(const char *const *known, const char *const *given,
                                    ah_arena *arena, const char *const **joined);

#endif
