/* SPDX-License-Identifier: MIT */
#include "run.h"
#include "date.h"
#include "extras.h"
#include "identity.h"
#include "jobs.h"
#include "progress.h"
#include "proxy.h"
#include "trace.h"
#include "write_out.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- Around one transfer ---- */

static void enter(run *run, transfer *transfer)
{
    if (run->active_count == run->active_cap) {
        run->active_cap = run->active_cap ? run->active_cap * 2 : 8;
        run->active = must_realloc(run->active, run->active_cap * sizeof *run->active);
    }
    run->active[run->active_count++] = transfer;
    run->started++;
    transfer->is_running = true;
}

static void leave(run *run, transfer *transfer)
{
    size_t at = 0;

    while (run->active[at] != transfer)
        at++;
    memmove(run->active + at, run->active + at + 1,
            (--run->active_count - at) * sizeof *run->active);
    run->bytes += transfer->facts.downloaded;
    run->done++;
    run->failed += transfer->facts.code != 0;
    transfer->is_running = false;
}

/* An answer without a body is an empty file. */
static void finish_output(transfer *transfer)
{
    output *output = &transfer->output;
    int64_t modified;
    const char *date = facts_field(&transfer->facts, "Last-Modified");

    if (!transfer->facts.code && output->path && !transfer->condition_unmet && !output_open(output))
        transfer_fail(transfer, 23, "cannot open %s: %s", output->path, output->failure);
    if (!output_close(output))
        transfer_fail(transfer, 23, "Failed writing body: %s", output->failure);
    if (transfer->facts.code && transfer->settings->remove_on_error && output->was_made &&
        output->path)
        unlink(output->path);
    else if (!transfer->facts.code && transfer->settings->remote_time && output->was_made && date &&
             date_read(date, &modified)) {
        const struct timespec times[2] = {{.tv_sec = modified}, {.tv_sec = modified}};
        utimensat(AT_FDCWD, output->path, times, 0);
    }
    set_text(&transfer->facts.file_name, output->path);
}

static void report(run *run, const transfer *transfer)
{
    const facts *facts = &transfer->facts;

    progress_clear(run->progress);
    if (facts->code)
        complain(run->global, "(%d) %s", facts->code, text_str(&facts->message));
    else if (!run->progress)
        progress_full_bar(run->global);
    if (transfer->settings->timing)
        timing_print(transfer);
    if (transfer->settings->write_out)
        write_out(stdout, run->global, transfer->settings->write_out, facts);
    fflush(run->global->errors);
}

/* ---- Retries ---- */

static bool is_passing_status(int status)
{
    static const int passing[] = {408, 429, 500, 502, 503, 504, 522, 524};

    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
        if (passing[i] == status)
            return true;
    return false;
}

static bool is_passing(const transfer *transfer)
{
    enum { NO_PROXY = 5, NO_HOST = 6, NO_CONNECTION = 7, HTTP_ERROR = 22, TOO_SLOW = 28 };
    const settings *settings = transfer->settings;
    int code = transfer->facts.code;

    if (code == TOO_SLOW || code == NO_HOST || code == NO_PROXY)
        return true;
    if (code == NO_CONNECTION && settings->retry_connrefused)
        return true;
    if (code == 0 || (code == HTTP_ERROR && (settings->fail || settings->fail_with_body)))
        if (is_passing_status(transfer->facts.status))
            return true;
    return code != 0 && settings->retry_all_errors;
}

/* What the server says, a number of seconds or a date, or -1. */
static int64_t retry_after_ms(const transfer *transfer)
{
    const char *value = facts_field(&transfer->facts, "Retry-After");
    long long seconds;
    int64_t when;

    if (!value)
        return -1;
    if (read_number(value, 100000000, &seconds, NULL))
        return seconds * 1000;
    if (!date_read(value, &when))
        return -1;
    when -= time(NULL);
    return when > 0 ? when * 1000 : 0;
}

