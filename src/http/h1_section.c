/* SPDX-License-Identifier: MIT */
#include "http/h1_section.h"
#include "base/mem.h"

enum { FIRST_CAP = 32, FIRST_KEPT = 512 };

void ah_h1_section_release(ah_h1_section *section)
{
    ah_free(section->marks);
    *section = (ah_h1_section){0};
}

void ah_h1_section_begin(ah_h1_section *section, ah_arena *arena)
{
    section->arena = arena;
    section->saved = NULL;
    section->saved_len = section->saved_cap = 0;
    section->count = 0;
    section->reason = section->reason_len = 0;
    section->result = AH_H1_SECTION_OK;
}

static bool failed(ah_h1_section *section, ah_h1_section_result result)
{
    section->result = result;
    return false;
}

static uint32_t offset_of(const ah_h1_section *section, const char *at)
{
    return (uint32_t)(section->saved_len + (size_t)(at - section->piece));
}

bool ah_h1_section_reason(ah_h1_section *section, ah_str part)
{
    uint32_t at = offset_of(section, part.ptr);

    if (at + part.len > section->max_line)
        return failed(section, AH_H1_SECTION_LINE_TOO_LONG);
    if (section->reason_len == 0)
        section->reason = at;
    section->reason_len += (uint32_t)part.len;
    return true;
}

static bool make_room(ah_h1_section *section)
{
    if (section->count == section->max_count)
        return failed(section, AH_H1_SECTION_TOO_MANY_FIELDS);
    size_t cap = section->cap ? section->cap * 2 : FIRST_CAP;
    ah_h1_field_mark *marks = ah_realloc_array(section->marks, cap, sizeof *marks);
    if (!marks)
        return failed(section, AH_H1_SECTION_NO_MEMORY);
    section->marks = marks;
    section->cap = cap;
    return true;
}

static bool check_size(ah_h1_section *section, const ah_h1_field_mark *mark)
{
    if (AH_UNLIKELY((size_t)mark->name_len + mark->value_len > section->max_field))
        return failed(section, AH_H1_SECTION_FIELD_TOO_LONG);
    return true;
}

bool ah_h1_section_name(ah_h1_section *section, ah_str part)
{
    bool is_new = section->count == 0 || section->marks[section->count - 1].value > 0;

    if (is_new) {
        bool is_full = section->count == section->cap || section->count == section->max_count;
        if (AH_UNLIKELY(is_full) && !make_room(section))
            return false;
        section->marks[section->count++] = (ah_h1_field_mark){.name = offset_of(section, part.ptr)};
    }
    ah_h1_field_mark *mark = &section->marks[section->count - 1];
    mark->name_len += (uint32_t)part.len;
    return check_size(section, mark);
}

bool ah_h1_section_value(ah_h1_section *section, ah_str part)
{
    uint32_t at = offset_of(section, part.ptr);

    if (section->count == 0)
        return failed(section, AH_H1_SECTION_NO_NAME);
    ah_h1_field_mark *mark = &section->marks[section->count - 1];
    if (mark->value == 0)
        mark->value = at;
    else if (mark->value + mark->value_len != at)
        return failed(section, AH_H1_SECTION_FOLDED);
    mark->value_len += (uint32_t)part.len;
    return check_size(section, mark);
}

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

static void save(ah_h1_section *section, size_t len)
{
    memcpy(section->saved + section->saved_len, section->piece, len);
    section->saved_len += len;
}

bool ah_h1_section_keep(ah_h1_section *section, size_t len)
{
    size_t needed = section->saved_len + len;

    /* Doubling keeps the cost of a head that comes byte by byte in bounds. */
    if (needed > section->saved_cap &&
        !grow(section, needed < FIRST_KEPT ? FIRST_KEPT : 2 * needed))
        return false;
    save(section, len);
    return true;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

/* A value starts in the line of its name, its line ends in CRLF, and the next does not start
   with a space.  llhttp 8 is content with less where the first line of a value is empty. */
static ah_h1_section_result check_line(const char *text, const ah_h1_field_mark *mark)
{
    const char *start = text + mark->name + mark->name_len + 1;

    while (is_space(*start))
        start++;
    if (mark->value_len > 0 && start != text + mark->value)
        return AH_H1_SECTION_FOLDED;
    const char *end = start + mark->value_len;
    if (*end != '\r')
        return AH_H1_SECTION_BARE_LF;
    return is_space(end[2]) ? AH_H1_SECTION_FOLDED : AH_H1_SECTION_OK;
}

/* Cuts the field out of the text, which gets a NUL behind name and value. */
static ah_h1_section_result cut_field(char *text, const ah_h1_field_mark *mark,
                                      ahttp_headers *headers)
{
    char *name_end = text + mark->name + mark->name_len;
    char *value = text + mark->value;
    size_t value_len = mark->value_len;

    if (mark->name_len == 0)
        return AH_H1_SECTION_NO_NAME;
    /* Where a value starts at most two bytes behind the colon, no line end is between. */
    if (value_len == 0 || value - name_end > 3) {
        ah_h1_section_result result = check_line(text, mark);
        if (result != AH_H1_SECTION_OK)
            return result;
    }
    while (value_len > 0 && is_space(value[value_len - 1]))
        value_len--;
    *name_end = '\0';
    if (value_len == 0)
        value = name_end;
    value[value_len] = '\0';
    ah_headers_add_reserved(headers, ah_str_make(text + mark->name, mark->name_len),
                            ah_str_make(value, value_len));
    return AH_H1_SECTION_OK;
}

static ah_str cut_reason(const ah_h1_section *section, char *text)
{
    if (section->reason_len == 0)
        return AH_STR("");
    text[section->reason + section->reason_len] = '\0';
    return ah_str_make(text + section->reason, section->reason_len);
}

/* Of the start line, if the section has one, and of the empty line. */
static bool lines_end_in_crlf(const ah_h1_section *section)
{
    const char *text = section->saved;
    size_t len = section->saved_len;
    size_t first_name = section->count > 0 ? section->marks[0].name : 0;

    return (first_name < 2 || text[first_name - 2] == '\r') && len >= 4 &&
           memcmp(text + len - 4, "\r\n\r\n", 4) == 0;
}

bool ah_h1_section_finish(ah_h1_section *section, size_t len, ahttp_headers *headers,
                          ah_str *reason)
{
    size_t total = section->saved_len + len;

    if (total > section->saved_cap && !grow(section, total))
        return false;
    if (!ah_headers_reserve(headers, section->count))
        return failed(section, AH_H1_SECTION_NO_MEMORY);
    save(section, len);
    if (!lines_end_in_crlf(section))
        return failed(section, AH_H1_SECTION_BARE_LF);
    for (size_t i = 0; i < section->count; i++) {
        ah_h1_section_result result = cut_field(section->saved, &section->marks[i], headers);
        if (result != AH_H1_SECTION_OK)
            return failed(section, result);
    }
    if (reason)
        *reason = cut_reason(section, section->saved);
    return true;
}
