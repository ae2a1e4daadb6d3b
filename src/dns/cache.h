/* SPDX-License-Identifier: MIT */
#ifndef AH_DNS_CACHE_H
#define AH_DNS_CACHE_H
/* Answers by name, each until its time is over, at most limit of them: the one that was not
   used for the longest time makes room.  No clock and no queries in here. */
#include "base/error.h"
#include "base/list.h"
#include "base/map.h"
#include "dns/address.h"

/* A view of what a name stands for: addresses, or why there are none. */
typedef struct ah_answer {
    const ah_address *v6;
    size_t v6_count;
    const ah_address *v4;
    size_t v4_count;
    const ahttp_error *error;
} ah_answer;

typedef struct ah_cache {
    ah_map names;
    ah_list used; /* least recently used first */
    size_t limit;
} ah_cache;

void ah_cache_init(ah_cache *cache, size_t limit);
void ah_cache_release(ah_cache *cache);

/* Copies the answer, in place of an older one.  When out of memory it is not kept. */
void ah_cache_put(ah_cache *cache, ah_str key, const ah_answer *answer, int64_t now_ms,
                  int64_t expires_ms);
/* Drops every answer whose key is `end` behind its first `skip` bytes, or all if end.ptr is
   NULL. */
void ah_cache_forget(ah_cache *cache, ah_str end, size_t skip);
/* False when there is none that is still good.  The view is valid until the next put or forget.
 *turn counts the finds of this answer, 1 at the first. */
bool ah_cache_find(ah_cache *cache, ah_str key, int64_t now_ms, ah_answer *answer, size_t *turn);

/* IPv6 and IPv4 by turns, IPv6 first (RFC 8305 §4); within each family the list starts at its
   turn-th address.  To be freed; NULL when out of memory. */
ah_address *ah_answer_list(const ah_answer *answer, size_t turn, uint16_t port);

#endif
