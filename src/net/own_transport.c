/* SPDX-License-Identifier: MIT */
/* A program's stream as a transport.  Whether it can be read and written is known only from
   what it said last, so it is tried from a job for as long as it did not say "again". */
#include "net/own_transport.h"
#include "base/mem.h"
#include "base/options.h"
#include "loop/log.h"
#include "loop/loop.h"
#include "loop/poll.h"
#include "net/peer.h"
#include <errno.h>

struct ahttp_transport {
    ah_transport base;
    ahttp_loop *loop;
    ahttp_transport_ops ops;
    void *stream;
    ah_job job;            /* tells the owner what it may try */
    unsigned wanted;       /* readiness that the owner wants to be told of */
    unsigned ready;        /* what has not said "again" since it was tried last */
    int failure;           /* negative errno */
    const char *failed_at; /* "read from" or "write to" */
    bool background;
    bool holds; /* keeps the loop alive */
    bool is_telling;
    bool closed;
    char peer[];
};

static ahttp_transport *of(ah_transport *transport)
{
    return AH_CONTAINER(transport, ahttp_transport, base);
}

/* While the owner waits for it in the foreground, the loop goes on. */
static void update_hold(ahttp_transport *self)
{
    bool holds = self->wanted != 0 && !self->background && !self->closed;

    if (holds && !self->holds)
        ah_loop_hold(self->loop);
    if (!holds && self->holds)
        ah_loop_unhold(self->loop);
    self->holds = holds;
}

static void tell_soon(ahttp_transport *self)
{
    if (self->wanted & self->ready && !self->closed && !ah_link_is_in_list(&self->job.link))
        ah_loop_ready(self->loop, &self->job);
}

static void tell(ah_job *job)
{
    ahttp_transport *self = AH_CONTAINER(job, ahttp_transport, job);

    self->is_telling = true;
    if (self->wanted & self->ready)
        self->base.ready(self->base.ctx, self->wanted & self->ready);
    self->is_telling = false;
    if (self->closed)
        ah_free(self);
    else
        tell_soon(self);
}

/* What a count that the program returned means. */
static ptrdiff_t result_of(ahttp_transport *self, ptrdiff_t count, unsigned event,
                           const char *failed_at)
{
    if (count >= 0)
        return count;
    if (count == -EAGAIN || count == -EWOULDBLOCK) {
        self->ready &= ~event;
        return AH_IO_AGAIN;
    }
    self->failure = (int)count;
    self->failed_at = failed_at;
    return AH_IO_FAILED;
}

static ptrdiff_t own_read(ah_transport *transport, char *buf, size_t cap)
{
    ahttp_transport *self = of(transport);

    return result_of(self, self->ops.read(self->stream, buf, cap), AH_READABLE, "read from");
}

static ptrdiff_t own_write(ah_transport *transport, const ah_str *parts, size_t count)
{
    ahttp_transport *self = of(transport);
    ptrdiff_t total = 0;

    for (size_t i = 0; i < count; i++) {
        size_t done = 0;
        while (done < parts[i].len) {
            ptrdiff_t sent =
                self->ops.write(self->stream, parts[i].ptr + done, parts[i].len - done);
            ptrdiff_t result = result_of(self, sent, AH_WRITABLE, "write to");
            if (result <= 0)
                return total > 0 ? total : result == 0 ? AH_IO_AGAIN : result;
            done += (size_t)result;
            total += result;
        }
    }
    return total;
}

static void own_want(ah_transport *transport, unsigned events)
{
    ahttp_transport *self = of(transport);

    self->wanted = events;
    update_hold(self);
    tell_soon(self);
}

static ahttp_error *own_failure(ah_transport *transport)
{
    ahttp_transport *self = of(transport);

    return ah_error_system(AHTTP_E_DISCONNECTED, self->failure, "%s %s", self->failed_at,
                           self->peer);
}

static void own_set_background(ah_transport *transport, bool background)
{
    of(transport)->background = background;
    update_hold(of(transport));
}

static void own_close(ah_transport *transport)
{
    ahttp_transport *self = of(transport);

    self->closed = true;
    update_hold(self);
    ah_link_remove(&self->job.link);
    self->ops.close(self->stream);
    if (!self->is_telling)
        ah_free(self);
}

static const char *own_peer(ah_transport *transport)
{
    return of(transport)->peer;
}

static void own_facts(ah_transport *transport, ah_peer_facts *facts)
{
    facts->address = of(transport)->peer;
}

static const ah_transport_ops own_ops = {
    .read = own_read,
    .write = own_write,
    .want = own_want,
    .failure = own_failure,
    .set_background = own_set_background,
    .close = own_close,
    .peer = own_peer,
    .facts = own_facts,
};

ahttp_transport *ahttp_transport_new(ahttp_loop *loop, const ahttp_transport_ops *ops, void *stream,
                                     const char *peer)
{
    const char *name = peer ? peer : "a stream";
    size_t name_size = strlen(name) + 1;
    ahttp_transport_ops chosen;

    if (!ops || !ah_options_load(&chosen, sizeof chosen, ops))
        return ah_log_not_made(loop, "transport", ah_options_error("ops"));
    if (!chosen.read || !chosen.write || !chosen.close)
        ah_misuse("ahttp_transport_new: give read, write and close");
    ahttp_transport *self = ah_alloc_zeroed(sizeof *self + name_size);
    if (!self)
        return ah_log_not_made(loop, "transport", ah_error_no_memory());
    self->base.ops = &own_ops;
    self->loop = loop;
    self->ops = chosen;
    self->stream = stream;
    self->job.run = tell;
    self->ready = AH_READABLE | AH_WRITABLE;
    memcpy(self->peer, name, name_size);
    return self;
}

void ahttp_transport_ready(ahttp_transport *transport)
{
    ah_loop_check_thread(transport->loop, "ahttp_transport_ready");
    transport->ready = AH_READABLE | AH_WRITABLE;
    tell_soon(transport);
}

void ahttp_transport_free(void *transport)
{
    if (transport)
        own_close(&((ahttp_transport *)transport)->base);
}

ah_transport *ah_transport_of_program(ahttp_transport *transport)
{
    return &transport->base;
}
