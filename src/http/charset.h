/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_CHARSET_H
#define AH_HTTP_CHARSET_H
/* Text in any charset as UTF-8.  UTF-8 itself is checked here, all others are converted by
   iconv, the one door to it; what iconv needs for itself comes from malloc.

   Which charset: what Content-Type says if that is known; else UTF-8 for JSON (RFC 8259 §8.1);
   else what the program's resolver says; else UTF-8. */
#include "base/buf.h"
#include "base/error.h"
#include "http/content_type.h"

#define AH_CHARSET_UTF8 AH_STR("utf-8")

/* The first two steps of the above; ptr NULL: ask the resolver. */
ah_str ah_charset_said_by(const ah_content_type *type);

/* Whether ah_charset_to_utf8 can convert from it. */
bool ah_charset_is_known(ah_str name);
/* Whether it is a name of UTF-8, so that text which ah_utf8_is_valid and has no byte order mark
   needs no converting. */
bool ah_charset_is_utf8(ah_str name);

typedef enum ah_charset_mode {
    AH_CHARSET_STRICT, /* bytes that are no characters are an error */
    AH_CHARSET_REPLACE /* U+FFFD takes their place */
} ah_charset_mode;

/* Appends bytes as UTF-8 to out, but for a byte order mark at their start.  NULL, or an error:
   CHARSET "decode text: byte 17 is not valid utf-8", UNSUPPORTED for a charset that is not
   known, NO_MEMORY. */
ahttp_error *ah_charset_to_utf8(ah_buf *out, ah_str charset, ah_str bytes, ah_charset_mode mode);

#endif
