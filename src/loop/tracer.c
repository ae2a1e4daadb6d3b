/* SPDX-License-Identifier: MIT */
#include "loop/tracer.h"
#include "base/list.h"
#include <string.h>

/* A step that the traces have not been told of yet; its texts stand behind it. */
typedef struct step {
    ah_link link;
    ahttp_trace_info info;
    void (*drop)(const ahttp_trace_exchange *exchange); /* of info, or NULL */
    char texts[];
} step;

struct ah_trace_list {
    size_t refs;
    bool is_over;
    const ahttp_trace *traces[]; /* NULL behind them */
};

struct ah_tracer {
    size_t refs;
    ahttp_loop *loop;
    ah_trace_list *traces; /* a reference, or NULL */
    void *request_ctx;
    uint64_t number;
    char *method, *url; /* one block; NULL: memory was too short */
    ah_job job;         /* tells, and holds a reference while it is queued */
    ah_list steps;
    int64_t sending_ns; /* when the marks were cleared */
    union {
        ahttp_timings timings;
        int64_t marks[AH_MARKS];
    };
};

_Static_assert(sizeof(ahttp_timings) == AH_MARKS * sizeof(int64_t), "each time has its mark");

/* ---- The traces of a session ---- */

ah_trace_list *ah_trace_list_new(const ahttp_trace *const *list)
{
    size_t count = 0;

    while (list[count])
        count++;
    ah_trace_list *traces = ah_alloc(sizeof *traces + (count + 1) * sizeof *list);
    if (!traces)
        return NULL;
    traces->refs = 1;
    traces->is_over = false;
    memcpy(traces->traces, list, (count + 1) * sizeof *list);
    return traces;
}

static void unref_list(ah_trace_list *traces)
{
    if (traces && --traces->refs == 0)
        ah_free(traces);
}

void ah_trace_list_end(ah_trace_list *traces)
{
    if (traces)
        traces->is_over = true;
    unref_list(traces);
}

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

static void free_step(ah_link *link)
{
    step *it = AH_CONTAINER(link, step, link);

    if (it->drop)
        it->drop(it->info.exchange);
    ah_free(it);
}

static void run_steps(ah_job *job)
{
    ah_tracer *tracer = AH_CONTAINER(job, ah_tracer, job);
    const ah_trace_list *list = tracer->traces;

    for (ah_link *link; (link = ah_list_take_first(&tracer->steps));) {
        for (size_t i = 0; !list->is_over && list->traces[i]; i++)
            tell_one(list->traces[i], &AH_CONTAINER(link, step, link)->info);
        free_step(link);
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

/* NULL when out of memory. */
static step *new_step(const ah_tracer *tracer, ahttp_trace_event event, ahttp_trace_info what)
{
    step *made = ah_alloc(sizeof *made + size_of(tracer->method) + size_of(tracer->url) +
                          size_of(what.text));
    if (!made)
        return NULL;
    char *end = made->texts;
    made->link = (ah_link){0};
    made->drop = NULL;
    made->info = what;
    made->info.event = event;
    made->info.request = tracer->number;
    made->info.time_ns = ah_loop_now_ns(tracer->loop);
    made->info.method = put(&end, tracer->method);
    made->info.url = put(&end, tracer->url);
    made->info.text = put(&end, what.text);
    made->info.request_ctx = tracer->request_ctx;
    return made;
}

static void tell_soon(ah_tracer *tracer, step *made)
{
    ah_list_append(&tracer->steps, &made->link);
    if (ah_link_is_in_list(&tracer->job.link))
        return;
    ah_tracer_ref(tracer);
    ah_loop_ready(tracer->loop, &tracer->job);
}

bool ah_tracer_tells(const ah_tracer *tracer)
{
    return tracer->traces != NULL;
}

void ah_tracer_note(ah_tracer *tracer, ahttp_trace_event event, ahttp_trace_info what)
{
    step *made = tracer->traces ? new_step(tracer, event, what) : NULL;

    if (made)
        tell_soon(tracer, made);
}

void ah_tracer_note_exchange(ah_tracer *tracer, ahttp_trace_info what,
                             void (*drop)(const ahttp_trace_exchange *exchange))
{
    step *made = new_step(tracer, AHTTP_TRACE_EXCHANGE, what);

    if (!made) {
        drop(what.exchange);
        return;
    }
    made->drop = drop;
    tell_soon(tracer, made);
}

void ah_tracer_set_mark(ah_tracer *tracer, ah_tracer_mark mark)
{
    tracer->marks[mark] = ah_loop_now_ns(tracer->loop);
}

void ah_tracer_clear_marks(ah_tracer *tracer)
{
    tracer->sending_ns = ah_loop_now_ns(tracer->loop);
    for (int mark = AH_MARK_START + 1; mark < AH_MARKS; mark++)
        tracer->marks[mark] = 0;
}

const ahttp_timings *ah_tracer_timings(const ah_tracer *tracer)
{
    return &tracer->timings;
}

ahttp_timings ah_tracer_sending(const ah_tracer *tracer)
{
    ahttp_timings timings = tracer->timings;

    timings.start_ns = tracer->sending_ns;
    return timings;
}

/* ---- Life ---- */

ah_tracer *ah_tracer_new(ahttp_loop *loop, ah_trace_list *traces, void *request_ctx)
{
    static _Thread_local uint64_t numbers;
    ah_tracer *tracer = AH_NEW(ah_tracer);

    if (!tracer)
        return NULL;
    tracer->refs = 1;
    tracer->loop = loop;
    tracer->traces = traces;
    if (traces)
        traces->refs++;
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
        free_step(link);
    unref_list(tracer->traces);
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
