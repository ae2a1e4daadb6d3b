/* SPDX-License-Identifier: MIT */
#include "stock/relay.h"

static void drop_response(void *result)
{
    ahttp_response_unref(result);
}

static void on_cancel(ahttp_future *promise)
{
    ah_relay *relay = promise->owner;

    relay->was_cancelled = true;
    if (relay->inner)
        ahttp_future_cancel(relay->inner);
}

ahttp_future *ah_relay_begin(ah_relay *relay, ahttp_loop *loop)
{
    relay->promise = ah_future_new(loop);
    if (relay->promise) {
        relay->promise->owner = relay;
        relay->promise->cancel = on_cancel;
    }
    return relay->promise;
}

static void on_inner(ah_job *job)
{
    ah_relay *relay = AH_CONTAINER(job, ah_relay, job);
    ahttp_future *inner = relay->inner;
    ahttp_error *error = ah_future_take_error(inner);
    ahttp_response *response = inner->result;

    inner->result = NULL;
    relay->inner = NULL;
    ah_future_end(inner);
    relay->done(relay, response, error);
}

void ah_relay_wait(ah_relay *relay, ahttp_future *inner, ah_relay_fn *done)
{
    relay->inner = inner;
    relay->done = done;
    relay->job.run = on_inner;
    ah_future_hand_in(inner);
    ah_future_wait(inner, &relay->job);
}

void ah_relay_end(ah_relay *relay, ahttp_response *response, ahttp_error *error)
{
    ahttp_future *promise = relay->promise;

    promise->cancel = NULL;
    promise->owner = NULL;
    if (error)
        ah_future_reject(promise, error);
    else
        ah_future_resolve(promise, response, drop_response);
}
