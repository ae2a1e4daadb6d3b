/* SPDX-License-Identifier: MIT */
#include "write_out.h"
#include "encode.h"
#include "identity.h"
#include "url.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/time.h>
#include <time.h>

typedef enum variable_kind {
    TEXT,     /* char *, null when missing */
    LONG,     /* long */
    INT,      /* int */
    STATUS,   /* int of three digits */
    SIZE,     /* uint64_t, or size_t */
    TIME,     /* double of milliseconds */
    COMPUTED, /* a function writes it */
    ZERO      /* what HTTP does not have here */
} variable_kind;

typedef struct variable {
    const char *name;
    variable_kind kind;
    size_t offset;
    /* A text to be freed; NULL: none. */
    char *(*compute)(const facts *facts, const char *name);
    bool is_number; /* of what was computed */
} variable;

/* ---- Computed ones ---- */

static char *error_message(const facts *facts, const char *name)
{
    (void)name;
    return facts->code ? copy_text(text_str(&facts->message)) : NULL;
}

static char *version_of_http(const facts *facts, const char *name)
{
    (void)name;
    if (!facts->status)
        return copy_text("0");
    return copy_text(facts->minor_version > 0 ? "1.1" : "1");
}

static char *speed(uint64_t bytes, double ms)
{
    return format_text("%.0f", ms > 0 ? (double)bytes * 1000 / ms : (double)bytes * 1000);
}

static char *download_speed(const facts *facts, const char *name)
{
    (void)name;
    return speed(facts->downloaded, facts->total_ms);
}

static char *upload_speed(const facts *facts, const char *name)
{
    (void)name;
    return speed(facts->uploaded, facts->total_ms);
}

static char *write_url_part(const url *url, const char *part)
{
    text out = {0};

    if (strcmp(part, "scheme") == 0)
        return copy_text(url->scheme);
    if (strcmp(part, "user") == 0)
        return copy_text(url->user);
    if (strcmp(part, "password") == 0)
        return copy_text(url->password);
    if (strcmp(part, "port") == 0)
        return format_text("%d", url->port);
    if (strcmp(part, "path") == 0)
        return copy_text(url->path);
    if (strcmp(part, "query") == 0)
        return copy_text(url->query);
    if (strcmp(part, "fragment") == 0)
        return copy_text(url->fragment);
    if (strcmp(part, "zoneid") == 0)
        return copy_text(url->zone);
    if (strcmp(part, "host") != 0)
        return NULL;
    url_write_host(&out, url, false);
    return text_take(&out);
}

/* "url.host" of what was given, "urle.host" of what was asked for at last. */
static char *url_part(const facts *facts, const char *name)
{
    const char *part = strchr(name, '.') + 1;
    const char *from = name[3] == 'e' ? facts->effective : facts->url;
    text why = {0};
    url url;
    char *made = NULL;

    if (from && url_parse(&url, from, NULL, URL_ENCODE | URL_ANY, &why)) {
        made = write_url_part(&url, part);
        url_free(&url);
    }
    text_free(&why);
    return made;
}

/* ---- The table, in curl's order ---- */

#define FIELD(name, kind, field)                                                                   \
    {                                                                                              \
        name, kind, offsetof(facts, field), NULL, false                                            \
    }
#define MADE(name, fn)                                                                             \
    {                                                                                              \
        name, COMPUTED, 0, fn, false                                                               \
    }
#define NUMBER(name, fn)                                                                           \
    {                                                                                              \
        name, COMPUTED, 0, fn, true                                                                \
    }

