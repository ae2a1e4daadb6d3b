/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_JSON_H
#define AH_HTTP_JSON_H
/* The JSON (RFC 8259) of the library's own files.  Programs bring a parser of theirs. */
#include "base/arena.h"
#include "base/buf.h"

typedef enum ah_json_kind {
    AH_JSON_NULL,
    AH_JSON_FALSE,
    AH_JSON_TRUE,
    AH_JSON_NUMBER,
    AH_JSON_STRING,
    AH_JSON_ARRAY,
    AH_JSON_OBJECT
} ah_json_kind;

typedef struct ah_json ah_json;
struct ah_json {
    ah_json_kind kind;
    ah_str name;    /* of a member of an object, decoded */
    ah_str text;    /* of a string, decoded and with a NUL behind it; of a number, as written */
    ah_json *first; /* of an array or object */
    ah_json *next;  /* in the same array or object */
};

/* All of text is one value, no deeper than 64.  NULL, and *why says what is wrong; "out of
   memory" is AH_JSON_NO_MEMORY, to be compared by address. */
extern const char AH_JSON_NO_MEMORY[];
const ah_json *ah_json_read(ah_arena *arena, ah_str text, const char **why);

/* The first member of that name, or NULL; also when object is NULL, or none. */
const ah_json *ah_json_member(const ah_json *object, const char *name);
/* What the member is, or the default when there is none of that kind. */
const char *ah_json_member_text(const ah_json *object, const char *name);
int64_t ah_json_member_integer(const ah_json *object, const char *name);
bool ah_json_member_is_true(const ah_json *object, const char *name);

/* A string with its quotes; bytes that are no UTF-8 become U+FFFD. */
void ah_json_write_string(ah_buf *out, ah_str text);

#endif
