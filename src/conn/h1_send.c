/* SPDX-License-Identifier: MIT */
#include "conn/h1_send.h"
#include "http/h1_writer.h"
#include <assert.h>

enum {
    SMALL_PIECE = 4096, /* up to here, copying costs less than a part of its own in a write */
    ENOUGH = 32768,     /* bytes of small pieces for one write */
    WRITES_PER_TURN = 16,
    ANSWER_MS = 1000 /* how long a peer that stopped listening is given to say why */
};

static const unsigned char may_enter[] = {
    [AH_H1_SEND_READY] = 1 << AH_H1_SENDING | 1 << AH_H1_SEND_BROKEN,
    [AH_H1_SENDING] = 1 << AH_H1_SENT | 1 << AH_H1_SEND_READY | 1 << AH_H1_SEND_BROKEN,
    [AH_H1_SENT] = 1 << AH_H1_SEND_READY | 1 << AH_H1_SEND_BROKEN,
    [AH_H1_SEND_BROKEN] = 1 << AH_H1_SEND_BROKEN,
};

/* The only place that changes the state. */
static void enter(ah_h1_send *send, ah_h1_send_state next)
{
    (void)may_enter; /* which builds without assertions do not read */
    assert(may_enter[send->state] & 1 << next);
    send->state = next;
}

/* ---- Ends ---- */

static void disarm(ah_h1_send *send)
{
    if (ah_timer_is_armed(&send->timer))
        ah_timer_stop(send->loop, &send->timer);
}

/* Nothing more is written or pulled. */
static void stop_in(ah_h1_send *send, ah_h1_send_state state)
{
    if (send->source && send->state == AH_H1_SENDING)
        ah_source_stop(send->source);
    for (int i = 0; i < 3; i++)
        send->unsent[i] = (ah_str){0};
    enter(send, state);
}

static void cut(ah_h1_send *send)
{
    stop_in(send, AH_H1_SEND_BROKEN);
}

/* Before the first byte has left, the peer does not know of it. */
static void fail(ah_h1_send *send, ahttp_error *error)
{
    stop_in(send, send->exchange->bytes_sent == 0 ? AH_H1_SEND_READY : AH_H1_SEND_BROKEN);
    ah_error_free(send->failed);
    send->failed = error;
}

static void no_answer(ah_timer *timer)
{
    ah_h1_send *send = AH_CONTAINER(timer, ah_h1_send, timer);

    send->failed = ah_h1_send_take_broke(send);
    send->moved(send->ctx);
}

/* A peer that stops listening may have answered already (RFC 9112 §9.3, §9.6): what broke the
   sending is reported only if no response comes. */
static void writing_broke(ah_h1_send *send)
{
    send->broke = ah_transport_failure(send->transport);
    cut(send);
    if (send->is_answered)
        return;
    send->timer.fire = no_answer;
    ah_timer_start(send->loop, &send->timer, ANSWER_MS);
}

/* ---- Pulling ---- */

static bool is_chunked(const ah_h1_send *send)
{
    const ah_request_head *head = &send->exchange->request;

    return head->is_exact ? head->says_chunked : head->body_length < 0;
}

/* Puts it behind what is to be written; whether more may follow in the same write. */
static bool add_piece(ah_h1_send *send, ah_str piece)
{
    send->pulled += piece.len;
    if (send->source->length >= 0 && send->pulled > (uint64_t)send->source->length) {
        fail(send, ah_error_new(AHTTP_E_BODY_LENGTH,
                                "send request body: it goes on behind the %lld bytes that were "
                                "promised",
                                (long long)send->source->length));
        return false;
    }
    if (is_chunked(send))
        ah_h1_write_chunk_start(&send->out, piece.len);
    if (piece.len > SMALL_PIECE) {
        send->unsent[1] = piece;
        if (is_chunked(send))
            send->unsent[2] = AH_STR("\r\n");
        return false;
    }
    ah_buf_append(&send->out, piece);
    if (is_chunked(send))
        ah_buf_append(&send->out, AH_STR("\r\n"));
    return send->out.len < ENOUGH;
}

