/* SPDX-License-Identifier: MIT */
/* Tasks: a coroutine and the future of what it returns.  A task is started by a job in the ready
   queue; one at the top of its stack, waiting for what it awaits, makes it go on. */
#include "loop/task.h"
#include "base/error.h"
#include "base/options.h"
#include "loop/interrupt.h"
#include <errno.h>
#include <stdarg.h>

enum { MOST_FREE_TASKS = 1024 };

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

ah_task *ah_task_of_loop(const ahttp_loop *loop)
{
    return loop->top ? loop->top->task : NULL;
}

static void run_body(void *arg)
{
    ah_task *running = arg;

    running->result = running->fn(running->arg);
    if (!ah_list_is_empty(&running->brackets))
        ah_misuse("a task returned within a group or time limit; call ahttp_group_await_end or "
                  "ahttp_scope_end on every way out");
    running->future.loop->top = NULL; /* a signal's handler may look while the stack goes */
}

static ahttp_error *no_stack(ah_task *task)
{
    size_t kib = (task->stack_bytes ? task->stack_bytes : AH_STACK_SIZE) / 1024;
    const char *name = ah_task_get_name(task);

    if (errno == ENOMEM)
        return ah_error_new(AHTTP_E_SYSTEM,
                            "start %s: map a stack of %zu KiB: no address space is left, or no "
                            "mapping (on Linux vm.max_map_count limits their number)",
                            name, kib);
    return ah_error_system(AHTTP_E_SYSTEM, -errno, "start %s: map a stack of %zu KiB", name, kib);
}

/* Until it waits or ends. */
static void run(ah_task *task, ah_task_top *top)
{
    ahttp_loop *loop = top->loop;

    loop->top = top;
    bool ended = ah_coroutine_resume(top->coroutine);
    loop->top = NULL;
    if (!ended)
        return;
    task->top = NULL;
    finish(task);
}

static void go_on(ah_job *job)
{
    ah_task_top *top = AH_CONTAINER(job, ah_task_top, job);

    run(top->task, top);
}

static void start(ah_job *job)
{
    ah_task *task = AH_CONTAINER(job, ah_task, start);
    ahttp_loop *loop = task->future.loop;

    if (task->cancel_wanted) {
        task->failure = ah_error_new(AHTTP_E_CANCELLED, "%s: cancelled before its first step",
                                     ah_task_get_name(task));
        finish(task);
        return;
    }
    ah_coroutine *coroutine =
        ah_coroutine_new(&loop->coroutines, task->stack_bytes, run_body, task);
    if (!coroutine) {
        task->failure = no_stack(task);
        finish(task);
        return;
    }
    task->top = ah_coroutine_room(coroutine);
    *task->top =
        (ah_task_top){.job = {.run = go_on}, .loop = loop, .task = task, .coroutine = coroutine};
    run(task, task->top);
}

bool ah_task_cancel_awaited(ah_task *task)
{
    ahttp_future *awaiting = task->top ? task->top->awaiting : NULL;

    if (task->cancelling)
        return true;
    if (!awaiting || awaiting->done)
        return false;
    ahttp_loop *loop = task->future.loop;
    task->cancelling = true;
    loop->cancel_missed = false;
    ahttp_future_cancel(awaiting);
    task->cancelling = false;
    bool missed = loop->cancel_missed;
    loop->cancel_missed = false; /* for whoever cancels the task: it has noted that */
    return !missed;
}

void ah_task_look_for_cancel(ah_task *task)
{
    if (task->top)
        task->top->may_be_cancelled = true;
}

static void cancel_task(ahttp_future *future)
{
    ah_task *task = AH_CONTAINER(future, ah_task, future);

    task->outside_cancel = ++task->cancels;
    if (ah_task_cancel_awaited(task))
        return;
    task->cancel_wanted = true;
    ah_task_look_for_cancel(task);
}

static bool is_cancel_wanted(const ah_task *task)
{
    bool wanted = task->cancel_wanted;

    AH_LIST_FOR_EACH(link, &task->brackets)
    {
        wanted = wanted || AH_CONTAINER(link, const ah_bracket, link)->wanted;
    }
    return wanted;
}

static void set_cancels_met(ah_task *task)
{
    task->top->may_be_cancelled = task->cancel_wanted = false;
    AH_LIST_FOR_EACH(link, &task->brackets)
    {
        AH_CONTAINER(link, ah_bracket, link)->wanted = false;
    }
}

/* Tasks that await each other in a ring would never end.  Those awaited are mostly new, so
   that the chain to follow has one link. */
static AH_COLD void refuse_ring(const ah_task *task, const ahttp_future *future)
{
    while (future && future->cancel == cancel_task) {
        if (future == &task->future)
            ah_misuse("ahttp_await: this task awaits itself, perhaps through other tasks, and "
                      "would never end");
        const ah_task_top *top = AH_CONTAINER(future, const ah_task, future)->top;
        future = top ? top->awaiting : NULL;
    }
}

/* A cancel that did not meet an await meets this one. */
static AH_COLD void meet_cancel(ah_task_top *top)
{
    top->may_be_cancelled = is_cancel_wanted(top->task);
    if ((top->may_be_cancelled || top->loop->closing) && ah_task_cancel_awaited(top->task))
        set_cancels_met(top->task);
}

