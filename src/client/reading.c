/* SPDX-License-Identifier: MIT */
#include "client/reading.h"
#include "client/response.h"
#include "conn/conn.h"

/* ---- The body ---- */

void ah_reading_let_more_come(ahttp_response *response)
{
    if (response->exchange.conn && ah_body_has_room(&response->body))
        ah_conn_resume(response->exchange.conn, &response->exchange);
}

void ah_reading_fail_body(ahttp_response *response, ahttp_error *error)
{
    if (response->phase == AH_CALL_OPEN) {
        ah_call_fail(response, error);
        return;
    }
    response->is_plain = false;
    ah_error_free(response->failure);
    response->failure = ah_call_error(response, error);
    ah_response_body_moved(response);
}

void ah_response_body_moved(ahttp_response *response)
{
    if (response->reading)
        response->answer(response);
}

/* ---- Answering ---- */

/* The read that was pending is so no more. */
static ahttp_future *end_reading(ahttp_response *response)
{
    ahttp_future *reading = response->reading;

    response->reading = NULL;
    response->body.wanted = 0;
    ah_link_remove(&response->job.link);
    return reading;
}

void ah_reading_resolve(ahttp_response *response, void *result, ahttp_free_fn *free_result)
{
    ah_future_resolve(end_reading(response), result, free_result);
}

void ah_reading_reject(ahttp_response *response, ahttp_error *error)
{
    ah_future_reject(end_reading(response), error);
}

void ah_reading_keep(ahttp_response *response, ah_str *text)
{
    ah_buf_clear(&response->asked);
    ah_buf_append(&response->asked, *text);
    *text = ah_buf_str(&response->asked);
    if (ah_buf_failed(&response->asked))
        ah_reading_reject(response, ah_error_no_memory());
}

/* ---- Asking ---- */

ahttp_future *ah_reading_refuse_for(ahttp_response *response, int code, const char *why)
{
    ahttp_loop *loop = ah_guest_need_loop(
        &response->session->guest, "read response body: its loop was closed, and there is none for "
                                   "the future; read before ahttp_loop_close");
    ahttp_error *error = ah_error_new(code, "read response body: %s", why);

    return ah_future_failed(loop, ah_call_error(response, error));
}

ahttp_future *ah_reading_refuse(ahttp_response *response)
{
    ah_guest_check_thread(&response->session->guest, "reading a response");
    if (!response->session->guest.loop)
        return ah_reading_refuse_for(response, AHTTP_E_CLOSED, "its loop was closed");
    if (response->reading)
        return ah_reading_refuse_for(response, AHTTP_E_STATE, "another read is pending");
    return NULL;
}

ahttp_future *ah_reading_refuse_pieces(ahttp_response *response)
{
    ahttp_future *refused = ah_reading_refuse(response);

    if (!refused && response->body.wants_whole)
        refused =
            ah_reading_refuse_for(response, AHTTP_E_STATE, "it was asked for as a whole already");
    return refused;
}

/* The bytes that came stay for the next read. */
static void on_cancel(ahttp_future *future)
{
    ah_reading_reject(future->owner, ah_error_new(AHTTP_E_CANCELLED, "cancelled"));
}

ahttp_future *ah_reading_begin(ahttp_response *response, ah_answer_fn *answer)
{
    ahttp_loop *loop = response->session->guest.loop;
    ahttp_future *future = ah_future_new_by(loop, "ahttp_response_read or ahttp_stream_read");

    if (!future)
        return ah_future_failed(loop, ah_error_no_memory());
    future->cancel = on_cancel;
    future->owner = response;
    response->reading = future;
    response->answer = answer;
    answer(response);
    if (response->reading)
        ah_reading_let_more_come(response);
    return future;
}
