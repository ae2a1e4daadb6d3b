/* SPDX-License-Identifier: MIT */
/* HTTP/1.1 on one transport.  The two directions end separately, since a server may answer
   before it has read the whole request.  This is the receiving half; h1_send.h is the other:

     READY -> HEAD -> BODY -> DONE -> READY      any state -> BROKEN

   (and from HEAD back to READY, when nothing was sent after all).  Only when both are done, the
   peer wants to go on and no byte is left over, both go back to READY (in one function,
   may_be_reused).  Events reach code that may close this connection, so its memory goes only when
   no function of this file is left on the stack. */
#include "conn/h1_conn.h"
#include "base/mem.h"
#include "conn/h1_work.h"
#include "http/keep_alive.h"
#include "loop/poll.h"
#include "net/peer.h"
#include <assert.h>
#include <stdio.h>

enum { READS_PER_TURN = 16 };

typedef enum receiving { READY, HEAD, BODY, DONE, BROKEN } receiving;

static const unsigned char may_enter[] = {
    [READY] = 1 << HEAD | 1 << BROKEN,
    [HEAD] = 1 << BODY | 1 << DONE | 1 << READY | 1 << BROKEN,
    [BODY] = 1 << DONE | 1 << BROKEN,
    [DONE] = 1 << READY | 1 << BROKEN,
    [BROKEN] = 1 << BROKEN,
};

typedef struct h1_conn {
    ah_conn base;
    ahttp_loop *loop;
    ah_transport *transport;
    ah_h1_store *store;
    ah_exchange *exchange; /* the one it carries, or NULL */
    ah_h1_work *work;      /* while something of it is under way, else NULL */
    ahttp_peer *peer;      /* NULL when memory was too short for it */
    receiving response;
    uint32_t exchanges; /* so far */
    unsigned depth;     /* functions of this file on the stack */
    uint8_t wanted;     /* readiness that is watched */
    bool has_begun;     /* some of the response, or its end, has come */
    bool paused;        /* the reader has enough for now */
    bool closed;
} h1_conn;

static void close_conn(ah_conn *base, ahttp_error *why);

/* The only place that changes the state. */
static void enter(receiving *state, receiving next)
{
    (void)may_enter; /* which builds without assertions do not read */
    assert(may_enter[*state] & 1 << next);
    *state = next;
}

/* Of the peer; a body that the program is slow to give or to read is not its fault. */
static ah_h1_awaited awaited(const h1_conn *conn)
{
    if (conn->work->sending.state == AH_H1_SENDING)
        return ah_h1_send_wants_room(&conn->work->sending) ? AH_H1_ROOM : AH_H1_NOTHING;
    if (conn->paused)
        return AH_H1_NOTHING;
    return conn->exchange->bytes_received > 0 ? AH_H1_MORE_BYTES : AH_H1_FIRST_BYTE;
}

static void want(h1_conn *conn)
{
    unsigned events = conn->paused ? 0 : AH_READABLE;

    if (AH_UNLIKELY(conn->exchange && conn->exchange->limits))
        ah_h1_watch_set(&conn->work->watch, conn->loop, conn->exchange, awaited(conn));

    if (conn->work && ah_h1_send_wants_room(&conn->work->sending))
        events |= AH_WRITABLE;
    if (events == conn->wanted)
        return;
    conn->wanted = (uint8_t)events;
    ah_transport_want(conn->transport, events);
}

static void begin_call(h1_conn *conn)
{
    conn->depth++;
}

/* The request is out, and no byte of the response has come: nothing is under way, unless there are
   limits of gaps. */
static bool only_waits(const h1_conn *conn)
{
    return !conn->has_begun && !conn->exchange->limits && conn->work &&
           conn->work->sending.state == AH_H1_SENT;
}

static void end_call(h1_conn *conn)
{
    if (--conn->depth > 0)
        return;
    if (conn->exchange && !conn->closed) {
        if (!only_waits(conn))
            return;
        ah_h1_send_end(&conn->work->sending);
    }
    if (conn->work && conn->closed)
        ah_h1_work_free(conn->work);
    else if (conn->work)
        ah_h1_work_give(conn->store, conn->work);
    conn->work = NULL;
    if (!conn->closed)
        return;
    ahttp_peer_unref(conn->peer);
    ah_free(conn);
}