static const variable variables[] = {
    FIELD("certs", TEXT, certificates),
    FIELD("conn_id", LONG, number),
    FIELD("content_type", TEXT, content_type),
    MADE("errormsg", error_message),
    FIELD("exitcode", INT, code),
    FIELD("filename_effective", TEXT, file_name),
    {"ftp_entry_path", ZERO, 0, NULL, false},
    FIELD("http_code", STATUS, status),
    FIELD("http_connect", STATUS, connect_status),
    MADE("http_version", version_of_http),
    FIELD("local_ip", TEXT, local_ip),
    FIELD("local_port", INT, local_port),
    FIELD("method", TEXT, method),
    FIELD("num_certs", INT, certificate_count),
    FIELD("num_connects", LONG, connects),
    FIELD("num_headers", SIZE, field_count),
    FIELD("num_redirects", LONG, redirects),
    FIELD("num_retries", LONG, retries),
    {"proxy_ssl_verify_result", ZERO, 0, NULL, true},
    FIELD("proxy_used", INT, used_proxy),
    FIELD("redirect_url", TEXT, redirect_url),
    FIELD("referer", TEXT, referer),
    FIELD("remote_ip", TEXT, remote_ip),
    FIELD("remote_port", INT, remote_port),
    FIELD("response_code", STATUS, status),
    FIELD("scheme", TEXT, scheme),
    FIELD("size_delivered", SIZE, delivered),
    FIELD("size_download", SIZE, downloaded),
    FIELD("size_header", SIZE, head_bytes),
    FIELD("size_request", SIZE, request_bytes),
    FIELD("size_upload", SIZE, uploaded),
    NUMBER("speed_download", download_speed),
    NUMBER("speed_upload", upload_speed),
    FIELD("ssl_verify_result", INT, certificate_problem),
    FIELD("time_appconnect", TIME, tls_ms),
    FIELD("time_connect", TIME, connect_ms),
    FIELD("time_namelookup", TIME, name_ms),
    FIELD("time_posttransfer", TIME, sent_ms),
    FIELD("time_pretransfer", TIME, pretransfer_ms),
    FIELD("time_queue", TIME, queue_ms),
    FIELD("time_redirect", TIME, redirect_ms),
    FIELD("time_starttransfer", TIME, first_byte_ms),
    FIELD("time_total", TIME, total_ms),
    {"tls_earlydata", ZERO, 0, NULL, true},
    FIELD("url", TEXT, url),
    MADE("url.fragment", url_part),
    MADE("url.host", url_part),
    {"url.options", ZERO, 0, NULL, false},
    MADE("url.password", url_part),
    MADE("url.path", url_part),
    MADE("url.port", url_part),
    MADE("url.query", url_part),
    MADE("url.scheme", url_part),
    MADE("url.user", url_part),
    MADE("url.zoneid", url_part),
    FIELD("url_effective", TEXT, effective),
    MADE("urle.fragment", url_part),
    MADE("urle.host", url_part),
    {"urle.options", ZERO, 0, NULL, false},
    MADE("urle.password", url_part),
    MADE("urle.path", url_part),
    MADE("urle.port", url_part),
    MADE("urle.query", url_part),
    MADE("urle.scheme", url_part),
    MADE("urle.user", url_part),
    MADE("urle.zoneid", url_part),
    FIELD("urlnum", SIZE, url_number),
    FIELD("xfer_id", LONG, number),
};

const char *write_out_name(size_t index)
{
    return index < sizeof variables / sizeof *variables ? variables[index].name : NULL;
}

/* Its text, to be freed; NULL: there is none. */
static char *value_of(const variable *variable, const facts *facts, bool *is_number)
{
    const char *place = (const char *)facts + variable->offset;

    *is_number = true;
    switch (variable->kind) {
    case LONG: return format_text("%ld", *(const long *)(const void *)place);
    case INT: return format_text("%d", *(const int *)(const void *)place);
    case STATUS: return format_text("%03d", *(const int *)(const void *)place);
    case SIZE: return format_text("%" PRIu64, *(const uint64_t *)(const void *)place);
    case TIME: {
        double ms = *(const double *)(const void *)place;
        return format_text("%.6f", ms > 0 ? ms / 1000 : 0.0);
    }
    case TEXT: *is_number = false; return copy_text(*(char *const *)(const void *)place);
    case COMPUTED:
        *is_number = variable->is_number;
        return variable->compute(facts, variable->name);
    case ZERO: *is_number = variable->is_number; return copy_text(variable->is_number ? "0" : NULL);
    }
    return NULL;
}

