/* SPDX-License-Identifier: MIT */
#include "options.h"
#include <stdlib.h>
#include <string.h>

const option_category option_categories[] = {
    {"auth", "Who asks"},
    {"connection", "How connections are made"},
    {"command", "The command itself"},
    {"dns", "Names and addresses"},
    {"file", "Files"},
    {"http", "HTTP"},
    {"important", "What is needed most"},
    {"output", "What is written, and where"},
    {"own", "What curl does not have"},
    {"post", "Forms and other bodies"},
    {"proxy", "Proxies"},
    {"timeout", "Limits of time"},
    {"tls", "TLS and certificates"},
    {"upload", "Uploads"},
    {"verbose", "To see what happens"},
    {NULL, NULL},
};

/* Rows of the table: name, letter, categories, field or function, what it does.  Those with
   GLOBAL_ are of the whole command. */
#define FLAG(name, letter, in, field, help)                                                        \
    {                                                                                              \
        name, letter, OPTION_FLAG, in, NULL, help, offsetof(settings, field), false, NULL, 0, 0    \
    }
#define UNFLAG(name, letter, in, field, help)                                                      \
    {                                                                                              \
        name, letter, OPTION_UNFLAG, in, NULL, help, offsetof(settings, field), false, NULL, 0, 0  \
    }
#define CHOICE(name, letter, in, field, value, other, help)                                        \
    {                                                                                              \
        name, letter, OPTION_CHOICE, in, NULL, help, offsetof(settings, field), false, NULL,       \
            value, other                                                                           \
    }
#define SET(name, letter, in, field, value, help)                                                  \
    {                                                                                              \
        name, letter, OPTION_SET, in, NULL, help, offsetof(settings, field), false, NULL, value, 0 \
    }
#define VALUE(name, letter, kind, in, field, argument, help)                                       \
    {                                                                                              \
        name, letter, kind, in, argument, help, offsetof(settings, field), false, NULL, 0, 0       \
    }
#define GLOBAL(name, letter, in, field, help)                                                      \
    {                                                                                              \
        name, letter, OPTION_FLAG, in, NULL, help, offsetof(global, field), true, NULL, 0, 0       \
    }
#define GLOBAL_UNFLAG(name, letter, in, field, help)                                               \
    {                                                                                              \
        name, letter, OPTION_UNFLAG, in, NULL, help, offsetof(global, field), true, NULL, 0, 0     \
    }
#define GLOBAL_CHOICE(name, letter, in, field, value, other, help)                                 \
    {                                                                                              \
        name, letter, OPTION_CHOICE, in, NULL, help, offsetof(global, field), true, NULL, value,   \
            other                                                                                  \
    }
#define GLOBAL_VALUE(name, letter, kind, in, field, argument, help)                                \
    {                                                                                              \
        name, letter, kind, in, argument, help, offsetof(global, field), true, NULL, 0, 0          \
    }
#define CALL(name, letter, in, fn, argument, help)                                                 \
    {                                                                                              \
        name, letter, OPTION_CALL, in, argument, help, 0, false, fn, 0, 0                          \
    }
#define CALL_AS(name, letter, in, fn, value, argument, help)                                       \
    {                                                                                              \
        name, letter, OPTION_CALL, in, argument, help, 0, false, fn, value, 0                      \
    }
#define DEED(name, letter, in, fn, help)                                                           \
    {                                                                                              \
        name, letter, OPTION_DEED, in, NULL, help, 0, false, fn, 0, 0                              \
    }
#define SWITCH(name, letter, in, fn, help)                                                         \
    {                                                                                              \
        name, letter, OPTION_SWITCH, in, NULL, help, 0, false, fn, 0, 0                            \
    }
#define IGNORED(name, letter, in, help)                                                            \
    {                                                                                              \
        name, letter, OPTION_IGNORED, in, NULL, help, 0, false, NULL, 0, 0                         \
    }
#define TEXT    OPTION_TEXT
#define LIST    OPTION_LIST
#define NUMBER  OPTION_NUMBER
#define SECONDS OPTION_SECONDS
#define SIZE    OPTION_SIZE

const option options[] = {
#include "options.def"
};
const size_t option_count = sizeof options / sizeof *options;

const option *option_by_name(const char *name)
{
    for (size_t i = 0; i < option_count; i++)
        if (strcmp(options[i].name, name) == 0)
            return &options[i];
    return NULL;
}

