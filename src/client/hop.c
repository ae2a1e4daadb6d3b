/* SPDX-License-Identifier: MIT */
#include "client/hop.h"
#include "base/mem.h"
#include "client/call_log.h"
#include "client/call_trace.h"
#include "client/chain.h"
#include "client/request.h"
#include "conn/conn.h"
#include "conn/source.h"

/* ---- The request of the next hop ---- */

static bool goes_along(const ah_hop *hop, ah_str name, const char *const *secrets)
{
    return !(ah_secret_of_field(name, secrets) & hop->left_behind) &&
           !(hop->drops_body && ah_redirect_is_body_field(name));
}

/* Texts stay in the block before, which lives as long. */
static bool take_fields(ahttp_response *to, const ahttp_response *from, const ah_hop *hop)
{
    const ah_request_head *head = &from->exchange.request;
    bool are_own = head->fields == &from->request_fields;
    size_t count = are_own ? from->own_fields : head->fields->count;

    ah_headers_init(&to->request_fields, &to->arena);
    for (size_t i = 0; i < count; i++) {
        const ah_field *field = &head->fields->fields[i];
        if (goes_along(hop, field->name, from->settings->secret_headers) &&
            !ah_headers_add_borrowed(&to->request_fields, field->name, field->value))
            return false;
    }
    to->own_fields = to->request_fields.count;
    to->exchange.request.fields = &to->request_fields;
    to->exchange.request.fields_text = ah_str_make(NULL, 0);
    return true;
}

static bool prepare(ahttp_response *to, const ahttp_response *from, const ah_hop *hop)
{
    ah_exchange *exchange = &to->exchange;
    bool changes_origin = hop->change != AH_ORIGIN_SAME;

    to->is_plain = false;
    to->settings = from->settings;
    to->course = from->course;
    to->limits = from->limits;
    to->tls = from->tls ? ahttp_tls_ref(from->tls) : NULL;
    to->server_name = changes_origin ? ah_str_make(NULL, 0) : from->server_name;
    to->url = hop->url;
    exchange->request = from->exchange.request;
    exchange->request.method = hop->method;
    exchange->request.target = to->url.target;
    if ((changes_origin || !from->course.has_own_host) &&
        !ah_url_write_host(&to->url, &to->arena, &exchange->request.authority))
        return false;
    to->course.has_own_host = from->course.has_own_host && !changes_origin;
    exchange->upgrade = from->exchange.upgrade;
    exchange->shows_wire = from->exchange.shows_wire;
    exchange->shows_progress = from->exchange.shows_progress;
    exchange->expect_100_ms = 0;
    exchange->bytes_sent = exchange->bytes_received = 0;
    exchange->body = from->exchange.body;
    exchange->source = NULL;
    if (hop->drops_body) {
        exchange->body = ah_str_make(NULL, 0);
        exchange->request.body_length = 0;
        exchange->request.has_body = false;
        to->course.expect_100_ms = 0;
    }
    exchange->response = ah_response_head_in(&to->arena);
    return take_fields(to, from, hop) && ah_auth_hop(from, to) && ah_stages_hop(from, to);
}

bool ah_hop_repeat(ahttp_response *to, ahttp_response *from, const ah_hop *what)
{
    from->hop = what;
    if (!prepare(to, from, what))
        return false;
    if (what->url.safe.ptr != from->url.safe.ptr)
        return true;
    to->exchange.request.target = from->exchange.request.target;
    to->exchange.request.authority = from->exchange.request.authority;
    to->course.has_own_host = from->course.has_own_host;
    return true;
}

/* ---- Moving on ---- */

void ah_hop_move_deadline(ahttp_response *to, ahttp_response *from)
{
    ahttp_loop *loop = from->session->guest.loop;

    if (!ah_timer_is_armed(&from->deadline))
        return;
    int64_t left_ms = from->deadline.due_ms - ahttp_loop_now(loop);
    ah_timer_stop(loop, &from->deadline);
    ah_timer_start(loop, &to->deadline, left_ms);
}

/* A block that was never started; may be NULL. */
static void discard(ahttp_response *to)
{
    if (!to)
        return;
    ah_call_stop(to, AH_CALL_FAILED);
    ah_response_release(to);
}

/* What its middlewares gave may be somebody's who reads on. */
static void leave(ahttp_response *from)
{
    ah_result_drop(from);
    if (!ah_response_is_over(from) && from->refs == 0)
        ah_rest_leave(from);
}

void ah_hop_start(ahttp_response *from)
{
    const ah_hop *hop = from->hop;
    ahttp_response *asked = from->is_result ? from->asker : from;
    ahttp_response *to = ah_response_new(from->session);

    asked->hop = hop;
    if (!to || !prepare(to, asked, hop)) {
        discard(to);
        ah_call_fail(from, ah_error_no_memory());
        return;
    }
    ah_call_begin(to);
    ah_call_take_promise(to, from->sent);
    from->sent = NULL;
    ah_hop_move_deadline(to, from);
    to->previous = from;
    to->hops = from->hops + 1;
    to->log_number = from->log_number;
    to->resend = AHTTP_RESEND_ANSWERED;
    if (AH_UNLIKELY(from->tracer))
        ah_call_trace_hop(to, from);
    if (AH_UNLIKELY(ah_log_wants(AHTTP_LOG_INFO)))
        ah_call_log_hop(to);
    from->in_history = true;
    ahttp_body *source = ah_result_take_source(from);
    leave(from);
    if (hop->drops_body)
        ah_source_free(source);
    else
        to->exchange.source = source;
    ah_call_restart(to);
}

/* ---- History ---- */

ahttp_error *ah_hops_tell(const ahttp_response *call, ahttp_error *error, bool with_itself)
{
    size_t count = call->hops + (with_itself ? 1 : 0);
    const ahttp_response *hop = with_itself ? call : call->previous;

    if (count == 0 || error->hops)
        return error;
    ahttp_error_hop *hops = ah_realloc_array(NULL, count + 1, sizeof *hops);
    if (!hops) {
        ah_error_free(error);
        return ah_error_no_memory();
    }
    hops[count] = (ahttp_error_hop){NULL, 0};
    for (; count > 0; hop = hop->previous)
        hops[--count] = (ahttp_error_hop){hop->url.safe.ptr, hop->exchange.response.status};
    error = ah_error_with_hops(error, hops);
    ah_free(hops);
    return error;
}

void ah_hops_release(ahttp_response *response)
{
    ahttp_response *hop = response->previous;

    response->previous = NULL;
    while (hop) {
        ahttp_response *before = hop->previous;
        hop->previous = NULL;
        hop->in_history = false;
        ah_response_release(hop);
        hop = before;
    }
}

size_t ahttp_response_history_count(const ahttp_response *response)
{
    ah_response_need(response);
    return response->hops;
}

const ahttp_response *ahttp_response_history(const ahttp_response *response, size_t index)
{
    if (index >= ahttp_response_history_count(response))
        return NULL;
    for (size_t back = response->hops - index; back > 0; back--)
        response = response->previous;
    return response;
}
