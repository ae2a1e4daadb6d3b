/* SPDX-License-Identifier: MIT */
#include "conn/h1_send.h"
#include "http/h1_writer.h"
#include <assert.h>

static const unsigned char may_enter[] = {
    [AH_H1_SEND_READY] = 1 << AH_H1_SENDING | 1 << AH_H1_SEND_BROKEN,
    [AH_H1_SENDING] = 1 << AH_H1_SENT | 1 << AH_H1_SEND_BROKEN,
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

/* A peer that stops listening may have answered already (RFC 9112 §9.3, §9.6): what broke the
   sending is reported only if no response comes. */
static void sending_broke(ah_h1_send *send)
{
    send->broke = ah_transport_failure(send->transport);
    enter(send, AH_H1_SEND_BROKEN);
}

void ah_h1_send_more(ah_h1_send *send)
{
    if (send->state != AH_H1_SENDING)
        return;
    bool has_body = send->unsent[1].len > 0;
    ptrdiff_t sent = ah_transport_write(send->transport, send->unsent, has_body ? 2 : 1);

    if (sent == AH_IO_FAILED) {
        sending_broke(send);
        return;
    }
    size_t left = sent > 0 ? (size_t)sent : 0;
    send->exchange->bytes_sent += left;
    for (int i = 0; i < 2; i++) {
        size_t part = left < send->unsent[i].len ? left : send->unsent[i].len;
        send->unsent[i] = ah_str_slice(send->unsent[i], part, SIZE_MAX);
        left -= part;
    }
    if (send->unsent[0].len == 0 && send->unsent[1].len == 0)
        enter(send, AH_H1_SENT);
}

bool ah_h1_send_begin(ah_h1_send *send, ah_exchange *exchange)
{
    send->exchange = exchange;
    enter(send, AH_H1_SENDING);
    ah_buf_clear(&send->out);
    ah_h1_write_head(&send->out, &exchange->request);
    if (ah_buf_failed(&send->out))
        return false;
    send->unsent[0] = ah_buf_str(&send->out);
    send->unsent[1] = exchange->body;
    ah_h1_send_more(send);
    return true;
}

bool ah_h1_send_wants_room(const ah_h1_send *send)
{
    return send->state == AH_H1_SENDING;
}

void ah_h1_send_end(ah_h1_send *send)
{
    enter(send, AH_H1_SEND_READY);
    send->exchange = NULL;
}

void ah_h1_send_stop(ah_h1_send *send)
{
    enter(send, AH_H1_SEND_BROKEN);
    send->exchange = NULL;
}

void ah_h1_send_release(ah_h1_send *send)
{
    ah_buf_release(&send->out);
    ah_error_free(send->broke);
}
