/* SPDX-License-Identifier: MIT */
#include "http/params.h"
#include "base/utf8.h"

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

static void skip(ah_str *text, size_t count)
{
    *text = ah_str_make(text->ptr + count, text->len - count);
}

/* What stands before ';', end or other, which stay in front of *text. */
static ah_str take_until(ah_str *text, char end, char other)
{
    const char *start = text->ptr;
    size_t len = 0;

    while (len < text->len && start[len] != ';' && start[len] != other &&
           (end == '\0' || start[len] != end))
        len++;
    skip(text, len);
    return ah_str_trim(ah_str_make(start, len));
}

/* *text starts behind the opening quote; what follows the closing one is left. */
static ah_str take_quoted(ah_str *text)
{
    const char *start = text->ptr;
    size_t len = 0;

    while (len < text->len && start[len] != '"')
        len += start[len] == '\\' && len + 1 < text->len ? 2 : 1;
    skip(text, len < text->len ? len + 1 : len);
    return ah_str_make(start, len);
}

static void take_value(ah_str *text, char end, ah_param *param)
{
    while (text->len > 0 && is_space(*text->ptr))
        skip(text, 1);
    if (text->len > 0 && *text->ptr == '"') {
        skip(text, 1);
        param->value = take_quoted(text);
        param->is_quoted = true;
        take_until(text, end, ';');
    } else {
        param->value = take_until(text, end, ';');
    }
}

bool ah_param_next(ah_str *text, char end, ah_param *param)
{
    while (text->len > 0) {
        if (is_space(*text->ptr) || *text->ptr == ';') {
            skip(text, 1);
            continue;
        }
        if (end != '\0' && *text->ptr == end)
            return false;
        *param = (ah_param){.name = take_until(text, end, '=')};
        if (text->len > 0 && *text->ptr == '=') {
            skip(text, 1);
            take_value(text, end, param);
        }
        if (param->name.len > 0)
            return true;
    }
    return false;
}

char *ah_param_value(const ah_param *param, ah_arena *arena)
{
    char *copy = ah_arena_alloc(arena, param->value.len + 1);
    char *at = copy;

    if (!copy)
        return NULL;
    for (size_t i = 0; i < param->value.len; i++) {
        if (param->is_quoted && param->value.ptr[i] == '\\' && i + 1 < param->value.len)
            i++;
        *at++ = param->value.ptr[i];
    }
    *at = '\0';
    return copy;
}

char *ah_copy_lower(ah_arena *arena, ah_str text)
{
    char *copy = ah_arena_copy(arena, text);

    for (size_t i = 0; copy && i < text.len; i++)
        copy[i] = ah_lower(copy[i]);
    return copy;
}

ahttp_pair *ah_params_read(ah_str *text, char end, ah_arena *arena)
{
    ah_param param;
    ah_str counted = *text;
    size_t count = 0;

    while (ah_param_next(&counted, end, &param))
        count++;
    ahttp_pair *params = ah_arena_alloc(arena, (count + 1) * sizeof *params);
    if (!params)
        return NULL;
    for (size_t i = 0; i < count && ah_param_next(text, end, &param); i++) {
        params[i].name = ah_copy_lower(arena, param.name);
        params[i].value = ah_param_value(&param, arena);
        if (!params[i].name || !params[i].value)
            return NULL;
    }
    params[count] = (ahttp_pair){NULL, NULL};
    *text = counted;
    return params;
}

const char *ah_params_find(const ahttp_pair *params, const char *name)
{
    for (; params->name; params++)
        if (strcmp(params->name, name) == 0)
            return params->value;
    return NULL;
}

/* ---- RFC 8187 ---- */

/* Undoes percent-encoding in place; false when it is broken or hides a NUL. */
static bool undo_percents(char *bytes, size_t *len)
{
    size_t to = 0;

    for (size_t i = 0; i < *len; i++) {
        if (bytes[i] != '%') {
            bytes[to++] = bytes[i];
            continue;
        }
        int high = *len - i > 2 ? ah_hex_value(bytes[i + 1]) : -1;
        int low = *len - i > 2 ? ah_hex_value(bytes[i + 2]) : -1;
        if (high < 0 || low < 0 || (high == 0 && low == 0))
            return false;
        bytes[to++] = (char)(high << 4 | low);
        i += 2;
    }
    bytes[to] = '\0';
    *len = to;
    return true;
}

bool ah_param_decode_extended(ah_str value, ah_arena *arena, char **plain)
{
    ah_str rest = value;
    ah_str charset;
    ah_str language;

    *plain = NULL;
    if (!ah_str_split(&rest, '\'', &charset) || !ah_str_split(&rest, '\'', &language) || !rest.ptr)
        return true;
    bool is_latin1 = ah_str_equal_nocase(charset, AH_STR("ISO-8859-1"));
    if (!is_latin1 && !ah_str_equal_nocase(charset, AH_STR("UTF-8")))
        return true;

    size_t len = rest.len;
    char *bytes = ah_arena_copy(arena, rest);
    char *wide = is_latin1 ? ah_arena_alloc(arena, 2 * len + 1) : bytes;
    if (!bytes || !wide)
        return false;
    if (!undo_percents(bytes, &len))
        return true;
    if (is_latin1)
        *ah_utf8_write_latin1(wide, ah_str_make(bytes, len)) = '\0';
    else if (!ah_utf8_is_valid(ah_str_make(bytes, len)))
        return true;
    *plain = wide;
    return true;
}
