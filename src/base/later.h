/* SPDX-License-Identifier: MIT */
#ifndef AH_BASE_LATER_H
#define AH_BASE_LATER_H
/* Points in time that may be never, which is INT64_MAX. */
#include <stdint.h>

/* by_ms, which is not negative, after now_ms. */
static inline int64_t ah_later(int64_t now_ms, int64_t by_ms)
{
    return by_ms > INT64_MAX - now_ms ? INT64_MAX : now_ms + by_ms;
}

#endif