/* ---- JSON ---- */

static void write_json_text(FILE *out, const char *value)
{
    text coded = {0};

    encode_json(&coded, value, strlen(value));
    fprintf(out, "\"%s\"", text_str(&coded));
    text_free(&coded);
}

static void write_json(FILE *out, const facts *facts)
{
    fputc('{', out);
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        bool is_number;
        char *value = value_of(&variables[i], facts, &is_number);
        fprintf(out, "\"%s\":", variables[i].name);
        if (!value)
            fputs("null", out);
        else if (is_number) /* without the zeros in front of a status */
            fputs(variables[i].kind == STATUS && value[0] == '0' ? "0" : value, out);
        else
            write_json_text(out, value);
        fputc(',', out);
        free(value);
    }
    fprintf(out, "\"%s_version\":", identity_name());
    char *version =
        format_text("%s/%s", identity_is_curl() ? "libcurl" : "libahttp", identity_version());
    write_json_text(out, version);
    free(version);
    fputc('}', out);
}

static size_t name_len(const char *field)
{
    return strcspn(field, ":");
}

static bool same_name(const char *a, const char *b)
{
    size_t len = name_len(a);

    return len == name_len(b) && strncasecmp(a, b, len) == 0;
}

static bool came_before(const list *fields, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (same_name(fields->items[i], fields->items[index]))
            return true;
    return false;
}

static void write_field_values(FILE *out, const list *fields, size_t index)
{
    bool is_first = true;

    fputc('[', out);
    for (size_t i = index; i < fields->count; i++) {
        if (!same_name(fields->items[i], fields->items[index]))
            continue;
        const char *value = fields->items[i] + name_len(fields->items[i]) + 1;
        while (*value == ' ' || *value == '\t')
            value++;
        if (!is_first)
            fputc(',', out);
        is_first = false;
        write_json_text(out, value);
    }
    fputc(']', out);
}

static void write_header_json(FILE *out, const list *fields)
{
    bool is_first = true;

    fputc('{', out);
    for (size_t i = 0; i < fields->count; i++) {
        if (came_before(fields, i))
            continue;
        char *name = copy_bytes(fields->items[i], name_len(fields->items[i]));
        for (char *at = name; *at; at++)
            *at = lower(*at);
        if (!is_first)
            fputs(",\n", out);
        is_first = false;
        write_json_text(out, name);
        fputc(':', out);
        write_field_values(out, fields, i);
        free(name);
    }
    fputs("\n}", out);
}

/* ---- %header{name}, %time{format}, %output{file} ---- */

/* "name", or "name:all:separator" over all responses. */
static void write_header(FILE *out, const facts *facts, const char *inside)
{
    const char *all = strstr(inside, ":all:");
    const char *value;

    if (!all) {
        value = facts_field(facts, inside);
        if (value)
            fputs(value, out);
        return;
    }
    char *name = copy_bytes(inside, (size_t)(all - inside));
    bool is_first = true;
    for (size_t i = 0; i < facts->all_fields.count; i++) {
        value = value_of_field(facts->all_fields.items[i], name);
        if (!value)
            continue;
        fprintf(out, "%s%s", is_first ? "" : all + 5, value);
        is_first = false;
    }
    free(name);
}

/* strftime's, in UTC; %f is the microseconds. */
static void write_time(FILE *out, const char *inside)
{
    text format = {0};
    struct timeval now;
    struct tm utc;
    char made[256];

    gettimeofday(&now, NULL);
    for (; *inside; inside++) {
        if (inside[0] == '%' && inside[1] == 'f') {
            text_add_format(&format, "%06ld", (long)now.tv_usec);
            inside++;
        } else if (inside[0] == '%' && inside[1] == 's') {
            text_add_format(&format, "%lld", (long long)now.tv_sec);
            inside++;
        } else if (inside[0] == '%' && (inside[1] == 'Z' || inside[1] == 'z')) {
            text_add_str(&format, inside[1] == 'Z' ? "UTC" : "+0000");
            inside++;
        } else {
            text_add_char(&format, *inside);
            if (inside[0] == '%' && inside[1])
                text_add_char(&format, *++inside);
        }
    }
    if (format.len > 0 && gmtime_r(&now.tv_sec, &utc) &&
        strftime(made, sizeof made, format.bytes, &utc) > 0)
        fputs(made, out);
    text_free(&format);
}

