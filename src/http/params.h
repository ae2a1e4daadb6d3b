/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_PARAMS_H
#define AH_HTTP_PARAMS_H
/* Parameters of field values: "; name=value; name="quoted \"value\""" (RFC 9110 §5.6.6), read as
   browsers read them: spaces are allowed round everything, a parameter without "=" has an empty
   value, a quoted string that does not end goes on to the end, and what cannot be a parameter
   is passed over. */
#include "base/arena.h"
#include <ahttp/base.h>

typedef struct ah_param {
    ah_str name;
    ah_str value;   /* without the quotes */
    bool is_quoted; /* so that "\" in the value escapes the character behind it */
} ah_param;

/* The next parameter at the front of *text, advancing it.  False when there is none: *text is
   then empty, or starts with end, which is ',' where the field is a list and '\0' elsewhere. */
bool ah_param_next(ah_str *text, char end, ah_param *param);
/* The value in plain, a NUL behind it; NULL when out of memory. */
char *ah_param_value(const ah_param *param, ah_arena *arena);

/* All parameters at the front of *text, in order, names in lower case, {NULL, NULL} behind the
   last.  *text becomes what ah_param_next leaves of it.  NULL when out of memory. */
ahttp_pair *ah_params_read(ah_str *text, char end, ah_arena *arena);
/* The value of the first parameter of that name (in lower case), or NULL. */
const char *ah_params_find(const ahttp_pair *params, const char *name);

/* The value of a parameter whose name ends in "*", "UTF-8'en'%e2%82%ac%20rates" (RFC 8187 §3.2),
   as UTF-8 with a NUL behind it.  Charsets are UTF-8 and ISO-8859-1.  *plain becomes NULL when
   it is no such value or has a NUL in it.  False when out of memory. */
bool ah_param_decode_extended(ah_str value, ah_arena *arena, char **plain);

/* A copy in lower case, a NUL behind it; NULL when out of memory. */
char *ah_copy_lower(ah_arena *arena, ah_str text);

#endif
