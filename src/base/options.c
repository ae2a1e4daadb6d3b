/* SPDX-License-Identifier: MIT */
#include "base/options.h"
#include <string.h>

bool ah_options_load(void *to, size_t own_size, const void *from)
{
    size_t size = own_size;

    memset(to, 0, own_size);
    if (from)
        memcpy(&size, from, sizeof size);
    if (size < sizeof size)
        return false;
    for (size_t i = own_size; i < size; i++)
        if (((const char *)from)[i] != 0)
            return false;
    if (from)
        memcpy(to, from, size < own_size ? size : own_size);
    memcpy(to, &own_size, sizeof own_size);
    return true;
}

const void *ah_options_view(void *room, size_t own_size, const void *from)
{
    size_t size;

    memcpy(&size, from, sizeof size);
    if (size == own_size)
        return from;
    return ah_options_load(room, own_size, from) ? room : NULL;
}

ahttp_error *ah_options_error(const char *what)
{
    return ah_error_new(AHTTP_E_ARGUMENT,
                        "%s: their size is not set, which the macros do, or they ask for what this "
                        "library does not know",
                        what);
}
