/* SPDX-License-Identifier: MIT */
/* Futures given out in the order in which they end.  What a ticket from ahttp_completion_next
   was resolved with but nobody claimed comes back to the front, so the completion lives until
   those tickets have ended, too. */
#include "base/error.h"
#include "loop/loop_state.h"
#include <ahttp/wait.h>
#include <inttypes.h>

struct ahttp_completion {
    ahttp_loop *loop;
    ah_list pending;
    ah_list done;
    size_t failed;      /* how often the last resort is to be given out */
    ahttp_future *next; /* that waits, or NULL */
    size_t tickets;     /* of next, also those that have been settled */
    ah_timer timer;
    int64_t limit_ms;
    bool expired;
    bool over;
};

static ahttp_completion no_memory; /* stands for those that could not be made */

/* ---- Giving out ---- */

static void give_back(ahttp_completion *completion, ahttp_future *future)
{
    if (ah_future_is_last_resort(future)) {
        completion->failed++;
    } else if (completion->over) {
        ah_future_end(future);
    } else {
        future->handed_in = true;
        ah_list_prepend(&completion->done, &future->member);
    }
}

static void end_ticket(ahttp_future *ticket)
{
    ahttp_completion *completion = ticket->owner;

    if (ticket->result && !ticket->claimed) {
        give_back(completion, ticket->result);
        ticket->result = NULL;
    }
    if (--completion->tickets == 0 && completion->over)
        ah_free(completion);
}

static void drop_given(void *future)
{
    ahttp_drop(future);
}

static ahttp_future *take_done(ahttp_completion *completion)
{
    ah_link *first = ah_list_take_first(&completion->done);

    if (first) {
        ahttp_future *future = AH_CONTAINER(first, ahttp_future, member);
        future->handed_in = false;
        return future;
    }
    if (completion->failed == 0)
        return NULL;
    completion->failed--;
    return &completion->loop->futures.last_resort;
}

/* Whether it is only to be waited until a member's job has run. */
static bool has_more_done(const ahttp_completion *completion)
{
    AH_LIST_FOR_EACH(link, &completion->pending)
    {
        if (AH_CONTAINER(link, const ahttp_future, member)->done)
            return true;
    }
    return false;
}

static bool is_too_late(const ahttp_completion *completion)
{
    return completion->expired && !has_more_done(completion);
}

/* Settles the ticket that waits, if now something can be said. */
static void answer(ahttp_completion *completion)
{
    ahttp_future *ticket = completion->next;

    if (!ticket)
        return;
    ahttp_future *done = take_done(completion);
    bool is_last = ah_list_is_empty(&completion->pending);
    if (!done && !is_last && !is_too_late(completion))
        return;
    completion->next = NULL;
    if (done || is_last)
        ah_future_resolve(ticket, done, drop_given);
    else
        ah_future_reject(ticket, ah_error_new(AHTTP_E_TIMEOUT,
                                              "as completed: took longer than %" PRId64 " ms",
                                              completion->limit_ms));
}

static void cancel_ticket(ahttp_future *ticket)
{
    ahttp_completion *completion = ticket->owner;

    completion->next = NULL;
    ah_future_reject(ticket, ah_error_new(AHTTP_E_CANCELLED, "as completed: cancelled"));
}

ahttp_future *ahttp_completion_next(ahttp_completion *completion)
{
    if (completion == &no_memory)
        return ah_future_failed(
            ah_loop_need_current("ahttp_completion_next: this thread has no loop; call it from a "
                                 "task or callback, or after ahttp_loop_create"),
            ah_error_no_memory());
    if (completion->next)
        return ah_future_failed(completion->loop,
                                ah_error_new(AHTTP_E_STATE, "as completed: another next is pending "
                                                            "already; await that first"));
    ahttp_future *ticket = ah_future_new(completion->loop);
    if (!ticket)
        return ah_future_failed(completion->loop, ah_error_no_memory());
    ticket->cancel = cancel_ticket;
    ticket->ended = end_ticket;
    ticket->owner = completion;
    completion->tickets++;
    completion->next = ticket;
    answer(completion);
    return ticket;
}

/* ---- Taking over ---- */

static void finish_member(ah_job *job)
{
    ahttp_future *member = AH_CONTAINER(job, ahttp_future, then);
    ahttp_completion *completion = member->holder;

    ah_link_remove(&member->member);
    ah_list_append(&completion->done, &member->member);
    if (ah_list_is_empty(&completion->pending))
        ah_timer_stop(completion->loop, &completion->timer);
    answer(completion);
}

static void expire(ah_timer *timer)
{
    ahttp_completion *completion = AH_CONTAINER(timer, ahttp_completion, timer);

    completion->expired = true;
    answer(completion);
}

static void take_over(ahttp_completion *completion, ahttp_future *future)
{
    if (ah_future_loop(future) != completion->loop)
        ah_misuse("ahttp_as_completed: the futures belong to different loops; take those of one");
    if (ah_future_is_last_resort(future)) {
        completion->failed++;
        return;
    }
    ah_future_join(future, &completion->pending, finish_member, completion);
    if (future->done) {
        ah_future_leave(future);
        ah_list_append(&completion->done, &future->member);
    }
}

static void start_limit(ahttp_completion *completion, int64_t limit_ms)
{
    if (limit_ms == AHTTP_NEVER || ah_list_is_empty(&completion->pending))
        return;
    completion->limit_ms = limit_ms > 0 ? limit_ms : 0;
    if (limit_ms > 0)
        ah_timer_start(completion->loop, &completion->timer, limit_ms);
    else
        completion->expired = true;
}

ahttp_completion *ahttp_as_completed(size_t count, ahttp_future *const futures[], int64_t limit_ms)
{
    ahttp_completion *completion = AH_NEW(ahttp_completion);

    if (!completion) {
        for (size_t i = 0; i < count; i++)
            ahttp_drop(futures[i]);
        return &no_memory;
    }
    completion->loop = count > 0 ? ah_future_loop(futures[0])
                                 : ah_loop_need_current(
                                       "ahttp_as_completed: this thread has no loop; call it from "
                                       "a task or callback, or after ahttp_loop_create");
    completion->timer.fire = expire;
    ah_list_init(&completion->pending);
    ah_list_init(&completion->done);
    for (size_t i = 0; i < count; i++)
        take_over(completion, futures[i]);
    start_limit(completion, limit_ms);
    return completion;
}

static void end_all(ah_list *list)
{
    for (ah_link *link; (link = ah_list_first(list));) {
        ahttp_future *future = AH_CONTAINER(link, ahttp_future, member);
        ah_future_leave(future);
        ah_future_end(future);
    }
}

void ahttp_completion_end(ahttp_completion *completion)
{
    if (completion == &no_memory)
        return;
    completion->tickets++; /* keeps it until here */
    if (completion->next)
        ah_future_reject(completion->next,
                         ah_error_new(AHTTP_E_CLOSED, "as completed: ended meanwhile"));
    completion->over = true;
    ah_timer_stop(completion->loop, &completion->timer);
    end_all(&completion->pending);
    end_all(&completion->done);
    if (--completion->tickets == 0)
        ah_free(completion);
}
