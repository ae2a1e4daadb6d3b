/* SPDX-License-Identifier: MIT */
#ifndef AH_CLIENT_CHAIN_H
#define AH_CLIENT_CHAIN_H
/* Middlewares around one hop.  The call that has them sends nothing itself: it is the asker of
   others, each a block that copies its request and sends it, without the stages that come after
   middlewares.  The one whose response the chain gives takes over the future, the deadline and the
   history of its asker, and passes those stages (client/result.c).  Until then a cancel or the
   deadline of the asker ends the chain, which cancels what is under way in it.

     asker ASKING --chain--> response of another block --stages--> the program's, or the next hop */
#include "client/response.h"

/* Of stages, those that see what middlewares give. */
enum { AH_STAGES_OUTSIDE = 1 << AH_STAGE_REDIRECT | 1 << AH_STAGE_RAISE };

typedef struct ahttp_outgoing ah_chain;

/* *copy becomes a list with the same middlewares, or NULL where there is none.  False when out of
   memory. */
bool ah_middlewares_copy(const ahttp_middleware *list, ah_arena *arena,
                         const ahttp_middleware **copy);
/* Instead of sending. */
void ah_chain_start(ahttp_response *asker);
/* The asker has ended. */
void ah_chain_stop(ahttp_response *asker);

/* ---- client/result.c ---- */

/* What the chain gave, which is taken over, goes the asker's way from here on. */
void ah_result_take(ahttp_response *asker, ahttp_response *result);
/* No stage has anything against it. */
void ah_result_deliver(ahttp_response *result);
/* Gives up the reference that the library holds meanwhile, if it does. */
void ah_result_drop(ahttp_response *call);
/* The body of the request, wherever it is at the moment; NULL: it has none that is a source. */
ahttp_body *ah_result_take_source(ahttp_response *call);

#endif
