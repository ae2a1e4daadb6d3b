/* SPDX-License-Identifier: MIT */
#ifndef AH_BASE_UTF8_H
#define AH_BASE_UTF8_H
/* Which bytes are UTF-8 (Unicode Standard, table 3-7): no overlong forms, no surrogates,
   nothing above U+10FFFF. */
#include "base/buf.h"

#define AH_UTF8_REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* How many bytes at the front of text are ASCII. */
size_t ah_ascii_span(ah_str text);
/* For the next one, of which start bytes are valid. */
size_t ah_utf8_span_from(ah_str text, size_t start);
/* How many bytes at the front of text are whole and valid characters. */
static inline size_t ah_utf8_span(ah_str text)
{
    size_t ascii = ah_ascii_span(text);

    return ascii == text.len ? ascii : ah_utf8_span_from(text, ascii);
}
static inline bool ah_utf8_is_valid(ah_str text)
{
    return ah_utf8_span(text) == text.len;
}
/* How many bytes at the front of text, which are no valid character, make one mistake: the
   longest start of a character, or 1 (Unicode Standard §3.9, "maximal subpart"); 0 when text
   is empty. */
size_t ah_utf8_bad_span(ah_str text);
/* Appends text with U+FFFD for each mistake. */
void ah_utf8_append_replaced(ah_buf *out, ah_str text);
/* Writes text, which is ISO-8859-1, as UTF-8: at most twice as many bytes.  Returns the end. */
char *ah_utf8_write_latin1(char *at, ah_str text);

#endif
