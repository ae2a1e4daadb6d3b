/* SPDX-License-Identifier: MIT */
#include "loop/asking.h"

static void run_answered(ah_job *job)
{
    ahttp_future *future = AH_CONTAINER(job, ahttp_future, then);
    ah_asking *asking = future->holder;

    ah_future_leave(future);
    asking->ops->answered(asking, future);
    ah_future_end(future);
}

static void abandon(ahttp_future *future)
{
    if (!ahttp_future_done(future))
        ahttp_future_cancel(future);
    ahttp_drop(future);
}

static void run_program(ah_job *job)
{
    ah_asking *asking = AH_CONTAINER(job, ah_asking, job);

    asking->is_inside = true;
    ahttp_future *future = asking->ops->ask(asking);
    asking->is_inside = false;
    if (asking->is_cancelled) {
        abandon(future);
        asking->ops->release(asking);
    } else if (ah_future_is_last_resort(future)) {
        asking->ops->answered(asking, NULL);
    } else {
        asking->future = future;
        ah_future_join(future, &asking->futures, run_answered, asking);
    }
}

void ah_asking_start(ah_asking *asking, ahttp_loop *loop, const ah_asking_ops *ops)
{
    asking->ops = ops;
    asking->job.run = run_program;
    ah_list_init(&asking->futures);
    ah_loop_ready(loop, &asking->job);
}

void ah_asking_cancel(ah_asking *asking)
{
    asking->is_cancelled = true;
    if (asking->is_inside)
        return;
    ah_link_remove(&asking->job.link);
    if (asking->future) {
        ah_future_leave(asking->future);
        if (!ahttp_future_done(asking->future))
            ahttp_future_cancel(asking->future);
        ah_future_end(asking->future);
    }
    asking->ops->release(asking);
}
