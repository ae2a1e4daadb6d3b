/* SPDX-License-Identifier: MIT */
#ifndef AH_LOOP_GETADDRINFO_H
#define AH_LOOP_GETADDRINFO_H
/* The system's own resolver, which blocks, in libuv's thread pool.  Slow work like this gets at
   most half of its threads. */
#include "loop/loop.h"
#include <netdb.h>

typedef struct ah_getaddrinfo ah_getaddrinfo;
/* Either a list, which is valid during the call, or a negative code as libuv gives it.  Called
   once, never inside ah_getaddrinfo_start; the request is gone by then. */
typedef void ah_getaddrinfo_fn(void *ctx, const struct addrinfo *list, int status);

/* family is AF_UNSPEC, AF_INET or AF_INET6.  The loop is held until the system has answered.
   NULL with a negative *status when it cannot begin. */
ah_getaddrinfo *ah_getaddrinfo_start(ahttp_loop *loop, const char *host, int family,
                                     ah_getaddrinfo_fn *done, void *ctx, int *status);
/* done will not be called.  The system cannot be stopped once it has begun: the request goes on
   by itself until then, and holds the loop. */
void ah_getaddrinfo_cancel(ah_getaddrinfo *request);

bool ah_getaddrinfo_is_no_memory(int status);
/* Whether the system says that there is no such name or address, as opposed to not saying. */
bool ah_getaddrinfo_is_denied(int status);
/* "unknown node or service" */
const char *ah_getaddrinfo_text(int status);

#endif
