/* SPDX-License-Identifier: MIT */
#include "glob.h"
#include <stdlib.h>
#include <string.h>

typedef enum part_kind { LITERAL, CHOICE, LETTERS, NUMBERS } part_kind;

typedef struct part {
    part_kind kind;
    char *name; /* {<name>one,two}, or NULL */
    char *literal;
    list choices;
    long long from, step; /* letters are their codes */
    uint64_t count;
    int width; /* of a number with leading zeros */
    int index; /* the pattern's number, from 1; 0 for a literal */
} part;

struct glob {
    part *parts;
    size_t part_count;
    int patterns;
    uint64_t count;
    size_t wrong_at;
};

enum { LONGEST_NUMBER = 18 };

static part *add_part(glob *glob, part_kind kind)
{
    glob->parts = must_realloc(glob->parts, (glob->part_count + 1) * sizeof *glob->parts);
    part *added = &glob->parts[glob->part_count++];
    *added = (part){.kind = kind, .count = 1, .step = 1};
    if (kind != LITERAL)
        added->index = ++glob->patterns;
    return added;
}

/* ---- Reading ---- */

static bool wrong(glob *glob, text *why, const char *what, size_t at)
{
    text_add_str(why, what);
    glob->wrong_at = at;
    return false;
}

/* "<name>" behind the opening brace or bracket. */
static void read_name(part *part, const char *pattern, size_t *at)
{
    const char *start = pattern + *at + 1;
    size_t len = *start == '<' ? strcspn(start, ">") : 0;

    if (len < 2 || start[len] != '>')
        return;
    part->name = copy_bytes(start + 1, len - 1);
    *at += len + 1;
}

static bool read_choice(glob *glob, const char *pattern, size_t *at, text *why)
{
    part *part = add_part(glob, CHOICE);
    text word = {0};
    size_t start = *at;

    read_name(part, pattern, at);
    for (++*at;; ++*at) {
        char c = pattern[*at];
        if (c == '\0' || c == '{' || c == '[' || c == ']') {
            text_free(&word);
            return wrong(glob, why,
                         c == '\0'  ? "unmatched brace"
                         : c == ']' ? "unexpected close bracket"
                                    : "nested brace",
                         c == '\0' ? start : *at);
        }
        if (c == ',' || c == '}') {
            list_add_taken(&part->choices, text_take(&word));
            if (c == '}')
                break;
            continue;
        }
        if (c == '\\' && pattern[*at + 1])
            ++*at;
        text_add_char(&word, pattern[*at]);
    }
    ++*at;
    if (part->choices.count == 1 && !*part->choices.items[0])
        return wrong(glob, why, "empty string within braces", *at - 1);
    part->count = part->choices.count;
    return true;
}

/* ":step]" or "]". */
static bool read_step(part *part, const char **at)
{
    part->step = 1;
    if (**at == ':' && !read_number(*at + 1, 1LL << 60, &part->step, at))
        return false;
    return *(*at)++ == ']' && part->step > 0;
}

static bool read_letters(part *part, const char **at)
{
    char from = (*at)[0], to = (*at)[2];

    *at += 3;
    part->from = (unsigned char)from;
    if (!read_step(part, at))
        return false;
    bool same_case = (from >= 'a') == (to >= 'a');
    if (!is_alpha(to) || !same_case || from > to || part->step > to - from + (from == to))
        return false;
    part->count = (uint64_t)((to - from) / part->step) + 1;
    return true;
}

static bool read_numbers(part *part, const char **at)
{
    const char *start = *at;
    long long to;

    if (!read_number(start, 1LL << 60, &part->from, at) || **at != '-')
        return false;
    if (*start == '0')
        part->width = (int)(*at - start);
    ++*at;
    while (**at == ' ')
        ++*at;
    if (!read_number(*at, 1LL << 60, &to, at) || !read_step(part, at))
        return false;
    if (to < part->from || part->step > to - part->from + (to == part->from) ||
        part->width > LONGEST_NUMBER)
        return false;
    part->count = (uint64_t)((to - part->from) / part->step) + 1;
    return true;
}

static bool read_range(glob *glob, const char *pattern, size_t *at, text *why)
{
    part *part = add_part(glob, NUMBERS);
    size_t named = *at;

    read_name(part, pattern, &named);
    const char *inside = pattern + named + 1;
    bool letters = is_alpha(inside[0]) && inside[1] == '-';
    part->kind = letters ? LETTERS : NUMBERS;

    if (!(letters ? read_letters(part, &inside) : read_numbers(part, &inside)))
        return wrong(glob, why, "bad range", *at + 1);
    *at = (size_t)(inside - pattern);
    return true;
}

/* "[fe80::1]" is an address, and "[]" is nothing at all. */
static size_t address_len(const char *at)
{
    size_t len = strcspn(at, "]");
    bool has_colon = false;

    if (at[len] != ']')
        return 0;
    if (len == 1)
        return 2;
    for (size_t i = 1; i < len && at[i] != '%'; i++) {
        if (hex_value(at[i]) < 0 && at[i] != ':' && at[i] != '.')
            return 0;
        has_colon = has_colon || (at[i] == ':' && memchr(at + i + 1, ':', len - i - 1));
    }
    return has_colon ? len + 1 : 0;
}

