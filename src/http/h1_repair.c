/* SPDX-License-Identifier: MIT */
#include "http/h1_repair.h"

bool ah_h1_lines_find_end(ah_h1_lines *lines, ah_str piece, size_t *used)
{
    for (size_t i = 0; i < piece.len; i++) {
        char c = piece.ptr[i];
        if (c != '\n') {
            lines->len++;
            lines->ends_in_cr = c == '\r';
            continue;
        }
        bool is_empty = lines->len == 0 || (lines->len == 1 && lines->ends_in_cr);
        if (is_empty && lines->has_begun) {
            *used = i + 1;
            return true;
        }
        lines->has_begun = lines->has_begun || !is_empty;
        lines->len = 0;
    }
    *used = piece.len;
    return false;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

/* Text on its way out, where there is room for all of it. */
typedef struct output {
    char *text;
    size_t len;
    bool has_field;
} output;

static void put(output *out, ah_str text)
{
    if (text.len > 0)
        memmove(out->text + out->len, text.ptr, text.len);
    out->len += text.len;
}

static void put_char(output *out, char c)
{
    out->text[out->len++] = c;
}

/* The next line, without LF or CR LF. */
static bool take_line(ah_str *rest, ah_str *line)
{
    size_t len = ah_str_find(*rest, '\n');

    if (len == rest->len)
        return false;
    *line = ah_str_slice(*rest, 0, len);
    *rest = ah_str_slice(*rest, len + 1, SIZE_MAX);
    if (len > 0 && line->ptr[len - 1] == '\r')
        line->len--;
    return true;
}

/* RFC 9112 §2.2: a bare CR becomes a space. */
static void put_without_cr(output *out, ah_str text)
{
    for (size_t i = 0; i < text.len; i++)
        put_char(out, text.ptr[i] == '\r' ? ' ' : text.ptr[i]);
}

/* RFC 9110 §5.5: so do NUL and other control characters in a value. */
static void put_value(output *out, ah_str value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        put_char(out, (c < 0x20 && c != '\t') || c == 0x7F ? ' ' : value.ptr[i]);
    }
}

/* RFC 9112 §5.1: spaces between the name and the colon are left out. */
static void put_field(output *out, ah_str line)
{
    size_t colon = ah_str_find(line, ':');
    ah_str name = ah_str_slice(line, 0, colon);

    while (colon < line.len && name.len > 0 && is_space(name.ptr[name.len - 1]))
        name.len--;
    put_without_cr(out, name);
    put_value(out, ah_str_slice(line, colon, SIZE_MAX));
    out->has_field = true;
}

/* RFC 9112 §5.2: a field's further lines are joined with its first by a space.  §2.2: with no
   field in front of them, they are passed over. */
static void put_fold(output *out, ah_str line)
{
    if (!out->has_field)
        return;
    out->len -= 2; /* the line end before it */
    put_char(out, ' ');
    put_value(out, ah_str_trim(line));
    put(out, AH_STR("\r\n"));
}

static void put_lines(output *out, ah_str section, bool has_status_line)
{
    ah_str line;

    for (bool is_first = has_status_line; take_line(&section, &line);) {
        if (line.len == 0)
            continue;
        if (!is_first && is_space(line.ptr[0])) {
            put_fold(out, line);
            continue;
        }
        if (is_first)
            put_without_cr(out, line);
        else
            put_field(out, line);
        put(out, AH_STR("\r\n"));
        is_first = false;
    }
    put(out, AH_STR("\r\n"));
}

/* ---- Transfer-Encoding with codings that change nothing ---- */

static bool is_field(ah_str line, ah_str name)
{
    return line.len > name.len && line.ptr[name.len] == ':' &&
           ah_str_equal_nocase(ah_str_slice(line, 0, name.len), name);
}

/* RFC 9112 §7: "identity" is none any more.  §6.1: chunked is undone once, however often it is
   said in a row. */
static bool changes_nothing(ah_str coding, bool *after_chunked)
{
    bool is_identity = ah_str_equal_nocase(coding, AH_STR("identity"));
    bool was_chunked = *after_chunked;

    if (!is_identity)
        *after_chunked = ah_str_equal_nocase(coding, AH_STR("chunked"));
    return is_identity || (was_chunked && *after_chunked);
}

/* A line that has no coding left goes.  What is put is never longer than what was read. */
static void put_codings(output *out, ah_str line, bool *after_chunked)
{
    size_t start = out->len;
    size_t name = sizeof "Transfer-Encoding:" - 1;
    ah_str rest = ah_str_slice(line, name, SIZE_MAX);
    ah_str coding;

    put(out, ah_str_slice(line, 0, name));
    while (ah_str_split(&rest, ',', &coding)) {
        coding = ah_str_trim(coding);
        if (coding.len == 0 || changes_nothing(coding, after_chunked))
            continue;
        if (out->len > start + name)
            put_char(out, ',');
        put(out, coding);
    }
    if (out->len == start + name)
        out->len = start;
    else
        put(out, AH_STR("\r\n"));
}

