/* SPDX-License-Identifier: MIT */
/* The hash of a body that is pulled, which a server wants signed: it is read once for that, and
   once more to be sent. */
#include "client/auth.h"
#include "client/response.h"
#include "conn/source.h"

/* Pieces that are hashed before others have their turn. */
enum { PIECES_PER_TURN = 32 };

static ah_verdict fail_for_memory(ah_auth *auth, ahttp_error **error)
{
    ah_auth_body_stop(auth);
    return ah_auth_no_memory(error);
}

/* ---- Afterwards ---- */

static void go_on(ahttp_response *call, ah_verdict verdict, ahttp_error *error)
{
    if (verdict == AH_GO_ON)
        verdict = ah_auth_digest_answer(call, &error);
    if (verdict != AH_WAIT)
        ah_stage_decide(call, verdict, error);
}

static ah_verdict reopen(ahttp_response *call, ahttp_error **error);

static void on_reopened(void *ctx)
{
    ahttp_error *error = NULL;
    ah_verdict verdict = reopen(ctx, &error);

    go_on(ctx, verdict, error);
}

static ah_verdict reopen(ahttp_response *call, ahttp_error **error)
{
    switch (ah_source_open(call->exchange.source, call->session->guest.loop, on_reopened, call,
                           error)) {
    case AH_PULL_WAIT: return AH_WAIT;
    case AH_PULL_FAILED: return AH_FAIL;
    default: return AH_GO_ON;
    }
}

static ah_verdict end_hash(ahttp_response *call, ahttp_error **error)
{
    ah_auth *auth = call->auth;

    if (!ah_hasher_end(auth->hasher, auth->body_hash))
        return fail_for_memory(auth, error);
    ah_auth_body_stop(auth);
    ah_source_restart(call->exchange.source);
    return reopen(call, error);
}

/* ---- Reading ---- */

static ah_verdict read_on(ahttp_response *call, ahttp_error **error);

static void on_more(void *ctx)
{
    ahttp_error *error = NULL;
    ah_verdict verdict = read_on(ctx, &error);

    go_on(ctx, verdict, error);
}

static void on_turn(ah_job *job)
{
    on_more(AH_CONTAINER(job, ahttp_response, stage_job));
}

static ah_verdict read_on(ahttp_response *call, ahttp_error **error)
{
    ah_auth *auth = call->auth;

    for (int i = 0; i < PIECES_PER_TURN; i++) {
        ah_str piece = {NULL, 0};
        switch (ah_source_next(call->exchange.source, &piece, error)) {
        case AH_PULL_WAIT: return AH_WAIT;
        case AH_PULL_FAILED: ah_auth_body_stop(auth); return AH_FAIL;
        case AH_PULL_END: return end_hash(call, error);
        case AH_PULL_READY:
            if (!ah_hasher_add(auth->hasher, piece))
                return fail_for_memory(auth, error);
        }
    }
    ah_stage_run_soon(call, on_turn);
    return AH_WAIT;
}

ah_verdict ah_auth_hash_body(ahttp_response *call, ah_hash hash, ahttp_error **error)
{
    call->auth->hasher = ah_hasher_new(hash);
    if (!call->auth->hasher)
        return ah_auth_no_memory(error);
    ah_source_set_wake(call->exchange.source, on_more, call);
    return read_on(call, error);
}

void ah_auth_body_stop(ah_auth *auth)
{
    ah_hasher_free(auth->hasher);
    auth->hasher = NULL;
}
