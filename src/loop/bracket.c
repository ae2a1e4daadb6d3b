/* SPDX-License-Identifier: MIT */
#include "loop/bracket.h"
#include "loop/task.h"

void ah_bracket_begin(ah_bracket *bracket, ah_task *task, bool is_scope)
{
    *bracket = (ah_bracket){.task = task, .began = task->cancels, .is_scope = is_scope};
    ah_list_append(&task->brackets, &bracket->link);
}

void ah_bracket_end(ah_bracket *bracket)
{
    ah_link_remove(&bracket->link);
}

void ah_bracket_cancel(ah_bracket *bracket)
{
    bracket->cancelled = ++bracket->task->cancels;
    if (ah_task_cancel_awaited(bracket->task))
        return;
    bracket->wanted = true;
    ah_task_look_for_cancel(bracket->task);
}

bool ah_bracket_has_others(const ah_bracket *bracket)
{
    const ah_task *task = bracket->task;

    if (task->outside_cancel > bracket->began)
        return true;
    AH_LIST_FOR_EACH(link, &task->brackets)
    {
        const ah_bracket *other = AH_CONTAINER(link, ah_bracket, link);
        if (other != bracket && other->cancelled > bracket->began)
            return true;
    }
    return false;
}

void ah_bracket_want_others(const ah_bracket *bracket)
{
    ah_task *task = bracket->task;

    if (task->outside_cancel > bracket->began)
        task->cancel_wanted = true;
    AH_LIST_FOR_EACH(link, &task->brackets)
    {
        ah_bracket *other = AH_CONTAINER(link, ah_bracket, link);
        if (other != bracket && other->cancelled > bracket->began)
            other->wanted = true;
    }
    ah_task_look_for_cancel(task);
}

ah_bracket *ah_bracket_begin_spare(ah_task *task)
{
    if (task->spare_uses++ == 0)
        ah_bracket_begin(&task->spare, task, false);
    ah_bracket_cancel(&task->spare);
    return &task->spare;
}

bool ah_bracket_is_spare(const ah_bracket *bracket)
{
    return bracket == &bracket->task->spare;
}

void ah_bracket_end_spare(ah_bracket *bracket)
{
    if (--bracket->task->spare_uses == 0)
        ah_bracket_end(bracket);
}
