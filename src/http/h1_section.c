/* SPDX-License-Identifier: MIT */
#include "http/h1_section.h"
#include "base/mem.h"
#include "base/scan.h"
#include <stdio.h>

enum { FIRST_KEPT = 512, FIRST_FIELDS = 16 };

static bool failed(ah_h1_section *section, ah_h1_section_result result)
{
    section->result = result;
    return false;
}

/* ---- Collecting ---- */

/* Moves what is saved to where cap bytes have room, with the first fields of headers in front. */
static bool grow(ah_h1_section *section, size_t cap, ahttp_headers *headers)
{
    size_t fields = headers && headers->cap == 0 ? FIRST_FIELDS * sizeof(ah_field) : 0;
    char *room = ah_arena_alloc(section->arena, fields + cap);

    if (!room)
        return failed(section, AH_H1_SECTION_NO_MEMORY);
    if (fields > 0)
        ah_headers_use_room(headers, room, FIRST_FIELDS);
    if (section->saved_len > 0)
        memcpy(room + fields, section->saved, section->saved_len);
    section->saved = room + fields;
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
        !grow(section, needed < FIRST_KEPT ? FIRST_KEPT : 2 * needed, NULL))
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

/* Whether the line up to lf is the empty one that ends the section; what comes behind text_end is
   none of it. */
static bool is_last(const char *line, const char *lf, const char *text_end)
{
    return line[0] == '\r' && line + 1 == lf && lf < text_end;
}

/* Of another line up to lf, without a colon. */
AH_COLD static ah_h1_section_result why_no_field(const char *line, const char *lf,
                                                 const char *text_end)
{
    if (lf >= text_end || lf == line || lf[-1] != '\r')
        return AH_H1_SECTION_BARE_LF;
    return is_space(*line) ? AH_H1_SECTION_FOLDED : AH_H1_SECTION_NO_NAME;
}

/* Adds a field, with a NUL behind its name and its value. */
static bool add_field(ahttp_headers *headers, char *name, char *colon, char *value, char *end)
{
    *colon = '\0';
    *end = '\0';
    return ah_headers_add_borrowed(headers, ah_str_make(name, (size_t)(colon - name)),
                                   ah_str_make(value, (size_t)(end - value)));
}

/* A line, up to lf, about which something may be unusual. */
AH_COLD static ah_h1_section_result cut_unusual(const ah_h1_section *section, char *line,
                                                char *colon, char *lf, ahttp_headers *headers)
{
    char *value = colon + 1;
    char *end = lf - 1;

    if (*end != '\r')
        return AH_H1_SECTION_BARE_LF;
    if (is_space(*line))
        return AH_H1_SECTION_FOLDED;
    if (colon == line)
        return AH_H1_SECTION_NO_NAME;
    while (is_space(*value))
        value++;
    if ((size_t)(colon - line) + (size_t)(end - value) > section->max_field)
        return AH_H1_SECTION_FIELD_TOO_LONG;
    while (end > value && is_space(end[-1]))
        end--;
    return add_field(headers, line, colon, value, end) ? AH_H1_SECTION_OK : AH_H1_SECTION_NO_MEMORY;
}

/* All lines up to the empty one.  Names begin with a letter, one space stands before a value, and
   none behind it; where it is so, that is seen at one look. */
static ah_h1_section_result cut_fields(const ah_h1_section *section, char *text,
                                       const char *text_end, ahttp_headers *headers)
{
    const bool may_be_long = section->saved_len > section->max_field;
    ah_h1_section_result result = AH_H1_SECTION_OK;

    while (AH_LIKELY(result == AH_H1_SECTION_OK)) {
        char *colon = ah_scan_either(text, ':', '\n');
        if (AH_UNLIKELY(*colon != ':'))
            return is_last(text, colon, text_end) ? AH_H1_SECTION_OK
                                                  : why_no_field(text, colon, text_end);
        char *lf = ah_scan(colon + 1, '\n');
        if (AH_UNLIKELY(lf[-1] != '\r' || *text <= ':' || colon[1] != ' ' || colon[2] <= ' ' ||
                        lf[-2] <= ' ' || may_be_long))
            result = cut_unusual(section, text, colon, lf, headers);
        else if (AH_UNLIKELY(!add_field(headers, text, colon, colon + 2, lf - 1)))
            result = AH_H1_SECTION_NO_MEMORY;
        text = lf + 1;
    }
    return result;
}