void ah_task_wait(ah_task_top *top, ahttp_future *future)
{
    if (AH_UNLIKELY(future->cancel == cancel_task))
        refuse_ring(top->task, future);
    top->awaiting = future;
    ah_future_await(future, &top->job);
    if (AH_UNLIKELY(top->may_be_cancelled || top->loop->closing))
        meet_cancel(top);
    ah_coroutine_suspend(top->coroutine);
    top->awaiting = NULL;
    /* A cancel that came between the end of the future and now has arrived by it as well. */
    if (AH_UNLIKELY(future->error && future->error->code == AHTTP_E_CANCELLED))
        set_cancels_met(top->task);
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

ahttp_future *ah_task_spawn(ahttp_loop *loop, ahttp_task_fn *fn, void *arg,
                            const ahttp_task_options *options)
{
    ahttp_task_options chosen;

    if (!ah_options_load(&chosen, sizeof chosen, options))
        return ah_future_failed(loop, ah_options_error("spawn options"));
    ah_task *spawned = take_task(loop);
    if (!spawned)
        return ah_future_failed(loop, ah_error_no_memory());
    *spawned = (ah_task){.start = {.run = start}, .fn = fn, .arg = arg};
    spawned->stack_bytes = chosen.stack_bytes;
    spawned->number = ++loop->task_count;
    ah_task_set_name(spawned, chosen.name);
    ah_list_init(&spawned->brackets);
    ah_list_init(&spawned->orphans);
    ah_future_init_by(&spawned->future, loop, release_task, NULL, "ahttp_spawn");
    spawned->future.cancel = cancel_task;
    ah_list_append(&loop->tasks, &spawned->link);
    ah_loop_ready(loop, &spawned->start);
    return &spawned->future;
}

ahttp_future *ahttp_spawn(ahttp_task_fn *fn, void *arg)
{
    return ah_task_spawn(
        ah_loop_need_current("ahttp_spawn: this thread has no loop; call it from a task or "
                             "callback, or after ahttp_loop_create"),
        fn, arg, NULL);
}

ahttp_future *ahttp_spawn_with(ahttp_task_fn *fn, void *arg, const ahttp_task_options *options)
{
    return ah_task_spawn(
        ah_loop_need_current("ahttp_spawn_with: this thread has no loop; call it from a task or "
                             "callback, or after ahttp_loop_create"),
        fn, arg, options);
}

ah_task *ah_task_of_future(ahttp_future *future)
{
    return future->release == release_task ? AH_CONTAINER(future, ah_task, future) : NULL;
}

ah_task *ah_task_of_job(ah_job *job)
{
    if (job->run == go_on)
        return AH_CONTAINER(job, ah_task_top, job)->task;
    return job->run == start ? AH_CONTAINER(job, ah_task, start) : NULL;
}

static void cancel_all(ahttp_loop *loop)
{
    AH_LIST_FOR_EACH(link, &loop->tasks)
    {
        cancel_task(&AH_CONTAINER(link, ah_task, link)->future);
    }
}

static void report_all(ahttp_loop *loop)
{
    AH_LIST_FOR_EACH(link, &loop->tasks)
    {
        ah_report(loop, "Task left at the end, and cancelled: \"%s\"",
                  ah_task_get_name(AH_CONTAINER(link, ah_task, link)));
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
    report_all(loop);
    cancel_all(loop);
    ah_loop_run_while(loop, has_leftovers, NULL);
}

static int await_main(ah_interrupt *interrupt, ahttp_loop *loop, ahttp_future *main_task)
{
    ah_interrupt_begin(interrupt, loop, main_task);
    int code = ahttp_await_status(main_task);
    ah_interrupt_end(interrupt);
    return code == AHTTP_E_CANCELLED && interrupt->came ? AHTTP_E_INTERRUPTED : code;
}

int ahttp_run(ahttp_task_fn *fn, void *arg)
{
    const ahttp_task_options main_task = {.size = sizeof main_task, .name = "main"};
    ahttp_loop *outer = ahttp_loop_current();
    ah_interrupt interrupt; /* as long as the loop */

    if (outer && ah_loop_is_inside(outer))
        return AHTTP_E_STATE;
    ahttp_loop *loop = ahttp_loop_new(.virtual_clock = ah_debug_wants_virtual_clock());
    if (!loop)
        return AHTTP_E_NO_MEMORY;
    int code = await_main(&interrupt, loop, ah_task_spawn(loop, fn, arg, &main_task));
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

ah_task *ah_task_need(const char *sentence)
{
    ahttp_loop *loop = ahttp_loop_current();

    if (!loop || !loop->top)
        ah_misuse(sentence);
    return loop->top->task;
}

void *ahttp_fail(int code, const char *format, ...)
{
    ah_task *running = ah_task_need("ahttp_fail: only a task can fail; there is none running here");
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
        ah_task_need("ahttp_fail_again: only a task can fail; there is none running here");

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
    report_all(loop);
    cancel_all(loop);
    ah_loop_run_while(loop, has_tasks, NULL);
}

void ah_tasks_release(ahttp_loop *loop)
{
    for (ah_link *link; (link = ah_list_take_first(&loop->free_tasks));)
        ah_free(AH_CONTAINER(link, ah_task, link));
    ah_coroutine_pool_release(&loop->coroutines);
}
