/* SPDX-License-Identifier: MIT */
#include "loop/debug.h"
#include "loop/loop_state.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if AHTTP_TASKS
#include "loop/task.h"
#endif

enum { SENTENCE_SIZE = 1024, NAME_SIZE = AH_TRACE_NAME_SIZE };
#define SLOW_NS UINT64_C(100000000)

/* ---- Reporting ---- */

static void say(const ahttp_loop *loop, const char *sentence)
{
    if (loop->debug.report)
        loop->debug.report(sentence, loop->debug.ctx);
    else
        fprintf(stderr, "libahttp: %s\n", sentence);
}

void ah_report(const ahttp_loop *loop, const char *format, ...)
{
    char sentence[SENTENCE_SIZE];
    va_list arguments;

    if (!loop->debug.on)
        return;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    say(loop, sentence);
}

void ahttp_loop_set_report(ahttp_loop *loop, ahttp_report_fn *fn, void *ctx)
{
    loop->debug.report = fn;
    loop->debug.ctx = ctx;
}

/* ---- Threads ---- */

void ah_debug_check_thread(const ahttp_loop *loop, const char *function)
{
    char sentence[SENTENCE_SIZE];

    if (ah_loop_is_own(loop))
        return;
    snprintf(sentence, sizeof sentence,
             "%s: called on another thread than its loop's; bring work to a loop by "
             "ahttp_loop_post or ahttp_submit",
             function);
    if (loop->debug.report)
        say(loop, sentence);
    ah_misuse(sentence);
}

void ah_loop_check_thread(const ahttp_loop *loop, const char *function)
{
    ah_check_thread(loop, function);
}

/* ---- Names ---- */

#if AHTTP_TASKS
static const char *name_of(ah_task *task)
{
    return task ? ah_task_get_name(task) : NULL;
}

static const char *running_task_name(const ahttp_loop *loop)
{
    return name_of(ah_task_of_loop(loop));
}

static const char *task_name_of_future(ahttp_future *future)
{
    return name_of(ah_task_of_future(future));
}

static const char *task_name_of_job(ah_job *job)
{
    return name_of(ah_task_of_job(job));
}
#else
static const char *running_task_name(const ahttp_loop *loop)
{
    (void)loop;
    return NULL;
}

static const char *task_name_of_future(ahttp_future *future)
{
    (void)future;
    return NULL;
}

static const char *task_name_of_job(ah_job *job)
{
    (void)job;
    return NULL;
}
#endif

/* Names of tasks are gone when the tasks are.  NULL becomes "". */
static void copy_name(char to[NAME_SIZE], const char *name)
{
    snprintf(to, NAME_SIZE, "%s", name ? name : "");
}

/* ---- Futures ---- */

void ah_debug_future_made(ahttp_future *future, const char *maker)
{
    ah_trace *trace;

    ah_debug_check_thread(future->loop, maker);
    trace = AH_NEW(ah_trace);
    if (!trace)
        return;
    trace->future = future;
    trace->maker = maker;
    copy_name(trace->made_in, running_task_name(future->loop));
    ah_list_append(&future->loop->debug.traces, &trace->link);
    future->trace = trace;
}

static void forget(ah_trace *trace)
{
    trace->future->trace = NULL;
    ah_link_remove(&trace->link);
    ah_free(trace);
}

/* "<what>: ahttp_sleep, made in task "main": <error>" */
static void report_future(ahttp_future *future, const char *what, const ahttp_error *error)
{
    const ah_trace *trace = future->trace;
    const char *task = task_name_of_future(future);
    const char *maker = strncmp(trace->maker, "ahttp_", 6) == 0 ? trace->maker : "a future";
    char name[64], made_in[NAME_SIZE + 24] = "";

    if (task)
        snprintf(name, sizeof name, "task \"%s\"", task);
    else
        snprintf(name, sizeof name, "%s", maker);
    if (trace->made_in[0])
        snprintf(made_in, sizeof made_in, ", made in task \"%s\"", trace->made_in);
    ah_report(future->loop, "%s: %s%s%s%s", what, name, made_in, error ? ": " : "",
              error ? error->message : "");
}

void ah_debug_future_ends(ahttp_future *future)
{
    const ahttp_error *error = future->error;

    if (error && !future->error_seen && error->code != AHTTP_E_CANCELLED)
        report_future(future, "Error that nobody read", error);
    forget(future->trace);
}

static void report_leftover(ahttp_future *future)
{
    bool is_lost = future->has_ticket && !future->handed_in;

    report_future(future,
                  is_lost ? "Future that nobody handed in" : "Future that was never settled",
                  future->error);
}

/* ---- Jobs ---- */

void ah_debug_run_job(ahttp_loop *loop, ah_job *job)
{
    char task[NAME_SIZE];

    copy_name(task, task_name_of_job(job));
    uint64_t began_ns = uv_hrtime();
    job->run(job);
    uint64_t took_ns = uv_hrtime() - began_ns;
    if (took_ns < loop->debug.slow_ns)
        return;
    uint64_t took_ms = took_ns / 1000000;
    if (task[0])
        ah_report(loop, "Task \"%s\" took %" PRIu64 " ms without awaiting", task, took_ms);
    else
        ah_report(loop, "A callback took %" PRIu64 " ms", took_ms);
}

/* ---- The loop ---- */

static bool is_set(const char *variable)
{
    const char *value = getenv(variable);

    return value && value[0] && strcmp(value, "0") != 0;
}

bool ah_debug_is_wanted(bool by_options)
{
    return by_options || is_set("AHTTP_DEBUG");
}

bool ah_debug_wants_virtual_clock(void)
{
    return is_set("AHTTP_VIRTUAL_CLOCK");
}

void ah_debug_begin(ahttp_loop *loop)
{
    ah_list_init(&loop->debug.traces);
    loop->debug.slow_ns = loop->has_virtual_clock ? UINT64_MAX : SLOW_NS;
    loop->debug.on = true;
#if AHTTP_TASKS
    ah_overflow_begin();
#endif
}

void ah_debug_end(ahttp_loop *loop)
{
    for (ah_link *link; (link = ah_list_first(&loop->debug.traces));) {
        ah_trace *trace = AH_CONTAINER(link, ah_trace, link);
        report_leftover(trace->future);
        forget(trace);
    }
#if AHTTP_TASKS
    ah_overflow_end();
#endif
}
