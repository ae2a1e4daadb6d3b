/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_FORM_H
#define AH_HTTP_FORM_H
/* application/x-www-form-urlencoded (WHATWG URL Standard §5.2), for form bodies and query
   parameters: names and values are UTF-8 and need no escaping by the caller.  Lists of pairs
   end with {NULL, NULL}; a NULL value gives "name=". */
#include "base/buf.h"

/* "a=1&b=x+y", appended to out. */
void ah_form_encode(ah_buf *out, const ahttp_pair *pairs);

/* The same in two steps, for other kinds of memory: how many bytes it takes, and writing
   them (no NUL); returns the end. */
size_t ah_form_size(const ahttp_pair *pairs);
char *ah_form_write(char *at, const ahttp_pair *pairs);

#endif
