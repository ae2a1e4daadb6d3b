/* SPDX-License-Identifier: MIT */
#include "transfer.h"
#include "date.h"
#include "extras.h"
#include "failure.h"
#include "proxy.h"
#include "trace.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

double clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

verdict transfer_fail(transfer *transfer, int code, const char *format, ...)
{
    va_list args;
    char message[1024];

    if (transfer->facts.code)
        return VERDICT_FAILED;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    transfer->facts.code = code;
    text_free(&transfer->facts.message);
    text_add_str(&transfer->facts.message, message);
    return VERDICT_FAILED;
}

static verdict fail_by_proxy(transfer *transfer, const ahttp_error *error)
{
    enum { NO_WAY = 7, BAD_ANSWER = 43, BY_SOCKS = 97 };
    int code = failure_code(error);

    transfer->facts.connect_status = error->status;
    if (error->status)
        return transfer_fail(transfer, NO_WAY, "CONNECT tunnel failed, response %d", error->status);
    if (transfer->way.has_preproxy || !transfer->way.is_tunnel)
        code = BY_SOCKS;
    else if (strstr(error->message, "does not start with HTTP/"))
        return transfer_fail(transfer, BAD_ANSWER, "Invalid response header");
    return transfer_fail(transfer, code, "%s", error->message);
}

/* A head that was cut, whose body would have been some bytes long. */
static bool lacks_body(const transfer *transfer, const ahttp_error *error)
{
    const char *length = facts_field(&transfer->facts, "Content-Length");

    return error->code == AHTTP_E_DISCONNECTED &&
           strstr(error->message, "inside the response head") && length && strcmp(length, "0") != 0;
}

/* Whether the connection had carried a response before. */
static bool was_kept(const ahttp_error *error)
{
    return error->timings && !error->timings->connect_ns;
}

verdict transfer_fail_by(transfer *transfer, const ahttp_error *error)
{
    enum { NOT_SUPPORTED = 1, WEIRD_REPLY = 8, BODY_CUT = 18 };
    int code = failure_code(error);

    if (error->code == AHTTP_E_PROXY)
        return fail_by_proxy(transfer, error);
    if (code == NOT_SUPPORTED && (transfer->facts.status / 100 == 1 || was_kept(error)))
        code = WEIRD_REPLY; /* whoever spoke HTTP before is not one of HTTP/0.9 */
    if (lacks_body(transfer, error))
        code = BODY_CUT;
    return transfer_fail(transfer, code, "%s", error->message);
}

/* ---- One request ---- */

