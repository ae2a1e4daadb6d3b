/* SPDX-License-Identifier: MIT */
#include "head_check.h"
#include <stdlib.h>
#include <string.h>

enum { WEIRD_REPLY = 8, BAD_CODING = 61, MOST_CODINGS = 5 };

typedef struct checking {
    const head_rules *rules;
    head_problem *problem;
    char *location; /* of the lines so far, or NULL */
    int codings;
    bool is_chunked;
} checking;

static bool TEXT_PRINTF(3, 4) wrong(checking *checking, int code, const char *format, ...)
{
    va_list args;

    checking->problem->code = code;
    va_start(args, format);
    text_add_format_list(&checking->problem->why, format, args);
    va_end(args);
    return false;
}

/* ---- Single fields ---- */

/* Digits, or a list of them; a number that no variable can hold is one, too. */
static bool is_length(const char *value)
{
    size_t digits = strspn(value, "0123456789");

    return digits > 0 && value[digits + strspn(value + digits, "0123456789, ")] == '\0';
}

static bool check_length(checking *checking, const char *value)
{
    if (!is_length(value))
        return wrong(checking, WEIRD_REPLY, "Invalid Content-Length: value");
    return true;
}

static bool check_location(checking *checking, const char *value)
{
    if (checking->location && strcmp(checking->location, value) != 0)
        return wrong(checking, WEIRD_REPLY, "Multiple Location headers");
    set_text(&checking->location, value);
    return true;
}

static bool check_coding(checking *checking, const char *coding)
{
    if (equal_nocase(coding, "chunked") && checking->is_chunked)
        return true;
    if (checking->is_chunked)
        return wrong(checking, BAD_CODING, "A Transfer-Encoding (%s) was not listed first", coding);
    if (equal_nocase(coding, "identity"))
        return true;
    if (equal_nocase(coding, "chunked")) {
        checking->is_chunked = true;
        return true;
    }
    if (!checking->rules->takes_codings)
        return wrong(checking, BAD_CODING, "Unsolicited Transfer-Encoding (%s) found", coding);
    if (++checking->codings > MOST_CODINGS)
        return wrong(checking, BAD_CODING,
                     "Reject response exceeding limit of %d transfer encodings", MOST_CODINGS);
    return true;
}

static bool check_codings(checking *checking, const char *value)
{
    char *words = copy_text(value);
    bool good = true;

    for (char *word = strtok(words, ", \t"); word && good; word = strtok(NULL, ", \t"))
        good = check_coding(checking, word);
    free(words);
    return good;
}

/* ---- Lines ---- */

static bool check_field(checking *checking, const char *line)
{
    const char *length = value_of_field(line, "Content-Length");
    const char *location = value_of_field(line, "Location");
    const char *codings = value_of_field(line, "Transfer-Encoding");

    if (location)
        return check_location(checking, location);
    if (length && !checking->rules->any_length)
        return check_length(checking, length);
    if (codings && !checking->rules->any_coding)
        return check_codings(checking, codings);
    return true;
}

static bool check_line(checking *checking, const char *bytes, size_t len)
{
    len -= len > 0 && bytes[len - 1] == '\n';
    len -= len > 0 && bytes[len - 1] == '\r';
    if (memchr(bytes, '\0', len))
        return wrong(checking, WEIRD_REPLY, "Nul byte in header");
    if (memchr(bytes, '\r', len))
        return wrong(checking, WEIRD_REPLY, "Carriage return inside of a header");
    while (len > 0 && is_space(bytes[len - 1]))
        len--;
    char *line = copy_bytes(bytes, len);
    bool good = check_field(checking, line);
    free(line);
    return good;
}

size_t head_check(const char *bytes, size_t len, const head_rules *rules, head_problem *problem)
{
    checking checking = {.rules = rules, .problem = problem};
    size_t good = 0;

    *problem = (head_problem){0};
    while (good < len) {
        const char *end = memchr(bytes + good, '\n', len - good);
        size_t line = end ? (size_t)(end - bytes) + 1 - good : len - good;
        if (!check_line(&checking, bytes + good, line))
            break;
        good += line;
    }
    free(checking.location);
    return good;
}
