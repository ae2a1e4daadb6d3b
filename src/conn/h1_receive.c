/* SPDX-License-Identifier: MIT */
/* What connections of HTTP/1.1 receive. */
#include "conn/h1_state.h"
#include "http/keep_alive.h"

enum { READS_PER_TURN = 16 };

/* ---- Ends ---- */

/* The response is done; the one question that lets a connection become idle. */
static bool may_be_reused(const ah_h1_conn *conn, size_t left_over)
{
    return conn->is_sent && left_over == 0 && ah_h1_parser_keeps_alive(conn->work->parser) &&
           !conn->exchange->request.wants_close &&
           conn->base.peer_keeps_ms != AH_KEEP_ALIVE_NOT_AT_ALL;
}

static AH_APART void complete_last(ah_h1_conn *conn)
{
    ah_exchange *exchange = conn->exchange;

    conn->exchange = NULL;
    exchange->conn = NULL;
    if (!conn->is_sent)
        ah_h1_send_end(&conn->work->sending);
    ah_trace_mark(exchange->tracer, AH_MARK_LAST_BYTE);
    exchange->events->end(exchange, NULL);
    ah_h1_conn_end(conn, NULL);
}

static AH_COLD void trace_released(ah_tracer *tracer)
{
    ah_trace_mark(tracer, AH_MARK_LAST_BYTE);
    ah_trace_step(tracer, AHTTP_TRACE_RELEASE);
}

static AH_COLD void complete_and_keep(ah_h1_conn *conn, ah_exchange *exchange)
{
    conn->base.keeper = exchange;
    exchange->kept = &conn->base;
    exchange->events->end(exchange, NULL);
}

static void complete(ah_h1_conn *conn, size_t left_over)
{
    ah_exchange *exchange = conn->exchange;

    ah_h1_conn_enter(conn, AH_H1_CONN_DONE);
    if (AH_UNLIKELY(exchange->limits))
        ah_h1_conn_stop_watch(conn);
    if (AH_UNLIKELY(!may_be_reused(conn, left_over))) {
        complete_last(conn);
        return;
    }
    ah_h1_conn_rest(conn);
    exchange->conn = NULL;
    if (AH_UNLIKELY(exchange->tracer))
        trace_released(exchange->tracer);
    if (AH_UNLIKELY(exchange->keeps_conn)) {
        complete_and_keep(conn, exchange);
        return;
    }
    exchange->events->end(exchange, NULL);
    if (AH_LIKELY(!conn->closed))
        conn->base.owner->idle(&conn->base);
}

/* The connection is the owner's of the exchange from here on; this one ends. */
static AH_COLD void hand_over(ah_h1_conn *conn, ah_str received_behind)
{
    ah_exchange *exchange = conn->exchange;
    ah_tunnel tunnel = {.transport = conn->transport};

    ah_buf_append(&tunnel.received, received_behind);
    if (ah_buf_failed(&tunnel.received)) {
        ah_h1_conn_end(conn, ah_error_no_memory());
        return;
    }
    ah_transport_want(tunnel.transport, 0);
    ah_transport_set_owner(tunnel.transport, NULL, NULL);
    conn->transport = NULL;
    conn->exchange = NULL;
    exchange->conn = NULL;
    exchange->tunnel = tunnel;
    exchange->events->end(exchange, NULL);
    ah_h1_conn_end(conn, NULL);
}

/* ---- Receiving ---- */

static void on_interim(void *ctx, const ah_response_head *head)
{
    ah_h1_conn *conn = ((ah_h1_work *)ctx)->conn;

    if (conn->exchange && conn->exchange->events->interim)
        conn->exchange->events->interim(conn->exchange);
    if (!conn->exchange || head->status != 100 || conn->is_sent)
        return;
    ah_h1_send_go_on(&conn->work->sending);
    ah_h1_conn_sending_moved(conn);
}

/* NULL: there is no change of protocols, or it is as it should be. */
static ahttp_error *check_change(const ah_h1_conn *conn)
{
    const char *why = NULL;

    if (AH_UNLIKELY(ah_h1_parser_body_length(conn->work->parser).framing == AH_FRAMING_TUNNEL))
        why = ah_exchange_check_change(conn->exchange, conn->is_sent);
    return why ? ah_error_new(AHTTP_E_PROTOCOL, "read response from %s: the server switched %s",
                              ah_transport_peer(conn->transport), why)
               : NULL;
}

static void on_head(void *ctx)
{
    ah_h1_conn *conn = ((ah_h1_work *)ctx)->conn;

    if (!conn->exchange)
        return;
    ahttp_error *error = check_change(conn);
    if (error) {
        ah_h1_conn_end(conn, error);
        return;
    }
    ah_h1_conn_enter(conn, AH_H1_CONN_BODY);
    conn->base.peer_keeps_ms = ah_keep_alive_ms(&conn->exchange->response.fields);
    if (AH_UNLIKELY(!conn->is_sent))
        ah_h1_send_answered(&conn->work->sending, conn->exchange->response.status);
    conn->exchange->events->head(conn->exchange);
}

static void on_body(void *ctx, ah_str piece)
{
    ah_h1_conn *conn = ((ah_h1_work *)ctx)->conn;

    if (conn->exchange && !conn->exchange->events->body(conn->exchange, piece))
        conn->paused = true;
}

static void on_section(void *ctx, bool is_head, ah_str bytes)
{
    ah_h1_conn *conn = ((ah_h1_work *)ctx)->conn;
    ah_exchange *exchange = conn->exchange;

    if (exchange)
        exchange->events->wire(exchange, is_head ? AHTTP_WIRE_RESPONSE : AHTTP_WIRE_TRAILERS,
                               bytes);
}

