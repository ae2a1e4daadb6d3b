/* SPDX-License-Identifier: MIT */
#ifndef AH_DNS_PROGRAM_CALL_H
#define AH_DNS_PROGRAM_CALL_H
/* Asking the function that a program has given to its resolver.  It is called from the ready
   queue, and may do anything in there, such as cancel who asks or let go of the resolver. */
#include "dns/resolver_state.h"

typedef struct ah_program_call ah_program_call;
/* Either addresses, NULL or empty if there are none, valid during the call; or an error, which
   the callee takes over.  The call is gone by then. */
typedef void ah_program_call_fn(void *ctx, const ahttp_addresses *addresses, ahttp_error *error);

/* NULL when out of memory. */
ah_program_call *ah_program_call_start(ahttp_resolver *resolver, const char *host, uint16_t port,
                                       ahttp_family family, ah_program_call_fn *done, void *ctx);
/* done is not called, and the program's future is cancelled if there is one already. */
void ah_program_call_cancel(ah_program_call *call);

#endif
