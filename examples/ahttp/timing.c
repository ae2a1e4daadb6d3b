/* SPDX-License-Identifier: MIT */
#include "extras.h"
#include <string.h>

enum { BAR = 40 };

typedef struct stretch {
    const char *name;
    double from, to; /* to <= 0: it never came to that */
} stretch;

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Since the transfer began; 0: never. */
static double at_ms(const facts *facts, int64_t mark_ns)
{
    return mark_ns ? facts->asked_ms + (double)(mark_ns - facts->hop.start_ns) / 1e6 : 0;
}

static void add_mark(double *sum_ms, const facts *facts, int64_t mark_ns, double hop_ms)
{
    if (mark_ns)
        *sum_ms += at_ms(facts, mark_ns) - hop_ms;
}

void timing_note(transfer *transfer, const ahttp_timings *timings)
{
    facts *facts = &transfer->facts;
    double hop_ms = transfer->hop_began_ms - transfer->began_ms;
    int64_t ready_ns = later(later(timings->queue_ns, timings->connect_ns), timings->tls_ns);
    int64_t named_ns = timings->dns_ns;

    if (!named_ns && timings->sent_ns) /* a kept connection needs no name */
        named_ns = timings->queue_ns;
    facts->hop = *timings;
    add_mark(&facts->name_ms, facts, named_ns, hop_ms);
    add_mark(&facts->connect_ms, facts, timings->connect_ns, hop_ms);
    add_mark(&facts->tls_ms, facts, timings->tls_ns, hop_ms);
    add_mark(&facts->pretransfer_ms, facts, timings->sent_ns ? ready_ns : 0, hop_ms);
    add_mark(&facts->sent_ms, facts, timings->sent_ns, hop_ms);
    add_mark(&facts->first_byte_ms, facts, timings->first_byte_ns, hop_ms);
}

static void print_stretch(FILE *out, const stretch *stretch, double total)
{
    char bar[BAR + 1];
    double scale = total > 0 ? BAR / total : 0;
    int from = (int)(stretch->from * scale), to = (int)(stretch->to * scale + 0.5);

    from = from < BAR ? from : BAR - 1;
    to = to < BAR ? to : BAR;
    memset(bar, ' ', (size_t)from);
    memset(bar + from, '#', to > from ? (size_t)(to - from) : 0);
    if (to <= from) {
        bar[from] = '|';
        to = from + 1;
    }
    bar[to] = '\0';
    fprintf(out, "%-10s %9.2f ms  %s\n", stretch->name, stretch->to - stretch->from, bar);
}

void timing_print(const transfer *transfer)
{
    const facts *facts = &transfer->facts;
    const ahttp_timings *hop = &facts->hop;
    FILE *out = transfer->global->errors;
    stretch stretches[] = {{"redirects", 0, facts->redirect_ms},
                           {"DNS", 0, at_ms(facts, hop->dns_ns)},
                           {"connect", 0, at_ms(facts, hop->connect_ns)},
                           {"TLS", 0, at_ms(facts, hop->tls_ns)},
                           {"sent", 0, at_ms(facts, hop->sent_ns)},
                           {"first byte", 0, at_ms(facts, hop->first_byte_ns)},
                           {"done", 0, facts->total_ms}};
    double last = 0;

    for (size_t i = 0; i < sizeof stretches / sizeof *stretches; i++) {
        stretch *each = &stretches[i];
        if (each->to <= 0)
            continue;
        each->from = last < each->to ? last : each->to;
        last = each->to;
        if (i == 0)
            last = facts->asked_ms;
        print_stretch(out, each, facts->total_ms);
    }
    fprintf(out, "%-10s %9.2f ms  %s\n", "in all", facts->total_ms,
            facts->effective ? facts->effective : "");
}
