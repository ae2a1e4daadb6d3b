/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CONN_FAKE_TRANSPORT_H
#define TESTS_CONN_FAKE_TRANSPORT_H
/* A transport without a socket: the test says what arrives, how much a write takes and what
   breaks, and sees what was written and watched. */
#include "base/buf.h"
#include "base/mem.h"
#include "loop/poll.h"
#include "net/peer.h"
#include <stdio.h>

typedef struct fake_transport {
    ah_transport base;
    ah_buf incoming, written;
    size_t write_room;  /* what writes may still take */
    size_t writes;      /* so far */
    size_t most_a_read; /* 0: all */
    unsigned wanted;
    bool ends, breaks_reads, breaks_writes, closed, background;
} fake_transport;

static ptrdiff_t fake_read(ah_transport *base, char *buf, size_t cap)
{
    fake_transport *t = (fake_transport *)base;
    size_t count = t->incoming.len < cap ? t->incoming.len : cap;

    if (t->most_a_read > 0 && count > t->most_a_read)
        count = t->most_a_read;
    if (count > 0) {
        memcpy(buf, t->incoming.data, count);
        ah_buf_consume(&t->incoming, count);
        return (ptrdiff_t)count;
    }
    return t->breaks_reads ? AH_IO_FAILED : t->ends ? AH_IO_END : AH_IO_AGAIN;
}

static ptrdiff_t fake_write(ah_transport *base, const ah_str *parts, size_t count)
{
    fake_transport *t = (fake_transport *)base;
    size_t taken = 0;

    t->writes++;
    if (t->breaks_writes)
        return AH_IO_FAILED;
    for (size_t i = 0; i < count; i++) {
        ah_str part = ah_str_slice(parts[i], 0, t->write_room);
        ah_buf_append(&t->written, part);
        t->write_room -= part.len;
        taken += part.len;
    }
    return taken > 0 ? (ptrdiff_t)taken : AH_IO_AGAIN;
}

static void fake_want(ah_transport *base, unsigned events)
{
    ((fake_transport *)base)->wanted = events;
}

static ahttp_error *fake_failure(ah_transport *base)
{
    (void)base;
    return ah_error_new(AHTTP_E_DISCONNECTED, "use fake:1: connection reset by peer");
}

static void fake_set_background(ah_transport *base, bool background)
{
    ((fake_transport *)base)->background = background;
}

static void fake_close(ah_transport *base)
{
    ((fake_transport *)base)->closed = true;
}

static const char *fake_peer(ah_transport *base)
{
    (void)base;
    return "fake:1";
}

static void fake_facts(ah_transport *base, ah_peer_facts *facts)
{
    (void)base;
    facts->address = "fake:1";
}

static void fake_init(fake_transport *t)
{
    static const ah_transport_ops ops = {.read = fake_read,
                                         .write = fake_write,
                                         .want = fake_want,
                                         .failure = fake_failure,
                                         .set_background = fake_set_background,
                                         .close = fake_close,
                                         .peer = fake_peer,
                                         .facts = fake_facts};

    *t = (fake_transport){.base.ops = &ops, .write_room = SIZE_MAX};
}

static void fake_release(fake_transport *t)
{
    ah_buf_release(&t->incoming);
    ah_buf_release(&t->written);
}

/* As the loop would: tells of readiness that is there and wanted, until there is none. */
static void fake_turn(fake_transport *t)
{
    for (int i = 0; i < 100000 && !t->closed; i++) {
        unsigned events = 0;
        if (t->incoming.len > 0 || t->ends || t->breaks_reads)
            events |= AH_READABLE;
        if (t->write_room > 0)
            events |= AH_WRITABLE;
        events &= t->wanted;
        if (!events)
            return;
        t->base.ready(t->base.ctx, events);
    }
}

static inline void fake_arrives(fake_transport *t, const char *bytes)
{
    ah_buf_append(&t->incoming, ah_str_from(bytes));
    fake_turn(t);
}

#endif
