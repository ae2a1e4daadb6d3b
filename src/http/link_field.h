/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_LINK_FIELD_H
#define AH_HTTP_LINK_FIELD_H
/* The field Link (RFC 8288 §3), read as its appendix B says. */
#include "http/headers.h"
#include "http/params.h"

/* All texts have a NUL behind them and live in the arena. */
typedef struct ah_web_link {
    ah_str target;            /* as given: often relative to the URL of the response */
    ah_str rel;               /* of the first parameter "rel": one or more words; may be empty */
    const ahttp_pair *params; /* in order, names in lower case, "rel" among them, values of names
                                 that end in "*" decoded; {NULL, NULL} behind the last */
} ah_web_link;

/* The links of all Link fields, in order.  False when out of memory. */
bool ah_links_read(const ahttp_headers *fields, ah_arena *arena, const ah_web_link **links,
                   size_t *count);

/* Whether relation ("next") is one of the words of link->rel, without regard to case. */
bool ah_web_link_is(const ah_web_link *link, ah_str relation);

#endif