static void stop_watch(h1_conn *conn)
{
    ah_h1_watch_stop(&conn->work->watch, conn->loop);
    conn->work->watch.awaited = AH_H1_NOTHING;
}

/* ---- Ends ---- */

/* Ends the exchange, if there is one, and then the connection. */
static void fail(h1_conn *conn, ahttp_error *error)
{
    close_conn(&conn->base, error);
}

/* The one question that lets a connection become idle. */
static bool may_be_reused(const h1_conn *conn, size_t left_over)
{
    return conn->work->sending.state == AH_H1_SENT && conn->response == DONE && left_over == 0 &&
           ah_h1_parser_keeps_alive(conn->work->parser) && !conn->exchange->request.wants_close &&
           conn->base.peer_keeps_ms != AH_KEEP_ALIVE_NOT_AT_ALL;
}

/* From now on it waits for the next exchange. */
static void rest(h1_conn *conn)
{
    enter(&conn->response, READY);
    conn->paused = false;
    want(conn);
    ah_transport_set_background(conn->transport, true);
}

static void complete(h1_conn *conn, size_t left_over)
{
    ah_exchange *exchange = conn->exchange;

    enter(&conn->response, DONE);
    bool reusable = may_be_reused(conn, left_over);
    bool is_kept = reusable && exchange->keeps_conn;
    if (AH_UNLIKELY(exchange->limits))
        stop_watch(conn);
    conn->exchange = NULL;
    exchange->conn = NULL;
    ah_h1_send_end(&conn->work->sending);
    if (reusable)
        rest(conn);
    if (AH_UNLIKELY(is_kept)) {
        conn->base.keeper = exchange;
        exchange->kept = &conn->base;
    }
    ah_trace_mark(exchange->tracer, AH_MARK_LAST_BYTE);
    if (reusable)
        ah_trace_step(exchange->tracer, AHTTP_TRACE_RELEASE);
    exchange->events->end(exchange, NULL);
    if (!reusable)
        close_conn(&conn->base, NULL);
    else if (!conn->closed && !is_kept)
        conn->base.owner->idle(&conn->base);
}

/* The connection is the owner's of the exchange from here on; this one ends. */
static void hand_over(h1_conn *conn, ah_str received_behind)
{
    ah_exchange *exchange = conn->exchange;
    ah_tunnel tunnel = {.transport = conn->transport};

    ah_buf_append(&tunnel.received, received_behind);
    if (ah_buf_failed(&tunnel.received)) {
        fail(conn, ah_error_no_memory());
        return;
    }
    ah_transport_want(tunnel.transport, 0);
    conn->transport = NULL;
    conn->exchange = NULL;
    exchange->conn = NULL;
    exchange->tunnel = tunnel;
    exchange->events->end(exchange, NULL);
    close_conn(&conn->base, NULL);
}

/* ---- Sending ---- */

/* No byte of the exchange has left, so to the peer it never was. */
static void withdraw(h1_conn *conn, ahttp_error *why)
{
    ah_exchange *exchange = conn->exchange;

    if (exchange->limits)
        stop_watch(conn);
    conn->exchange = NULL;
    exchange->conn = NULL;
    conn->exchanges--;
    rest(conn);
    ah_trace_step(exchange->tracer, AHTTP_TRACE_RELEASE);
    exchange->events->end(exchange, why);
    if (!conn->closed)
        conn->base.owner->idle(&conn->base);
}

/* Whatever the sending half did may have ended it. */
static void sending_moved(h1_conn *conn)
{
    ahttp_error *failure = ah_h1_send_take_failure(&conn->work->sending);

    if (failure && conn->work->sending.state == AH_H1_SEND_READY)
        withdraw(conn, failure);
    else if (failure)
        fail(conn, failure);
    else
        want(conn);
}

static void on_sending_moved(void *ctx)
{
    h1_conn *conn = ((ah_h1_work *)ctx)->conn;

    begin_call(conn);
    sending_moved(conn);
    end_call(conn);
}

