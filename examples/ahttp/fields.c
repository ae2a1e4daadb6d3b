/* SPDX-License-Identifier: MIT */
/* What a request says of itself, in curl's order. */
#include "date.h"
#include "identity.h"
#include "transfer.h"
#include <stdlib.h>
#include <string.h>

enum { EXPECT_FROM = 1024 * 1024 }; /* bodies longer than that ask first */

/* ---- -H ---- */

const char *fields_custom_in(const list *fields, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < fields->count; i++) {
        const char *line = fields->items[i];
        if (starts_nocase(line, name) && (line[len] == ':' || line[len] == ';'))
            return line;
    }
    return NULL;
}

const char *fields_custom(const settings *settings, const char *name)
{
    return fields_custom_in(&settings->headers, name);
}

/* A value without blanks around it; "" for one that is to be left out. */
static char *value_of_custom(const char *line)
{
    const char *value = line + strcspn(line, ":;");

    value += *value != '\0';
    while (is_space(*value))
        value++;
    size_t len = strlen(value);
    while (len > 0 && is_space(value[len - 1]))
        len--;
    return copy_bytes(value, len);
}

static bool is_blank_custom(const char *line)
{
    size_t name = strcspn(line, ":;");

    return line[name] == ';' && !line[name + 1];
}

static bool is_named(const char *line, const char *name)
{
    size_t len = strlen(name);
    size_t end = strcspn(line, ":;");

    while (end > 0 && is_space(line[end - 1]))
        end--;
    return end == len && starts_nocase(line, name);
}

static bool is_body_of_post(const transfer *transfer)
{
    return transfer->body != BODY_NONE;
}

/* Those that have a place of their own are not repeated here. */
static bool is_written_elsewhere(const transfer *transfer, const char *line)
{
    if (is_named(line, "Host"))
        return true;
    if (is_named(line, "Connection"))
        return true;
    if (is_named(line, "Content-Type") && transfer->body == BODY_FORM)
        return true;
    if (is_named(line, "Content-Length") && transfer->is_probe)
        return true;
    return (is_named(line, "Authorization") || is_named(line, "Cookie")) &&
           !fields_are_trusted(transfer);
}

void fields_write_line(text *out, const char *line)
{
    char *value = value_of_custom(line);

    if (is_blank_custom(line))
        text_add_format(out, "%.*s:\r\n", (int)strlen(line) - 1, line);
    else if (*value && strchr(line, ':'))
        text_add_format(out, "%s\r\n", line);
    free(value);
}

static void write_custom(const transfer *transfer, const list *fields, text *out)
{
    for (size_t i = 0; i < fields->count; i++)
        if (!is_written_elsewhere(transfer, fields->items[i]))
            fields_write_line(out, fields->items[i]);
}

/* ---- One after the other ---- */

bool fields_are_trusted(const transfer *transfer)
{
    return !transfer->is_follow || transfer->settings->location_trusted ||
           url_same_origin(&transfer->url, &transfer->first);
}

const char *fields_method(const transfer *transfer)
{
    if (transfer->settings->method && !transfer->ignores_method)
        return transfer->settings->method;
    if (transfer->head)
        return "HEAD";
    switch (transfer->body) {
    case BODY_NONE: return "GET";
    case BODY_UPLOAD: return "PUT";
    default: return "POST";
    }
}

static char *origin_of(const transfer *transfer)
{
    return format_text("%s:%d", transfer->url.host, transfer->url.port);
}

static bool is_old_host(const transfer *transfer)
{
    const list *old = &transfer->run->old_hosts;
    char *origin = origin_of(transfer);
    bool found = false;

    for (size_t i = 0; i < old->count && !found; i++)
        found = strcmp(old->items[i], origin) == 0;
    free(origin);
    return found;
}

bool fields_are_old(const transfer *transfer)
{
    int version = transfer->settings->http_version;

    return transfer->saw_old || (version ? version == 10 : is_old_host(transfer));
}

void fields_note_old(transfer *transfer)
{
    if (!is_old_host(transfer))
        list_add_taken(&transfer->run->old_hosts, origin_of(transfer));
}

static void write_host(const transfer *transfer, text *out)
{
    bool is_first = url_same_origin(&transfer->url, &transfer->first);
    const char *custom = is_first ? fields_custom(transfer->settings, "Host") : NULL;

    if (custom) {
        char *value = value_of_custom(custom);
        if (*value)
            text_add_format(out, "Host:%s\r\n", custom + 5);
        else if (is_blank_custom(custom))
            text_add_str(out, "Host:\r\n");
        free(value);
        return;
    }
    text_add_str(out, "Host: ");
    url_write_host(out, &transfer->url, true);
    text_add_str(out, "\r\n");
}

