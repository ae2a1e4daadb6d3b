/* SPDX-License-Identifier: MIT */
#ifndef AH_LOOP_FUTURE_H
#define AH_LOOP_FUTURE_H
/* The inside of a future.  It has two halves: the ticket, which the holder hands in, and the
   promise, which whoever does the work settles.  When both are gone, release is called:
   futures from ah_future_new go back to the loop's free list, embedded ones (an exchange
   holds its own) tell their owner. */
#include "base/str.h"
#include "loop/loop.h"
#include <ahttp/future.h>
#if AHTTP_TASKS
#include "loop/coroutine.h"
#endif

typedef void ah_future_fn(ahttp_future *future);

/* In two lines of memory lies what all of them touch; so blocks begin with a line. */
struct ahttp_future {
    ahttp_loop *loop;
    union {
        ah_job *first_waiter;    /* made ready when it is settled; NULL: nobody waits */
        ahttp_future *next_free; /* while its block is free */
    };
    ah_job then; /* of whom it was handed in to: */
    union {
        struct { /* ahttp_then */
            ahttp_done_fn *fn;
            void *ctx;
        };
        struct { /* a group or completion; see ah_future_join */
            ah_link member;
            void *holder;
        };
    };
    bool done, handed_in, has_ticket, has_promise;
    bool error_seen;
    bool claimed; /* somebody has waited to the end, and what came with the result is theirs */
    bool is_last_resort; /* see ah_future_is_last_resort */
    bool has_waiters;    /* more than the first one */
    void *result;
    ahttp_free_fn *free_result;
    ahttp_error *error;
    ah_future_fn *ended; /* NULL, or called when nobody holds either half any more, before the
                            result is freed: to put right what nobody claimed */
    ah_future_fn *release;
    ah_future_fn *cancel;   /* how to stop the work; must settle the future, now or later;
                               may be called again until it has.  NULL: fail it at once */
    void *owner;            /* for the hooks */
    ah_list waiters;        /* with has_waiters: ah_jobs, made ready in order behind the first */
    struct ah_trace *trace; /* in debug mode, or NULL */
};

/* Futures know the function that made them, for reports: without _by, the one that calls. */

/* Makes raw memory a pending future with both halves held. */
#define ah_future_init(future, loop, release, owner)                                               \
    ah_future_init_by(future, loop, release, owner, __func__)
void ah_future_init_by(ahttp_future *future, ahttp_loop *loop, ah_future_fn *release, void *owner,
                       const char *maker);
/* One from the loop's free list, pending.  NULL when out of memory. */
#define ah_future_new(loop) ah_future_new_by(loop, __func__)
ahttp_future *ah_future_new_by(ahttp_loop *loop, const char *maker);
/* One that is settled already, with a result that need not be freed.  NULL when out of memory. */
ahttp_future *ah_future_resolved_by(ahttp_loop *loop, void *result, const char *maker);
/* The same from the reserve, to say that there is no memory; NULL when that is empty, too. */
ahttp_future *ah_future_spare(ahttp_loop *loop);
/* One that has failed already; takes error over.  Never NULL, even when out of memory. */
#define ah_future_failed(loop, error) ah_future_failed_by(loop, error, __func__)
ahttp_future *ah_future_failed_by(ahttp_loop *loop, ahttp_error *error, const char *maker);

/* Whether it is the one that stands for any number of futures that failed for want of memory;
   it must not be joined, nor linked in any other way. */
static inline bool ah_future_is_last_resort(const ahttp_future *future)
{
    return future->is_last_resort;
}

/* Settle it and give up the promise half.  A future that was settled before stays as it is,
   and result or error is freed.  free_result may be NULL. */
void ah_future_resolve(ahttp_future *future, void *result, ahttp_free_fn *free_result);
void ah_future_reject(ahttp_future *future, ahttp_error *error);
/* Fails it as well, but the promise half is kept, to be given up by one of the others. */
void ah_future_fail(ahttp_future *future, ahttp_error *error);
/* Settles `to`, a block without an owner, as `from` was settled, and gives up the ticket of
   `from`: if that has something to put right, only when `to` ends, and claimed as `to` is. */
void ah_future_pass_on(ahttp_future *from, ahttp_future *to);

/* Ends the program, with a sentence. */
_Noreturn void ah_future_is_missing(void);
/* For a future that a program gives: it must not be NULL. */
static inline void ah_future_need(const ahttp_future *future)
{
    if (AH_UNLIKELY(!future))
        ah_future_is_missing();
}

static inline ahttp_loop *ah_future_loop(const ahttp_future *future)
{
    ah_future_need(future);
    return future->loop;
}

/* Marks the ticket as handed in; aborts with a message the second time, and for NULL. */
void ah_future_hand_in(ahttp_future *future);
/* Hands it in to holder, which has it in list by its link `member`: run is called by its job
   `then` when it is done. */
void ah_future_join(ahttp_future *future, ah_list *list, ah_job_fn *run, void *holder);
/* Takes it out again; run is not called. */
void ah_future_leave(ahttp_future *future);
/* Gives up the ticket half. */
void ah_future_end(ahttp_future *future);
/* Makes job run when the future is settled, or soon if it is.  Any number of jobs may wait;
   take one out again by ah_link_remove(&job->link). */
void ah_future_wait(ahttp_future *future, ah_job *job);
/* The same for a job that stays until then: less is to be done for the first one. */
void ah_future_await(ahttp_future *future, ah_job *job);

/* Why it failed, now the caller's, or NULL. */
ahttp_error *ah_future_take_error(ahttp_future *future);

/* It will be settled shortly: fetches what whoever goes on then will touch. */
static inline void ah_future_look_ahead(const ahttp_future *future)
{
    const ah_job *job = future->first_waiter;

    if (job == &future->then)
        ah_fetch(future->ctx, 1);
#if AHTTP_TASKS
    else if (job) /* most that wait are tasks, whose jobs are in the rooms of their coroutines */
        ah_coroutine_look_ahead(job);
#endif
}

/* For owners of embedded futures: whether either half is still held. */
static inline bool ah_future_is_held(const ahttp_future *future)
{
    return future->has_ticket || future->has_promise;
}

#endif
