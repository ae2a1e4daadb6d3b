/* SPDX-License-Identifier: MIT */
#include "client/chain.h"
#include "base/mem.h"
#include "client/call_trace.h"
#include "client/hop.h"
#include "client/hsts_list.h"
#include "client/request.h"
#include "conn/source.h"
#include <ahttp/middleware.h>
#include <ahttp/task.h>

struct ahttp_next {
    ah_chain *chain;
    size_t index; /* of the middleware that it calls */
};

/* It is freed when its asker has ended and nothing is under way in it. */
struct ahttp_outgoing {
    ahttp_response *asker; /* NULL: the request is over */
    ahttp_loop *loop;
    ahttp_future *ticket; /* of the first middleware */
    ah_job job;           /* waits for that */
    ah_arena arena;
    ahttp_headers fields;
    ah_str method; /* these two as they are now; texts are the asker's */
    const ah_url *url;
    size_t steps; /* under way */
    ahttp_next nexts[];
};

/* One call of what comes next, until its future is done. */
typedef struct step {
    ah_chain *chain;
    size_t index;
    ahttp_future *promise; /* of its caller */
    ahttp_future *inner;   /* that the middleware gave, or NULL: it was not called yet */
    ah_job job;
} step;

static void drop_response(void *result)
{
    ahttp_response_unref(result);
}

static void tidy(ah_chain *chain)
{
    if (chain->asker || chain->steps > 0)
        return;
    ah_arena_release(&chain->arena);
    ah_free(chain);
}

static void end_step(step *it)
{
    ah_chain *chain = it->chain;

    ah_link_remove(&it->job.link);
    ah_free(it);
    chain->steps--;
    tidy(chain);
}

/* ---- The network ---- */

static bool take_fields(ahttp_response *call, const ah_chain *chain)
{
    ahttp_headers *fields = &call->request_fields;

    ah_headers_init(fields, &call->arena);
    for (size_t i = 0; i < chain->fields.count; i++)
        if (!ah_headers_add(fields, chain->fields.fields[i].name, chain->fields.fields[i].value))
            return false;
    call->own_fields = fields->count;
    return true;
}

/* What the asker asks for, with what was changed; NULL when out of memory. */
static const ah_hop *plan(const ah_chain *chain)
{
    ahttp_response *asker = chain->asker;
    ah_hop *hop = ah_arena_alloc(&asker->arena, sizeof *hop);

    if (!hop)
        return NULL;
    *hop = (ah_hop){.url = *chain->url,
                    .method = chain->method,
                    .change = ah_origin_change_of(&asker->url, chain->url)};
    hop->left_behind = ah_secrets_left_behind[hop->change];
    return hop;
}

/* A block that asks for that; NULL when out of memory, or when there is none. */
static ahttp_response *new_call(ah_chain *chain)
{
    ahttp_response *asker = chain->asker;
    ahttp_response *call = asker ? ah_response_new(asker->session) : NULL;

    if (!call)
        return NULL;
    call->is_plain = false;
    call->asker = asker;
    asker->askings++;
    const ah_hop *hop = plan(chain);
    if (!hop || !ah_hop_repeat(call, asker, hop) || !take_fields(call, chain)) {
        ah_call_stop(call, AH_CALL_FAILED);
        ah_response_release(call);
        return NULL;
    }
    call->course.stages &= ~(unsigned)AH_STAGES_OUTSIDE;
    call->course.middlewares = NULL;
    call->log_number = asker->log_number;
    if (AH_UNLIKELY(asker->tracer))
        ah_call_trace_sending(call, asker);
    return call;
}

/* NULL, or why the request cannot be sent now. */
static ahttp_error *check(const ahttp_response *asker)
{
    if (!asker)
        return ah_error_new(AHTTP_E_CANCELLED, "send request: it has ended already");
    if (asker->lends_source)
        return ah_error_new(AHTTP_E_STATE, "send request: its body is still being sent; await the "
                                           "response before, and unref it");
    if (asker->exchange.source && !ah_call_can_send_again(asker))
        return ah_error_new(AHTTP_E_BODY_ONCE,
                            "send request again: its body can be sent only once");
    return NULL;
}

