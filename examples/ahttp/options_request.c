/* SPDX-License-Identifier: MIT */
/* What the options do that say what to ask for, and of whom. */
#include "options.h"
#include <stdlib.h>
#include <string.h>

/* ---- URLs ---- */

static void add_url(settings *settings, const char *url)
{
    source *source = settings_source_for(settings, 'u');

    source->url = copy_text(url);
    if (settings->remote_name_all && !source->has_output)
        source->has_output = source->remote_name = true;
}

static void add_urls_of(settings *settings, text *file)
{
    char *rest = file->bytes;

    while (rest && *rest) {
        size_t len = strcspn(rest, "\r\n");
        char *next = rest + len + (rest[len] != '\0');
        rest[len] = '\0';
        while (is_space(*rest))
            rest++;
        if (*rest && *rest != '#') {
            add_url(settings, rest);
            source *last = &settings->sources[settings->source_count - 1];
            if (!last->has_output)
                last->has_output = last->remote_name = true;
        }
        rest = next;
    }
}

option_result option_url(option_call *call)
{
    text file = {0};

    if (call->value[0] != '@' || !call->value[1]) {
        add_url(call->settings, call->value);
        return OPTION_OK;
    }
    if (!text_add_file(&file, call->value + 1))
        return OPTION_NO_FILE;
    add_urls_of(call->settings, &file);
    text_free(&file);
    return OPTION_OK;
}

option_result option_next(option_call *call)
{
    (void)call;
    return OPTION_NEXT;
}

option_result option_upload(option_call *call)
{
    source *source = settings_source_for(call->settings, 't');

    source->has_upload = true;
    set_text(&source->upload, call->value[0] ? call->value : NULL);
    return OPTION_OK;
}

/* ---- Fields ---- */

/* "Name: value", or the lines of @file. */
static option_result add_fields(list *fields, const char *value)
{
    text file = {0};

    if (value[0] != '@') {
        if (strchr(value, ':') || strchr(value, ';'))
            list_add(fields, value);
        return OPTION_OK;
    }
    if (!text_add_file(&file, value + 1)) {
        text_free(&file);
        return OPTION_NO_FILE;
    }
    for (char *line = file.bytes ? strtok(file.bytes, "\r\n") : NULL; line;
         line = strtok(NULL, "\r\n"))
        if (line[0] != '#')
            list_add(fields, line);
    text_free(&file);
    return OPTION_OK;
}

option_result option_header(option_call *call)
{
    return add_fields(&call->settings->headers, call->value);
}

option_result option_proxy_header(option_call *call)
{
    return add_fields(&call->settings->proxy_headers, call->value);
}

option_result option_referer(option_call *call)
{
    char *referer = copy_text(call->value);
    size_t len = strlen(referer);

    if (len >= 5 && strcmp(referer + len - 5, ";auto") == 0) {
        call->settings->auto_referer = true;
        referer[len - 5] = '\0';
    } else {
        call->settings->auto_referer = false;
    }
    set_text(&call->settings->referer, *referer ? referer : NULL);
    free(referer);
    return OPTION_OK;
}

option_result option_range(option_call *call)
{
    const char *value = call->value;
    long long number;

    if (read_number(value, INT64_MAX, &number, NULL)) {
        warn(call->global, "A specified range MUST include at least one dash '-'. "
                           "Appending one for you");
        free(call->settings->range);
        call->settings->range = format_text("%lld-", number);
        return OPTION_OK;
    }
    set_text(&call->settings->range, value);
    return OPTION_OK;
}

option_result option_continue(option_call *call)
{
    long long number;

    if (call->settings->clobber < 0 || call->settings->remove_on_error || call->settings->range) {
        complain(call->global, "--continue-at is mutually exclusive with --%s",
                 call->settings->range         ? "range"
                 : call->settings->clobber < 0 ? "no-clobber"
                                               : "remove-on-error");
        return OPTION_BAD;
    }
    if (strcmp(call->value, "-") != 0 && !read_number(call->value, INT64_MAX, &number, NULL))
        return OPTION_NUMBER_BAD;
    set_text(&call->settings->continue_at, call->value);
    return OPTION_OK;
}

/* ---- Redirects ---- */

static void follow(const option_call *call, follow_mode mode)
{
    settings *settings = call->settings;
    bool on = call->on;

    if (on && settings->follow != FOLLOW_NO && settings->follow != mode)
        warn(call->global, "--%s overrides --%s", mode == FOLLOW_ALL ? "location" : "follow",
             mode == FOLLOW_ALL ? "follow" : "location");
    settings->follow = on ? mode : FOLLOW_NO;
}

option_result option_location(option_call *call)
{
    follow(call, FOLLOW_ALL);
    return OPTION_OK;
}

option_result option_location_trusted(option_call *call)
{
    call->settings->location_trusted = call->on;
    follow(call, FOLLOW_ALL);
    return OPTION_OK;
}

option_result option_follow(option_call *call)
{
    follow(call, FOLLOW_OBEY);
    return OPTION_OK;
}

/* ---- Who asks ---- */

option_result option_cookie(option_call *call)
{
    const char *value = call->value;

    if (value[0] == '@')
        list_add(&call->settings->cookie_files, value + 1);
    else if (strchr(value, '='))
        list_add(&call->settings->cookies, value);
    else
        list_add(&call->settings->cookie_files, value);
    return OPTION_OK;
}

/* ---- By which way, and how ---- */

option_result option_proxy(option_call *call)
{
    set_text(&call->settings->proxy, call->value);
    call->settings->proxy_type = (proxy_kind)call->option->value;
    return OPTION_OK;
}

option_result option_tls_max(option_call *call)
{
    static const char *const known[] = {"default", "1.0", "1.1", "1.2", "1.3"};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i], call->value) == 0) {
            set_text(&call->settings->tls_max, i > 0 ? call->value : NULL);
            return OPTION_OK;
        }
    return OPTION_BAD;
}
