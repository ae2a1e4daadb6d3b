/* SPDX-License-Identifier: MIT */
#ifndef AH_BASE_STR_H
#define AH_BASE_STR_H
/* Views of text: a pointer and a length, owning nothing.  All comparing is done on bytes;
   "nocase" folds A-Z only, whatever the locale says. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct ah_str {
    const char *ptr; /* not NUL-terminated unless its owner says so */
    size_t len;
} ah_str;

#define AH_STR(literal) ((ah_str){("" literal), sizeof(literal) - 1})

static inline ah_str ah_str_make(const char *ptr, size_t len)
{
    return (ah_str){ptr, len};
}

/* text may be NULL, which is an empty view. */
static inline ah_str ah_str_from(const char *text)
{
    return (ah_str){text, text ? strlen(text) : 0};
}

static inline bool ah_str_equal(ah_str a, ah_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool ah_str_starts_with(ah_str text, ah_str prefix)
{
    return text.len >= prefix.len && ah_str_equal(ah_str_make(text.ptr, prefix.len), prefix);
}

/* The part from start on, at most len bytes of it; both are cut to what is there. */
static inline ah_str ah_str_slice(ah_str text, size_t start, size_t len)
{
    if (start > text.len)
        start = text.len;
    if (len > text.len - start)
        len = text.len - start;
    return ah_str_make(start ? text.ptr + start : text.ptr, len);
}

static inline char ah_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static inline bool ah_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool ah_is_alpha(char c)
{
    return ah_lower(c) >= 'a' && ah_lower(c) <= 'z';
}

bool ah_str_equal_nocase(ah_str a, ah_str b);
bool ah_str_starts_with_nocase(ah_str text, ah_str prefix);
bool ah_str_ends_with(ah_str text, ah_str suffix);

/* Position of the first c, or text.len. */
static inline size_t ah_str_find(ah_str text, char c)
{
    const char *hit = text.len > 0 ? (const char *)memchr(text.ptr, c, text.len) : NULL;

    return hit ? (size_t)(hit - text.ptr) : text.len;
}
static inline bool ah_str_has(ah_str text, char c)
{
    return ah_str_find(text, c) < text.len;
}
/* Position of the last c, or text.len. */
size_t ah_str_find_last(ah_str text, char c);
/* Without the spaces and tabs at both ends (OWS of RFC 9110 §5.6.3). */
ah_str ah_str_trim(ah_str text);
/* What stands before the first separator; *rest becomes what follows it.  False when *rest
   was used up, which its ptr of NULL says: start with the whole text. */
bool ah_str_split(ah_str *rest, char separator, ah_str *part);

/* Decimal digits only, all of text, no sign; false when empty, other or above 2^64 - 1. */
bool ah_str_to_u64(ah_str text, uint64_t *number);
/* Value of one hexadecimal digit, or -1. */
int ah_hex_value(char c);
/* Whether name is a member of a comma-separated list, ignoring case (RFC 9110 §5.6.1). */
bool ah_str_list_has(ah_str list, ah_str name);

#endif
