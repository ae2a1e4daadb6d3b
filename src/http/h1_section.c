/* SPDX-License-Identifier: MIT */
#include "http/h1_section.h"
#include "base/mem.h"
#include "base/scan.h"
#include <stdio.h>

enum { FIRST_KEPT = 512 };

void ah_h1_section_begin(ah_h1_section *section, ah_arena *arena)
{
    section->arena = arena;
    section->saved = NULL;
    section->saved_len = section->saved_cap = 0;
    section->result = AH_H1_SECTION_OK;
}

static bool failed(ah_h1_section *section, ah_h1_section_result result)
{
    section->result = result;
    return false;
}

/* ---- Collecting ---- */

/* Moves what is saved to where cap bytes have room. */
static bool grow(ah_h1_section *section, size_t cap)
{
    char *saved = ah_arena_alloc(section->arena, cap);

    if (!saved)
        return failed(section, AH_H1_SECTION_NO_MEMORY);
    if (section->saved_len > 0)
        memcpy(saved, section->saved, section->saved_len);
    section->saved = saved;
    section->saved_cap = cap;
    return true;
}

static void save(ah_h1_section *section, ah_str piece)
{
    memcpy(section->saved + section->saved_len, piece.ptr, piece.len);
    section->saved_len += piece.len;
}

bool ah_h1_section_keep(ah_h1_section *section, ah_str piece)
{
    size_t needed = section->saved_len + piece.len;

    /* Doubling keeps the cost of a head that comes byte by byte in bounds. */
    if (needed > section->saved_cap &&
        !grow(section, needed < FIRST_KEPT ? FIRST_KEPT : 2 * needed))
        return false;
    save(section, piece);
    return true;
}

/* ---- Cutting ---- */

/* Behind a section stands a margin of line feeds, where every search for the end of a line ends. */
enum { MARGIN = 2 * AH_SCAN_MARGIN };

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

/* What a line is that ends at lf and has no colon. */
static ah_h1_section_result why_no_field(const char *line, const char *lf)
{
    if (lf == line || lf[-1] != '\r')
        return AH_H1_SECTION_BARE_LF;
    return is_space(*line) ? AH_H1_SECTION_FOLDED : AH_H1_SECTION_NO_NAME;
}

/* What is seldom so. */

static ah_h1_section_result check_start(const char *line)
{
    if (is_space(*line))
        return AH_H1_SECTION_FOLDED;
    return *line == ':' ? AH_H1_SECTION_NO_NAME : AH_H1_SECTION_OK;
}

static char *skip_spaces(char *at)
{
    while (is_space(*at))
        at++;
    return at;
}

static char *trim_end(const char *start, char *end)
{
    while (end > start && is_space(end[-1]))
        end--;
    return end;
}

/* Adds the field of the line, whose first colon is known, with a NUL behind its name and its value;
 *text moves behind the line.  Most names begin with a letter, and most values with one space. */
static ah_h1_section_result cut_field(const ah_h1_section *section, char **text, char *colon,
                                      ahttp_headers *headers)
{
    char *line = *text;
    char *lf = ah_scan(colon + 1, '\n');
    char *end = lf - 1;
    char *value = colon + 1 + (colon[1] == ' ');

    *text = lf + 1;
    if (AH_UNLIKELY(*end != '\r'))
        return AH_H1_SECTION_BARE_LF;
    if (AH_UNLIKELY(*line <= ':') && check_start(line) != AH_H1_SECTION_OK)
        return check_start(line);
    if (AH_UNLIKELY(*value <= ' '))
        value = skip_spaces(value);
    if (AH_UNLIKELY((size_t)(end - line) > section->max_field) &&
        (size_t)(colon - line) + (size_t)(end - value) > section->max_field)
        return AH_H1_SECTION_FIELD_TOO_LONG;
    if (AH_UNLIKELY(end[-1] <= ' '))
        end = trim_end(value, end);
    *colon = '\0';
    *end = '\0';
    return AH_LIKELY(ah_headers_add_borrowed(headers, ah_str_make(line, (size_t)(colon - line)),
                                             ah_str_make(value, (size_t)(end - value))))
               ? AH_H1_SECTION_OK
               : AH_H1_SECTION_NO_MEMORY;
}

/* All lines up to the empty one. */
static ah_h1_section_result cut_fields(const ah_h1_section *section, char *text,
                                       ahttp_headers *headers)
{
    const char *text_end = section->saved + section->saved_len;
    ah_h1_section_result result = AH_H1_SECTION_OK;

    while (AH_LIKELY(result == AH_H1_SECTION_OK)) {
        char *colon = ah_scan_either(text, ':', '\n');
        if (AH_LIKELY(*colon == ':'))
            result = cut_field(section, &text, colon, headers);
        else if (text[0] == '\r' && text + 1 == colon)
            return colon < text_end ? AH_H1_SECTION_OK : AH_H1_SECTION_BARE_LF;
        else
            result = why_no_field(text, colon);
    }
    return result;
}

/* "HTTP/1.1 200 OK", the reason of which may be missing. */
static ah_h1_section_result cut_status_line(const ah_h1_section *section, char **text,
                                            ah_str *reason)
{
    const size_t before_reason = sizeof "HTTP/1.1 200 " - 1;
    const char *text_end = section->saved + section->saved_len;
    char *line = *text;

    while (line < text_end && (*line == '\r' || *line == '\n')) /* RFC 9112 §2.2 */
        line++;
    char *lf = ah_scan(line, '\n');
    if (lf == line || lf[-1] != '\r')
        return AH_H1_SECTION_BARE_LF;
    char *end = lf - 1;
    size_t len = (size_t)(end - line);
    /* llhttp 9 is content with other protocols that have heads like ours. */
    if (!ah_str_starts_with(ah_str_make(line, len), AH_STR("HTTP/")))
        return AH_H1_SECTION_NOT_HTTP;
    if (len > section->max_line)
        return AH_H1_SECTION_LINE_TOO_LONG;
    *end = '\0';
    *reason =
        len > before_reason ? ah_str_make(line + before_reason, len - before_reason) : AH_STR("");
    *text = lf + 1;
    return AH_H1_SECTION_OK;
}

bool ah_h1_section_finish(ah_h1_section *section, ah_str piece, ahttp_headers *headers,
                          ah_str *reason)
{
    size_t total = section->saved_len + piece.len;

    if (total + MARGIN > section->saved_cap && !grow(section, total + MARGIN))
        return false;
    save(section, piece);
    memset(section->saved + total, '\n', MARGIN);
    char *text = section->saved;
    ah_h1_section_result result =
        reason ? cut_status_line(section, &text, reason) : AH_H1_SECTION_OK;
    if (result == AH_H1_SECTION_OK)
        result = cut_fields(section, text, headers);
    if (result == AH_H1_SECTION_OK && headers->count > section->max_count)
        result = AH_H1_SECTION_TOO_MANY_FIELDS;
    section->result = result;
    return result == AH_H1_SECTION_OK;
}

void ah_h1_excerpt(char out[AH_H1_EXCERPT * 4 + 1], ah_str line)
{
    for (size_t i = 0; i < line.len && i < AH_H1_EXCERPT; i++) {
        unsigned char c = (unsigned char)line.ptr[i];
        if (c == ':' || c == '\r' || c == '\n')
            break;
        bool is_plain = c >= ' ' && c < 0x7F && c != '"' && c != '\\';
        out += sprintf(out, is_plain ? "%c" : "\\x%02X", c);
    }
    *out = '\0';
}