/* Whether there is one that changes nothing. */
static bool has_idle_coding(ah_str section)
{
    bool after_chunked = false;
    ah_str line, coding;

    while (take_line(&section, &line)) {
        if (!is_field(line, AH_STR("Transfer-Encoding")))
            continue;
        ah_str rest = ah_str_slice(line, sizeof "Transfer-Encoding:" - 1, SIZE_MAX);
        while (ah_str_split(&rest, ',', &coding))
            if (changes_nothing(ah_str_trim(coding), &after_chunked))
                return true;
    }
    return false;
}

static void merge_codings(output *out)
{
    ah_str section = ah_str_make(out->text, out->len);
    bool after_chunked = false;
    ah_str line;

    if (!has_idle_coding(section))
        return;
    out->len = 0;
    while (take_line(&section, &line)) {
        if (is_field(line, AH_STR("Transfer-Encoding"))) {
            put_codings(out, line, &after_chunked);
            continue;
        }
        put(out, line);
        put(out, AH_STR("\r\n"));
    }
}

/* ---- Content-Length that is there more than once ---- */

/* What the lines of a section say about the length of the body. */
typedef struct lengths {
    ah_str first; /* value of Content-Length */
    size_t count; /* values of it */
    bool differ;
    bool has_coding; /* Transfer-Encoding */
} lengths;

static void add_lengths(lengths *all, ah_str line)
{
    ah_str values = ah_str_slice(line, sizeof "Content-Length:" - 1, SIZE_MAX);
    ah_str value;

    while (ah_str_split(&values, ',', &value)) {
        value = ah_str_trim(value);
        if (all->count++ == 0)
            all->first = value;
        else if (!ah_str_equal(value, all->first))
            all->differ = true;
    }
}

static lengths find_lengths(ah_str section)
{
    lengths all = {0};
    ah_str line;

    while (take_line(&section, &line)) {
        if (is_field(line, AH_STR("Content-Length")))
            add_lengths(&all, line);
        if (is_field(line, AH_STR("Transfer-Encoding")))
            all.has_coding = true;
    }
    return all;
}

/* A number, but one that no body can be as long as: what comes until the connection ends. */
static bool is_beyond_measure(ah_str value)
{
    uint64_t length;

    for (size_t i = 0; i < value.len; i++)
        if (value.ptr[i] < '0' || value.ptr[i] > '9')
            return false;
    return value.len > 0 && (!ah_str_to_u64(value, &length) || length > INT64_MAX);
}

/* RFC 9112 §6.3 rule 3: Transfer-Encoding overrides Content-Length; rule 5: of equal values of
   Content-Length, one is kept. */
static void merge_lengths(output *out)
{
    ah_str section = ah_str_make(out->text, out->len);
    lengths all = find_lengths(section);
    bool is_beyond = all.count > 0 && !all.differ && is_beyond_measure(all.first);
    bool is_kept = all.has_coding || is_beyond;
    ah_str line;

    if (!is_beyond && (all.has_coding ? all.count == 0 : all.count < 2 || all.differ))
        return;
    out->len = 0;
    while (take_line(&section, &line)) {
        if (is_field(line, AH_STR("Content-Length"))) {
            if (is_kept)
                continue;
            is_kept = true;
            line.len = (size_t)(all.first.ptr + all.first.len - line.ptr);
        }
        put(out, line);
        put(out, AH_STR("\r\n"));
    }
}

static size_t count_lines(ah_str section)
{
    size_t count = 0;
    ah_str line;

    while (take_line(&section, &line))
        count++;
    return count;
}

bool ah_h1_repair(ah_arena *arena, ah_str section, bool has_status_line, ah_str *repaired)
{
    output out = {.text = ah_arena_alloc(arena, section.len + count_lines(section))};

    if (!out.text)
        return false;
    put_lines(&out, section, has_status_line);
    merge_codings(&out);
    merge_lengths(&out);
    *repaired = ah_str_make(out.text, out.len);
    return true;
}

bool ah_h1_was_repaired(ah_str section, ah_str repaired)
{
    ah_str line = {0};
    ah_str kept = {0};

    for (bool is_first = true; take_line(&section, &line);) {
        if (is_first && line.len == 0) /* RFC 9112 §2.2 */
            continue;
        is_first = false;
        if (!take_line(&repaired, &kept) || !ah_str_equal(line, kept))
            return true;
    }
    return repaired.len > 0;
}
