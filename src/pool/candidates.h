/* SPDX-License-Identifier: MIT */
#ifndef AH_POOL_CANDIDATES_H
#define AH_POOL_CANDIDATES_H
/* The addresses of a place that may be dialled.  Where TLS fails at one of them, the others are
   left: behind one name there may be a machine whose certificate was not renewed, or a path that
   swallows large packets (aiohttp's connector goes on, too). */
#include "dns/address.h"
#include <ahttp/resolver.h>

/* Zeroed memory has none. */
typedef struct ah_candidates {
    ah_address *list;
    size_t count;
    size_t reached; /* the one that was connected to */
} ah_candidates;

/* Those that allow says yes to (NULL: all), in order, instead of what was there.  False when out of
   memory. */
bool ah_candidates_fill(ah_candidates *candidates, const ah_address *addresses, size_t count,
                        ahttp_address_fn *allow, void *allow_ctx);
/* The one of this text, "127.0.0.1:80", was connected to. */
void ah_candidates_note_reached(ah_candidates *candidates, const char *peer);
/* It does not do.  Whether any are left. */
bool ah_candidates_drop_reached(ah_candidates *candidates);
void ah_candidates_release(ah_candidates *candidates);

#endif
