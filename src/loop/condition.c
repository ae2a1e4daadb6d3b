/* SPDX-License-Identifier: MIT */
/* Who waits is first in the condition's list.  Notified, cancelled or told that the condition
   is gone, it queues up for the lock, where its future ends.  Until that was claimed, one that
   was notified stays known, so that it can pass the notification on. */
#include "base/error.h"
#include "loop/semaphore.h"

struct ahttp_condition {
    ah_sync sync;
    ahttp_lock *lock;
    ah_list waiting;
    ah_list notified;
};

typedef struct pending_wait {
    ah_waiter waiter; /* at the lock, once it is woken */
    ah_link link;     /* in one of the condition's lists */
    ahttp_condition *condition;
} pending_wait;

AH_WAITER_FITS(pending_wait);

/* ---- Waking ---- */

static void enter_lock(pending_wait *wait)
{
    ah_semaphore_enter(wait->waiter.object, &wait->waiter);
}

static bool notify_first(ahttp_condition *condition)
{
    ah_link *link = ah_list_take_first(&condition->waiting);

    if (!link)
        return false;
    ah_list_append(&condition->notified, link);
    enter_lock(AH_CONTAINER(link, pending_wait, link));
    return true;
}

/* To the next, if it was notified at all. */
static void pass_notification_on(pending_wait *wait)
{
    if (!ah_link_is_in_list(&wait->link))
        return;
    ah_link_remove(&wait->link);
    notify_first(wait->condition);
}

static void give_up(pending_wait *wait, int code, const char *reason)
{
    wait->waiter.failure = ah_error_new(code, "%s: %s", wait->waiter.what, reason);
    ah_link_remove(&wait->link);
    enter_lock(wait);
}

static void cancel_wait(ahttp_future *future)
{
    pending_wait *wait = AH_CONTAINER(future, pending_wait, waiter.future);
    bool is_entering_lock = ah_link_is_in_list(&wait->waiter.link);

    if (wait->waiter.failure)
        return;
    if (!is_entering_lock) {
        give_up(wait, AHTTP_E_CANCELLED, "cancelled");
        return;
    }
    wait->waiter.failure = ah_error_new(AHTTP_E_CANCELLED, "%s: cancelled", wait->waiter.what);
    pass_notification_on(wait);
}

static void end_wait(ahttp_future *future)
{
    pending_wait *wait = AH_CONTAINER(future, pending_wait, waiter.future);

    if (!future->claimed)
        pass_notification_on(wait);
    ah_link_remove(&wait->link);
    ah_semaphore_end_grant(future);
}

/* ---- The interface ---- */

static void end_all(ahttp_condition *condition, const char *reason)
{
    ah_links_forget(&condition->notified);
    for (ah_link *link; (link = ah_list_first(&condition->waiting));)
        give_up(AH_CONTAINER(link, pending_wait, link), AHTTP_E_CLOSED, reason);
}

static void close_guest(ah_guest *guest)
{
    ahttp_condition *condition = AH_CONTAINER(guest, ahttp_condition, sync.guest);

    condition->sync.closed = true;
    end_all(condition, AH_SYNC_CLOSED);
}

ahttp_condition *ahttp_condition_new(ahttp_lock *lock)
{
    ahttp_condition *condition = AH_NEW(ahttp_condition);

    if (!condition)
        return NULL;
    condition->lock = lock;
    ah_list_init(&condition->waiting);
    ah_list_init(&condition->notified);
    ah_sync_enter(&condition->sync, lock->semaphore.sync.guest.loop, close_guest);
    return condition;
}

void ahttp_condition_free(ahttp_condition *condition)
{
    if (!condition)
        return;
    ah_sync_leave(&condition->sync);
    end_all(condition, AH_WAITER_FREED);
    ah_free(condition);
}

static pending_wait *init_wait(ahttp_future *future, ahttp_condition *condition)
{
    ah_waiter *waiter = ah_waiter_init(future, "wait for condition", &condition->lock->semaphore);
    pending_wait *wait = AH_CONTAINER(waiter, pending_wait, waiter);

    wait->link = (ah_link){0};
    wait->condition = condition;
    future->cancel = cancel_wait;
    future->ended = end_wait;
    return wait;
}

static ahttp_error *closed_error(const pending_wait *wait)
{
    return ah_error_new(AHTTP_E_CLOSED, "%s: " AH_SYNC_CLOSED, wait->waiter.what);
}

/* The lock stays held, and is what the failed future brings. */
static ahttp_future *fail_for_memory(ahttp_condition *condition)
{
    ahttp_semaphore *lock = &condition->lock->semaphore;
    ahttp_loop *loop = ah_sync_loop(&lock->sync);
    ahttp_future *future = ah_future_spare(loop);

    if (!future)
        return ah_future_failed(loop, ah_error_no_memory());
    pending_wait *wait = init_wait(future, condition);
    wait->waiter.failure = ah_error_no_memory();
    ah_semaphore_grant(lock, &wait->waiter);
    return future;
}

ahttp_future *ahttp_condition_wait(ahttp_condition *condition)
{
    if (!ahttp_lock_locked(condition->lock))
        ah_misuse("ahttp_condition_wait: its lock is not held; acquire the lock before");
    ahttp_future *future = ah_future_new(ah_sync_loop(&condition->sync));
    if (!future)
        return fail_for_memory(condition);
    pending_wait *wait = init_wait(future, condition);
    if (condition->sync.closed) {
        wait->waiter.failure = closed_error(wait);
        ah_semaphore_grant(&condition->lock->semaphore, &wait->waiter);
        return future;
    }
    ah_list_append(&condition->waiting, &wait->link);
    ahttp_lock_release(condition->lock);
    return future;
}

void ahttp_condition_notify(ahttp_condition *condition, size_t count)
{
    if (!ahttp_lock_locked(condition->lock))
        ah_misuse("ahttp_condition_notify: its lock is not held; acquire the lock before");
    while (count > 0 && notify_first(condition))
        count--;
}
