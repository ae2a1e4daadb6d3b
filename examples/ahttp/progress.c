/* SPDX-License-Identifier: MIT */
#include "progress.h"
#include "transfer.h"
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { EVERY_MS = 100, PATIENCE_MS = 300, DEFAULT_COLUMNS = 80, LEAST_BAR = 10, TIME_SIZE = 64 };

struct progress {
    run *run;
    FILE *out;
    int columns, rows;
    int drawn; /* lines that are on the terminal now */
    bool is_single;
};

/* ---- Texts ---- */

void progress_size(double bytes, char out[8])
{
    static const char units[] = " kMGTP";
    int unit = 0;

    while (bytes >= 10000 || (unit > 0 && bytes >= 1000)) {
        bytes /= 1024;
        unit++;
    }
    if (unit == 0)
        snprintf(out, 8, "%.0f", bytes);
    else
        snprintf(out, 8, bytes < 100 ? "%.1f%c" : "%.0f%c", bytes, units[unit]);
}

static void write_time(double seconds, char out[TIME_SIZE])
{
    long whole = seconds > 359999 ? 359999 : (long)seconds;

    if (whole >= 3600)
        snprintf(out, TIME_SIZE, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
    else
        snprintf(out, TIME_SIZE, "%02ld:%02ld", whole / 60, whole % 60);
}

/* A name in just so many columns; of one too long the end counts more. */
static void add_name(text *out, const char *name, int columns)
{
    int len = (int)strlen(name);

    if (len <= columns)
        text_add_format(out, "%-*s", columns, name);
    else
        text_add_format(out, "..%s", name + len - (columns - 2));
}

void progress_line(text *out, int columns, const char *name, double done, double total,
                   double per_second)
{
    char size[8], rate[8], eta[TIME_SIZE] = "--:--", facts[128];
    int name_columns = columns / 4;
    double part = total > 0 ? done / total : 0;

    progress_size(done, size);
    progress_size(per_second, rate);
    if (total >= 0 && per_second > 0)
        write_time((total - done) / per_second, eta);
    if (total >= 0)
        snprintf(facts, sizeof facts, " %3.0f%% %6s %6s/s %s", part * 100, size, rate, eta);
    else
        snprintf(facts, sizeof facts, "      %6s %6s/s", size, rate);
    int bar = columns - name_columns - (int)strlen(facts) - 3;
    add_name(out, name, name_columns);
    if (total >= 0 && bar >= LEAST_BAR) {
        int filled = (int)(part * bar);
        text_add_str(out, " [");
        for (int i = 0; i < bar; i++)
            text_add_char(out, i < filled ? '#' : '-');
        text_add_char(out, ']');
    }
    text_add_str(out, facts);
}

/* ---- Drawing ---- */

progress *progress_open(run *run)
{
    const global *global = run->global;
    struct winsize window;
    progress *made;
    int fd = fileno(global->errors);

    if (global->silent || global->no_progress_meter || global->trace_form == TRACE_SHORT ||
        !isatty(fd))
        return NULL;
    made = must_alloc(sizeof *made);
    made->run = run;
    made->out = global->errors;
    made->columns = DEFAULT_COLUMNS;
    made->rows = 24;
    made->is_single = !global->parallel;
    if (ioctl(fd, TIOCGWINSZ, &window) == 0 && window.ws_col > 20) {
        made->columns = window.ws_col;
        made->rows = window.ws_row > 4 ? window.ws_row : 24;
    }
    return made;
}

void progress_clear(progress *progress)
{
    if (!progress || progress->drawn == 0)
        return;
    for (int i = 0; i < progress->drawn; i++)
        fputs("\033[A\033[K", progress->out);
    fputc('\r', progress->out);
    fflush(progress->out);
    progress->drawn = 0;
}

static const char *name_of(const transfer *transfer)
{
    const char *path = transfer->output.path ? transfer->output.path : transfer->url_text;
    const char *slash = strrchr(path, '/');

    return slash && slash[1] ? slash + 1 : path;
}

/* Standard output on a terminal needs no bar: it is seen itself. */
static bool is_shown(const transfer *transfer)
{
    bool to_terminal = !transfer->output.path && !transfer->output.discard && isatty(STDOUT_FILENO);

    return transfer->is_running && !to_terminal &&
           (clock_ms() - transfer->began_ms >= PATIENCE_MS || transfer->global->progress_bar);
}

static void draw_one(progress *progress, const transfer *transfer)
{
    text line = {0};
    double done = (double)transfer->facts.downloaded;
    double total = (double)transfer->facts.body_length;
    double passed = clock_ms() - transfer->began_ms;

    if (transfer->facts.uploaded > transfer->facts.downloaded) {
        done = (double)transfer->facts.uploaded;
        total = transfer->upload ? (double)upload_length(transfer->upload) : -1;
    }
    progress_line(&line, progress->columns - 1, name_of(transfer), done, total,
                  passed > 0 ? done * 1000 / passed : 0);
    fprintf(progress->out, "%s\n", text_str(&line));
    text_free(&line);
    progress->drawn++;
}

static void draw_sum(progress *progress)
{
    const run *run = progress->run;
    double bytes = (double)run->bytes;
    double passed = clock_ms() - run->began_ms;
    char size[8], rate[8];
    char line[128];

    for (size_t i = 0; i < run->active_count; i++)
        bytes += (double)run->active[i]->facts.downloaded;
    progress_size(bytes, size);
    progress_size(passed > 0 ? bytes * 1000 / passed : 0, rate);
    int len = snprintf(line, sizeof line, "%ld done, %ld failed, %zu running; %s, %s/s", run->done,
                       run->failed, run->active_count, size, rate);
    fprintf(progress->out, "%.*s\n", len < progress->columns ? len : progress->columns - 1, line);
    progress->drawn++;
}

static void draw(progress *progress)
{
    const run *run = progress->run;
    int room = progress->rows - 3;

    progress_clear(progress);
    for (size_t i = 0; i < run->active_count && progress->drawn < room; i++)
        if (is_shown(run->active[i]))
            draw_one(progress, run->active[i]);
    if (!progress->is_single)
        draw_sum(progress);
    fflush(progress->out);
}

void *progress_run(void *ctx)
{
    progress *progress = ctx;

    while (ahttp_await_status(ahttp_sleep(EVERY_MS)) == 0)
        draw(progress);
    return NULL;
}

void progress_full_bar(const global *global)
{
    static const char behind[] = " 100.0%";

    if (!global->progress_bar || global->silent || global->no_progress_meter)
        return;
    fputc('\r', global->errors);
    for (size_t i = sizeof behind - 1; i < message_columns(); i++)
        fputc('#', global->errors);
    fprintf(global->errors, "%s\n", behind);
}

void progress_close(progress *progress)
{
    progress_clear(progress);
    free(progress);
}
