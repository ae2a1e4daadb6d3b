/* SPDX-License-Identifier: MIT */
#include "pool/proxy_asking.h"
#include "base/mem.h"
#include "http/pairs.h"
#include "loop/future.h"

struct ah_proxy_asking {
    ah_job job; /* calls the program */
    ahttp_authorize_fn *authorize;
    void *authorize_ctx;
    ahttp_auth_request question;
    ahttp_headers none, answer; /* of CONNECT, and of the 407 */
    ah_arena arena;             /* of all texts: what asks may end while the program looks */
    ah_proxy_asking_fn *done;
    void *ctx;
    ah_list futures; /* the one future */
    ahttp_future *future;
    bool is_inside; /* the program's function */
    bool is_cancelled;
};

static void free_asking(ah_proxy_asking *asking)
{
    ah_arena_release(&asking->arena);
    ah_free(asking);
}

static void finish(ah_proxy_asking *asking, const ahttp_pair *fields, ahttp_error *error)
{
    ah_proxy_asking_fn *done = asking->done;
    void *ctx = asking->ctx;

    free_asking(asking);
    done(ctx, fields, error);
}

static void run_answered(ah_job *job)
{
    ahttp_future *future = AH_CONTAINER(job, ahttp_future, then);
    ah_proxy_asking *asking = future->holder;
    ahttp_error *error = ah_future_take_error(future);
    const ahttp_pair *fields = error ? NULL : future->result;

    ah_future_leave(future);
    if (fields)
        error = ah_pairs_check_added(fields, "authorize");
    finish(asking, error ? NULL : fields, error);
    ah_future_end(future);
}

static void abandon(ahttp_future *future)
{
    if (!ahttp_future_done(future))
        ahttp_future_cancel(future);
    ahttp_drop(future);
}

static void run_program(ah_job *job)
{
    ah_proxy_asking *asking = AH_CONTAINER(job, ah_proxy_asking, job);

    asking->is_inside = true;
    ahttp_future *future = asking->authorize(&asking->question, asking->authorize_ctx);
    asking->is_inside = false;
    if (!future)
        ah_misuse("authorize: the function must return a future, never NULL");
    if (asking->is_cancelled) {
        abandon(future);
        free_asking(asking);
    } else if (ah_future_is_last_resort(future)) {
        finish(asking, NULL, ah_error_no_memory());
    } else {
        asking->future = future;
        ah_future_join(future, &asking->futures, run_answered, asking);
    }
}

/* False when out of memory. */
static bool copy_answer(ah_proxy_asking *asking, const ahttp_headers *answer)
{
    for (size_t i = 0; i < answer->count; i++)
        if (!ah_headers_add(&asking->answer, answer->fields[i].name, answer->fields[i].value))
            return false;
    asking->question.status = 407;
    asking->question.answer = &asking->answer;
    return true;
}

/* False when out of memory. */
static bool describe(ah_proxy_asking *asking, const ah_proxy *proxy, ah_str target)
{
    const char *name = ah_arena_copy(&asking->arena, ah_str_from(proxy->name));
    const char *place = ah_arena_copy(&asking->arena, target);

    ah_headers_init(&asking->none, &asking->arena);
    ah_headers_init(&asking->answer, &asking->arena);
    asking->question = (ahttp_auth_request){.method = "CONNECT",
                                            .url = name,
                                            .host = place,
                                            .target = place,
                                            .headers = &asking->none,
                                            .is_proxys = true,
                                            .proxy = name};
    return name && place;
}

ah_proxy_asking *ah_proxy_ask(ahttp_loop *loop, const ah_proxy *proxy, ah_str target,
                              const ahttp_headers *answer, int round, ah_proxy_asking_fn *done,
                              void *ctx)
{
    ah_proxy_asking *asking = AH_NEW(ah_proxy_asking);

    if (!asking)
        return NULL;
    if (!describe(asking, proxy, target) || (answer && !copy_answer(asking, answer))) {
        free_asking(asking);
        return NULL;
    }
    asking->question.round = round;
    asking->authorize = proxy->spec.authorize;
    asking->authorize_ctx = proxy->spec.authorize_ctx;
    asking->done = done;
    asking->ctx = ctx;
    asking->job.run = run_program;
    ah_list_init(&asking->futures);
    ah_loop_ready(loop, &asking->job);
    return asking;
}

void ah_proxy_asking_cancel(ah_proxy_asking *asking)
{
    asking->is_cancelled = true;
    if (asking->is_inside)
        return;
    ah_link_remove(&asking->job.link);
    if (asking->future) {
        ah_future_leave(asking->future);
        if (!ahttp_future_done(asking->future))
            ahttp_future_cancel(asking->future);
        ah_future_end(asking->future);
    }
    free_asking(asking);
}
