/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_DUPLEX_H
#define AHTTP_DUPLEX_H
/* A connection after HTTP: what is left when the server has answered 101 to an `upgrade`, or
   2xx to CONNECT (RFC 9110 §7.8, §9.3.6).  Bytes go both ways as they are. */
#include <ahttp/response.h>
AHTTP_BEGIN

typedef struct ahttp_duplex ahttp_duplex;

/* The connection of that response, now the caller's to close; it outlives the response, which
   is unref'd as always, and the session.  NULL if the response is not such a one, its connection
   was taken before, its session was closed, or there is no memory (then ask again). */
AHTTP_API ahttp_duplex *ahttp_response_take_duplex(ahttp_response *response);

/* What has arrived, at least one byte, the bytes behind the response first; len 0: the peer
   has ended its side.  One read at a time.  Cancelling loses nothing.
   Resolves to: const ahttp_bytes *, borrowed, valid until the next read or the close. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_duplex_read(ahttp_duplex *duplex);
/* Resolves to nothing, when the system has taken all the bytes, which are copied.  Writes go
   out in the order of the calls.  Cancelling one that has begun closes the connection. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_duplex_write(ahttp_duplex *duplex, ahttp_bytes bytes);
/* Closes the connection and frees it; what is pending fails with E_CLOSED.  TLS's close_notify goes
   out behind what had begun; a peer that is slow to take it is given a second by the loop, unless
   that is closed.  NULL does nothing. */
AHTTP_API void ahttp_duplex_close(ahttp_duplex *duplex);

AHTTP_END
#endif