const ah_h1_parser_events ah_h1_conn_parser_events = {
    .interim = on_interim, .head = on_head, .body = on_body, .section = on_section};

static void take_result(ah_h1_conn *conn, ah_h1_result result, ah_str left_over)
{
    if (!conn->exchange || result == AH_H1_MORE)
        return;
    if (result == AH_H1_DONE)
        complete(conn, left_over.len);
    else if (result == AH_H1_TUNNEL)
        hand_over(conn, left_over);
    else
        ah_h1_conn_end(conn, ah_h1_parser_take_error(conn->work->parser));
}

static AH_COLD void trace_received(const ah_exchange *exchange)
{
    if (exchange->bytes_received > 0)
        return;
    ah_trace_mark(exchange->tracer, AH_MARK_FIRST_BYTE);
    ah_trace_step(exchange->tracer, AHTTP_TRACE_FIRST_BYTE);
}

/* Before the first byte of a response is read, or its end.  False: it has failed for want of
   memory. */
static bool begin_response(ah_h1_conn *conn)
{
    ah_exchange *exchange = conn->exchange;

    if (!conn->work && !ah_h1_conn_take_work(conn)) {
        ah_h1_conn_end(conn, ah_error_no_memory());
        return false;
    }
    conn->has_begun = true;
    ah_h1_parser_begin(conn->work->parser, exchange->request.method, exchange->rules,
                       &exchange->response);
    if (AH_UNLIKELY(exchange->shows_wire))
        ah_h1_parser_show(conn->work->parser);
    if (exchange->events->begun)
        exchange->events->begun(exchange);
    return true;
}

static bool is_reading(const ah_h1_conn *conn)
{
    return conn->has_begun && conn->work;
}

static void received(ah_h1_conn *conn, ah_str bytes)
{
    size_t used;

    if (AH_UNLIKELY(!conn->exchange)) { /* nobody asked: never the answer to a later request */
        ah_h1_conn_end(conn, NULL);
        return;
    }
    if (!is_reading(conn) && !begin_response(conn))
        return;
    if (AH_UNLIKELY(conn->exchange->tracer))
        trace_received(conn->exchange);
    conn->exchange->bytes_received += bytes.len;
    ah_h1_result result = ah_h1_parser_feed(conn->work->parser, bytes, &used);
    take_result(conn, result, ah_str_make(bytes.ptr + used, bytes.len - used));
}

/* The peer has ended its side, or the transport broke (failure is then its reason). */
static AH_APART void ended(ah_h1_conn *conn, ahttp_error *failure)
{
    if (!conn->exchange) {
        ah_h1_conn_end(conn, failure);
        return;
    }
    if (!is_reading(conn) && !begin_response(conn)) {
        ah_error_free(failure);
        return;
    }
    if (failure && conn->response == AH_H1_CONN_BODY) {
        ahttp_error *cut = ah_h1_work_cut_body(conn->work, failure);
        ah_error_free(failure);
        ah_h1_conn_end(conn, cut);
        return;
    }
    if (conn->work->sending.broke && !ah_h1_parser_has_begun(conn->work->parser)) {
        ah_error_free(failure);
        failure = ah_h1_send_take_broke(&conn->work->sending);
    }
    if (failure)
        ah_h1_conn_end(conn, failure);
    else
        take_result(conn, ah_h1_parser_finish(conn->work->parser), (ah_str){0});
}

/* Whether more of a body may be there already. */
static bool receive(ah_h1_conn *conn)
{
    size_t cap = AH_READ_BUFFER_SIZE;
    char *buffer =
        conn->response == AH_H1_CONN_BODY && conn->exchange
            ? ah_h1_work_choose_buffer(conn->work, conn->store->loop, conn->exchange, &cap)
            : ah_loop_read_buffer(conn->store->loop);
    ptrdiff_t count = ah_transport_read(conn->transport, buffer, cap);

    if (count > 0)
        received(conn, ah_str_make(buffer, (size_t)count));
    else if (count == AH_IO_END)
        ended(conn, NULL);
    else if (count == AH_IO_FAILED)
        ended(conn, ah_transport_failure(conn->transport));
    return count == (ptrdiff_t)cap && !conn->closed && conn->response == AH_H1_CONN_BODY;
}

/* With many requests under way, little of what a response touches is in the cache; all of it comes
   while the response before it is dealt with. */
void ah_h1_conn_look_ahead(void *ctx)
{
    const ah_h1_conn *conn = ctx;

    if (AH_UNLIKELY(!conn->exchange || conn->has_begun))
        return;
    ah_fetch(&conn->exchange->events, AH_EXCHANGE_SIZE);
    ah_fetch(conn->base.owner_ctx, AH_CONN_OWNER_SIZE);
    ah_fetch(conn->peer, 1);
    if (conn->told)
        ah_fetch(conn->told, AH_TOLD_SIZE);
}

void ah_h1_conn_ready(void *ctx, unsigned events)
{
    ah_h1_conn *conn = ctx;

    ah_h1_conn_begin_call(conn);
    if (events & AH_WRITABLE && conn->exchange && conn->work)
        ah_h1_send_more(&conn->work->sending);
    if (events & AH_READABLE)
        for (int i = 0; i < READS_PER_TURN && !conn->paused && receive(conn);)
            i++;
    if (conn->work && conn->exchange) /* it is not over */
        ah_h1_conn_sending_moved(conn);
    ah_h1_conn_end_call(conn);
}
