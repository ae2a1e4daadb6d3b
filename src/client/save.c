/* SPDX-License-Identifier: MIT */
/* What is left of a body, into a file: while one piece is written off the loop, the next one
   arrives.  A save that fails has undone what it began before its future says so. */
#include "client/response.h"
#include "loop/file_writer.h"

struct ah_save {
    ah_file_writer *writer;
    ahttp_error *error; /* why it ends early, once it does */
    bool is_finishing;  /* all is written: too late to stop */
};

/* The response may go with this, and so nothing may follow it. */
static void end(ahttp_response *response, ahttp_error *error)
{
    ah_save *save = response->save;

    response->save = NULL;
    ah_file_writer_free(save->writer);
    ah_free(save);
    if (error)
        ah_reading_reject(response, error);
    else
        ah_reading_resolve(response, NULL, NULL);
    ah_response_release(response);
}

static void on_undone(void *ctx, ahttp_error *error)
{
    ahttp_response *response = ctx;

    ah_error_free(error);
    end(response, response->save->error);
}

static void stop(ahttp_response *response, ahttp_error *error)
{
    ah_save *save = response->save;

    if (save->error || save->is_finishing) {
        ah_error_free(error);
        return;
    }
    save->error = error;
    ah_file_writer_undo(save->writer, on_undone, response);
}

static void on_cancel(ahttp_future *future)
{
    stop(future->owner, ah_error_new(AHTTP_E_CANCELLED, "cancelled"));
}

/* ---- Steps ---- */

/* What has been taken from the body is lost, so that the rest is of no use. */
static void end_by_system(ahttp_response *response, ahttp_error *error)
{
    ahttp_error *why = ah_error_copy(error);

    ahttp_response_ref(response);
    end(response, ah_call_error(response, error));
    ah_call_fail(response, why);
    ahttp_response_unref(response);
}

static void on_finished(void *ctx, ahttp_error *error)
{
    if (error)
        end_by_system(ctx, error);
    else
        end(ctx, NULL);
}

static void answer(ahttp_response *response);

static void on_written(void *ctx, ahttp_error *error)
{
    if (error)
        end_by_system(ctx, error);
    else
        answer(ctx);
}

static void write_next(ahttp_response *response)
{
    ah_str piece;
    ahttp_error *error = ah_body_take(&response->body, SIZE_MAX, &piece);

    response->stream.total += piece.len;
    ah_file_writer_write(response->save->writer, piece, on_written, response);
    if (error)
        ah_reading_fail_body(response, error);
    else
        ah_reading_let_more_come(response);
}

static void answer(ahttp_response *response)
{
    ah_save *save = response->save;
    ah_body *body = &response->body;

    if (save->error || ah_file_writer_is_busy(save->writer))
        return;
    if (ah_body_unread(body).len == 0 && !response->failure) {
        ahttp_error *error = ah_body_go_on(body);
        if (error) {
            ah_reading_fail_body(response, error); /* which comes here again */
            return;
        }
    }
    if (response->failure) {
        stop(response, ah_error_copy(response->failure));
    } else if (ah_body_unread(body).len > 0) {
        write_next(response);
    } else if (ah_body_is_complete(body)) {
        save->is_finishing = true;
        ah_file_writer_finish(save->writer, on_finished, response);
    }
}

/* ---- Asking ---- */

static ahttp_future *begin(ahttp_response *response, ah_file_writer *writer)
{
    ah_save *save = writer ? AH_NEW(ah_save) : NULL;

    if (!save) {
        if (writer)
            ah_file_writer_free(writer);
        return ah_future_failed(response->session->guest.loop, ah_error_no_memory());
    }
    save->writer = writer;
    response->save = save;
    ah_body_begin_read(&response->body, 0);
    ahttp_future *future = ah_reading_begin(response, answer);
    if (response->reading) {
        future->cancel = on_cancel;
    } else {
        response->save = NULL;
        ah_file_writer_free(writer);
        ah_free(save);
    }
    return future;
}

ahttp_future *ahttp_stream_save(ahttp_stream *stream, const char *path)
{
    ahttp_response *response = AH_CONTAINER(stream, ahttp_response, stream);
    ahttp_future *refused = ah_reading_refuse_pieces(response);

    if (refused)
        return refused;
    return begin(response, ah_file_writer_to_path(response->session->guest.loop, path));
}

ahttp_future *ahttp_stream_save_fd(ahttp_stream *stream, int fd)
{
    ahttp_response *response = AH_CONTAINER(stream, ahttp_response, stream);
    ahttp_future *refused = ah_reading_refuse_pieces(response);

    if (refused)
        return refused;
    return begin(response, ah_file_writer_to_fd(response->session->guest.loop, fd));
}
