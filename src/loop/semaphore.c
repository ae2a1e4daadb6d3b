/* SPDX-License-Identifier: MIT */
#include "loop/semaphore.h"
#include "base/error.h"

/* ---- Giving and taking back ---- */

/* A future that was dropped gives its permit back while it is being served, so that this
   would recurse without the flag. */
static void serve(ahttp_semaphore *semaphore)
{
    ah_waiter *waiter;

    if (semaphore->serving)
        return;
    semaphore->serving = true;
    while (semaphore->free > 0 && (waiter = ah_waiter_first(&semaphore->waiting))) {
        ah_link_remove(&waiter->link);
        semaphore->free--;
        ah_semaphore_grant(semaphore, waiter);
    }
    semaphore->serving = false;
}

void ah_semaphore_grant(ahttp_semaphore *semaphore, ah_waiter *waiter)
{
    if (!semaphore->sync.closed)
        ah_list_append(&semaphore->granted, &waiter->link);
    ah_waiter_settle(waiter);
}

static void give_back(ahttp_semaphore *semaphore, const char *too_often)
{
    if (semaphore->free == semaphore->permits)
        ah_misuse(too_often);
    semaphore->free++;
    serve(semaphore);
}

void ah_semaphore_enter(ahttp_semaphore *semaphore, ah_waiter *waiter)
{
    ah_list_append(&semaphore->waiting, &waiter->link);
    serve(semaphore);
}

/* One that is in no list has failed without a permit, or outlives the semaphore. */
void ah_semaphore_end_grant(ahttp_future *future)
{
    ah_waiter *waiter = AH_CONTAINER(future, ah_waiter, future);

    if (!ah_link_is_in_list(&waiter->link))
        return;
    ah_link_remove(&waiter->link);
    if (!future->claimed)
        give_back(waiter->object, "ahttp_semaphore_release: the permit of an acquire that nobody "
                                  "waited for was released already; release what you acquired");
}

/* ---- Semaphore ---- */

static void close_semaphore(ahttp_semaphore *semaphore, const char *reason)
{
    ah_links_forget(&semaphore->granted);
    ah_waiters_fail(&semaphore->waiting, AHTTP_E_CLOSED, reason);
}

static void close_guest(ah_guest *guest)
{
    ahttp_semaphore *semaphore = AH_CONTAINER(guest, ahttp_semaphore, sync.guest);

    semaphore->sync.closed = true;
    close_semaphore(semaphore, AH_SYNC_CLOSED);
}

static void init(ahttp_semaphore *semaphore, ahttp_loop *loop, const char *what, size_t permits)
{
    ah_sync_enter(&semaphore->sync, loop, close_guest);
    semaphore->what = what;
    semaphore->permits = semaphore->free = permits;
    ah_list_init(&semaphore->waiting);
    ah_list_init(&semaphore->granted);
}

ahttp_semaphore *ahttp_semaphore_new(size_t permits)
{
    ahttp_loop *loop =
        ah_loop_need_current("ahttp_semaphore_new: this thread has no loop; call it from a task or "
                             "callback, or after ahttp_loop_create");
    ahttp_semaphore *semaphore = AH_NEW(ahttp_semaphore);

    if (semaphore)
        init(semaphore, loop, "acquire semaphore", permits);
    return semaphore;
}

void ahttp_semaphore_free(ahttp_semaphore *semaphore)
{
    if (!semaphore)
        return;
    ah_sync_leave(&semaphore->sync);
    close_semaphore(semaphore, AH_WAITER_FREED);
    ah_free(semaphore);
}

ahttp_future *ahttp_semaphore_acquire(ahttp_semaphore *semaphore)
{
    ahttp_loop *loop = ah_sync_loop(&semaphore->sync);
    ahttp_future *future = ah_future_new(loop);

    if (!future)
        return ah_future_failed(loop, ah_error_no_memory());
    ah_waiter *waiter = ah_waiter_init(future, semaphore->what, semaphore);
    if (semaphore->sync.closed) {
        ah_waiter_fail(waiter, AHTTP_E_CLOSED, AH_SYNC_CLOSED);
        return future;
    }
    future->ended = ah_semaphore_end_grant;
    ah_semaphore_enter(semaphore, waiter);
    return future;
}

void ahttp_semaphore_release(ahttp_semaphore *semaphore)
{
    give_back(semaphore, "ahttp_semaphore_release: called more often than permits were acquired; "
                         "release once for each acquire that succeeded");
}

bool ahttp_semaphore_locked(const ahttp_semaphore *semaphore)
{
    return semaphore->free == 0;
}

/* ---- Lock ---- */

ahttp_lock *ahttp_lock_new(void)
{
    ahttp_loop *loop = ah_loop_need_current("ahttp_lock_new: this thread has no loop; call it from "
                                            "a task or callback, or after ahttp_loop_create");
    ahttp_lock *lock = AH_NEW(ahttp_lock);

    if (lock)
        init(&lock->semaphore, loop, "acquire lock", 1);
    return lock;
}

void ahttp_lock_free(ahttp_lock *lock)
{
    if (!lock)
        return;
    ah_sync_leave(&lock->semaphore.sync);
    close_semaphore(&lock->semaphore, AH_WAITER_FREED);
    ah_free(lock);
}

ahttp_future *ahttp_lock_acquire(ahttp_lock *lock)
{
    return ahttp_semaphore_acquire(&lock->semaphore);
}

void ahttp_lock_release(ahttp_lock *lock)
{
    give_back(&lock->semaphore, "ahttp_lock_release: the lock is not held; release once for each "
                                "acquire that succeeded");
}

bool ahttp_lock_locked(const ahttp_lock *lock)
{
    return ahttp_semaphore_locked(&lock->semaphore);
}
