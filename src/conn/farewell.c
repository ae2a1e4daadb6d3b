/* SPDX-License-Identifier: MIT */
#include "conn/farewell.h"
#include "base/mem.h"
#include "loop/poll.h"
#include "loop/timer.h"

enum { PATIENCE_MS = 1000 };

typedef struct farewell {
    ah_link link;
    ah_farewells *all;
    ahttp_loop *loop;
    ah_transport *transport;
    ah_timer timer;
} farewell;

static void end(farewell *self)
{
    ah_timer_stop(self->loop, &self->timer);
    ah_link_remove(&self->link);
    ah_transport_close(self->transport);
    ah_free(self);
}

static void end_and_tell(farewell *self)
{
    const ah_farewells *all = self->all;

    end(self);
    if (all->over && ah_farewells_are_over(all))
        all->over(all->ctx);
}

static void on_ready(void *ctx, unsigned events)
{
    farewell *self = ctx;

    (void)events;
    if (!ah_transport_finish(self->transport))
        end_and_tell(self);
}

static void on_patience_over(ah_timer *timer)
{
    end_and_tell(AH_CONTAINER(timer, farewell, timer));
}

void ah_farewells_init(ah_farewells *farewells)
{
    *farewells = (ah_farewells){.over = NULL};
    ah_list_init(&farewells->list);
}

void ah_farewell(ah_farewells *farewells, ahttp_loop *loop, ah_transport *transport)
{
    bool has_more = transport && ah_transport_finish(transport) && !farewells->are_cut;
    farewell *self = has_more ? AH_NEW(farewell) : NULL;

    if (!self) {
        ah_transport_close(transport);
        return;
    }
    self->all = farewells;
    self->loop = loop;
    self->transport = transport;
    self->timer.fire = on_patience_over;
    ah_list_append(&farewells->list, &self->link);
    ah_transport_set_owner(transport, on_ready, self);
    ah_transport_set_background(transport, false);
    ah_transport_want(transport, AH_WRITABLE);
    ah_timer_start(loop, &self->timer, PATIENCE_MS);
}

void ah_farewells_cut(ah_farewells *farewells)
{
    farewells->are_cut = true;
    for (ah_link *link; (link = ah_list_first(&farewells->list));)
        end(AH_CONTAINER(link, farewell, link));
}
