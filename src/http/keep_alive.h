/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_KEEP_ALIVE_H
#define AH_HTTP_KEEP_ALIVE_H
/* The field Keep-Alive, by which a server says how long it keeps an idle connection:
   "timeout=5, max=100" (RFC 2068 §19.7.1). */
#include "http/headers.h"

enum {
    AH_KEEP_ALIVE_UNKNOWN = 0,
    AH_KEEP_ALIVE_NOT_AT_ALL = -1 /* not for long enough to be used again */
};

/* Milliseconds that an idle connection may be used for, a second less than the server says, so
   that a request does not cross its closing; or one of the above. */
int64_t ah_keep_alive_ms(const ahttp_headers *fields);

#endif
