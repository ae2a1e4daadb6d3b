/* SPDX-License-Identifier: MIT */
#ifndef AH_BASE_OPTIONS_H
#define AH_BASE_OPTIONS_H
/* Option structs start with their own size, so that programs and library may have been
   built at different times. */
#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>

/* Copies from into *to, whose size is own_size, and zeroes what from does not have.
   from may be NULL: all defaults.  False when from->size is 0 (the struct was not made by
   the macro or its size not set), or when it is a newer and longer struct in which
   something unknown to this library is set. */
bool ah_options_load(void *to, size_t own_size, const void *from);
/* The same without a copy where there is nothing to add: from, which must not be NULL, or else
   room, filled; NULL instead of false. */
const void *ah_options_view(void *room, size_t own_size, const void *from);
/* What false and NULL mean: "<what>: their size is not set, ...", with what such as "options". */
ahttp_error *ah_options_error(const char *what);

#endif
