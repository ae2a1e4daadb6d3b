/* SPDX-License-Identifier: MIT */
#include "variables.h"
#include "encode.h"
#include <stdlib.h>
#include <string.h>

enum { LONGEST_NAME = 128 };

struct variable {
    variable *next;
    char *name;
    text value;
};

void variables_free(variable *variables)
{
    while (variables) {
        variable *next = variables->next;
        free(variables->name);
        text_free(&variables->value);
        free(variables);
        variables = next;
    }
}

static const variable *find(const global *global, const char *name, size_t len)
{
    for (const variable *each = global->variables; each; each = each->next)
        if (strlen(each->name) == len && memcmp(each->name, name, len) == 0)
            return each;
    return NULL;
}

/* Newer ones hide older ones of the same name. */
static void add(global *global, const char *name, size_t len, text value)
{
    variable *added = must_alloc(sizeof *added);

    added->name = copy_bytes(name, len);
    added->value = value;
    added->next = global->variables;
    global->variables = added;
}

static bool is_name_char(char c)
{
    return is_alpha(c) || is_digit(c) || c == '_';
}

/* "[4-7]", which bytes of the content count. */
static bool take_range(const char **at, long long *from, long long *to)
{
    const char *text = *at;

    *from = 0;
    *to = INT64_MAX - 1;
    if (*text != '[')
        return true;
    if (!read_number(text + 1, INT64_MAX - 1, from, &text) || *text++ != '-')
        return false;
    if (*text != ']' && !read_number(text, INT64_MAX - 1, to, &text))
        return false;
    if (*text != ']' || *to < *from)
        return false;
    *at = text + 1;
    return true;
}

static void cut(text *value, long long from, long long to)
{
    size_t start = (size_t)from < value->len ? (size_t)from : value->len;
    size_t end = (size_t)to + 1 < value->len ? (size_t)to + 1 : value->len;

    if (!value->bytes)
        return;
    memmove(value->bytes, value->bytes + start, end - start);
    value->len = end - start;
    value->bytes[value->len] = '\0';
}

option_result variable_set(global *global, const char *given)
{
    const char *name = given;
    bool from_environment = *name == '%';
    long long first, last;
    text value = {0};

    name += from_environment;
    const char *end = name;
    while (is_name_char(*end))
        end++;
    size_t len = (size_t)(end - name);
    if (len == 0 || len >= LONGEST_NAME || !take_range(&end, &first, &last))
        return OPTION_BAD;
    if (from_environment) {
        char *key = copy_bytes(name, len);
        const char *found = getenv(key);
        free(key);
        if (!found && !*end)
            return OPTION_BAD;
        if (found) {
            text_add_str(&value, found);
            cut(&value, first, last);
            add(global, name, len, value);
            return OPTION_OK;
        }
    }
    if (*end == '=') {
        text_add_str(&value, end + 1);
    } else if (*end != '@' || !text_add_file(&value, end + 1)) {
        text_free(&value);
        return *end == '@' ? OPTION_NO_FILE : OPTION_BAD;
    }
    cut(&value, first, last);
    add(global, name, len, value);
    return OPTION_OK;
}

/* ---- Functions: {{name:trim:json}} ---- */

static void trim(text *value)
{
    size_t start = 0;

    while (start < value->len && is_space(value->bytes[start]))
        start++;
    while (value->len > start && is_space(value->bytes[value->len - 1]))
        value->len--;
    text cut = {0};
    text_add(&cut, text_str(value) + start, value->len - start);
    text_free(value);
    *value = cut;
}

static void replace(text *value, void (*encode)(text *out, const char *bytes, size_t len))
{
    text made = {0};

    encode(&made, text_str(value), value->len);
    text_free(value);
    *value = made;
}

static void decode64(text *value)
{
    text made = {0};

    if (!decode_base64(&made, text_str(value))) {
        text_free(&made);
        text_add_str(&made, "[64dec-fail]");
    }
    text_free(value);
    *value = made;
}

static bool call_function(text *value, const char *name, size_t len)
{
    static const struct {
        const char *name;
        void (*encode)(text *out, const char *bytes, size_t len);
    } encoders[] = {{"json", encode_json}, {"url", encode_url}, {"b64", encode_base64}};

    for (size_t i = 0; i < sizeof encoders / sizeof *encoders; i++)
        if (strlen(encoders[i].name) == len && memcmp(encoders[i].name, name, len) == 0) {
            replace(value, encoders[i].encode);
            return true;
        }
    if (len == 4 && memcmp(name, "trim", 4) == 0) {
        trim(value);
        return true;
    }
    if (len == 5 && memcmp(name, "64dec", 5) == 0) {
        decode64(value);
        return true;
    }
    return false;
}

/* What stands between {{ and }}.  False: no such function. */
static bool expand_one(const global *global, const char *inside, size_t len, text *out, text *why)
{
    const char *colon = memchr(inside, ':', len);
    size_t name_len = colon ? (size_t)(colon - inside) : len;
    const variable *found = find(global, inside, name_len);
    text value = {0};

    if (found)
        text_add(&value, text_str(&found->value), found->value.len);
    while (colon) {
        const char *start = colon + 1;
        colon = memchr(start, ':', len - (size_t)(start - inside));
        size_t part = (size_t)((colon ? colon : inside + len) - start);
        if (!call_function(&value, start, part)) {
            text_add_format(why, "unknown variable function in '%.*s'", (int)len, inside);
            text_free(&value);
            return false;
        }
    }
    if (value.len > 0 && memchr(value.bytes, '\0', value.len)) {
        text_add_str(why, "variable contains a null byte");
        text_free(&value);
        return false;
    }
    text_add(out, text_str(&value), value.len);
    text_free(&value);
    return true;
}

static bool is_name(const char *text, size_t len)
{
    const char *colon = memchr(text, ':', len);

    len = colon ? (size_t)(colon - text) : len;
    for (size_t i = 0; i < len; i++)
        if (!is_name_char(text[i]))
            return false;
    return len > 0 && len < LONGEST_NAME;
}

char *variables_expand(const global *global, const char *value, text *why)
{
    text out = {0};
    const char *open, *close;

    while ((open = strstr(value, "{{"))) {
        if (open > value && open[-1] == '\\') {
            text_add(&out, value, (size_t)(open - value) - 1);
            text_add_str(&out, "{{");
            value = open + 2;
            continue;
        }
        close = strstr(open, "}}");
        if (!close) {
            warn(global, "missing close '}}' in '%s'", value);
            break;
        }
        size_t len = (size_t)(close - open) - 2;
        if (!is_name(open + 2, len)) {
            warn(global, "bad variable name in '%s'", value);
            text_add(&out, value, (size_t)(close - value) + 2);
        } else {
            text_add(&out, value, (size_t)(open - value));
            if (!expand_one(global, open + 2, len, &out, why)) {
                text_free(&out);
                return NULL;
            }
        }
        value = close + 2;
    }
    text_add_str(&out, value);
    return text_take(&out);
}
