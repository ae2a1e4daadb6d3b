/* SPDX-License-Identifier: MIT */
#ifndef AH_CLIENT_STAND_IN_H
#define AH_CLIENT_STAND_IN_H
/* What stands for a plain call while its request is out and nothing has come back.  Most of a
   call's block is touched only before and after that.  So where many calls are under way, those
   beyond the first few leave their blocks to others, and what stands for each is two lines of
   memory, or three with a long URL. */
#include "client/response.h"

/* Whether the call, which is about to be sent, leaves if all of it goes out at once. */
static inline bool ah_call_may_leave(const ahttp_response *call)
{
    const ahttp_session *session = call->session;
    size_t in_use = session->block_count - session->recycled_count;

    return AH_UNLIKELY(in_use > session->stand_ins.most_staying) && call->is_plain &&
           !call->exchange.limits && call->limits == &session->timeout;
}
/* The event of its exchange. */
ah_stand_in *ah_call_leave(ah_exchange *exchange, ah_conn *conn);

void ah_stand_ins_init(ah_stand_ins *stand_ins);
/* Calls that are away fail with CLOSED; the session must not go meanwhile. */
void ah_stand_ins_fail(ahttp_session *session);
/* None is away. */
void ah_stand_ins_free(ahttp_session *session);

#endif
