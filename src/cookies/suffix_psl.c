/* SPDX-License-Identifier: MIT */
/* The door of libpsl.  Its list is part of it: nothing is read from disk. */
#include "cookies/suffix.h"
#include <libpsl.h>

#define FUNCTIONS(f) f(psl_builtin) f(psl_is_public_suffix)
AH_LIBRARY(ah_psl_library, PSL, "Public Suffix List", FUNCTIONS);

enum { MOST_BYTES = 253 }; /* of a name in the DNS */

int ah_psl_has(ah_str domain)
{
    const psl_ctx_t *list = ah_library_load(&ah_psl_library) ? NULL : lib.psl_builtin();
    char name[MOST_BYTES + 1];

    if (!list)
        return -1;
    if (domain.len > MOST_BYTES)
        return 0;
    memcpy(name, domain.ptr, domain.len);
    name[domain.len] = '\0';
    return lib.psl_is_public_suffix(list, name) != 0;
}
