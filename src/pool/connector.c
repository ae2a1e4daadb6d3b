/* SPDX-License-Identifier: MIT */
/* The life of a connector.  Asking it for a connection is in waiter.c, what happens then in
   slot.c.  A connector retires in its job: when it was closed and its last connection is gone,
   it gives up the rest of what it has on the loop.  When nobody holds it either, it is freed. */
#include "pool/connector.h"
#include "base/mem.h"
#include "base/options.h"
#include "dns/allowed.h"
#include "loop/future.h"
#include "loop/log.h"
#include "pool/connector_options.h"
#include "pool/slot.h"

/* Who waits for the last connection to go. */
typedef struct ah_closer {
    ah_link link;
    ahttp_future *future;
} ah_closer;

/* ---- Life ---- */

static void retire(ahttp_connector *connector)
{
    ahttp_resolver_unref(connector->setup.resolver);
    connector->setup.resolver = NULL;
    ahttp_tls_unref(connector->setup.tls);
    ahttp_tls_unref(connector->setup.default_tls);
    connector->setup.tls = connector->setup.default_tls = NULL;
}

static void destroy(ahttp_connector *connector)
{
    ah_guest_leave(&connector->guest);
    ah_link_remove(&connector->serve.link);
    ah_origins_release(&connector->origins);
    ah_proxies_release(&connector->proxies);
    ah_free(connector->setup.hosts);
    ah_arena_release(&connector->setup.texts);
    ah_h1_store_release(&connector->works);
    ahttp_tls_unref(connector->setup.tls);
    ahttp_tls_unref(connector->setup.default_tls);
    ah_free(connector);
}

static void tell_closers(ahttp_connector *connector)
{
    for (ah_link *link; (link = ah_list_take_first(&connector->closers));) {
        ah_closer *closer = AH_CONTAINER(link, ah_closer, link);
        ah_future_resolve(closer->future, NULL, NULL);
        ah_free(closer);
    }
}

static void run_steps(ah_job *job)
{
    ahttp_connector *connector = AH_CONTAINER(job, ahttp_connector, steps);

    connector->refs++; /* who is refused in here may give up the last reference */
    ah_connector_take_steps(connector);
    if (ah_connector_is_over(connector)) {
        tell_closers(connector);
        retire(connector);
    }
    if (ah_connector_is_over(connector) && connector->refs == 1)
        destroy(connector);
    else
        ahttp_connector_unref(connector);
}

static void refuse_all(ahttp_connector *connector)
{
    for (ah_link *link; (link = ah_list_first(&connector->pool.waiters.list));) {
        ah_pool_waiter *place = AH_CONTAINER(link, ah_pool_waiter, in_pool);
        ah_origin *origin = ah_origin_of(place->origin);
        ah_pool_unwait(&connector->pool, place);
        ah_origins_tidy(&connector->origins, origin);
        ah_waiter_refuse_closed(ah_waiter_of(place));
    }
}

void ah_connector_shut(ahttp_connector *connector)
{
    if (connector->closed)
        return;
    connector->closed = true;
    refuse_all(connector);
    for (ah_link *link; (link = ah_list_first(&connector->slots));) {
        ah_slot *slot = AH_CONTAINER(link, ah_slot, link);
        ah_pool_gone(&connector->pool, &slot->place);
        ah_slot_end(slot);
    }
    if (ah_connector_is_over(connector))
        ah_connector_run_soon(connector);
}

static void on_farewells_over(void *ctx)
{
    ahttp_connector *connector = ctx;

    if (ah_connector_is_over(connector))
        ah_connector_run_soon(connector);
}

/* A loop that is closed waits for nobody. */
static void close_guest(ah_guest *guest)
{
    ahttp_connector *connector = AH_CONTAINER(guest, ahttp_connector, guest);

    ah_farewells_cut(&connector->works.farewells);
    if (connector->closed) {
        on_farewells_over(connector);
        return;
    }
    ah_guest_report(guest);
    ah_connector_shut(connector);
}

