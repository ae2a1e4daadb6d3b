/* SPDX-License-Identifier: MIT */
/* From a request that is prepared to the connection that carries it: the first time, and again
   where that is allowed. */
#include "base/mem.h"
#include "bodies/source.h"
#include "client/call_log.h"
#include "client/call_trace.h"
#include "client/chain.h"
#include "client/cookie_stage.h"
#include "client/proxy.h"
#include "client/request.h"
#include "client/time_limits.h"
#include "conn/conn.h"

static void send_on(ahttp_response *call, ah_conn *conn)
{
    call->phase = AH_CALL_SENT;
    if (AH_UNLIKELY(ah_log_wants(AHTTP_LOG_DEBUG)))
        ah_call_log_sending(call, conn);
    if (AH_UNLIKELY(!call->is_plain)) {
        ah_exchange_release(&call->exchange);
        call->exchange.body_sent = 0;
    }
    call->exchange.bytes_sent = call->exchange.bytes_received = 0;
    ah_conn_send(conn, &call->exchange);
}

static void on_connection(ah_waiter *waiter, ah_conn *conn, ahttp_error *error)
{
    ahttp_response *call = AH_CONTAINER(waiter, ahttp_response, waiter);

    if (error)
        ah_call_fail(call, error);
    else
        send_on(call, conn);
}

/* No connection and no error: none is idle. */
static void on_idle_connection(ah_waiter *waiter, ah_conn *conn, ahttp_error *error)
{
    ahttp_response *call = AH_CONTAINER(waiter, ahttp_response, waiter);

    (void)error;
    if (AH_LIKELY(conn != NULL))
        send_on(call, conn);
    else
        ah_call_send(call);
}

/* The same request goes the same way, once more. */
static void go_on_kept(ahttp_response *call)
{
    ah_conn *conn = ah_conn_take_kept(&call->exchange);

    call->exchange.keeps_conn = false;
    ah_connector_note_kept(call->session->connector, call->tracer);
    send_on(call, conn);
}

static ah_route route_of(const ahttp_response *call)
{
    ah_route route = ah_proxy_route(call);

    if (route.is_tls) {
        route.tls = call->tls;
        route.server_name = call->server_name;
    }
    return route;
}

void ah_call_acquire(ahttp_response *call)
{
    if (call->tracer) {
        call->exchange.tracer = call->tracer;
        ah_tracer_clear_marks(call->tracer);
        call->is_exchanging = true;
    }
    if (call->exchange.kept) {
        go_on_kept(call);
        return;
    }
    ah_route route = route_of(call);
    call->phase = AH_CALL_WAITING;
    ah_conn *idle = ah_connector_acquire(call->session->connector, &call->waiter, &route,
                                         call->limits, call->tracer, on_connection);
    if (idle)
        send_on(call, idle);
}

/* Adds all fields that are of this sending only. */
static void describe(ahttp_response *call)
{
    ahttp_error *error = ah_request_describe_body(call);

    if (error)
        ah_call_fail(call, error);
    else
        ah_stages_before(call);
}

/* What a body lacks shows before a connection is asked for. */
static void open_source(void *ctx)
{
    ahttp_response *call = ctx;
    ahttp_error *error = NULL;

    call->phase = AH_CALL_PREPARING;
    switch (ah_source_open(call->exchange.source, call->session->guest.loop, open_source, call,
                           &error)) {
    case AH_PULL_WAIT: break;
    case AH_PULL_FAILED: ah_call_fail(call, error); break;
    default: describe(call);
    }
}

void ah_call_send(ahttp_response *call)
{
    if (AH_UNLIKELY(call->course.middlewares)) {
        ah_chain_start(call);
        return;
    }
    ah_cookies_look_at_jar(call);
    if (call->exchange.source)
        open_source(call);
    else if (call->course.stages & AH_STAGES_BEFORE)
        describe(call);
    else
        ah_call_acquire(call);
}

static AH_COLD void start_telling(ahttp_response *call)
{
    call->is_plain = false;
    if (call->session->is_traced)
        ah_call_start_tracing(call);
    if (ah_log_wants(AHTTP_LOG_INFO))
        ah_call_log_start(call);
}

/* Whether nothing but the URL says where it goes, and there is nothing to do before. */
static bool goes_straight(const ahttp_response *call)
{
    const ahttp_session *session = call->session;

    return call->is_plain && session->plain.goes_straight &&
           !(session->plain.course.uses_jar && ah_cookie_jar_may_have(session->cookie_jar));
}

static void go_straight(ahttp_response *call)
{
    call->phase = AH_CALL_WAITING;
    ah_conn *idle = ah_connector_take_idle(call->session->connector, &call->waiter, &call->url,
                                           on_idle_connection);
    if (AH_LIKELY(idle != NULL))
        send_on(call, idle);
    else if (!ah_waiter_waits(&call->waiter))
        ah_call_send(call);
}

void ah_call_start(ahttp_response *call)
{
    call->exchange.bytes_sent = call->exchange.bytes_received = 0;
    if (AH_UNLIKELY(call->session->is_traced || ah_log_wants(AHTTP_LOG_INFO)))
        start_telling(call);
    if (call->limits->total_ms != AHTTP_NEVER)
        ah_timer_start(call->session->guest.loop, &call->deadline, call->limits->total_ms);
    if (AH_LIKELY(goes_straight(call)))
        go_straight(call);
    else
        ah_call_send(call);
}

/* ---- Again ---- */

bool ah_call_can_send_again(const ahttp_response *call)
{
    const ahttp_body *source = call->exchange.source;

    if (!source && call->asker)
        source = call->asker->exchange.source;
    return !source || ah_source_can_restart(source);
}

void ah_call_restart(ahttp_response *call)
{
    ah_exchange *exchange = &call->exchange;

    call->is_plain = false;
    if (AH_UNLIKELY(call->is_exchanging))
        ah_call_trace_exchange(call, NULL);
    exchange->events = &ah_call_events;
    exchange->limits = ah_timeout_limits_gaps(call->limits) ? call->limits : NULL;
    exchange->response = ah_response_head_in(&call->arena);
    exchange->bytes_sent = exchange->bytes_received = 0;
    ah_body_reset(&call->body);
    ah_body_set_buffer(&call->body, call->settings->read_buffer_bytes);
    ah_call_forget_end(call);
    call->facts = (ah_head_facts){0};
    if (exchange->source)
        ah_source_restart(exchange->source);
    ah_call_send(call);
}

void ah_call_send_again(ahttp_response *call)
{
    ah_exchange *exchange = &call->exchange;

    if (AH_UNLIKELY(ah_log_wants(AHTTP_LOG_INFO)))
        ah_call_log_again(call);
    if (exchange->conn && call->phase == AH_CALL_DECIDING && ah_rest_skip_and_restart(call))
        return;
    if (exchange->conn)
        ah_conn_abandon(exchange->conn, exchange);
    ah_call_restart(call);
}
