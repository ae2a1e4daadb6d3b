/* SPDX-License-Identifier: MIT */
/* Futures made of time and of other futures: sleep, within, gather. */
#include "base/error.h"
#include "loop/loop_state.h"
#include <inttypes.h>

/* ---- sleep ---- */

typedef struct sleeper {
    ahttp_future future;
    ah_timer timer;
    ah_job job;   /* in its place when there is no delay */
    ah_link link; /* in the loop's sleeps, with the timer */
} sleeper;

_Static_assert(sizeof(sleeper) <= sizeof(ah_future_block), "fits a block");

static void end_sleep_by_timer(ah_timer *timer)
{
    sleeper *sleep = AH_CONTAINER(timer, sleeper, timer);

    ah_link_remove(&sleep->link);
    ah_future_resolve(&sleep->future, NULL, NULL);
}

static void end_sleep_by_job(ah_job *job)
{
    ah_future_resolve(&AH_CONTAINER(job, sleeper, job)->future, NULL, NULL);
}

static void cancel_sleep(ahttp_future *future)
{
    sleeper *sleep = AH_CONTAINER(future, sleeper, future);

    ah_timer_stop(future->loop, &sleep->timer);
    ah_link_remove(&sleep->link);
    ah_link_remove(&sleep->job.link);
    ah_future_reject(future, ah_error_new(AHTTP_E_CANCELLED, "sleep: cancelled"));
}

void ah_sleeps_cancel_all(ahttp_loop *loop)
{
    for (ah_link *link; (link = ah_list_first(&loop->sleeps));)
        cancel_sleep(&AH_CONTAINER(link, sleeper, link)->future);
}

ahttp_future *ahttp_sleep(int64_t delay_ms)
{
    ahttp_loop *loop = ah_loop_need_current("ahttp_sleep: this thread has no loop; call it from a "
                                            "task or callback, or after ahttp_loop_create");
    ahttp_future *future = ah_future_new(loop);

    if (!future)
        return ah_future_failed(loop, ah_error_no_memory());
    sleeper *sleep = AH_CONTAINER(future, sleeper, future);
    sleep->timer = (ah_timer){.fire = end_sleep_by_timer};
    sleep->job = (ah_job){.run = end_sleep_by_job};
    sleep->link = (ah_link){0};
    future->cancel = cancel_sleep;
    if (delay_ms <= 0) {
        ah_loop_ready(loop, &sleep->job);
    } else {
        ah_list_append(&loop->sleeps, &sleep->link);
        ah_timer_start(loop, &sleep->timer, delay_ms);
    }
    return future;
}

/* ---- within ---- */

typedef struct limited {
    ahttp_future future;
    ah_timer timer;
    ah_job job; /* when the work is done */
    ahttp_future *work;
    int64_t limit_ms;
    bool expired;
    bool cancelled;
} limited;

_Static_assert(sizeof(limited) <= sizeof(ah_future_block), "fits a block");

static void expire(ah_timer *timer)
{
    limited *within = AH_CONTAINER(timer, limited, timer);

    within->expired = true;
    ahttp_future_cancel(within->work);
}

static void cancel_within(ahttp_future *future)
{
    limited *within = AH_CONTAINER(future, limited, future);

    within->cancelled = true;
    ahttp_future_cancel(within->work);
}

static void finish_within(ah_job *job)
{
    limited *within = AH_CONTAINER(job, limited, job);
    ahttp_future *work = within->work;
    bool timed_out = work->error && work->error->code == AHTTP_E_CANCELLED && within->expired &&
                     !within->cancelled;

    ah_timer_stop(work->loop, &within->timer);
    if (timed_out) {
        ah_error_free(work->error);
        work->error = ah_error_new(AHTTP_E_TIMEOUT, "wait: took longer than %" PRId64 " ms",
                                   within->limit_ms);
    }
    ah_future_pass_on(work, &within->future);
}

ahttp_future *ahttp_within(int64_t limit_ms, ahttp_future *work)
{
    ahttp_loop *loop = ah_future_loop(work);

    if (work->done && !work->handed_in)
        return work;
    ah_future_hand_in(work);
    ahttp_future *future = ah_future_new(loop);
    if (!future) {
        ahttp_future_cancel(work);
        ah_future_end(work);
        return ah_future_failed(loop, ah_error_no_memory());
    }
    limited *within = AH_CONTAINER(future, limited, future);
    within->timer = (ah_timer){.fire = expire};
    within->job = (ah_job){.run = finish_within};
    within->work = work;
    within->limit_ms = limit_ms > 0 ? limit_ms : 0;
    within->expired = within->cancelled = false;
    future->cancel = cancel_within;
    ah_future_wait(work, &within->job);
    if (limit_ms > 0)
        ah_timer_start(loop, &within->timer, limit_ms);
    else if (limit_ms != AHTTP_NEVER)
        expire(&within->timer);
    return future;
}

/* ---- gather ---- */