ahttp_future *ahttp_connector_close(ahttp_connector *connector)
{
    ahttp_loop *loop = ah_guest_need_loop(
        &connector->guest, "ahttp_connector_close: the connector's loop was closed, and the "
                           "connector with it; there is no loop for the future");

    ah_loop_check_thread(loop, "ahttp_connector_close");
    ahttp_future *gone = ah_future_new(loop);
    ah_closer *closer = gone ? AH_NEW(ah_closer) : NULL;

    ah_connector_shut(connector);
    if (!closer) {
        if (gone)
            ah_future_reject(gone, ah_error_no_memory());
        return gone ? gone : ah_future_failed(loop, ah_error_no_memory());
    }
    closer->future = gone;
    ah_list_append(&connector->closers, &closer->link);
    if (connector->guest.loop)
        ah_connector_run_soon(connector);
    else
        tell_closers(connector);
    return gone;
}

ahttp_connector *ahttp_connector_ref(ahttp_connector *connector)
{
    connector->refs++;
    return connector;
}

void ahttp_connector_unref(ahttp_connector *connector)
{
    if (!connector)
        return;
    ah_guest_check_thread(&connector->guest, "ahttp_connector_unref");
    if (--connector->refs > 0)
        return;
    if (!connector->guest.loop)
        destroy(connector);
    else if (!connector->closed)
        ah_connector_shut(connector);
    else if (ah_connector_is_over(connector))
        ah_connector_run_soon(connector);
}

/* ---- Making ---- */

ahttp_connector *ahttp_connector_create(const ahttp_connector_options *given)
{
    ahttp_connector_options options;

    if (!ah_options_load(&options, sizeof options, given))
        return ah_log_not_made(ahttp_loop_current(), "connector", ah_options_error("options"));
    ah_connector_check_options(&options);
    ahttp_loop *loop = options.loop ? options.loop : ahttp_loop_current();
    if (!loop)
        ah_misuse("ahttp_connector_create: make a loop first; there is none on this thread");
    ahttp_connector *connector = AH_NEW(ahttp_connector);
    if (!connector)
        return ah_log_not_made(loop, "connector", ah_error_no_memory());
    connector->opener = &ah_network_opener;
    const ah_pool_rules rules = ah_connector_rules(&options);
    ah_pool_init(&connector->pool, &rules);
    ah_h1_store_init(&connector->works, loop);
    connector->works.farewells.over = on_farewells_over;
    connector->works.farewells.ctx = connector;
    ah_slab_init(&connector->slot_memory, sizeof(ah_slot));
    ah_list_init(&connector->slots);
    ah_list_init(&connector->ending);
    ah_list_init(&connector->closers);
    ah_list_init(&connector->row);
    connector->serve.run = ah_connector_run_serve;
    connector->steps.run = run_steps;
    connector->refs = 1;
    connector->no_keepalive = options.no_keepalive;
    if (!ah_connector_set_up(&connector->setup, loop, &options)) {
        destroy(connector);
        return ah_log_not_made(loop, "connector", ah_error_no_memory());
    }
    connector->setup.works = &connector->works;
    connector->guest =
        (ah_guest){.what = "connector", .made_at = options.made_at, .close = close_guest};
    ah_guest_enter(&connector->guest, loop);
    return connector;
}

/* ---- Looking at it ---- */

ahttp_resolver *ahttp_connector_resolver(const ahttp_connector *connector)
{
    return connector->setup.resolver;
}

ahttp_loop *ah_connector_loop(const ahttp_connector *connector)
{
    return connector->guest.loop;
}

ah_proxies *ah_connector_proxies(ahttp_connector *connector)
{
    return &connector->proxies;
}

bool ah_connector_keeps_alive(const ahttp_connector *connector)
{
    return !connector->no_keepalive;
}

bool ah_connector_refuses(const ahttp_connector *connector, ah_str host)
{
    const ah_opening_setup *setup = &connector->setup;
    ah_address literal, allowed;

    return setup->allow_address && ah_address_parse(host, 0, &literal) &&
           ah_addresses_allowed(&literal, 1, setup->allow_address, setup->allow_address_ctx,
                                &allowed) == 0;
}

void ah_connector_check(const ahttp_connector *connector)
{
    ah_pool_check(&connector->pool);
}

void ah_connector_set_opener(ahttp_connector *connector, const ah_opener *opener)
{
    connector->opener = opener;
}