static void write_logins(transfer *transfer, text *out)
{
    const char *method = fields_method(transfer);
    const char *own = transfer->settings->request_target;
    text target = {0};
    char *answer;

    if (own)
        text_add_str(&target, own);
    else
        url_write_target(&target, &transfer->url);
    if (transfer->way.is_plain) {
        answer = login_answer(transfer, &transfer->proxy_login, method, text_str(&target), true);
        if (answer)
            text_add_format(out, "Proxy-Authorization: %s\r\n", answer);
        free(answer);
    }
    answer = login_answer(transfer, &transfer->login, method, text_str(&target), false);
    if (answer)
        text_add_format(out, "Authorization: %s\r\n", answer);
    free(answer);
    text_free(&target);
}

static long long body_length(const transfer *transfer)
{
    if (transfer->is_probe || !transfer->upload || transfer->body == BODY_NONE)
        return 0;
    return upload_length(transfer->upload);
}

static void write_range(const transfer *transfer, text *out)
{
    const settings *settings = transfer->settings;
    const char *range = settings->range;
    char *resume = NULL;

    if (transfer->has_resume && transfer->resume_from > 0)
        range = resume = format_text("%lld-", transfer->resume_from);
    if (transfer->body == BODY_NONE) {
        if (range && !fields_custom(settings, "Range"))
            text_add_format(out, "Range: bytes=%s\r\n", range);
    } else if (transfer->has_resume && transfer->resume_from < 0) {
        long long total = upload_length(transfer->upload);
        text_add_format(out, "Content-Range: bytes 0-%lld/%lld\r\n", total - 1, total);
    } else if (range && !fields_custom(settings, "Content-Range") && transfer->body != BODY_FORM) {
        long long total = upload_length(transfer->upload);
        if (resume)
            text_add_format(out, "Content-Range: bytes %s%lld/%lld\r\n", range,
                            transfer->resume_from + total - 1, transfer->resume_from + total);
        else
            text_add_format(out, "Content-Range: bytes %s/%lld\r\n", range, total);
    }
    free(resume);
}

static bool wants(const transfer *transfer, const char *name)
{
    return !fields_custom(transfer->settings, name);
}

const char *fields_agent(void)
{
    static char agent[64];

    snprintf(agent, sizeof agent, "%s/%s", identity_name(), identity_version());
    return agent;
}

static void write_agent(const transfer *transfer, text *out)
{
    const char *agent = transfer->settings->user_agent;

    if (!wants(transfer, "User-Agent") || (agent && !*agent))
        return;
    text_add_format(out, "User-Agent: %s\r\n", agent ? agent : fields_agent());
}

static void write_accepts(const transfer *transfer, text *out)
{
    const settings *settings = transfer->settings;

    if (wants(transfer, "Accept"))
        text_add_str(out, "Accept: */*\r\n");
    if (settings->tr_encoding && wants(transfer, "TE"))
        text_add_str(out, "TE: gzip\r\n");
    if (settings->compressed && wants(transfer, "Accept-Encoding"))
        text_add_format(out, "Accept-Encoding: deflate, gzip%s%s\r\n",
                        ahttp_has_feature(AHTTP_FEATURE_BROTLI) ? ", br" : "",
                        ahttp_has_feature(AHTTP_FEATURE_ZSTD) ? ", zstd" : "");
    if (transfer->referer && *transfer->referer && wants(transfer, "Referer"))
        text_add_format(out, "Referer: %s\r\n", transfer->referer);
}

void fields_write_cookie_url(const transfer *transfer, text *out)
{
    const char *custom = fields_custom(transfer->settings, "Host");
    char *host = custom ? value_of_custom(custom) : NULL;

    if (host && *host && url_same_origin(&transfer->url, &transfer->first)) {
        host[strcspn(host, ":")] = '\0';
        text_add_format(out, "%s://%s%s", transfer->url.scheme, host, transfer->url.path);
    } else {
        url_write(out, &transfer->url, false);
    }
    free(host);
}

static void write_cookies(transfer *transfer, text *out)
{
    const settings *settings = transfer->settings;
    bool has_own = fields_custom(settings, "Cookie") != NULL;
    text address = {0};
    text value = {0};

    fields_write_cookie_url(transfer, &address);
    char *kept = cookies_for(transfer->run, text_str(&address));
    if (kept)
        text_add_str(&value, kept);
    for (size_t i = 0; !has_own && fields_are_trusted(transfer) && i < settings->cookies.count; i++)
        text_add_format(&value, "%s%s", value.len ? "; " : "", settings->cookies.items[i]);
    if (value.len > 0)
        text_add_format(out, "Cookie: %s\r\n", text_str(&value));
    free(kept);
    text_free(&value);
    text_free(&address);
}

