/* SPDX-License-Identifier: MIT */
/* What the options do that say what becomes of the answer, and those of the command itself. */
#include "config_file.h"
#include "documents.h"
#include "options.h"
#include "variables.h"
#include <stdlib.h>
#include <string.h>

option_result option_output(option_call *call)
{
    source *source = settings_source_for(call->settings, 'o');

    source->has_output = true;
    source->remote_name = false;
    set_text(&source->output, call->value);
    return OPTION_OK;
}

option_result option_output_null(option_call *call)
{
    source *source = settings_source_for(call->settings, 'o');

    source->has_output = source->discard = true;
    return OPTION_OK;
}

/* --no-remote-name is for one of many that --remote-name-all is for. */
option_result option_remote_name(option_call *call)
{
    if (!call->on && !call->settings->remote_name_all)
        return OPTION_OK;
    source *source = settings_source_for(call->settings, 'o');
    source->has_output = true;
    source->remote_name = call->on;
    return OPTION_OK;
}

option_result option_create_mode(option_call *call)
{
    const char *value = call->value;

    if (!*value || strspn(value, "01234567") != strlen(value) || strtol(value, NULL, 8) > 0777)
        return OPTION_NUMBER_BAD;
    set_text(&call->settings->create_file_mode, value);
    return OPTION_OK;
}

option_result option_fail(option_call *call)
{
    call->settings->fail = call->on;
    if (call->on && call->settings->fail_with_body) {
        warn(call->global, "--fail deselects --fail-with-body here");
        call->settings->fail_with_body = false;
    }
    return OPTION_OK;
}

option_result option_fail_with_body(option_call *call)
{
    call->settings->fail_with_body = call->on;
    if (call->on && call->settings->fail) {
        warn(call->global, "--fail-with-body deselects --fail here");
        call->settings->fail = false;
    }
    return OPTION_OK;
}

option_result option_write_out(option_call *call)
{
    text file = {0};

    if (call->value[0] != '@') {
        set_text(&call->settings->write_out, call->value);
        return OPTION_OK;
    }
    if (!text_add_file(&file, call->value + 1)) {
        text_free(&file);
        return OPTION_NO_FILE;
    }
    size_t out = 0; /* line ends of the file do not count */
    for (size_t i = 0; i < file.len; i++)
        if (file.bytes[i] != '\r' && file.bytes[i] != '\n')
            file.bytes[out++] = file.bytes[i];
    if (file.bytes)
        file.bytes[out] = '\0';
    free(call->settings->write_out);
    call->settings->write_out = text_take(&file);
    return OPTION_OK;
}

/* ---- The command itself ---- */

option_result option_config(option_call *call)
{
    return config_file_read(call->global, call->value);
}

/* Of these and -v, the last one counts. */
option_result option_trace(option_call *call)
{
    call->global->trace_form = call->option->value;
    set_text(&call->global->trace_file, call->value);
    return OPTION_OK;
}

option_result option_variable(option_call *call)
{
    return variable_set(call->global, call->value);
}

option_result option_help(option_call *call)
{
    call->global->help = true;
    set_text(&call->global->help_category, call->value);
    return OPTION_OK;
}

option_result option_generate(option_call *call)
{
    call->global->generate = documents_kind(call->value);
    return call->global->generate ? OPTION_OK : OPTION_BAD;
}

option_result option_bench(option_call *call)
{
    const char *end;

    if (!read_number(call->value, 1000000000, &call->settings->bench, &end) ||
        call->settings->bench < 1)
        return OPTION_NUMBER_BAD;
    call->settings->bench_at_once = 1;
    if (*end &&
        (*end != ',' || !read_number(end + 1, 100000, &call->settings->bench_at_once, NULL) ||
         call->settings->bench_at_once < 1))
        return OPTION_NUMBER_BAD;
    return OPTION_OK;
}

/* "2/s", "10/m", "100/h", "5/30s": milliseconds between the starts of two transfers. */
option_result option_rate(option_call *call)
{
    long long count, times = 1, unit = 1000 * 60 * 60;
    const char *end;

    if (!read_number(call->value, 1000000, &count, &end) || count < 1)
        return OPTION_NUMBER_BAD;
    if (*end == '/') {
        end++;
        if (is_digit(*end) && !read_number(end, 1000000, &times, &end))
            return OPTION_NUMBER_BAD;
        switch (*end) {
        case 's': unit = 1000; break;
        case 'm': unit = 60 * 1000; break;
        case 'h': break;
        case 'd': unit *= 24; break;
        default: return OPTION_NUMBER_BAD;
        }
        end++;
    }
    if (*end)
        return OPTION_NUMBER_BAD;
    call->global->rate = times * unit / count;
    return OPTION_OK;
}
