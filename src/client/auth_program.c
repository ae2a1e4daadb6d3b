/* SPDX-License-Identifier: MIT */
/* The part of logging in that is done by a function of the program. */
#include "base/mem.h"
#include "client/auth.h"
#include "client/request.h"

enum { MOST_ROUNDS = 10 };

/* ---- Its answer ---- */

/* NULL: there is nothing wrong with it. */
static ahttp_error *check(const ahttp_pair *pairs)
{
    static const char *const library_s[] = {"Host", "Content-Length", "Transfer-Encoding"};
    const char *name = "";
    const char *wrong = ah_pairs_check(pairs, &name);

    if (wrong)
        return ah_error_new(AHTTP_E_ARGUMENT, "authorize: header \"%s\": %s", name, wrong);
    for (size_t i = 0; i < sizeof library_s / sizeof *library_s; i++)
        if (ah_pairs_have(pairs, ah_str_from(library_s[i])))
            return ah_error_new(AHTTP_E_ARGUMENT,
                                "authorize: %s follows the request, and cannot "
                                "be given",
                                library_s[i]);
    return NULL;
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
    ah_auth *auth = call->auth;
    ahttp_future *asked = auth->asked;
    ahttp_error *error = ah_future_take_error(asked);
    const ahttp_pair *pairs = error ? NULL : asked->result;

    if (pairs)
        error = check(pairs);
    if (pairs && !error && !copy_pairs(&call->arena, pairs, &auth->given))
        error = ah_error_no_memory();
    auth->asked = NULL;
    ah_future_end(asked);
    return error;
}

static bool add_given(ahttp_response *call)
{
    const ahttp_pair *pair = call->auth->given;

    call->auth->given = NULL;
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
    else if (!error && call->phase != AH_CALL_PREPARING && call->auth->given)
        verdict = ah_auth_send_again(call, &error);
    ah_stage_decide(call, verdict, error);
}

/* ---- Asking ---- */

static ahttp_auth_request describe(ahttp_response *call, const char *host, const char *target)
{
    const ah_exchange *exchange = &call->exchange;
    bool is_before = call->phase == AH_CALL_PREPARING;

    return (ahttp_auth_request){
        .method = exchange->request.method.ptr,
        .url = call->url.safe.ptr,
        .host = host,
        .target = target,
        .headers = exchange->request.fields,
        .body = {exchange->body.ptr, exchange->body.len},
        .has_body = exchange->request.has_body,
        .is_proxys = !is_before && exchange->response.status == 407,
        .response = is_before ? NULL : call,
        .round = call->auth->rounds,
    };
}

/* False: it did not get that far, or the call is over. */
static bool ask(ahttp_response *call, const ahttp_auth_request *request)
{
    const ah_login *login = call->course.login;

    ah_stage_begin_program(call);
    ahttp_future *future = login->authorize(request, login->authorize_ctx);
    if (!future)
        ah_misuse("authorize: the function must return a future, never NULL");
    if (!ah_stage_end_program(call)) {
        ahttp_future_cancel(future);
        ahttp_drop(future);
        return false;
    }
    ah_future_hand_in(future);
    call->auth->asked = future;
    call->auth->rounds++;
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
    if (call->auth->rounds >= MOST_ROUNDS)
        return AH_GO_ON;
    ah_stage_run_soon(call, ask_program);
    return AH_WAIT;
}

ah_verdict ah_auth_program_before(ahttp_response *call, ahttp_error **error)
{
    if (!call->auth || !call->auth->given)
        return ask_soon(call, error);
    return add_given(call) ? AH_GO_ON : ah_auth_no_memory(error);
}

ah_verdict ah_auth_program_after(ahttp_response *call, ahttp_error **error)
{
    int status = call->exchange.response.status;

    return status == 401 || status == 407 ? ask_soon(call, error) : AH_GO_ON;
}

void ah_auth_program_stop(ah_auth *auth)
{
    ahttp_future *asked = auth->asked;

    if (!asked)
        return;
    auth->asked = NULL;
    ahttp_future_cancel(asked);
    ah_future_end(asked);
}
