/* SPDX-License-Identifier: MIT */
#include "client/stage.h"
#include "client/chain.h"
#include "client/hop.h"
#include "client/response.h"

#define BIT(stage) (1u << AH_STAGE_##stage)

static const ah_stage *const stages[AH_STAGES] = {
    [AH_STAGE_PROXY] = &ah_proxy_stage,       [AH_STAGE_COOKIES] = &ah_cookie_stage,
    [AH_STAGE_AUTH] = &ah_auth_stage,         [AH_STAGE_EXPECT] = &ah_expect_stage,
    [AH_STAGE_REDIRECT] = &ah_redirect_stage, [AH_STAGE_RAISE] = &ah_raise_stage,
    [AH_STAGE_CODING] = &ah_coding_stage,
};

const unsigned char ah_stages_for_class[10] = {
    [1] = BIT(COOKIES) | BIT(RAISE) | BIT(CODING), /* 101 */
    [2] = BIT(COOKIES) | BIT(AUTH) | BIT(PROXY) | BIT(RAISE) | BIT(CODING),
    [3] = BIT(COOKIES) | BIT(AUTH) | BIT(PROXY) | BIT(REDIRECT) | BIT(RAISE) | BIT(CODING),
    [4] = BIT(COOKIES) | BIT(AUTH) | BIT(PROXY) | BIT(EXPECT) | BIT(RAISE) | BIT(CODING),
    [5] = BIT(COOKIES) | BIT(RAISE) | BIT(CODING),
    [6] = BIT(RAISE) | BIT(CODING),
    [7] = BIT(RAISE) | BIT(CODING),
    [8] = BIT(RAISE) | BIT(CODING),
    [9] = BIT(RAISE) | BIT(CODING),
};

/* ---- Verdicts ---- */

static void go_on(ahttp_response *call)
{
    if (call->phase == AH_CALL_PREPARING)
        ah_call_acquire(call);
    else if (call->is_result)
        ah_result_deliver(call);
    else
        ah_call_deliver(call);
}

static void follow(ahttp_response *call, ah_verdict verdict, ahttp_error *error)
{
    switch (verdict) {
    case AH_GO_ON: go_on(call); break;
    case AH_SEND_AGAIN: ah_call_send_again(call); break;
    case AH_NEXT_HOP: ah_hop_start(call); break;
    case AH_WAIT: call->stage_waits = true; break;
    case AH_REJECT: ah_call_reject(call, error); break;
    case AH_FAIL: ah_call_fail(call, error); break;
    }
}

/* ---- One after the other ---- */

static ah_verdict ask(const ah_stage *stage, ahttp_response *call, ahttp_error **error)
{
    if (call->phase == AH_CALL_PREPARING)
        return stage->before ? stage->before(call, error) : AH_GO_ON;
    return stage->after ? stage->after(call, error) : AH_GO_ON;
}

static void run_from(ahttp_response *call, unsigned first)
{
    ah_verdict verdict = AH_GO_ON;
    ahttp_error *error = NULL;

    for (unsigned i = first; i < AH_STAGES && verdict == AH_GO_ON; i++) {
        if (!(call->course.stages >> i & 1))
            continue;
        call->stage = i;
        verdict = ask(stages[i], call, &error);
    }
    follow(call, verdict, error);
}

void ah_stages_before(ahttp_response *call)
{
    call->is_plain = false;
    call->phase = AH_CALL_PREPARING;
    run_from(call, 0);
}

void ah_stages_after(ahttp_response *call)
{
    call->is_plain = false;
    call->phase = AH_CALL_DECIDING;
    run_from(call, 0);
}

void ah_stages_after_result(ahttp_response *result)
{
    run_from(result, 0);
}

void ah_stages_stop(ahttp_response *call)
{
    const ah_stage *stage = stages[call->stage];

    if (!call->stage_waits)
        return;
    call->stage_waits = false;
    ah_link_remove(&call->stage_job.link);
    if (stage->stop)
        stage->stop(call);
}

bool ah_stages_hop(const ahttp_response *from, ahttp_response *to)
{
    for (unsigned i = 0; i < AH_STAGES; i++)
        if (from->course.stages >> i & 1 && stages[i]->hop && !stages[i]->hop(from, to))
            return false;
    return true;
}

/* ---- Waiting ---- */

void ah_stage_decide(ahttp_response *call, ah_verdict verdict, ahttp_error *error)
{
    call->stage_waits = false;
    ah_link_remove(&call->stage_job.link);
    if (verdict == AH_GO_ON)
        run_from(call, call->stage + 1);
    else
        follow(call, verdict, error);
}

void ah_stage_run_soon(ahttp_response *call, ah_job_fn *run)
{
    call->stage_job.run = run;
    ah_loop_ready(call->session->guest.loop, &call->stage_job);
}

void ah_stage_begin_program(ahttp_response *call)
{
    call->refs++;
}

bool ah_stage_end_program(ahttp_response *call)
{
    call->refs--;
    if (call->sent)
        return true;
    ah_response_release(call);
    return false;
}
