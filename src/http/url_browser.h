/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_URL_BROWSER_H
#define AH_HTTP_URL_BROWSER_H
/* URLs as browsers read them (WHATWG URL Standard §4.4), for links in pages and typed addresses.
   The text is rewritten first, to one that says the same to every reader, and that is then read
   like any other. */
#include "http/url.h"

/* What text means in a document of base, which may be NULL; text may be relative only if base is
   there.  User and password are base's where the authority is.  The URL's scheme may be ws or wss,
   and its port 0: what ah_url_parse_value reads, and ah_url_parse refuses.  NULL, or a reason as
   of ah_url_parse. */
const char *ah_url_parse_as_browser(ah_url *url, ah_arena *arena, const ah_url *base, ah_str text);

/* ---- http/url_browser_host.c ---- */

/* Appends the host that text means (§3.5): escapes undone, A-labels, numbers that are an IPv4
   address in whatever way as four decimal ones; IPv6 addresses stand in brackets, without a
   zone. */
const char *ah_url_append_browser_host(ah_buf *out, ah_arena *arena, ah_str text);

#endif
