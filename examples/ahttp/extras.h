/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_COMMAND_EXTRAS_H
#define AHTTP_COMMAND_EXTRAS_H
/* What curl does not have. */
#include "transfer.h"

/* timing.c: when the parts of the hop at hand were over. */
void timing_note(transfer *transfer, const ahttp_timings *timings);
/* Where the time of a transfer went, as bars. */
void timing_print(const transfer *transfer);

/* bench.c: the first URL so many times; the exit code. */
int bench_run(run *run, settings *settings);
/* Of values in order, the smallest that so many per cent do not exceed. */
double bench_percentile(const double *sorted, long long count, double percent);

/* har.c: an HTTP archive, version 1.2, of all hops. */
typedef struct har har;
har *har_new(void);
/* What was asked, with its fields as they were sent, and what came back; before the response goes.
 */
void har_add(har *har, const transfer *transfer, const char *fields);
/* False, with errno: it cannot be written.  Frees it. */
bool har_write(har *har, const char *path);

/* pretty.c: JSON in lines, and in colours; false: it is none, and nothing was appended. */
bool pretty_json(text *out, const char *bytes, size_t len, bool in_colours);
/* Whether the output is a terminal that gets colours. */
bool pretty_is_coloured(const transfer *transfer);
/* A line of a head, with its end, in colours. */
void pretty_head_line(text *out, const char *line, size_t len);

#endif
