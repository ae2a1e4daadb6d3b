/* SPDX-License-Identifier: MIT */
/* The door of libpsl.  Its list is part of it: nothing is read from disk. */
#include "cookies/suffix.h"
#include <libpsl.h>

enum { MOST_BYTES = 253 }; /* of a name in the DNS */

int ah_psl_has(ah_str domain)
{
    const psl_ctx_t *list = psl_builtin();
    char name[MOST_BYTES + 1];

    if (!list)
        return -1;
    if (domain.len > MOST_BYTES)
        return 0;
    memcpy(name, domain.ptr, domain.len);
    name[domain.len] = '\0';
    return psl_is_public_suffix(list, name) != 0;
}
