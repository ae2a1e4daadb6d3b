/* SPDX-License-Identifier: MIT */
#ifndef AH_POOL_OWN_CONNECT_H
#define AH_POOL_OWN_CONNECT_H
/* Asking the function that a program has given to its connector for a transport.  It is called
   from the ready queue, and may do anything in there. */
#include "loop/loop.h"
#include "net/transport.h"
#include <ahttp/connector.h>

typedef struct ah_own_connect ah_own_connect;
/* A transport, which the callee takes over, or an error; neither: the program leaves it to the
   library.  The asking is over by then. */
typedef void ah_own_connect_fn(void *ctx, ah_transport *transport, ahttp_error *error);

/* name is the place for messages; it and host outlive the asking.  NULL when out of memory. */
ah_own_connect *ah_own_connect_start(ahttp_loop *loop, ahttp_connect_fn *connect, void *connect_ctx,
                                     const char *host, uint16_t port, const char *name,
                                     ah_own_connect_fn *done, void *ctx);
/* done is not called, and the program's future is cancelled if there is one already. */
void ah_own_connect_cancel(ah_own_connect *asking);

#endif
