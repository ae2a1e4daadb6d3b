/* SPDX-License-Identifier: MIT */
#ifndef AH_NET_DIAL_H
#define AH_NET_DIAL_H
/* Opening a TCP connection to the first of several addresses that answers: Happy Eyeballs,
   RFC 8305 §5.  The next address is tried after delay_ms or as soon as one has failed;
   earlier attempts go on, at most 6 at once; the first to connect wins and the others are
   closed.  When all fail, the error lists each address with its reason and its milliseconds.

   Where a limit is known and silent addresses keep others from being tried (one by one, or 6 at
   once), the oldest attempt is given up after its share of the time. */
#include "base/buf.h"
#include "dns/address.h"
#include "loop/loop.h"
#include "net/socket_setup.h"
#include "net/transport.h"

typedef struct ah_dial ah_dial;

typedef struct ah_dial_options {
    int64_t delay_ms;               /* between attempts; 0: 250; AHTTP_NEVER: one after the other */
    int64_t limit_ms;               /* after which the caller will cancel; AHTTP_NEVER or 0: none */
    const char *name;               /* what is dialled, for messages: "example.com:80" */
    const ah_socket_setup *sockets; /* outlives the dial; NULL: nothing special */
} ah_dial_options;

/* Either a connected transport, which the callee takes over, or an error. Called once, never
   inside ah_dial_start; the dial is gone by then. */
typedef void ah_dial_fn(void *ctx, ah_transport *transport, ahttp_error *error);

/* The addresses are copied.  NULL when out of memory. */
ah_dial *ah_dial_start(ahttp_loop *loop, const ah_dial_options *options,
                       const ah_address *addresses, size_t count, ah_dial_fn *done, void *ctx);
/* The same to a Unix socket; "@name" is in the abstract namespace.  *error says more than that
   memory is out, such as that the path is too long. */
ah_dial *ah_dial_start_unix(ahttp_loop *loop, const ah_dial_options *options, const char *path,
                            ah_dial_fn *done, void *ctx, ahttp_error **error);
/* Appends what was tried so far, to explain a time limit: ": [::1]:80 connection refused after
   0 ms, 127.0.0.1:80 no answer after 30000 ms".  Nothing when there was just one attempt. */
void ah_dial_describe(const ah_dial *dial, ah_buf *text);
/* The last one that was tried, also of Unix sockets; "" while there is none. */
enum { AH_DIAL_ADDRESS_TEXT = 128 };
void ah_dial_last_address(const ah_dial *dial, char text[AH_DIAL_ADDRESS_TEXT]);
/* Closes all attempts; done is not called. */
void ah_dial_cancel(ah_dial *dial);

#endif
