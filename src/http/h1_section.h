/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_H1_SECTION_H
#define AH_HTTP_H1_SECTION_H
/* A head or a trailer section on its way into a header list.  The parser finds its end, and
   sees to it that its bytes are ones that may stand where they do; then they are copied into
   the arena in one go, and cut up there line by line.  Bytes are copied earlier only where the
   section goes on in a later piece.  Zeroed memory is a section that has taken nothing. */
#include "base/error.h"
#include "http/headers.h"

typedef enum ah_h1_section_result {
    AH_H1_SECTION_OK,
    AH_H1_SECTION_NO_MEMORY,
    AH_H1_SECTION_NOT_HTTP,
    AH_H1_SECTION_LINE_TOO_LONG, /* the start line */
    AH_H1_SECTION_FIELD_TOO_LONG,
    AH_H1_SECTION_TOO_MANY_FIELDS,
    AH_H1_SECTION_NO_NAME,
    AH_H1_SECTION_FOLDED, /* obs-fold of RFC 9112 §5.2 */
    AH_H1_SECTION_BARE_LF /* a line ends in LF without CR */
} ah_h1_section_result;

typedef struct ah_h1_section {
    ah_arena *arena;
    char *saved; /* what earlier pieces brought */
    size_t saved_len;
    size_t saved_cap;
    size_t max_line;  /* bytes of the start line; these three are the owner's to set */
    size_t max_field; /* bytes of a name and its value */
    size_t max_count;
    ah_h1_section_result result; /* what went wrong, for the functions that return false */
} ah_h1_section;

static inline void ah_h1_section_begin(ah_h1_section *section, ah_arena *arena)
{
    section->arena = arena;
    section->saved = NULL;
    section->saved_len = section->saved_cap = 0;
    section->result = AH_H1_SECTION_OK;
}
/* The section goes on behind this piece. */
bool ah_h1_section_keep(ah_h1_section *section, ah_str piece);
/* This piece is its last, and ends in LF: adds its fields to headers.  A head has a status line
   in front, whose reason *reason becomes; NULL for trailers. */
bool ah_h1_section_finish(ah_h1_section *section, ah_str piece, ahttp_headers *headers,
                          ah_str *reason);

/* What went wrong, where the section is called that ("head") and max_fields was the limit of all
   sections. */
ahttp_error *ah_h1_section_error(const ah_h1_section *section, const char *name, size_t max_fields);
/* What is said of what does not begin as it should. */
extern const char AH_H1_NOT_HTTP[];

/* The start of a line, for people to recognise what talks to them; only up to a colon, behind
   which there might be a secret. */
enum { AH_H1_EXCERPT = 32 };
void ah_h1_excerpt(char out[AH_H1_EXCERPT * 4 + 1], ah_str line);

#endif
