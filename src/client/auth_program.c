/* SPDX-License-Identifier: MIT */
/* The part of logging in that is done by a function of the program. */
#include "base/mem.h"
#include "client/auth.h"
#include "client/request.h"
#include "http/challenge.h"
#include "http/pairs.h"
#include <ahttp/head.h>

enum { MOST_ROUNDS = 10 };

/* ---- Its answer ---- */

/* The stage that asks: logging in to hosts, or to proxies. */
static bool is_for_proxy(const ahttp_response *call)
{
    return call->stage == AH_STAGE_PROXY;
}

static ah_auth_program *of(ahttp_response *call)
{
    return is_for_proxy(call) ? &call->auth->proxys : &call->auth->hosts;
}

static bool copy_pairs(ah_arena *arena, const ahttp_pair *pairs, const ahttp_pair **to)
{
    size_t count = 0;

    while (pairs[count].name)
        count++;
    ahttp_pair *copy = ah_arena_alloc(arena, (count + 1) * sizeof *copy);
    for (size_t i = 0; copy && i < count; i++) {
        copy[i].name = ah_arena_copy(arena, ah_str_from(pairs[i].name));
        copy[i].value = ah_arena_copy(arena, ah_str_from(pairs[i].value ? pairs[i].value : ""));
        if (!copy[i].name || !copy[i].value)
            return false;
    }
    if (copy)
        copy[count] = (ahttp_pair){NULL, NULL};
    *to = copy;
    return copy != NULL;
}

/* Takes what the future brought, and ends it. */
static ahttp_error *take_answer(ahttp_response *call)
{
    ah_auth_program *program = of(call);
    ahttp_future *asked = program->asked;
    ahttp_error *error = ah_future_take_error(asked);
    const ahttp_pair *pairs = error ? NULL : asked->result;

    if (pairs)
        error = ah_pairs_check_added(pairs, "authorize");
    if (pairs && !error && !copy_pairs(&call->arena, pairs, &program->given))
        error = ah_error_no_memory();
    program->asked = NULL;
    ah_future_end(asked);
    return error;
}

static bool add_given(ahttp_response *call)
{
    ah_auth_program *program = of(call);
    const ahttp_pair *pair = program->given;

    program->given = NULL;
    for (; pair && pair->name; pair++)
        if (!ah_request_add_field(call, ah_str_from(pair->name), ah_str_from(pair->value)))
            return false;
    return true;
}

static void on_answer(ah_job *job)
{
    ahttp_response *call = AH_CONTAINER(job, ahttp_response, stage_job);
    ahttp_error *error = take_answer(call);
    ah_verdict verdict = error ? AH_FAIL : AH_GO_ON;

    if (!error && call->phase == AH_CALL_PREPARING && !add_given(call))
        verdict = ah_auth_no_memory(&error);
    else if (!error && call->phase != AH_CALL_PREPARING && of(call)->given)
        verdict = ah_auth_send_again(call, &error);
    if (call->phase != AH_CALL_PREPARING && verdict != AH_SEND_AGAIN)
        ah_conn_give_back(&call->exchange);
    ah_stage_decide(call, verdict, error);
}

/* ---- Asking ---- */

static ahttp_auth_request describe(ahttp_response *call, const char *host, const char *target)
{
    const ah_exchange *exchange = &call->exchange;
    bool is_before = call->phase == AH_CALL_PREPARING;
    int status = is_before ? 0 : exchange->response.status;

    return (ahttp_auth_request){
        .method = exchange->request.method.ptr,
        .url = call->url.safe.ptr,
        .host = host,
        .target = target,
        .headers = exchange->request.fields,
        .body = {exchange->body.ptr, exchange->body.len},
        .has_body = exchange->request.has_body,
        .is_proxys = is_for_proxy(call) || status == 407,
        .response = is_before ? NULL : call,
        .round = of(call)->rounds,
        .status = status,
        .answer = is_before ? NULL : &exchange->response.fields,
        .proxy = is_for_proxy(call) ? call->way.proxy->name : NULL,
    };
}

