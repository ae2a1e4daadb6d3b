/* SPDX-License-Identifier: MIT */
#include "client/progress.h"
#include "client/response.h"

/* -1 until there is a response, and where that does not say. */
static int64_t to_receive(const ahttp_response *call)
{
    return call->phase == AH_CALL_OPEN || call->phase == AH_CALL_COMPLETE
               ? ahttp_response_content_length(call)
               : -1;
}

static void tell(ah_job *job)
{
    ahttp_response *call = AH_CONTAINER(job, ahttp_response, progress_job);
    const ah_exchange *exchange = &call->exchange;
    ahttp_progress progress = {
        .sent = (int64_t)exchange->body_sent,
        .to_send = exchange->request.body_length,
        .received = (int64_t)call->body.raw_total,
        .to_receive = to_receive(call),
    };

    call->settings->on_progress(&progress, call->settings->on_progress_ctx);
}

void ah_progress_moved(ahttp_response *call)
{
    if (!call->settings->on_progress || ah_link_is_in_list(&call->progress_job.link))
        return;
    call->progress_job.run = tell;
    ah_loop_ready(call->session->guest.loop, &call->progress_job);
}
