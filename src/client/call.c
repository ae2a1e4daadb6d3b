/* SPDX-License-Identifier: MIT */
/* The way of a request: wait for a connection, send, take the response's head and body. */
#include "base/mem.h"
#include "client/call_facts.h"
#include "client/call_log.h"
#include "client/call_trace.h"
#include "client/chain.h"
#include "client/coding_stage.h"
#include "client/cookie_stage.h"
#include "client/hop.h"
#include "client/hsts_list.h"
#include "client/response.h"
#include "conn/conn.h"
#include "conn/source.h"
#include "conn/wire.h"

enum { MOST_HELD = 64 * 1024 };

static ahttp_response *call_of_exchange(ah_exchange *exchange)
{
    return AH_CONTAINER(exchange, ahttp_response, exchange);
}

ahttp_error *ah_call_error(const ahttp_response *call, ahttp_error *error)
{
    char host[AH_CALL_MOST_HOST];

    if (!error->url) {
        ah_error_request facts = ah_call_facts(call, host);
        error = ah_error_of_request(error, &facts);
    }
    error = ah_hops_tell(call, error, false);
    return AH_UNLIKELY(call->tracer) ? ah_call_trace_failure(call, error) : error;
}

/* ---- Ends ---- */

static void tell_over(ahttp_response *call)
{
    ah_over *over = call->overs;

    call->overs = NULL;
    while (over) {
        ah_over *next = over->next;
        over->fn(over);
        over = next;
    }
}

static void stop_special(ahttp_response *call, ah_call_phase phase)
{
    if (call->is_exchanging)
        ah_call_trace_exchange(call, NULL);
    if (call->phase == AH_CALL_SKIPPING)
        ah_timer_stop(call->session->guest.loop, &call->skipping);
    call->phase = phase;
    if (call->exchange.keeps_conn)
        ah_conn_give_back(&call->exchange);
    ah_timer_park(call->session->guest.loop, &call->deadline);
    ah_call_give_up_source(call);
    tell_over(call);
}

void ah_call_stop(ahttp_response *call, ah_call_phase phase)
{
    if (AH_UNLIKELY(!call->is_plain)) {
        stop_special(call, phase);
        return;
    }
    call->phase = phase;
    ah_timer_park(call->session->guest.loop, &call->deadline);
}

void ah_call_give_up_source(ahttp_response *call)
{
    ahttp_body *source = call->exchange.source;

    if (!source)
        return;
    call->exchange.source = NULL;
    if (call->asker) {
        call->asker->exchange.source = source;
        call->asker->lends_source = false;
    } else {
        ah_source_free(source);
    }
}

void ah_call_fail(ahttp_response *call, ahttp_error *error)
{
    ahttp_future *sent = call->sent;

    call->is_plain = false;
    ah_stages_stop(call);
    if (ah_response_is_over(call) && sent) {
        ah_call_reject(call, error);
        return;
    }
    if (ah_response_is_over(call)) {
        ah_error_free(error);
        return;
    }
    error = ah_error_in_phase(error, ah_call_phase_of(call));
    if (AH_UNLIKELY(call->is_exchanging))
        ah_call_trace_exchange(call, error);
    ah_connector_cancel(&call->waiter);
    if (call->chain)
        ah_chain_stop(call);
    if (call->exchange.conn)
        ah_conn_abandon(call->exchange.conn, &call->exchange);
    ah_call_stop(call, AH_CALL_FAILED);
    ah_interims_forget(call);
    error = ah_call_error(call, error);
    if (AH_UNLIKELY(ah_log_wants(AHTTP_LOG_WARNING)))
        ah_call_log_failure(call, error);
    call->sent = NULL;
    if (sent) {
        ah_future_reject(sent, error);
    } else {
        call->failure = error;
        ah_response_body_moved(call);
    }
    ah_result_drop(call);
    ah_response_release(call);
}

void ah_call_reject(ahttp_response *call, ahttp_error *error)
{
    ahttp_future *sent = call->sent;

    call->is_plain = false;
    call->sent = NULL;
    ah_interims_forget(call);
    error = ah_call_error(call, error);
    ah_result_drop(call);
    if (ah_response_is_over(call))
        ah_timer_stop(call->session->guest.loop, &call->deadline);
    else if (call->refs == 0)
        ah_rest_leave(call);
    ah_future_reject(sent, error);
    ah_response_release(call);
}

void ah_call_refuse(ahttp_response *call, ahttp_error *error)
{
    ahttp_future *sent = call->sent;

    call->is_plain = false;
    if (AH_UNLIKELY(ah_log_wants(AHTTP_LOG_WARNING)))
        ah_call_log_failure(call, error);
    ah_call_stop(call, AH_CALL_FAILED);
    call->sent = NULL;
    ah_future_reject(sent, error);
    ah_response_release(call);
}

static const char *doing_on_the_wire(const ah_exchange *exchange)
{
    if (exchange->was_sent)
        return "waiting for the response";
    return exchange->request.has_body && exchange->bytes_sent > 0 ? "sending the request body"
                                                                  : "sending the request";
}

