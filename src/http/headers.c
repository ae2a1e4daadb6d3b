/* SPDX-License-Identifier: MIT */
#include "http/headers.h"

enum { FIRST_CAP = 16 };

bool ah_headers_grow(ahttp_headers *headers, size_t more)
{
    const size_t most = UINT32_MAX / 2;
    size_t cap = headers->cap > 0 ? headers->cap : FIRST_CAP;

    while (cap - headers->count < more && cap < most)
        cap *= 2;
    ah_field *fields =
        cap - headers->count < more ? NULL : ah_arena_alloc(headers->arena, cap * sizeof *fields);
    if (!fields)
        return false;
    if (headers->count > 0)
        memcpy(fields, headers->fields, headers->count * sizeof *fields);
    headers->fields = fields;
    headers->cap = (uint32_t)cap;
    return true;
}

bool ah_headers_add(ahttp_headers *headers, ah_str name, ah_str value)
{
    const char *name_copy = ah_arena_copy(headers->arena, name);
    const char *value_copy = name_copy ? ah_arena_copy(headers->arena, value) : NULL;

    return value_copy && ah_headers_add_borrowed(headers, ah_str_make(name_copy, name.len),
                                                 ah_str_make(value_copy, value.len));
}

/* Whether two texts of that length are the same, as names mostly are where they are the same name:
   two reads, which overlap.  Other lengths than theirs are not looked at. */
static bool are_same_words(const char *a, const char *b, size_t len)
{
    uint64_t a_start, a_end, b_start, b_end;

    if (len < sizeof a_start || len > 2 * sizeof a_start)
        return false;
    memcpy(&a_start, a, sizeof a_start);
    memcpy(&b_start, b, sizeof b_start);
    memcpy(&a_end, a + len - sizeof a_end, sizeof a_end);
    memcpy(&b_end, b + len - sizeof b_end, sizeof b_end);
    return ((a_start ^ b_start) | (a_end ^ b_end)) == 0;
}

AH_APART static const ah_field *search_in_any_case(const ah_field *field, const ah_field *end,
                                                   ah_str name)
{
    while (field < end && !ah_str_equal_nocase(field->name, name))
        field++;
    return field < end ? field : NULL;
}

const ah_field *ah_headers_search(const ahttp_headers *headers, ah_str name, const ah_field *from)
{
    const ah_field *end = headers->fields + headers->count;
    const ah_field *field = from;

    while (field < end && field->name.len != name.len)
        field++;
    if (AH_LIKELY(field < end && are_same_words(field->name.ptr, name.ptr, name.len)))
        return field;
    return search_in_any_case(field, end, name);
}

bool ah_headers_list_has(const ahttp_headers *headers, ah_str name, ah_str token)
{
    for (const ah_field *field = ah_headers_find(headers, name); field;
         field = ah_headers_find_next(headers, field))
        if (ah_str_list_has(field->value, token))
            return true;
    return false;
}

size_t ahttp_headers_count(const ahttp_headers *headers)
{
    return headers->count;
}

ahttp_pair ahttp_headers_at(const ahttp_headers *headers, size_t index)
{
    if (index >= headers->count)
        return (ahttp_pair){NULL, NULL};
    const ah_field *field = &headers->fields[index];
    return (ahttp_pair){field->name.ptr, field->value.ptr};
}

const char *ahttp_headers_get(const ahttp_headers *headers, const char *name)
{
    const ah_field *field = name ? ah_headers_find(headers, ah_str_from(name)) : NULL;

    return field ? field->value.ptr : NULL;
}

const char *ahttp_headers_get_nth(const ahttp_headers *headers, const char *name, size_t nth)
{
    const ah_field *field = name ? ah_headers_find(headers, ah_str_from(name)) : NULL;

    while (field && nth-- > 0)
        field = ah_headers_find_next(headers, field);
    return field ? field->value.ptr : NULL;
}

/* tchar of RFC 9110 §5.6.2. */
static const bool token_chars[256] = {
    ['!'] = 1, ['#'] = 1, ['$'] = 1, ['%'] = 1, ['&'] = 1, ['\''] = 1, ['*'] = 1, ['+'] = 1,
    ['-'] = 1, ['.'] = 1, ['^'] = 1, ['_'] = 1, ['`'] = 1, ['|'] = 1,  ['~'] = 1, ['0'] = 1,
    ['1'] = 1, ['2'] = 1, ['3'] = 1, ['4'] = 1, ['5'] = 1, ['6'] = 1,  ['7'] = 1, ['8'] = 1,
    ['9'] = 1, ['A'] = 1, ['B'] = 1, ['C'] = 1, ['D'] = 1, ['E'] = 1,  ['F'] = 1, ['G'] = 1,
    ['H'] = 1, ['I'] = 1, ['J'] = 1, ['K'] = 1, ['L'] = 1, ['M'] = 1,  ['N'] = 1, ['O'] = 1,
    ['P'] = 1, ['Q'] = 1, ['R'] = 1, ['S'] = 1, ['T'] = 1, ['U'] = 1,  ['V'] = 1, ['W'] = 1,
    ['X'] = 1, ['Y'] = 1, ['Z'] = 1, ['a'] = 1, ['b'] = 1, ['c'] = 1,  ['d'] = 1, ['e'] = 1,
    ['f'] = 1, ['g'] = 1, ['h'] = 1, ['i'] = 1, ['j'] = 1, ['k'] = 1,  ['l'] = 1, ['m'] = 1,
    ['n'] = 1, ['o'] = 1, ['p'] = 1, ['q'] = 1, ['r'] = 1, ['s'] = 1,  ['t'] = 1, ['u'] = 1,
    ['v'] = 1, ['w'] = 1, ['x'] = 1, ['y'] = 1, ['z'] = 1,
};

bool ah_field_name_is_valid(ah_str name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!token_chars[(unsigned char)name.ptr[i]])
            return false;
    return name.len > 0;
}

bool ah_field_value_is_valid(ah_str value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if ((c < 0x20 && c != '\t') || c == 0x7F)
            return false;
    }
    return true;
}
