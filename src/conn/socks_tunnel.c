/* SPDX-License-Identifier: MIT */
#include "conn/socks_tunnel.h"
#include "base/mem.h"
#include "conn/talk.h"

struct ah_socks_tunnel {
    ah_talk talk;
    ah_socks socks;
    const char *what;
    ah_socks_tunnel_fn *done;
    void *ctx;
    ah_job job; /* a request that cannot be asked is not refused inside open */
};

static void finish(ah_socks_tunnel *self, ahttp_error *error)
{
    ah_transport *transport = error ? NULL : ah_talk_take_transport(&self->talk);
    bool try_next = self->socks.is_unreachable;
    ah_socks_tunnel_fn *done = self->done;
    void *ctx = self->ctx;

    ah_socks_tunnel_cancel(self);
    done(ctx, transport, error, try_next);
}

static ahttp_error *refused(const ah_socks_tunnel *self)
{
    ahttp_error *error = ah_error_because(
        ah_error_new(AHTTP_E_PROXY, "%s: %s", self->what, self->socks.reason), self->socks.reply);

    return self->socks.is_unreachable ? error : ah_error_for_good(error);
}

static void take(ah_socks_tunnel *self, ah_socks_result result)
{
    switch (result) {
    case AH_SOCKS_DONE: finish(self, NULL); break;
    case AH_SOCKS_FAILED: finish(self, refused(self)); break;
    case AH_SOCKS_MORE:
        self->talk.most = ah_socks_wants(&self->socks);
        if (ah_socks_to_send(&self->socks).len > 0)
            ah_talk_say(&self->talk, ah_socks_to_send(&self->socks));
        ah_socks_has_sent(&self->socks);
        break;
    }
}

static void on_heard(ah_talk *talk, ah_str bytes)
{
    ah_socks_tunnel *self = AH_CONTAINER(talk, ah_socks_tunnel, talk);

    take(self, ah_socks_feed(&self->socks, bytes));
}

static void on_lost(ah_talk *talk, ahttp_error *error)
{
    ah_socks_tunnel *self = AH_CONTAINER(talk, ah_socks_tunnel, talk);

    finish(self, ah_talk_error(error, self->what));
}

static void begin(ah_job *job)
{
    ah_socks_tunnel *self = AH_CONTAINER(job, ah_socks_tunnel, job);

    take(self, ah_socks_begin(&self->socks, &self->socks.request));
}

ah_socks_tunnel *ah_socks_tunnel_open(ahttp_loop *loop, ah_transport *transport,
                                      const ah_socks_request *request, const char *what,
                                      ah_socks_tunnel_fn *done, void *ctx)
{
    static const ah_talk_events events = {.heard = on_heard, .lost = on_lost};
    ah_socks_tunnel *self = AH_NEW(ah_socks_tunnel);

    if (!self) {
        ah_transport_close(transport);
        return NULL;
    }
    self->talk = (ah_talk){.events = &events, .loop = loop, .transport = transport};
    self->socks.request = *request;
    self->what = what;
    self->done = done;
    self->ctx = ctx;
    self->job.run = begin;
    ah_loop_ready(loop, &self->job);
    return self;
}

void ah_socks_tunnel_cancel(ah_socks_tunnel *tunnel)
{
    ah_link_remove(&tunnel->job.link);
    ah_transport_close(tunnel->talk.transport);
    ah_free(tunnel);
}
