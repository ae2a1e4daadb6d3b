/* SPDX-License-Identifier: MIT */
/* A timer's place in the wheel follows from its due time and the wheel's time alone: the
   level is that of the highest bit in which they differ, the slot is the due time's digit on
   that level.  So timers with one due time always share a slot, in the order of arming; every
   slot in use on a level comes after the wheel's own digit there; and all of a level is due
   before all of the level above.  The wheel's time never passes the clock. */
#include "loop/timer.h"
#include "loop/loop_state.h"
#include <time.h>

#define LONGEST_DELAY_MS INT64_C(1000000000000)
#define FAR_AWAY_MS      INT64_C(9000000000000) /* fits an int64_t in nanoseconds, too */

static inline int64_t now_ms(const ahttp_loop *loop)
{
    return loop->has_virtual_clock ? loop->clock.now_ms : (int64_t)(uv_hrtime() / 1000000);
}

int64_t ahttp_loop_now(const ahttp_loop *loop)
{
    return now_ms(loop);
}

int64_t ah_loop_turn_ms(const ahttp_loop *loop)
{
    return loop->has_virtual_clock ? loop->clock.now_ms : (int64_t)uv_now(loop->uv);
}

int64_t ah_loop_now_ns(const ahttp_loop *loop)
{
    return loop->has_virtual_clock ? loop->clock.now_ms * 1000000 : (int64_t)uv_hrtime();
}

int64_t ah_loop_wall_seconds(const ahttp_loop *loop)
{
    if (loop && loop->has_virtual_clock)
        return loop->clock.zero_s + loop->clock.now_ms / 1000;
    return (int64_t)time(NULL);
}

