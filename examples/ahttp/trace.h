/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_COMMAND_TRACE_H
#define AHTTP_COMMAND_TRACE_H
/* -v, --trace and --trace-ascii: what goes over the wire, for people. */
#include "text.h"

typedef struct trace trace;
struct global;
struct transfer;

/* NULL when nothing is to be shown; every function takes that. */
trace *trace_open(const struct global *global);
void trace_close(trace *trace);
/* What happens: "* Connected to ...". */
void trace_info(trace *trace, const struct transfer *transfer, const char *format, ...)
    TEXT_PRINTF(3, 4);
void trace_head(trace *trace, const struct transfer *transfer, bool is_sent, const char *bytes,
                size_t len);
void trace_data(trace *trace, const struct transfer *transfer, bool is_sent, const char *bytes,
                size_t len);

#endif
