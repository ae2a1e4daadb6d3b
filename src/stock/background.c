/* SPDX-License-Identifier: MIT */
/* A loop thread with a session, and replies that other threads wait for.  As with remotes, two
   sides hold a reply: the thread with the handle, and the loop until the reply is complete.  All
   replies are complete before the loop ends, so under the mutex an incomplete one means that the
   loop is there, and jobs may be posted to it. */
#include "base/mem.h"
#include "base/options.h"
#include "client/request.h"
#include "http/headers.h"
#include "loop/future.h"
#include "loop/latch.h"
#include "loop/log.h"
#include <ahttp/background.h>
#include <ahttp/thread.h>

struct ahttp_background {
    ahttp_loop_thread *thread;
    ahttp_loop *loop;
    ahttp_session *session; /* for the loop's thread only */
    ah_job job;             /* makes the session, and ends it */
    ah_latch latch;
    ahttp_background_options options; /* until the session is made */
};

enum { MADE = 1 };

/* Stages of a reply. */
enum { TAKEN = 1, COMPLETE = 2 };

struct ahttp_reply {
    ah_latch latch; /* of the next two, and of all that follows cancel once it is COMPLETE */
    unsigned holders;
    bool cancel_posted;
    ahttp_background *background;
    const ahttp_request_options *request; /* until it is TAKEN */
    ahttp_future *pending;                /* the loop's: for the response, then for its body */
    ahttp_response *response;             /* the loop's */
    ah_job job;
    ah_job cancel;
    ahttp_error *error;
    int status;
    char *url;
    ahttp_headers headers;
    ah_buf body;
    ah_arena arena;
};

/* What ahttp_background_send returns when it cannot make another. */
static ahttp_reply no_memory;

/* ---- Both sides of a reply ---- */

static void destroy(ahttp_reply *reply)
{
    ah_latch_release(&reply->latch);
    ah_error_free(reply->error);
    ah_buf_release(&reply->body);
    ah_arena_release(&reply->arena);
    ah_free(reply);
}

static void give_up(ahttp_reply *reply)
{
    ah_latch_lock(&reply->latch);
    bool is_last = --reply->holders == 0;
    ah_latch_unlock(&reply->latch);
    if (is_last)
        destroy(reply);
}

/* ---- On the loop's thread ---- */

/* Takes error over. */
static void complete(ahttp_reply *reply, ahttp_error *error)
{
    ahttp_response_unref(reply->response);
    reply->response = NULL;
    reply->error = error;
    ah_latch_move(&reply->latch, COMPLETE);
    give_up(reply);
}

/* False when out of memory. */
static bool copy_head(ahttp_reply *reply)
{
    const ahttp_headers *from = ahttp_response_headers(reply->response);

    reply->status = ahttp_response_status(reply->response);
    reply->url = ah_arena_copy(&reply->arena, ah_str_from(ahttp_response_url(reply->response)));
    ah_headers_init(&reply->headers, &reply->arena);
    for (size_t i = 0; i < from->count; i++)
        if (!ah_headers_add(&reply->headers, from->fields[i].name, from->fields[i].value))
            return false;
    return reply->url != NULL;
}

/* Its error is the reply's; else its result. */
static void *take_pending(ahttp_reply *reply, ahttp_error **error)
{
    ahttp_future *pending = reply->pending;
    *error = ah_future_take_error(pending);
    void *result = ahttp_future_take(pending);

    reply->pending = NULL;
    ah_future_end(pending);
    return result;
}

static void wait_for(ahttp_reply *reply, ahttp_future *future, void (*run)(ah_job *job))
{
    reply->pending = future;
    reply->job.run = run;
    ah_future_hand_in(future);
    ah_future_wait(future, &reply->job);
}

static void on_body(ah_job *job)
{
    ahttp_reply *reply = AH_CONTAINER(job, ahttp_reply, job);
    ahttp_error *error;
    const ahttp_bytes *body = take_pending(reply, &error);

    if (body)
        ah_buf_append(&reply->body, ah_str_make(body->data, body->len));
    if (!error && (!ah_buf_terminate(&reply->body) || !copy_head(reply)))
        error = ah_error_no_memory();
    complete(reply, error);
}

static void on_response(ah_job *job)
{
    ahttp_reply *reply = AH_CONTAINER(job, ahttp_reply, job);
    ahttp_error *error;

    reply->response = take_pending(reply, &error);
    if (error)
        complete(reply, error);
    else
        wait_for(reply, ahttp_response_read(reply->response), on_body);
}

static void begin(ah_job *job)
{
    ahttp_reply *reply = AH_CONTAINER(job, ahttp_reply, job);

    wait_for(reply, ahttp_session_send(reply->background->session, reply->request), on_response);
    ah_latch_move(&reply->latch, TAKEN);
}

static void on_cancel(ah_job *job)
{
    ahttp_reply *reply = AH_CONTAINER(job, ahttp_reply, cancel);

    ah_latch_lock(&reply->latch);
    reply->cancel_posted = false;
    ah_latch_unlock(&reply->latch);
    if (reply->pending)
        ahttp_future_cancel(reply->pending);
    give_up(reply);
}