static void add_end(ah_h1_send *send)
{
    const ahttp_body *source = send->source;

    if (source->length >= 0 && send->pulled < (uint64_t)source->length) {
        fail(send, ah_error_new(AHTTP_E_BODY_LENGTH,
                                "send request body: it ended after %llu of the %lld bytes that "
                                "were promised",
                                (unsigned long long)send->pulled, (long long)source->length));
        return;
    }
    send->has_ended = true;
    if (!is_chunked(send))
        return;
    ah_buf_append(&send->out, AH_STR("0\r\n"));
    ah_h1_write_fields(&send->out, &source->trailers.fields);
    ah_buf_append(&send->out, AH_STR("\r\n"));
}

/* Whether more may follow in the same write. */
static bool pull(ah_h1_send *send)
{
    ahttp_error *error = NULL;
    ah_str piece = {0};

    switch (ah_source_next(send->source, &piece, &error)) {
    case AH_PULL_READY: return add_piece(send, piece);
    case AH_PULL_WAIT: send->is_waiting = true; return false;
    case AH_PULL_END: add_end(send); return false;
    case AH_PULL_FAILED: fail(send, error); return false;
    }
    return false;
}

/* All that was there has been written, but perhaps for a head. */
static void fill(ah_h1_send *send)
{
    while (pull(send))
        ;
    if (send->state != AH_H1_SENDING)
        return;
    if (ah_buf_failed(&send->out))
        fail(send, ah_error_no_memory());
    else
        send->unsent[0] = ah_buf_str(&send->out);
}

/* ---- Writing ---- */

static bool is_written(const ah_h1_send *send)
{
    return send->unsent[0].len + send->unsent[1].len + send->unsent[2].len == 0;
}

/* What stands before the last piece may be small ones among their framing: none of these counts
   before all of them are out. */
static void note_progress(ah_h1_send *send)
{
    uint64_t begun = send->source ? send->pulled : send->is_holding ? 0 : send->exchange->body.len;

    if (send->unsent[0].len == 0)
        send->exchange->body_sent = begun - send->unsent[1].len;
    send->exchange->events->progress(send->exchange);
}

static void trace_sent(ah_h1_send *send, size_t sent)
{
    ah_tracer *tracer = send->exchange->tracer;
    size_t of_head = sent < send->head_left ? sent : send->head_left;

    send->head_left -= of_head;
    if (of_head > 0 && send->head_left == 0)
        ah_trace_bytes(tracer, AHTTP_TRACE_HEADERS_SENT, send->head_len);
    if (sent > of_head)
        ah_trace_bytes(tracer, AHTTP_TRACE_CHUNK_SENT, sent - of_head);
}

/* What writing the first count parts came to; false when the rest must wait. */
static bool wrote(ah_h1_send *send, size_t count, ptrdiff_t sent)
{
    if (sent == AH_IO_FAILED) {
        writing_broke(send);
        return false;
    }
    size_t left = sent > 0 ? (size_t)sent : 0;
    send->exchange->bytes_sent += left;
    if (AH_UNLIKELY(send->exchange->tracer))
        trace_sent(send, left);
    for (size_t i = 0; i < count; i++) {
        size_t part = left < send->unsent[i].len ? left : send->unsent[i].len;
        send->unsent[i] = ah_str_make(send->unsent[i].ptr + part, send->unsent[i].len - part);
        left -= part;
    }
    if (AH_UNLIKELY(send->exchange->shows_progress))
        note_progress(send);
    return is_written(send);
}

static bool write_some(ah_h1_send *send)
{
    size_t count = send->unsent[2].len > 0 ? 3 : send->unsent[1].len > 0 ? 2 : 1;

    return wrote(send, count, ah_transport_write(send->transport, send->unsent, count));
}

static bool may_pull(const ah_h1_send *send)
{
    return send->source && !send->is_holding && !send->is_waiting && !send->has_ended;
}

void ah_h1_send_more(ah_h1_send *send)
{
    for (int i = 0; i < WRITES_PER_TURN && send->state == AH_H1_SENDING; i++) {
        if (is_written(send) && may_pull(send)) {
            ah_buf_clear(&send->out);
            fill(send);
        }
        if (send->state != AH_H1_SENDING || (!is_written(send) && !write_some(send)))
            return;
        if (send->is_waiting || send->is_holding)
            return;
        if (!send->source || send->has_ended) {
            enter(send, AH_H1_SENT);
            send->exchange->was_sent = true;
            ah_trace_mark(send->exchange->tracer, AH_MARK_SENT);
        }
    }
}

