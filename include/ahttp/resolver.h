/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_RESOLVER_H
#define AHTTP_RESOLVER_H
/* From host names to addresses (aiohttp's AsyncResolver).  Every connector has a resolver of
   its own.  Make one to share it between connectors of one loop, to choose how it asks, or to
   answer by a function of yours.  Addresses, and localhost with all names below it, are
   answered without asking; docs/dns.md says who is asked for other names. */
#include <ahttp/future.h>
AHTTP_BEGIN

typedef struct ahttp_resolver ahttp_resolver;

typedef enum ahttp_family { AHTTP_FAMILY_ANY, AHTTP_FAMILY_IPV4, AHTTP_FAMILY_IPV6 } ahttp_family;

/* ---- What a name stands for ---- */

typedef struct ahttp_addresses ahttp_addresses;

/* An empty list, or NULL when out of memory. */
AHTTP_API ahttp_addresses *ahttp_addresses_new(void);
/* "192.0.2.1", "2001:db8::1" or "fe80::1%eth0".  0, E_ARGUMENT when it is no address, or
   E_NO_MEMORY. */
AHTTP_API int ahttp_addresses_add(ahttp_addresses *addresses, const char *address);
/* The address as text, valid as long as the list; NULL behind the last one. */
AHTTP_API const char *ahttp_addresses_get(const ahttp_addresses *addresses, size_t index);
/* NULL does nothing.  An ahttp_free_fn, for ahttp_promise_resolve. */
AHTTP_API void ahttp_addresses_free(void *addresses);

/* ---- Resolvers ---- */

/* Your own: the future, of the resolver's loop, resolves to an ahttp_addresses *, which becomes
   the resolver's.  host is in lower case and valid during the call; addresses of another family
   than wanted are passed over.  Those who ask for the same at the same time share one call, and
   when the last of them gives up, the future is cancelled.  A failure becomes E_DNS. */
typedef ahttp_future *ahttp_lookup_fn(const char *host, uint16_t port, ahttp_family family,
                                      void *ctx);

typedef struct ahttp_resolver_options {
    size_t size;
    ahttp_loop *loop;         /* default: ahttp_loop_current() */
    const char *servers;      /* "127.0.0.1:5353,[::1]:53", which alone are asked; default:
                                 the system's */
    int64_t cache_ms;         /* longest time an answer is kept, and how long one of lookup is;
                                 default 10000; AHTTP_NEVER asks every time */
    int64_t min_cache_ms;     /* shortest, even if its record may live less; default: none */
    int64_t query_timeout_ms; /* of the first try at one server; default 2000 */
    ahttp_lookup_fn *lookup;  /* ask this instead of name servers */
    void *ctx;                /* for it */
    ahttp_free_fn *free_ctx;  /* called with ctx when the resolver is freed; default: nothing */
    int tries;                /* at each server; default 3 */
    bool system_resolver;     /* always ask getaddrinfo, in a thread */
    bool no_system_resolver;  /* never do */
    bool reserved[2];
} ahttp_resolver_options;

/* NULL when out of memory, or when options->size is not set; ctx stays yours then.  Caller
   unrefs. */
AHTTP_API ahttp_resolver *ahttp_resolver_create(const ahttp_resolver_options *options);
AHTTP_API ahttp_resolver *ahttp_resolver_ref(ahttp_resolver *resolver);
/* NULL does nothing. */
AHTTP_API void ahttp_resolver_unref(ahttp_resolver *resolver);

/* Resolves to an ahttp_addresses *, the caller's to free: IPv6 and IPv4 by turns, and each time
   the next one of each first.  port only matters to a lookup of yours.  E_DNS when there is no
   address, E_CLOSED when the loop was closed. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_resolver_lookup(ahttp_resolver *resolver,
                                                             const char *host, uint16_t port,
                                                             ahttp_family family);

/* What is remembered of host, or with NULL of all hosts, is asked for anew. */
AHTTP_API void ahttp_resolver_forget(ahttp_resolver *resolver, const char *host);

#ifndef __cplusplus
#define ahttp_resolver_new(...)                                                                    \
    ahttp_resolver_create(                                                                         \
        &(ahttp_resolver_options){.size = sizeof(ahttp_resolver_options), __VA_ARGS__})
#endif

/* ---- Which addresses ---- */

/* Whether to connect to that address of a host, "192.0.2.1" or "fe80::1%eth0"; see allow_address
   in connector.h. */
typedef bool ahttp_address_fn(const char *address, void *ctx);
/* One of these: addresses of the Internet only, none of this machine, of private networks, of
   links, of documentation, or for many (RFC 6890), also where IPv6 wraps an IPv4 one. */
AHTTP_API bool ahttp_address_is_public(const char *address, void *unused);

AHTTP_END
#endif