static void send_call(ah_chain *chain, ahttp_future *promise)
{
    ahttp_error *error = check(chain->asker);
    ahttp_response *call = error ? NULL : new_call(chain);

    if (!call) {
        ah_future_reject(promise, error ? error : ah_error_no_memory());
        return;
    }
    call->exchange.source = chain->asker->exchange.source;
    chain->asker->exchange.source = NULL;
    chain->asker->lends_source = call->exchange.source != NULL;
    ah_call_begin(call);
    ah_call_take_promise(call, promise);
    ah_call_restart(call);
}

/* ---- Steps ---- */

static void on_inner(ah_job *job)
{
    step *it = AH_CONTAINER(job, step, job);
    ahttp_future *inner = it->inner;
    ahttp_error *error = ah_future_take_error(inner);
    void *result = inner->result;

    inner->result = NULL;
    ah_future_end(inner);
    if (error)
        ah_future_reject(it->promise, error);
    else
        ah_future_resolve(it->promise, result, drop_response);
    end_step(it);
}

#if AHTTP_TASKS
typedef struct task_call {
    const ahttp_middleware *middleware;
    ahttp_outgoing *request;
    ahttp_next *next;
} task_call;

static void *run_task(void *arg)
{
    task_call call = *(task_call *)arg;

    ah_free(arg);
    return call.middleware->task(call.request, call.next, call.middleware->ctx);
}

static ahttp_future *start_task(const ahttp_middleware *middleware, ah_chain *chain,
                                ahttp_next *next)
{
    task_call *call = AH_NEW(task_call);

    if (!call)
        return ah_future_failed(chain->loop, ah_error_no_memory());
    *call = (task_call){middleware, chain, next};
    return ahttp_spawn(run_task, call);
}
#else
static ahttp_future *start_task(const ahttp_middleware *middleware, ah_chain *chain,
                                ahttp_next *next)
{
    (void)middleware;
    (void)next;
    return ah_future_failed(chain->loop,
                            ah_error_new(AHTTP_E_UNSUPPORTED,
                                         "call middleware: this libahttp was built without tasks"));
}
#endif

static void call_middleware(step *it, const ahttp_middleware *middleware)
{
    ah_chain *chain = it->chain;
    ahttp_next *next = &chain->nexts[it->index + 1];

    it->promise->cancel = NULL;
    ahttp_future *inner = middleware->task ? start_task(middleware, chain, next)
                                           : middleware->fn(chain, next, middleware->ctx);
    if (!inner)
        ah_misuse("a middleware gave NULL: it must give a future, such as that of ahttp_next_send");
    it->inner = inner;
    ah_future_hand_in(inner);
    it->job.run = on_inner;
    ah_future_wait(inner, &it->job);
}

static void cancel_step(ahttp_future *promise)
{
    step *it = promise->owner;

    if (it->inner) {
        ahttp_future_cancel(it->inner);
        return;
    }
    ah_future_reject(promise, ah_error_new(AHTTP_E_CANCELLED, "cancelled"));
    end_step(it);
}

static void run_step(ah_job *job)
{
    step *it = AH_CONTAINER(job, step, job);
    ahttp_future *promise = it->promise;
    const ahttp_response *asker = it->chain->asker;
    const ahttp_middleware *middleware = asker ? &asker->course.middlewares[it->index] : NULL;

    if (middleware && (middleware->fn || middleware->task)) {
        bool was_done = promise->done;
        call_middleware(it, middleware);
        if (promise->done && !was_done)
            ahttp_future_cancel(it->inner);
        else
            promise->cancel = cancel_step;
        return;
    }
    promise->cancel = NULL;
    send_call(it->chain, promise);
    end_step(it);
}

ahttp_future *ahttp_next_send(ahttp_next *next)
{
    ah_chain *chain = next->chain;
    ahttp_future *promise = ah_future_new(chain->loop);
    step *it = promise ? AH_NEW(step) : NULL;

    if (!promise)
        return ah_future_failed(chain->loop, ah_error_no_memory());
    if (!it) {
        ah_future_reject(promise, ah_error_no_memory());
        return promise;
    }
    *it =
        (step){.chain = chain, .index = next->index, .promise = promise, .job = {.run = run_step}};
    promise->cancel = cancel_step;
    promise->owner = it;
    chain->steps++;
    ah_loop_ready(chain->loop, &it->job);
    return promise;
}

/* ---- The asker ---- */

static size_t count_middlewares(const ahttp_middleware *list)
{
    size_t count = 0;

    while (list[count].fn || list[count].task)
        count++;
    return count;
}

