/* SPDX-License-Identifier: MIT */
#ifndef AH_COOKIES_QUOTE_H
#define AH_COOKIES_QUOTE_H
/* Values that programs give, on their way into a Cookie field.  Values that came from a server
   go back as they came. */
#include "base/buf.h"

/* Whether it may be sent as it is: cookie-octets, perhaps in quotes (RFC 6265 §4.1.1). */
bool ah_cookie_value_is_plain(ah_str value);
/* Appends it, in quotes if need be: there, "\" stands before quotes and backslashes, and three
   octal digits behind "\" for a byte that cannot be sent.  Python's http.cookies does that, and
   many servers undo it. */
void ah_cookie_quote(ah_buf *out, ah_str value);

#endif
