/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_COMMAND_GLOB_H
#define AHTTP_COMMAND_GLOB_H
/* URLs with patterns: {one,two}, [1-10], [001-100:10], [a-z:2]. */
#include "text.h"
#include <stdint.h>

typedef struct glob glob;

/* One URL when literal (--globoff).  NULL, and *why what is wrong and where. */
glob *glob_new(const char *pattern, bool literal, text *why);
/* "position 7:", the pattern, and a mark beneath it. */
void glob_point_at(text *out, const char *pattern, size_t at);
void glob_free(glob *glob);
uint64_t glob_count(const glob *glob);
/* The URL of that number, from 0; to be freed. */
char *glob_url(const glob *glob, uint64_t number);
/* Appends a file name in which #1, #2, ... and #<name> stand for what the patterns are in that
   URL; those that the glob does not have stay. */
void glob_name(text *out, const glob *glob, const char *template, uint64_t number);
bool glob_has_name(const glob *glob, const char *name, size_t len);

#endif
