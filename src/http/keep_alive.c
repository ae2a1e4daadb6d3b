/* SPDX-License-Identifier: MIT */
#include "http/keep_alive.h"

enum { MARGIN_S = 1, MOST_S = 1000000000 };

/* "timeout=5": what stands behind that name in one member of the list. */
static bool read_timeout(ah_str member, uint64_t *seconds)
{
    size_t equals = ah_str_find(member, '=');

    return ah_str_equal_nocase(ah_str_trim(ah_str_slice(member, 0, equals)), AH_STR("timeout")) &&
           ah_str_to_u64(ah_str_trim(ah_str_slice(member, equals + 1, SIZE_MAX)), seconds);
}

int64_t ah_keep_alive_ms(const ahttp_headers *fields)
{
    const ah_field *field = ah_headers_find(fields, AH_STR("Keep-Alive"));
    ah_str member;
    uint64_t seconds;

    if (!field)
        return AH_KEEP_ALIVE_UNKNOWN;
    ah_str list = field->value;
    while (ah_str_split(&list, ',', &member)) {
        if (!read_timeout(member, &seconds))
            continue;
        if (seconds <= MARGIN_S)
            return AH_KEEP_ALIVE_NOT_AT_ALL;
        return (int64_t)((seconds < MOST_S ? seconds : MOST_S) - MARGIN_S) * 1000;
    }
    return AH_KEEP_ALIVE_UNKNOWN;
}
