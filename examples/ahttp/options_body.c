/* SPDX-License-Identifier: MIT */
/* What the options do that make a request's body. */
#include "encode.h"
#include "form.h"
#include <stdlib.h>
#include <string.h>

/* ---- -d and its kin ---- */

/* The value, or what is in the @file it names. */
static bool load(const char *value, text *out)
{
    if (value[0] != '@') {
        text_add_str(out, value);
        return true;
    }
    return text_add_file(out, value + 1);
}

/* Without CR, LF and NUL, which -d takes out of files. */
static void add_without_line_ends(text *out, const text *from)
{
    for (size_t i = 0; i < from->len; i++)
        if (from->bytes[i] != '\r' && from->bytes[i] != '\n' && from->bytes[i] != '\0')
            text_add_char(out, from->bytes[i]);
}

static void begin_piece(settings *settings)
{
    if (settings->data.len > 0 && !settings->json)
        text_add_char(&settings->data, '&');
    settings->has_data = true;
}

static option_result add_data(option_call *call, bool is_binary)
{
    settings *settings = call->settings;
    bool is_file = call->value[0] == '@';
    text piece = {0};

    if (!load(call->value, &piece)) {
        text_free(&piece);
        return OPTION_NO_FILE;
    }
    begin_piece(settings);
    if (is_file && !is_binary)
        add_without_line_ends(&settings->data, &piece);
    else
        text_add(&settings->data, text_str(&piece), piece.len);
    text_free(&piece);
    return OPTION_OK;
}

option_result option_data(option_call *call)
{
    return add_data(call, false);
}

option_result option_data_binary(option_call *call)
{
    return add_data(call, true);
}

option_result option_json(option_call *call)
{
    call->settings->json = true;
    return add_data(call, true);
}

option_result option_data_raw(option_call *call)
{
    begin_piece(call->settings);
    text_add_str(&call->settings->data, call->value);
    return OPTION_OK;
}

/* "content", "=content", "name=content", "@file", "name@file". */
static bool add_encoded(text *out, const char *given)
{
    size_t name = strcspn(given, "=@");
    const char *content = given[name] ? given + name + 1 : given;
    text piece = {0};

    if (given[name] == '@') {
        if (!text_add_file(&piece, content)) {
            text_free(&piece);
            return false;
        }
    } else {
        text_add_str(&piece, content);
    }
    if (given[name] && name > 0) {
        text_add(out, given, name);
        text_add_char(out, '=');
    }
    encode_form(out, text_str(&piece), piece.len);
    text_free(&piece);
    return true;
}

option_result option_data_urlencode(option_call *call)
{
    text encoded = {0};

    if (!add_encoded(&encoded, call->value)) {
        text_free(&encoded);
        return OPTION_NO_FILE;
    }
    begin_piece(call->settings);
    text_add(&call->settings->data, text_str(&encoded), encoded.len);
    text_free(&encoded);
    return OPTION_OK;
}

option_result option_url_query(option_call *call)
{
    text encoded = {0};

    if (call->value[0] == '+') {
        text_add_str(&encoded, call->value + 1);
    } else if (!add_encoded(&encoded, call->value)) {
        text_free(&encoded);
        return OPTION_NO_FILE;
    }
    list_add_taken(&call->settings->url_query, text_take(&encoded));
    return OPTION_OK;
}

/* ---- Forms ---- */

option_result option_form(option_call *call)
{
    return form_add(&call->settings->form, call->value, false, call->why);
}

option_result option_form_string(option_call *call)
{
    return form_add(&call->settings->form, call->value, true, call->why);
}
