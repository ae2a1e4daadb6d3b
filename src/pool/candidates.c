/* SPDX-License-Identifier: MIT */
#include "pool/candidates.h"
#include "base/mem.h"
#include "dns/allowed.h"

bool ah_candidates_fill(ah_candidates *candidates, const ah_address *addresses, size_t count,
                        ahttp_address_fn *allow, void *allow_ctx)
{
    ah_candidates_release(candidates);
    candidates->list = ah_realloc_array(NULL, count, sizeof *addresses);
    if (!candidates->list)
        return false;
    if (allow) {
        candidates->count =
            ah_addresses_allowed(addresses, count, allow, allow_ctx, candidates->list);
    } else {
        memcpy(candidates->list, addresses, count * sizeof *addresses);
        candidates->count = count;
    }
    return true;
}

void ah_candidates_note_reached(ah_candidates *candidates, const char *peer)
{
    char text[AH_ADDRESS_TEXT];

    for (size_t i = 0; candidates->count > 1 && i < candidates->count; i++) {
        ah_address_format(&candidates->list[i], text);
        if (strcmp(text, peer) == 0)
            candidates->reached = i;
    }
}

bool ah_candidates_drop_reached(ah_candidates *candidates)
{
    ah_address *list = candidates->list;

    if (candidates->count < 2)
        return false;
    for (size_t i = candidates->reached + 1; i < candidates->count; i++)
        list[i - 1] = list[i];
    candidates->count--;
    candidates->reached = 0;
    return true;
}

void ah_candidates_release(ah_candidates *candidates)
{
    ah_free(candidates->list);
    *candidates = (ah_candidates){.list = NULL};
}
