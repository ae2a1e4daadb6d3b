/* SPDX-License-Identifier: MIT */
#include "pool/proxy_asking.h"
#include "base/mem.h"
#include "http/pairs.h"
#include "loop/asking.h"

struct ah_proxy_asking {
    ah_asking asking;
    ahttp_authorize_fn *authorize;
    void *authorize_ctx;
    ahttp_auth_request question;
    ahttp_headers none, answer; /* of CONNECT, and of the 407 */
    ah_arena arena;             /* of all texts: what asks may end while the program looks */
    ah_proxy_asking_fn *done;
    void *ctx;
};

static void free_asking(ah_proxy_asking *self)
{
    ah_arena_release(&self->arena);
    ah_free(self);
}

static void release(ah_asking *asking)
{
    free_asking(AH_CONTAINER(asking, ah_proxy_asking, asking));
}

static void answered(ah_asking *asking, ahttp_future *future)
{
    ah_proxy_asking *self = AH_CONTAINER(asking, ah_proxy_asking, asking);
    ah_proxy_asking_fn *done = self->done;
    void *ctx = self->ctx;
    ahttp_error *error = future ? ah_future_take_error(future) : ah_error_no_memory();
    const ahttp_pair *fields = future && !error ? future->result : NULL;

    if (fields)
        error = ah_pairs_check_added(fields, "authorize");
    free_asking(self);
    done(ctx, error ? NULL : fields, error);
}

static ahttp_future *ask(ah_asking *asking)
{
    const ah_proxy_asking *self = AH_CONTAINER(asking, ah_proxy_asking, asking);
    ahttp_future *future = self->authorize(&self->question, self->authorize_ctx);

    if (!future)
        ah_misuse("authorize: the function must return a future, never NULL");
    return future;
}

/* False when out of memory. */
static bool copy_answer(ah_proxy_asking *self, const ahttp_headers *answer)
{
    for (size_t i = 0; i < answer->count; i++)
        if (!ah_headers_add(&self->answer, answer->fields[i].name, answer->fields[i].value))
            return false;
    self->question.status = 407;
    self->question.answer = &self->answer;
    return true;
}

/* False when out of memory. */
static bool describe(ah_proxy_asking *self, const ah_proxy *proxy, ah_str target)
{
    const char *name = ah_arena_copy(&self->arena, ah_str_from(proxy->name));
    const char *place = ah_arena_copy(&self->arena, target);

    ah_headers_init(&self->none, &self->arena);
    ah_headers_init(&self->answer, &self->arena);
    self->question = (ahttp_auth_request){.method = "CONNECT",
                                          .url = name,
                                          .host = place,
                                          .target = place,
                                          .headers = &self->none,
                                          .is_proxys = true,
                                          .proxy = name};
    return name && place;
}

ah_proxy_asking *ah_proxy_ask(ahttp_loop *loop, const ah_proxy *proxy, ah_str target,
                              const ahttp_headers *answer, int round, ah_proxy_asking_fn *done,
                              void *ctx)
{
    static const ah_asking_ops ops = {.ask = ask, .answered = answered, .release = release};
    ah_proxy_asking *self = AH_NEW(ah_proxy_asking);

    if (!self)
        return NULL;
    if (!describe(self, proxy, target) || (answer && !copy_answer(self, answer))) {
        free_asking(self);
        return NULL;
    }
    self->question.round = round;
    self->authorize = proxy->spec.authorize;
    self->authorize_ctx = proxy->spec.authorize_ctx;
    self->done = done;
    self->ctx = ctx;
    ah_asking_start(&self->asking, loop, &ops);
    return self;
}

void ah_proxy_asking_cancel(ah_proxy_asking *asking)
{
    ah_asking_cancel(&asking->asking);
}
