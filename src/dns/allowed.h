/* SPDX-License-Identifier: MIT */
#ifndef AH_DNS_ALLOWED_H
#define AH_DNS_ALLOWED_H
/* Which addresses a program lets its connectors connect to. */
#include "dns/address.h"
#include <ahttp/resolver.h>

/* Copies those that allow says yes to, in order, to allowed, which has room for count; returns
   how many there are. */
size_t ah_addresses_allowed(const ah_address *addresses, size_t count, ahttp_address_fn *allow,
                            void *ctx, ah_address *allowed);

#endif
