/* SPDX-License-Identifier: MIT */
/* Expect: 100-continue (RFC 9110 §10.1.1).  A peer that does not know it says 417, and is sent
   the request without. */
#include "client/request.h"

enum { EXPECT_100_MS = 1000 };

void ah_request_expect(ahttp_response *call, const ahttp_request_options *options)
{
    int64_t limit_ms = options->expect_100_ms ? options->expect_100_ms : EXPECT_100_MS;

    if (!call->exchange.request.has_body)
        return;
    call->course.expect_100_ms = limit_ms > 0 ? limit_ms : AHTTP_NEVER;
    call->course.stages |= 1u << AH_STAGE_EXPECT;
}

static ah_verdict before(ahttp_response *call, ahttp_error **error)
{
    ah_exchange *exchange = &call->exchange;

    exchange->expect_100_ms = exchange->request.body_length ? call->course.expect_100_ms : 0;
    if (!exchange->expect_100_ms || exchange->request.is_exact ||
        ah_request_add_field(call, AH_STR("Expect"), AH_STR("100-continue")))
        return AH_GO_ON;
    *error = ah_error_no_memory();
    return AH_FAIL;
}

static ah_verdict after(ahttp_response *call, ahttp_error **error)
{
    (void)error;
    if (call->exchange.response.status != 417 || !call->exchange.expect_100_ms ||
        call->exchange.request.is_exact || !ah_call_can_send_again(call))
        return AH_GO_ON;
    call->course.expect_100_ms = 0;
    return AH_SEND_AGAIN;
}

const ah_stage ah_expect_stage = {.before = before, .after = after};