static bool read_part(glob *glob, const char *pattern, size_t *at, text *literal, text *why)
{
    size_t address = pattern[*at] == '[' ? address_len(pattern + *at) : 0;

    if (address > 0) {
        text_add(literal, pattern + *at, address);
        *at += address;
        return true;
    }
    if (pattern[*at] == '}' || pattern[*at] == ']')
        return wrong(glob, why, "unmatched close brace/bracket", *at);
    if (pattern[*at] == '{' || pattern[*at] == '[') {
        if (literal->len > 0)
            add_part(glob, LITERAL)->literal = text_take(literal);
        return pattern[*at] == '{' ? read_choice(glob, pattern, at, why)
                                   : read_range(glob, pattern, at, why);
    }
    if (pattern[*at] == '\\' && pattern[*at + 1] && strchr("{[}]", pattern[*at + 1]))
        ++*at;
    text_add_char(literal, pattern[(*at)++]);
    return true;
}

static bool read_all(glob *glob, const char *pattern, text *why)
{
    text literal = {0};

    for (size_t at = 0; pattern[at];)
        if (!read_part(glob, pattern, &at, &literal, why)) {
            text_free(&literal);
            return false;
        }
    if (literal.len > 0)
        add_part(glob, LITERAL)->literal = text_take(&literal);
    glob->count = 1;
    for (size_t i = 0; i < glob->part_count; i++) {
        if (glob->parts[i].count > UINT64_MAX / glob->count)
            return wrong(glob, why, "range overflow", 0);
        glob->count *= glob->parts[i].count;
    }
    return true;
}

void glob_point_at(text *out, const char *pattern, size_t at)
{
    text_add_format(out, "position %zu:\n%s\n%*s^", at + 1, pattern, (int)at, "");
}

glob *glob_new(const char *pattern, bool literal, text *why)
{
    glob *made = must_alloc(sizeof *made);

    made->count = 1;
    if (literal) {
        add_part(made, LITERAL)->literal = copy_text(pattern);
    } else if (!read_all(made, pattern, why)) {
        text_add_str(why, " in URL ");
        glob_point_at(why, pattern, made->wrong_at);
        glob_free(made);
        return NULL;
    }
    return made;
}

void glob_free(glob *glob)
{
    if (!glob)
        return;
    for (size_t i = 0; i < glob->part_count; i++) {
        free(glob->parts[i].name);
        free(glob->parts[i].literal);
        list_free(&glob->parts[i].choices);
    }
    free(glob->parts);
    free(glob);
}

uint64_t glob_count(const glob *glob)
{
    return glob->count;
}

/* ---- Writing ---- */

static void write_part(text *out, const part *part, uint64_t index)
{
    long long value = part->from + (long long)index * part->step;

    switch (part->kind) {
    case LITERAL: text_add_str(out, part->literal); break;
    case CHOICE: text_add_str(out, part->choices.items[index]); break;
    case LETTERS: text_add_char(out, (char)value); break;
    case NUMBERS: text_add_format(out, "%0*lld", part->width, value); break;
    }
}

/* Which value each part has in URL number; the last pattern turns fastest. */
static uint64_t index_of(const glob *glob, size_t which, uint64_t number)
{
    for (size_t i = glob->part_count; i-- > which + 1;)
        number /= glob->parts[i].count;
    return number % glob->parts[which].count;
}

char *glob_url(const glob *glob, uint64_t number)
{
    text out = {0};

    for (size_t i = 0; i < glob->part_count; i++)
        write_part(&out, &glob->parts[i], index_of(glob, i, number));
    return text_take(&out);
}

static size_t find_named(const glob *glob, const char *name, size_t len)
{
    size_t i = 0;

    while (i < glob->part_count && !(glob->parts[i].name && strlen(glob->parts[i].name) == len &&
                                     memcmp(glob->parts[i].name, name, len) == 0))
        i++;
    return i;
}

bool glob_has_name(const glob *glob, const char *name, size_t len)
{
    return find_named(glob, name, len) < glob->part_count;
}

/* Which part "1" or "<name>" is; the count of parts: none. */
static size_t find_part(const glob *glob, const char *at, const char **end)
{
    long long wanted = 0;
    size_t len = *at == '<' ? strcspn(at, ">") : 0;
    size_t i = 0;

    *end = at;
    if (len > 1 && at[len] == '>') {
        *end = at + len + 1;
        return find_named(glob, at + 1, len - 1);
    }
    if (!read_number(at, 1000, &wanted, end))
        *end = at;
    while (i < glob->part_count && (wanted == 0 || glob->parts[i].index != wanted))
        i++;
    return i;
}

void glob_name(text *out, const glob *glob, const char *template, uint64_t number)
{
    while (*template) {
        const char *end = template + 1;
        size_t part = template[0] == '#' ? find_part(glob, template + 1, &end) : glob->part_count;
        if (part < glob->part_count)
            write_part(out, &glob->parts[part], index_of(glob, part, number));
        else
            text_add(out, template, (size_t)(end - template));
        template = end;
    }
}
