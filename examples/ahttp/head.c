/* SPDX-License-Identifier: MIT */
/* Heads as they come: what is told by them, and where they are shown. */
#include "extras.h"
#include "head_check.h"
#include "trace.h"
#include "transfer.h"
#include <stdlib.h>
#include <string.h>

/* ---- What they say ---- */

/* "Name: value" without its line end; lines that are folded are joined. */
static void take_line(facts *facts, const char *line, size_t len)
{
    while (len > 0 && (line[len - 1] == '\r' || line[len - 1] == '\n'))
        len--;
    if (len == 0)
        return;
    if ((line[0] == ' ' || line[0] == '\t') && facts->fields.count > 0) {
        char **last = &facts->fields.items[facts->fields.count - 1];
        while (len > 0 && (line[0] == ' ' || line[0] == '\t')) {
            line++;
            len--;
        }
        char *joined = format_text("%s %.*s", *last, (int)len, line);
        free(*last);
        *last = joined;
        return;
    }
    if (!memchr(line, ':', len))
        return;
    while (len > 0 && is_space(line[len - 1]))
        len--;
    list_add_taken(&facts->fields, copy_bytes(line, len));
}

static void take_fields(facts *facts, const char *bytes, size_t len)
{
    bool is_first = true;

    list_free(&facts->fields);
    while (len > 0) {
        const char *end = memchr(bytes, '\n', len);
        size_t line = end ? (size_t)(end - bytes) + 1 : len;
        if (!is_first)
            take_line(facts, bytes, line);
        is_first = false;
        bytes += line;
        len -= line;
    }
    facts->field_count = facts->fields.count;
    for (size_t i = 0; i < facts->fields.count; i++)
        list_add(&facts->all_fields, facts->fields.items[i]);
}

static void take_cookies(transfer *transfer)
{
    const list *fields = &transfer->facts.fields;
    text address = {0};
    size_t number = 0;

    fields_write_cookie_url(transfer, &address);
    for (size_t i = 0; i < fields->count; i++) {
        const char *value = value_of_field(fields->items[i], "Set-Cookie");
        if (value)
            cookies_take(transfer->run, text_str(&address), value, number++);
    }
    text_free(&address);
}

static void save_etag(transfer *transfer)
{
    const char *path = transfer->settings->etag_save;
    const char *etag = facts_field(&transfer->facts, "ETag");

    if (!path || !etag || !*etag)
        return;
    FILE *file = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
    if (!file)
        return;
    fprintf(file, "%s\n", etag);
    if (file != stdout)
        fclose(file);
}

/* By Content-Disposition, or else by the last redirect. */
static char *name_by_server(const transfer *transfer)
{
    const char *disposition = facts_field(&transfer->facts, "Content-Disposition");
    const char *location = facts_field(&transfer->facts, "Location");
    char *name = disposition ? output_name_of_field(disposition) : NULL;

    if (name || !location || transfer->facts.status / 100 != 3 ||
        transfer->settings->follow == FOLLOW_NO)
        return name;
    text why = {0};
    url target;
    if (url_join(&target, &transfer->url, location, URL_ENCODE, &why)) {
        text address = {0};
        url_write(&address, &target, false);
        name = output_name_of_url(text_str(&address));
        text_free(&address);
        url_free(&target);
    }
    text_free(&why);
    return name;
}

static void take_file_name(transfer *transfer)
{
    char *name;

    if (!transfer->settings->remote_header_name || !transfer->is_named_by_url ||
        transfer->output.file)
        return;
    name = name_by_server(transfer);
    if (!name)
        return;
    free(transfer->output.path);
    transfer->output.path = output_in_folder(transfer->settings->output_dir, name);
    transfer->output.is_remote = true;
    free(name);
}

/* The number behind the first space; the bytes have no NUL behind them. */
static int status_of(const char *bytes, size_t len)
{
    const char *at = memchr(bytes, ' ', len);
    int status = 0;

    while (at && ++at < bytes + len && *at >= '0' && *at <= '9' && status < 1000)
        status = 10 * status + (*at - '0');
    return status;
}

/* Lines that are folded become one, with a space (RFC 9112 §5.2). */
static void unfold(text *out, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bool ends =
            bytes[i] == '\n' && i + 1 < len && (bytes[i + 1] == ' ' || bytes[i + 1] == '\t');
        if (!ends) {
            text_add_char(out, bytes[i]);
            continue;
        }
        while (out->len > 0 && is_space(out->bytes[out->len - 1]))
            out->len--;
        text_add_char(out, ' ');
        while (i + 1 < len && (bytes[i + 1] == ' ' || bytes[i + 1] == '\t'))
            i++;
    }
}

static bool is_included(const transfer *transfer)
{
    return (transfer->settings->include || transfer->head) && !transfer->output.discard;
}

/* To the output, whose count is that of the body. */
static bool include_line(transfer *transfer, const char *line, size_t len)
{
    output *output = &transfer->output;
    uint64_t before = output->bytes;
    text coloured = {0};
    bool good;

    if (pretty_is_coloured(transfer)) {
        pretty_head_line(&coloured, line, len);
        good = output_write(output, text_str(&coloured), coloured.len);
    } else {
        good = output_write(output, line, len);
    }
    text_free(&coloured);
    output->bytes = before;
    return good;
}

