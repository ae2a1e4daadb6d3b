/* SPDX-License-Identifier: MIT */
/* Tasks: a coroutine and the future of what it returns.  A task is started and woken by the
   same job: first it is in the ready queue, later among the waiters of what it awaits. */
#include "base/error.h"
#include "loop/loop_state.h"
#include <ahttp/task.h>
#include <errno.h>
#include <stdarg.h>

enum { MOST_FREE_TASKS = 1024 };

struct ah_task {
    ahttp_future future; /* what ahttp_spawn returned */
    ah_link link;        /* in the loop's tasks, or its free ones */
    ah_job job;
    ah_coroutine *coroutine; /* NULL before the first step */
    ahttp_task_fn *fn;
    void *arg;
    void *result;
    ahttp_future *awaiting;
    ahttp_error *error;   /* of the last await that failed */
    ahttp_error *failure; /* what ahttp_fail made; or the same object as error */
    bool cancel_wanted;   /* arrives at the next await of something pending */
    bool cancelling;      /* guards against rings through other futures */
    bool leftover;
};

/* ---- Ending ---- */

static void release_task(ahttp_future *future)
{
    ahttp_loop *loop = future->loop;
    ah_task *ended = AH_CONTAINER(future, ah_task, future);

    if (loop->free_task_count == MOST_FREE_TASKS) {
        ah_free(ended);
        return;
    }
    ah_list_prepend(&loop->free_tasks, &ended->link);
    loop->free_task_count++;
}

static void finish(ah_task *ended)
{
    ah_link_remove(&ended->link);
    if (ended->leftover)
        ended->future.loop->leftovers--;
    if (ended->error != ended->failure)
        ah_error_free(ended->error);
    if (ended->failure && !ended->result) {
        ah_future_reject(&ended->future, ended->failure);
        return;
    }
    ah_error_free(ended->failure);
    ah_future_resolve(&ended->future, ended->result, NULL);
}

/* ---- Running ---- */

static void run_body(void *arg)
{
    ah_task *running = arg;

    running->result = running->fn(running->arg);
}

static bool begin(ah_task *task)
{
    if (task->cancel_wanted) {
        task->failure = ah_error_new(AHTTP_E_CANCELLED, "task: cancelled before its first step");
        return false;
    }
    task->coroutine = ah_coroutine_new(&task->future.loop->coroutines, run_body, task);
    if (!task->coroutine)
        task->failure = ah_error_system(AHTTP_E_SYSTEM, -errno, "start task: map a stack");
    return task->coroutine != NULL;
}

static void step(ah_job *job)
{
    ah_task *task = AH_CONTAINER(job, ah_task, job);
    ahttp_loop *loop = task->future.loop;

    if (!task->coroutine && !begin(task)) {
        finish(task);
        return;
    }
    loop->task = task;
    bool ended = ah_coroutine_resume(task->coroutine);
    loop->task = NULL;
    if (ended)
        finish(task);
}

static void cancel_task(ahttp_future *future)
{
    ah_task *task = AH_CONTAINER(future, ah_task, future);

    if (task->cancelling)
        return;
    if (!task->awaiting || task->awaiting->done) {
        task->cancel_wanted = true;
        return;
    }
    task->cancelling = true;
    ahttp_future_cancel(task->awaiting);
    task->cancelling = false;
}

/* Tasks that await each other in a ring would never end.  Those awaited are mostly new, so
   that the chain to follow has one link. */
static void refuse_ring(const ah_task *task, const ahttp_future *future)
{
    while (future && future->cancel == cancel_task) {
        if (future == &task->future)
            ah_misuse("ahttp_await: this task awaits itself, perhaps through other tasks, and "
                      "would never end");
        future = AH_CONTAINER(future, const ah_task, future)->awaiting;
    }
}

void ah_task_wait(ah_task *task, ahttp_future *future)
{
    refuse_ring(task, future);
    task->awaiting = future;
    ah_future_wait(future, &task->job);
    if (task->cancel_wanted || future->loop->closing) {
        task->cancel_wanted = false;
        ahttp_future_cancel(future);
    }
    ah_coroutine_suspend(task->coroutine);
    task->awaiting = NULL;
}

/* ---- Spawning ---- */

static ah_task *take_task(ahttp_loop *loop)
{
    ah_link *link = ah_list_take_first(&loop->free_tasks);

    if (!link)
        return ah_alloc(sizeof(ah_task));
    loop->free_task_count--;
    return AH_CONTAINER(link, ah_task, link);
}