static const char *doing(const ahttp_response *call)
{
    switch (call->phase) {
    case AH_CALL_ASKING: return "middlewares were at work";
    case AH_CALL_PREPARING:
        return call->stage_waits ? "preparing the request" : "opening the request body";
    case AH_CALL_WAITING: return ah_connector_doing(&call->waiter);
    case AH_CALL_SENT: return doing_on_the_wire(&call->exchange);
    case AH_CALL_DECIDING: return "looking at the response";
    case AH_CALL_SKIPPING: return "reading the rest of an earlier response";
    default: return "reading the body";
    }
}

static void on_deadline(ah_timer *timer)
{
    ahttp_response *call = AH_CONTAINER(timer, ahttp_response, deadline);
    int64_t limit_ms = call->limits->total_ms;
    int64_t late_ms = ahttp_loop_now(call->session->guest.loop) - timer->due_ms;

    ah_call_fail(call,
                 ah_error_new(AHTTP_E_TOTAL_TIMEOUT,
                              "timed out after %lld ms while %s (total_ms is %lld)",
                              (long long)limit_ms + late_ms, doing(call), (long long)limit_ms));
}

static void on_cancel(ahttp_future *future)
{
    ah_call_fail(future->owner, ah_error_new(AHTTP_E_CANCELLED, "cancelled"));
}

/* ---- The response ---- */

static void drop_response(void *result)
{
    ahttp_response_unref(result);
}

static void on_interim(ah_exchange *exchange)
{
    ahttp_response *call = call_of_exchange(exchange);

    if (call->settings->on_interim && !ah_interim_tell(call))
        ah_call_fail(call, ah_error_no_memory());
}

static void on_wire(ah_exchange *exchange, ahttp_wire_part part, ah_str bytes)
{
    ahttp_response *call = call_of_exchange(exchange);

    if (!ah_wire_tell(call->session->guest.loop, call->settings->on_wire,
                      call->settings->on_wire_ctx, part, bytes))
        ah_call_fail(call, ah_error_no_memory());
}

/* The exchange is over, and the response is the program's. */
static void end(ahttp_response *call, ahttp_error *error)
{
    if (!error)
        error = ah_body_end(&call->body);
    if (error) {
        ah_call_fail(call, error);
        return;
    }
    if (AH_UNLIKELY(ah_log_wants(AHTTP_LOG_INFO)))
        ah_call_log_complete(call);
    ah_call_stop(call, AH_CALL_COMPLETE);
    if (call->reading)
        ah_response_body_moved(call);
    if (call->refs == 0)
        ah_response_release(call);
}

/* What came while the stages waited. */
static void deliver_held(ahttp_response *call)
{
    ahttp_error *error = ah_body_go_on(&call->body);

    if (error)
        ah_call_fail(call, error);
    else if (call->has_ended)
        end(call, ah_call_take_end_error(call));
    else if (call->exchange.conn && ah_body_has_room(&call->body))
        ah_conn_resume(call->exchange.conn, &call->exchange);
}

static void give(ahttp_response *call)
{
    ahttp_future *sent = call->sent;

    call->phase = AH_CALL_OPEN;
    call->sent = NULL;
    call->refs++;
    ah_future_resolve(sent, call, drop_response);
}

void ah_call_deliver(ahttp_response *call)
{
    bool holds_body = call->has_ended || call->body.held.len > 0;

    if (AH_UNLIKELY(call->tracer && !call->asker))
        ah_call_trace_status(call, AHTTP_TRACE_REQUEST_END, NULL);
    if (!holds_body) {
        give(call);
        return;
    }
    call->refs++; /* nobody may want it: then it is given up when all that came is in it */
    give(call);
    deliver_held(call);
    ahttp_response_unref(call);
}

/* Whether there may be a field that says something to the call; as a rule there is none. */
static inline bool may_matter(const ahttp_headers *fields)
{
    return (fields->name_bits &
            (ah_name_bit(AH_STR("Set-Cookie")) | ah_name_bit(AH_STR("Content-Encoding")) |
             ah_name_bit(AH_STR("Strict-Transport-Security")))) != 0;
}

/* False when the call has failed. */
static bool look_at_fields(ahttp_response *call)
{
    if (!ah_hsts_look_at_head(call)) {
        ah_call_fail(call, ah_error_no_memory());
        return false;
    }
    ah_cookies_look_at_head(call);
    ah_coding_look_at_head(call);
    return true;
}

static void on_head(ah_exchange *exchange)
{
    ahttp_response *call = call_of_exchange(exchange);
    const ah_response_head *head = &exchange->response;

    if (AH_UNLIKELY(ah_log_wants(AHTTP_LOG_INFO)))
        ah_call_log_head(call);
    if (AH_UNLIKELY(!call->is_plain || may_matter(&head->fields)) && !look_at_fields(call))
        return;
    const ah_call_course *course = call->is_plain ? &call->session->plain.course : &call->course;
    if (AH_UNLIKELY(course->stages & ah_stages_for_class[(unsigned)head->status / 100]))
        ah_stages_after(call);
    else if (AH_LIKELY(call->is_plain))
        give(call);
    else
        ah_call_deliver(call);
}