bool ah_middlewares_copy(const ahttp_middleware *list, ah_arena *arena,
                         const ahttp_middleware **copy)
{
    size_t count = list ? count_middlewares(list) : 0;
    ahttp_middleware *room = count ? ah_arena_alloc(arena, (count + 1) * sizeof *room) : NULL;

    *copy = room;
    if (room)
        memcpy(room, list, (count + 1) * sizeof *room);
    return room || count == 0;
}

static ah_chain *new_chain(ahttp_response *asker)
{
    const ahttp_headers *fields = asker->exchange.request.fields;
    size_t count = count_middlewares(asker->course.middlewares);
    ah_chain *chain = ah_alloc_zeroed(sizeof *chain + (count + 1) * sizeof *chain->nexts);

    if (!chain)
        return NULL;
    chain->loop = asker->session->guest.loop;
    for (size_t i = 0; i <= count; i++)
        chain->nexts[i] = (ahttp_next){chain, i};
    ah_headers_init(&chain->fields, &chain->arena);
    for (size_t i = 0; i < fields->count; i++)
        if (!ah_headers_add(&chain->fields, fields->fields[i].name, fields->fields[i].value)) {
            tidy(chain);
            return NULL;
        }
    chain->asker = asker;
    chain->method = asker->exchange.request.method;
    chain->url = &asker->url;
    return chain;
}

static void detach(ah_chain *chain)
{
    chain->asker->chain = NULL;
    chain->asker = NULL;
}

static void on_result(ah_job *job)
{
    ah_chain *chain = AH_CONTAINER(job, ah_chain, job);
    ahttp_response *asker = chain->asker;
    ahttp_error *error = ah_future_take_error(chain->ticket);
    ahttp_response *result = chain->ticket->result;

    chain->ticket->result = NULL;
    ah_future_end(chain->ticket);
    detach(chain);
    tidy(chain);
    if (!error && !result)
        error = ah_error_new(AHTTP_E_STATE, "run middleware: it gave no response");
    if (error)
        ah_call_fail(asker, error);
    else
        ah_result_take(asker, result);
}

void ah_chain_start(ahttp_response *asker)
{
    ah_chain *chain = new_chain(asker);

    asker->is_plain = false;
    asker->phase = AH_CALL_ASKING;
    if (!chain) {
        ah_call_fail(asker, ah_error_no_memory());
        return;
    }
    asker->chain = chain;
    chain->ticket = ahttp_next_send(&chain->nexts[0]);
    ah_future_hand_in(chain->ticket);
    chain->job.run = on_result;
    ah_future_wait(chain->ticket, &chain->job);
}

void ah_chain_stop(ahttp_response *asker)
{
    ah_chain *chain = asker->chain;
    ahttp_future *ticket = chain->ticket;

    detach(chain);
    chain->steps++; /* so that it stays meanwhile */
    ah_link_remove(&chain->job.link);
    ahttp_future_cancel(ticket);
    ah_future_end(ticket);
    chain->steps--;
    tidy(chain);
}

/* ---- What middlewares see and change ---- */

ahttp_response *ahttp_outgoing_answer(ahttp_outgoing *request, int status,
                                      const ahttp_pair *headers, ahttp_bytes body)
{
    ahttp_response *made = new_call(request);
    bool failed = false;

    if (!made)
        return NULL;
    ah_response_head *head = &made->exchange.response;
    *head = (ah_response_head){.status = status, .minor_version = 1};
    ah_headers_init(&head->fields, &made->arena);
    for (; headers && headers->name && !failed; headers++)
        failed = headers->value && !ah_headers_add(&head->fields, ah_str_from(headers->name),
                                                   ah_str_from(headers->value));
    ahttp_error *error = ah_body_add(&made->body, ah_str_make(body.data, body.len));
    if (!error)
        error = ah_body_end(&made->body);
    ah_call_stop(made, error || failed ? AH_CALL_FAILED : AH_CALL_COMPLETE);
    if (error || failed) {
        ah_error_free(error);
        ah_response_release(made);
        return NULL;
    }
    made->refs = 1;
    return made;
}

const char *ahttp_outgoing_method(const ahttp_outgoing *request)
{
    return request->asker ? request->method.ptr : "";
}

const char *ahttp_outgoing_url(const ahttp_outgoing *request)
{
    return request->asker ? request->url->safe.ptr : "";
}

