/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LOOP_ASYNCIO_MODEL_H
#define TESTS_LOOP_ASYNCIO_MODEL_H
/* What tasks, groups, time limits and combined futures do when something is settled or
   cancelled, as plainly as possible.  Every function here runs just before the real thing
   happens; what the library does by a job of its queue is done here by a call that was put
   into the queue just before that job. */
#include <ahttp/group.h>
#include <ahttp/wait.h>
#include <stdlib.h>

enum { MOST_LEAVES = 3, MOST_MEMBERS = 64, MOST_ERRORS = 64, MOST_PENDING = 4096 };

typedef enum { PLAIN, SHIELD, GATHER, WAIT, COMPLETION, GROUP_END } await_kind;

typedef struct await await;
typedef struct model_task model_task;
typedef struct model_group model_group;

/* A promise that nobody but the test settles. */
typedef struct leaf {
    ahttp_future *future;
    ahttp_promise *promise;
    await *await; /* NULL: nobody looks any more */
    size_t place; /* among the pending ones */
    int calls;    /* on their way */
    int code;
    bool settled, released;
} leaf;

/* Something that a task awaits. */
struct await {
    await_kind kind;
    ahttp_wait_until until;
    leaf *leaves[MOST_LEAVES];
    int count;
    int heard; /* of how many ends */
    int error; /* the first */
    bool cancelled;
    leaf *queue[MOST_LEAVES]; /* of a completion */
    int given_count;
    leaf *given;
    model_group *group;
    bool done;
    int code;
};

/* A time limit, or a group. */
typedef struct bracket {
    struct bracket *outer;
    unsigned began, fired;
    bool wanted;
} bracket;

struct model_task {
    ahttp_future *future;
    model_group *group; /* that it is a member of */
    await *awaiting;
    bracket *brackets;
    unsigned cancels, outside_cancel;
    bool wanted, started, ended;
    int code;
    int depth;
};

struct model_group {
    bracket bracket;
    model_task *parent;
    ahttp_group *real;
    model_task *members[MOST_MEMBERS];
    int alive; /* members and refusals whose end the group has not heard of */
    int errors[MOST_ERRORS];
    int error_count;
    bool ending, aborting, parent_stopped;
    await end;
};

static leaf *pending[MOST_PENDING];
static size_t pending_count;
static ahttp_loop *the_loop;

static inline void later(ahttp_call_fn *fn, void *ctx)
{
    if (!ahttp_loop_call(the_loop, 0, fn, ctx))
        abort();
}

/* ---- Leaves ---- */

static inline void free_leaf_if_over(leaf *self)
{
    if (!self->settled || !self->released || self->calls > 0)
        return;
    ahttp_promise_reject(self->promise, AHTTP_E_CANCELLED, "settled by a cancel");
    free(self);
}

static inline void release_leaf(leaf *self)
{
    self->await = NULL;
    self->released = true;
    free_leaf_if_over(self);
}

static inline bool is_enough(const leaf *self, ahttp_wait_until until)
{
    return until == AHTTP_FIRST_DONE ||
           (until == AHTTP_FIRST_ERROR && self->code < 0 && self->code != AHTTP_E_CANCELLED);
}

static inline void give_next(await *each)
{
    each->done = true;
    each->code = 0;
    each->given = each->given_count < each->heard ? each->queue[each->given_count++] : NULL;
}

static inline void hear_gather(await *gather, const leaf *ended)
{
    if (ended->code < 0 && gather->error == 0) {
        gather->error = ended->code;
        gather->done = !gather->cancelled;
    }
    gather->done = gather->done || gather->heard == gather->count;
    gather->code = gather->error;
}

/* The combined future hears of the end of one of its own. */
static inline void hear(void *ctx)
{
    leaf *ended = ctx;
    await *heard = ended->await;

    ended->calls--;
    if (heard) {
        heard->queue[heard->heard++] = ended;
        if (heard->kind == GATHER) {
            hear_gather(heard, ended);
        } else if (heard->kind == COMPLETION) {
            if (!heard->done)
                give_next(heard);
        } else if (heard->kind == SHIELD) {
            heard->done = true;
            heard->code = ended->code;
        } else if (!heard->done) {
            heard->done = heard->heard == heard->count || is_enough(ended, heard->until);
        }
    }
    free_leaf_if_over(ended);
}

static inline void settle(leaf *self, int code)
{
    self->settled = true;
    self->code = code;
    pending[self->place] = pending[--pending_count];
    pending[self->place]->place = self->place;
    if (self->await && self->await->kind == PLAIN) {
        self->await->done = true;
        self->await->code = code;
    } else if (self->await) {
        self->calls++;
        later(hear, self);
    }
}

/* ---- Cancelling ---- */

