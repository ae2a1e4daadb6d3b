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

/* What all tracers of one request share: whom to tell, and what there is to tell, in order. */
typedef struct story {
    size_t refs;
    ahttp_loop *loop;
    ah_trace_list *traces; /* a reference, or NULL */
    void *request_ctx;
    uint64_t number;
    ah_job job; /* tells, and holds a reference while it is queued */
    ah_list steps;
} story;

struct ah_tracer {
    size_t refs;
    story *story;       /* a reference */
    char *method, *url; /* one block; NULL: memory was too short */
    int64_t sending_ns; /* when the marks were cleared */
    union {
        ahttp_timings timings;
        int64_t marks[AH_MARKS];
    };
};

_Static_assert(offsetof(ahttp_timings, failed_in) == AH_MARKS * sizeof(int64_t),
               "each time has its mark");

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

static void unref_story(story *told)
{
    if (--told->refs > 0)
        return;
    for (ah_link *link; (link = ah_list_take_first(&told->steps));)
        free_step(link);
    unref_list(told->traces);
    ah_free(told);
}

static void run_steps(ah_job *job)
{
    story *told = AH_CONTAINER(job, story, job);
    const ah_trace_list *list = told->traces;

    for (ah_link *link; (link = ah_list_take_first(&told->steps));) {
        for (size_t i = 0; !list->is_over && list->traces[i]; i++)
            tell_one(list->traces[i], &AH_CONTAINER(link, step, link)->info);
        free_step(link);
    }
    unref_story(told);
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
    made->info.request = tracer->story->number;
    made->info.time_ns = ah_loop_now_ns(tracer->story->loop);
    made->info.method = put(&end, tracer->method);
    made->info.url = put(&end, tracer->url);
    made->info.text = put(&end, what.text);
    made->info.request_ctx = tracer->story->request_ctx;
    return made;
}

static void tell_soon(story *told, step *made)
{
    ah_list_append(&told->steps, &made->link);
    if (ah_link_is_in_list(&told->job.link))
        return;
    told->refs++;
    ah_loop_ready(told->loop, &told->job);
}

bool ah_tracer_tells(const ah_tracer *tracer)
{
    return tracer->story->traces != NULL;
}

void ah_tracer_note(ah_tracer *tracer, ahttp_trace_event event, ahttp_trace_info what)
{
    step *made = ah_tracer_tells(tracer) ? new_step(tracer, event, what) : NULL;

    if (made)
        tell_soon(tracer->story, made);
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
    tell_soon(tracer->story, made);
}

void ah_tracer_set_mark(ah_tracer *tracer, ah_tracer_mark mark)
{
    tracer->marks[mark] = ah_loop_now_ns(tracer->story->loop);
}

void ah_tracer_set_failure(ah_tracer *tracer, ahttp_phase phase)
{
    ah_tracer_set_mark(tracer, AH_MARK_FAILED);
    tracer->timings.failed_in = phase;
}

void ah_tracer_clear_marks(ah_tracer *tracer)
{
    tracer->sending_ns = ah_loop_now_ns(tracer->story->loop);
    for (int mark = AH_MARK_START + 1; mark < AH_MARKS; mark++)
        tracer->marks[mark] = 0;
    tracer->timings.failed_in = AHTTP_PHASE_NONE;
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

static story *new_story(ahttp_loop *loop, ah_trace_list *traces, void *request_ctx)
{
    static _Thread_local uint64_t numbers;
    story *told = AH_NEW(story);

    if (!told)
        return NULL;
    told->refs = 1;
    told->loop = loop;
    told->traces = traces;
    if (traces)
        traces->refs++;
    told->request_ctx = request_ctx;
    told->number = ++numbers;
    told->job.run = run_steps;
    ah_list_init(&told->steps);
    return told;
}

/* Takes the reference over; told may be NULL. */
static ah_tracer *new_tracer(story *told)
{
    ah_tracer *tracer = told ? AH_NEW(ah_tracer) : NULL;

    if (tracer) {
        tracer->refs = 1;
        tracer->story = told;
    } else if (told) {
        unref_story(told);
    }
    return tracer;
}

ah_tracer *ah_tracer_new(ahttp_loop *loop, ah_trace_list *traces, void *request_ctx)
{
    return new_tracer(new_story(loop, traces, request_ctx));
}

ah_tracer *ah_tracer_fork(const ah_tracer *tracer)
{
    tracer->story->refs++;
    ah_tracer *made = new_tracer(tracer->story);
    if (made)
        made->timings.start_ns = tracer->timings.start_ns;
    return made;
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
    unref_story(tracer->story);
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
