/* SPDX-License-Identifier: MIT */
#include "http/har.h"
#include "http/json.h"
#include "http/mask.h"
#include <ahttp/version.h>
#include <time.h>

#define MASKED "***"

static void write_text(ah_buf *out, const char *name, const char *text)
{
    ah_buf_append_format(out, "\"%s\": ", name);
    ah_json_write_string(out, ah_str_from(text ? text : ""));
}

static void write_pair(ah_buf *out, ah_str name, ah_str value, bool is_first)
{
    ah_buf_append(out, is_first ? AH_STR("{\"name\": ") : AH_STR(", {\"name\": "));
    ah_json_write_string(out, name);
    ah_buf_append(out, AH_STR(", \"value\": "));
    ah_json_write_string(out, value);
    ah_buf_append_char(out, '}');
}

/* ---- Headers ---- */

/* The text to show for it, which may be in room. */
static ah_str shown(const ah_har_entry *entry, ah_str value, ah_buf *room)
{
    if (entry->shows_secrets)
        return value;
    ah_buf_clear(room);
    ah_mask_value(room, value);
    return ah_buf_str(room);
}

static void write_headers(ah_buf *out, const ah_har_entry *entry, const ahttp_headers *headers)
{
    ah_buf room = {0};

    ah_buf_append(out, AH_STR(", \"cookies\": [], \"headers\": ["));
    for (size_t i = 0; headers && i < headers->count; i++) {
        const ah_field *field = &headers->fields[i];
        bool is_masked =
            !entry->shows_secrets && ah_mask_is_secret(field->name, entry->secret_headers);
        write_pair(out, field->name, is_masked ? AH_STR(MASKED) : shown(entry, field->value, &room),
                   i == 0);
    }
    ah_buf_append(out, AH_STR("]"));
    out->failed |= ah_buf_failed(&room);
    ah_buf_release(&room);
}

static void write_redirect(ah_buf *out, const ah_har_entry *entry)
{
    ah_buf room = {0};

    ah_buf_append(out, AH_STR("\"redirectURL\": "));
    ah_json_write_string(out, shown(entry, ah_str_from(entry->redirect_url), &room));
    out->failed |= ah_buf_failed(&room);
    ah_buf_release(&room);
}

/* ---- The parts of an entry ---- */

static void write_date(ah_buf *out, int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm utc = {.tm_mday = 1};

    gmtime_r(&seconds, &utc);
    ah_buf_append_format(out, "\"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ\"", utc.tm_year + 1900,
                         utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                         (int)(ms % 1000));
}

/* As it stands in the URL, still escaped. */
static void write_query(ah_buf *out, ah_str url)
{
    ah_str query = ah_str_slice(url, ah_str_find(url, '?') + 1, SIZE_MAX);
    ah_str one;
    bool is_first = true;

    ah_buf_append(out, AH_STR(", \"queryString\": ["));
    while (query.len > 0 && ah_str_split(&query, '&', &one)) {
        size_t equals = ah_str_find(one, '=');
        write_pair(out, ah_str_slice(one, 0, equals), ah_str_slice(one, equals + 1, SIZE_MAX),
                   is_first);
        is_first = false;
    }
    ah_buf_append(out, AH_STR("]"));
}

static void write_request(ah_buf *out, const ah_har_entry *entry)
{
    ah_buf_append(out, AH_STR("\"request\": {"));
    write_text(out, "method", entry->method);
    ah_buf_append(out, AH_STR(", "));
    write_text(out, "url", entry->url);
    ah_buf_append(out, AH_STR(", \"httpVersion\": \"HTTP/1.1\""));
    write_headers(out, entry, entry->request_headers);
    write_query(out, ah_str_from(entry->url));
    ah_buf_append_format(out, ", \"headersSize\": -1, \"bodySize\": -1, \"_bytes\": %lld}",
                         (long long)entry->bytes_sent);
}

static void write_response(ah_buf *out, const ah_har_entry *entry)
{
    ah_buf_append_format(out, ", \"response\": {\"status\": %d, ", entry->status);
    write_text(out, "statusText", entry->reason);
    if (entry->status)
        ah_buf_append_format(out, ", \"httpVersion\": \"HTTP/1.%d\"", entry->minor_version);
    else
        ah_buf_append(out, AH_STR(", \"httpVersion\": \"\""));
    write_headers(out, entry, entry->response_headers);
    ah_buf_append(out, AH_STR(", \"content\": {\"size\": -1, "));
    write_text(out, "mimeType", entry->content_type);
    ah_buf_append(out, AH_STR("}, "));
    write_redirect(out, entry);
    ah_buf_append_format(out, ", \"headersSize\": -1, \"bodySize\": -1, \"_bytes\": %lld",
                         (long long)entry->bytes_received);
    if (entry->error) {
        ah_buf_append(out, AH_STR(", "));
        write_text(out, "_error", entry->error);
    }
    ah_buf_append(out, AH_STR("}"));
}

/* ---- Times ---- */

static int64_t at_least_zero(int64_t ns)
{
    return ns < 0 ? 0 : ns;
}

static void write_ms(ah_buf *out, const char *name, int64_t ns)
{
    ah_buf_append_format(out, "\"%s\": ", name);
    if (ns < 0)
        ah_buf_append(out, AH_STR("-1"));
    else
        ah_buf_append_format(out, "%lld.%03d", (long long)(ns / 1000000), (int)(ns / 1000 % 1000));
}

/* Those of a connection include those of TLS; the last three must be there. */
static void write_timings(ah_buf *out, const ah_phases *phases)
{
    const struct {
        const char *name;
        int64_t ns;
    } parts[] = {
        {"blocked", phases->blocked},
        {"dns", phases->dns},
        {"connect", phases->connect < 0 ? -1 : phases->connect + at_least_zero(phases->tls)},
        {"ssl", phases->tls},
        {"send", at_least_zero(phases->send)},
        {"wait", at_least_zero(phases->wait)},
        {"receive", at_least_zero(phases->receive)},
    };

    ah_buf_append(out, AH_STR(", \"cache\": {}, \"timings\": {"));
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        ah_buf_append(out, i > 0 ? AH_STR(", ") : AH_STR(""));
        write_ms(out, parts[i].name, parts[i].ns);
    }
    ah_buf_append(out, AH_STR("}"));
}

/* ---- All of it ---- */

void ah_har_write_entry(ah_buf *out, const ah_har_entry *entry)
{
    ah_buf_append(out, AH_STR("{\"startedDateTime\": "));
    write_date(out, entry->started_ms);
    ah_buf_append(out, AH_STR(", "));
    write_ms(out, "time", ah_phases_sum(&entry->phases));
    ah_buf_append(out, AH_STR(", "));
    write_request(out, entry);
    write_response(out, entry);
    write_timings(out, &entry->phases);
    if (entry->server_address) {
        ah_buf_append(out, AH_STR(", "));
        write_text(out, "serverIPAddress", entry->server_address);
    }
    ah_buf_append(out, AH_STR("}"));
}

void ah_har_write_begin(ah_buf *out)
{
    ah_buf_append(out,
                  AH_STR("{\"log\": {\"version\": \"1.2\", \"creator\": {\"name\": "
                         "\"libahttp\", \"version\": \"" AHTTP_VERSION "\"}, \"entries\": [\n"));
}

void ah_har_write_end(ah_buf *out)
{
    ah_buf_append(out, AH_STR("\n]}}\n"));
}