static inline void cancel_members(model_group *group);

static inline void leave_leaves(await *left)
{
    for (int i = 0; i < left->count; i++)
        left->leaves[i]->await = NULL;
}

static inline bool cancel_leaves(await *cancelled)
{
    bool met = false;

    for (int i = 0; i < cancelled->count; i++) {
        if (cancelled->leaves[i]->settled)
            continue;
        settle(cancelled->leaves[i], AHTTP_E_CANCELLED);
        met = true;
    }
    return met;
}

/* Whether it met something that could be cancelled. */
static inline bool cancel_await(await *cancelled)
{
    if (cancelled->done)
        return false;
    cancelled->cancelled = true;
    if (cancelled->kind == PLAIN || cancelled->kind == GATHER)
        return cancel_leaves(cancelled);
    if (cancelled->kind == GROUP_END) {
        cancelled->group->parent_stopped = true;
        cancel_members(cancelled->group);
        return true;
    }
    if (cancelled->kind == SHIELD && cancelled->leaves[0]->settled)
        return false;
    if (cancelled->kind != COMPLETION)
        leave_leaves(cancelled);
    cancelled->done = true;
    cancelled->code = AHTTP_E_CANCELLED;
    return true;
}

static inline bool cancel_awaited(model_task *task)
{
    return task->awaiting && cancel_await(task->awaiting);
}

static inline void cancel_task(model_task *task)
{
    if (task->ended)
        return;
    task->outside_cancel = ++task->cancels;
    if (!cancel_awaited(task))
        task->wanted = true;
}

static inline void fire(model_task *task, bracket *fired)
{
    fired->fired = ++task->cancels;
    if (!cancel_awaited(task))
        fired->wanted = true;
}

static inline bool is_wanted(const model_task *task)
{
    bool wanted = task->wanted;

    for (const bracket *at = task->brackets; at; at = at->outer)
        wanted = wanted || at->wanted;
    return wanted;
}

static inline void set_met(model_task *task)
{
    task->wanted = false;
    for (bracket *at = task->brackets; at; at = at->outer)
        at->wanted = false;
}

/* ---- Brackets ---- */

static inline void push_bracket(model_task *task, bracket *begun)
{
    *begun = (bracket){.outer = task->brackets, .began = task->cancels};
    task->brackets = begun;
}

static inline void pop_bracket(model_task *task)
{
    task->brackets = task->brackets->outer;
}

/* Whether the innermost bracket was not the only one to cancel since it began; with again, the
   others are to arrive once more. */
static inline bool has_others(model_task *task, bool again)
{
    const bracket *inner = task->brackets;
    bool others = task->outside_cancel > inner->began;

    if (others && again)
        task->wanted = true;
    for (bracket *at = inner->outer; at; at = at->outer) {
        if (at->fired <= inner->began)
            continue;
        others = true;
        at->wanted = at->wanted || again;
    }
    return others;
}

/* ---- Groups ---- */

static inline void cancel_members(model_group *group)
{
    if (group->aborting)
        return;
    group->aborting = true;
    for (int i = 0; i < MOST_MEMBERS; i++)
        if (group->members[i])
            cancel_task(group->members[i]);
}

static inline void abort_group(model_group *group)
{
    if (group->aborting)
        return;
    cancel_members(group);
    if (!group->ending)
        fire(group->parent, &group->bracket);
}

static inline void count_end(model_group *group, int code)
{
    group->alive--;
    if (code < 0 && code != AHTTP_E_CANCELLED) {
        if (group->error_count < MOST_ERRORS)
            group->errors[group->error_count++] = code;
        abort_group(group);
    }
    if (group->ending && group->alive == 0)
        group->end.done = true;
}

static inline void hear_of_member(void *ctx)
{
    model_task *member = ctx;
    model_group *group = member->group;

    for (int i = 0; i < MOST_MEMBERS; i++)
        if (group->members[i] == member)
            group->members[i] = NULL;
    count_end(group, member->code);
    free(member);
}

static inline void hear_of_refusal(void *ctx)
{
    count_end(ctx, AHTTP_E_STATE);
}

static inline bool add_member(model_group *group, model_task *member)
{
    for (int i = 0; i < MOST_MEMBERS; i++) {
        if (group->members[i])
            continue;
        group->members[i] = member;
        group->alive++;
        return true;
    }
    return false;
}

static inline void end_task(model_task *task, int code)
{
    task->ended = true;
    task->code = code;
    if (task->group)
        later(hear_of_member, task);
}

/* Called just before a task's first step. */
static inline void hear_of_first_step(void *ctx)
{
    model_task *task = ctx;

    if (task->wanted)
        end_task(task, AHTTP_E_CANCELLED);
    else
        task->started = true;
}

#endif
