/* SPDX-License-Identifier: MIT */
#ifndef AH_POOL_OPENING_WATCH_H
#define AH_POOL_OPENING_WATCH_H
/* The stage that an opening is at, and the time limit of that. */
#include "loop/timer.h"
#include "net/dial.h"
#include "pool/opening_stage.h"

typedef struct ah_opening_watch {
    ah_timer timer; /* fire is the owner's to set, before the first stage */
    ah_opening_stage stage;
    ahttp_timeout limits; /* complete, and the owner's to set as well */
    int64_t since_ms;     /* when the limit of the stage began to count */
} ah_opening_watch;

void ah_opening_watch_enter(ah_opening_watch *watch, ahttp_loop *loop, ah_opening_stage stage);
/* From now on these count; the one of the stage at hand begins anew. */
void ah_opening_watch_limit(ah_opening_watch *watch, ahttp_loop *loop, const ahttp_timeout *limits);
void ah_opening_watch_stop(ah_opening_watch *watch, ahttp_loop *loop);
/* The timer fired: the error that this is.  subject: the proxy or origin that took too long; dial:
   what tries its addresses, or NULL. */
ahttp_error *ah_opening_watch_error(const ah_opening_watch *watch, const ahttp_loop *loop,
                                    const char *subject, const ah_dial *dial);

static inline const ah_opening_facts *ah_opening_watch_facts(const ah_opening_watch *watch)
{
    return &ah_opening_facts_of[watch->stage];
}

#endif
