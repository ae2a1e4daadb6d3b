/* SPDX-License-Identifier: MIT */
/* Bodies: what is to be sent, and where that goes which comes. */
#include "extras.h"
#include "trace.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* ---- Going out ---- */

enum { BOUNDARY_DASHES = 24, BOUNDARY_LETTERS = 22 };

static char *make_boundary(void)
{
    static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    unsigned char chance[BOUNDARY_LETTERS];
    char *boundary = must_alloc(BOUNDARY_DASHES + BOUNDARY_LETTERS + 1);

    if (getrandom(chance, sizeof chance, 0) != (ssize_t)sizeof chance)
        memset(chance, 7, sizeof chance);
    memset(boundary, '-', BOUNDARY_DASHES);
    for (int i = 0; i < BOUNDARY_LETTERS; i++)
        boundary[BOUNDARY_DASHES + i] = letters[chance[i] % (sizeof letters - 1)];
    return boundary;
}

static bool prepare_file(transfer *transfer)
{
    const char *path = transfer->upload_path;
    bool is_input = strcmp(path, "-") == 0 || strcmp(path, ".") == 0;

    if (upload_add_file(transfer->upload, is_input ? "-" : path,
                        transfer->resume_from > 0 ? transfer->resume_from : 0))
        return true;
    transfer_fail(transfer, 26, "cannot open '%s': %s", path, strerror(errno));
    return false;
}

static bool prepare_form(transfer *transfer)
{
    const settings *settings = transfer->settings;
    text why = {0};

    transfer->boundary = make_boundary();
    const char *type = fields_custom(settings, "Content-Type");
    const form_style style = {.backslashes = settings->form_escape,
                              .is_other_type = type && !strstr(type, "form-data")};
    bool good = upload_add_form(transfer->upload, settings->form, transfer->boundary, &style, &why);
    if (!good)
        transfer_fail(transfer, 26, "Failed to open/read local data from file/application: %s",
                      text_str(&why));
    text_free(&why);
    return good;
}

static void saw_sent(const char *bytes, size_t len, void *ctx)
{
    transfer *transfer = ctx;

    transfer->facts.uploaded += len;
    transfer->facts.request_bytes += len;
    trace_data(transfer->run->trace, transfer, true, bytes, len);
}

bool body_prepare(transfer *transfer)
{
    const settings *settings = transfer->settings;
    bool good = true;

    if (transfer->body == BODY_NONE)
        return true;
    transfer->upload = upload_new();
    upload_watch(transfer->upload, saw_sent, transfer);
    upload_limit(transfer->upload, settings->limit_rate);
    switch (transfer->body) {
    case BODY_DATA:
        upload_add(transfer->upload, text_str(&settings->data), settings->data.len);
        break;
    case BODY_FORM: good = prepare_form(transfer); break;
    default: good = prepare_file(transfer);
    }
    return good;
}

/* ---- Coming in ---- */

/* Not faster than -limit-rate. */
static int pace(transfer *transfer, uint64_t bytes, double since_ms)
{
    long long rate = transfer->settings->limit_rate;
    double due = rate > 0 ? (double)bytes * 1000 / (double)rate : 0;
    double passed = clock_ms() - since_ms;

    if (rate <= 0 || due - passed < 1)
        return 0;
    return ahttp_await_status(ahttp_sleep((int64_t)(due - passed)));
}

int64_t body_slow_ms(const settings *settings)
{
    enum { DEFAULT_SECONDS = 30, DEFAULT_SPEED = 1 };

    if (settings->speed_limit <= 0 && settings->speed_time <= 0)
        return AHTTP_NEVER;
    return (settings->speed_time > 0 ? settings->speed_time : DEFAULT_SECONDS) * 1000;
}

/* -Y and -y: a stretch of time that has ended, and what came in it. */
typedef struct pace_check {
    double since_ms;
    uint64_t bytes;
} pace_check;

static bool is_too_slow(const settings *settings, pace_check *check, uint64_t bytes)
{
    int64_t limit_ms = body_slow_ms(settings);
    long long least = settings->speed_limit > 0 ? settings->speed_limit : 1;
    double passed = clock_ms() - check->since_ms;

    if (limit_ms == AHTTP_NEVER || passed < (double)limit_ms)
        return false;
    double speed = (double)(bytes - check->bytes) * 1000 / passed;
    *check = (pace_check){clock_ms(), bytes};
    return speed < (double)least;
}

static bool is_too_long(const transfer *transfer, uint64_t bytes)
{
    return transfer->settings->max_filesize > 0 &&
           bytes > (uint64_t)transfer->settings->max_filesize;
}

static bool is_pretty(const transfer *transfer)
{
    const char *type = facts_field(&transfer->facts, "Content-Type");

    return transfer->settings->pretty && type && strstr(type, "json");
}

