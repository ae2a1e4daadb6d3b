/* SPDX-License-Identifier: MIT */
#include "conn/source.h"
#include "base/mem.h"

void ah_source_init(ahttp_body *body, const ah_source_ops *ops, ahttp_body_replay replay,
                    int64_t length)
{
    body->ops = ops;
    body->replay = replay;
    body->length = length;
}

void ah_source_take(ahttp_body *body)
{
    if (!body)
        return;
    if (body->is_taken)
        ah_misuse("a request body was given away twice: make one for each request, part and "
                  "compressed body");
    body->is_taken = true;
}

void ah_source_run_soon(ahttp_body *body, ah_job_fn *run)
{
    body->job.run = run;
    ah_loop_ready(body->loop, &body->job);
}

/* ---- Trailers ---- */

static bool add_trailer(ahttp_body *body, const ahttp_pair *pair)
{
    /* RFC 9110 §6.5.1: what frames or routes a message has no place behind it. */
    static const char *const never[] = {"Transfer-Encoding", "Content-Length", "Host", "Trailer"};
    ah_source_trailers *trailers = &body->trailers;
    ah_str name = ah_str_from(pair->name);
    ah_str value = ah_str_from(pair->value);
    bool is_sendable = ah_field_name_is_valid(name) && ah_field_value_is_valid(value);

    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        is_sendable = is_sendable && !ah_str_equal_nocase(name, ah_str_from(never[i]));
    if (!is_sendable)
        trailers->error = ah_error_new(AHTTP_E_ARGUMENT,
                                       "send trailer \"%s\": its name is not a token or must not "
                                       "stand in trailers, or its value has a control character",
                                       pair->name);
    else if (!ah_headers_add(&trailers->fields, name, value))
        trailers->error = ah_error_no_memory();
    return !trailers->error;
}

static void run_trailers(ah_job *job)
{
    ahttp_body *body = AH_CONTAINER(job, ahttp_body, job);
    bool gone = false;

    body->gone = &gone;
    const ahttp_pair *pair = body->trailers.fn(body->trailers.ctx);
    if (gone)
        return;
    body->gone = NULL;
    body->trailers.state = AH_TRAILERS_THERE;
    while (pair && pair->name && add_trailer(body, pair))
        pair++;
    ah_source_wake(body);
}

static ah_pull next_trailers(ahttp_body *body, ahttp_error **error)
{
    ah_source_trailers *trailers = &body->trailers;

    if (!trailers->fn)
        return AH_PULL_END;
    if (trailers->state == AH_TRAILERS_NOT_YET) {
        trailers->state = AH_TRAILERS_ASKED;
        ah_headers_init(&trailers->fields, &trailers->arena);
        ah_source_run_soon(body, run_trailers);
    }
    if (trailers->state == AH_TRAILERS_ASKED)
        return AH_PULL_WAIT;
    *error = trailers->error;
    trailers->error = NULL;
    return *error ? AH_PULL_FAILED : AH_PULL_END;
}

static void forget_trailers(ah_source_trailers *trailers)
{
    trailers->state = AH_TRAILERS_NOT_YET;
    ah_error_free(trailers->error);
    trailers->error = NULL;
    trailers->fields = (ahttp_headers){0};
    ah_arena_reset(&trailers->arena);
}

/* ---- Pulling ---- */

ah_pull ah_source_open(ahttp_body *body, ahttp_loop *loop, ah_source_wake_fn *wake, void *ctx,
                       ahttp_error **error)
{
    body->loop = loop;
    ah_source_set_wake(body, wake, ctx);
    return body->ops->open ? body->ops->open(body, error) : AH_PULL_READY;
}

ah_pull ah_source_next(ahttp_body *body, ah_str *piece, ahttp_error **error)
{
    body->was_pulled = true;
    if (body->trailers.state == AH_TRAILERS_NOT_YET) {
        ah_pull pull = body->ops->next(body, piece, error);
        if (pull != AH_PULL_END)
            return pull;
    }
    return next_trailers(body, error);
}

void ah_source_stop(ahttp_body *body)
{
    ah_link_remove(&body->job.link);
    if (body->gone)
        *body->gone = true;
    body->gone = NULL;
    if (body->ops->stop)
        body->ops->stop(body);
}

void ah_source_restart(ahttp_body *body)
{
    ah_source_stop(body);
    if (body->replay == AHTTP_BODY_ONCE)
        return;
    body->was_pulled = false;
    forget_trailers(&body->trailers);
    if (body->ops->rewind)
        body->ops->rewind(body);
}

void ah_source_free(ahttp_body *body)
{
    if (!body)
        return;
    ah_source_stop(body);
    if (body->ops->release)
        body->ops->release(body);
    forget_trailers(&body->trailers);
    ah_arena_release(&body->trailers.arena);
    ah_free(body);
}

/* ---- For programs ---- */

ahttp_body_replay ahttp_body_replay_of(const ahttp_body *body)
{
    return body->replay;
}

int64_t ahttp_body_length(const ahttp_body *body)
{
    return body->length;
}

void ahttp_body_set_trailers(ahttp_body *body, ahttp_trailers_fn *fn, void *ctx)
{
    body->trailers.fn = fn;
    body->trailers.ctx = ctx;
}

void ahttp_body_free(ahttp_body *body)
{
    if (body && body->is_taken)
        ah_misuse("ahttp_body_free: the body belongs to a request or another body, which frees it");
    ah_source_free(body);
}
