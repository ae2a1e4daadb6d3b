/* SPDX-License-Identifier: MIT */
#ifndef AH_DNS_RESOLVER_STATE_H
#define AH_DNS_RESOLVER_STATE_H
/* The inside of the resolver, for the files of this layer only. */
#include "base/map.h"
#include "dns/channel.h"
#include "dns/name_service.h"
#include "dns/resolver.h"
#include "loop/guest.h"

struct ahttp_resolver {
    ah_guest guest;
    ahttp_loop *loop;
    ah_resolver_options options; /* with nothing left to a default */
    ah_name_service names;
    ah_channel *channel; /* opened when there is something to ask */
    ah_map queries;      /* that take askers */
    ah_list running;     /* all queries */
    ah_cache cache;
    size_t wanted; /* queries with askers */
    size_t refs;
    bool closed; /* with the loop, or because nobody holds it any more */
    char texts[];
};

#endif
