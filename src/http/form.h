/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_FORM_H
#define AH_HTTP_FORM_H
/* application/x-www-form-urlencoded (WHATWG URL Standard §5.2), for form bodies and query
   parameters: names and values are UTF-8 and need no escaping by the caller. */
#include "base/buf.h"

/* "a=1&b=x+y", appended to out.  pairs ends with {NULL, NULL}; a NULL value gives "name=". */
void ah_form_encode(ah_buf *out, const ahttp_pair *pairs);

#endif
