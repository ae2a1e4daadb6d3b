/* SPDX-License-Identifier: MIT */
/* Task groups.  Members hang in the group by links of their own, those that failed in a second
   list, so that nothing but the group itself needs memory.  A group that there is none for is
   the parent's spare bracket: it spawns nothing, and cancels the futures that are added. */
#include "base/error.h"
#include "loop/task.h"
#include <ahttp/group.h>

struct ahttp_group {
    ah_bracket bracket;  /* of the parent */
    ah_list members;     /* that have not ended */
    ah_list failed;      /* in the order in which they did */
    ahttp_future ended;  /* what the parent awaits at the end */
    bool is_ending;      /* by the parent */
    bool aborting;       /* all members have been cancelled, and further ones will be */
    bool out_of_memory;  /* a member could not even fail by itself */
    bool parent_stopped; /* a cancel has met the parent at the end */
};

/* Every handle is a bracket, but not every one is a group. */
static ah_bracket *bracket_of(const ahttp_group *group)
{
    return (ah_bracket *)(void *)(uintptr_t)group;
}

static bool is_stand_in(const ahttp_group *group)
{
    return ah_bracket_is_spare(bracket_of(group));
}

ahttp_group *ahttp_group_new(void)
{
    ah_task *parent = ah_task_need("ahttp_group_new: a group belongs to a task, and there is none "
                                   "running here; see ahttp_gather");
    ahttp_group *group = AH_NEW(ahttp_group);

    if (!group)
        return (ahttp_group *)(void *)ah_bracket_begin_spare(parent);
    ah_bracket_begin(&group->bracket, parent, false);
    ah_list_init(&group->members);
    ah_list_init(&group->failed);
    return group;
}

/* ---- Members ---- */

/* Once only: what a member does to clean up is not cancelled. */
static void cancel_members(ahttp_group *group)
{
    if (group->aborting)
        return;
    group->aborting = true;
    AH_LIST_FOR_EACH(link, &group->members)
    {
        ahttp_future_cancel(AH_CONTAINER(link, ahttp_future, member));
    }
}

/* Cancels everything, the parent as well unless it waits for the members anyway. */
static void abort_group(ahttp_group *group)
{
    if (group->aborting)
        return;
    cancel_members(group);
    if (!group->is_ending)
        ah_bracket_cancel(&group->bracket);
}

static void end_member(ah_job *job)
{
    ahttp_future *member = AH_CONTAINER(job, ahttp_future, then);
    ahttp_group *group = member->holder;

    ah_link_remove(&member->member);
    if (member->error && member->error->code != AHTTP_E_CANCELLED) {
        ah_list_append(&group->failed, &member->member);
        abort_group(group);
    } else {
        ah_future_end(member);
    }
    if (group->is_ending && !group->ended.done && ah_list_is_empty(&group->members))
        ah_future_resolve(&group->ended, NULL, NULL);
}

static void end_orphan(ah_job *job)
{
    ahttp_future *orphan = AH_CONTAINER(job, ahttp_future, then);

    ah_link_remove(&orphan->member);
    ah_future_end(orphan);
}

void ahttp_group_add(ahttp_group *group, ahttp_future *future)
{
    ah_task *parent = bracket_of(group)->task;

    if (ah_future_loop(future) != parent->future.loop)
        ah_misuse("ahttp_group_add: the future belongs to another loop than the group");
    if (is_stand_in(group)) {
        if (ah_future_is_last_resort(future))
            return;
        ah_future_join(future, &parent->orphans, end_orphan, NULL);
        ahttp_future_cancel(future);
    } else if (ah_future_is_last_resort(future)) {
        group->out_of_memory = true;
        abort_group(group);
    } else {
        ah_future_join(future, &group->members, end_member, group);
        if (group->aborting)
            ahttp_future_cancel(future);
    }
}

void ahttp_group_spawn(ahttp_group *group, ahttp_task_fn *fn, void *arg)
{
    ahttp_loop *loop = bracket_of(group)->task->future.loop;

    if (is_stand_in(group))
        return;
    if (group->aborting)
        ahttp_group_add(
            group, ah_future_failed(loop, ah_error_new(AHTTP_E_STATE, "group: spawn refused, as it "
                                                                      "is being cancelled")));
    else
        ahttp_group_add(group, ah_task_spawn(loop, fn, arg, NULL));
}

