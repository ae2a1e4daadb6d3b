/* SPDX-License-Identifier: MIT */
#ifndef AH_DNS_QUERY_H
#define AH_DNS_QUERY_H
/* Finding out what a name stands for, for all who ask for it at the same time: by one question
   per family to name servers, by the system's resolver, or by a function of the program.

   It gives what it knows to its askers when all has ended, or some time after the first address
   came; then it takes no more askers, and what comes later only goes into the cache.  Nobody is
   called from here but through the ready queue. */
#include "dns/resolver_state.h"

typedef struct ah_query ah_query;

/* Keys begin with the wanted family and the port, which is 0 where it does not matter. */
enum { AH_KEY_PREFIX = 3, AH_KEY_SIZE = AH_KEY_PREFIX + AH_MAX_NAME };

/* Begins one for lookup, which may have been answered when this returns. */
void ah_query_begin(ahttp_resolver *resolver, ah_lookup *lookup, ah_str key);
/* The query with that key that takes askers, or NULL. */
ah_query *ah_query_find(const ahttp_resolver *resolver, ah_str key);
void ah_query_join(ah_query *query, ah_lookup *lookup);
/* The look-up, which is in a query, does not want it any more.  A query that nobody wants goes
   on for the cache, unless the program answers it, which is told; the loop need not wait. */
void ah_query_leave(ah_lookup *lookup);
/* Ends all of them; those who still ask are told that the resolver was closed. */
void ah_queries_close(ahttp_resolver *resolver);

#endif
