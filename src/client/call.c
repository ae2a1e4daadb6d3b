/* SPDX-License-Identifier: MIT */
/* The way of a request: wait for a connection, send, take the response's head and body. */
#include "base/mem.h"
#include "client/response.h"
#include "client/wire.h"
#include "conn/conn.h"
#include "conn/source.h"

static ahttp_response *call_of_exchange(ah_exchange *exchange)
{
    return AH_CONTAINER(exchange, ahttp_response, exchange);
}

ahttp_error *ah_call_error(const ahttp_response *call, ahttp_error *error)
{
    return ah_error_of_request(error, call->exchange.request.method.ptr, call->url.safe.ptr);
}

/* ---- Ends ---- */

void ah_call_stop(ahttp_response *call, ah_call_phase phase)
{
    call->phase = phase;
    ah_timer_stop(call->session->guest.loop, &call->deadline);
    ah_link_remove(&call->link);
    ah_list_append(&call->session->kept, &call->link);
    if (call->exchange.source) {
        ah_source_free(call->exchange.source);
        call->exchange.source = NULL;
    }
}

void ah_call_fail(ahttp_response *call, ahttp_error *error)
{
    ahttp_future *sent = call->sent;

    if (call->phase == AH_CALL_COMPLETE || call->phase == AH_CALL_FAILED) {
        ah_error_free(error);
        return;
    }
    ah_connector_cancel(&call->waiter);
    if (call->exchange.conn)
        ah_conn_abandon(call->exchange.conn, &call->exchange);
    ah_call_stop(call, AH_CALL_FAILED);
    ah_interims_forget(call);
    error = ah_call_error(call, error);
    call->sent = NULL;
    if (sent) {
        ah_future_reject(sent, error);
    } else {
        call->failure = error;
        ah_response_body_moved(call);
    }
    ah_response_release(call);
}

void ah_call_refuse(ahttp_response *call, ahttp_error *error)
{
    ahttp_future *sent = call->sent;

    ah_call_stop(call, AH_CALL_FAILED);
    call->sent = NULL;
    ah_future_reject(sent, error);
    ah_response_release(call);
}

static const char *doing(const ahttp_response *call)
{
    switch (call->phase) {
    case AH_CALL_PREPARING: return "opening the request body";
    case AH_CALL_WAITING: return ah_connector_doing(&call->waiter);
    case AH_CALL_SENT:
        return call->exchange.was_sent ? "waiting for the response" : "sending the request";
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
                              (long long)(limit_ms + late_ms), doing(call), (long long)limit_ms));
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

    if (call->on_interim && !ah_interim_tell(call))
        ah_call_fail(call, ah_error_no_memory());
}

static void on_wire(ah_exchange *exchange, ahttp_wire_part part, ah_str bytes)
{
    ahttp_response *call = call_of_exchange(exchange);

    if (!ah_wire_tell(call, part, bytes))
        ah_call_fail(call, ah_error_no_memory());
}

/* 417 Expectation Failed: some peer does not know 100-continue (RFC 9110 §10.1.1). */
static bool may_send_without_expecting(const ahttp_response *call)
{
    return call->exchange.response.status == 417 && call->exchange.expect_100_ms &&
           ah_call_can_send_again(call);
}

static void on_head(ah_exchange *exchange)
{
    ahttp_response *call = call_of_exchange(exchange);
    ahttp_error *error = NULL;

    if (may_send_without_expecting(call)) {
        call->expect_100_ms = 0;
        ah_call_send_again(call);
        return;
    }
    call->phase = AH_CALL_OPEN;
    if (!call->no_decompress)
        ah_decoder_new_for(&exchange->response.fields, &call->session->coding_limits,
                           &call->body.decoder, &error);
    if (error) {
        ah_call_fail(call, error);
        return;
    }
    ahttp_future *sent = call->sent;
    call->sent = NULL;
    call->refs = 1;
    ah_future_resolve(sent, call, drop_response);
}

static bool on_body(ah_exchange *exchange, ah_str piece)
{
    ahttp_response *call = call_of_exchange(exchange);
    ahttp_error *error = ah_body_add(&call->body, piece);

    if (error) {
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

static void on_end(ah_exchange *exchange, ahttp_error *error)
{
    ahttp_response *call = call_of_exchange(exchange);

    if (error && may_resend(call, error)) {
        ah_error_free(error);
        call->was_resent = true;
        ah_call_send_again(call);
        return;
    }
    if (!error)
        error = ah_body_end(&call->body);
    if (error) {
        ah_call_fail(call, error);
        return;
    }
    ah_call_stop(call, AH_CALL_COMPLETE);
    if (call->reading)
        ah_response_body_moved(call);
    ah_response_release(call);
}

static const ah_exchange_events events = {
    .interim = on_interim, .head = on_head, .body = on_body, .end = on_end, .wire = on_wire};

/* ---- The request ---- */

void ah_call_start(ahttp_response *call)
{
    call->exchange.events = &events;
    call->exchange.rules = &call->session->rules;
    call->sent->cancel = on_cancel;
    call->sent->owner = call;
    call->deadline.fire = on_deadline;
    if (call->limits->total_ms != AHTTP_NEVER)
        ah_timer_start(call->session->guest.loop, &call->deadline, call->limits->total_ms);
    ah_call_send(call);
}
