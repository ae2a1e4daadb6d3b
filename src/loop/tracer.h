/* SPDX-License-Identifier: MIT */
#ifndef AH_LOOP_TRACER_H
#define AH_LOOP_TRACER_H
/* Who notes the steps of a request, for the program's traces and for timings.  The layers that
   take a step know a tracer or NULL: then it costs a branch.  Each hop of a request has a tracer of
   its own, with times of its own, since the rest of a response may still come while the next hop is
   under way; all of them tell one story. */
#include "base/mem.h"
#include "loop/loop.h"
#include <ahttp/trace.h>

typedef struct ah_tracer ah_tracer;
/* The traces of a session, which tracers that still have something to tell may outlive. */
typedef struct ah_trace_list ah_trace_list;

/* A copy of list, which ends with NULL; NULL when out of memory. */
ah_trace_list *ah_trace_list_new(const ahttp_trace *const *list);
/* They are told nothing any more; gives up the reference.  NULL does nothing. */
void ah_trace_list_end(ah_trace_list *traces);

/* traces may be NULL.  NULL when out of memory. */
ah_tracer *ah_tracer_new(ahttp_loop *loop, ah_trace_list *traces, void *request_ctx);
/* Another one for the same request, which has begun when that had.  NULL when out of memory. */
ah_tracer *ah_tracer_fork(const ah_tracer *tracer);
ah_tracer *ah_tracer_ref(ah_tracer *tracer);
/* NULL does nothing. */
void ah_tracer_unref(ah_tracer *tracer);

/* What it is about from now on; copied. */
void ah_tracer_set_request(ah_tracer *tracer, const char *method, const char *url);
const ahttp_timings *ah_tracer_timings(const ah_tracer *tracer);
/* The same for the sending at hand: it starts when the marks were cleared. */
ahttp_timings ah_tracer_sending(const ah_tracer *tracer);
/* There are traces, not only timings. */
bool ah_tracer_tells(const ah_tracer *tracer);

typedef enum ah_tracer_mark {
    AH_MARK_START,
    AH_MARK_QUEUE,
    AH_MARK_DNS,
    AH_MARK_CONNECT,
    AH_MARK_TLS,
    AH_MARK_SENT,
    AH_MARK_FIRST_BYTE,
    AH_MARK_LAST_BYTE,
    AH_MARK_FAILED,
    AH_MARKS
} ah_tracer_mark;

void ah_tracer_set_mark(ah_tracer *tracer, ah_tracer_mark mark);
/* It has failed while that was being done. */
void ah_tracer_set_failure(ah_tracer *tracer, ahttp_phase phase);
/* All but the start, for the next sending. */
void ah_tracer_clear_marks(ah_tracer *tracer);
/* The step is told from the ready queue.  Of what, text is copied and the first members are
   set in here. */
void ah_tracer_note(ah_tracer *tracer, ahttp_trace_event event, ahttp_trace_info what);
/* The same with what.exchange, which is given to drop when it was told. */
void ah_tracer_note_exchange(ah_tracer *tracer, ahttp_trace_info what,
                             void (*drop)(const ahttp_trace_exchange *exchange));

/* The same for a tracer that may be NULL. */
static inline void ah_trace_mark(ah_tracer *tracer, ah_tracer_mark mark)
{
    if (AH_UNLIKELY(tracer != NULL))
        ah_tracer_set_mark(tracer, mark);
}

static inline void ah_trace_step(ah_tracer *tracer, ahttp_trace_event event)
{
    if (AH_UNLIKELY(tracer != NULL))
        ah_tracer_note(tracer, event, (ahttp_trace_info){.code = 0});
}

static inline void ah_trace_bytes(ah_tracer *tracer, ahttp_trace_event event, uint64_t bytes)
{
    if (AH_UNLIKELY(tracer != NULL))
        ah_tracer_note(tracer, event, (ahttp_trace_info){.bytes = bytes});
}

static inline void ah_trace_about(ah_tracer *tracer, ahttp_trace_event event, const char *text,
                                  int code)
{
    if (AH_UNLIKELY(tracer != NULL))
        ah_tracer_note(tracer, event, (ahttp_trace_info){.text = text, .code = code});
}

#endif