const ahttp_headers *ahttp_outgoing_headers(const ahttp_outgoing *request)
{
    return &request->fields;
}

unsigned ahttp_outgoing_hops(const ahttp_outgoing *request)
{
    return request->asker ? request->asker->hops : 0;
}

bool ahttp_outgoing_is_replayable(const ahttp_outgoing *request)
{
    const ahttp_response *asker = request->asker;

    return asker && asker->course.body_replay != AHTTP_BODY_ONCE;
}

int64_t ahttp_outgoing_time_left_ms(const ahttp_outgoing *request)
{
    const ahttp_response *asker = request->asker;

    if (!asker)
        return 0;
    if (!ah_timer_is_armed(&asker->deadline))
        return AHTTP_NEVER;
    int64_t left_ms = asker->deadline.due_ms - ahttp_loop_now(request->loop);
    return left_ms > 0 ? left_ms : 0;
}

static bool is_ours(ah_str name)
{
    return ah_str_equal_nocase(name, AH_STR("Host")) ||
           ah_str_equal_nocase(name, AH_STR("Content-Length")) ||
           ah_str_equal_nocase(name, AH_STR("Transfer-Encoding"));
}

bool ahttp_outgoing_set_header(ahttp_outgoing *request, const char *name, const char *value)
{
    ahttp_headers *fields = &request->fields;
    ah_str wanted = ah_str_from(name);
    size_t kept = 0;

    if (!ah_field_name_is_valid(wanted) || is_ours(wanted) ||
        (value && !ah_field_value_is_valid(ah_str_from(value))))
        return false;
    for (size_t i = 0; i < fields->count; i++)
        if (!ah_str_equal_nocase(fields->fields[i].name, wanted))
            fields->fields[kept++] = fields->fields[i];
    fields->count = kept;
    return !value || ah_headers_add(fields, wanted, ah_str_from(value));
}

bool ahttp_outgoing_set_method(ahttp_outgoing *request, const char *method)
{
    ahttp_response *asker = request->asker;
    ah_str wanted = ah_str_from(method);

    if (!asker || !ah_method_is_valid(wanted) || ah_str_equal(wanted, AH_STR("CONNECT")) ||
        ah_str_equal(request->method, AH_STR("CONNECT")))
        return false;
    const char *text = ah_arena_copy(&asker->arena, wanted);
    if (text)
        request->method = ah_str_make(text, wanted.len);
    return text != NULL;
}

static void leave_secrets(ahttp_headers *fields, unsigned left_behind, const char *const *secrets)
{
    size_t kept = 0;

    for (size_t i = 0; i < fields->count; i++)
        if (!(ah_secret_of_field(fields->fields[i].name, secrets) & left_behind))
            fields->fields[kept++] = fields->fields[i];
    fields->count = kept;
}

bool ahttp_outgoing_set_url(ahttp_outgoing *request, const char *text)
{
    ahttp_response *asker = request->asker;
    ah_str scheme = ah_url_scheme_of(ah_str_from(text));
    ah_url *url = asker ? ah_arena_alloc(&asker->arena, sizeof *url) : NULL;

    if (!url || ah_str_equal(request->method, AH_STR("CONNECT")) ||
        (scheme.ptr && !ah_str_equal_nocase(scheme, AH_STR("http")) &&
         !ah_str_equal_nocase(scheme, AH_STR("https"))) ||
        ah_url_join(url, &asker->arena, request->url, ah_str_from(text)) ||
        !ah_hsts_change_url(asker->session, url, &asker->arena))
        return false;
    unsigned left_behind = ah_secrets_left_behind[ah_origin_change_of(request->url, url)];
    if (url->userinfo.ptr)
        left_behind |= AH_SECRET_AUTHORIZATION;
    leave_secrets(&request->fields, left_behind, asker->settings->secret_headers);
    request->url = url;
    return true;
}

bool ahttp_outgoing_set_body(ahttp_outgoing *request, ahttp_body *body)
{
    ahttp_response *asker = request->asker;

    ah_source_take(body);
    if (!asker || asker->lends_source || !body) {
        ah_source_free(body);
        return false;
    }
    ah_source_free(asker->exchange.source);
    asker->exchange.source = body;
    asker->exchange.body = ah_str_make(NULL, 0);
    asker->exchange.request.has_body = true;
    asker->course.body_replay = body->replay;
    return true;
}
