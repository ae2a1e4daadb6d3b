/* SPDX-License-Identifier: MIT */
#ifndef AH_NET_TRANSPORT_H
#define AH_NET_TRANSPORT_H
/* A byte stream below HTTP: TCP, a Unix socket, TLS over either, a tunnel through a proxy,
   or bytes that a test scripted.  It behaves like a non-blocking socket: read and write do
   what they can at once, want says which readiness to be told of.  So one transport can sit
   on another, and the owner decides when and into which memory bytes are read. */
#include "base/error.h"
#include "base/str.h"

/* Besides a count: */
enum {
    AH_IO_END = 0,    /* read: the peer has ended its side in good order */
    AH_IO_AGAIN = -1, /* nothing now: wait for readiness */
    AH_IO_FAILED = -2 /* broken for good: failure() says why */
};

typedef struct ah_transport ah_transport;
typedef struct ah_peer_facts ah_peer_facts;
/* Readiness, as AH_READABLE and AH_WRITABLE bits of loop/poll.h.  Called from the loop, never
   from inside read, write or want.  The callee may close the transport. */
typedef void ah_transport_ready_fn(void *ctx, unsigned events);
/* ready will be called shortly: fetches what that will touch (ah_fetch), and does nothing else. */
typedef void ah_transport_ahead_fn(void *ctx);

typedef struct ah_transport_ops {
    /* Reads at most cap bytes (cap > 0).  A count below cap means that for now there is no
       more: a second read right away would say AGAIN. */
    ptrdiff_t (*read)(ah_transport *transport, char *buf, size_t cap);
    /* Writes the parts in order; fewer bytes than they have means: the rest when writable. */
    ptrdiff_t (*write)(ah_transport *transport, const ah_str *parts, size_t count);
    /* Whether some of what was written has not left yet; readiness to write is told when it has.
       NULL: never. */
    bool (*holds)(const ah_transport *transport);
    /* Nothing more will be written.  True: not all has left yet; call it again when writable,
       before close.  NULL: there is nothing to say, and nothing is held. */
    bool (*finish)(ah_transport *transport);
    /* Which events ready is called for from now on; level-triggered; replaces the last ones. */
    void (*want)(ah_transport *transport, unsigned events);
    /* Why the last read or write failed, made for the caller. */
    ahttp_error *(*failure)(ah_transport *transport);
    /* Whether the loop may end while this is open (an idle connection). */
    void (*set_background)(ah_transport *transport, bool background);
    /* Nothing is under way on it for now: memory that it can do without may go.  NULL: none can. */
    void (*rest)(ah_transport *transport);
    /* Ends it, in good order where that takes no waiting; frees it when it can be.  ready is
       not called again. */
    void (*close)(ah_transport *transport);
    /* "127.0.0.1:80", for messages; valid as long as the transport. */
    const char *(*peer)(ah_transport *transport);
    /* Adds what it knows of both ends (net/peer.h); NULL: nothing. */
    void (*facts)(ah_transport *transport, ah_peer_facts *facts);
} ah_transport_ops;

/* The first member of every transport. */
struct ah_transport {
    const ah_transport_ops *ops;
    ah_transport_ready_fn *ready;
    ah_transport_ahead_fn *ahead; /* set by an owner that has something to fetch, or NULL */
    void *ctx;
};

/* Who is told from now on, before want; NULL for ready: nobody. */
static inline void ah_transport_set_owner(ah_transport *transport, ah_transport_ready_fn *ready,
                                          void *ctx)
{
    transport->ready = ready;
    transport->ahead = NULL;
    transport->ctx = ctx;
}

static inline void ah_transport_look_ahead(const ah_transport *transport)
{
    if (transport->ahead)
        transport->ahead(transport->ctx);
}

static inline ptrdiff_t ah_transport_read(ah_transport *transport, char *buf, size_t cap)
{
    return transport->ops->read(transport, buf, cap);
}

static inline ptrdiff_t ah_transport_write(ah_transport *transport, const ah_str *parts,
                                           size_t count)
{
    return transport->ops->write(transport, parts, count);
}

static inline bool ah_transport_holds(const ah_transport *transport)
{
    return transport->ops->holds && transport->ops->holds(transport);
}

static inline bool ah_transport_finish(ah_transport *transport)
{
    return transport->ops->finish && transport->ops->finish(transport);
}

static inline void ah_transport_want(ah_transport *transport, unsigned events)
{
    transport->ops->want(transport, events);
}

static inline ahttp_error *ah_transport_failure(ah_transport *transport)
{
    return transport->ops->failure(transport);
}

static inline void ah_transport_set_background(ah_transport *transport, bool background)
{
    transport->ops->set_background(transport, background);
}

static inline void ah_transport_rest(ah_transport *transport)
{
    if (transport->ops->rest)
        transport->ops->rest(transport);
}

/* NULL is fine. */
static inline void ah_transport_close(ah_transport *transport)
{
    if (transport)
        transport->ops->close(transport);
}

static inline const char *ah_transport_peer(ah_transport *transport)
{
    return transport->ops->peer(transport);
}

static inline void ah_transport_facts(ah_transport *transport, ah_peer_facts *facts)
{
    if (transport->ops->facts)
        transport->ops->facts(transport, facts);
}

#endif