typedef struct gathered gathered;

typedef struct gather_member {
    ah_job job; /* when the future is done */
    ahttp_future *future;
    gathered *gather;
} gather_member;

/* Lives until all members have ended, which may be long after its future has failed. */
struct gathered {
    ahttp_future future;
    void **results;
    size_t count;
    size_t pending;
    ahttp_error *error; /* the first, kept while a cancel waits for the members */
    bool failed;
    bool cancelled;
    gather_member members[];
};

static void free_if_over(gathered *gather)
{
    if (gather->pending == 0 && !ah_future_is_held(&gather->future))
        ah_free(gather);
}

static void release_gather(ahttp_future *future)
{
    free_if_over(AH_CONTAINER(future, gathered, future));
}

static void cancel_gather(ahttp_future *future)
{
    gathered *gather = AH_CONTAINER(future, gathered, future);

    bool missed_all = true;
    gather->cancelled = true;
    for (size_t i = 0; i < gather->count; i++) {
        if (!gather->members[i].future)
            continue;
        future->loop->cancel_missed = false;
        ahttp_future_cancel(gather->members[i].future);
        missed_all = missed_all && future->loop->cancel_missed;
    }
    future->loop->cancel_missed = missed_all;
}

static void end_member(gather_member *member)
{
    ah_future_end(member->future);
    member->future = NULL;
}

/* Keeps the first failure, and gives it out unless a cancel waits for all members. */
static void note_failure(gathered *gather, ahttp_error *error)
{
    if (gather->failed) {
        ah_error_free(error);
        return;
    }
    gather->failed = true;
    for (size_t i = 0; i < gather->count; i++) {
        gather_member *member = &gather->members[i];
        bool has_ended = !ah_link_is_in_list(&member->job.link);
        if (has_ended)
            end_member(member);
    }
    if (gather->cancelled)
        gather->error = error;
    else
        ah_future_reject(&gather->future, error);
}

/* Whether the members' results were wanted shows when the gather's own ticket ends. */
static void end_gather(ahttp_future *future)
{
    gathered *gather = AH_CONTAINER(future, gathered, future);

    for (size_t i = 0; i < gather->count; i++) {
        ahttp_future *member = gather->members[i].future;
        member->claimed = future->claimed;
        if (future->claimed && gather->results)
            member->result = NULL;
        end_member(&gather->members[i]);
    }
}

static void settle_gather(gathered *gather)
{
    if (gather->error)
        ah_future_reject(&gather->future, gather->error);
    if (gather->failed)
        return;
    for (size_t i = 0; gather->results && i < gather->count; i++)
        gather->results[i] = gather->members[i].future->result;
    gather->future.ended = end_gather;
    ah_future_resolve(&gather->future, NULL, NULL);
}

static void finish_member(ah_job *job)
{
    gather_member *ended = AH_CONTAINER(job, gather_member, job);
    gathered *gather = ended->gather;
    ahttp_error *error = ah_future_take_error(ended->future);

    if (error)
        note_failure(gather, error);
    if (gather->failed && ended->future)
        end_member(ended);
    if (gather->pending == 1)
        settle_gather(gather);
    gather->pending--;
    free_if_over(gather);
}

static void hand_in_all(ahttp_loop *loop, size_t count, ahttp_future *const futures[])
{
    for (size_t i = 0; i < count; i++) {
        if (ah_future_loop(futures[i]) != loop)
            ah_misuse("ahttp_gather: the futures belong to different loops; gather those of one");
        ah_future_hand_in(futures[i]);
    }
}

static gathered *new_gather(ahttp_loop *loop, size_t count)
{
    if (count > (SIZE_MAX - sizeof(gathered)) / sizeof(gather_member))
        return NULL;
    gathered *gather = ah_alloc_zeroed(sizeof *gather + count * sizeof(gather_member));
    if (!gather)
        return NULL;
    ah_future_init_by(&gather->future, loop, release_gather, NULL, "ahttp_gather");
    gather->future.cancel = cancel_gather;
    gather->count = gather->pending = count;
    return gather;
}

ahttp_future *ahttp_gather(size_t count, ahttp_future *const futures[], void *results[])
{
    ahttp_loop *loop =
        count > 0 ? ah_future_loop(futures[0])
                  : ah_loop_need_current("ahttp_gather: this thread has no loop; call it from a "
                                         "task or callback, or after ahttp_loop_create");
    gathered *gather = new_gather(loop, count);

    hand_in_all(loop, count, futures);
    if (!gather) {
        for (size_t i = 0; i < count; i++)
            ah_future_end(futures[i]);
        return ah_future_failed(loop, ah_error_no_memory());
    }
    gather->results = results;
    for (size_t i = 0; i < count; i++) {
        gather->members[i] = (gather_member){{.run = finish_member}, futures[i], gather};
        ah_future_wait(futures[i], &gather->members[i].job);
    }
    if (count == 0)
        settle_gather(gather);
    return &gather->future;
}
