/* SPDX-License-Identifier: MIT */
#include "encode.h"
#include "extras.h"
#include "identity.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct har {
    text entries;
};

har *har_new(void)
{
    return must_alloc(sizeof(har));
}

static void add_string(text *out, const char *bytes, size_t len)
{
    text_add_char(out, '"');
    encode_json(out, bytes, len);
    text_add_char(out, '"');
}

/* Archives are passed on: what logs somebody in is not in them. */
static bool is_secret(const char *line)
{
    static const char *const names[] = {"Authorization", "Proxy-Authorization", "Cookie",
                                        "Set-Cookie"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (value_of_field(line, names[i]))
            return true;
    return false;
}

static void add_pair(text *out, const char *line, size_t len)
{
    static const char masked[] = "***";
    const char *colon = memchr(line, ':', len);
    const char *value = colon ? colon + 1 : line + len;

    while (value < line + len && *value == ' ')
        value++;
    text_add_str(out, "{\"name\": ");
    add_string(out, line, colon ? (size_t)(colon - line) : len);
    text_add_str(out, ", \"value\": ");
    if (is_secret(line))
        add_string(out, masked, sizeof masked - 1);
    else
        add_string(out, value, (size_t)(line + len - value));
    text_add_char(out, '}');
}

static void add_request_headers(text *out, const char *fields)
{
    for (const char *line = fields; *line;) {
        size_t len = strcspn(line, "\r\n");
        if (line != fields)
            text_add_str(out, ", ");
        add_pair(out, line, len);
        line += len;
        line += strspn(line, "\r\n");
    }
}

static void add_response_headers(text *out, const list *fields)
{
    for (size_t i = 0; i < fields->count; i++) {
        if (i > 0)
            text_add_str(out, ", ");
        add_pair(out, fields->items[i], strlen(fields->items[i]));
    }
}

static void add_query(text *out, const url *url)
{
    char *query = copy_text(url->query ? url->query : "");
    bool is_first = true;

    for (char *pair = strtok(query, "&"); pair; pair = strtok(NULL, "&")) {
        char *equals = strchr(pair, '=');
        if (equals)
            *equals++ = '\0';
        text_add_str(out, is_first ? "{\"name\": " : ", {\"name\": ");
        add_string(out, pair, strlen(pair));
        text_add_str(out, ", \"value\": ");
        add_string(out, equals ? equals : "", equals ? strlen(equals) : 0);
        text_add_char(out, '}');
        is_first = false;
    }
    free(query);
}

static void add_request(text *out, const transfer *transfer, const char *fields)
{
    text url = {0};
    const settings *settings = transfer->settings;

    url_write(&url, &transfer->url, false);
    text_add_format(out, "\"request\": {\"method\": \"%s\", \"url\": ", transfer->facts.method);
    add_string(out, text_str(&url), url.len);
    text_add_format(out, ", \"httpVersion\": \"HTTP/1.%d\", \"cookies\": [], \"headers\": [",
                    transfer->is_old ? 0 : 1);
    add_request_headers(out, fields);
    text_add_str(out, "], \"queryString\": [");
    add_query(out, &transfer->url);
    text_add_str(out, "], ");
    if (transfer->sent == BODY_DATA) {
        text_add_str(out, "\"postData\": {\"mimeType\": \"application/x-www-form-urlencoded\", "
                          "\"text\": ");
        add_string(out, text_str(&settings->data), settings->data.len);
        text_add_str(out, "}, ");
    }
    text_add_format(out, "\"headersSize\": -1, \"bodySize\": %" PRIu64 "}, ",
                    transfer->facts.uploaded);
    text_free(&url);
}

static void add_response(text *out, const transfer *transfer)
{
    const facts *facts = &transfer->facts;
    const char *type = facts_field(facts, "Content-Type");
    const char *location = facts_field(facts, "Location");
    const char *reason = transfer->response ? ahttp_response_reason(transfer->response) : "";

    text_add_format(out, "\"response\": {\"status\": %d, \"statusText\": ", facts->status);
    add_string(out, reason, strlen(reason));
    text_add_format(out, ", \"httpVersion\": \"HTTP/1.%d\", \"cookies\": [], \"headers\": [",
                    facts->minor_version);
    add_response_headers(out, &facts->fields);
    text_add_format(out,
                    "], \"content\": {\"size\": %" PRIu64 ", \"mimeType\": ", facts->delivered);
    add_string(out, type ? type : "", type ? strlen(type) : 0);
    text_add_str(out, "}, \"redirectURL\": ");
    add_string(out, location ? location : "", location ? strlen(location) : 0);
    text_add_format(out, ", \"headersSize\": -1, \"bodySize\": %" PRIu64 "}, \"cache\": {}, ",
                    facts->downloaded);
}

static void add_date(text *out, double before_ms)
{
    struct timespec now;
    struct tm utc;
    char date[64];

    clock_gettime(CLOCK_REALTIME, &now);
    double began = (double)now.tv_sec + (double)now.tv_nsec / 1e9 - before_ms / 1000;
    time_t seconds = (time_t)began;
    gmtime_r(&seconds, &utc);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
    text_add_format(out, "\"startedDateTime\": \"%s.%03dZ\"", date,
                    (int)((began - (double)seconds) * 1000));
}

/* Since the last mark, which moves on; -1: there was none (HAR's word for that). */
static double phase_ms(int64_t *last_ns, int64_t mark_ns)
{
    double passed = (double)(mark_ns - *last_ns) / 1e6;

    if (!mark_ns || mark_ns < *last_ns)
        return -1;
    *last_ns = mark_ns;
    return passed;
}

/* In HAR, connecting has TLS in it. */
static void add_timings(text *out, const facts *facts, double passed_ms)
{
    int64_t last_ns = facts->hop.start_ns;
    double blocked = phase_ms(&last_ns, facts->hop.queue_ns);
    double dns = phase_ms(&last_ns, facts->hop.dns_ns);
    double connect = phase_ms(&last_ns, facts->hop.connect_ns);
    double ssl = phase_ms(&last_ns, facts->hop.tls_ns);
    double send = phase_ms(&last_ns, facts->hop.sent_ns);
    double wait = phase_ms(&last_ns, facts->hop.first_byte_ns);
    double receive = passed_ms - (double)(last_ns - facts->hop.start_ns) / 1e6;

    text_add_format(out,
                    "\"timings\": {\"blocked\": %.3f, \"dns\": %.3f, \"connect\": %.3f, \"ssl\": "
                    "%.3f, \"send\": %.3f, \"wait\": %.3f, \"receive\": %.3f}",
                    blocked, dns, ssl > 0 ? connect + ssl : connect, ssl, send > 0 ? send : 0,
                    wait > 0 ? wait : 0, receive > 0 ? receive : 0);
}

void har_add(har *har, const transfer *transfer, const char *fields)
{
    text *out = &har->entries;
    const facts *facts = &transfer->facts;
    double passed = clock_ms() - transfer->began_ms - facts->asked_ms;

    text_add_str(out, out->len ? ",\n    {" : "\n    {");
    add_date(out, passed);
    text_add_format(out, ", \"time\": %.3f, ", passed);
    add_request(out, transfer, fields);
    add_response(out, transfer);
    add_timings(out, facts, passed);
    if (facts->remote_ip)
        text_add_format(out, ", \"serverIPAddress\": \"%s\"", facts->remote_ip);
    text_add_char(out, '}');
}

bool har_write(har *har, const char *path)
{
    FILE *file = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
    bool good = file != NULL;

    if (file) {
        fprintf(file,
                "{\"log\": {\"version\": \"1.2\", \"creator\": {\"name\": \"%s\", \"version\": "
                "\"%s\"}, \"entries\": [%s\n]}}\n",
                identity_name(), identity_version(), text_str(&har->entries));
        good = file == stdout ? fflush(file) == 0 : fclose(file) == 0;
    }
    text_free(&har->entries);
    free(har);
    return good;
}
