/* SPDX-License-Identifier: MIT */
#ifndef AH_COOKIES_DATE_H
#define AH_COOKIES_DATE_H
/* Dates as servers write them in Expires, in whatever form (RFC 6265 §5.1.1). */
#include "base/str.h"

/* *seconds becomes the time since 1970-01-01 00:00:00 UTC, whatever zone the text names.
   False when text is no date. */
bool ah_cookie_date_read(ah_str text, int64_t *seconds);

#endif
