/* SPDX-License-Identifier: MIT */
#ifndef AH_DNS_RESOLVER_H
#define AH_DNS_RESOLVER_H
/* Host names to addresses: c-ares on the loop, the system's resolver where c-ares will not do, or
   a function of the program; with a cache by the records' time to live (dns/cache.h) and one
   query for all who ask for the same name at the same time.

   A look-up asks for A and AAAA separately, so that one family failing does not concern the
   other.  IP literals and localhost names (RFC 6761 §6.3) are answered without asking. */
#include "dns/lookup.h"

typedef enum ah_system_use {
    AH_SYSTEM_BY_RULE, /* docs/dns.md */
    AH_SYSTEM_ALWAYS,
    AH_SYSTEM_NEVER
} ah_system_use;

/* What programs say by three options: who names servers means those alone. */
ah_system_use ah_resolver_system_use(const char *servers, bool always, bool never);

/* Either lookup, or the members about name servers. */
typedef struct ah_resolver_options {
    const char *servers;      /* "127.0.0.1:5353,[::1]:53"; NULL: the system's */
    int64_t cache_ms;         /* longest time an answer is kept; 0: none is kept;
                                 AHTTP_NEVER: as long as its records may live */
    int64_t min_cache_ms;     /* shortest, if cache_ms is not shorter */
    int64_t query_timeout_ms; /* of one try at one server; 0: 2000 */
    int tries;                /* 0: 3 */
    ah_system_use system;
    const char *resolv_conf; /* read anew when it has changed; NULL: /etc/resolv.conf */
    const char *nsswitch;    /* NULL: /etc/nsswitch.conf */
    ahttp_lookup_fn *lookup;
    void *ctx;
    ahttp_free_fn *free_ctx;
} ah_resolver_options;

/* Opens nothing yet: c-ares starts with the first name that has to be asked for, and what is
   wrong with the servers arrives with that look-up.  The caller has the first reference; when
   the last is given up, all look-ups must have ended or been cancelled.  NULL when out of
   memory. */
ahttp_resolver *ah_resolver_new(ahttp_loop *loop, const ah_resolver_options *given);
/* NULL once that has been closed. */
ahttp_loop *ah_resolver_loop(const ahttp_resolver *resolver);

/* done is never called inside this.  host need not live longer than the call. */
void ah_resolver_lookup(ahttp_resolver *resolver, ah_lookup *lookup, ah_str host, uint16_t port,
                        ahttp_family family, ah_lookup_fn *done);

#endif
