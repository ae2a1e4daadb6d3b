/* SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "http/headers.h"
#include "loop/log.h"
#include "stock/relay.h"
#include "stock/retry_plan.h"
#include <ahttp/retry.h>

struct ahttp_retry {
    ah_retry_plan plan;
    ahttp_retry_fn *retry_if; /* may be NULL */
    void *retry_if_ctx;
    uint64_t random; /* state of a generator; 0: waits are not cut */
    uint64_t count;
};

/* A request on its way. */
typedef struct attempt {
    ah_relay relay;
    ahttp_retry *retry;
    ahttp_outgoing *request;
    ahttp_next *next;
    ahttp_loop *loop;
    int sent;
} attempt;

/* xorshift64; how much of a wait is cut needs no better one. */
static double next_cut(ahttp_retry *retry)
{
    uint64_t x = retry->random;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    retry->random = x;
    return (double)(x >> 11) / (double)(UINT64_C(1) << 53);
}

static bool is_idempotent(const ahttp_outgoing *request)
{
    static const char *const methods[] = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"};
    ah_str method = ah_str_from(ahttp_outgoing_method(request));

    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (ah_str_equal(method, ah_str_from(methods[i])))
            return true;
    return ahttp_headers_get(ahttp_outgoing_headers(request), "Idempotency-Key") != NULL;
}

static ah_retry_choice ask(const ahttp_retry *retry, int sent, const ahttp_response *response,
                           const ahttp_error *error)
{
    if (!retry->retry_if)
        return AH_RETRY_NOT_ASKED;
    return retry->retry_if(response, error, sent, retry->retry_if_ctx) ? AH_RETRY_YES : AH_RETRY_NO;
}

static int64_t decide(attempt *it, const ahttp_response *response, const ahttp_error *error)
{
    ahttp_retry *retry = it->retry;

    if (it->relay.was_cancelled)
        return -1;
    ah_retry_choice choice = ask(retry, it->sent, response, error);
    if (it->relay.was_cancelled) /* by that */
        return -1;
    ah_retry_facts facts = {
        .sent = it->sent,
        .status = response ? ahttp_response_status(response) : 0,
        .error_kinds = error ? error->kinds : 0,
        .retry_after =
            ah_str_from(response ? ahttp_response_header(response, "Retry-After") : NULL),
        .now_s = ah_loop_wall_seconds(it->loop),
        .left_ms = ahttp_outgoing_time_left_ms(it->request),
        .choice = choice,
        .cut = retry->random ? next_cut(retry) : 0,
        .is_idempotent = is_idempotent(it->request),
        .is_replayable = ahttp_outgoing_is_replayable(it->request),
        .is_safe = error && error->resend == AHTTP_RESEND_SAFE,
    };

    return ah_retry_decide(&retry->plan, &facts);
}

static void on_sent(ah_relay *relay, ahttp_response *response, ahttp_error *error);

static void send_now(attempt *it)
{
    it->sent++;
    ah_relay_wait(&it->relay, ahttp_next_send(it->next), on_sent);
}

static void on_waited(ah_relay *relay, ahttp_response *response, ahttp_error *error)
{
    attempt *it = AH_CONTAINER(relay, attempt, relay);

    (void)response;
    if (error) {
        ah_relay_end(relay, NULL, error);
        ah_free(it);
        return;
    }
    it->retry->count++;
    send_now(it);
}

static void on_sent(ah_relay *relay, ahttp_response *response, ahttp_error *error)
{
    attempt *it = AH_CONTAINER(relay, attempt, relay);
    int64_t wait_ms = decide(it, response, error);

    if (wait_ms < 0) {
        ah_relay_end(relay, response, error);
        ah_free(it);
        return;
    }
    ahttp_response_unref(response);
    ah_error_free(error);
    ah_relay_wait(relay, ahttp_sleep(wait_ms), on_waited);
}

static ahttp_future *run(ahttp_outgoing *request, ahttp_next *next, void *ctx)
{
    ahttp_loop *loop = ahttp_loop_current();
    attempt *it = AH_NEW(attempt);
    ahttp_future *promise = it ? ah_relay_begin(&it->relay, loop) : NULL;

    if (!promise) {
        ah_free(it);
        return ah_future_failed(loop, ah_error_no_memory());
    }
    it->retry = ctx;
    it->request = request;
    it->next = next;
    it->loop = loop;
    ah_retry_begin(&it->retry->plan);
    send_now(it);
    return promise;
}

ahttp_retry *ahttp_retry_create(const ahttp_retry_options *given)
{
    ahttp_retry_options options;

    if (!ah_options_load(&options, sizeof options, given))
        return ah_log_not_made(ahttp_loop_current(), "retry", ah_options_error("options"));
    ahttp_retry *retry = AH_NEW(ahttp_retry);
    if (!retry)
        return ah_log_not_made(ahttp_loop_current(), "retry", ah_error_no_memory());
    ah_retry_plan_init(&retry->plan, &options);
    retry->retry_if = options.retry_if;
    retry->retry_if_ctx = options.retry_if_ctx;
    if (!options.no_random)
        retry->random = (uint64_t)(uintptr_t)retry * UINT64_C(0x9e3779b97f4a7c15) | 1;
    return retry;
}

void ahttp_retry_free(ahttp_retry *retry)
{
    ah_free(retry);
}

ahttp_middleware ahttp_retry_middleware(ahttp_retry *retry)
{
    return (ahttp_middleware){.fn = run, .ctx = retry};
}

uint64_t ahttp_retry_count(const ahttp_retry *retry)
{
    return retry->count;
}