static const ah_h1_work_kind work_kind;

static bool take_work(h1_conn *conn)
{
    ah_h1_work *work = ah_h1_work_take(conn->store, &work_kind);

    if (!work)
        return false;
    work->conn = conn;
    work->sending.loop = conn->loop;
    work->sending.transport = conn->transport;
    conn->work = work;
    return true;
}

static void send_exchange(ah_conn *base, ah_exchange *exchange)
{
    h1_conn *conn = (h1_conn *)base;

    begin_call(conn);
    conn->exchange = exchange;
    conn->has_begun = false;
    exchange->conn = base;
    exchange->was_reused = conn->exchanges++ > 0;
    exchange->peer = conn->peer ? ahttp_peer_ref(conn->peer) : NULL;
    if (!conn->work && !take_work(conn)) {
        fail(conn, ah_error_no_memory());
        end_call(conn);
        return;
    }
    enter(&conn->response, HEAD);
    ah_transport_set_background(conn->transport, false);
    ah_h1_send_begin(&conn->work->sending, exchange);
    sending_moved(conn);
    end_call(conn);
}

/* ---- Receiving ---- */

static void on_interim(void *ctx, const ah_response_head *head)
{
    h1_conn *conn = ((ah_h1_work *)ctx)->conn;

    if (conn->exchange && conn->exchange->events->interim)
        conn->exchange->events->interim(conn->exchange);
    if (!conn->exchange || head->status != 100)
        return;
    ah_h1_send_go_on(&conn->work->sending);
    sending_moved(conn);
}

/* NULL: there is no change of protocols, or it is as it should be. */
static ahttp_error *check_change(const h1_conn *conn)
{
    bool was_sent = conn->work->sending.state == AH_H1_SENT;
    const char *why = NULL;

    if (AH_UNLIKELY(ah_h1_parser_body_length(conn->work->parser).framing == AH_FRAMING_TUNNEL))
        why = ah_exchange_check_change(conn->exchange, was_sent);
    return why ? ah_error_new(AHTTP_E_PROTOCOL, "read response from %s: the server switched %s",
                              ah_transport_peer(conn->transport), why)
               : NULL;
}

static void on_head(void *ctx)
{
    h1_conn *conn = ((ah_h1_work *)ctx)->conn;

    if (!conn->exchange)
        return;
    ahttp_error *error = check_change(conn);
    if (error) {
        fail(conn, error);
        return;
    }
    enter(&conn->response, BODY);
    conn->base.peer_keeps_ms = ah_keep_alive_ms(&conn->exchange->response.fields);
    ah_h1_send_answered(&conn->work->sending, conn->exchange->response.status);
    conn->exchange->events->head(conn->exchange);
}

static void on_body(void *ctx, ah_str piece)
{
    h1_conn *conn = ((ah_h1_work *)ctx)->conn;

    if (conn->exchange && !conn->exchange->events->body(conn->exchange, piece))
        conn->paused = true;
}

static void on_section(void *ctx, bool is_head, ah_str bytes)
{
    h1_conn *conn = ((ah_h1_work *)ctx)->conn;
    ah_exchange *exchange = conn->exchange;

    if (exchange)
        exchange->events->wire(exchange, is_head ? AHTTP_WIRE_RESPONSE : AHTTP_WIRE_TRAILERS,
                               bytes);
}

static const ah_h1_parser_events parser_events = {
    .interim = on_interim, .head = on_head, .body = on_body, .section = on_section};

static void take_result(h1_conn *conn, ah_h1_result result, ah_str left_over)
{
    if (!conn->exchange || conn->closed || result == AH_H1_MORE)
        return;
    if (result == AH_H1_DONE)
        complete(conn, left_over.len);
    else if (result == AH_H1_TUNNEL)
        hand_over(conn, left_over);
    else
        fail(conn, ah_h1_parser_take_error(conn->work->parser));
}

static void trace_received(const ah_exchange *exchange)
{
    if (exchange->bytes_received > 0)
        return;
    ah_trace_mark(exchange->tracer, AH_MARK_FIRST_BYTE);
    ah_trace_step(exchange->tracer, AHTTP_TRACE_FIRST_BYTE);
}

