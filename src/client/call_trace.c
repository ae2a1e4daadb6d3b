/* SPDX-License-Identifier: MIT */
#include "client/call_trace.h"
#include "base/mem.h"
#include "client/call_facts.h"
#include "client/secret_headers.h"

static void set_request(const ahttp_response *call)
{
    ah_tracer_set_request(call->tracer, call->exchange.request.method.ptr, call->url.safe.ptr);
}

void ah_call_start_tracing(ahttp_response *call)
{
    call->tracer =
        ah_tracer_new(call->session->guest.loop, call->session->traces, call->settings->trace_ctx);
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

/* ---- Exchanges ---- */

/* A copy, since the call goes on before it is told. */
typedef struct record {
    ahttp_trace_exchange shown; /* first, so that it is the record */
    ah_arena arena;
    ahttp_headers sent, received;
} record;

static void drop_record(const ahttp_trace_exchange *exchange)
{
    record *it = (record *)(uintptr_t)exchange;

    ah_arena_release(&it->arena);
    ah_free(it);
}

static bool fill(record *it, const ahttp_response *call)
{
    const ah_exchange *exchange = &call->exchange;
    const ah_response_head *head = &exchange->response;
    bool was_on_wire = exchange->bytes_sent > 0 || exchange->conn;
    const char *address = was_on_wire && exchange->peer ? ahttp_peer_address(exchange->peer) : NULL;

    ah_headers_init(&it->sent, &it->arena);
    ah_headers_init(&it->received, &it->arena);
    it->shown = (ahttp_trace_exchange){
        .request_headers = &it->sent,
        .response_headers = &it->received,
        .reason = head->reason.ptr ? ah_arena_copy(&it->arena, head->reason) : "",
        .address = address ? ah_arena_copy(&it->arena, ah_str_from(address)) : NULL,
        .minor_version = head->minor_version,
        .hop = call->hops,
        .bytes_sent = exchange->bytes_sent,
        .bytes_received = exchange->bytes_received,
        .timings = ah_tracer_sending(call->tracer),
    };
    for (size_t i = 0; i < head->fields.count; i++)
        if (!ah_headers_add(&it->received, head->fields.fields[i].name,
                            head->fields.fields[i].value))
            return false;
    return it->shown.reason && (it->shown.address || !address) &&
           ah_secret_headers_join(call->settings->secret_headers, NULL, &it->arena,
                                  &it->shown.secret_headers) &&
           ah_sent_fields_read(&it->sent, &exchange->request);
}

void ah_call_trace_exchange(ahttp_response *call, const ahttp_error *error)
{
    bool tells = call->is_exchanging && ah_tracer_tells(call->tracer);
    record *it = tells ? AH_NEW(record) : NULL;

    call->is_exchanging = false;
    if (error)
        ah_tracer_set_failure(call->tracer, error->phase ? error->phase : ah_call_phase_of(call));
    if (!it)
        return;
    if (!fill(it, call)) {
        drop_record(&it->shown);
        return;
    }
    ah_tracer_note_exchange(call->tracer,
                            (ahttp_trace_info){.status = call->exchange.response.status,
                                               .code = error ? error->code : 0,
                                               .text = error ? error->message : NULL,
                                               .exchange = &it->shown},
                            drop_record);
}

/* ---- Ends ---- */

ahttp_error *ah_call_trace_failure(const ahttp_response *call, ahttp_error *error)
{
    if (!call->asker) /* a middleware may still make something of it */
        ah_trace_about(call->tracer, AHTTP_TRACE_EXCEPTION, error->message, error->code);
    if (error->timings) /* of the sending that it is about */
        return error;
    if (call->phase == AH_CALL_FAILED)
        ah_tracer_set_failure(call->tracer, error->phase);
    return ah_error_with_timings(error, ah_tracer_timings(call->tracer));
}

static void fork_tracer(ahttp_response *to, const ahttp_response *from)
{
    to->tracer = ah_tracer_fork(from->tracer);
    if (to->tracer)
        set_request(to);
}

void ah_call_trace_sending(ahttp_response *call, ahttp_response *asker)
{
    fork_tracer(call, asker);
    if (!call->tracer)
        return;
    ah_tracer_unref(asker->tracer);
    asker->tracer = ah_tracer_ref(call->tracer);
}

void ah_call_trace_hop(ahttp_response *to, ahttp_response *from)
{
    ah_call_trace_status(from, AHTTP_TRACE_REDIRECT, to->url.safe.ptr);
    fork_tracer(to, from);
}

bool ahttp_response_timings(const ahttp_response *response, ahttp_timings *timings)
{
    ah_response_need(response);
    if (response->tracer)
        *timings = *ah_tracer_timings(response->tracer);
    return response->tracer != NULL;
}
