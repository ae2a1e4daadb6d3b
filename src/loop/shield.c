/* SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "loop/loop_state.h"
#include <ahttp/wait.h>

typedef struct shielded {
    ahttp_future future;
    ah_job job; /* when the work is done */
    ahttp_future *work;
} shielded;

_Static_assert(sizeof(shielded) <= sizeof(ah_future_block), "fits a block");

static void finish_shield(ah_job *job)
{
    shielded *shield = AH_CONTAINER(job, shielded, job);

    ah_future_pass_on(shield->work, &shield->future);
}

/* What is there already is not taken away; finish_shield is on its way then. */
static void cancel_shield(ahttp_future *future)
{
    shielded *shield = AH_CONTAINER(future, shielded, future);

    if (shield->work->done) {
        future->loop->cancel_missed = true;
        return;
    }
    ah_link_remove(&shield->job.link);
    ah_future_end(shield->work);
    ah_future_reject(future, ah_error_new(AHTTP_E_CANCELLED, "shield: cancelled"));
}

ahttp_future *ahttp_shield(ahttp_future *work)
{
    ah_future_need(work);
    if (work->done && !work->handed_in)
        return work;
    ah_future_hand_in(work);
    ahttp_future *future = ah_future_new(work->loop);
    if (!future) {
        ahttp_loop *loop = work->loop;
        ah_future_end(work);
        return ah_future_failed(loop, ah_error_no_memory());
    }
    shielded *shield = AH_CONTAINER(future, shielded, future);
    shield->job = (ah_job){.run = finish_shield};
    shield->work = work;
    future->cancel = cancel_shield;
    ah_future_wait(work, &shield->job);
    return future;
}
