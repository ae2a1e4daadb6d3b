/* SPDX-License-Identifier: MIT */
#ifndef AH_POOL_PROXY_ASKING_H
#define AH_POOL_PROXY_ASKING_H
/* Asking the function that a program has given with a proxy which fields are to go with CONNECT
   (ahttp/auth.h).  It is called from the ready queue, and may do anything in there. */
#include "loop/loop.h"
#include "pool/proxy.h"

typedef struct ah_proxy_asking ah_proxy_asking;
/* Either fields, lent during the call, NULL: none; or an error, which the callee takes over.  The
   asking is over by then. */
typedef void ah_proxy_asking_fn(void *ctx, const ahttp_pair *fields, ahttp_error *error);

/* answer: the fields of a 407; NULL: CONNECT is about to be sent.  round: how often the function
   was asked before.  All is copied.  NULL when out of memory. */
ah_proxy_asking *ah_proxy_ask(ahttp_loop *loop, const ah_proxy *proxy, ah_str target,
                              const ahttp_headers *answer, int round, ah_proxy_asking_fn *done,
                              void *ctx);
/* done is not called, and the program's future is cancelled if there is one already. */
void ah_proxy_asking_cancel(ah_proxy_asking *asking);

#endif
