/* SPDX-License-Identifier: MIT */
#ifndef AH_DNS_OVERRIDES_H
#define AH_DNS_OVERRIDES_H
/* Addresses that the program has given for some hosts, so that nobody is asked for them. */
#include "dns/lookup.h"
#include <ahttp/connector.h>

typedef struct ah_overrides ah_overrides;

/* A copy of the list, which ends with a host of NULL.  NULL when out of memory; ah_free it. */
ah_overrides *ah_overrides_new(const ahttp_host *hosts);
/* Like ah_resolver_lookup, if there are addresses for host and port, or what should be some and
   is not; else false.  overrides may be NULL. */
bool ah_overrides_lookup(const ah_overrides *overrides, ah_lookup *lookup, ahttp_loop *loop,
                         ah_str host, uint16_t port, ahttp_family family, ah_lookup_fn *done);

#endif
