/* SPDX-License-Identifier: MIT */
#ifndef AH_CLIENT_HOP_H
#define AH_CLIENT_HOP_H
/* The next hop of a redirect: a new block that takes over the future, the deadline, the body of
   the request and the history.  The response before it is not read any more, and stays as the
   newest entry of the history, until the last block is released. */
#include "client/response.h"

/* What the next hop asks for.  All texts live as long as the block that it is the hop of. */
struct ah_hop {
    ah_url url;
    ah_str method;
    ah_origin_change change;
    unsigned left_behind; /* AH_SECRET_* bits that do not go along */
    bool drops_body;
};

/* Does what from->hop says.  The response of `from` is nobody's but the history's afterwards. */
void ah_hop_start(ahttp_response *from);
/* Takes error over; the result knows the hops before the call, and perhaps the call's own. */
ahttp_error *ah_hops_tell(const ahttp_response *call, ahttp_error *error, bool with_itself);
/* Makes `to` ask for what `what` says, which lives as long as `from`, in its stead.  False when out
   of memory. */
bool ah_hop_repeat(ahttp_response *to, ahttp_response *from, const ah_hop *what);
void ah_hop_move_deadline(ahttp_response *to, ahttp_response *from);
/* Gives up all earlier hops. */
void ah_hops_release(ahttp_response *response);

#endif