typedef struct writing {
    const global *global;
    const facts *facts;
    FILE *standard, *out;
    bool is_open; /* out is a file of ours */
    bool is_done;
} writing;

static void turn_to(writing *to, FILE *out, bool is_open)
{
    if (to->is_open)
        fclose(to->out);
    to->out = out;
    to->is_open = is_open;
}

static void turn_to_file(writing *to, const char *path)
{
    bool appends = strncmp(path, ">>", 2) == 0;
    FILE *file = fopen(path + (appends ? 2 : 0), appends ? "a" : "w");

    if (file)
        turn_to(to, file, true);
}

static void write_variable(writing *to, const char *name)
{
    FILE *errors = to->global->errors ? to->global->errors : stderr;

    if (strcmp(name, "onerror") == 0)
        to->is_done = to->facts->code == 0;
    else if (strcmp(name, "stdout") == 0)
        turn_to(to, to->standard, false);
    else if (strcmp(name, "stderr") == 0)
        turn_to(to, errors, false);
    else if (strcmp(name, "json") == 0)
        write_json(to->out, to->facts);
    else if (strcmp(name, "header_json") == 0)
        write_header_json(to->out, &to->facts->fields);
    else {
        for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
            bool is_number;
            if (strcmp(variables[i].name, name) != 0)
                continue;
            char *value = value_of(&variables[i], to->facts, &is_number);
            fputs(value ? value : "", to->out);
            free(value);
            return;
        }
        fprintf(errors, "%s: unknown --write-out variable: '%s'\n", identity_name(), name);
    }
}

/* What stands before the closing brace, where "\}" is one of its own; NULL: there is none. */
static char *take_inside(const char *at, const char **end)
{
    text inside = {0};

    for (; *at && *at != '}'; at++) {
        if (at[0] == '\\' && at[1] == '}')
            at++;
        text_add_char(&inside, *at);
    }
    *end = at;
    if (*at)
        return text_take(&inside);
    text_free(&inside);
    return NULL;
}

/* What starts with a per cent sign; where it ends. */
static const char *write_special(writing *to, const char *at)
{
    static const char *const starts[] = {"%{", "%header{", "%time{", "%output{"};

    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        size_t len = strlen(starts[i]);
        if (strncmp(at, starts[i], len) != 0)
            continue;
        const char *end;
        char *inside = take_inside(at + len, &end);
        if (!inside) {
            fputs(starts[i], to->out);
            return at + len;
        }
        if (i == 0)
            write_variable(to, inside);
        else if (i == 1)
            write_header(to->out, to->facts, inside);
        else if (i == 2)
            write_time(to->out, inside);
        else
            turn_to_file(to, inside);
        free(inside);
        return end + 1;
    }
    fputc('%', to->out);
    if (at[1] != '%')
        fputc(at[1], to->out);
    return at + 2;
}

void write_out(FILE *standard, const global *global, const char *format, const facts *facts)
{
    static const char letters[] = "rnt";
    writing to = {.global = global, .facts = facts, .standard = standard, .out = standard};

    for (const char *at = format; *at && !to.is_done;) {
        if (at[0] == '%' && at[1]) {
            at = write_special(&to, at);
        } else if (at[0] == '\\' && at[1]) {
            const char *letter = strchr(letters, at[1]);
            if (letter)
                fputc("\r\n\t"[letter - letters], to.out);
            else
                fprintf(to.out, "\\%c", at[1]);
            at += 2;
        } else {
            fputc(*at++, to.out);
        }
    }
    turn_to(&to, standard, false);
    fflush(standard);
}
