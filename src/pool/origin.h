/* SPDX-License-Identifier: MIT */
#ifndef AH_POOL_ORIGIN_H
#define AH_POOL_ORIGIN_H
/* Where connections go: one for each route that is in use.  An origin lives while it has
   connections or waiters, so that memory does not grow with the hosts visited. */
#include "base/map.h"
#include "pool/plan.h"
#include "pool/route.h"

typedef struct ah_origin {
    ah_pool_origin place;
    ah_map_node node;
    ah_route route;   /* its texts have a NUL behind them */
    const char *name; /* "[::1]:80", for messages */
    bool is_plain;    /* it leads straight to a host, without settings of its own */
} ah_origin;

typedef struct ah_origins {
    ah_map map;
    ah_origin *last; /* that was asked for, or NULL */
} ah_origins;

/* The origin of route, whose names are at most AH_ROUTE_MAX_NAME long; made when it is not
   there yet.  NULL when out of memory. */
ah_origin *ah_origins_get(ah_origins *origins, const ah_route *route);
/* Whether a route that is nothing but ah_route_to(url) is its. */
static inline bool ah_origin_is_of(const ah_origin *origin, const ah_url *url)
{
    const ah_route *route = &origin->route;

    return origin->is_plain && route->port == url->port && route->is_tls == url->is_tls &&
           ah_str_equal(route->host, url->host);
}
static inline ah_origin *ah_origin_of(ah_pool_origin *place)
{
    return AH_CONTAINER(place, ah_origin, place);
}
/* Frees the origin if it is unused. */
void ah_origins_tidy(ah_origins *origins, ah_origin *origin);
/* All origins must be gone. */
void ah_origins_release(ah_origins *origins);

#endif