static void write_condition(const transfer *transfer, text *out)
{
    char date[DATE_SIZE];

    if (transfer->condition_kind == 0)
        return;
    const char *name = transfer->condition_kind > 0 ? "If-Modified-Since" : "If-Unmodified-Since";
    if (!wants(transfer, name))
        return;
    date_write(transfer->condition, date);
    text_add_format(out, "%s: %s\r\n", name, date);
}

static void write_etag(const transfer *transfer, text *out)
{
    text file = {0};

    if (!transfer->settings->etag_compare)
        return;
    if (!text_add_file(&file, transfer->settings->etag_compare))
        warn(transfer->global, "Failed to open %s", transfer->settings->etag_compare);
    while (file.len > 0 && is_space(file.bytes[file.len - 1]))
        file.bytes[--file.len] = '\0';
    text_add_format(out, "If-None-Match: %s\r\n", file.len > 0 ? file.bytes : "\"\"");
    text_free(&file);
}

/* Bodies of unknown length are chunked, unless HTTP/1.0 knows no chunks. */
static bool is_chunked(const transfer *transfer)
{
    const char *custom = fields_custom(transfer->settings, "Transfer-Encoding");

    if (!is_body_of_post(transfer))
        return false;
    if (custom)
        return strstr(custom, "chunked") != NULL;
    return body_length(transfer) < 0 && !fields_are_old(transfer);
}

static void write_form_type(const transfer *transfer, text *out)
{
    const char *custom = fields_custom(transfer->settings, "Content-Type");
    char *type = custom ? value_of_custom(custom) : copy_text("multipart/form-data");

    text_add_format(out, "Content-Type: %s; boundary=%s\r\n", type, transfer->boundary);
    free(type);
}

static void write_content(const transfer *transfer, text *out)
{
    long long length = body_length(transfer);

    if (!is_body_of_post(transfer))
        return;
    if (length >= 0 && !is_chunked(transfer) &&
        (transfer->is_probe || wants(transfer, "Content-Length")))
        text_add_format(out, "Content-Length: %lld\r\n", length);
    if (transfer->body == BODY_FORM)
        write_form_type(transfer, out);
    if (transfer->body == BODY_DATA && wants(transfer, "Content-Type"))
        text_add_str(out, "Content-Type: application/x-www-form-urlencoded\r\n");
    if (wants(transfer, "Expect") && !transfer->no_expect && !fields_are_old(transfer) &&
        (length > EXPECT_FROM || (length < 0 && transfer->body == BODY_UPLOAD)))
        text_add_str(out, "Expect: 100-continue\r\n");
}

static void write_connection(const transfer *transfer, text *out)
{
    bool has_te = transfer->settings->tr_encoding && wants(transfer, "TE");
    bool is_first = true;

    for (size_t i = 0; i < transfer->settings->headers.count; i++) {
        const char *line = transfer->settings->headers.items[i];
        char *value = is_named(line, "Connection") ? value_of_custom(line) : NULL;
        if (value && *value) {
            text_add_format(out, "Connection: %s%s\r\n", value, is_first && has_te ? ", TE" : "");
            is_first = false;
        }
        free(value);
    }
    if (is_first && has_te)
        text_add_str(out, "Connection: TE\r\n");
}

void fields_write(transfer *transfer, text *out)
{
    const settings *settings = transfer->settings;
    text logins = {0};

    write_logins(transfer, &logins);
    transfer->is_probe = login_is_probe(transfer);
    write_host(transfer, out);
    text_add(out, text_str(&logins), logins.len);
    text_free(&logins);
    write_range(transfer, out);
    write_agent(transfer, out);
    write_accepts(transfer, out);
    if (transfer->way.is_plain && wants(transfer, "Proxy-Connection") &&
        !fields_custom_in(&settings->proxy_headers, "Proxy-Connection"))
        text_add_str(out, "Proxy-Connection: Keep-Alive\r\n");
    if (is_chunked(transfer) && wants(transfer, "Transfer-Encoding"))
        text_add_str(out, "Transfer-Encoding: chunked\r\n");
    write_cookies(transfer, out);
    write_condition(transfer, out);
    write_custom(transfer, &settings->headers, out);
    if (transfer->way.is_plain)
        write_custom(transfer, &settings->proxy_headers, out);
    write_etag(transfer, out);
    write_content(transfer, out);
    write_connection(transfer, out);
}
