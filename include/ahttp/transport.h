/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_TRANSPORT_H
#define AHTTP_TRANSPORT_H
/* A byte stream of your own below HTTP, instead of a socket: in memory, a channel of SSH, a
   tunnel.  A connector's connect function gives one for each connection; with https, TLS is
   spoken over it. */
#include <ahttp/loop.h>
AHTTP_BEGIN

typedef struct ahttp_transport ahttp_transport;

/* How the stream works: like a socket that does not block.  The library calls these from where it
   stands, so they must not call it back, but for ahttp_transport_ready. */

/* How many bytes were read, at most cap, which is above 0; 0: the other side has ended in good
   order; -EAGAIN: none now; another negative errno: broken. */
typedef ptrdiff_t ahttp_transport_read_fn(void *stream, char *buf, size_t cap);
/* How many of the bytes were taken, at least 1; -EAGAIN, or another negative errno. */
typedef ptrdiff_t ahttp_transport_write_fn(void *stream, const char *bytes, size_t len);
/* Called once, at last: nothing else is called any more. */
typedef void ahttp_transport_close_fn(void *stream);

typedef struct ahttp_transport_ops {
    size_t size; /* sizeof this struct */
    ahttp_transport_read_fn *read;
    ahttp_transport_write_fn *write;
    ahttp_transport_close_fn *close;
} ahttp_transport_ops;

/* ops must outlive it; peer is copied: how messages call the other side, "ssh:db".  NULL when out
   of memory, or when ops->size is not set: the stream stays yours then. */
AHTTP_API ahttp_transport *ahttp_transport_new(ahttp_loop *loop, const ahttp_transport_ops *ops,
                                               void *stream, const char *peer);
/* The stream said -EAGAIN, and that may have changed: it is tried again, from the loop.  To be
   called on the loop's thread, at any time until close; once too often does no harm. */
AHTTP_API void ahttp_transport_ready(ahttp_transport *transport);
/* For one that no connector got.  NULL does nothing.  An ahttp_free_fn, for
   ahttp_promise_resolve. */
AHTTP_API void ahttp_transport_free(void *transport);

AHTTP_END
#endif
