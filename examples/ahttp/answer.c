/* SPDX-License-Identifier: MIT */
/* What a response means: the answer, the same request once more, another hop, a failure. */
#include "date.h"
#include "transfer.h"
#include <stdlib.h>
#include <string.h>

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