/* said_ms: what the server wants. */
static int64_t pause_ms(const transfer *transfer, int64_t said_ms, long tries)
{
    enum { LONGEST_MS = 600000 };
    int64_t doubled = 1000LL << (tries < 20 ? tries : 20);

    if (said_ms > 0)
        return said_ms;
    if (transfer->settings->retry_delay_ms > 0)
        return transfer->settings->retry_delay_ms;
    return doubled < LONGEST_MS ? doubled : LONGEST_MS;
}

/* A transfer that begins anew keeps its output, its name and its counts of tries. */
static void reset(transfer *transfer)
{
    struct transfer old = *transfer;
    facts *facts = &transfer->facts;

    *transfer = (struct transfer){.run = old.run,
                                  .global = old.global,
                                  .settings = old.settings,
                                  .output = old.output,
                                  .heads = old.heads,
                                  .url_text = old.url_text,
                                  .upload_path = old.upload_path,
                                  .head = old.head,
                                  .is_named_by_url = old.is_named_by_url,
                                  .is_running = true};
    facts->url = copy_text(old.facts.url);
    facts->number = old.facts.number;
    facts->url_number = old.facts.url_number;
    facts->retries = old.facts.retries + 1;
    transfer->body = old.upload_path                                ? BODY_UPLOAD
                     : old.settings->form                           ? BODY_FORM
                     : old.settings->has_data && !old.settings->get ? BODY_DATA
                                                                    : BODY_NONE;
    old.output = (output){0};
    old.heads = NULL;
    old.url_text = old.upload_path = NULL;
    transfer_release(&old);
}

/* Whether --retry-max-time lets it try again, after as long as the server wants. */
static bool has_time(const settings *settings, int64_t said_ms, double since_ms)
{
    double passed = clock_ms() - since_ms;
    double needed = passed + (said_ms > 0 ? (double)said_ms : 0);

    return settings->retry_max_ms <= 0 ||
           (passed < (double)settings->retry_max_ms && needed <= (double)settings->retry_max_ms);
}

/* With -C -, what is there stays, and the next try goes on behind it. */
static bool take_back(transfer *transfer)
{
    const char *offset = transfer->settings->continue_at;

    if (offset && strcmp(offset, "-") == 0 && !transfer->upload_path)
        return output_flush(&transfer->output);
    return output_rewind(&transfer->output);
}

/* Whether it is to be tried once more, after the pause. */
static bool wait_to_retry(run *run, transfer *transfer, long tries, double since_ms)
{
    const settings *settings = transfer->settings;
    int64_t said_ms = retry_after_ms(transfer);
    int64_t pause = pause_ms(transfer, said_ms, tries);

    if (tries >= settings->retry || !is_passing(transfer) || !has_time(settings, said_ms, since_ms))
        return false;
    progress_clear(run->progress);
    warn(run->global, "Problem: %s. Will retry in %lld.%03lld seconds. %lld %s left.",
         transfer->facts.code ? text_str(&transfer->facts.message) : "HTTP error",
         (long long)pause / 1000, (long long)pause % 1000, settings->retry - tries,
         settings->retry - tries == 1 ? "retry" : "retries");
    return ahttp_await_status(ahttp_sleep(pause)) == 0 && take_back(transfer);
}

static void perform(run *run, transfer *transfer)
{
    double since_ms = clock_ms();

    if (transfer->facts.code || transfer->is_skipped)
        return;
    for (long tries = 0;; tries++) {
        transfer_perform(transfer);
        if (!wait_to_retry(run, transfer, tries, since_ms))
            return;
        reset(transfer);
    }
}

/* The whole of it; frees the transfer. */
static int run_one(run *run, transfer *transfer)
{
    int code;

    enter(run, transfer);
    cookies_begin(run, transfer->settings);
    perform(run, transfer);
    if (!transfer->is_skipped)
        finish_output(transfer);
    leave(run, transfer);
    cookies_end(run, transfer->settings);
    report(run, transfer);
    code = transfer->facts.code;
    transfer_release(transfer);
    free(transfer);
    return code;
}

