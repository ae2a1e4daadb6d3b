/* SPDX-License-Identifier: MIT */
#include "http/har.h"
#include "base/error.h"
#include "base/mem.h"
#include "client/response.h"
#include <ahttp/har.h>
#include <ahttp/peer.h>
#include <ahttp/thread.h>
#include <stdio.h>

enum { COLUMNS = 40, MOST_COLUMNS = 200, ADDRESS = 64, PICTURE = 1024 };

struct ahttp_har {
    ah_buf entries; /* with commas between them */
    ah_buf text;
    bool shows_secrets;
    ahttp_trace trace;
};

static void record(const ahttp_trace_info *info, void *ctx);

ahttp_har *ahttp_har_new(bool shows_secrets)
{
    ahttp_har *har = AH_NEW(ahttp_har);

    if (!har)
        return NULL;
    har->shows_secrets = shows_secrets;
    har->trace = (ahttp_trace){
        .size = sizeof har->trace, .ctx = har, .on = {[AHTTP_TRACE_EXCHANGE] = record}};
    return har;
}

void ahttp_har_free(ahttp_har *har)
{
    if (!har)
        return;
    ah_buf_release(&har->entries);
    ah_buf_release(&har->text);
    ah_free(har);
}

/* ---- Times ---- */

/* The time since *last, which moves on; -1 when it did not happen. */
static int64_t since(int64_t *last, int64_t at_ns)
{
    int64_t start = *last;

    if (at_ns == 0)
        return -1;
    *last = at_ns > start ? at_ns : start;
    return *last - start;
}

/* The part that was under way in that phase; NULL: none. */
static int64_t *part_of(ah_phases *phases, ahttp_phase phase)
{
    switch (phase) {
    case AHTTP_PHASE_POOL: return &phases->blocked;
    case AHTTP_PHASE_DNS: return &phases->dns;
    case AHTTP_PHASE_CONNECT:
    case AHTTP_PHASE_PROXY: return &phases->connect;
    case AHTTP_PHASE_TLS: return &phases->tls;
    case AHTTP_PHASE_SEND: return &phases->send;
    case AHTTP_PHASE_HEAD: return &phases->wait;
    case AHTTP_PHASE_BODY: return &phases->receive;
    default: return NULL;
    }
}

/* What it was busy with to its end. */
static void add_failure(ah_phases *phases, const ahttp_timings *timings, int64_t last)
{
    int64_t *part = part_of(phases, timings->failed_in);
    int64_t rest = since(&last, timings->failed_ns);

    if (part && rest >= 0)
        *part = *part < 0 ? rest : *part + rest;
}

static ah_phases phases_of(const ahttp_timings *timings)
{
    int64_t last = timings->start_ns;
    ah_phases phases;

    phases.blocked = since(&last, timings->queue_ns);
    phases.dns = since(&last, timings->dns_ns);
    phases.connect = since(&last, timings->connect_ns);
    phases.tls = since(&last, timings->tls_ns);
    phases.send = since(&last, timings->sent_ns);
    phases.wait = since(&last, timings->first_byte_ns);
    phases.receive = since(&last, timings->last_byte_ns);
    add_failure(&phases, timings, last);
    return phases;
}

/* ---- Entries ---- */

/* When it started, on the clock on the wall; now, if nobody knows. */
static int64_t started_ms(const ahttp_timings *timings)
{
    const ahttp_loop *loop = ahttp_loop_current();
    int64_t now_ms = ah_loop_wall_ms(loop);

    if (!timings || timings->start_ns == 0 || !loop)
        return now_ms;
    return now_ms - (ah_loop_now_ns(loop) - timings->start_ns) / 1000000;
}

static int add(ahttp_har *har, ah_har_entry *entry, const ahttp_timings *timings)
{
    static const ah_phases none = {-1, -1, -1, -1, -1, -1, -1};
    size_t before = har->entries.len;

    entry->started_ms = started_ms(timings);
    entry->phases = timings ? phases_of(timings) : none;
    entry->shows_secrets = har->shows_secrets;
    if (before > 0)
        ah_buf_append(&har->entries, AH_STR(",\n"));
    ah_har_write_entry(&har->entries, entry);
    if (!ah_buf_failed(&har->entries))
        return 0;
    har->entries.failed = false;
    har->entries.len = before;
    return AHTTP_E_NO_MEMORY;
}

/* "192.0.2.1:80" without its port; NULL when there is none. */
static const char *without_port(const char *whole, char text[ADDRESS])
{
    ah_str address = ah_str_from(whole);
    size_t len = ah_str_find_last(address, ':');

    if (!whole || len == address.len || len >= ADDRESS)
        return NULL;
    memcpy(text, address.ptr, len);
    text[len] = '\0';
    return text;
}

