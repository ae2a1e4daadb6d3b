/* SPDX-License-Identifier: MIT */
#include "loop/sync.h"

void ah_sync_enter(ah_sync *sync, ahttp_loop *loop, ah_guest_fn *close)
{
    sync->guest.close = close;
    ah_guest_enter(&sync->guest, loop);
}

void ah_sync_leave(ah_sync *sync)
{
    ah_guest_leave(&sync->guest);
}

ahttp_loop *ah_sync_loop(const ah_sync *sync)
{
    return ah_guest_need_loop(
        &sync->guest, "ahttp_semaphore, lock, event, condition, barrier or queue: its loop was "
                      "closed, and there is none to say so on; free it");
}
