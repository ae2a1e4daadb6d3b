/* SPDX-License-Identifier: MIT */
/* JSON (RFC 8259) read and written in one go: what is no JSON is left alone. */
#include "extras.h"
#include <string.h>
#include <unistd.h>

#define NAME    "\033[34m"
#define STRING  "\033[32m"
#define OTHER   "\033[36m"
#define FAILURE "\033[31m"
#define DEFAULT "\033[0m"

enum { DEEPEST = 200 };

typedef struct printer {
    text *out;
    const char *at, *end;
    bool in_colours;
} printer;

static bool print_value(printer *printer, int depth);

static void skip_blanks(printer *printer)
{
    while (printer->at < printer->end && strchr(" \t\r\n", *printer->at) && *printer->at)
        printer->at++;
}

static bool take(printer *printer, char c)
{
    skip_blanks(printer);
    if (printer->at == printer->end || *printer->at != c)
        return false;
    printer->at++;
    return true;
}

static void new_line(printer *printer, int depth)
{
    text_add_format(printer->out, "\n%*s", depth * 2, "");
}

static void put(printer *printer, const char *colour, const char *bytes, size_t len)
{
    if (printer->in_colours)
        text_add_str(printer->out, colour);
    text_add(printer->out, bytes, len);
    if (printer->in_colours)
        text_add_str(printer->out, DEFAULT);
}

static bool print_string(printer *printer, const char *colour)
{
    const char *start = printer->at;

    if (printer->at == printer->end || *printer->at != '"')
        return false;
    for (printer->at++; printer->at < printer->end && *printer->at != '"'; printer->at++)
        if (*printer->at == '\\' && printer->at + 1 < printer->end)
            printer->at++;
    if (printer->at >= printer->end)
        return false;
    printer->at++;
    put(printer, colour, start, (size_t)(printer->at - start));
    return true;
}

static bool print_word(printer *printer)
{
    const char *start = printer->at;

    while (printer->at < printer->end && (is_alpha(*printer->at) || is_digit(*printer->at) ||
                                          (*printer->at && strchr("+-.", *printer->at))))
        printer->at++;
    if (printer->at == start)
        return false;
    put(printer, OTHER, start, (size_t)(printer->at - start));
    return true;
}

/* One member of an object, or element of an array. */
static bool print_member(printer *printer, bool is_object, int depth)
{
    skip_blanks(printer);
    if (!is_object)
        return print_value(printer, depth);
    if (!print_string(printer, NAME) || !take(printer, ':'))
        return false;
    text_add_str(printer->out, ": ");
    return print_value(printer, depth);
}

static bool print_members(printer *printer, bool is_object, int depth)
{
    char close = is_object ? '}' : ']';

    text_add_char(printer->out, is_object ? '{' : '[');
    if (!take(printer, close)) {
        do {
            new_line(printer, depth + 1);
            if (!print_member(printer, is_object, depth + 1))
                return false;
        } while (take(printer, ',') && (text_add_char(printer->out, ','), true));
        if (!take(printer, close))
            return false;
        new_line(printer, depth);
    }
    text_add_char(printer->out, close);
    return true;
}

static bool print_value(printer *printer, int depth)
{
    if (depth > DEEPEST)
        return false;
    if (take(printer, '{'))
        return print_members(printer, true, depth);
    if (take(printer, '['))
        return print_members(printer, false, depth);
    return print_string(printer, STRING) || print_word(printer);
}

bool pretty_json(text *out, const char *bytes, size_t len, bool in_colours)
{
    text made = {0};
    printer printer = {.out = &made, .at = bytes, .end = bytes + len, .in_colours = in_colours};
    bool good = print_value(&printer, 0);

    skip_blanks(&printer);
    good = good && printer.at == printer.end;
    if (good) {
        text_add(out, made.bytes, made.len);
        text_add_char(out, '\n');
    }
    text_free(&made);
    return good;
}

/* ---- Heads ---- */

bool pretty_is_coloured(const transfer *transfer)
{
    return transfer->settings->pretty && !transfer->output.path && !transfer->output.discard &&
           !transfer->global->styled_off && isatty(STDOUT_FILENO);
}

/* "HTTP/1.1 200 OK": by the class of its status. */
static const char *colour_of(const char *line, size_t len)
{
    const char *space = memchr(line, ' ', len);
    char class = space ? space[1] : '\0'; /* there is a line end at least */

    if (class == '4' || class == '5')
        return FAILURE;
    return class == '2' ? STRING : OTHER;
}

void pretty_head_line(text *out, const char *line, size_t len)
{
    const char *colon = memchr(line, ':', len);
    bool is_status = len > 5 && memcmp(line, "HTTP/", 5) == 0;
    size_t text_len = len;
    printer printer = {.out = out, .in_colours = true};

    while (text_len > 0 && (line[text_len - 1] == '\r' || line[text_len - 1] == '\n'))
        text_len--;
    size_t coloured = is_status ? text_len : colon ? (size_t)(colon - line) : 0;
    if (coloured > 0)
        put(&printer, is_status ? colour_of(line, len) : NAME, line, coloured);
    text_add(out, line + coloured, len - coloured);
}