static int add_response(ahttp_har *har, const ahttp_response *response,
                        const ahttp_timings *timings)
{
    char address[ADDRESS];
    const ahttp_peer *peer = ahttp_response_peer(response);
    const char *location = ahttp_response_header(response, "Location");
    ah_har_entry entry = {
        .method = ahttp_response_method(response),
        .url = ahttp_response_url(response),
        .request_headers = ahttp_response_request_headers(response),
        .status = ahttp_response_status(response),
        .minor_version = ahttp_response_minor_version(response),
        .reason = ahttp_response_reason(response),
        .response_headers = ahttp_response_headers(response),
        .content_type = ahttp_response_header(response, "Content-Type"),
        .redirect_url = location,
        .server_address = without_port(peer ? ahttp_peer_address(peer) : NULL, address),
        .bytes_sent = (int64_t)ahttp_response_bytes_sent(response),
        .bytes_received = (int64_t)ahttp_response_bytes_received(response),
        .secret_headers = response->settings->secret_headers,
    };

    if (!entry.request_headers)
        return AHTTP_E_NO_MEMORY;
    return add(har, &entry, timings);
}

int ahttp_har_add(ahttp_har *har, const ahttp_response *response)
{
    ahttp_timings timings;
    bool has_timings = ahttp_response_timings(response, &timings);
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < ahttp_response_history_count(response); i++)
        rc = add_response(har, ahttp_response_history(response, i), NULL);
    return rc == 0 ? add_response(har, response, has_timings ? &timings : NULL) : rc;
}

int ahttp_har_add_error(ahttp_har *har, const ahttp_error *error)
{
    ah_har_entry entry = {.method = error->method,
                          .url = error->url,
                          .error = error->message,
                          .bytes_sent = -1,
                          .bytes_received = -1};

    return error->method && error->url ? add(har, &entry, error->timings) : 0;
}

static void record(const ahttp_trace_info *info, void *ctx)
{
    char address[ADDRESS];
    const ahttp_trace_exchange *exchange = info->exchange;
    ah_har_entry entry = {
        .method = info->method,
        .url = info->url,
        .request_headers = exchange->request_headers,
        .status = info->status,
        .minor_version = exchange->minor_version,
        .reason = exchange->reason,
        .response_headers = exchange->response_headers,
        .content_type = ahttp_headers_get(exchange->response_headers, "Content-Type"),
        .redirect_url = ahttp_headers_get(exchange->response_headers, "Location"),
        .server_address = without_port(exchange->address, address),
        .error = info->text,
        .bytes_sent = (int64_t)exchange->bytes_sent,
        .bytes_received = (int64_t)exchange->bytes_received,
        .secret_headers = exchange->secret_headers,
    };

    if (info->method && info->url)
        add(ctx, &entry, &exchange->timings);
}

const ahttp_trace *ahttp_har_trace(const ahttp_har *har)
{
    return &har->trace;
}

/* ---- The archive ---- */

ahttp_bytes ahttp_har_text(ahttp_har *har)
{
    ah_buf_clear(&har->text);
    ah_har_write_begin(&har->text);
    ah_buf_append(&har->text, ah_buf_str(&har->entries));
    ah_har_write_end(&har->text);
    const char *text = ah_buf_terminate(&har->text);
    return text ? (ahttp_bytes){text, har->text.len} : (ahttp_bytes){NULL, 0};
}

ahttp_future *ahttp_har_save(ahttp_har *har, const char *path)
{
    ahttp_bytes text = ahttp_har_text(har);

    if (text.data)
        return ahttp_file_save(path, text);
    ahttp_loop *loop = ahttp_loop_current();
    if (!loop)
        ah_misuse("ahttp_har_save: this thread has no loop; call it from a task or callback, or "
                  "after ahttp_loop_create");
    return ah_future_failed(loop, ah_error_no_memory());
}

/* ---- The picture ---- */

size_t ahttp_timings_draw(const ahttp_timings *timings, int columns, char *text, size_t size)
{
    ah_phases phases = phases_of(timings);
    ah_buf out = {0};
    size_t len;

    if (columns <= 0)
        columns = COLUMNS;
    ah_phases_draw(&out, &phases, columns < MOST_COLUMNS ? columns : MOST_COLUMNS);
    len = ah_buf_failed(&out) ? 0 : out.len;
    if (size > 0) {
        size_t shown = len < size ? len : size - 1;
        if (shown > 0)
            memcpy(text, out.data, shown);
        text[shown] = '\0';
    }
    ah_buf_release(&out);
    return len;
}

void ahttp_waterfall(const ahttp_trace_info *info, void *ctx)
{
    FILE *file = ctx;
    const char *method = info->method ? info->method : "?";
    const char *url = info->url ? info->url : "?";
    char picture[PICTURE];

    if (info->text)
        fprintf(file, "%s %s: %s\n", method, url, info->text);
    else
        fprintf(file, "%s %s: %d %s\n", method, url, info->status, info->exchange->reason);
    ahttp_timings_draw(&info->exchange->timings, 0, picture, sizeof picture);
    fputs(picture, file);
}
