/* SPDX-License-Identifier: MIT */
#include "client/stand_in.h"
#include "base/mem.h"
#include "client/request.h"

/* Blocks of so few stay in the processor's cache, and leaving costs 300 instructions. */
enum { MOST_STAYING = 32, MOST_RECYCLED = 256 };

struct ah_call_stand_in {
    ah_stand_in base;
    ahttp_session *session;
    ahttp_future *sent; /* the call's; NULL: it stands for none */
    union {
        ah_conn *conn; /* that carries its exchange */
        ah_call_stand_in *next_recycled;
    };
    uint32_t bytes_sent;
    ah_url_outline url;
    ah_timer deadline;           /* parked while it stands for none */
    char text[AH_CALL_OWN_TEXT]; /* of the URL */
    ah_link link;                /* in the session's */
};

_Static_assert(offsetof(ah_call_stand_in, text) < AH_STAND_IN_SIZE &&
                   sizeof(ah_call_stand_in) >= AH_STAND_IN_SIZE,
               "so much is fetched before it ends");

static ahttp_response *call_of(ah_exchange *exchange)
{
    return AH_CONTAINER(exchange, ahttp_response, exchange);
}

/* ---- What comes of it but a response ---- */

static void on_cancel(ahttp_future *future)
{
    ah_call_stand_in *it = future->owner;
    ah_exchange *exchange = ah_conn_recall(it->conn);

    if (exchange)
        ah_call_fail(call_of(exchange), ah_error_new(AHTTP_E_CANCELLED, "cancelled"));
}

static void on_deadline(ah_timer *timer)
{
    ah_call_stand_in *it = AH_CONTAINER(timer, ah_call_stand_in, deadline);
    ah_exchange *exchange = ah_conn_recall(it->conn);

    if (exchange)
        call_of(exchange)->deadline.fire(&call_of(exchange)->deadline);
}

/* ---- Blocks ---- */

static ah_exchange *recall(ah_stand_in *base);

static AH_COLD ah_call_stand_in *make(ahttp_session *session)
{
    ah_call_stand_in *made = ah_alloc_lines(sizeof *made);

    if (!made)
        return NULL;
    made->base.recall = recall;
    made->session = session;
    made->deadline.fire = on_deadline;
    ah_list_append(&session->stand_ins.all, &made->link);
    return made;
}

static ah_call_stand_in *take(ahttp_session *session)
{
    ah_call_stand_in *taken = session->stand_ins.recycled;

    if (AH_UNLIKELY(!taken))
        return make(session);
    session->stand_ins.recycled = taken->next_recycled;
    session->stand_ins.recycled_count--;
    return taken;
}

static void end(ah_call_stand_in *it)
{
    if (it->session->guest.loop)
        ah_timer_stop(it->session->guest.loop, &it->deadline);
    ah_link_remove(&it->link);
    ah_free_lines(it);
}

static void recycle(ah_call_stand_in *it)
{
    ah_stand_ins *all = &it->session->stand_ins;

    if (AH_UNLIKELY(all->recycled_count == MOST_RECYCLED)) {
        end(it);
        return;
    }
    it->next_recycled = all->recycled;
    all->recycled = it;
    all->recycled_count++;
}

/* ---- Leaving and coming back ---- */

ah_stand_in *ah_call_leave(ah_exchange *exchange, ah_conn *conn)
{
    ahttp_response *call = call_of(exchange);
    ah_url_outline url;
    ah_call_stand_in *it;

    if (!ah_url_outline_make(&url, &call->url, sizeof it->text - 1) ||
        exchange->request.authority.ptr != call->url.authority.ptr)
        return NULL;
    it = take(call->session);
    if (!it)
        return NULL;
    it->url = url;
    memcpy(it->text, call->url.safe.ptr, url.len + (size_t)1);
    it->conn = conn;
    it->bytes_sent = (uint32_t)exchange->bytes_sent;
    it->sent = call->sent;
    it->sent->cancel = on_cancel;
    it->sent->owner = it;
    ah_timer_move(call->session->guest.loop, &call->deadline, &it->deadline);
    call->session->stand_ins.away_count++;
    call->sent = NULL;
    call->phase = AH_CALL_COMPLETE;
    ah_response_put_back(call);
    return &it->base;
}

/* The block becomes what that was which it had left. */
static void fill(ahttp_response *call, ah_call_stand_in *it)
{
    ah_exchange *exchange = &call->exchange;

    memcpy(call->own_text, it->text, it->url.len + (size_t)1);
    call->arena.free += it->url.len + (size_t)1;
    ah_url_from_outline(&call->url, call->own_text, &it->url);
    ah_request_use_plain(call);
    exchange->bytes_sent = it->bytes_sent;
    exchange->bytes_received = 0;
    exchange->was_sent = true;
    call->phase = AH_CALL_SENT;
    call->deadline.due_ms = it->deadline.due_ms;
    ah_timer_move(call->session->guest.loop, &it->deadline, &call->deadline);
}

static ah_exchange *recall(ah_stand_in *base)
{
    ah_call_stand_in *it = AH_CONTAINER(base, ah_call_stand_in, base);
    ahttp_session *session = it->session;
    ahttp_response *call = ah_response_new(session);
    ahttp_future *sent = it->sent;

    ah_fetch(sent, sizeof *sent);
    it->sent = NULL;
    session->stand_ins.away_count--;
    if (AH_LIKELY(call != NULL)) {
        fill(call, it);
        ah_call_take_promise(call, sent);
        recycle(it);
        return &call->exchange;
    }
    ah_timer_park(session->guest.loop, &it->deadline);
    recycle(it);
    ah_future_reject(sent, ah_error_no_memory());
    ah_session_tidy(session);
    return NULL;
}

/* ---- All of a session ---- */

void ah_stand_ins_init(ah_stand_ins *stand_ins)
{
    ah_list_init(&stand_ins->all);
    stand_ins->most_staying = MOST_STAYING;
}

void ah_stand_ins_fail(ahttp_session *session)
{
    ah_list left;

    ah_list_init(&left);
    ah_list_splice(&left, &session->stand_ins.all);
    for (ah_link *link; (link = ah_list_take_first(&left));) {
        const ah_call_stand_in *it = AH_CONTAINER(link, const ah_call_stand_in, link);
        ah_list_append(&session->stand_ins.all, link);
        ah_exchange *exchange = it->sent ? ah_conn_recall(it->conn) : NULL;
        if (exchange)
            ah_call_fail(call_of(exchange), ah_error_new(AHTTP_E_CLOSED, "the session was closed"));
    }
}

void ah_stand_ins_free(ahttp_session *session)
{
    for (ah_link *link; (link = ah_list_first(&session->stand_ins.all));)
        end(AH_CONTAINER(link, ah_call_stand_in, link));
}
