/* SPDX-License-Identifier: MIT */
/* Reading a response's body: whole, or piece by piece. */
#include "base/mem.h"
#include "client/response.h"
#include "conn/conn.h"

static void let_more_come(ahttp_response *response)
{
    if (response->exchange.conn && ah_body_has_room(&response->body))
        ah_conn_resume(response->exchange.conn, &response->exchange);
}

/* The body is of no use any more, whether or not it is still arriving. */
static void fail_body(ahttp_response *response, ahttp_error *error)
{
    if (response->phase == AH_CALL_OPEN) {
        ah_call_fail(response, error);
        return;
    }
    ah_error_free(response->failure);
    response->failure = ah_call_error(response, error);
}

/* ---- Answers to the pending read ---- */

static void answer(ahttp_response *response, void *result)
{
    ahttp_future *reading = response->reading;

    response->reading = NULL;
    ah_future_resolve(reading, result, NULL);
}

static void answer_error(ahttp_response *response, ahttp_error *error)
{
    ahttp_future *reading = response->reading;

    response->reading = NULL;
    ah_future_reject(reading, error);
}

static void answer_whole(ahttp_response *response)
{
    ah_body *body = &response->body;
    const char *text = ah_buf_terminate(&body->ready);

    if (!text) {
        answer_error(response, ah_error_no_memory());
        return;
    }
    response->shown = (ahttp_bytes){text, body->ready.len};
    answer(response, response->wants_text ? (void *)body->ready.data : (void *)&response->shown);
}

static void answer_piece(ahttp_response *response)
{
    ah_str piece;
    ahttp_error *error = ah_body_take(&response->body, &piece);

    response->shown = (ahttp_bytes){piece.ptr, piece.len};
    response->stream.total += piece.len;
    answer(response, &response->shown);
    if (error)
        fail_body(response, error);
    else
        let_more_come(response);
}

/* Of a body that fails, the pieces that came can be read, but it is never taken for a whole. */
void ah_response_body_moved(ahttp_response *response)
{
    ah_body *body = &response->body;
    bool has_piece = !body->wants_whole && body->ready.len > 0;

    if (!response->reading)
        return;
    if (response->failure && !has_piece)
        answer_error(response, ah_error_copy(response->failure));
    else if (body->wants_whole && ah_body_is_complete(body))
        answer_whole(response);
    else if (has_piece || ah_body_is_complete(body)) /* at the end, a piece of no bytes */
        answer_piece(response);
}

/* ---- Asking ---- */

/* The bytes that came stay for the next read. */
static void on_cancel(ahttp_future *future)
{
    answer_error(future->owner, ah_error_new(AHTTP_E_CANCELLED, "cancelled"));
}

static ahttp_future *refuse(ahttp_response *response, int code, const char *why)
{
    ahttp_loop *loop = ah_guest_need_loop(
        &response->session->guest, "read response body: its loop was closed, and there is none for "
                                   "the future; read before ahttp_loop_close");
    ahttp_error *error = ah_error_new(code, "read response body: %s", why);

    return ah_future_failed(loop, ah_call_error(response, error));
}

/* What is wrong with any read now, or NULL. */
static ahttp_future *refuse_read(ahttp_response *response)
{
    if (!response->session->guest.loop)
        return refuse(response, AHTTP_E_CLOSED, "its loop was closed");
    if (response->reading)
        return refuse(response, AHTTP_E_STATE, "another read is pending");
    return NULL;
}

static ahttp_future *begin_read(ahttp_response *response)
{
    ahttp_loop *loop = response->session->guest.loop;
    ahttp_future *future = ah_future_new(loop);

    if (!future)
        return ah_future_failed(loop, ah_error_no_memory());
    future->cancel = on_cancel;
    future->owner = response;
    response->reading = future;
    ah_response_body_moved(response);
    return future;
}

static ahttp_future *read_whole(ahttp_response *response, bool as_text)
{
    ahttp_future *refused = refuse_read(response);

    if (refused)
        return refused;
    if (response->stream.total > 0)
        return refuse(response, AHTTP_E_STATE, "part of it was read from the stream already");
    if (!response->body.wants_whole) {
        response->body.max_bytes = response->session->max_body_bytes;
        ahttp_error *error = ah_body_want_whole(&response->body);
        if (error)
            fail_body(response, error);
        else
            let_more_come(response);
    }
    response->wants_text = as_text;
    return begin_read(response);
}

ahttp_future *ahttp_response_read(ahttp_response *response)
{
    return read_whole(response, false);
}

ahttp_future *ahttp_response_text(ahttp_response *response)
{
    return read_whole(response, true);
}

ahttp_stream *ahttp_response_stream(ahttp_response *response)
{
    return &response->stream;
}

ahttp_future *ahttp_stream_read(ahttp_stream *stream)
{
    ahttp_response *response = AH_CONTAINER(stream, ahttp_response, stream);
    ahttp_future *refused = refuse_read(response);

    if (refused)
        return refused;
    if (response->body.wants_whole)
        return refuse(response, AHTTP_E_STATE, "it was asked for as a whole already");
    return begin_read(response);
}

bool ahttp_stream_at_end(const ahttp_stream *stream)
{
    const ahttp_response *response =
        AH_CONTAINER((void *)(uintptr_t)stream, ahttp_response, stream);

    return ah_body_is_complete(&response->body) && response->body.ready.len == 0;
}

uint64_t ahttp_stream_total(const ahttp_stream *stream)
{
    return stream->total;
}
