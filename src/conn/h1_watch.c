/* SPDX-License-Identifier: MIT */
#include "conn/h1_watch.h"
#include "base/later.h"

/* By what the wait is limited: what it fails with, and the limit's name. */
typedef struct rule {
    int code;
    int64_t ms;
    const char *name, *doing;
} rule;

static rule rule_of(const ahttp_timeout *limits, ah_h1_awaited awaited)
{
    switch (awaited) {
    case AH_H1_ROOM:
        return (rule){AHTTP_E_WRITE_TIMEOUT, limits->write_ms, "write_ms", "send request to"};
    case AH_H1_FIRST_BYTE:
        if (limits->first_byte_ms)
            return (rule){AHTTP_E_FIRST_BYTE_TIMEOUT, limits->first_byte_ms, "first_byte_ms",
                          "wait for response from"};
        return (rule){AHTTP_E_READ_TIMEOUT, limits->read_ms, "read_ms", "wait for response from"};
    case AH_H1_MORE_BYTES:
        return (rule){AHTTP_E_READ_TIMEOUT, limits->read_ms, "read_ms", "read response from"};
    case AH_H1_NOTHING: break;
    }
    return (rule){.ms = AHTTP_NEVER};
}

/* Nothing has moved since since_ms: looks again when that may have been too long. */
static void arm(ah_h1_watch *watch, ahttp_loop *loop, int64_t limit_ms)
{
    int64_t due_ms = ah_later(watch->since_ms, limit_ms);

    if (limit_ms == AHTTP_NEVER)
        ah_h1_watch_stop(watch, loop);
    else if (!ah_timer_is_armed(&watch->timer) || watch->timer.due_ms > due_ms)
        ah_timer_start(loop, &watch->timer, due_ms - ahttp_loop_now(loop));
}

void ah_h1_watch_set(ah_h1_watch *watch, ahttp_loop *loop, const ah_exchange *exchange,
                     ah_h1_awaited awaited)
{
    uint64_t moved = exchange->bytes_sent + exchange->bytes_received;

    if (awaited == watch->awaited && moved == watch->moved)
        return;
    watch->moved = moved;
    watch->since_ms = ahttp_loop_now(loop);
    if (awaited == watch->awaited)
        return;
    watch->awaited = awaited;
    arm(watch, loop, rule_of(exchange->limits, awaited).ms);
}

void ah_h1_watch_stop(ah_h1_watch *watch, ahttp_loop *loop)
{
    if (ah_timer_is_armed(&watch->timer))
        ah_timer_stop(loop, &watch->timer);
}

ahttp_error *ah_h1_watch_look(ah_h1_watch *watch, ahttp_loop *loop, const ah_exchange *exchange,
                              const char *peer)
{
    rule limit = rule_of(exchange->limits, watch->awaited);
    int64_t gap_ms = ahttp_loop_now(loop) - watch->since_ms;

    if (limit.ms == AHTTP_NEVER || gap_ms < limit.ms) {
        arm(watch, loop, limit.ms);
        return NULL;
    }
    return ah_error_new(limit.code, "%s %s: timed out after %lld ms without a byte (%s is %lld)",
                        limit.doing, peer, (long long)gap_ms, limit.name, (long long)limit.ms);
}