static verdict write_failed(transfer *transfer, size_t len)
{
    const char *why = transfer->output.failure;

    return transfer_fail(transfer, 23, "Failure writing output to destination, passed %zu: %s", len,
                         why ? why : "");
}

/* What has come of it. */
static verdict take_piece(transfer *transfer, const ahttp_bytes *piece, bool discard)
{
    trace_data(transfer->run->trace, transfer, false, piece->data, piece->len);
    if (discard)
        return VERDICT_BODY;
    transfer->facts.delivered += piece->len;
    bool too_long = is_too_long(transfer, transfer->facts.delivered);
    size_t len = piece->len; /* of a body too long, what is within the limit counts */
    if (too_long && transfer->settings->compressed)
        len = 0; /* what is decoded to more is a bomb */
    else if (too_long)
        len -= (size_t)(transfer->facts.delivered - (uint64_t)transfer->settings->max_filesize);
    if (is_pretty(transfer))
        text_add(&transfer->json, piece->data, len);
    else if (!output_write(&transfer->output, piece->data, len))
        return write_failed(transfer, len);
    return too_long ? transfer_fail(transfer, 63, "Maximum file size exceeded") : VERDICT_BODY;
}

/* What was kept for --pretty. */
static verdict write_pretty(transfer *transfer)
{
    bool in_colours = pretty_is_coloured(transfer);
    text out = {0};
    const text *json = &transfer->json;

    if (!json->len)
        return VERDICT_DONE;
    if (!pretty_json(&out, json->bytes, json->len, in_colours))
        text_add(&out, json->bytes, json->len);
    bool good = output_write(&transfer->output, out.bytes, out.len);
    text_free(&out);
    return good ? VERDICT_DONE : write_failed(transfer, json->len);
}

/* Each line with CR LF, whatever it came with; the empty line at their end is left out. */
static void write_trailers(transfer *transfer)
{
    char *rest = transfer->trailers.bytes;

    while (rest && *rest) {
        size_t len = strcspn(rest, "\r\n");
        char *line = format_text("%.*s\r\n", (int)len, rest);
        if (len > 0 && transfer->heads)
            fputs(line, transfer->heads);
        if (len > 0 && transfer->settings->include && !transfer->output.discard)
            output_write(&transfer->output, line, len + 2);
        free(line);
        rest += len;
        rest += *rest == '\r';
        rest += *rest == '\n';
    }
}

/* A body that nobody wants, on a connection that will be closed anyway. */
static bool is_endless(const transfer *transfer)
{
    const char *connection = facts_field(&transfer->facts, "Connection");

    if (connection && starts_nocase(connection, "close"))
        return true;
    return transfer->facts.body_length < 0 && !facts_field(&transfer->facts, "Transfer-Encoding");
}

verdict body_read(transfer *transfer, bool discard)
{
    ahttp_stream *stream = ahttp_response_stream(transfer->response);
    size_t most = transfer->settings->limit_rate > 0 ? (size_t)transfer->settings->limit_rate : 0;
    double since_ms = clock_ms();
    pace_check check = {.since_ms = since_ms};
    verdict verdict = VERDICT_DONE;

    transfer->facts.body_length = ahttp_response_content_length(transfer->response);
    if (discard && is_endless(transfer))
        return VERDICT_DONE;
    for (;;) {
        const ahttp_bytes *piece = ahttp_await(most > 0 ? ahttp_stream_read_some(stream, most)
                                                        : ahttp_stream_read(stream));
        if (!discard)
            transfer->facts.downloaded = ahttp_stream_raw_total(stream);
        if (!piece) {
            verdict = discard ? VERDICT_DONE : transfer_fail_by(transfer, ahttp_task_error());
            break;
        }
        if (piece->len == 0)
            break;
        if (take_piece(transfer, piece, discard) == VERDICT_FAILED) {
            verdict = VERDICT_FAILED;
            break;
        }
        if (is_too_slow(transfer->settings, &check, ahttp_stream_raw_total(stream))) {
            verdict = transfer_fail(transfer, 28, "Operation too slow: less than %lld bytes/sec",
                                    transfer->settings->speed_limit);
            break;
        }
        if (pace(transfer, ahttp_stream_raw_total(stream), since_ms) < 0) {
            verdict = transfer_fail_by(transfer, ahttp_task_error());
            break;
        }
    }
    if (verdict == VERDICT_DONE && !discard)
        verdict = write_pretty(transfer);
    if (verdict == VERDICT_DONE && !discard && facts_field(&transfer->facts, "Transfer-Encoding") &&
        ahttp_await_status(ahttp_sleep(0)) == 0) /* what was seen on the wire is told by then */
        write_trailers(transfer);
    return verdict;
}
