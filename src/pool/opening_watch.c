/* SPDX-License-Identifier: MIT */
#include "pool/opening_watch.h"
#include "base/buf.h"
#include "base/error.h"
#include <ahttp/base.h>

static int64_t limit_of(const ah_opening_watch *watch)
{
    return ah_opening_limit(watch->stage, &watch->limits);
}

static void begin_limit(ah_opening_watch *watch, ahttp_loop *loop)
{
    int64_t limit_ms = limit_of(watch);

    watch->since_ms = ahttp_loop_now(loop);
    if (limit_ms == AHTTP_NEVER)
        ah_timer_stop(loop, &watch->timer);
    else
        ah_timer_start(loop, &watch->timer, limit_ms);
}

void ah_opening_watch_enter(ah_opening_watch *watch, ahttp_loop *loop, ah_opening_stage stage)
{
    watch->stage = stage;
    begin_limit(watch, loop);
}

void ah_opening_watch_limit(ah_opening_watch *watch, ahttp_loop *loop, const ahttp_timeout *limits)
{
    watch->limits = *limits;
    begin_limit(watch, loop);
}

void ah_opening_watch_stop(ah_opening_watch *watch, ahttp_loop *loop)
{
    ah_timer_stop(loop, &watch->timer);
}

ahttp_error *ah_opening_watch_error(const ah_opening_watch *watch, const ahttp_loop *loop,
                                    const char *subject, const ah_dial *dial)
{
    const ah_opening_facts *facts = ah_opening_watch_facts(watch);
    int64_t took_ms = ahttp_loop_now(loop) - watch->since_ms;
    ah_buf tried = {0};
    char address[AH_DIAL_ADDRESS_TEXT] = "";

    if (dial) {
        ah_dial_describe(dial, &tried);
        ah_dial_last_address(dial, address);
    }
    ahttp_error *error =
        ah_error_new(facts->code, "%s %s: timed out after %lld ms (%s is %lld)%.*s", facts->verb,
                     subject, (long long)took_ms, facts->limit, (long long)limit_of(watch),
                     (int)tried.len, tried.data ? tried.data : "");
    ah_buf_release(&tried);
    return address[0] ? ah_error_with_address(error, address) : error;
}
