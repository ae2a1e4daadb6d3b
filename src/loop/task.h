/* SPDX-License-Identifier: MIT */
#ifndef AH_LOOP_TASK_H
#define AH_LOOP_TASK_H
/* The inside of a task, for task.c, task_info.c and what belongs to a task: brackets, groups,
   scopes. */
#include "loop/bracket.h"
#include "loop/loop_state.h"
#include <ahttp/task.h>

enum { AH_TASK_NAME_SIZE = 32 };

/* What a task touches whenever it waits and goes on: the room of its coroutine. */
struct ah_task_top {
    ah_job job; /* makes it go on; the first member: see ah_future_look_ahead */
    ahttp_loop *loop;
    ah_task *task;
    ah_coroutine *coroutine;
    ahttp_future *awaiting;
    bool may_be_cancelled; /* the task's cancel_wanted or a bracket's wanted may be set */
};
_Static_assert(sizeof(ah_task_top) <= AH_COROUTINE_ROOM && offsetof(ah_task_top, job) == 0,
               "a task's top is one line of memory, which its job begins");

struct ah_task {
    ahttp_future future; /* what ahttp_spawn returned */
    ah_link link;        /* in the loop's tasks, or its free ones */
    ah_job start;        /* in the ready queue until the first step */
    ah_task_top *top;    /* NULL before that, and behind the last one */
    size_t stack_bytes;  /* 0: the usual */
    ahttp_task_fn *fn;
    void *arg;
    void *result;
    ahttp_error *error;   /* of the last await that failed */
    ahttp_error *failure; /* what ahttp_fail made; or the same object as error */

    uint64_t cancels;        /* how many there have been, also from brackets */
    uint64_t outside_cancel; /* the number of the last one that came not from a bracket */
    bool cancel_wanted;      /* that one has not met an await of something pending yet */
    bool cancelling;         /* guards against rings through other futures */
    bool leftover;
    unsigned spare_uses;
    ah_list brackets;
    ah_bracket spare;
    ah_list orphans; /* members of groups that there was no memory for */

    unsigned number;
    char name[AH_TASK_NAME_SIZE]; /* empty: "task <number>", written when asked for */
};

/* options may be NULL. */
ahttp_future *ah_task_spawn(ahttp_loop *loop, ahttp_task_fn *fn, void *arg,
                            const ahttp_task_options *options);
/* Cancels what the task awaits; false if that is nothing, or done, or as good as done, so that
   the cancel is to meet the next. */
bool ah_task_cancel_awaited(ah_task *task);
/* The next await of the task is to see whether a cancel is wanted. */
void ah_task_look_for_cancel(ah_task *task);
/* The task that it belongs to, or NULL: what ahttp_spawn returned, and what a task runs by. */
ah_task *ah_task_of_future(ahttp_future *future);
ah_task *ah_task_of_job(ah_job *job);
/* The task that runs on this thread; when there is none, aborts with the sentence. */
ah_task *ah_task_need(const char *sentence);

/* ---- task_info.c ---- */

void ah_task_set_name(ah_task *task, const char *name);
/* Safe in a signal's handler. */
const char *ah_task_get_name(ah_task *task);

#endif
