/* SPDX-License-Identifier: MIT */
/* Names of tasks, and looking at tasks from outside.  Names are made when somebody asks, by
   means that a signal's handler may use. */
#include "loop/task.h"

void ah_task_set_name(ah_task *task, const char *name)
{
    size_t len = 0;

    for (; name && name[len] && len < AH_TASK_NAME_SIZE - 1; len++)
        task->name[len] = name[len];
    task->name[len] = '\0';
}

static void append_number(char *to, unsigned number)
{
    if (number >= 10)
        append_number(to, number / 10);
    while (*to)
        to++;
    to[0] = (char)('0' + number % 10);
    to[1] = '\0';
}

const char *ah_task_get_name(ah_task *task)
{
    if (!task->name[0]) {
        ah_task_set_name(task, "task ");
        append_number(task->name, task->number);
    }
    return task->name;
}

static ah_task *running_task(void)
{
    const ahttp_loop *loop = ahttp_loop_current();

    return loop ? ah_task_of_loop(loop) : NULL;
}

const char *ahttp_task_name(void)
{
    ah_task *task = running_task();

    return task ? ah_task_get_name(task) : "";
}

static ahttp_task_state state_of(const ah_task *task)
{
    if (!task->top)
        return AHTTP_TASK_NOT_STARTED;
    return task->top == task->future.loop->top ? AHTTP_TASK_RUNNING : AHTTP_TASK_WAITING;
}

size_t ahttp_loop_each_task(ahttp_loop *loop, ahttp_task_visit_fn *visit, void *ctx)
{
    size_t count = 0;

    AH_LIST_FOR_EACH(link, &loop->tasks)
    {
        ah_task *task = AH_CONTAINER(link, ah_task, link);
        if (visit)
            visit(ah_task_get_name(task), state_of(task), ctx);
        count++;
    }
    return count;
}

bool ahttp_task_overflowed(const void *address, char *name, size_t cap)
{
    ah_task *task = running_task();

    if (!task || !ah_coroutine_guard_has(task->top->coroutine, address))
        return false;
    const char *from = ah_task_get_name(task);
    size_t len = 0;
    for (; cap > 0 && from[len] && len < cap - 1; len++)
        name[len] = from[len];
    if (cap > 0)
        name[len] = '\0';
    return true;
}
