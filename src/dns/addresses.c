/* SPDX-License-Identifier: MIT */
#include "dns/addresses.h"
#include "base/mem.h"
#include <ahttp/error.h>

ahttp_addresses *ahttp_addresses_new(void)
{
    return AH_NEW(ahttp_addresses);
}

void ahttp_addresses_free(void *addresses)
{
    ahttp_addresses *list = addresses;

    if (!list)
        return;
    ah_free(list->items);
    ah_free(list);
}

static bool make_room(ahttp_addresses *addresses)
{
    size_t cap = addresses->cap ? addresses->cap * 2 : 4;

    if (addresses->count < addresses->cap)
        return true;
    ah_address_item *items = ah_realloc_array(addresses->items, cap, sizeof *items);
    if (!items)
        return false;
    addresses->items = items;
    addresses->cap = cap;
    return true;
}

bool ah_addresses_append(ahttp_addresses *addresses, const ah_address *address)
{
    if (!make_room(addresses))
        return false;
    ah_address_item *item = &addresses->items[addresses->count++];
    item->address = *address;
    ah_address_set_port(&item->address, 0);
    ah_address_format_host(address, item->text);
    return true;
}

int ahttp_addresses_add(ahttp_addresses *addresses, const char *address)
{
    ah_address parsed;

    if (!ah_address_parse(ah_str_from(address), 0, &parsed))
        return AHTTP_E_ARGUMENT;
    return ah_addresses_append(addresses, &parsed) ? 0 : AHTTP_E_NO_MEMORY;
}

const char *ahttp_addresses_get(const ahttp_addresses *addresses, size_t index)
{
    return index < addresses->count ? addresses->items[index].text : NULL;
}
