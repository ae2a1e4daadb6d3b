/* SPDX-License-Identifier: MIT */
/* What comes back: heads as they come, and what is to be done about a response. */
#include "date.h"
#include "extras.h"
#include "head.h"
#include "trace.h"
#include "transfer.h"
#include <stdlib.h>
#include <string.h>

/* ---- Heads ---- */

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

void answer_tunnel(transfer *transfer, bool is_sent, const char *bytes, size_t len)
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

void answer_trailers(transfer *transfer, const char *bytes, size_t len)
{
    static const head_rules rules = {.any_length = true, .any_coding = true};
    head_problem problem;

    text_add(&transfer->trailers, bytes, head_check(bytes, len, &rules, &problem));
    transfer->facts.head_bytes += len;
    if (problem.code)
        transfer_fail(transfer, problem.code, "%s", text_str(&problem.why));
    text_free(&problem.why);
}

void answer_head(transfer *transfer, const char *bytes, size_t len)
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

/* ---- Judging ---- */

static bool should_fail(const transfer *transfer)
{
    int status = transfer->facts.status;
    const settings *settings = transfer->settings;

    if (!settings->fail || status < 400)
        return false;
    if (transfer->resume_from > 0 && transfer->body == BODY_NONE && status == 416)
        return false;
    if (status != 401 && status != 407)
        return true;
    const login *login = status == 401 ? &transfer->login : &transfer->proxy_login;
    return (!login->user && !login->bearer) || login->is_hopeless;
}

/* Who does not know Expect is asked without it (RFC 9110 §10.1.1). */
static bool refuses_expect(transfer *transfer)
{
    if (transfer->facts.status != 417 || transfer->no_expect || !transfer->says_expect)
        return false;
    transfer->no_expect = true;
    return true;
}

/* Whether the login wants the same request once more. */
static bool asks_again(transfer *transfer)
{
    int status = transfer->facts.status;
    bool host = (status == 401 || (transfer->is_probe && status < 300)) &&
                login_take(transfer, &transfer->login, false);
    bool proxy = transfer->way.is_plain &&
                 (status == 407 || (transfer->is_probe && status < 300)) &&
                 login_take(transfer, &transfer->proxy_login, true);

    if (host || proxy)
        return true;
    if (status >= 300 || !transfer->is_probe)
        return false;
    transfer->login.is_done = transfer->proxy_login.is_done = true; /* nobody asked for a login */
    return true;
}

/* "=https": only that; "-http": all but that; "+http": that, too.  NULL: all. */
bool answer_allows(const char *protocols, const char *scheme)
{
    bool allowed = true;
    char *words;

    if (!protocols)
        return true;
    words = copy_text(protocols);
    for (char *word = strtok(words, ","); word; word = strtok(NULL, ",")) {
        char sign = strchr("=+-", *word) ? *word++ : '+';
        bool same = equal_nocase(word, scheme) || equal_nocase(word, "all");
        if (sign == '=')
            allowed = same;
        else if (same)
            allowed = sign == '+';
    }
    free(words);
    return allowed;
}

/* From POST to GET, and so on. */
static void change_method(transfer *transfer)
{
    const settings *settings = transfer->settings;
    int status = transfer->facts.status;
    bool is_post = transfer->body == BODY_DATA || transfer->body == BODY_FORM;
    bool to_get = (status == 301 && is_post && !settings->post301) ||
                  (status == 302 && is_post && !settings->post302) ||
                  (status == 303 && (!is_post || !settings->post303));

    if (to_get) {
        transfer->body = BODY_NONE;
        if (settings->follow == FOLLOW_OBEY && !transfer->head)
            transfer->ignores_method = true;
    }
}

static void refer(transfer *transfer)
{
    text address = {0};

    if (!transfer->settings->auto_referer)
        return;
    url_write(&address, &transfer->url, false);
    set_text(&transfer->referer, text_str(&address));
    text_free(&address);
}