static void make_session(ah_job *job)
{
    ahttp_background *background = AH_CONTAINER(job, ahttp_background, job);
    const ahttp_background_options *given = &background->options;
    ahttp_session_options session;
    ahttp_connector_options connector;

    if (!ah_options_load(&session, sizeof session, given->session) ||
        !ah_options_load(&connector, sizeof connector, given->connector)) {
        ah_log_not_made(background->loop, "background", ah_options_error("options"));
    } else {
        session.connector = ahttp_connector_create(&connector);
        if (session.connector)
            background->session = ahttp_session_create(&session);
        ahttp_connector_unref(session.connector);
    }
    ah_latch_move(&background->latch, MADE);
}

static void end_session(ah_job *job)
{
    ahttp_background *background = AH_CONTAINER(job, ahttp_background, job);
    ahttp_connector *connector = ahttp_session_connector(background->session);

    ahttp_drop(ahttp_session_close(background->session));
    ahttp_drop(ahttp_connector_close(connector));
    ahttp_session_unref(background->session);
}

/* ---- On any thread: the background ---- */

static void free_background(ahttp_background *background)
{
    ahttp_loop_thread_stop(background->thread);
    ah_latch_release(&background->latch);
    ah_free(background);
}

static ahttp_background *not_made(ahttp_error *error)
{
    return ah_log_not_made(ahttp_loop_current(), "background", error);
}

ahttp_background *ahttp_background_create(const ahttp_background_options *options)
{
    ahttp_background_options chosen;

    if (!ah_options_load(&chosen, sizeof chosen, options))
        return not_made(ah_options_error("options"));
    ahttp_background *background = AH_NEW(ahttp_background);
    if (!background || !ah_latch_init(&background->latch)) {
        ah_free(background);
        return not_made(ah_error_no_memory());
    }
    background->options = chosen;
    background->thread = ahttp_loop_thread_start();
    if (!background->thread) { /* which has told why */
        ah_latch_release(&background->latch);
        ah_free(background);
        return NULL;
    }
    background->loop = ahttp_loop_thread_loop(background->thread);
    background->job.run = make_session;
    ah_loop_post_job(background->loop, &background->job);
    ah_latch_wait(&background->latch, MADE, AHTTP_NEVER);
    if (background->session)
        return background;
    free_background(background);
    return NULL; /* its session has told why */
}

void ahttp_background_stop(ahttp_background *background)
{
    if (!background)
        return;
    background->job.run = end_session;
    ah_loop_post_job(background->loop, &background->job);
    free_background(background);
}

/* ---- On any thread: replies ---- */

ahttp_reply *ahttp_background_send(ahttp_background *background,
                                   const ahttp_request_options *request)
{
    ahttp_reply *reply = AH_NEW(ahttp_reply);

    if (ah_loop_is_own(background->loop))
        ah_misuse("ahttp_background_send: called on the background's own thread, which would wait "
                  "for itself");
    if (!reply || !ah_latch_init(&reply->latch)) {
        ah_free(reply);
        ah_request_free_bodies(request);
        return &no_memory;
    }
    reply->holders = 2;
    reply->background = background;
    reply->request = request;
    reply->job.run = begin;
    reply->cancel.run = on_cancel;
    ah_loop_post_job(background->loop, &reply->job);
    ah_latch_wait(&reply->latch, TAKEN, AHTTP_NEVER);
    return reply;
}

static bool is_complete(const ahttp_reply *reply)
{
    return reply != &no_memory && ah_latch_wait((ah_latch *)(uintptr_t)&reply->latch, COMPLETE, 0);
}

int ahttp_reply_wait(ahttp_reply *reply, int64_t limit_ms)
{
    if (reply == &no_memory)
        return AHTTP_E_NO_MEMORY;
    if (!ah_latch_wait(&reply->latch, COMPLETE, limit_ms))
        return AHTTP_E_TIMEOUT;
    return reply->error ? reply->error->code : 0;
}

void ahttp_reply_cancel(ahttp_reply *reply)
{
    if (reply == &no_memory)
        return;
    ah_latch_lock(&reply->latch);
    if (reply->latch.stage < COMPLETE && !reply->cancel_posted) {
        reply->cancel_posted = true;
        reply->holders++;
        ah_loop_post_job(reply->background->loop, &reply->cancel);
    }
    ah_latch_unlock(&reply->latch);
}

void ahttp_reply_free(ahttp_reply *reply)
{
    if (!reply || reply == &no_memory)
        return;
    ahttp_reply_cancel(reply);
    give_up(reply);
}

/* ---- Looking at a reply ---- */

static bool has_answer(const ahttp_reply *reply)
{
    return is_complete(reply) && !reply->error;
}

int ahttp_reply_status(const ahttp_reply *reply)
{
    return has_answer(reply) ? reply->status : 0;
}

const char *ahttp_reply_url(const ahttp_reply *reply)
{
    return has_answer(reply) ? reply->url : NULL;
}

const ahttp_headers *ahttp_reply_headers(const ahttp_reply *reply)
{
    return has_answer(reply) ? &reply->headers : NULL;
}

const char *ahttp_reply_header(const ahttp_reply *reply, const char *name)
{
    return has_answer(reply) ? ahttp_headers_get(&reply->headers, name) : NULL;
}

ahttp_bytes ahttp_reply_body(const ahttp_reply *reply)
{
    if (!has_answer(reply))
        return (ahttp_bytes){NULL, 0};
    return (ahttp_bytes){reply->body.data, reply->body.len};
}

const ahttp_error *ahttp_reply_error(const ahttp_reply *reply)
{
    if (reply == &no_memory)
        return ah_error_no_memory();
    return is_complete(reply) ? reply->error : NULL;
}
