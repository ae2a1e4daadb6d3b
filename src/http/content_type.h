/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_CONTENT_TYPE_H
#define AH_HTTP_CONTENT_TYPE_H
/* What kind of thing a body is (RFC 9110 §8.3). */
#include "http/params.h"

/* Texts have a NUL behind them, but for type and subtype, and live in the arena. */
typedef struct ah_content_type {
    ah_str essence;           /* "text/html", in lower case */
    ah_str type;              /* "text", a part of it */
    ah_str subtype;           /* "html", likewise */
    ah_str charset;           /* the parameter in lower case; ptr NULL: none, or an empty one */
    const ahttp_pair *params; /* in order, names in lower case; {NULL, NULL} behind the last */
} ah_content_type;

/* False when out of memory.  text may be no media type at all, or empty, or ptr NULL: then the
   type is application/octet-stream without parameters. */
bool ah_content_type_read(ah_content_type *type, ah_arena *arena, ah_str text);

/* "application/json" and everything with the suffix "+json". */
bool ah_content_type_is_json(const ah_content_type *type);
/* Whether a program that expects this type takes it: "application/json" as above, others by
   type and subtype, without regard to case.  Parameters of expected do not count. */
bool ah_content_type_is(const ah_content_type *type, ah_str expected);

#endif
