/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_H1_REPAIR_H
#define AH_HTTP_H1_REPAIR_H
/* What the lenient switch accepts in heads and trailers (docs/strictness.md): a section is
   collected whole and put right where that is possible; what comes out is then read as
   strictly as any other.  So leniency is one function from text to text. */
#include "base/arena.h"

/* Looking for the end of a section in pieces of it.  Zeroed memory is its start. */
typedef struct ah_h1_lines {
    size_t len;      /* bytes of the line at hand */
    bool ends_in_cr; /* so far */
    bool has_begun;  /* a line that is not empty has come */
} ah_h1_lines;

/* Whether the empty line that ends the section ends in this piece, which goes on where the
   last one ended; *used becomes how many of its bytes belong to the section. */
bool ah_h1_lines_find_end(ah_h1_lines *lines, ah_str piece, size_t *used);

/* The section (with its empty line; with a status line in front, if it has one) put right, in
   the arena; the same text where nothing had to be.  False when out of memory. */
bool ah_h1_repair(ah_arena *arena, ah_str section, bool has_status_line, ah_str *repaired);
/* Whether more than line ends was put right. */
bool ah_h1_was_repaired(ah_str section, ah_str repaired);

#endif
