/* SPDX-License-Identifier: MIT */
#include "loop/tracer.h"
#include "base/list.h"
#include <string.h>

/* A step that the traces have not been told of yet; its texts stand behind it. */
typedef struct step {
    ah_link link;
    ahttp_trace_info info;
    char texts[];
} step;

struct ah_tracer {
    size_t refs;
    ahttp_loop *loop;
    const ahttp_trace *const *traces;
    void *request_ctx;
    uint64_t number;
    char *method, *url; /* one block; NULL: memory was too short */
    ah_job job;         /* tells, and holds a reference while it is queued */
    ah_list steps;
    union {
        ahttp_timings timings;
        int64_t marks[AH_MARKS];
    };
};

_Static_assert(sizeof(ahttp_timings) == AH_MARKS * sizeof(int64_t), "each time has its mark");

/* ---- Telling ---- */

static void tell_one(const ahttp_trace *trace, const ahttp_trace_info *info)
{
    size_t end = offsetof(ahttp_trace, on) + (info->event + 1u) * sizeof trace->on[0];
    ahttp_trace_fn *fn = trace->size >= end ? trace->on[info->event] : NULL;

    if (!fn)
        fn = trace->any;
    if (fn)
        fn(info, trace->ctx);
}

static void run_steps(ah_job *job)
{
    ah_tracer *tracer = AH_CONTAINER(job, ah_tracer, job);

    for (ah_link *link; (link = ah_list_take_first(&tracer->steps));) {
        step *next = AH_CONTAINER(link, step, link);
        for (const ahttp_trace *const *trace = tracer->traces; *trace; trace++)
            tell_one(*trace, &next->info);
        ah_free(next);
    }
    ah_tracer_unref(tracer);
}

static const char *put(char **end, const char *text)
{
    char *start = *end;

    if (!text)
        return NULL;
    size_t size = strlen(text) + 1;
    *end += size;
    return memcpy(start, text, size);
}

static size_t size_of(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

void ah_tracer_note(ah_tracer *tracer, ahttp_trace_event event, ahttp_trace_info what)
{
    if (!tracer->traces)
        return;
    step *made = ah_alloc(sizeof *made + size_of(tracer->method) + size_of(tracer->url) +
                          size_of(what.text));
    if (!made)
        return;
    char *end = made->texts;
    made->link = (ah_link){0};
    made->info = what;
    made->info.event = event;
    made->info.request = tracer->number;
    made->info.time_ns = ah_loop_now_ns(tracer->loop);
    made->info.method = put(&end, tracer->method);
    made->info.url = put(&end, tracer->url);
    made->info.text = put(&end, what.text);
    made->info.request_ctx = tracer->request_ctx;
    ah_list_append(&tracer->steps, &made->link);
    if (ah_link_is_in_list(&tracer->job.link))
        return;
    ah_tracer_ref(tracer);
    ah_loop_ready(tracer->loop, &tracer->job);
}

void ah_tracer_set_mark(ah_tracer *tracer, ah_tracer_mark mark)
{
    tracer->marks[mark] = ah_loop_now_ns(tracer->loop);
}

void ah_tracer_clear_marks(ah_tracer *tracer)
{
    for (int mark = AH_MARK_START + 1; mark < AH_MARKS; mark++)
        tracer->marks[mark] = 0;
}

const ahttp_timings *ah_tracer_timings(const ah_tracer *tracer)
{
    return &tracer->timings;
}

/* ---- Life ---- */

ah_tracer *ah_tracer_new(ahttp_loop *loop, const ahttp_trace *const *traces, void *request_ctx)
{
    static _Thread_local uint64_t numbers;
    ah_tracer *tracer = AH_NEW(ah_tracer);

    if (!tracer)
        return NULL;
    tracer->refs = 1;
    tracer->loop = loop;
    tracer->traces = traces;
    tracer->request_ctx = request_ctx;
    tracer->number = ++numbers;
    tracer->job.run = run_steps;
    ah_list_init(&tracer->steps);
    return tracer;
}

ah_tracer *ah_tracer_ref(ah_tracer *tracer)
{
    tracer->refs++;
    return tracer;
}

void ah_tracer_unref(ah_tracer *tracer)
{
    if (!tracer || --tracer->refs > 0)
        return;
    for (ah_link *link; (link = ah_list_take_first(&tracer->steps));)
        ah_free(AH_CONTAINER(link, step, link));
    ah_free(tracer->method);
    ah_free(tracer);
}

void ah_tracer_set_request(ah_tracer *tracer, const char *method, const char *url)
{
    char *block = ah_alloc(size_of(method) + size_of(url));
    char *end = block;

    ah_free(tracer->method);
    tracer->method = tracer->url = NULL;
    if (!block)
        return;
    tracer->method = block;
    put(&end, method);
    tracer->url = end;
    put(&end, url);
}