void ahttp_group_cancel(ahttp_group *group)
{
    if (is_stand_in(group))
        return;
    if (ah_task_of_loop(group->bracket.task->future.loop) == group->bracket.task)
        cancel_members(group);
    else
        abort_group(group);
}

const ahttp_error *ahttp_group_error(const ahttp_group *group, size_t index)
{
    if (is_stand_in(group))
        return index == 0 ? ah_error_no_memory() : NULL;
    AH_LIST_FOR_EACH(link, &group->failed)
    {
        if (index-- == 0)
            return AH_CONTAINER(link, ahttp_future, member)->error;
    }
    return group->out_of_memory && index == 0 ? ah_error_no_memory() : NULL;
}

/* ---- The end ---- */

static void release_nothing(ahttp_future *future)
{
    (void)future;
}

static void stop_parent(ahttp_future *future)
{
    ahttp_group *group = future->owner;

    group->parent_stopped = true;
    cancel_members(group);
    future->loop->cancel_missed = false; /* whatever the members did with theirs */
}

static void wait_for_members(ahttp_group *group)
{
    ah_task *parent = group->bracket.task;

    while (!ah_list_is_empty(&group->members)) {
        ah_future_init(&group->ended, parent->future.loop, release_nothing, group);
        group->ended.cancel = stop_parent;
        ah_task_wait(parent->top, &group->ended);
        ah_future_end(&group->ended);
    }
}

static void wait_for_orphans(ah_task *parent)
{
    for (ah_link *link; (link = ah_list_first(&parent->orphans));) {
        ahttp_future *orphan = AH_CONTAINER(link, ahttp_future, member);
        ah_future_leave(orphan);
        if (!orphan->done)
            ah_task_wait(parent->top, orphan);
        ah_future_end(orphan);
    }
}

static ahttp_error *take_first_error(ahttp_group *group)
{
    ah_link *first = ah_list_first(&group->failed);

    if (first)
        return ah_future_take_error(AH_CONTAINER(first, ahttp_future, member));
    if (group->out_of_memory)
        return ah_error_no_memory();
    return NULL;
}

/* The parent could see all errors. */
static void end_failed(ahttp_future *member)
{
    member->error_seen = true;
    ah_future_end(member);
}

static void free_group(ahttp_group *group)
{
    for (ah_link *link; (link = ah_list_take_first(&group->failed));)
        end_failed(AH_CONTAINER(link, ahttp_future, member));
    ah_bracket_end(&group->bracket);
    ah_free(group);
}

/* 0 or the code, and the error to the task.  A cancel of the parent that is not told of by
   that arrives again at what it awaits next. */
static int conclude(ah_bracket *bracket, ahttp_error *error)
{
    if (!error)
        return 0;
    int code = error->code;
    if (code != AHTTP_E_CANCELLED)
        ah_bracket_want_others(bracket);
    ah_task_set_error(bracket->task, error);
    return code;
}

static int await_stand_in(ah_bracket *bracket)
{
    wait_for_orphans(bracket->task);
    int code = conclude(bracket, ah_error_no_memory());
    ah_bracket_end_spare(bracket);
    return code;
}

static int await_end(ahttp_group *group, bool has_failed)
{
    ah_bracket *bracket = bracket_of(group);

    if (ah_task_need("ahttp_group_await_end: call it in the task that made the group") !=
        bracket->task)
        ah_misuse("ahttp_group_await_end: this group belongs to another task, which must end it");
    if (is_stand_in(group))
        return await_stand_in(bracket);
    bracket->wanted = false;
    group->is_ending = true;
    if (has_failed)
        cancel_members(group);
    wait_for_members(group);
    ahttp_error *error = take_first_error(group);
    if (!error && (group->parent_stopped || (has_failed && ah_bracket_has_others(bracket))))
        error = ah_error_new(AHTTP_E_CANCELLED, "group: its parent was cancelled");
    int code = conclude(bracket, error);
    free_group(group);
    return code;
}

int ahttp_group_await_end(ahttp_group *group)
{
    return await_end(group, false);
}

int ahttp_group_await_cancelled(ahttp_group *group)
{
    return await_end(group, true);
}
