/* SPDX-License-Identifier: MIT */
#ifndef AH_DNS_RESOLVER_H
#define AH_DNS_RESOLVER_H
/* Host names to addresses: c-ares on the loop, with a cache by the records' time to live
   (dns/cache.h) and one query for all who ask for the same name at the same time.

   A look-up asks for A and AAAA separately, so that one family failing does not concern the
   other.  IP literals and localhost names (RFC 6761 §6.3) are answered without asking. */
#include "base/error.h"
#include "dns/address.h"
#include "loop/loop.h"

typedef struct ah_resolver ah_resolver;

typedef enum ah_family {
    AH_FAMILY_ANY, /* both; IPv6 first, then by turns (RFC 8305 §4) */
    AH_FAMILY_V4,
    AH_FAMILY_V6
} ah_family;

typedef struct ah_resolver_options {
    const char *servers;      /* "127.0.0.1:5353,[::1]:53"; NULL: the system's */
    int64_t cache_ms;         /* longest time an answer is kept; 0: none is kept;
                                 AHTTP_NEVER: as long as its records may live */
    int64_t query_timeout_ms; /* of one try at one server; 0: 2000 */
    int tries;                /* 0: 3 */
    const char *resolv_conf;  /* read anew when it has changed; NULL: /etc/resolv.conf */
} ah_resolver_options;

/* Opens nothing yet: c-ares starts with the first name that has to be asked for, and what is
   wrong with the servers arrives with that look-up.  NULL when out of memory; *error is set. */
ah_resolver *ah_resolver_new(ahttp_loop *loop, const ah_resolver_options *options,
                             ahttp_error **error);
/* Pending look-ups must have been cancelled.  The memory goes when its handles are closed. */
void ah_resolver_close(ah_resolver *resolver);

/* One asker; embedded in what asks, zeroed before use. */
typedef struct ah_lookup ah_lookup;
/* Either addresses (count > 0, ports set, valid during the call) or error, which the callee
   takes over.  Never called inside ah_resolver_lookup. */
typedef void ah_lookup_fn(ah_lookup *lookup, const ah_address *addresses, size_t count,
                          ahttp_error *error);
struct ah_lookup {
    ah_link link; /* in the query that will answer it */
    struct ah_query *query;
    ah_lookup_fn *done;
    ahttp_loop *loop;
    ah_job job; /* for answers that are there at once */
    ah_address *answer;
    size_t count;
    ahttp_error *error;
    ah_family family;
    uint16_t port;
};

/* host need not live longer than the call. */
void ah_resolver_lookup(ah_resolver *resolver, ah_lookup *lookup, ah_str host, uint16_t port,
                        ah_family family, ah_lookup_fn *done);
/* done will not be called; others who ask for the same name are not concerned.  Harmless when
   the look-up has ended or never began. */
void ah_lookup_cancel(ah_lookup *lookup);

#endif
