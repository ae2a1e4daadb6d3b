/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_MASK_H
#define AH_HTTP_MASK_H
/* What of a field may be shown to people. */
#include "base/buf.h"

/* Whether its value may be a secret: its name has auth, cookie, token, secret, password, session
   or key in it, whatever the case, or is among named, a list that ends with NULL, or NULL.
   WWW-Authenticate and Proxy-Authenticate are none. */
bool ah_mask_is_secret(ah_str name, const char *const *named);

/* Appends value; of URLs in it user and password go: "http://...@host/".  Control characters become
   "?". */
void ah_mask_value(ah_buf *out, ah_str value);

/* Appends "Name: value" like that, or, if it is secret, "Cookie: (23 bytes)". */
void ah_mask_field(ah_buf *out, ah_str name, ah_str value, const char *const *named);

#endif
