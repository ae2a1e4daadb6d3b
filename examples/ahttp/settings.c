/* SPDX-License-Identifier: MIT */
#include "settings.h"
#include "form.h"
#include "identity.h"
#include "variables.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

settings *settings_new(void)
{
    settings *made = must_alloc(sizeof *made);

    made->max_redirs = 50;
    made->expect_100_ms = 1000;
    return made;
}

static void free_sources(settings *settings)
{
    for (size_t i = 0; i < settings->source_count; i++) {
        free(settings->sources[i].url);
        free(settings->sources[i].output);
        free(settings->sources[i].upload);
    }
    free(settings->sources);
}

static void free_lists(settings *settings)
{
    list *lists[] = {&settings->headers,   &settings->proxy_headers, &settings->url_query,
                     &settings->cookies,   &settings->cookie_files,  &settings->resolve,
                     &settings->connect_to};

    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        list_free(lists[i]);
}

void settings_free(settings *settings)
{
    char **texts[] = {&settings->method,
                      &settings->user_agent,
                      &settings->referer,
                      &settings->request_target,
                      &settings->proto_default,
                      &settings->range,
                      &settings->continue_at,
                      &settings->time_cond,
                      &settings->etag_save,
                      &settings->etag_compare,
                      &settings->user,
                      &settings->proxy_user,
                      &settings->bearer,
                      &settings->netrc_file,
                      &settings->cookie_jar,
                      &settings->dns_servers,
                      &settings->interface,
                      &settings->local_port,
                      &settings->unix_socket,
                      &settings->abstract_socket,
                      &settings->proxy,
                      &settings->preproxy,
                      &settings->noproxy,
                      &settings->cacert,
                      &settings->capath,
                      &settings->cert,
                      &settings->key,
                      &settings->pass,
                      &settings->pinned,
                      &settings->ciphers,
                      &settings->tls13_ciphers,
                      &settings->tls_max,
                      &settings->cert_type,
                      &settings->key_type,
                      &settings->crlfile,
                      &settings->proxy_cacert,
                      &settings->proxy_capath,
                      &settings->proxy_cert,
                      &settings->proxy_key,
                      &settings->proxy_pass,
                      &settings->proxy_pinned,
                      &settings->proto,
                      &settings->proto_redir,
                      &settings->output_dir,
                      &settings->dump_header,
                      &settings->write_out,
                      &settings->create_file_mode,
                      &settings->har};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(*texts[i]);
    free_sources(settings);
    free_lists(settings);
    text_free(&settings->data);
    form_free(settings->form);
    free(settings);
}

static bool lacks(const source *source, char what)
{
    if (what == 'u')
        return !source->url;
    return what == 'o' ? !source->has_output : !source->has_upload;
}

source *settings_source_for(settings *settings, char what)
{
    for (size_t i = 0; i < settings->source_count; i++)
        if (lacks(&settings->sources[i], what))
            return &settings->sources[i];
    settings->sources =
        must_realloc(settings->sources, (settings->source_count + 1) * sizeof *settings->sources);
    source *added = &settings->sources[settings->source_count++];
    *added = (source){0};
    return added;
}

void global_release(global *global)
{
    while (global->first) {
        settings *next = global->first->next;
        settings_free(global->first);
        global->first = next;
    }
    variables_free(global->variables);
    free(global->trace_file);
    free(global->stderr_file);
    free(global->help_category);
    free(global->config_path);
    if (global->errors && global->errors != stderr && global->errors != stdout)
        fclose(global->errors);
}

/* ---- To people ---- */

enum { DEFAULT_COLUMNS = 79, LEAST_COLUMNS = 20, MOST_COLUMNS = 100000 };

size_t message_columns(void)
{
    const char *given = getenv("COLUMNS");
    long long number;

    if (given && read_number(given, MOST_COLUMNS, &number, NULL) && number > LEAST_COLUMNS)
        return (size_t)number;
    return DEFAULT_COLUMNS;
}

/* How much of the text goes on a line: up to the last blank that fits, and with it. */
static size_t line_of(const char *text, size_t room)
{
    size_t len = strlen(text);
    size_t cut = room - 1;

    if (len <= room)
        return len;
    while (cut > 0 && !is_space(text[cut]))
        cut--;
    return cut > 0 ? cut + 1 : room;
}

/* In lines that fit, each with what it is in front. */
static void say(const global *global, const char *start, const char *format, va_list args)
{
    FILE *out = global->errors ? global->errors : stderr;
    size_t room = message_columns() - strlen(start);
    text message = {0};

    text_add_format_list(&message, format, args);
    for (const char *at = text_str(&message); *at;) {
        size_t len = line_of(at, room);
        fprintf(out, "%s%.*s\n", start, (int)len, at);
        at += len;
    }
    text_free(&message);
}

void complain(const global *global, const char *format, ...)
{
    FILE *out = global->errors ? global->errors : stderr;
    va_list args;

    if (global->silent && !global->show_error)
        return;
    fprintf(out, "%s: ", identity_name());
    va_start(args, format);
    vfprintf(out, format, args);
    va_end(args);
    fputc('\n', out);
}

void warn(const global *global, const char *format, ...)
{
    va_list args;

    if (global->silent)
        return;
    va_start(args, format);
    say(global, "Warning: ", format, args);
    va_end(args);
}

void note(const global *global, const char *format, ...)
{
    va_list args;

    if (global->silent || global->trace_form == TRACE_NONE)
        return;
    va_start(args, format);
    say(global, "Note: ", format, args);
    va_end(args);
}
