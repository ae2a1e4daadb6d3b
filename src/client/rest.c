/* SPDX-License-Identifier: MIT */
/* A response that nobody wants any more, though its body is still arriving.  A small rest is
   read and thrown away, so that the connection lives.  Either that goes on in the background,
   and ends when the session goes; or the same request waits for it, to be sent again. */
#include "client/response.h"
#include "conn/conn.h"

enum { MOST_SKIPPED = 64 * 1024, SKIP_MS = 1000 };

static ahttp_response *call_of_exchange(ah_exchange *exchange)
{
    return AH_CONTAINER(exchange, ahttp_response, exchange);
}

/* Where the length was not known, what comes is counted. */
static bool is_too_much(ahttp_response *call, ah_str piece)
{
    call->body.raw_total += piece.len;
    return call->body.raw_total > MOST_SKIPPED;
}

/* ---- In the background ---- */

static void move(ahttp_response *call, ah_list *to)
{
    ah_link_remove(&call->link);
    ah_list_append(to, &call->link);
}

static void finish(ahttp_response *call, ah_call_phase phase)
{
    move(call, &call->session->blocks);
    call->session->block_count++;
    ah_call_stop(call, phase);
    call->deadline.background = false;
    ah_response_release(call);
}

void ah_rest_stop(ahttp_response *call)
{
    ah_conn_abandon(call->exchange.conn, &call->exchange);
    finish(call, AH_CALL_FAILED);
}

static bool on_body(ah_exchange *exchange, ah_str piece)
{
    ahttp_response *call = call_of_exchange(exchange);

    if (!is_too_much(call, piece))
        return true;
    ah_rest_stop(call);
    return false;
}

static void on_end(ah_exchange *exchange, ahttp_error *error)
{
    ah_error_free(error);
    finish(call_of_exchange(exchange), AH_CALL_COMPLETE);
}

static const ah_exchange_events events = {.body = on_body, .end = on_end};

static void on_limit(ah_timer *timer)
{
    ah_rest_stop(AH_CONTAINER(timer, ahttp_response, deadline));
}

/* Within its own limit, and within that of the request. */
static void limit(ahttp_response *call)
{
    ahttp_loop *loop = call->session->guest.loop;
    int64_t limit_ms = SKIP_MS;

    if (ah_timer_is_armed(&call->deadline) &&
        call->deadline.due_ms - ahttp_loop_now(loop) < limit_ms)
        limit_ms = call->deadline.due_ms - ahttp_loop_now(loop);
    ah_timer_stop(loop, &call->deadline);
    call->deadline.fire = on_limit;
    call->deadline.background = true;
    ah_timer_start(loop, &call->deadline, limit_ms);
}

bool ah_rest_skip(ahttp_response *call, ah_rest_length length)
{
    ah_exchange *exchange = &call->exchange;

    if (!ah_conn_skip_rest(exchange->conn, exchange, MOST_SKIPPED, length))
        return false;
    call->is_plain = false;
    ah_conn_set_background(exchange->conn, true);
    exchange->events = &events;
    if (call->asker)
        ah_call_give_up_source(call);
    ah_body_reset(&call->body);
    move(call, &call->session->rests);
    call->session->block_count--;
    limit(call);
    return true;
}

void ah_rest_leave(ahttp_response *call)
{
    ah_exchange *exchange = &call->exchange;

    ah_call_forget_end(call);
    if (exchange->conn && ah_rest_skip(call, AH_REST_COUNTED))
        return;
    if (exchange->conn)
        ah_conn_abandon(exchange->conn, exchange);
    ah_body_reset(&call->body);
    ah_call_stop(call, AH_CALL_COMPLETE);
}

/* ---- Before the request is sent again ---- */

static void go_on(ahttp_response *call)
{
    ah_timer_stop(call->session->guest.loop, &call->skipping);
    ah_call_restart(call);
}

static void give_up(ahttp_response *call)
{
    ah_conn_abandon(call->exchange.conn, &call->exchange);
    go_on(call);
}

static bool on_body_before(ah_exchange *exchange, ah_str piece)
{
    ahttp_response *call = call_of_exchange(exchange);

    if (!is_too_much(call, piece))
        return true;
    give_up(call);
    return false;
}

static void on_end_before(ah_exchange *exchange, ahttp_error *error)
{
    ah_error_free(error);
    go_on(call_of_exchange(exchange));
}

static const ah_exchange_events events_before = {.body = on_body_before, .end = on_end_before};

static void on_limit_before(ah_timer *timer)
{
    give_up(AH_CONTAINER(timer, ahttp_response, skipping));
}

bool ah_rest_skip_and_restart(ahttp_response *call)
{
    ah_exchange *exchange = &call->exchange;

    if (!ah_conn_skip_rest(exchange->conn, exchange, MOST_SKIPPED, AH_REST_COUNTED))
        return false;
    call->phase = AH_CALL_SKIPPING;
    exchange->events = &events_before;
    ah_body_reset(&call->body);
    call->skipping.fire = on_limit_before;
    ah_timer_start(call->session->guest.loop, &call->skipping, SKIP_MS);
    return true;
}
