/* SPDX-License-Identifier: MIT */
#ifndef AH_DNS_ADDRESSES_H
#define AH_DNS_ADDRESSES_H
/* The inside of the list of addresses that programs make and get. */
#include "dns/address.h"
#include <ahttp/resolver.h>

typedef struct ah_address_item {
    ah_address address; /* port 0 */
    char text[AH_ADDRESS_TEXT];
} ah_address_item;

struct ahttp_addresses {
    ah_address_item *items;
    size_t count;
    size_t cap;
};

/* False when out of memory. */
bool ah_addresses_append(ahttp_addresses *addresses, const ah_address *address);

#endif
