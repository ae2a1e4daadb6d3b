/* SPDX-License-Identifier: MIT */
/* A look-up of the program: the future that it gets, and the asker behind it. */
#include "dns/addresses.h"
#include "dns/resolver_state.h"
#include "loop/future.h"

typedef struct asking {
    ahttp_future future;
    ah_lookup lookup;
    ahttp_resolver *resolver;
} asking;

static void release(ahttp_future *future)
{
    ah_free(AH_CONTAINER(future, asking, future));
}

static void cancel(ahttp_future *future)
{
    asking *self = AH_CONTAINER(future, asking, future);

    ah_lookup_cancel(&self->lookup);
    ahttp_resolver_unref(self->resolver);
    ah_future_reject(future, ah_error_new(AHTTP_E_CANCELLED, "resolve host: cancelled"));
}

/* NULL when out of memory. */
static ahttp_addresses *list_of(const ah_address *addresses, size_t count)
{
    ahttp_addresses *list = ahttp_addresses_new();

    for (size_t i = 0; list && i < count; i++) {
        if (!ah_addresses_append(list, &addresses[i])) {
            ahttp_addresses_free(list);
            return NULL;
        }
    }
    return list;
}

static void answered(ah_lookup *lookup, const ah_address *addresses, size_t count,
                     ahttp_error *error)
{
    asking *self = AH_CONTAINER(lookup, asking, lookup);
    ahttp_addresses *list = error ? NULL : list_of(addresses, count);

    ahttp_resolver_unref(self->resolver);
    if (list)
        ah_future_resolve(&self->future, list, ahttp_addresses_free);
    else
        ah_future_reject(&self->future, error ? error : ah_error_no_memory());
}

ahttp_future *ahttp_resolver_lookup(ahttp_resolver *resolver, const char *host, uint16_t port,
                                    ahttp_family family)
{
    ahttp_loop *loop = ah_guest_need_loop(
        &resolver->guest, "ahttp_resolver_lookup: the resolver's loop was closed, and the "
                          "resolver with it; there is no loop for the future");

    ah_guest_check_thread(&resolver->guest, "ahttp_resolver_lookup");
    if (!resolver->guest.loop)
        return ah_future_failed(
            loop, ah_error_new(AHTTP_E_CLOSED, "resolve host: the resolver's loop was closed"));
    asking *self = AH_NEW(asking);
    if (!self)
        return ah_future_failed(loop, ah_error_no_memory());
    ah_future_init(&self->future, loop, release, NULL);
    self->future.cancel = cancel;
    self->resolver = ahttp_resolver_ref(resolver);
    ah_resolver_lookup(resolver, &self->lookup, ah_str_from(host), port, family, answered);
    return &self->future;
}
