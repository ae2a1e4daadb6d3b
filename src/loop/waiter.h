/* SPDX-License-Identifier: MIT */
#ifndef AH_LOOP_WAITER_H
#define AH_LOOP_WAITER_H
/* Who waits for a turn at a semaphore, event, condition or queue: a future with a place in a
   list.  It lives in the future's block, so that waiting allocates nothing of its own. */
#include "loop/loop_state.h"

typedef struct ah_waiter {
    ahttp_future future;
    ah_link link;     /* among those who wait; afterwards its object may put it in another list */
    void *object;     /* what it waits at; may be gone while link is in no list */
    const char *what; /* for messages, such as "acquire lock" */
    ahttp_error *failure; /* how it will end when its turn comes; NULL: well */
} ah_waiter;

#define AH_WAITER_FITS(type) _Static_assert(sizeof(type) <= sizeof(ah_future_block), "fits a block")

/* Makes a pending future a waiter that is in no list.  Cancelling takes it out of the list and
   fails it. */
ah_waiter *ah_waiter_init(ahttp_future *block, const char *what, void *object);
/* Its turn has come: it resolves to nothing, or ends with its failure. */
void ah_waiter_settle(ah_waiter *waiter);
/* Takes it out of its list, and fails it with "<what>: <reason>", or its failure. */
void ah_waiter_fail(ah_waiter *waiter, int code, const char *reason);

/* For all in the list, first come first. */
void ah_waiters_settle(ah_list *waiters);
void ah_waiters_fail(ah_list *waiters, int code, const char *reason);
/* Takes all links out of a list, of waiters or others. */
void ah_links_forget(ah_list *list);

/* What those hear whose object is freed. */
#define AH_WAITER_FREED "it was freed meanwhile"

static inline ah_waiter *ah_waiter_first(const ah_list *waiters)
{
    ah_link *link = ah_list_first(waiters);

    return link ? AH_CONTAINER(link, ah_waiter, link) : NULL;
}

#endif
