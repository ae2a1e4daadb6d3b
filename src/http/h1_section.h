/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_H1_SECTION_H
#define AH_HTTP_H1_SECTION_H
/* A head or a trailer section on its way into a header list.  While it arrives, only the
   places of names and values are noted, as offsets; when it is complete, its bytes are copied
   into the arena in one go and cut up there.  Bytes are copied earlier only where the section
   goes on in a later piece of input.  Zeroed memory is a section that has taken nothing. */
#include "http/headers.h"

typedef enum ah_h1_section_result {
    AH_H1_SECTION_OK,
    AH_H1_SECTION_NO_MEMORY,
    AH_H1_SECTION_LINE_TOO_LONG, /* the start line */
    AH_H1_SECTION_FIELD_TOO_LONG,
    AH_H1_SECTION_TOO_MANY_FIELDS,
    AH_H1_SECTION_NO_NAME,
    AH_H1_SECTION_FOLDED, /* obs-fold of RFC 9112 §5.2 */
    AH_H1_SECTION_BARE_LF /* a line ends in LF without CR */
} ah_h1_section_result;

typedef struct ah_h1_field_mark {
    uint32_t name, name_len;
    uint32_t value, value_len; /* value 0: none yet, the name goes on */
} ah_h1_field_mark;

typedef struct ah_h1_section {
    ah_arena *arena;
    char *saved; /* what earlier pieces brought */
    size_t saved_len;
    size_t saved_cap;
    const char *piece; /* where the piece at hand starts */
    ah_h1_field_mark *marks;
    size_t count;
    size_t cap;
    size_t max_line;  /* bytes of the start line; these three are the owner's to set */
    size_t max_field; /* bytes of a name and its value */
    size_t max_count;
    uint32_t reason, reason_len;
    ah_h1_section_result result; /* what went wrong, for all functions that return false */
} ah_h1_section;

void ah_h1_section_release(ah_h1_section *section);
/* Ready for a section that is not longer than 2^32 - 1 bytes. */
void ah_h1_section_begin(ah_h1_section *section, ah_arena *arena);

/* The next bytes of the section are looked at from here on. */
static inline void ah_h1_section_look_at(ah_h1_section *section, const char *piece)
{
    section->piece = piece;
}

/* Parts found in the piece at hand; one that goes on in a later piece comes in parts. */
bool ah_h1_section_reason(ah_h1_section *section, ah_str part);
bool ah_h1_section_name(ah_h1_section *section, ah_str part);
bool ah_h1_section_value(ah_h1_section *section, ah_str part);

/* The section goes on in a later piece: keep the len bytes of this one. */
bool ah_h1_section_keep(ah_h1_section *section, size_t len);
/* The section ends len bytes into the piece at hand: add its fields to headers, and set
 *reason (if not NULL). */
bool ah_h1_section_finish(ah_h1_section *section, size_t len, ahttp_headers *headers,
                          ah_str *reason);

#endif
