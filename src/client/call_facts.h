/* SPDX-License-Identifier: MIT */
#ifndef AH_CLIENT_CALL_FACTS_H
#define AH_CLIENT_CALL_FACTS_H
/* What an error says of its request besides what happened. */
#include "base/error.h"
#include "client/response.h"

enum { AH_CALL_MOST_HOST = 272 }; /* "[...]:65535" of the longest host */

/* While it is under way. */
ahttp_phase ah_call_phase_of(const ahttp_response *call);
/* The texts are the call's, and host. */
ah_error_request ah_call_facts(const ahttp_response *call, char host[AH_CALL_MOST_HOST]);

#endif
