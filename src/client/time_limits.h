/* SPDX-License-Identifier: MIT */
#ifndef AH_CLIENT_TIME_LIMITS_H
#define AH_CLIENT_TIME_LIMITS_H
/* Time limits of sessions and requests, put together.  A complete set has no 0 in it, but for
   first_byte_ms, which then is as read_ms. */
#include "base/error.h"
#include <ahttp/timeout.h>

/* The name of a limit that is below 0 without being AHTTP_NEVER, or NULL. */
const char *ah_timeout_check(const ahttp_timeout *timeout);
/* A session's: fills in the defaults. */
void ah_timeout_complete(ahttp_timeout *timeout);
/* A request's, over its session's, which are complete: base itself, or made in room. */
const ahttp_timeout *ah_timeout_merge(const ahttp_timeout *own, const ahttp_timeout *base,
                                      ahttp_timeout *room);
/* Whether it limits what happens on a connection. */
bool ah_timeout_limits_gaps(const ahttp_timeout *timeout);

#endif
