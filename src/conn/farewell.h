/* SPDX-License-Identifier: MIT */
#ifndef AH_CONN_FAREWELL_H
#define AH_CONN_FAREWELL_H
/* The last words of connections: TLS says close_notify behind all that was written (RFC 9112 §9.8).
   Where the peer is slow to take them, the transport stays open until they are out, for a second at
   most.  Nobody waits for that but who closes the connector: the place in the pool is free. */
#include "base/list.h"
#include "loop/loop.h"
#include "net/transport.h"

typedef struct ah_farewells {
    ah_list list;
    void (*over)(void *ctx); /* the last one is, or NULL */
    void *ctx;
    bool are_cut;
} ah_farewells;

void ah_farewells_init(ah_farewells *farewells);
/* Takes the transport over and closes it, now or later; NULL is fine.  Never calls over. */
void ah_farewell(ah_farewells *farewells, ahttp_loop *loop, ah_transport *transport);
/* Closes all, and from now on at once what comes; does not call over. */
void ah_farewells_cut(ah_farewells *farewells);

static inline bool ah_farewells_are_over(const ah_farewells *farewells)
{
    return ah_list_is_empty(&farewells->list);
}

#endif
