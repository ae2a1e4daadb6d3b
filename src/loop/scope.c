/* SPDX-License-Identifier: MIT */
/* Time limits for what a task does.  A scope that there is no memory for is the task's spare
   bracket, which expires at once and for that reason. */
#include "base/error.h"
#include "loop/task.h"
#include <ahttp/group.h>
#include <inttypes.h>

struct ahttp_scope {
    ah_bracket bracket;
    ah_timer timer;
    int64_t limit_ms;
    bool expired;
};

/* Every handle is a bracket, but not every one is a scope. */
static ah_bracket *bracket_of(const ahttp_scope *scope)
{
    return (ah_bracket *)(void *)(uintptr_t)scope;
}

static void expire(ah_timer *timer)
{
    ahttp_scope *scope = AH_CONTAINER(timer, ahttp_scope, timer);

    scope->expired = true;
    ah_bracket_cancel(&scope->bracket);
}

static void start_limit(ahttp_scope *scope, int64_t limit_ms)
{
    ahttp_loop *loop = scope->bracket.task->future.loop;

    ah_timer_stop(loop, &scope->timer);
    scope->limit_ms = limit_ms;
    if (limit_ms == AHTTP_NEVER)
        return;
    if (limit_ms > 0)
        ah_timer_start(loop, &scope->timer, limit_ms);
    else
        expire(&scope->timer);
}

ahttp_scope *ahttp_scope_begin(int64_t limit_ms)
{
    ah_task *task = ah_task_need("ahttp_scope_begin: a time limit is for a task, and there is none "
                                 "running here; see ahttp_within");
    ahttp_scope *scope = AH_NEW(ahttp_scope);

    if (!scope)
        return (ahttp_scope *)(void *)ah_bracket_begin_spare(task);
    scope->timer.fire = expire;
    ah_bracket_begin(&scope->bracket, task, true);
    start_limit(scope, limit_ms);
    return scope;
}

ahttp_scope *ahttp_scope_begin_at(int64_t time_ms)
{
    const ah_task *task =
        ah_task_need("ahttp_scope_begin_at: a time limit is for a task, and there "
                     "is none running here; see ahttp_within");
    int64_t now = ahttp_loop_now(task->future.loop);

    if (time_ms == AHTTP_NEVER)
        return ahttp_scope_begin(AHTTP_NEVER);
    return ahttp_scope_begin(time_ms > now ? time_ms - now : 0);
}

void ahttp_scope_reschedule(ahttp_scope *scope, int64_t limit_ms)
{
    if (!ahttp_scope_expired(scope))
        start_limit(scope, limit_ms);
}

bool ahttp_scope_expired(const ahttp_scope *scope)
{
    return ah_bracket_is_spare(bracket_of(scope)) || scope->expired;
}

static void check_order(const ah_bracket *ending)
{
    if (ah_task_need("ahttp_scope_end: call it in the task that began the scope") != ending->task)
        ah_misuse("ahttp_scope_end: this scope belongs to another task, which must end it");
    for (const ah_link *link = ending->link.next; link != &ending->task->brackets.head;
         link = link->next)
        if (AH_CONTAINER(link, const ah_bracket, link)->is_scope)
            ah_misuse("ahttp_scope_end: scopes end in the reverse order of their beginning; end "
                      "those that began later first");
}

/* What a cancel in this scope really was; NULL if just that. */
static ahttp_error *reason(const ahttp_scope *scope)
{
    const ah_bracket *bracket = bracket_of(scope);

    if (!ahttp_scope_expired(scope) || ah_bracket_has_others(bracket))
        return NULL;
    if (ah_bracket_is_spare(bracket))
        return ah_error_no_memory();
    return ah_error_new(AHTTP_E_TIMEOUT, "scope: the time limit of %" PRId64 " ms has passed",
                        scope->limit_ms > 0 ? scope->limit_ms : 0);
}

static void end(ahttp_scope *scope)
{
    ah_bracket *bracket = bracket_of(scope);

    if (ah_bracket_is_spare(bracket)) {
        ah_bracket_end_spare(bracket);
        return;
    }
    ah_timer_stop(bracket->task->future.loop, &scope->timer);
    ah_bracket_end(bracket);
    ah_free(scope);
}

int ahttp_scope_end(ahttp_scope *scope, int rc)
{
    ah_task *task = bracket_of(scope)->task;
    ahttp_error *error = NULL;

    if (!ah_bracket_is_spare(bracket_of(scope)))
        check_order(bracket_of(scope));
    if (rc == AHTTP_E_CANCELLED)
        error = reason(scope);
    if (error) {
        rc = error->code;
        ah_task_set_error(task, error);
    }
    end(scope);
    return rc;
}