/* Nobody knows yet what the body is for.  A small one is read to its end, so that its connection is
   free for what the stages may need one for; with more of it the wire stops. */
static bool hold(ahttp_response *call, ah_str piece)
{
    if (!ah_body_hold(&call->body, piece)) {
        ah_call_fail(call, ah_error_no_memory());
        return false;
    }
    return call->body.held.len < MOST_HELD;
}

static void on_progress(ah_exchange *exchange)
{
    ah_progress_moved(call_of_exchange(exchange));
}

static bool add_to_special(ahttp_response *call, ah_str piece)
{
    ah_trace_bytes(call->tracer, AHTTP_TRACE_CHUNK_RECEIVED, piece.len);
    if (call->phase == AH_CALL_DECIDING)
        return hold(call, piece);
    ahttp_error *error = ah_body_add(&call->body, piece);
    if (error) {
        ah_call_fail(call, error);
        return false;
    }
    if (call->exchange.shows_progress)
        ah_progress_moved(call);
    ah_response_body_moved(call);
    return ah_body_has_room(&call->body);
}

static bool on_body(ah_exchange *exchange, ah_str piece)
{
    ahttp_response *call = call_of_exchange(exchange);

    if (AH_UNLIKELY(!call->is_plain))
        return add_to_special(call, piece);
    ahttp_error *error = ah_body_add(&call->body, piece);
    if (AH_UNLIKELY(error != NULL)) {
        ah_call_fail(call, error);
        return false;
    }
    if (call->reading)
        ah_response_body_moved(call);
    return ah_body_has_room(&call->body);
}

/* RFC 9110 §9.2.2; and by its key a server knows a request that it has seen before
   (draft-ietf-httpapi-idempotency-key-header). */
static bool is_idempotent(const ah_request_head *request)
{
    static const char *const methods[] = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"};

    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (ah_str_equal(request->method, ah_str_from(methods[i])))
            return true;
    return ah_headers_has(request->fields, AH_STR("Idempotency-Key"));
}

/* A request that a reused connection swallowed without a word was most likely never seen: the
   peer closed the connection while the request was on its way (RFC 9112 §9.3.1).  One of which
   no byte went out surely was not. */
static bool may_resend(const ahttp_response *call, const ahttp_error *error)
{
    const ah_exchange *exchange = &call->exchange;

    if (call->was_resent || !exchange->was_reused || exchange->bytes_received > 0 ||
        error->code != AHTTP_E_DISCONNECTED || !ah_call_can_send_again(call))
        return false;
    return exchange->bytes_sent == 0 || is_idempotent(&exchange->request);
}

static void send_again(ahttp_response *call, ahttp_error *error)
{
    if (call->is_exchanging)
        ah_call_trace_exchange(call, error);
    ah_error_free(error);
    ah_trace_step(call->tracer, AHTTP_TRACE_RETRY);
    call->was_resent = true;
    if (call->exchange.bytes_sent > 0)
        call->resend = AHTTP_RESEND_UNKNOWN;
    ah_call_send_again(call);
}

static AH_APART void end_special(ahttp_response *call, ahttp_error *error)
{
    if (call->phase == AH_CALL_DECIDING) {
        call->has_ended = true;
        call->end_error = error;
    } else if (error && may_resend(call, error)) {
        send_again(call, error);
    } else {
        end(call, error);
    }
}

static void on_end(ah_exchange *exchange, ahttp_error *error)
{
    ahttp_response *call = call_of_exchange(exchange);

    if (AH_UNLIKELY(error || !call->is_plain))
        end_special(call, error);
    else
        end(call, NULL);
}

static char *on_place(ah_exchange *exchange, uint64_t most, size_t *cap)
{
    ahttp_response *call = call_of_exchange(exchange);

    return call->phase == AH_CALL_OPEN ? ah_body_place(&call->body, most, cap) : NULL;
}

static void on_begun(const ah_exchange *exchange)
{
    const ahttp_response *call = AH_CONTAINER(exchange, const ahttp_response, exchange);

    if (call->sent)
        ah_future_look_ahead(call->sent);
}

const ah_exchange_events ah_call_events = {.begun = on_begun,
                                           .place = on_place,
                                           .interim = on_interim,
                                           .head = on_head,
                                           .body = on_body,
                                           .end = on_end,
                                           .wire = on_wire,
                                           .progress = on_progress};

/* ---- The request ---- */

void ah_call_begin(ahttp_response *call)
{
    call->exchange.events = &ah_call_events;
    call->exchange.rules = call->settings->rules;
    call->deadline.fire = on_deadline;
}

void ah_call_take_promise(ahttp_response *call, ahttp_future *sent)
{
    call->sent = sent;
    call->exchange.told = sent;
    sent->cancel = on_cancel;
    sent->owner = call;
}
