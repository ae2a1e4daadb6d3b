/* SPDX-License-Identifier: MIT */
#include "http/h1_section.h"
#include "base/mem.h"
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

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

/* The line at *text, without its CRLF, before which *text moves on.  False: it has none. */
static bool take_line(char **text, char *text_end, char **line, char **line_end)
{
    char *lf = memchr(*text, '\n', (size_t)(text_end - *text));

    *line = *text;
    if (AH_UNLIKELY(!lf) || AH_UNLIKELY(lf == *text) || AH_UNLIKELY(lf[-1] != '\r'))
        return false;
    *line_end = lf - 1;
    *text = lf + 1;
    return true;
}

/* Adds the field, with a NUL behind its name and its value. */
static ah_h1_section_result cut_field(const ah_h1_section *section, char *line, char *end,
                                      ahttp_headers *headers)
{
    char *colon = memchr(line, ':', (size_t)(end - line));

    if (AH_UNLIKELY(is_space(*line)))
        return AH_H1_SECTION_FOLDED;
    if (AH_UNLIKELY(!colon) || AH_UNLIKELY(colon == line))
        return AH_H1_SECTION_NO_NAME;
    char *value = colon + 1;
    while (is_space(*value))
        value++;
    if (AH_UNLIKELY((size_t)(end - line) > section->max_field) &&
        (size_t)(colon - line) + (size_t)(end - value) > section->max_field)
        return AH_H1_SECTION_FIELD_TOO_LONG;
    while (end > value && is_space(end[-1]))
        end--;
    *colon = '\0';
    *end = '\0';
    return ah_headers_add_borrowed(headers, ah_str_make(line, (size_t)(colon - line)),
                                   ah_str_make(value, (size_t)(end - value)))
               ? AH_H1_SECTION_OK
               : AH_H1_SECTION_NO_MEMORY;
}

/* "HTTP/1.1 200 OK", the reason of which may be missing. */
static ah_h1_section_result cut_status_line(const ah_h1_section *section, char **text,
                                            char *text_end, ah_str *reason)
{
    const size_t before_reason = sizeof "HTTP/1.1 200 " - 1;
    char *line, *end;

    while (**text == '\r' || **text == '\n') /* empty lines before it (RFC 9112 §2.2) */
        ++*text;
    if (!take_line(text, text_end, &line, &end))
        return AH_H1_SECTION_BARE_LF;
    size_t len = (size_t)(end - line);
    /* llhttp 9 is content with other protocols that have heads like ours. */
    if (!ah_str_starts_with(ah_str_make(line, len), AH_STR("HTTP/")))
        return AH_H1_SECTION_NOT_HTTP;
    if (len > section->max_line)
        return AH_H1_SECTION_LINE_TOO_LONG;
    *end = '\0';
    *reason =
        len > before_reason ? ah_str_make(line + before_reason, len - before_reason) : AH_STR("");
    return AH_H1_SECTION_OK;
}

static ah_h1_section_result cut(const ah_h1_section *section, ahttp_headers *headers,
                                ah_str *reason)
{
    char *text = section->saved;
    char *text_end = text + section->saved_len;
    ah_h1_section_result result = AH_H1_SECTION_OK;
    char *line, *end;

    if (reason)
        result = cut_status_line(section, &text, text_end, reason);
    while (result == AH_H1_SECTION_OK) {
        if (!take_line(&text, text_end, &line, &end))
            return AH_H1_SECTION_BARE_LF;
        if (line == end)
            break;
        result = cut_field(section, line, end, headers);
    }
    if (result == AH_H1_SECTION_OK && headers->count > section->max_count)
        return AH_H1_SECTION_TOO_MANY_FIELDS;
    return result;
}

bool ah_h1_section_finish(ah_h1_section *section, ah_str piece, ahttp_headers *headers,
                          ah_str *reason)
{
    size_t total = section->saved_len + piece.len;

    if (total > section->saved_cap && !grow(section, total))
        return false;
    save(section, piece);
    section->result = cut(section, headers, reason);
    return section->result == AH_H1_SECTION_OK;
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
