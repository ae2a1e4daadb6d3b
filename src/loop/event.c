/* SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "loop/sync.h"
#include <ahttp/sync.h>

struct ahttp_event {
    ah_sync sync;
    ah_list waiting;
    bool is_set;
};

static void close_guest(ah_guest *guest)
{
    ahttp_event *event = AH_CONTAINER(guest, ahttp_event, sync.guest);

    event->sync.closed = true;
    ah_waiters_fail(&event->waiting, AHTTP_E_CLOSED, AH_SYNC_CLOSED);
}

ahttp_event *ahttp_event_new(void)
{
    ahttp_loop *loop = ah_loop_need_current("ahttp_event_new: this thread has no loop; call it "
                                            "from a task or callback, or after ahttp_loop_create");
    ahttp_event *event = AH_NEW(ahttp_event);

    if (!event)
        return NULL;
    ah_sync_enter(&event->sync, loop, close_guest);
    ah_list_init(&event->waiting);
    return event;
}

void ahttp_event_free(ahttp_event *event)
{
    if (!event)
        return;
    ah_sync_leave(&event->sync);
    ah_waiters_fail(&event->waiting, AHTTP_E_CLOSED, AH_WAITER_FREED);
    ah_free(event);
}

void ahttp_event_set(ahttp_event *event)
{
    event->is_set = true;
    ah_waiters_settle(&event->waiting);
}

void ahttp_event_clear(ahttp_event *event)
{
    event->is_set = false;
}

bool ahttp_event_is_set(const ahttp_event *event)
{
    return event->is_set;
}

ahttp_future *ahttp_event_wait(ahttp_event *event)
{
    ahttp_loop *loop = ah_sync_loop(&event->sync);
    ahttp_future *future = ah_future_new(loop);

    if (!future)
        return ah_future_failed(loop, ah_error_no_memory());
    ah_waiter *waiter = ah_waiter_init(future, "wait for event", event);
    if (event->is_set)
        ah_waiter_settle(waiter);
    else if (event->sync.closed)
        ah_waiter_fail(waiter, AHTTP_E_CLOSED, AH_SYNC_CLOSED);
    else
        ah_list_append(&event->waiting, &waiter->link);
    return future;
}
