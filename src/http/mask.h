/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_MASK_H
#define AH_HTTP_MASK_H
/* What of a field may be shown to people. */
#include "base/buf.h"

/* Whether its value may be a secret: its name has auth, cookie, token, secret, password, session
   or key in it, whatever the case.  WWW-Authenticate and Proxy-Authenticate are none. */
bool ah_mask_is_secret(ah_str name);

/* Appends "Name: value" without what is secret: "Cookie: (23 bytes)", and of URLs in a value user
   and password: "Location: http://...@host/".  Control characters become "?". */
void ah_mask_field(ah_buf *out, ah_str name, ah_str value);

#endif
