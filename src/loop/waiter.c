/* SPDX-License-Identifier: MIT */
#include "loop/waiter.h"
#include "base/error.h"

AH_WAITER_FITS(ah_waiter);

static void cancel_waiter(ahttp_future *future)
{
    ah_waiter_fail(AH_CONTAINER(future, ah_waiter, future), AHTTP_E_CANCELLED, "cancelled");
}

ah_waiter *ah_waiter_init(ahttp_future *block, const char *what, void *object)
{
    ah_waiter *waiter = AH_CONTAINER(block, ah_waiter, future);

    waiter->link = (ah_link){0};
    waiter->object = object;
    waiter->what = what;
    waiter->failure = NULL;
    block->cancel = cancel_waiter;
    return waiter;
}

void ah_waiter_settle(ah_waiter *waiter)
{
    ahttp_error *failure = waiter->failure;

    waiter->failure = NULL;
    if (failure)
        ah_future_reject(&waiter->future, failure);
    else
        ah_future_resolve(&waiter->future, NULL, NULL);
}

void ah_waiter_fail(ah_waiter *waiter, int code, const char *reason)
{
    ah_link_remove(&waiter->link);
    if (!waiter->failure)
        waiter->failure = ah_error_new(code, "%s: %s", waiter->what, reason);
    ah_waiter_settle(waiter);
}

void ah_waiters_settle(ah_list *waiters)
{
    for (ah_waiter *waiter; (waiter = ah_waiter_first(waiters));) {
        ah_link_remove(&waiter->link);
        ah_waiter_settle(waiter);
    }
}

void ah_waiters_fail(ah_list *waiters, int code, const char *reason)
{
    for (ah_waiter *waiter; (waiter = ah_waiter_first(waiters));)
        ah_waiter_fail(waiter, code, reason);
}

void ah_links_forget(ah_list *list)
{
    while (ah_list_take_first(list))
        ;
}