static ahttp_future *spawn(ahttp_loop *loop, ahttp_task_fn *fn, void *arg)
{
    ah_task *spawned = take_task(loop);

    if (!spawned)
        return ah_future_failed(loop, ah_error_no_memory());
    *spawned = (ah_task){.job = {.run = step}, .fn = fn, .arg = arg};
    ah_future_init(&spawned->future, loop, release_task, NULL);
    spawned->future.cancel = cancel_task;
    ah_list_append(&loop->tasks, &spawned->link);
    ah_loop_ready(loop, &spawned->job);
    return &spawned->future;
}

ahttp_future *ahttp_spawn(ahttp_task_fn *fn, void *arg)
{
    return spawn(ah_loop_need_current("ahttp_spawn: this thread has no loop; call it from a task "
                                      "or callback, or after ahttp_loop_create"),
                 fn, arg);
}

static void cancel_all(ahttp_loop *loop)
{
    AH_LIST_FOR_EACH(link, &loop->tasks)
    {
        cancel_task(&AH_CONTAINER(link, ah_task, link)->future);
    }
}

static bool has_tasks(const ahttp_loop *loop, const void *ctx)
{
    (void)ctx;
    return !ah_list_is_empty(&loop->tasks);
}

static bool has_leftovers(const ahttp_loop *loop, const void *ctx)
{
    (void)ctx;
    return loop->leftovers > 0;
}

/* Cleaning up may spawn more tasks, which are not cancelled before the loop closes. */
static void end_leftovers(ahttp_loop *loop)
{
    AH_LIST_FOR_EACH(link, &loop->tasks)
    {
        AH_CONTAINER(link, ah_task, link)->leftover = true;
        loop->leftovers++;
    }
    cancel_all(loop);
    ah_loop_run_while(loop, has_leftovers, NULL);
}

int ahttp_run(ahttp_task_fn *fn, void *arg)
{
    ahttp_loop *outer = ahttp_loop_current();

    if (outer && ah_loop_is_inside(outer))
        return AHTTP_E_STATE;
    ahttp_loop *loop = ahttp_loop_new();
    if (!loop)
        return AHTTP_E_NO_MEMORY;
    int code = ahttp_await_status(spawn(loop, fn, arg));
    end_leftovers(loop);
    ahttp_loop_close(loop);
    return code;
}

/* ---- Errors ---- */

void ah_task_set_error(ah_task *task, ahttp_error *error)
{
    if (task->error != task->failure)
        ah_error_free(task->error);
    task->error = error;
}

const ahttp_error *ah_task_get_error(const ah_task *task)
{
    return task->error;
}

static void set_failure(ah_task *task, ahttp_error *failure)
{
    if (task->failure != task->error)
        ah_error_free(task->failure);
    task->failure = failure;
}

static ah_task *need_task(const char *sentence)
{
    ahttp_loop *loop = ahttp_loop_current();

    if (!loop || !loop->task)
        ah_misuse(sentence);
    return loop->task;
}

void *ahttp_fail(int code, const char *format, ...)
{
    ah_task *running = need_task("ahttp_fail: only a task can fail; there is none running here");
    va_list arguments;

    if (code >= 0)
        ah_misuse("ahttp_fail: the code of a failure is negative, such as AHTTP_E_STATE");
    va_start(arguments, format);
    set_failure(running, ah_error_new_v(code, format, arguments));
    va_end(arguments);
    return NULL;
}

void *ahttp_fail_again(void)
{
    ah_task *running =
        need_task("ahttp_fail_again: only a task can fail; there is none running here");

    if (!running->error)
        return ahttp_fail(AHTTP_E_STATE, "ahttp_fail_again: no await of this task has failed");
    set_failure(running, running->error);
    return NULL;
}

/* ---- With the loop ---- */

void ah_tasks_init(ahttp_loop *loop)
{
    ah_list_init(&loop->tasks);
    ah_list_init(&loop->free_tasks);
}

void ah_tasks_end(ahttp_loop *loop)
{
    cancel_all(loop);
    ah_loop_run_while(loop, has_tasks, NULL);
}

void ah_tasks_release(ahttp_loop *loop)
{
    for (ah_link *link; (link = ah_list_take_first(&loop->free_tasks));)
        ah_free(AH_CONTAINER(link, ah_task, link));
    ah_coroutine_pool_release(&loop->coroutines);
}
