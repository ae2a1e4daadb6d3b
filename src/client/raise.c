/* SPDX-License-Identifier: MIT */
/* The stage that makes errors of responses whose status means failure, for programs that want
   them so; it comes last. */
#include "base/error.h"
#include "client/request.h"

enum { FIRST_FAILURE = 400 };

void ah_raise_prepare(ahttp_response *call, ah_call_settings *settings,
                      const ahttp_request_options *options)
{
    const ahttp_session *session = call->session;
    ahttp_raise raise = options->raise_for_status;

    settings->raise_if = options->raise_if;
    settings->raise_if_ctx = options->raise_if_ctx;
    if (raise == AHTTP_RAISE_DEFAULT && !options->raise_if) {
        raise = session->raise_for_status;
        settings->raise_if = session->raise_if;
        settings->raise_if_ctx = session->raise_if_ctx;
    }
    if (raise == AHTTP_RAISE_NEVER)
        settings->raise_if = NULL;
    if (raise == AHTTP_RAISE_FAILURES || settings->raise_if)
        call->course.stages |= 1u << AH_STAGE_RAISE;
}

/* What of the head goes with the error. */
static ahttp_error *with_head(const ahttp_response *call, ahttp_error *error)
{
    const ah_response_head *head = &call->exchange.response;
    const ahttp_headers *fields = &head->fields;
    ah_arena arena = {0};
    ahttp_pair *pairs = ah_arena_alloc(&arena, (fields->count + 1) * sizeof *pairs);

    for (size_t i = 0; pairs && i <= fields->count; i++)
        pairs[i] = ahttp_headers_at(fields, i);
    error = ah_error_with_response(error, head->status, pairs, (ahttp_bytes){NULL, 0});
    ah_arena_release(&arena);
    return error;
}

static ah_verdict refuse(const ahttp_response *call, ahttp_error **error)
{
    const ah_response_head *head = &call->exchange.response;
    const char *reason = ahttp_response_reason(call);

    *error = with_head(call, ah_error_new(AHTTP_E_STATUS, "status %d%s%s", head->status,
                                          *reason ? " " : "", reason));
    return AH_REJECT;
}

static void ask_program(ah_job *job)
{
    ahttp_response *call = AH_CONTAINER(job, ahttp_response, stage_job);
    ahttp_error *error = NULL;
    ah_verdict verdict = AH_GO_ON;

    ah_stage_begin_program(call);
    bool fails = call->settings->raise_if(call, call->settings->raise_if_ctx);
    if (!ah_stage_end_program(call))
        return;
    if (fails)
        verdict = refuse(call, &error);
    ah_stage_decide(call, verdict, error);
}

static ah_verdict after(ahttp_response *call, ahttp_error **error)
{
    if (call->settings->raise_if) {
        ah_stage_run_soon(call, ask_program);
        return AH_WAIT;
    }
    return call->exchange.response.status < FIRST_FAILURE ? AH_GO_ON : refuse(call, error);
}

const ah_stage ah_raise_stage = {.after = after};
