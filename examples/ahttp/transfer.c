/* SPDX-License-Identifier: MIT */
#include "transfer.h"
#include "date.h"
#include "encode.h"
#include "extras.h"
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

/* ---- One hop ---- */

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

/* RFC 7468 §2. */
static void add_pem(text *out, ahttp_bytes der)
{
    enum { WIDTH = 64 };
    text encoded = {0};

    encode_base64(&encoded, der.data, der.len);
    text_add_str(out, "-----BEGIN CERTIFICATE-----\n");
    for (size_t at = 0; at < encoded.len; at += WIDTH)
        text_add_format(out, "%.*s\n", WIDTH, encoded.bytes + at);
    text_add_str(out, "-----END CERTIFICATE-----\n");
    text_free(&encoded);
}

static void note_certificates(facts *facts, const ahttp_peer *peer)
{
    text all = {0};
    ahttp_bytes der;

    facts->certificate_count = 0;
    while ((der = ahttp_peer_certificate(peer, (size_t)facts->certificate_count)).data) {
        add_pem(&all, der);
        facts->certificate_count++;
    }
    set_text(&facts->certificates, all.bytes);
    text_free(&all);
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
    if (transfer->settings->write_out)
        note_certificates(&transfer->facts, peer);
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
        verdict = ask(transfer, session);
        if (verdict == VERDICT_BODY) {
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
    if (transfer->run->har && transfer->response)
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