static verdict hop(transfer *transfer, const char *location)
{
    const settings *settings = transfer->settings;
    text why = {0};
    text address = {0};
    bool good = url_join(&transfer->next, &transfer->url, location, URL_ENCODE, &why);

    if (good) {
        url_write(&address, &transfer->next, true);
        set_text(&transfer->facts.redirect_url, text_str(&address));
        text_free(&address);
    } else {
        set_text(&transfer->facts.redirect_url, location);
    }
    if (settings->follow == FOLLOW_NO) {
        if (good)
            url_free(&transfer->next);
        text_free(&why);
        return VERDICT_BODY;
    }
    if (settings->max_redirs >= 0 && transfer->facts.redirects >= settings->max_redirs) {
        url_free(&transfer->next);
        text_free(&why);
        return transfer_fail(transfer, 47, "Maximum (%lld) redirects followed",
                             settings->max_redirs);
    }
    if (!good) {
        verdict failed =
            transfer_fail(transfer, strstr(text_str(&why), "Protocol") ? 1 : 3,
                          "The redirect target URL could not be parsed: %s", text_str(&why));
        text_free(&why);
        return failed;
    }
    if (!answer_allows(settings->proto_redir, transfer->next.scheme) ||
        !answer_allows(settings->proto, transfer->next.scheme))
        return transfer_fail(transfer, 1, "Protocol \"%s\" disabled in redirect",
                             transfer->next.scheme);
    set_text(&transfer->facts.redirect_url, NULL);
    refer(transfer);
    change_method(transfer);
    return VERDICT_HOP;
}

static bool meets_condition(const transfer *transfer)
{
    const char *modified = facts_field(&transfer->facts, "Last-Modified");
    int64_t when;

    if (transfer->condition_kind == 0 || transfer->settings->range || !modified ||
        !date_read(modified, &when))
        return true;
    return transfer->condition_kind > 0 ? when > transfer->condition : when < transfer->condition;
}

/* The length that the server promises, or -1. */
static long long promised(const transfer *transfer)
{
    return transfer->settings->ignore_content_length
               ? -1
               : ahttp_response_content_length(transfer->response);
}

/* A length that no number here can hold. */
static bool is_beyond_measure(const transfer *transfer)
{
    const char *length = facts_field(&transfer->facts, "Content-Length");
    long long number;

    return length && is_digit(*length) && strspn(length, "0123456789") == strlen(length) &&
           !read_number(length, INT64_MAX, &number, NULL);
}

static verdict judge_body(transfer *transfer)
{
    const settings *settings = transfer->settings;
    long long length = promised(transfer);
    bool is_get = transfer->body == BODY_NONE && !transfer->head;

    if (transfer->resume_from > 0 && is_get && !facts_field(&transfer->facts, "Content-Range")) {
        if (length == transfer->resume_from)
            return VERDICT_DONE;
        if (transfer->facts.status != 416)
            return transfer_fail(transfer, 33,
                                 "HTTP server does not seem to support byte ranges. Cannot "
                                 "resume.");
    }
    if (transfer->resume_from > 0 && transfer->facts.status == 416)
        return VERDICT_DONE;
    if (!meets_condition(transfer)) {
        transfer->condition_unmet = true;
        transfer->facts.status = 304;
        return VERDICT_DONE;
    }
    if (settings->max_filesize > 0 && !transfer->head &&
        (length > settings->max_filesize || is_beyond_measure(transfer)))
        return transfer_fail(transfer, 63, "Maximum file size exceeded");
    return VERDICT_BODY;
}

verdict answer_judge(transfer *transfer)
{
    const facts *facts = &transfer->facts;
    const char *location = facts_field(facts, "Location");

    if (facts->code)
        return VERDICT_FAILED;
    if (transfer->head && facts->head_bytes == 0)
        return transfer_fail(transfer, 8, "Got a body instead of a head");
    bool again = asks_again(transfer) || refuses_expect(transfer);
    if (should_fail(transfer))
        return transfer_fail(transfer, 22, "The requested URL returned error: %d", facts->status);
    if (again)
        return VERDICT_AGAIN;
    if (facts->status / 100 == 3 && location && *location) {
        verdict verdict = hop(transfer, location);
        if (verdict != VERDICT_BODY)
            return verdict;
    }
    if (facts->status == 304)
        transfer->condition_unmet = true;
    return judge_body(transfer);
}
