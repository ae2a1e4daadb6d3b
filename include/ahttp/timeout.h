/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_TIMEOUT_H
#define AHTTP_TIMEOUT_H
/* How long a request may take, part by part (aiohttp's ClientTimeout). */
#include <ahttp/base.h>
AHTTP_BEGIN

/* Milliseconds, to the millisecond; AHTTP_NEVER turns a limit off, and 0 means: as the session
   has it, or else the default.  So a request's fields override the session's one by one.

   Each limit fails with a code of its own, and the error says how long it really was.  Whatever
   exceeds a limit closes its connection.  Where aiohttp has the same limit, its name stands
   behind it; its `connect` is pool, dns, connect and tls together. */
typedef struct ahttp_timeout {
    int64_t total_ms;      /* from the call to the body's end, with all redirects and resends;
                              default 300000.  E_TOTAL_TIMEOUT says what it was doing.  (total) */
    int64_t connect_ms;    /* connecting by TCP to one of the host's addresses; and anew for each
                              proxy to open the way; default 30000.  E_CONNECT_TIMEOUT lists
                              the addresses that were tried.  (sock_connect) */
    int64_t pool_ms;       /* waiting for other requests to leave a connection, or room for one;
                              default none.  E_POOL_TIMEOUT */
    int64_t dns_ms;        /* from the host's name to its addresses; default 30000.
                              E_DNS_TIMEOUT */
    int64_t tls_ms;        /* shaking hands; default 30000.  E_TLS_TIMEOUT (sock_connect) */
    int64_t write_ms;      /* longest gap in which the peer takes no byte of what is ready to be
                              sent; default none.  E_WRITE_TIMEOUT */
    int64_t first_byte_ms; /* from the end of the request to the first byte of the response;
                              default as read_ms, and then that one's code.
                              E_FIRST_BYTE_TIMEOUT */
    int64_t read_ms;       /* longest gap between the bytes of a response, while somebody wants
                              them: not when nobody reads the body, so that reading stopped;
                              default none.  E_READ_TIMEOUT (sock_read) */
} ahttp_timeout;

AHTTP_END
#endif
