/* SPDX-License-Identifier: MIT */
#ifndef AH_LOOP_TIMER_H
#define AH_LOOP_TIMER_H
/* Deadlines.  All timers of a loop share one uv_timer_t: they hang in a wheel of 64-slot
   levels, where the level is given by the highest bit in which the due time and the wheel's
   time differ.  Arming and disarming are O(1) and allocate nothing; timers fire in order of
   due time, and among equals in the order in which they were armed (or, if they had been parked,
   came to their place). */
#include "loop/loop.h"

typedef struct ah_timer ah_timer;
typedef void ah_timer_fn(ah_timer *timer);
struct ah_timer {
    int64_t due_ms;
    ah_link link;
    int64_t hangs_ms;  /* the due time that its place in the wheel is for, never after due_ms */
    ah_timer_fn *fire; /* library code, called inside the loop's brackets */
    uint8_t level;
    bool background; /* set before arming: does not keep the loop alive */
    bool is_parked;  /* it only hangs there */
};

/* Zeroed memory with fire set is a timer that is not armed. */
static inline bool ah_timer_is_armed(const ah_timer *timer)
{
    return ah_link_is_in_list(&timer->link) && !timer->is_parked;
}

/* fire is called once, delay_ms from now (at once in the next turn for 0 or less).  An armed
   timer is armed anew.  Delays above 10^12 ms are cut to that. */
void ah_timer_start(ahttp_loop *loop, ah_timer *timer, int64_t delay_ms);
/* Harmless when not armed. */
void ah_timer_stop(ahttp_loop *loop, ah_timer *timer);
/* The same for one that is soon to be armed again, for a later time: it stays where it hangs, so
   that arming it is setting its due time.  Stop it before its memory goes. */
void ah_timer_park(ahttp_loop *loop, ah_timer *timer);

#endif
