/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CLIENT_ERROR_FACTS_H
#define TESTS_CLIENT_ERROR_FACTS_H
/* Looking at what an error knows. */
#include "fixture.h"

/* What it fails with; valid until the next await. */
static inline const ahttp_error *error_of(ahttp_future *future)
{
    if (ahttp_await(future))
        fail_msg("it did not fail");
    return ahttp_task_error();
}

static inline const ahttp_error *body_error_of(ahttp_future *request)
{
    ahttp_response *response = response_of(request);

    error_of(ahttp_response_read(response));
    ahttp_response_unref(response);
    return ahttp_task_error();
}

static inline void assert_facts(const ahttp_error *error, int code, ahttp_phase phase,
                                ahttp_resend resend)
{
    if (error->code != code || error->phase != phase || error->resend != resend)
        fail_msg("%s, not %s: %s, phase %d, resend %d", ahttp_error_name(error->code),
                 ahttp_error_name(code), error->message, error->phase, error->resend);
}

#endif