static void on_wire(ahttp_wire_part part, ahttp_bytes bytes, void *ctx)
{
    transfer *transfer = ctx;

    switch (part) {
    case AHTTP_WIRE_REQUEST:
        transfer->facts.request_bytes += bytes.len;
        trace_head(transfer->run->trace, transfer, true, bytes.data, bytes.len);
        break;
    case AHTTP_WIRE_RESPONSE: answer_head(transfer, bytes.data, bytes.len); break;
    case AHTTP_WIRE_TRAILERS: answer_trailers(transfer, bytes.data, bytes.len); break;
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

/* Sends the request at hand; false: it failed. */
static bool ask(transfer *transfer, ahttp_session *session)
{
    text fields = {0};

    transfer->is_old = fields_are_old(transfer);
    fields_write(transfer, &fields);
    text_free(&transfer->fields);
    transfer->fields = fields;
    const char *method = fields_method(transfer);
    bool has_body = transfer->body != BODY_NONE && !transfer->is_probe;
    if (!can_be_sent(transfer, &fields, has_body))
        return false;
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
    if (!transfer->response)
        transfer_fail_by(transfer, ahttp_task_error());
    proxy_words_free(&words);
    free(origin);
    free(target);
    return transfer->response != NULL;
}

/* "127.0.0.1:80" or "[::1]:80" in two. */
static void split_address(const char *address, char **ip, int *port)
{
    const char *colon = strrchr(address, ':');
    bool is_ipv6 = *address == '[';

    free(*ip);
    *ip = colon ? copy_bytes(address + is_ipv6, (size_t)(colon - address) - 2u * is_ipv6)
                : copy_text(address);
    *port = colon ? atoi(colon + 1) : 0;
}

static void note_peer(transfer *transfer)
{
    const ahttp_peer *peer = ahttp_response_peer(transfer->response);
    const char *type = facts_field(&transfer->facts, "Content-Type");

    set_text(&transfer->facts.content_type, type);
    const char *connection = facts_field(&transfer->facts, "Connection");
    if (transfer->facts.minor_version == 0 && connection && equal_nocase(connection, "keep-alive"))
        fields_note_old(transfer);
    if (!peer)
        return;
    split_address(ahttp_peer_address(peer), &transfer->facts.remote_ip,
                  &transfer->facts.remote_port);
    split_address(ahttp_peer_local_address(peer), &transfer->facts.local_ip,
                  &transfer->facts.local_port);
}

static uint64_t opened_by(ahttp_session *session)
{
    ahttp_connector_stats stats = {.size = sizeof stats};

    ahttp_connector_get_stats(ahttp_session_connector(session), &stats);
    return stats.opened;
}

static void note_url(transfer *transfer)
{
    text address = {0};

    if (transfer->is_follow || !strstr(transfer->facts.url, "://")) {
        url_write(&address, &transfer->url, true);
        set_text(&transfer->facts.effective, text_str(&address));
        text_free(&address);
    } else {
        set_text(&transfer->facts.effective, transfer->facts.url);
    }
    set_text(&transfer->facts.scheme, transfer->url.scheme);
}

/* One request and what becomes of it. */
static verdict perform_hop(transfer *transfer)
{
    text why = {0};
    int code = 0;
    verdict verdict = VERDICT_FAILED;
    bool fails_with_body = false;

    transfer->hop_began_ms = clock_ms();
    note_url(transfer);
    if (!way_find(transfer))
        return VERDICT_FAILED;
    login_begin(transfer);
    if (transfer->facts.code)
        return VERDICT_FAILED;
    ahttp_session *session = run_session(transfer->run, transfer->settings, &why, &code);
    if (!session) {
        transfer_fail(transfer, code, "%s", text_str(&why));
    } else {
        uint64_t opened = opened_by(session);
        if (ask(transfer, session)) {
            note_peer(transfer);
            verdict = answer_judge(transfer);
            if (transfer->facts.status >= 400 && transfer->settings->fail_with_body)
                fails_with_body = verdict == VERDICT_BODY;
            if (verdict != VERDICT_FAILED && verdict != VERDICT_DONE)
                if (body_read(transfer, verdict != VERDICT_BODY) == VERDICT_FAILED)
                    verdict = VERDICT_FAILED;
        }
        transfer->facts.connects += (long)(opened_by(session) - opened);
    }
    text_free(&why);
    if (transfer->run->har && transfer->facts.status)
        har_add(transfer->run->har, transfer, text_str(&transfer->fields));
    if (fails_with_body)
        verdict = transfer_fail(transfer, 22, "The requested URL returned error: %d",
                                transfer->facts.status);
    ahttp_response_unref(transfer->response);
    transfer->response = NULL;
    return verdict;
}

/* ---- All of them ---- */

static void go_to_next(transfer *transfer)
{
    bool same = url_same_origin(&transfer->url, &transfer->next);

    url_free(&transfer->url);
    transfer->url = transfer->next;
    transfer->next = (url){0};
    transfer->is_follow = true;
    transfer->facts.redirects++;
    transfer->facts.redirect_ms = clock_ms() - transfer->began_ms;
    if (!same && !transfer->settings->location_trusted) {
        int wanted = transfer->login.wanted;
        login_release(&transfer->login);
        transfer->login.wanted = wanted;
    }
}

/* -z: a date, or a file whose date counts; "-" in front turns it round. */
static void set_condition(transfer *transfer)
{
    const char *given = transfer->settings->time_cond;
    struct stat facts;

    if (!given)
        return;
    transfer->condition_kind = *given == '-' ? -1 : 1;
    given += *given == '-' || *given == '+' || *given == '=';
    if (date_read(given, &transfer->condition))
        return;
    if (stat(given, &facts) == 0) {
        transfer->condition = facts.st_mtime;
        return;
    }
    transfer->condition_kind = 0;
    warn(transfer->global, "Illegal date format for -z, --time-cond (and not a file name)");
}

/* -C: a number, or "-": as long as the output is. */
static void set_resume(transfer *transfer)
{
    const char *given = transfer->settings->continue_at;
    struct stat facts;

    if (!given)
        return;
    transfer->has_resume = true;
    if (strcmp(given, "-") != 0)
        read_number(given, INT64_MAX, &transfer->resume_from, NULL);
    else if (transfer->upload_path)
        transfer->resume_from = -1; /* nobody knows: all of it, and say so */
    else if (transfer->output.path && stat(transfer->output.path, &facts) == 0)
        transfer->resume_from = facts.st_size;
    if (!transfer->upload_path)
        transfer->output.append = true;
}

/* False: it cannot even begin. */
static bool prepare(transfer *transfer)
{
    const settings *settings = transfer->settings;
    text why = {0};
    int how = settings->path_as_is ? URL_AS_IS : 0;

    transfer->facts.body_length = -1;
    if (!url_parse(&transfer->url, transfer->url_text, settings->proto_default, how, &why)) {
        bool is_scheme = strstr(text_str(&why), "Protocol") != NULL;
        transfer_fail(transfer, is_scheme ? 1 : 3, "%s%s",
                      is_scheme ? "" : "URL rejected: ", text_str(&why));
        text_free(&why);
        return false;
    }
    if (!answer_allows(settings->proto, transfer->url.scheme)) {
        transfer_fail(transfer, 1, "Protocol \"%s\" disabled", transfer->url.scheme);
        return false;
    }
    url_copy(&transfer->first, &transfer->url);
    set_condition(transfer);
    set_resume(transfer);
    set_text(&transfer->referer, settings->referer);
    if (settings->max_time_ms > 0)
        transfer->deadline_ms = ahttp_loop_now(ahttp_loop_current()) + settings->max_time_ms;
    return body_prepare(transfer);
}

void transfer_perform(transfer *transfer)
{
    verdict verdict = VERDICT_AGAIN;

    transfer->began_ms = clock_ms();
    set_text(&transfer->facts.effective, transfer->facts.url);
    if (prepare(transfer))
        while (verdict == VERDICT_AGAIN || verdict == VERDICT_HOP) {
            verdict = perform_hop(transfer);
            if (verdict == VERDICT_HOP)
                go_to_next(transfer);
        }
    set_text(&transfer->facts.referer, transfer->referer);
    transfer->facts.total_ms = clock_ms() - transfer->began_ms;
}

void transfer_release(transfer *transfer)
{
    facts_release(&transfer->facts);
    output_release(&transfer->output);
    if (transfer->heads && transfer->heads != stdout)
        fclose(transfer->heads);
    url_free(&transfer->url);
    url_free(&transfer->next);
    url_free(&transfer->first);
    way_release(&transfer->way);
    login_release(&transfer->login);
    login_release(&transfer->proxy_login);
    text_free(&transfer->trailers);
    text_free(&transfer->waiting);
    text_free(&transfer->json);
    text_free(&transfer->fields);
    free(transfer->url_text);
    free(transfer->referer);
    free(transfer->upload_path);
    free(transfer->boundary);
    if (transfer->upload && upload_is_reading(transfer->upload)) {
        run *run = transfer->run;
        run->retired = must_realloc(run->retired, (run->retired_count + 1) * sizeof *run->retired);
        run->retired[run->retired_count++] = transfer->upload;
    } else {
        upload_free(transfer->upload);
    }
}