static void woken(void *ctx)
{
    ah_h1_send *send = ctx;

    send->is_waiting = false;
    ah_h1_send_more(send);
    send->moved(send->ctx);
}

static void on_no_100(ah_timer *timer)
{
    ah_h1_send *send = AH_CONTAINER(timer, ah_h1_send, timer);

    ah_h1_send_go_on(send);
    send->moved(send->ctx);
}

/* The body waits until the server says that it wants it (RFC 9110 §10.1.1). */
static void hold_body(ah_h1_send *send, int64_t limit_ms)
{
    send->is_holding = true;
    send->timer.fire = on_no_100;
    if (limit_ms != AHTTP_NEVER)
        ah_timer_start(send->loop, &send->timer, limit_ms);
}

static void start(ah_h1_send *send, ah_exchange *exchange)
{
    send->exchange = exchange;
    send->source = exchange->source;
    send->pulled = 0;
    exchange->was_sent = false;
    send->is_holding = send->is_waiting = send->has_ended = send->is_answered = false;
    enter(send, AH_H1_SENDING);
}

void ah_h1_send_begin(ah_h1_send *send, ah_exchange *exchange)
{
    start(send, exchange);
    ah_buf_clear(&send->out);
    ah_h1_write_head(&send->out, &exchange->request);
    if (ah_buf_failed(&send->out)) {
        fail(send, ah_error_no_memory());
        return;
    }
    send->unsent[0] = ah_buf_str(&send->out);
    send->head_len = send->head_left = send->out.len;
    if (exchange->shows_wire)
        exchange->events->wire(exchange, AHTTP_WIRE_REQUEST, send->unsent[0]);
    if (send->source)
        ah_source_set_wake(send->source, woken, send);
    if (exchange->expect_100_ms)
        hold_body(send, exchange->expect_100_ms);
    else if (send->source)
        fill(send);
    else
        send->unsent[1] = exchange->body;
    ah_h1_send_more(send);
}

void ah_h1_send_begin_behind(ah_h1_send *send, ah_exchange *exchange, ah_buf *out, ptrdiff_t sent)
{
    ah_buf own = send->out;

    start(send, exchange);
    send->out = *out;
    *out = own;
    if (ah_buf_failed(&send->out)) {
        fail(send, ah_error_no_memory());
        return;
    }
    send->unsent[0] = ah_buf_str(&send->out);
    send->unsent[1] = exchange->body;
    wrote(send, 2, sent);
}

bool ah_h1_send_wants_room(const ah_h1_send *send)
{
    return send->state == AH_H1_SENDING && (!is_written(send) || may_pull(send));
}

ahttp_error *ah_h1_send_take_failure(ah_h1_send *send)
{
    ahttp_error *error = send->failed;

    send->failed = NULL;
    return error;
}

ahttp_error *ah_h1_send_take_broke(ah_h1_send *send)
{
    ahttp_error *error = send->broke;

    send->broke = NULL;
    return error;
}

/* ---- What the other half sees ---- */

void ah_h1_send_go_on(ah_h1_send *send)
{
    if (!send->is_holding || send->state != AH_H1_SENDING)
        return;
    send->is_holding = false;
    disarm(send);
    if (!send->source)
        send->unsent[1] = send->exchange->body;
    ah_h1_send_more(send);
}

void ah_h1_send_answered(ah_h1_send *send, int status)
{
    send->is_answered = true;
    disarm(send);
    if (send->state == AH_H1_SENDING && (send->is_holding || status >= 300))
        cut(send);
}

void ah_h1_send_end(ah_h1_send *send)
{
    disarm(send);
    if (send->state == AH_H1_SENT)
        enter(send, AH_H1_SEND_READY);
    else
        cut(send);
    send->exchange = NULL;
    send->source = NULL;
}

void ah_h1_send_stop(ah_h1_send *send)
{
    disarm(send);
    cut(send);
    send->exchange = NULL;
    send->source = NULL;
}

void ah_h1_send_release(ah_h1_send *send)
{
    ah_buf_release(&send->out);
    ah_error_free(send->broke);
    ah_error_free(send->failed);
}