const option *option_by_letter(char letter)
{
    for (size_t i = 0; i < option_count; i++)
        if (options[i].letter == letter && letter)
            return &options[i];
    return NULL;
}

bool option_has_no(const option *option)
{
    switch (option->kind) {
    case OPTION_FLAG:
    case OPTION_UNFLAG:
    case OPTION_CHOICE:
    case OPTION_SWITCH:
    case OPTION_IGNORED: return true;
    default: return false;
    }
}

bool option_has_value(const option *option)
{
    return option->argument != NULL;
}

/* ---- The nearest name ---- */

/* Letters to add, drop, change or swap until a becomes b. */
static size_t distance(const char *a, const char *b)
{
    enum { MOST = 40 };
    size_t rows[3][MOST + 1];
    size_t a_len = strlen(a), b_len = strlen(b);

    if (a_len > MOST || b_len > MOST)
        return MOST;
    for (size_t j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t least = above[j - 1] + (a[i - 1] != b[j - 1]);
            if (above[j] + 1 < least)
                least = above[j] + 1;
            if (row[j - 1] + 1 < least)
                least = row[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                before[j - 2] + 1 < least)
                least = before[j - 2] + 1;
            row[j] = least;
        }
    }
    return rows[a_len % 3][b_len];
}

const char *option_nearest(const char *name)
{
    size_t len = strlen(name);
    size_t best = 1 + len / 3;
    const char *nearest = NULL;

    for (size_t i = 0; i < option_count; i++) {
        size_t here = distance(name, options[i].name);
        if (here < best) {
            best = here;
            nearest = options[i].name;
        }
    }
    for (size_t i = 0; !nearest && len > 2 && i < option_count; i++)
        if (strncmp(options[i].name, name, len) == 0)
            nearest = options[i].name;
    return nearest;
}

/* ---- Values ---- */

static bool read_seconds(const char *text, long long *ms)
{
    long long whole = 0;
    long long scale = 100;

    if (*text != '.' && !read_number(text, 1000000000000LL, &whole, &text))
        return false;
    *ms = whole * 1000;
    if (*text == '.')
        for (text++; is_digit(*text); text++, scale /= 10)
            *ms += (*text - '0') * scale;
    return *text == '\0';
}

static bool read_size(const char *text, long long *size)
{
    static const char units[] = "bkmgtp";
    double value;
    char *end;

    if (!is_digit(*text) && *text != '.')
        return false;
    value = strtod(text, &end);
    if (*end) {
        const char *unit = strchr(units, lower(*end));
        if (!unit || end[1])
            return false;
        for (; unit > units; unit--)
            value *= 1024;
    }
    if (value > 9.2e18)
        return false;
    *size = (long long)value;
    return true;
}

static option_result set_number(const option_call *call, long long *place)
{
    const char *value = call->value;
    bool negative = *value == '-';
    bool good = call->option->kind == OPTION_SECONDS ? read_seconds(value, place)
                : call->option->kind == OPTION_SIZE
                    ? read_size(value, place)
                    : read_number(value + negative, 1LL << 40, place, NULL);

    if (good && negative)
        *place = -*place;
    return good ? OPTION_OK : OPTION_NUMBER_BAD;
}

option_result option_apply(option_call *call)
{
    const option *option = call->option;
    char *base = option->is_global ? (char *)call->global : (char *)call->settings;
    void *place = base + option->offset;

    switch (option->kind) {
    case OPTION_FLAG: *(bool *)place = call->on; return OPTION_OK;
    case OPTION_UNFLAG: *(bool *)place = !call->on; return OPTION_OK;
    case OPTION_CHOICE:
    case OPTION_SET: *(int *)place = call->on ? option->value : option->other; return OPTION_OK;
    case OPTION_TEXT: set_text(place, call->value); return OPTION_OK;
    case OPTION_LIST: list_add(place, call->value); return OPTION_OK;
    case OPTION_NUMBER:
    case OPTION_SECONDS:
    case OPTION_SIZE: return set_number(call, place);
    case OPTION_CALL:
    case OPTION_DEED:
    case OPTION_SWITCH: return option->apply(call);
    case OPTION_IGNORED: return OPTION_OK;
    }
    return OPTION_OK;
}
