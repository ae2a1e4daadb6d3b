/* SPDX-License-Identifier: MIT */
#ifndef AH_STOCK_RELAY_H
#define AH_STOCK_RELAY_H
/* For middlewares of ours: one promise, and one future after the other that is waited for on the
   way to it.  A cancel of the promise cancels what is waited for; whoever waits sees that end. */
#include "loop/future.h"
#include <ahttp/response.h>

typedef struct ah_relay ah_relay;
/* Exactly one of response and error, or neither; the callee takes them over. */
typedef void ah_relay_fn(ah_relay *relay, ahttp_response *response, ahttp_error *error);
struct ah_relay {
    ahttp_future *promise;
    ahttp_future *inner; /* NULL while done is called */
    ah_job job;
    ah_relay_fn *done;
    bool was_cancelled;
};

/* The promise, for the middleware to give; NULL when out of memory. */
ahttp_future *ah_relay_begin(ah_relay *relay, ahttp_loop *loop);
/* Hands the future in; done is called from the loop. */
void ah_relay_wait(ah_relay *relay, ahttp_future *inner, ah_relay_fn *done);
/* The end: settles the promise with one of them. */
void ah_relay_end(ah_relay *relay, ahttp_response *response, ahttp_error *error);

#endif
