/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_PAIRS_H
#define AH_HTTP_PAIRS_H
/* Fields as programs give them: lists of names and values that end with {NULL, NULL}. */
#include "base/buf.h"
#include "base/error.h"
#include <ahttp/base.h>

/* NULL, or what is wrong with the field *name.  A value of NULL is none. */
const char *ah_pairs_check(const ahttp_pair *pairs, const char **name);
/* Whether there is one of that name, with a value or without. */
bool ah_pairs_have(const ahttp_pair *pairs, ah_str name);
/* The same check for what a program's function wants to be added to a request: nothing of what
   frames it or says where it goes.  NULL, or an error that begins with what. */
ahttp_error *ah_pairs_check_added(const ahttp_pair *pairs, const char *what);
/* "Name: value\r\n" for each. */
void ah_pairs_write(ah_buf *out, const ahttp_pair *pairs);

#endif