/* To -D and to the output, which may be the same file. */
static void write_line(transfer *transfer, const char *line, size_t len)
{
    if (transfer->heads &&
        (fwrite(line, 1, len, transfer->heads) != len || fflush(transfer->heads) != 0))
        transfer_fail(transfer, 23, "Failed writing headers to %s",
                      transfer->settings->dump_header);
    if (is_included(transfer) && !include_line(transfer, line, len))
        transfer_fail(transfer, 23, "Failed writing header: %s", transfer->output.failure);
}

/* While the server may still name the output, heads wait. */
static bool must_wait(const transfer *transfer)
{
    return transfer->settings->remote_header_name && is_included(transfer) &&
           !transfer->output.file && transfer->facts.status / 100 == 3;
}

static void write_head(transfer *transfer, const char *bytes, size_t len)
{
    text lines = {0};

    text_add(&lines, text_str(&transfer->waiting), transfer->waiting.len);
    text_free(&transfer->waiting);
    unfold(&lines, bytes, len);
    if (must_wait(transfer)) {
        transfer->waiting = lines;
        return;
    }
    for (size_t at = 0; at < lines.len;) {
        const char *end = memchr(lines.bytes + at, '\n', lines.len - at);
        size_t line = end ? (size_t)(end - lines.bytes) + 1 - at : lines.len - at;
        write_line(transfer, lines.bytes + at, line);
        at += line;
    }
    text_free(&lines);
}

/* Up to the first line that is wrong, with which the transfer fails. */
static void take_lines(transfer *transfer, const char *bytes, size_t len, const head_rules *rules)
{
    head_problem problem;
    size_t good = head_check(bytes, len, rules, &problem);

    write_head(transfer, bytes, good);
    if (problem.code)
        transfer_fail(transfer, problem.code, "%s", text_str(&problem.why));
    text_free(&problem.why);
}

/* What has no meaning where a tunnel begins (RFC 9112 §6.3). */
static void tell_ignored(const transfer *transfer)
{
    static const char *const names[] = {"Content-Length", "Transfer-Encoding"};

    for (int i = 0; i < 2; i++)
        if (transfer->facts.connect_status / 100 == 2 && facts_field(&transfer->facts, names[i]))
            trace_info(transfer->run->trace, transfer, "Ignoring %s in CONNECT %d response",
                       names[i], transfer->facts.connect_status);
}

/* There is a way, or there will be none; 407 may yet be answered. */
static void end_waiting(transfer *transfer)
{
    enum { NO_WAY = 7, ASKS_WHO = 407 };
    int status = transfer->facts.connect_status;

    if (status / 100 == 1 ||
        (status == ASKS_WHO && facts_field(&transfer->facts, "Proxy-Authenticate")))
        return;
    transfer->tunnel = NULL;
    if (status / 100 == 2 && !transfer->facts.code)
        return;
    transfer_fail(transfer, NO_WAY, "CONNECT tunnel failed, response %d", status);
    ahttp_promise_resolve(transfer->refused, NULL, NULL);
    transfer->refused = NULL;
}

void head_take_tunnel(transfer *transfer, bool is_sent, const char *bytes, size_t len)
{
    static const head_rules rules = {.any_length = true, .any_coding = true};

    trace_head(transfer->run->trace, transfer, is_sent, bytes, len);
    if (is_sent) {
        transfer->facts.request_bytes += len;
        return;
    }
    transfer->facts.connect_status = status_of(bytes, len);
    transfer->facts.head_bytes += len;
    take_fields(&transfer->facts, bytes, len);
    tell_ignored(transfer);
    if (!transfer->settings->suppress_connect_headers)
        take_lines(transfer, bytes, len, &rules);
    end_waiting(transfer);
}

void head_take_trailers(transfer *transfer, const char *bytes, size_t len)
{
    static const head_rules rules = {.any_length = true, .any_coding = true};
    head_problem problem;

    text_add(&transfer->trailers, bytes, head_check(bytes, len, &rules, &problem));
    transfer->facts.head_bytes += len;
    if (problem.code)
        transfer_fail(transfer, problem.code, "%s", text_str(&problem.why));
    text_free(&problem.why);
}

void head_take(transfer *transfer, const char *bytes, size_t len)
{
    const settings *settings = transfer->settings;
    const head_rules rules = {.takes_codings = settings->tr_encoding,
                              .any_coding = settings->raw,
                              .any_length = settings->ignore_content_length};
    facts *facts = &transfer->facts;

    facts->status = status_of(bytes, len);
    facts->minor_version = len > 8 && strncmp(bytes, "HTTP/1.0", 8) == 0 ? 0 : 1;
    facts->head_bytes += len;
    transfer->saw_old = transfer->saw_old || facts->minor_version == 0;
    take_fields(facts, bytes, len);
    if (transfer->run->has_cookies)
        take_cookies(transfer);
    if (facts->status / 100 == 2 || facts->status / 100 == 3) {
        save_etag(transfer);
        take_file_name(transfer);
    }
    trace_head(transfer->run->trace, transfer, false, bytes, len);
    take_lines(transfer, bytes, len, &rules);
}