int64_t ah_loop_wall_ms(const ahttp_loop *loop)
{
    struct timespec now;

    if (loop && loop->has_virtual_clock)
        return loop->clock.zero_s * 1000 + loop->clock.now_ms;
    timespec_get(&now, TIME_UTC);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline unsigned level_of(const ah_wheel *wheel, int64_t due_ms)
{
    uint64_t differing = (uint64_t)(due_ms ^ wheel->time_ms) | 1;

    return (63 - (unsigned)__builtin_clzll(differing)) / AH_WHEEL_BITS;
}

static inline unsigned slot_of(int64_t due_ms, unsigned level)
{
    return (unsigned)(due_ms >> (level * AH_WHEEL_BITS)) & (AH_WHEEL_SLOTS - 1);
}

static inline void insert(ah_wheel *wheel, ah_timer *timer)
{
    unsigned level = level_of(wheel, timer->due_ms);
    unsigned slot = slot_of(timer->due_ms, level);

    timer->hangs_ms = timer->due_ms;
    timer->level = (uint8_t)level;
    ah_list_append(&wheel->slots[level][slot], &timer->link);
    wheel->occupied[level] |= UINT64_C(1) << slot;
    wheel->levels |= 1u << level;
}

static void mark_empty(ah_wheel *wheel, unsigned level, unsigned slot)
{
    wheel->occupied[level] &= ~(UINT64_C(1) << slot);
    if (!wheel->occupied[level])
        wheel->levels &= ~(1u << level);
}

/* The next slot to be due, and the time it begins at. */
static bool next_slot(const ah_wheel *wheel, unsigned *level, unsigned *slot, int64_t *start_ms)
{
    if (!wheel->levels)
        return false;
    *level = (unsigned)__builtin_ctz(wheel->levels);
    *slot = (unsigned)__builtin_ctzll(wheel->occupied[*level]);
    unsigned shift = *level * AH_WHEEL_BITS;
    /* The digits above the level are the wheel's own; two shifts, as one of 66 is undefined. */
    int64_t above = wheel->time_ms >> shift >> AH_WHEEL_BITS << AH_WHEEL_BITS;
    *start_ms = (above | (int64_t)*slot) << shift;
    return true;
}

/* Spreads slots over the levels below until the next timers are on the lowest, where a slot
   is one millisecond; the wheel's time goes up to limit_ms at most. */
static bool next_due(ah_wheel *wheel, int64_t limit_ms, int64_t *due_ms)
{
    unsigned level, slot;
    ah_list moving;

    while (next_slot(wheel, &level, &slot, due_ms)) {
        if (*due_ms > limit_ms)
            return false;
        if (level == 0)
            return true;
        ah_list_init(&moving);
        ah_list_splice(&moving, &wheel->slots[level][slot]);
        mark_empty(wheel, level, slot);
        wheel->time_ms = *due_ms;
        for (ah_link *link; (link = ah_list_take_first(&moving));)
            insert(wheel, AH_CONTAINER(link, ah_timer, link));
    }
    return false;
}

static void count(ah_wheel *wheel, const ah_timer *timer)
{
    if (!timer->background && wheel->foreground++ == 0)
        uv_ref((uv_handle_t *)&wheel->uv);
}

static void uncount(ah_wheel *wheel, const ah_timer *timer)
{
    if (!timer->background && --wheel->foreground == 0)
        uv_unref((uv_handle_t *)&wheel->uv);
}

/* Its place is due, and it is out of there: fires it if its own due time has come, too.  Others
   that fired before it may have moved the wheel's time on. */
static void come_due(ah_wheel *wheel, ah_timer *timer)
{
    if (timer->is_parked) {
        timer->is_parked = false;
    } else if (timer->due_ms > wheel->time_ms) {
        insert(wheel, timer);
    } else {
        uncount(wheel, timer);
        timer->fire(timer);
    }
}

/* Fires what is due up to now_ms.  All of it is taken out first, so that timers which are
   armed meanwhile wait for the next turn. */
static void fire_due(ahttp_loop *loop, int64_t upto_ms)
{
    ah_wheel *wheel = &loop->wheel;
    ah_list firing;
    int64_t due_ms;

    ah_list_init(&firing);
    while (next_due(wheel, upto_ms, &due_ms)) {
        unsigned slot = slot_of(due_ms, 0);
        ah_list_splice(&firing, &wheel->slots[0][slot]);
        mark_empty(wheel, 0, slot);
        wheel->time_ms = due_ms;
    }
    wheel->time_ms = upto_ms;
    for (ah_link *link; (link = ah_list_take_first(&firing));)
        come_due(wheel, AH_CONTAINER(link, ah_timer, link));
}

static void on_uv_timer(uv_timer_t *uv);

static void arm(ahttp_loop *loop, int64_t at_ms)
{
    int64_t delay_ms = at_ms - (int64_t)uv_now(loop->uv);

    loop->wheel.armed_ms = at_ms;
    uv_timer_start(&loop->wheel.uv, on_uv_timer, delay_ms > 0 ? (uint64_t)delay_ms : 0, 0);
}

static void on_uv_timer(uv_timer_t *uv)
{
    ahttp_loop *loop = uv->data;
    ah_wheel *wheel = &loop->wheel;
    unsigned level, slot;
    int64_t start_ms;

    ah_loop_enter(loop);
    wheel->armed_ms = INT64_MIN; /* nothing is earlier: arm once, below */
    fire_due(loop, now_ms(loop));
    wheel->armed_ms = INT64_MAX;
    if (next_slot(wheel, &level, &slot, &start_ms))
        arm(loop, start_ms);
    ah_loop_leave(loop);
}

void ah_timer_start(ahttp_loop *loop, ah_timer *timer, int64_t delay_ms)
{
    ah_wheel *wheel = &loop->wheel;
    int64_t now = now_ms(loop);

    if (delay_ms < 0)
        delay_ms = 0;
    if (delay_ms > LONGEST_DELAY_MS)
        delay_ms = LONGEST_DELAY_MS;
    if (timer->is_parked && now + delay_ms >= timer->hangs_ms) {
        timer->due_ms = now + delay_ms;
        timer->is_parked = false;
        count(wheel, timer);
        return;
    }
    ah_timer_stop(loop, timer);
    if (!wheel->levels)
        wheel->time_ms = now;
    timer->due_ms = now + delay_ms;
    insert(wheel, timer);
    count(wheel, timer);
    if (timer->due_ms < wheel->armed_ms)
        arm(loop, timer->due_ms);
}

void ah_timer_stop(ahttp_loop *loop, ah_timer *timer)
{
    ah_wheel *wheel = &loop->wheel;

    if (!ah_link_is_in_list(&timer->link))
        return;
    ah_timer_park(loop, timer);
    unsigned slot = slot_of(timer->hangs_ms, timer->level);
    ah_link_remove(&timer->link);
    if (ah_list_is_empty(&wheel->slots[timer->level][slot]))
        mark_empty(wheel, timer->level, slot);
    timer->is_parked = false;
}

void ah_timer_park(ahttp_loop *loop, ah_timer *timer)
{
    if (!ah_timer_is_armed(timer))
        return;
    uncount(&loop->wheel, timer);
    timer->is_parked = true;
}

void ah_wheel_init(ahttp_loop *loop)
{
    ah_wheel *wheel = &loop->wheel;

    for (int level = 0; level < AH_WHEEL_LEVELS; level++)
        for (int slot = 0; slot < AH_WHEEL_SLOTS; slot++)
            ah_list_init(&wheel->slots[level][slot]);
    wheel->armed_ms = INT64_MAX;
    wheel->time_ms = now_ms(loop);
    wheel->uv.data = loop;
    uv_timer_init(loop->uv, &wheel->uv);
    uv_unref((uv_handle_t *)&wheel->uv);
    loop->clock.zero_s = (int64_t)time(NULL) - loop->clock.now_ms / 1000;
    if (loop->has_virtual_clock) { /* only there to keep the loop alive */
        wheel->armed_ms = INT64_MIN;
        uv_timer_start(&wheel->uv, on_uv_timer, FAR_AWAY_MS, 0);
    }
}

/* Whether anything else than timers may happen: I/O, work in threads, calls from other
   threads.  Handles that merely keep the loop going are no work. */
static bool is_waiting_for_others(ahttp_loop *loop)
{
    uv_handle_t *own[] = {(uv_handle_t *)&loop->wheel.uv, (uv_handle_t *)&loop->idle,
                          (uv_handle_t *)&loop->prepare};
    bool had_ref[3];

    for (int i = 0; i < 3; i++) {
        had_ref[i] = uv_has_ref(own[i]);
        uv_unref(own[i]);
    }
    bool alive = uv_loop_alive(loop->uv);
    for (int i = 0; i < 3; i++)
        if (had_ref[i])
            uv_ref(own[i]);
    return alive || ah_calls_has_posted(loop);
}

bool ah_clock_may_move(ahttp_loop *loop)
{
    int64_t due_ms;

    if (!loop->has_virtual_clock)
        return false;
    if (loop->clock.now_ms < loop->clock.target_ms ||
        next_due(&loop->wheel, loop->clock.now_ms, &due_ms))
        return true;
    return ah_list_is_empty(&loop->ready) && loop->wheel.foreground > 0 &&
           !is_waiting_for_others(loop);
}

/* To the next due time or limit_ms, whatever comes first; never backwards. */
static void move_up_to(ahttp_loop *loop, int64_t limit_ms)
{
    ah_virtual_clock *clock = &loop->clock;
    int64_t next_ms;

    if (!next_due(&loop->wheel, limit_ms, &next_ms))
        next_ms = limit_ms;
    if (clock->now_ms < next_ms)
        clock->now_ms = next_ms;
    if (clock->target_ms < clock->now_ms)
        clock->target_ms = clock->now_ms;
}

void ah_clock_move(ahttp_loop *loop)
{
    ah_virtual_clock *clock = &loop->clock;

    move_up_to(loop, clock->now_ms < clock->target_ms ? clock->target_ms : FAR_AWAY_MS);
    fire_due(loop, clock->now_ms);
}

void ahttp_loop_advance(ahttp_loop *loop, int64_t by_ms)
{
    ah_virtual_clock *clock = &loop->clock;

    if (!loop->has_virtual_clock || by_ms <= 0)
        return;
    if (by_ms > FAR_AWAY_MS - clock->target_ms)
        by_ms = FAR_AWAY_MS - clock->target_ms;
    clock->target_ms += by_ms;
    move_up_to(loop, clock->target_ms);
    ah_loop_wake(loop);
}