/* Before the first byte of a response is read, or its end.  False: it has failed for want of
   memory. */
static bool begin_response(h1_conn *conn)
{
    ah_exchange *exchange = conn->exchange;

    if (!conn->work) { /* it only waited */
        if (!take_work(conn)) {
            fail(conn, ah_error_no_memory());
            return false;
        }
        ah_h1_send_was_sent(&conn->work->sending, exchange);
    }
    if (conn->has_begun)
        return true;
    conn->has_begun = true;
    ah_h1_parser_begin(conn->work->parser, exchange->request.method, exchange->rules,
                       &exchange->response);
    if (exchange->shows_wire)
        ah_h1_parser_show(conn->work->parser);
    return true;
}

static void received(h1_conn *conn, ah_str bytes)
{
    size_t used = 0;

    if (!conn->exchange) { /* nobody asked: never the answer to a later request */
        fail(conn, NULL);
        return;
    }
    if (!begin_response(conn))
        return;
    if (AH_UNLIKELY(conn->exchange->tracer))
        trace_received(conn->exchange);
    conn->exchange->bytes_received += bytes.len;
    ah_h1_result result = ah_h1_parser_feed(conn->work->parser, bytes, &used);
    take_result(conn, result, ah_str_slice(bytes, used, SIZE_MAX));
}

/* The peer has ended its side, or the transport broke (failure is then its reason). */
static void ended(h1_conn *conn, ahttp_error *failure)
{
    if (!conn->exchange) {
        fail(conn, failure);
        return;
    }
    if (!begin_response(conn)) {
        ah_error_free(failure);
        return;
    }
    if (failure && conn->response == BODY) {
        ahttp_error *cut = ah_h1_work_cut_body(conn->work, failure);
        ah_error_free(failure);
        fail(conn, cut);
        return;
    }
    if (conn->work->sending.broke && !ah_h1_parser_has_begun(conn->work->parser)) {
        ah_error_free(failure);
        failure = ah_h1_send_take_broke(&conn->work->sending);
    }
    if (failure)
        fail(conn, failure);
    else
        take_result(conn, ah_h1_parser_finish(conn->work->parser), (ah_str){0});
}

/* Whether more of a body may be there already. */
static bool receive(h1_conn *conn)
{
    size_t cap = AH_READ_BUFFER_SIZE;
    char *buffer = conn->response == BODY && conn->exchange
                       ? ah_h1_work_choose_buffer(conn->work, conn->loop, conn->exchange, &cap)
                       : ah_loop_read_buffer(conn->loop);
    ptrdiff_t count = ah_transport_read(conn->transport, buffer, cap);

    if (count > 0)
        received(conn, ah_str_make(buffer, (size_t)count));
    else if (count == AH_IO_END)
        ended(conn, NULL);
    else if (count == AH_IO_FAILED)
        ended(conn, ah_transport_failure(conn->transport));
    return count == (ptrdiff_t)cap && !conn->closed && conn->response == BODY;
}

static void on_ready(void *ctx, unsigned events)
{
    h1_conn *conn = ctx;

    begin_call(conn);
    if (events & AH_WRITABLE && conn->exchange && conn->work)
        ah_h1_send_more(&conn->work->sending);
    if (events & AH_READABLE)
        for (int i = 0; i < READS_PER_TURN && !conn->paused && receive(conn);)
            i++;
    if (!conn->closed && conn->exchange && conn->work)
        sending_moved(conn);
    end_call(conn);
}

static void on_limit(ah_timer *timer)
{
    h1_conn *conn = AH_CONTAINER(timer, ah_h1_work, watch.timer)->conn;
    const char *peer = ah_transport_peer(conn->transport);

    begin_call(conn);
    ahttp_error *error = ah_h1_watch_look(&conn->work->watch, conn->loop, conn->exchange, peer);
    if (error)
        fail(conn, error);
    end_call(conn);
}

static const ah_h1_work_kind work_kind = {
    .events = &parser_events, .sending_moved = on_sending_moved, .on_limit = on_limit};

