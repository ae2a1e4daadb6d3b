/* SPDX-License-Identifier: MIT */
#include "base/str.h"

static bool equal_nocase(const char *a, const char *b, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (ah_lower(a[i]) != ah_lower(b[i]))
            return false;
    return true;
}

bool ah_str_equal_nocase(ah_str a, ah_str b)
{
    return a.len == b.len && /* mostly the case is the same, too; memcmp takes no NULL */
           (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0 || equal_nocase(a.ptr, b.ptr, a.len));
}

bool ah_str_starts_with_nocase(ah_str text, ah_str prefix)
{
    return text.len >= prefix.len && equal_nocase(text.ptr, prefix.ptr, prefix.len);
}

bool ah_str_ends_with(ah_str text, ah_str suffix)
{
    return text.len >= suffix.len &&
           ah_str_equal(ah_str_slice(text, text.len - suffix.len, suffix.len), suffix);
}

size_t ah_str_find_last(ah_str text, char c)
{
    for (size_t i = text.len; i-- > 0;)
        if (text.ptr[i] == c)
            return i;
    return text.len;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

ah_str ah_str_trim(ah_str text)
{
    while (text.len > 0 && is_space(text.ptr[0]))
        text = ah_str_make(text.ptr + 1, text.len - 1);
    while (text.len > 0 && is_space(text.ptr[text.len - 1]))
        text.len--;
    return text;
}

bool ah_str_split(ah_str *rest, char separator, ah_str *part)
{
    size_t end = ah_str_find(*rest, separator);

    if (!rest->ptr)
        return false;
    *part = ah_str_make(rest->ptr, end);
    if (end < rest->len)
        *rest = ah_str_make(rest->ptr + end + 1, rest->len - end - 1);
    else
        *rest = ah_str_make(NULL, 0);
    return true;
}

bool ah_str_to_u64(ah_str text, uint64_t *number)
{
    const size_t never_too_many = 19; /* digits */
    size_t few = text.len < never_too_many ? text.len : never_too_many;
    uint64_t value = 0;
    size_t i = 0;

    for (; i < few; i++) {
        unsigned digit = (unsigned)(unsigned char)text.ptr[i] - '0';
        if (digit > 9)
            return false;
        value = value * 10 + digit;
    }
    for (; i < text.len; i++) {
        unsigned digit = (unsigned)(unsigned char)text.ptr[i] - '0';
        if (digit > 9 || value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *number = value;
    return text.len > 0;
}

int ah_hex_value(char c)
{
    if (ah_is_digit(c))
        return c - '0';
    c = ah_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool ah_str_list_has(ah_str list, ah_str name)
{
    ah_str member;

    while (ah_str_split(&list, ',', &member))
        if (ah_str_equal_nocase(ah_str_trim(member), name))
            return true;
    return false;
}
