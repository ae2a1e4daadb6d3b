/* SPDX-License-Identifier: MIT */
/* How connections of HTTP/1.1 begin, send, and end. */
#include "base/mem.h"
#include "conn/h1_state.h"
#include "http/h1_writer.h"
#include "net/peer.h"
#include <stdio.h>

/* ---- Watching ---- */

/* Of the peer; a body that the program is slow to give or to read is not its fault. */
static ah_h1_awaited awaited(const ah_h1_conn *conn)
{
    if (conn->work->sending.state == AH_H1_SENDING)
        return ah_h1_send_wants_room(&conn->work->sending) ? AH_H1_ROOM : AH_H1_NOTHING;
    if (conn->paused)
        return AH_H1_NOTHING;
    return conn->exchange->bytes_received > 0 ? AH_H1_MORE_BYTES : AH_H1_FIRST_BYTE;
}

void ah_h1_conn_want(ah_h1_conn *conn, unsigned events)
{
    conn->wanted = (uint8_t)events;
    ah_transport_want(conn->transport, events);
    ah_h1_conn_hold(conn, events && !conn->in_background);
}

void ah_h1_conn_stop_watch(ah_h1_conn *conn)
{
    ah_h1_watch_stop(&conn->work->watch, conn->store->loop);
    conn->work->watch.awaited = AH_H1_NOTHING;
}

static void want(ah_h1_conn *conn)
{
    unsigned events = conn->paused ? 0 : AH_READABLE;

    if (AH_UNLIKELY(conn->exchange && conn->exchange->limits))
        ah_h1_watch_set(&conn->work->watch, conn->store->loop, conn->exchange, awaited(conn));

    if (conn->work && ah_h1_send_wants_room(&conn->work->sending))
        events |= AH_WRITABLE;
    ah_h1_conn_watch(conn, events);
}

/* ---- Sending ---- */

/* No byte of the exchange has left, so to the peer it never was. */
static void withdraw(ah_h1_conn *conn, ahttp_error *why)
{
    ah_exchange *exchange = conn->exchange;

    if (exchange->limits)
        ah_h1_conn_stop_watch(conn);
    conn->exchanges--;
    ah_h1_conn_rest(conn);
    exchange->conn = NULL;
    ah_trace_step(exchange->tracer, AHTTP_TRACE_RELEASE);
    exchange->events->end(exchange, why);
    if (!conn->closed)
        conn->base.owner->idle(&conn->base);
}

/* Whatever the sending half did may have ended it.  With the request out, and no byte of the
   response there, nothing is under way any more, unless there are limits of gaps. */
void ah_h1_conn_sending_moved(ah_h1_conn *conn)
{
    ah_h1_send *sending = &conn->work->sending;
    ahttp_error *failure = ah_h1_send_take_failure(sending);

    if (failure && sending->state == AH_H1_SEND_READY) {
        withdraw(conn, failure);
        return;
    }
    if (failure) {
        ah_h1_conn_end(conn, failure);
        return;
    }
    if (sending->state == AH_H1_SENT) {
        ah_h1_send_end(sending);
        conn->is_sent = true;
    }
    want(conn);
    if (conn->is_sent && !conn->has_begun && !conn->exchange->limits)
        ah_h1_conn_give_work(conn);
}

static void on_sending_moved(void *ctx)
{
    ah_h1_conn *conn = ((ah_h1_work *)ctx)->conn;

    ah_h1_conn_begin_call(conn);
    ah_h1_conn_sending_moved(conn);
    ah_h1_conn_end_call(conn);
}

/* What cannot go out at once; of a plain one, *sent says how far it has come. */
static AH_APART void send_on(ah_h1_conn *conn, ah_exchange *exchange, const ptrdiff_t *sent)
{
    if (!ah_h1_conn_take_work(conn)) {
        exchange->bytes_sent += sent && *sent > 0 ? (uint64_t)*sent : 0;
        ah_h1_conn_end(conn, ah_error_no_memory());
        return;
    }
    ah_h1_conn_begin_call(conn);
    conn->work->sending.loop = conn->store->loop;
    conn->work->sending.transport = conn->transport;
    if (sent)
        ah_h1_send_begin_behind(&conn->work->sending, exchange, &conn->store->head, *sent);
    else
        ah_h1_send_begin(&conn->work->sending, exchange);
    ah_h1_conn_sending_moved(conn);
    ah_h1_conn_end_call(conn);
}

/* A plain request goes out from a buffer that all connections share, and needs no sending half.
   False when not all of it did: *sent is what the transport said. */
static bool send_at_once(ah_h1_conn *conn, ah_exchange *exchange, ptrdiff_t *sent)
{
    ah_buf *out = &conn->store->head;

    ah_buf_clear(out);
    ah_h1_write_head(out, &exchange->request);
    if (AH_UNLIKELY(ah_buf_failed(out)))
        return false;
    const ah_str parts[] = {ah_buf_str(out), exchange->body};
    size_t size = out->len + exchange->body.len;
    *sent = ah_transport_write(conn->transport, parts, exchange->body.len > 0 ? 2 : 1);
    if (AH_UNLIKELY(*sent != (ptrdiff_t)size))
        return false;
    exchange->bytes_sent += size;
    exchange->was_sent = true;
    return true;
}

static void send_exchange(ah_conn *base, ah_exchange *exchange)
{
    ah_h1_conn *conn = (ah_h1_conn *)base;
    ptrdiff_t sent = 0;

    ah_h1_conn_enter(conn, AH_H1_CONN_HEAD);
    conn->exchange = exchange;
    conn->told = exchange->told;
    conn->has_begun = false;
    exchange->conn = base;
    exchange->was_reused = conn->exchanges++ > 0;
    exchange->peer = conn->peer ? ahttp_peer_ref(conn->peer) : NULL;
    conn->in_background = false;
    ah_h1_conn_hold(conn, true);
    if (AH_UNLIKELY(!ah_h1_send_is_plain(exchange))) {
        conn->is_sent = false;
        send_on(conn, exchange, NULL);
        return;
    }
    conn->is_sent = send_at_once(conn, exchange, &sent);
    if (AH_UNLIKELY(!conn->is_sent))
        send_on(conn, exchange, &sent);
}