static void resume(ah_conn *base, ah_exchange *exchange)
{
    h1_conn *conn = (h1_conn *)base;

    (void)exchange;
    conn->paused = false;
    want(conn);
}

static bool skip_rest(ah_conn *base, ah_exchange *exchange, uint64_t most, ah_rest_length length)
{
    h1_conn *conn = (h1_conn *)base;
    uint64_t left = ah_h1_parser_left(conn->work->parser);

    if (conn->response != BODY || conn->work->sending.state != AH_H1_SENT ||
        exchange->request.wants_close || !ah_h1_parser_keeps_alive(conn->work->parser))
        return false;
    if (left == UINT64_MAX ? length == AH_REST_KNOWN : left > most)
        return false;
    exchange->limits = NULL; /* whoever skips has a limit for all of it */
    stop_watch(conn);
    conn->paused = false;
    want(conn);
    return true;
}

static void set_background(ah_conn *base, bool background)
{
    ah_transport_set_background(((h1_conn *)base)->transport, background);
}

/* ---- Life ---- */

static bool is_available(const ah_conn *base)
{
    const h1_conn *conn = (const h1_conn *)base;

    return !conn->closed && conn->response == READY;
}

static void close_conn(ah_conn *base, ahttp_error *why)
{
    h1_conn *conn = (h1_conn *)base;
    ah_exchange *exchange = conn->exchange;

    if (conn->closed) {
        ah_error_free(why);
        return;
    }
    begin_call(conn);
    conn->closed = true;
    conn->exchange = NULL;
    if (base->keeper)
        base->keeper->kept = NULL;
    if (conn->work) {
        ah_h1_parser_stop(conn->work->parser);
        ah_h1_send_stop(&conn->work->sending);
        stop_watch(conn);
    }
    enter(&conn->response, BROKEN);
    if (exchange) {
        exchange->conn = NULL;
        if (!why)
            why = ah_error_new(AHTTP_E_CLOSED, "connection to %s was closed",
                               ah_transport_peer(conn->transport));
        exchange->events->end(exchange, why);
    } else {
        ah_error_free(why);
    }
    ah_farewell(&conn->store->farewells, conn->loop, conn->transport);
    conn->transport = NULL;
    conn->base.owner->closed(base);
    end_call(conn);
}

static void abandon(ah_conn *base, ah_exchange *exchange)
{
    h1_conn *conn = (h1_conn *)base;

    exchange->conn = NULL;
    conn->exchange = NULL;
    close_conn(base, NULL);
}

static void describe(const ah_conn *base, char *text, size_t cap)
{
    static const char *const names[] = {"IDLE", "HEAD", "BODY", "DONE", "CLOSED"};
    const h1_conn *conn = (const h1_conn *)base;
    bool is_sending = conn->work && conn->work->sending.state == AH_H1_SENDING;
    const char *state = is_sending ? "SENDING" : names[conn->response];

    snprintf(text, cap, "%s h1 %s %u", conn->transport ? ah_transport_peer(conn->transport) : "-",
             state, (unsigned)conn->exchanges);
}

static const ah_conn_ops ops = {
    .send = send_exchange,
    .abandon = abandon,
    .resume = resume,
    .skip_rest = skip_rest,
    .set_background = set_background,
    .is_available = is_available,
    .close = close_conn,
    .describe = describe,
};

ah_conn *ah_h1_conn_new(ahttp_loop *loop, ah_h1_store *store, ah_transport *transport,
                        const ah_conn_owner *owner, void *owner_ctx)
{
    h1_conn *conn = AH_NEW(h1_conn);

    if (!conn) {
        ah_transport_close(transport);
        return NULL;
    }
    conn->base = (ah_conn){.ops = &ops, .owner = owner, .owner_ctx = owner_ctx};
    conn->loop = loop;
    conn->transport = transport;
    conn->peer = ah_peer_of(transport);
    conn->store = store;
    transport->ready = on_ready;
    transport->ctx = conn;
    ah_transport_set_background(transport, true);
    want(conn);
    return &conn->base;
}
