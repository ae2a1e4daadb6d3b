/* SPDX-License-Identifier: MIT */
#ifndef AH_COOKIES_FILE_H
#define AH_COOKIES_FILE_H
/* Cookies as text, to be kept between two runs of a program.  JSON has all that a cookie has; the
   other form is Netscape's cookies.txt, which other programs know: it has no room for SameSite, and
   none for cookies with a tab in name or path, which are left out. */
#include "base/buf.h"
#include <ahttp/cookies.h>

typedef enum ah_cookie_format { AH_COOKIES_JSON, AH_COOKIES_NETSCAPE } ah_cookie_format;

typedef struct ah_cookie_writer {
    ah_buf *out; /* remembers running out of memory */
    ah_cookie_format format;
    bool has_one;
} ah_cookie_writer;

void ah_cookies_write_begin(ah_cookie_writer *writer, ah_buf *out, ah_cookie_format format);
/* An ahttp_cookie_fn; always true. */
bool ah_cookies_write(const ahttp_cookie *cookie, void *writer);
void ah_cookies_write_end(ah_cookie_writer *writer);

/* Calls fn with each cookie of a text in either form; what it points to is valid during the call,
   and nothing of it has been looked at.  Lines and members that are none are passed over.  NULL;
   or why the text is no such file, AH_JSON_NO_MEMORY included. */
const char *ah_cookies_read(ah_str text, ahttp_cookie_fn *fn, void *ctx);

#endif
