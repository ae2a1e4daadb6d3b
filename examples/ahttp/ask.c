/* SPDX-License-Identifier: MIT */
/* One request: a transfer's words for it become the library's, and it is waited for. */
#include "extras.h"
#include "failure.h"
#include "proxy.h"
#include "trace.h"
#include <stdlib.h>
#include <string.h>

static void on_wire(ahttp_wire_part part, ahttp_bytes bytes, void *ctx)
{
    transfer *transfer = ctx;

    switch (part) {
    case AHTTP_WIRE_REQUEST:
        transfer->facts.request_bytes += bytes.len;
        trace_head(transfer->run->trace, transfer, true, bytes.data, bytes.len);
        break;
    case AHTTP_WIRE_RESPONSE: head_take(transfer, bytes.data, bytes.len); break;
    case AHTTP_WIRE_TRAILERS: head_take_trailers(transfer, bytes.data, bytes.len); break;
    default: break; /* CONNECT is shown to who made the proxy's settings */
    }
}

/* The library's URL: where to connect to; path and query go as the target. */
static char *origin_of(const transfer *transfer)
{
    text out = {0};
    const way *way = &transfer->way;

    text_add_format(&out, "%s://", transfer->url.scheme);
    if (way->connect_host) {
        text_add_format(&out, "%s:%d", way->connect_host, way->connect_port);
    } else {
        url_write_host(&out, &transfer->url, false);
        if (transfer->url.zone) { /* [fe80::1%25eth0] */
            out.bytes[--out.len] = '\0';
            text_add_format(&out, "%%25%s]", transfer->url.zone);
        }
        text_add_format(&out, ":%d", transfer->url.port);
    }
    text_add_char(&out, '/');
    return text_take(&out);
}

static char *target_of(const transfer *transfer)
{
    text out = {0};

    if (transfer->settings->request_target)
        return copy_text(transfer->settings->request_target);
    if (transfer->way.is_plain)
        url_write(&out, &transfer->url, false);
    else
        url_write_target(&out, &transfer->url);
    return text_take(&out);
}

static int64_t time_left(const transfer *transfer)
{
    int64_t left;

    if (!transfer->deadline_ms)
        return AHTTP_NEVER;
    left = transfer->deadline_ms - ahttp_loop_now(ahttp_loop_current());
    return left > 0 ? left : 1;
}

static ahttp_timeout limits_of(const transfer *transfer)
{
    enum { CONNECT_MS = 300000 };
    int64_t connect_ms = transfer->settings->connect_timeout_ms;

    connect_ms = connect_ms > 0 ? connect_ms : CONNECT_MS;
    return (ahttp_timeout){.total_ms = time_left(transfer),
                           .read_ms = body_slow_ms(transfer->settings),
                           .connect_ms = connect_ms,
                           .dns_ms = connect_ms,
                           .tls_ms = connect_ms};
}

static bool says_100(const text *fields)
{
    return strstr(text_str(fields), "Expect: 100-continue\r\n") != NULL;
}

static void take_timings(transfer *transfer)
{
    ahttp_timings timings;
    const ahttp_error *error = transfer->response ? NULL : ahttp_task_error();

    if (error && error->timings)
        timing_note(transfer, error->timings);
    else if (transfer->response && ahttp_response_timings(transfer->response, &timings))
        timing_note(transfer, &timings);
}

/* A refused way is no use waiting for, though the proxy may go on explaining itself. */
static ahttp_response *await_response(transfer *transfer, ahttp_future *request)
{
    if (!transfer->tunnel)
        return ahttp_await(request);
    ahttp_future *refused = ahttp_promise_new(&transfer->refused, NULL, NULL);
    ahttp_future *const either[] = {request, refused};
    ahttp_await_status(ahttp_wait(2, either, AHTTP_FIRST_DONE, AHTTP_NEVER));
    ahttp_future_cancel(request);
    ahttp_promise_resolve(transfer->refused, NULL, NULL);
    transfer->refused = NULL;
    transfer->tunnel = NULL;
    ahttp_drop(refused);
    return ahttp_await(request);
}

/* What cannot be sent. */
static bool can_be_sent(transfer *transfer, const text *fields, bool has_body)
{
    enum { CHUNKS_UNKNOWN = 25, TOO_LARGE = 100, LONGEST = 1024 * 1024 };

    if (has_body && upload_length(transfer->upload) < 0 && transfer->is_old &&
        !fields_custom(transfer->settings, "Content-Length"))
        transfer_fail(transfer, CHUNKS_UNKNOWN, "Chunky upload is not supported by HTTP 1.0");
    else if (fields->len > LONGEST)
        transfer_fail(transfer, TOO_LARGE, "The request's head has more than %d bytes", LONGEST);
    return transfer->facts.code == 0;
}

/* As curl, whatever the method: a kept connection that ended without a word had most likely ended
   before the request was on its way. */
static bool ended_unheard(const transfer *transfer, const ahttp_error *error)
{
    return error->code == AHTTP_E_DISCONNECTED && failure_was_kept(error) &&
           error->resend != AHTTP_RESEND_ANSWERED && !transfer->was_repeated &&
           (transfer->body == BODY_NONE || upload_length(transfer->upload) >= 0);
}

verdict ask(transfer *transfer, ahttp_session *session)
{
    text fields = {0};

    transfer->is_old = fields_are_old(transfer);
    fields_write(transfer, &fields);
    text_free(&transfer->fields);
    transfer->fields = fields;
    const char *method = fields_method(transfer);
    bool has_body = transfer->body != BODY_NONE && !transfer->is_probe;
    transfer->sent = has_body ? transfer->body : BODY_NONE;
    if (!can_be_sent(transfer, &fields, has_body))
        return VERDICT_FAILED;
    char *origin = origin_of(transfer);
    char *target = target_of(transfer);
    proxy_words words;

    proxy_words_set(&words, transfer);
    transfer->says_expect = says_100(&fields);
    ahttp_request_options options = {
        .size = sizeof options,
        .method = method,
        .url = origin,
        .target = target,
        .fields_text = text_str(&fields),
        .body = has_body ? upload_body(transfer->upload) : NULL,
        .timeout = limits_of(transfer),
        .expect_100 = transfer->says_expect,
        .expect_100_ms = transfer->settings->expect_100_ms,
        .no_decompress = !transfer->settings->compressed || transfer->settings->raw,
        .transfer_codings = transfer->settings->tr_encoding && !transfer->settings->raw,
        .http_1_0 = transfer->is_old,
        .proxy = words.proxy,
        .no_proxy = !transfer->way.has_proxy,
        .on_wire = on_wire,
        .on_wire_ctx = transfer};
    if (transfer->way.connect_host)
        options.server_name = transfer->url.host;
    set_text(&transfer->facts.method, method);
    text_free(&transfer->trailers);
    transfer->facts.asked_ms = clock_ms() - transfer->began_ms;
    transfer->response = await_response(transfer, ahttp_session_send(session, &options));
    take_timings(transfer);
    verdict verdict = transfer->response                            ? VERDICT_BODY
                      : ended_unheard(transfer, ahttp_task_error()) ? VERDICT_AGAIN
                                                                    : VERDICT_FAILED;
    transfer->was_repeated = verdict == VERDICT_AGAIN;
    if (verdict == VERDICT_FAILED)
        transfer_fail_by(transfer, ahttp_task_error());
    proxy_words_free(&words);
    free(origin);
    free(target);
    return verdict;
}
