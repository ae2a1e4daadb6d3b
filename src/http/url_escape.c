/* SPDX-License-Identifier: MIT */
#include "http/url_escape.h"

static bool needs_escape(char c)
{
    return (unsigned char)(c - '!') > '~' - '!';
}

size_t ah_url_count_escapes(ah_str text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++)
        count += needs_escape(text.ptr[i]);
    return count;
}

char *ah_url_put_escaped(char *at, ah_str text, size_t escapes)
{
    static const char digits[] = "0123456789ABCDEF";

    if (escapes == 0)
        return ah_url_put(at, text);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (needs_escape(text.ptr[i])) {
            *at++ = '%';
            *at++ = digits[c >> 4];
            *at++ = digits[c & 15];
        } else {
            *at++ = (char)c;
        }
    }
    return at;
}

bool ah_url_is_plain(ah_str text)
{
    if (text.len < 8) {
        size_t i = 0;
        while (i < text.len && !needs_escape(text.ptr[i]) && text.ptr[i] != '#')
            i++;
        return i == text.len;
    }
    for (size_t i = 0; i + 8 <= text.len; i += 8)
        if (!ah_url_are_plain(text.ptr + i))
            return false;
    return ah_url_are_plain(text.ptr + text.len - 8); /* the rest, and some once more */
}
