/* SPDX-License-Identifier: MIT */
#include "client/call_trace.h"

static void set_request(const ahttp_response *call)
{
    ah_tracer_set_request(call->tracer, call->exchange.request.method.ptr, call->url.safe.ptr);
}

void ah_call_start_tracing(ahttp_response *call)
{
    call->tracer =
        ah_tracer_new(call->session->guest.loop, call->session->traces, call->settings.trace_ctx);
    if (!call->tracer)
        return;
    set_request(call);
    ah_tracer_set_mark(call->tracer, AH_MARK_START);
    ah_trace_step(call->tracer, AHTTP_TRACE_REQUEST_START);
}

void ah_call_stop_tracing(ahttp_response *call)
{
    ah_tracer_unref(call->tracer);
    call->tracer = call->exchange.tracer = call->waiter.tracer = NULL;
}

void ah_call_trace_status(ahttp_response *call, ahttp_trace_event event, const char *text)
{
    ah_tracer_note(call->tracer, event,
                   (ahttp_trace_info){.status = call->exchange.response.status, .text = text});
}

ahttp_error *ah_call_trace_failure(const ahttp_response *call, ahttp_error *error)
{
    if (!call->asker) /* a middleware may still make something of it */
        ah_trace_about(call->tracer, AHTTP_TRACE_EXCEPTION, error->message, error->code);
    return ah_error_with_timings(error, ah_tracer_timings(call->tracer));
}

void ah_call_trace_hop(ahttp_response *to, ahttp_response *from)
{
    to->tracer = ah_tracer_ref(from->tracer);
    ah_call_trace_status(from, AHTTP_TRACE_REDIRECT, to->url.safe.ptr);
    set_request(to);
}

bool ahttp_response_timings(const ahttp_response *response, ahttp_timings *timings)
{
    if (response->tracer)
        *timings = *ah_tracer_timings(response->tracer);
    return response->tracer != NULL;
}
