/* SPDX-License-Identifier: MIT */
#include "loop/latch.h"

#define LONGEST_LIMIT_MS INT64_C(1000000000000) /* anything above is no limit */

bool ah_latch_init(ah_latch *latch)
{
    latch->stage = 0;
    if (uv_mutex_init(&latch->mutex) < 0)
        return false;
    if (uv_cond_init(&latch->moved) == 0)
        return true;
    uv_mutex_destroy(&latch->mutex);
    return false;
}

void ah_latch_release(ah_latch *latch)
{
    uv_cond_destroy(&latch->moved);
    uv_mutex_destroy(&latch->mutex);
}

void ah_latch_move(ah_latch *latch, int stage)
{
    uv_mutex_lock(&latch->mutex);
    latch->stage = stage;
    uv_cond_broadcast(&latch->moved);
    uv_mutex_unlock(&latch->mutex);
}

/* With the mutex held. */
static void wait_with_limit(ah_latch *latch, int stage, uint64_t limit_ns)
{
    uint64_t end_ns = uv_hrtime() + limit_ns;

    while (latch->stage < stage) {
        uint64_t now_ns = uv_hrtime();
        if (now_ns >= end_ns)
            return;
        uv_cond_timedwait(&latch->moved, &latch->mutex, end_ns - now_ns);
    }
}

bool ah_latch_wait(ah_latch *latch, int stage, int64_t limit_ms)
{
    uv_mutex_lock(&latch->mutex);
    if (limit_ms >= 0 && limit_ms <= LONGEST_LIMIT_MS)
        wait_with_limit(latch, stage, (uint64_t)limit_ms * 1000000);
    else
        while (latch->stage < stage)
            uv_cond_wait(&latch->moved, &latch->mutex);
    bool is_reached = latch->stage >= stage;
    uv_mutex_unlock(&latch->mutex);
    return is_reached;
}
