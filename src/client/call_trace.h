/* SPDX-License-Identifier: MIT */
#ifndef AH_CLIENT_CALL_TRACE_H
#define AH_CLIENT_CALL_TRACE_H
/* What a request's tracer is told by the client.  Only for requests that have one, but for the
   first. */
#include "client/response.h"

/* The session wants it; without memory nobody notes anything. */
void ah_call_start_tracing(ahttp_response *call);
void ah_call_stop_tracing(ahttp_response *call);
void ah_call_trace_status(ahttp_response *call, ahttp_trace_event event, const char *text);
/* The exchange is over, or its response given up; nothing unless it has begun.  error may be NULL
   and stays the caller's. */
void ah_call_trace_exchange(ahttp_response *call, const ahttp_error *error);
/* The same error, with timings. */
ahttp_error *ah_call_trace_failure(const ahttp_response *call, ahttp_error *error);
/* What a middleware sends is part of its asker's story, whose times are those of the last one. */
void ah_call_trace_sending(ahttp_response *call, ahttp_response *asker);
/* So is the next hop. */
void ah_call_trace_hop(ahttp_response *to, ahttp_response *from);

#endif
