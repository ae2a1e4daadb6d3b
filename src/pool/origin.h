/* SPDX-License-Identifier: MIT */
#ifndef AH_POOL_ORIGIN_H
#define AH_POOL_ORIGIN_H
/* Where connections go: one for each route that is in use.  An origin lives while it has
   connections or waiters, so that memory does not grow with the hosts visited. */
#include "base/map.h"
#include "pool/plan.h"
#include "pool/route.h"

/* The key is the route as bytes: what it has, its port, the settings that there are, and the two
   names with a NUL in between.  It lies behind the origin, beside what each request touches. */
typedef struct ah_origin {
    ah_route route;   /* its texts have a NUL behind them */
    const char *name; /* "[::1]:80", for messages */
    ah_pool_origin place;
    ah_map_node node;
} ah_origin;

/* What a key begins with: a byte of these, and the port. */
enum { AH_ORIGIN_IS_TLS = 1 << 0, AH_ORIGIN_HAS_TLS = 1 << 1, AH_ORIGIN_HAS_PROXY = 1 << 2 };
enum { AH_ORIGIN_KEY_FIXED = 1 + sizeof(uint16_t) };

typedef struct ah_origins {
    ah_map map;
    ah_origin *last; /* that was asked for, or NULL */
} ah_origins;

/* The origin of route, whose names are at most AH_ROUTE_MAX_NAME long; made when it is not
   there yet.  NULL when out of memory. */
ah_origin *ah_origins_get(ah_origins *origins, const ah_route *route);
/* Whether its route is ah_route_to(url). */
static inline bool ah_origin_is_of(const ah_origin *origin, const ah_url *url)
{
    ah_str key = origin->node.key;
    uint16_t port;

    memcpy(&port, key.ptr + 1, sizeof port);
    return key.len == AH_ORIGIN_KEY_FIXED + url->host.len + 1 && port == url->port &&
           key.ptr[0] == (url->is_tls ? AH_ORIGIN_IS_TLS : 0) &&
           memcmp(key.ptr + AH_ORIGIN_KEY_FIXED, url->host.ptr, url->host.len) == 0;
}
static inline ah_origin *ah_origin_of(ah_pool_origin *place)
{
    return AH_CONTAINER(place, ah_origin, place);
}
/* The origin of ah_route_to(url), if it is the one that was asked for last; else NULL. */
static inline ah_origin *ah_origins_find_last(const ah_origins *origins, const ah_url *url)
{
    return origins->last && ah_origin_is_of(origins->last, url) ? origins->last : NULL;
}
/* The same of any origin in three steps, each of which fetches what the next one touches: a hash;
   what that leads to; and the origin, if it is that, or NULL. */
uint64_t ah_origins_hash(const ah_origins *origins, const ah_url *url);
ah_origin *ah_origins_guess(const ah_origins *origins, uint64_t hash);
ah_origin *ah_origins_verify(ah_origins *origins, ah_origin *guess, const ah_url *url);
/* Frees the origin if it is unused. */
void ah_origins_tidy(ah_origins *origins, ah_origin *origin);
/* All origins must be gone. */
void ah_origins_release(ah_origins *origins);

#endif