static void on_limit(ah_timer *timer)
{
    ah_h1_conn *conn = AH_CONTAINER(timer, ah_h1_work, watch.timer)->conn;
    const char *peer = ah_transport_peer(conn->transport);

    ah_h1_conn_begin_call(conn);
    ahttp_error *error =
        ah_h1_watch_look(&conn->work->watch, conn->store->loop, conn->exchange, peer);
    if (error)
        ah_h1_conn_end(conn, error);
    ah_h1_conn_end_call(conn);
}

const ah_h1_work_kind ah_h1_conn_work_kind = {
    .events = &ah_h1_conn_parser_events, .sending_moved = on_sending_moved, .on_limit = on_limit};

static void resume(ah_conn *base, ah_exchange *exchange)
{
    ah_h1_conn *conn = (ah_h1_conn *)base;

    (void)exchange;
    conn->paused = false;
    want(conn);
}

static bool skip_rest(ah_conn *base, ah_exchange *exchange, uint64_t most, ah_rest_length length)
{
    ah_h1_conn *conn = (ah_h1_conn *)base;

    if (conn->response != AH_H1_CONN_BODY || !conn->is_sent || exchange->request.wants_close ||
        !ah_h1_parser_keeps_alive(conn->work->parser))
        return false;
    uint64_t left = ah_h1_parser_left(conn->work->parser);
    if (left == UINT64_MAX ? length == AH_REST_KNOWN : left > most)
        return false;
    exchange->limits = NULL; /* whoever skips has a limit for all of it */
    ah_h1_conn_stop_watch(conn);
    conn->paused = false;
    want(conn);
    return true;
}

static void set_background(ah_conn *base, bool background)
{
    ah_h1_conn *conn = (ah_h1_conn *)base;

    conn->in_background = background;
    ah_h1_conn_hold(conn, !background && conn->wanted);
}

/* ---- Life ---- */

static bool is_available(const ah_conn *base)
{
    const ah_h1_conn *conn = (const ah_h1_conn *)base;

    return !conn->closed && conn->response == AH_H1_CONN_READY;
}

static void look_ahead(const ah_conn *base)
{
    const ah_h1_conn *conn = (const ah_h1_conn *)base;

    ah_fetch(conn->transport, AH_LINE_SIZE);
    ah_fetch(conn->peer, 1);
}

void ah_h1_conn_free(ah_h1_conn *conn)
{
    if (conn->work)
        ah_h1_work_free(conn->work);
    ahttp_peer_unref(conn->peer);
    ah_free(conn);
}

void ah_h1_conn_end(ah_h1_conn *conn, ahttp_error *error)
{
    ah_exchange *exchange = conn->exchange;

    if (conn->closed) {
        ah_error_free(error);
        return;
    }
    ah_h1_conn_begin_call(conn);
    conn->closed = true;
    conn->exchange = NULL;
    ah_h1_conn_hold(conn, false);
    if (conn->base.keeper)
        conn->base.keeper->kept = NULL;
    if (conn->work) {
        ah_h1_parser_stop(conn->work->parser);
        ah_h1_send_stop(&conn->work->sending);
        ah_h1_conn_stop_watch(conn);
    }
    ah_h1_conn_enter(conn, AH_H1_CONN_BROKEN);
    if (exchange) {
        exchange->conn = NULL;
        if (!error)
            error = ah_error_new(AHTTP_E_CLOSED, "connection to %s was closed",
                                 ah_transport_peer(conn->transport));
        exchange->events->end(exchange, error);
    } else {
        ah_error_free(error);
    }
    ah_farewell(&conn->store->farewells, conn->store->loop, conn->transport);
    conn->transport = NULL;
    conn->base.owner->closed(&conn->base);
    ah_h1_conn_end_call(conn);
}

static void close_conn(ah_conn *base, ahttp_error *why)
{
    ah_h1_conn_end((ah_h1_conn *)base, why);
}

static void abandon(ah_conn *base, ah_exchange *exchange)
{
    ah_h1_conn *conn = (ah_h1_conn *)base;

    exchange->conn = NULL;
    conn->exchange = NULL;
    ah_h1_conn_end(conn, NULL);
}

static void describe(const ah_conn *base, char *text, size_t cap)
{
    static const char *const names[] = {"IDLE", "HEAD", "BODY", "DONE", "CLOSED"};
    const ah_h1_conn *conn = (const ah_h1_conn *)base;
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
    .look_ahead = look_ahead,
    .close = close_conn,
    .describe = describe,
};

ah_conn *ah_h1_conn_new(ah_h1_store *store, ah_transport *transport, const ah_conn_owner *owner,
                        void *owner_ctx)
{
    ah_h1_conn *conn = AH_NEW(ah_h1_conn);

    if (!conn) {
        ah_transport_close(transport);
        return NULL;
    }
    conn->base = (ah_conn){.ops = &ops, .owner = owner, .owner_ctx = owner_ctx};
    conn->transport = transport;
    conn->peer = ah_peer_of(transport);
    conn->store = store;
    ah_transport_set_owner(transport, ah_h1_conn_ready, conn);
    transport->ahead = ah_h1_conn_look_ahead;
    ah_transport_set_background(transport, true);
    conn->wanted = AH_READABLE;
    ah_transport_want(transport, AH_READABLE);
    return &conn->base;
}
