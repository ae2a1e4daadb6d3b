/* SPDX-License-Identifier: MIT */
/* A response that middlewares gave: it passes the stages that are outside of them. */
#include "client/call_trace.h"
#include "client/chain.h"
#include "client/hop.h"
#include "conn/source.h"

static void drop_response(void *result)
{
    ahttp_response_unref(result);
}

/* The asker has nothing more to do.  Its block stays as long as those that it asked for, with the
   body of its request, which a next hop may want. */
static void retire(ahttp_response *asker)
{
    ahttp_body *source = asker->exchange.source;

    asker->exchange.source = NULL;
    ah_call_stop(asker, AH_CALL_COMPLETE);
    asker->exchange.source = source;
    ah_response_release(asker);
}

/* Of another request, or made long before: the stages are not for it. */
static void pass_on(ahttp_response *asker, ahttp_response *result)
{
    ahttp_future *sent = asker->sent;

    asker->sent = NULL;
    ah_future_resolve(sent, result, drop_response);
    retire(asker);
}

void ah_result_take(ahttp_response *asker, ahttp_response *result)
{
    if (result->asker != asker || result->sent || result->previous) {
        pass_on(asker, result);
        return;
    }
    ah_call_begin(result);
    ah_call_take_promise(result, asker->sent);
    asker->sent = NULL;
    result->is_result = true;
    result->course.stages = asker->course.stages & AH_STAGES_OUTSIDE;
    result->previous = asker->previous;
    result->hops = asker->hops;
    asker->previous = NULL;
    ah_hop_move_deadline(result, asker);
    retire(asker);
    ah_stages_after_result(result);
}

void ah_result_drop(ahttp_response *call)
{
    if (!call->is_result)
        return;
    call->is_result = false;
    call->refs--;
}

void ah_result_deliver(ahttp_response *result)
{
    ahttp_future *sent = result->sent;

    result->is_result = false;
    result->sent = NULL;
    if (AH_UNLIKELY(result->tracer))
        ah_call_trace_status(result, AHTTP_TRACE_REQUEST_END, NULL);
    if (ah_response_is_over(result))
        ah_timer_stop(result->session->guest.loop, &result->deadline);
    ah_future_resolve(sent, result, drop_response);
}

ahttp_body *ah_result_take_source(ahttp_response *call)
{
    ahttp_body *source = call->exchange.source;

    call->exchange.source = NULL;
    if (source || !call->asker)
        return source;
    source = call->asker->exchange.source;
    call->asker->exchange.source = NULL;
    return source;
}