/* "HTTP/1.1 200 OK", the reason of which may be missing. */
static ah_h1_section_result cut_status_line(const ah_h1_section *section, char **text,
                                            const char *text_end, ah_str *reason)
{
    const size_t before_reason = sizeof "HTTP/1.1 200 " - 1;
    char *line = *text;

    while (AH_UNLIKELY(*line <= '\r') && line < text_end &&
           (*line == '\r' || *line == '\n')) /* RFC 9112 §2.2 */
        line++;
    char *lf = ah_scan(line, '\n');
    if (AH_UNLIKELY(lf == line || lf[-1] != '\r'))
        return AH_H1_SECTION_BARE_LF;
    size_t len = (size_t)(lf - 1 - line);
    /* llhttp 9 is content with other protocols that have heads like ours. */
    if (!ah_str_starts_with(ah_str_make(line, len), AH_STR("HTTP/")))
        return AH_H1_SECTION_NOT_HTTP;
    if (len > section->max_line)
        return AH_H1_SECTION_LINE_TOO_LONG;
    lf[-1] = '\0';
    *reason =
        len > before_reason ? ah_str_make(line + before_reason, len - before_reason) : AH_STR("");
    *text = lf + 1;
    return AH_H1_SECTION_OK;
}

bool ah_h1_section_finish(ah_h1_section *section, ah_str piece, ahttp_headers *headers,
                          ah_str *reason)
{
    size_t total = section->saved_len + piece.len;
    ah_h1_section_result result = AH_H1_SECTION_OK;

    if (total + MARGIN > section->saved_cap && !grow(section, total + MARGIN, headers))
        return false;
    save(section, piece);
    char *text = section->saved;
    char *text_end = text + total;
    memset(text_end, '\n', MARGIN);
    if (reason)
        result = cut_status_line(section, &text, text_end, reason);
    if (result == AH_H1_SECTION_OK)
        result = cut_fields(section, text, text_end, headers);
    if (headers->count > section->max_count && result == AH_H1_SECTION_OK)
        result = AH_H1_SECTION_TOO_MANY_FIELDS;
    section->result = result;
    return result == AH_H1_SECTION_OK;
}

const char AH_H1_NOT_HTTP[] = "it does not start with HTTP/";

static ahttp_error *too_long(const char *name, const char *what, size_t limit, const char *unit)
{
    return ah_error_new(AHTTP_E_HEAD_TOO_LARGE, "read response %s: %s the limit of %zu%s", name,
                        what, limit, unit);
}

ahttp_error *ah_h1_section_error(const ah_h1_section *section, const char *name, size_t max_fields)
{
    const char *why;

    switch (section->result) {
    case AH_H1_SECTION_LINE_TOO_LONG:
        return too_long(name, "the status line is longer than", section->max_line, " bytes");
    case AH_H1_SECTION_FIELD_TOO_LONG:
        return too_long(name, "a field is longer than", section->max_field, " bytes");
    case AH_H1_SECTION_TOO_MANY_FIELDS: return too_long(name, "more fields than", max_fields, "");
    case AH_H1_SECTION_NOT_HTTP: why = AH_H1_NOT_HTTP; break;
    case AH_H1_SECTION_NO_NAME: why = "a field has no name"; break;
    case AH_H1_SECTION_FOLDED: why = "a field goes on in a second line"; break;
    case AH_H1_SECTION_BARE_LF: why = "a line ends in LF without CR"; break;
    default: return ah_error_no_memory();
    }
    return ah_error_new(AHTTP_E_PROTOCOL, "read response %s: %s", name, why);
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
