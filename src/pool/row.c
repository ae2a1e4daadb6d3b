/* SPDX-License-Identifier: MIT */
/* Idle connections for requests in a row.  Where they go to many origins, next to nothing that a
   request touches of its own is in the processor's caches, and each thing is known only from the
   one before: the place in the map, the origin, the slot of its connection, the connection, its
   socket.  So those that begin in one round take the same step one behind the other, and fetch for
   the next one. */
#include "pool/slot.h"

enum { ROW = 32 };

typedef struct ah_row {
    size_t count;
    ah_waiter *waiters[ROW];
    ah_origin *origins[ROW]; /* NULL: there is none */
    ah_conn *conns[ROW];     /* NULL: none is idle */
} ah_row;

static void take_waiters(ah_row *row, ah_list *from)
{
    for (ah_link *link; row->count < ROW && (link = ah_list_take_first(from));)
        row->waiters[row->count++] = AH_CONTAINER(link, ah_waiter, in_row);
}

static void find_origins(ah_row *row, ah_origins *origins)
{
    for (size_t i = 0; i < row->count; i++)
        row->origins[i] = ah_origins_guess(origins, row->waiters[i]->hash);
    for (size_t i = 0; i < row->count; i++) {
        ah_origin *origin = ah_origins_verify(origins, row->origins[i], row->waiters[i]->url);
        row->origins[i] = origin;
        ah_pool_conn *idle = origin ? ah_pool_newest_idle(&origin->place) : NULL;
        if (idle)
            ah_fetch(&ah_slot_of(idle)->place.in_origin, AH_CONN_OWNER_SIZE);
    }
}

static void take_connections(ah_row *row, ahttp_connector *connector)
{
    for (size_t i = 0; i < row->count; i++) {
        ah_origin *origin = row->origins[i];
        row->conns[i] = origin ? ah_connector_take(connector, origin) : NULL;
        if (row->conns[i])
            ah_fetch(row->conns[i], AH_CONN_SIZE);
    }
    for (size_t i = 0; i < row->count; i++)
        if (row->conns[i])
            ah_conn_look_ahead(row->conns[i]);
}

static void give(const ah_row *row)
{
    for (size_t i = 0; i < row->count; i++) {
        ah_waiter *waiter = row->waiters[i];
        waiter->connector = NULL;
        waiter->done(waiter, row->conns[i], NULL);
    }
}

/* Who is told that none is idle asks by acquire, which must not serve those behind it: so nobody is
   in the connector's list meanwhile. */
void ah_connector_serve_row(ahttp_connector *connector)
{
    ah_list waiting;

    ah_list_init(&waiting);
    ah_list_splice(&waiting, &connector->row);
    while (!ah_list_is_empty(&waiting)) {
        ah_row row = {.count = 0};
        take_waiters(&row, &waiting);
        find_origins(&row, &connector->origins);
        take_connections(&row, connector);
        give(&row);
    }
}

void ah_connector_run_serve(ah_job *job)
{
    ahttp_connector *connector = AH_CONTAINER(job, ahttp_connector, serve);

    ahttp_connector_ref(connector); /* they may give up the last one */
    ah_connector_serve_row(connector);
    ahttp_connector_unref(connector);
}

void ah_waiter_line_up(ahttp_connector *connector, ah_waiter *waiter, const ah_url *url,
                       ah_waiter_fn *done)
{
    waiter->connector = connector;
    waiter->done = done;
    waiter->url = url;
    waiter->hash = ah_origins_hash(&connector->origins, url);
    ah_list_append(&connector->row, &waiter->in_row);
    if (!ah_link_is_in_list(&connector->serve.link))
        ah_loop_ready(connector->setup.loop, &connector->serve);
}
