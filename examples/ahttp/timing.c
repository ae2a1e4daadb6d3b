/* SPDX-License-Identifier: MIT */
#include "extras.h"
#include <string.h>

enum { BAR = 40 };

typedef struct stretch {
    const char *name;
    double from, to;
} stretch;

static void print_stretch(FILE *out, const stretch *stretch, double total)
{
    char bar[BAR + 1];
    double scale = total > 0 ? BAR / total : 0;
    int from = (int)(stretch->from * scale), to = (int)(stretch->to * scale + 0.5);

    memset(bar, ' ', BAR);
    bar[BAR] = '\0';
    for (int i = from; i < to && i < BAR; i++)
        bar[i] = '#';
    if (to <= from && from < BAR)
        bar[from] = '|';
    fprintf(out, "%-10s %9.2f ms  %s\n", stretch->name, stretch->to - stretch->from, bar);
}

void timing_print(const transfer *transfer)
{
    const facts *facts = &transfer->facts;
    FILE *out = transfer->global->errors;
    double begin = facts->redirect_ms > 0 ? facts->redirect_ms : 0;
    double names = facts->name_ms > begin ? facts->name_ms : begin;
    double sent = facts->pretransfer_ms > names ? facts->pretransfer_ms : names;
    double first = facts->first_byte_ms > sent ? facts->first_byte_ms : sent;
    bool is_tls = facts->scheme && strcmp(facts->scheme, "https") == 0;
    const stretch stretches[] = {{"redirects", 0, begin},
                                 {"names", begin, names},
                                 {is_tls ? "TCP, TLS" : "connect", names, sent},
                                 {"first byte", sent, first},
                                 {"done", first, facts->total_ms}};

    for (size_t i = begin > 0 ? 0 : 1; i < sizeof stretches / sizeof *stretches; i++)
        print_stretch(out, &stretches[i], facts->total_ms);
    fprintf(out, "%-10s %9.2f ms  %s\n", "in all", facts->total_ms,
            facts->effective ? facts->effective : "");
}
