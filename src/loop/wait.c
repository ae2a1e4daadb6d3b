/* SPDX-License-Identifier: MIT */
/* Waiting for some of several futures, which stay their holder's. */
#include "base/error.h"
#include "loop/loop_state.h"
#include <ahttp/wait.h>

typedef struct waiting waiting;

typedef struct awaited {
    ah_job job; /* when the future is done */
    const ahttp_future *future;
    waiting *wait;
} awaited;

struct waiting {
    ahttp_future future;
    ah_timer timer;
    ahttp_wait_until until;
    size_t pending;
    size_t count;
    awaited futures[];
};

static void release_wait(ahttp_future *future)
{
    ah_free(AH_CONTAINER(future, waiting, future));
}

static void detach(waiting *wait)
{
    ah_timer_stop(wait->future.loop, &wait->timer);
    for (size_t i = 0; i < wait->count; i++)
        ah_link_remove(&wait->futures[i].job.link);
}

static void end_wait(waiting *wait)
{
    detach(wait);
    ah_future_resolve(&wait->future, NULL, NULL);
}

static void cancel_wait(ahttp_future *future)
{
    detach(AH_CONTAINER(future, waiting, future));
    ah_future_reject(future, ah_error_new(AHTTP_E_CANCELLED, "wait: cancelled"));
}

static void expire(ah_timer *timer)
{
    end_wait(AH_CONTAINER(timer, waiting, timer));
}

/* Whether a future that is done ends the wait, while others are pending. */
static bool is_enough(const ahttp_future *future, ahttp_wait_until until)
{
    return until == AHTTP_FIRST_DONE || (until == AHTTP_FIRST_ERROR && future->error &&
                                         future->error->code != AHTTP_E_CANCELLED);
}

static void finish_one(ah_job *job)
{
    awaited *done = AH_CONTAINER(job, awaited, job);
    waiting *wait = done->wait;

    if (--wait->pending == 0 || is_enough(done->future, wait->until))
        end_wait(wait);
}

/* How many are still to be waited for; 0 when it is enough already. */
static size_t count_pending(size_t count, ahttp_future *const futures[], ahttp_wait_until until)
{
    size_t pending = 0;

    for (size_t i = 0; i < count; i++) {
        if (!futures[i]->done)
            pending++;
        else if (is_enough(futures[i], until))
            return 0;
    }
    return pending;
}

static void check(size_t count, ahttp_future *const futures[])
{
    for (size_t i = 0; i < count; i++) {
        ah_future_need(futures[i]);
        if (futures[i]->handed_in)
            ah_misuse("ahttp_wait: a future was handed in already; wait first, hand in later");
        if (futures[i]->loop != futures[0]->loop)
            ah_misuse("ahttp_wait: the futures belong to different loops; wait for those of one");
    }
}

static waiting *new_wait(ahttp_loop *loop, size_t count)
{
    if (count > (SIZE_MAX - sizeof(waiting)) / sizeof(awaited))
        return NULL;
    waiting *wait = ah_alloc_zeroed(sizeof *wait + count * sizeof(awaited));
    if (!wait)
        return NULL;
    ah_future_init_by(&wait->future, loop, release_wait, NULL, "ahttp_wait");
    wait->future.cancel = cancel_wait;
    wait->timer.fire = expire;
    wait->count = count;
    return wait;
}

ahttp_future *ahttp_wait(size_t count, ahttp_future *const futures[], ahttp_wait_until until,
                         int64_t limit_ms)
{
    if (count == 0)
        return ah_future_failed(
            ah_loop_need_current("ahttp_wait: this thread has no loop; call it from a task or "
                                 "callback, or after ahttp_loop_create"),
            ah_error_new(AHTTP_E_ARGUMENT, "wait: there is no future to wait for"));
    check(count, futures);
    ahttp_loop *loop = futures[0]->loop;
    waiting *wait = new_wait(loop, count);
    if (!wait)
        return ah_future_failed(loop, ah_error_no_memory());
    wait->until = until;
    wait->pending = count_pending(count, futures, until);
    if (wait->pending == 0 || (limit_ms <= 0 && limit_ms != AHTTP_NEVER)) {
        ah_future_resolve(&wait->future, NULL, NULL);
        return &wait->future;
    }
    for (size_t i = 0; i < count; i++) {
        wait->futures[i] = (awaited){{.run = finish_one}, futures[i], wait};
        if (!futures[i]->done)
            ah_future_wait(futures[i], &wait->futures[i].job);
    }
    if (limit_ms != AHTTP_NEVER)
        ah_timer_start(loop, &wait->timer, limit_ms);
    return &wait->future;
}

/* ---- Telling the done ones from the others ---- */

static void reverse(ahttp_future *futures[], size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        ahttp_future *moved = futures[i];
        futures[i] = futures[count - 1 - i];
        futures[count - 1 - i] = moved;
    }
}

/* Both halves first; then the pending ones of the left change places with the done ones of the
   right, in between.  Three times reversed, they keep their order. */
size_t ahttp_done_first(size_t count, ahttp_future *futures[])
{
    if (count < 2)
        return count == 1 && ahttp_future_done(futures[0]);
    size_t half = count / 2;
    size_t left = ahttp_done_first(half, futures);
    size_t right = ahttp_done_first(count - half, futures + half);
    reverse(futures + left, half - left);
    reverse(futures + half, right);
    reverse(futures + left, half - left + right);
    return left + right;
}