/* ---- All of them ---- */

/* --rate: not more starts in a time than that. */
static void keep_rate(run *run)
{
    double due = run->began_ms + (double)run->started * (double)run->global->rate;
    double now = clock_ms();

    if (run->global->rate > 0 && due > now)
        ahttp_await_status(ahttp_sleep((int64_t)(due - now)));
}

static void *work(void *ctx)
{
    jobs *jobs = ctx;
    run *run = jobs->run;
    transfer *transfer;
    int code = 0;

    while (!(run->code && run->global->fail_early) && (transfer = jobs_next(jobs, &code))) {
        keep_rate(run);
        code = run_one(run, transfer);
        if (code || !run->global->parallel)
            run->code = code;
        code = 0;
    }
    if (code)
        run->code = code;
    return NULL;
}

static void run_parallel(jobs *jobs)
{
    long long most = jobs->run->global->parallel_max;
    ahttp_group *group = ahttp_group_new();

    if (most < 1 || most > 65535)
        most = 50;
    for (long long i = 0; i < most; i++)
        ahttp_group_spawn(group, work, jobs);
    ahttp_group_await_end(group);
}

static void sum_up(const run *run)
{
    char size[8], rate[8];
    double passed = clock_ms() - run->began_ms;

    if (!run->global->parallel || run->started < 2 || run->global->silent ||
        run->global->no_progress_meter || identity_is_curl())
        return;
    progress_size((double)run->bytes, size);
    progress_size(passed > 0 ? (double)run->bytes * 1000 / passed : 0, rate);
    fprintf(run->global->errors, "%ld transfers, %ld failed; %s in %.1f s, %s/s\n", run->done,
            run->failed, size, passed / 1000, rate);
}

static void write_archive(run *run)
{
    const char *path = NULL;

    for (const settings *each = run->global->first; each && !path; each = each->next)
        path = each->har;
    if (run->har && !har_write(run->har, path))
        warn(run->global, "failed to write %s: %s", path, strerror(errno));
    run->har = NULL;
}

static void *run_task(void *ctx)
{
    run *run = ctx;
    jobs jobs;
    ahttp_future *drawing = NULL;

    jobs_begin(&jobs, run);
    for (settings *each = run->global->first; each; each = each->next) {
        if (each->har && !run->har)
            run->har = har_new();
        if (each->bench > 0) {
            run->code = bench_run(run, each);
            run_sessions_free(run);
            return NULL;
        }
    }
    run->progress = progress_open(run);
    if (run->progress)
        drawing = ahttp_spawn(progress_run, run->progress);
    if (run->global->parallel)
        run_parallel(&jobs);
    else
        work(&jobs);
    if (drawing) {
        ahttp_future_cancel(drawing);
        ahttp_await_status(drawing);
    }
    progress_close(run->progress);
    run->progress = NULL;
    sum_up(run);
    write_archive(run);
    jobs_end(&jobs);
    run_sessions_free(run);
    return NULL;
}

int run_all(global *global)
{
    run run = {.global = global, .began_ms = clock_ms()};
    int rc;

    run.trace = trace_open(global);
    rc = ahttp_run(run_task, &run);
    if (rc < 0 && !run.code)
        run.code = rc == AHTTP_E_INTERRUPTED ? 130 : 27;
    trace_close(run.trace);
    for (size_t i = 0; i < run.retired_count; i++)
        upload_free(run.retired[i]);
    free(run.retired);
    free(run.active);
    list_free(&run.cookie_files);
    list_free(&run.old_hosts);
    proxy_tunnels_free(run.tunnels);
    ahttp_cookie_jar_unref(run.jar);
    ahttp_cookie_jar_unref(run.jar_for_all);
    return run.code;
}
