/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_URL_ESCAPE_H
#define AH_HTTP_URL_ESCAPE_H
/* What cannot stand in a request line becomes "%XX": spaces, control characters and bytes above
   0x7E. */
#include "base/str.h"

/* How many bytes of text become three. */
size_t ah_url_count_escapes(ah_str text);
/* Writes text, which has so many; where it ends. */
char *ah_url_put_escaped(char *at, ah_str text, size_t escapes);

static inline char *ah_url_put(char *at, ah_str text)
{
    if (text.len > 0)
        memcpy(at, text.ptr, text.len);
    return at + text.len;
}

/* Whether none of eight bytes needs an escape or is "#".  Each line leaves the top bit of
   some byte set if one is: those above 0x7E; those below 0x21; those equal to "#". */
static inline bool ah_url_are_plain(const char *eight)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t word;

    memcpy(&word, eight, sizeof word);
    uint64_t hash = word ^ ones * '#';
    uint64_t hits = word | (word + ones);
    hits |= (word - ones * 0x21) & ~word;
    hits |= (hash - ones) & ~hash;
    return (hits & ones << 7) == 0;
}
/* The same of a whole text. */
bool ah_url_is_plain(ah_str text);

#endif
