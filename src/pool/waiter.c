/* SPDX-License-Identifier: MIT */
/* Asking a connector for a connection, and giving up. */
#include "pool/slot.h"
#include <ahttp/base.h>

/* ---- Errors that come up inside a call ---- */

static void run_refusal(ah_job *job)
{
    ah_waiter *waiter = AH_CONTAINER(job, ah_waiter, job);
    ahttp_error *error = waiter->error;

    waiter->error = NULL;
    ah_waiter_refuse(waiter, error);
}

static void refuse_later(ah_waiter *waiter, ahttp_error *error)
{
    waiter->error = error;
    waiter->job.run = run_refusal;
    ah_loop_ready(waiter->connector->setup.loop, &waiter->job);
}

void ah_waiter_refuse_closed(ah_waiter *waiter)
{
    ah_waiter_stop_timer(waiter);
    refuse_later(waiter,
                 ah_error_new(AHTTP_E_CLOSED, "get a connection: the connector was closed"));
}

/* ---- The time limit of waiting ---- */

void ah_waiter_stop_timer(ah_waiter *waiter)
{
    if (AH_UNLIKELY(ah_timer_is_armed(&waiter->timer)))
        ah_timer_stop(waiter->connector->setup.loop, &waiter->timer);
}

static void on_limit(ah_timer *timer)
{
    ah_waiter *waiter = AH_CONTAINER(timer, ah_waiter, timer);
    ahttp_connector *connector = waiter->connector;
    ah_origin *origin = ah_origin_of(waiter->place.origin);
    const ah_pool *pool = &connector->pool;
    ahttp_error *error = ah_error_new(
        AHTTP_E_POOL_TIMEOUT,
        "wait for a connection to %s: timed out after %lld ms (pool_ms is %lld; %zu connections "
        "are busy)",
        origin->name, (long long)(ah_connector_now(connector) - waiter->since_ms),
        (long long)waiter->limits->pool_ms, ah_pool_count_busy(pool->conns, pool->total));

    ah_pool_unwait(&connector->pool, &waiter->place);
    ah_origins_tidy(&connector->origins, origin);
    ah_connector_step_soon(connector);
    ah_waiter_refuse(waiter, ah_error_in_phase(error, AHTTP_PHASE_POOL));
}

/* Whether nothing can be opened for it before something else ends. */
static bool must_queue(const ah_waiter *waiter)
{
    const ah_pool *pool = &waiter->connector->pool;

    return !waiter->place.opening &&
           (pool->total >= pool->rules.limit || !ah_link_is_in_list(&waiter->place.origin->turn));
}

static void begin_waiting(ah_waiter *waiter)
{
    ahttp_connector *connector = waiter->connector;

    waiter->since_ms = ah_connector_now(connector);
    waiter->timer.fire = on_limit;
    waiter->is_queued = waiter->tracer && must_queue(waiter);
    if (AH_UNLIKELY(waiter->is_queued))
        ah_trace_step(waiter->tracer, AHTTP_TRACE_QUEUED_START);
    if (waiter->limits->pool_ms != AHTTP_NEVER && !waiter->place.opening)
        ah_timer_start(connector->setup.loop, &waiter->timer, waiter->limits->pool_ms);
}

/* ---- Asking ---- */

/* The longest name in DNS has 253 characters; NULL where it is not too long. */
static ahttp_error *check_name(ah_str name)
{
    if (AH_LIKELY(name.len <= AH_ROUTE_MAX_NAME))
        return NULL;
    return ah_error_new(AHTTP_E_DNS, "resolve %.32s...: longer than %d bytes", name.ptr,
                        AH_ROUTE_MAX_NAME);
}

static ahttp_error *check_route(const ah_route *route)
{
    ahttp_error *error = check_name(route->host);

    return error ? error : check_name(route->server_name);
}

static void note_reuse(ahttp_connector *connector, ah_tracer *tracer)
{
    connector->reused++;
    ah_trace_mark(tracer, AH_MARK_QUEUE);
    ah_trace_step(tracer, AHTTP_TRACE_REUSE);
}

ah_conn *ah_connector_take_idle(ahttp_connector *connector, ah_waiter *waiter, const ah_url *url,
                                ah_waiter_fn *done)
{
    ah_origin *origin = ah_origins_find_last(&connector->origins, url);

    if (AH_LIKELY(origin && ah_list_is_empty(&connector->row)))
        return ah_connector_take(connector, origin);
    ah_waiter_line_up(connector, waiter, url, done);
    return NULL;
}

/* The idle connection there, or it waits for one. */
static ah_conn *take_or_wait(ah_waiter *waiter, ah_origin *origin)
{
    ahttp_connector *connector = waiter->connector;
    ah_slot *idle = ah_slot_of(ah_pool_wait(&connector->pool, &origin->place, &waiter->place,
                                            ah_connector_now(connector)));

    if (!idle) {
        begin_waiting(waiter);
        ah_connector_run_soon(connector); /* also where only one too old is in the way */
        return NULL;
    }
    waiter->connector = NULL;
    note_reuse(connector, waiter->tracer);
    return idle->conn;
}

ah_conn *ah_connector_acquire(ahttp_connector *connector, ah_waiter *waiter, const ah_route *route,
                              const ahttp_timeout *limits, ah_tracer *tracer, ah_waiter_fn *done)
{
    ah_route plain;

    if (AH_UNLIKELY(!ah_list_is_empty(&connector->row))) /* they have asked before */
        ah_connector_serve_row(connector);
    waiter->connector = connector;
    waiter->limits = limits;
    waiter->tracer = tracer;
    waiter->done = done;
    if (route->tls && route->tls == connector->setup.tls) { /* what it has anyway */
        plain = *route;
        plain.tls = NULL;
        route = &plain;
    }
    if (connector->closed) {
        ah_waiter_refuse_closed(waiter);
        return NULL;
    }
    ahttp_error *error = check_route(route);
    ah_origin *origin = error ? NULL : ah_origins_get(&connector->origins, route);
    if (origin)
        return take_or_wait(waiter, origin);
    refuse_later(waiter, error ? error : ah_error_no_memory());
    return NULL;
}

void ah_connector_note_kept(ahttp_connector *connector, ah_tracer *tracer)
{
    note_reuse(connector, tracer);
}

void ah_connector_cancel(ah_waiter *waiter)
{
    ahttp_connector *connector = waiter->connector;
    ah_pool_origin *origin = waiter->place.origin;

    if (!connector)
        return;
    ah_waiter_stop_timer(waiter);
    waiter->connector = NULL;
    ah_link_remove(&waiter->in_row);
    ah_link_remove(&waiter->job.link);
    ah_error_free(waiter->error);
    waiter->error = NULL;
    if (!origin)
        return;
    ah_pool_unwait(&connector->pool, &waiter->place);
    ah_origins_tidy(&connector->origins, ah_origin_of(origin));
    ah_connector_step_soon(connector);
}

const char *ah_connector_doing(const ah_waiter *waiter)
{
    ah_slot *slot = ah_slot_of(waiter->place.opening);

    if (!slot)
        return "waiting for a connection";
    return slot->connector->opener->doing(slot->opening);
}

ahttp_phase ah_connector_phase(const ah_waiter *waiter)
{
    ah_slot *slot = ah_slot_of(waiter->place.opening);

    return slot ? slot->connector->opener->phase(slot->opening) : AHTTP_PHASE_POOL;
}