/* False: it did not get that far, or the call is over. */
static bool ask(ahttp_response *call, const ahttp_auth_request *request)
{
    const ah_login *login = call->course.login;
    const ah_proxy_spec *proxy = is_for_proxy(call) ? &call->way.proxy->spec : NULL;
    ahttp_authorize_fn *authorize = proxy ? proxy->authorize : login->authorize;

    ah_stage_begin_program(call);
    ahttp_future *future = authorize(request, proxy ? proxy->authorize_ctx : login->authorize_ctx);
    if (!future)
        ah_misuse("authorize: the function must return a future, never NULL");
    if (!ah_stage_end_program(call)) {
        ahttp_future_cancel(future);
        ahttp_drop(future);
        return false;
    }
    ah_future_hand_in(future);
    of(call)->asked = future;
    of(call)->rounds++;
    call->stage_job.run = on_answer;
    ah_future_wait(future, &call->stage_job);
    return true;
}

static void ask_program(ah_job *job)
{
    ahttp_response *call = AH_CONTAINER(job, ahttp_response, stage_job);
    const ah_request_head *head = &call->exchange.request;
    const char *host = ah_arena_copy(&call->arena, head->authority);
    const char *target = ah_arena_copy(&call->arena, head->target);

    if (!host || !target) {
        ah_stage_decide(call, AH_FAIL, ah_error_no_memory());
        return;
    }
    const ahttp_auth_request request = describe(call, host, target);
    ask(call, &request);
}

static ah_verdict ask_soon(ahttp_response *call, ahttp_error **error)
{
    if (!ah_auth_of(call))
        return ah_auth_no_memory(error);
    if (of(call)->rounds >= MOST_ROUNDS)
        return AH_GO_ON;
    ah_stage_run_soon(call, ask_program);
    return AH_WAIT;
}

ah_verdict ah_auth_program_before(ahttp_response *call, ahttp_error **error)
{
    if (!call->auth || !of(call)->given)
        return ask_soon(call, error);
    return add_given(call) ? AH_GO_ON : ah_auth_no_memory(error);
}

/* A proxy's 407 is its function's to answer, where it has one. */
static bool is_asked_for(const ahttp_response *call)
{
    bool has_own = call->way.is_forwarded && call->way.proxy->spec.authorize;
    int status = call->exchange.response.status;

    if (is_for_proxy(call))
        return status == 407;
    return status == 401 || (status == 407 && !has_own);
}

/* Whether the login that is wanted needs the same connection for all of its rounds (RFC 4559 §5).
   Any other must not hold one that somebody waits for, who may be the function itself. */
static bool is_about_connection(const ahttp_response *call)
{
    return ahttp_response_challenge(call, "Negotiate", NULL) ||
           ahttp_response_challenge(call, "NTLM", NULL);
}

ah_verdict ah_auth_program_after(ahttp_response *call, ahttp_error **error)
{
    ah_verdict verdict = is_asked_for(call) ? ask_soon(call, error) : AH_GO_ON;

    call->exchange.keeps_conn = verdict == AH_WAIT && is_about_connection(call);
    return verdict;
}

static void stop(ah_auth_program *program)
{
    ahttp_future *asked = program->asked;

    if (!asked)
        return;
    program->asked = NULL;
    ahttp_future_cancel(asked);
    ah_future_end(asked);
}

void ah_auth_program_stop(ah_auth *auth)
{
    stop(&auth->hosts);
    stop(&auth->proxys);
}

const char *ahttp_auth_challenge(const ahttp_auth_request *request, const char *scheme,
                                 const char *parameter)
{
    const ahttp_headers *answer = request->answer;
    ah_str name = request->is_proxys ? AH_STR("Proxy-Authenticate") : AH_STR("WWW-Authenticate");
    const ah_challenge *challenges;
    size_t count;

    if (!answer || !ah_challenges_read(answer, name, answer->arena, &challenges, &count))
        return NULL;
    return ah_challenge_find(challenges, count, scheme, parameter);
}
