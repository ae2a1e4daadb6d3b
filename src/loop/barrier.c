/* SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "loop/sync.h"
#include <ahttp/sync.h>

struct ahttp_barrier {
    ah_sync sync;
    ah_counted waiting; /* always fewer than parties */
    size_t parties;
    bool is_broken;
    size_t places[]; /* 0, 1, 2, ...: what the waits resolve to */
};

/* ---- Making and ending ---- */

static void fail_all(ahttp_barrier *barrier, const char *reason)
{
    ah_waiters_fail(&barrier->waiting.list, AHTTP_E_CLOSED, reason);
    barrier->waiting.count = 0;
}

static void close_guest(ah_guest *guest)
{
    ahttp_barrier *barrier = AH_CONTAINER(guest, ahttp_barrier, sync.guest);

    barrier->sync.closed = true;
    fail_all(barrier, AH_SYNC_CLOSED);
}

ahttp_barrier *ahttp_barrier_new(size_t parties)
{
    ahttp_loop *loop =
        ah_loop_need_current("ahttp_barrier_new: this thread has no loop; call it from a task or "
                             "callback, or after ahttp_loop_create");
    ahttp_barrier *barrier;

    if (parties == 0)
        ah_misuse("ahttp_barrier_new: 0 parties would never meet; give it at least 1");
    if (parties > (SIZE_MAX - sizeof *barrier) / sizeof *barrier->places)
        return NULL;
    barrier = ah_alloc(sizeof *barrier + parties * sizeof *barrier->places);
    if (!barrier)
        return NULL;
    *barrier = (ahttp_barrier){.parties = parties};
    ah_counted_init(&barrier->waiting);
    for (size_t i = 0; i < parties; i++)
        barrier->places[i] = i;
    ah_sync_enter(&barrier->sync, loop, close_guest);
    return barrier;
}

void ahttp_barrier_free(ahttp_barrier *barrier)
{
    if (!barrier)
        return;
    ah_sync_leave(&barrier->sync);
    fail_all(barrier, AH_WAITER_FREED);
    ah_free(barrier);
}

/* ---- Waiting ---- */

static void cancel_wait(ahttp_future *future)
{
    ah_waiter *waiter = AH_CONTAINER(future, ah_waiter, future);
    ahttp_barrier *barrier = waiter->object;

    barrier->waiting.count--;
    ah_waiter_fail(waiter, AHTTP_E_CANCELLED, "cancelled");
}

/* All are there: each hears of its place. */
static void pass(ahttp_barrier *barrier)
{
    size_t place = 0;

    barrier->waiting.count = 0;
    for (ah_waiter *waiter; (waiter = ah_waiter_first(&barrier->waiting.list));) {
        ah_link_remove(&waiter->link);
        ah_future_resolve(&waiter->future, &barrier->places[place++], NULL);
    }
}

ahttp_future *ahttp_barrier_wait(ahttp_barrier *barrier)
{
    ahttp_loop *loop = ah_sync_loop(&barrier->sync);
    ahttp_future *future = ah_future_new(loop);

    if (!future)
        return ah_future_failed(loop, ah_error_no_memory());
    ah_waiter *waiter = ah_waiter_init(future, "wait at barrier", barrier);
    if (barrier->sync.closed || barrier->is_broken) {
        ah_waiter_fail(waiter, AHTTP_E_CLOSED,
                       barrier->sync.closed ? AH_SYNC_CLOSED : "it was broken");
        return future;
    }
    future->cancel = cancel_wait;
    ah_counted_append(&barrier->waiting, &waiter->link);
    if (barrier->waiting.count == barrier->parties)
        pass(barrier);
    return future;
}

size_t ahttp_barrier_waiting(const ahttp_barrier *barrier)
{
    return barrier->waiting.count;
}

/* ---- Breaking ---- */

void ahttp_barrier_reset(ahttp_barrier *barrier)
{
    barrier->is_broken = false;
    fail_all(barrier, "it was reset");
}

void ahttp_barrier_break(ahttp_barrier *barrier)
{
    barrier->is_broken = true;
    fail_all(barrier, "it was broken");
}

bool ahttp_barrier_is_broken(const ahttp_barrier *barrier)
{
    return barrier->is_broken;
}
