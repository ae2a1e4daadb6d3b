/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_BASE64_H
#define AH_HTTP_BASE64_H
/* RFC 4648 §4, with padding. */
#include "base/buf.h"

void ah_base64_encode(ah_buf *out, ah_str bytes);

#endif
