/* SPDX-License-Identifier: MIT */
#include "trace.h"
#include "transfer.h"
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

struct trace {
    FILE *out;
    bool is_ours;
    int form; /* trace_form */
    bool shows_time, shows_ids;
};

enum { HEX_WIDTH = 16, ASCII_WIDTH = 64 };

static FILE *open_file(const global *global, const char *path)
{
    FILE *file;

    if (strcmp(path, "-") == 0)
        return stdout;
    if (strcmp(path, "%") == 0)
        return global->errors;
    file = fopen(path, "w");
    if (!file)
        warn(global, "Failed to create/open output: %s", path);
    return file;
}

trace *trace_open(const global *global)
{
    FILE *out = NULL;
    trace *made;

    if (global->trace_form == TRACE_SHORT)
        out = global->errors;
    else if (global->trace_form != TRACE_NONE)
        out = open_file(global, global->trace_file);
    if (!out)
        return NULL;
    made = must_alloc(sizeof *made);
    made->out = out;
    made->is_ours = out != stdout && out != global->errors;
    made->form = global->trace_form;
    made->shows_time = global->trace_time;
    made->shows_ids = global->trace_ids || global->parallel;
    return made;
}

void trace_close(trace *trace)
{
    if (!trace)
        return;
    if (trace->is_ours)
        fclose(trace->out);
    else
        fflush(trace->out);
    free(trace);
}

static void begin_line(const trace *trace, const transfer *transfer)
{
    struct timeval now;
    struct tm local;

    if (trace->shows_time) {
        gettimeofday(&now, NULL);
        localtime_r(&now.tv_sec, &local);
        fprintf(trace->out, "%02d:%02d:%02d.%06ld ", local.tm_hour, local.tm_min, local.tm_sec,
                (long)now.tv_usec);
    }
    if (trace->shows_ids && transfer)
        fprintf(trace->out, "[%ld] ", transfer->facts.number);
}

void trace_info(trace *trace, const transfer *transfer, const char *format, ...)
{
    va_list args;

    if (!trace)
        return;
    begin_line(trace, transfer);
    fputs(trace->form == TRACE_SHORT ? "* " : "== Info: ", trace->out);
    va_start(args, format);
    vfprintf(trace->out, format, args);
    va_end(args);
    fputc('\n', trace->out);
}

/* A line with its place in front, and in ASCII its line end left out. */
static void dump(const trace *trace, const char *bytes, size_t len)
{
    size_t width = trace->form == TRACE_HEX ? HEX_WIDTH : ASCII_WIDTH;

    for (size_t at = 0; at < len; at += width) {
        size_t line = len - at < width ? len - at : width;
        size_t taken = line;
        if (trace->form == TRACE_ASCII)
            for (size_t i = 0; i + 1 < len - at && i < line; i++)
                if (bytes[at + i] == '\r' && bytes[at + i + 1] == '\n') {
                    line = i;
                    taken = i + 2;
                    break;
                }
        fprintf(trace->out, "%04zx: ", at);
        for (size_t i = 0; trace->form == TRACE_HEX && i < width; i++)
            fprintf(trace->out, i < line ? "%02x " : "   ",
                    (unsigned char)bytes[at + i < len ? at + i : at]);
        for (size_t i = 0; i < line; i++) {
            char c = bytes[at + i];
            fputc(c >= ' ' && c < 127 ? c : '.', trace->out);
        }
        fputc('\n', trace->out);
        at = at + taken - width;
    }
}

static void write_lines(const trace *trace, const transfer *transfer, char mark, const char *bytes,
                        size_t len)
{
    while (len > 0) {
        const char *end = memchr(bytes, '\n', len);
        size_t line = end ? (size_t)(end - bytes) + 1 : len;
        begin_line(trace, transfer);
        fprintf(trace->out, "%c ", mark);
        fwrite(bytes, 1, line, trace->out);
        bytes += line;
        len -= line;
    }
}

void trace_head(trace *trace, const transfer *transfer, bool is_sent, const char *bytes, size_t len)
{
    if (!trace)
        return;
    if (trace->form == TRACE_SHORT) {
        write_lines(trace, transfer, is_sent ? '>' : '<', bytes, len);
        return;
    }
    begin_line(trace, transfer);
    fprintf(trace->out, "%s header, %zu bytes (0x%zx)\n", is_sent ? "=> Send" : "<= Recv", len,
            len);
    dump(trace, bytes, len);
}

void trace_data(trace *trace, const transfer *transfer, bool is_sent, const char *bytes, size_t len)
{
    if (!trace)
        return;
    if (trace->form == TRACE_SHORT) {
        begin_line(trace, transfer);
        fprintf(trace->out, "%c [%zu bytes data]\n", is_sent ? '}' : '{', len);
        return;
    }
    begin_line(trace, transfer);
    fprintf(trace->out, "%s data, %zu bytes (0x%zx)\n", is_sent ? "=> Send" : "<= Recv", len, len);
    dump(trace, bytes, len);
}
