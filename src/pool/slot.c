/* SPDX-License-Identifier: MIT */
#include "pool/slot.h"
#include "base/mem.h"
#include "loop/log.h"

/* ---- Answering waiters ---- */

void ah_waiter_give(ah_waiter *waiter, ah_conn *conn)
{
    ah_waiter_stop_timer(waiter);
    waiter->connector = NULL;
    waiter->done(waiter, conn, NULL);
}

void ah_waiter_refuse(ah_waiter *waiter, ahttp_error *error)
{
    ah_waiter_stop_timer(waiter);
    waiter->connector = NULL;
    waiter->done(waiter, NULL, error);
}

void ah_waiter_trace_turn(ah_waiter *waiter, ahttp_trace_event what)
{
    if (AH_LIKELY(!waiter->tracer))
        return;
    if (waiter->is_queued)
        ah_tracer_note(waiter->tracer, AHTTP_TRACE_QUEUED_END, (ahttp_trace_info){.code = 0});
    waiter->is_queued = false;
    ah_tracer_set_mark(waiter->tracer, AH_MARK_QUEUE);
    ah_tracer_note(waiter->tracer, what, (ahttp_trace_info){.code = 0});
}

/* ---- What connections tell ---- */

/* Arms the timer of an idle one, where it is not armed for that time or an earlier one: it is
   left alone while the connection is used, and looks again when it fires. */
static void watch_age(ah_slot *slot)
{
    int64_t expires_ms = slot->place.expires_ms;

    if (AH_LIKELY(slot->age.due_ms <= expires_ms))
        return;
    if (slot->place.state == AH_POOL_IDLE)
        ah_timer_start(slot->connector->setup.loop, &slot->age,
                       expires_ms - ah_connector_now(slot->connector));
}

static void on_age(ah_timer *timer)
{
    ah_slot *slot = AH_CONTAINER(timer, ah_slot, age);

    timer->due_ms = INT64_MAX;
    ah_pool_expire(&slot->connector->pool, &slot->place, ah_connector_now(slot->connector));
    watch_age(slot);
    ah_connector_step_soon(slot->connector);
}

/* The plan has let go of what is in the slot, so the origin may be unused now. */
static void leave_origin(ah_slot *slot)
{
    ah_timer_stop(slot->connector->setup.loop, &slot->age);
    if (slot->origin)
        ah_origins_tidy(&slot->connector->origins, slot->origin);
    slot->origin = NULL;
}

bool ah_connector_is_over(const ahttp_connector *connector)
{
    return connector->closed && ah_list_is_empty(&connector->slots) &&
           ah_list_is_empty(&connector->ending) &&
           ah_farewells_are_over(&connector->works.farewells);
}

static void free_slot(ah_slot *slot)
{
    ahttp_connector *connector = slot->connector;

    leave_origin(slot);
    ah_link_remove(&slot->link);
    ah_slab_give(&connector->slot_memory, slot);
    ah_connector_step_soon(connector);
    if (ah_connector_is_over(connector))
        ah_connector_run_soon(connector);
}

static AH_APART void give_again(ah_slot *slot, ah_waiter *waiter)
{
    ah_connector_step_soon(slot->connector);
    slot->connector->reused++;
    ah_waiter_trace_turn(waiter, AHTTP_TRACE_REUSE);
    ah_waiter_give(waiter, slot->conn);
}

static void on_idle(ah_conn *conn)
{
    ah_slot *slot = conn->owner_ctx;
    ahttp_connector *connector = slot->connector;

    if (AH_UNLIKELY(connector->no_keepalive)) {
        ah_conn_close(conn, NULL);
        return;
    }
    ah_waiter *waiter = ah_waiter_of(ah_pool_idle(
        &connector->pool, &slot->place, conn->peer_keeps_ms, ah_connector_now(connector)));
    if (AH_UNLIKELY(waiter != NULL)) {
        give_again(slot, waiter);
        return;
    }
    ah_connector_step_soon(connector);
    watch_age(slot);
}

/* Callers have asked whether that is wanted. */
static void log_slot(const ah_slot *slot, ahttp_log_level level, const char *what)
{
    const ah_origin *origin = slot->origin;

    if (origin && origin->route.proxy && origin->route.host.len > 0)
        ah_log(slot->connector->setup.loop, level, "connection", "%s by %s: %s", origin->name,
               origin->route.proxy->name, what);
    else if (origin)
        ah_log(slot->connector->setup.loop, level, "connection", "%s: %s", origin->name, what);
}

static void on_closed(ah_conn *conn)
{
    ah_slot *slot = conn->owner_ctx;

    if (AH_UNLIKELY(ah_log_wants(AHTTP_LOG_DEBUG)))
        log_slot(slot, AHTTP_LOG_DEBUG, "has closed");

    ah_pool_gone(&slot->connector->pool, &slot->place);
    free_slot(slot);
}

static const ah_conn_owner conn_owner = {.idle = on_idle, .closed = on_closed};

/* ---- Steps ---- */

static void opening_failed(ah_slot *slot, ahttp_error *error)
{
    ah_waiter *waiter = ah_waiter_of(ah_pool_failed(&slot->connector->pool, &slot->place));

    if (AH_UNLIKELY(ah_log_wants(AHTTP_LOG_WARNING)))
        log_slot(slot, waiter ? AHTTP_LOG_DEBUG : AHTTP_LOG_WARNING, error->message);
    free_slot(slot);
    if (waiter)
        ah_waiter_refuse(waiter, error);
    else
        ah_error_free(error);
}

static void on_opened(void *ctx, ah_conn *conn, ahttp_error *error)
{
    ah_slot *slot = ctx;
    ahttp_connector *connector = slot->connector;

    if (error) {
        opening_failed(slot, error);
        return;
    }
    slot->conn = conn;
    connector->opened++;
    if (AH_UNLIKELY(ah_log_wants(AHTTP_LOG_DEBUG)))
        log_slot(slot, AHTTP_LOG_DEBUG, "is open");
    ah_waiter *waiter =
        ah_waiter_of(ah_pool_opened(&connector->pool, &slot->place, ah_connector_now(connector)));
    ah_connector_step_soon(connector);
    if (waiter)
        ah_waiter_give(waiter, conn);
    else
        watch_age(slot);
}

static void step_open(ahttp_connector *connector, ah_waiter *waiter)
{
    ah_origin *origin = ah_origin_of(waiter->place.origin);
    ahttp_error *error = NULL;
    ah_slot *slot = ah_slab_take(&connector->slot_memory);

    if (!slot) {
        ah_pool_unwait(&connector->pool, &waiter->place);
        ah_origins_tidy(&connector->origins, origin);
        ah_waiter_refuse(waiter, ah_error_no_memory());
        return;
    }
    slot->connector = connector;
    slot->origin = origin;
    slot->age = (ah_timer){.fire = on_age, .background = true, .due_ms = INT64_MAX};
    ah_list_append(&connector->slots, &slot->link);
    ah_pool_opening(&connector->pool, &waiter->place, &slot->place);
    ah_waiter_stop_timer(waiter);
    ah_waiter_trace_turn(waiter, AHTTP_TRACE_CREATE_START);
    slot->opening = connector->opener->start(&connector->setup, origin, waiter->limits,
                                             waiter->tracer, &conn_owner, on_opened, slot, &error);
    if (!slot->opening)
        opening_failed(slot, error);
}

/* Ends what is in the slot, which the plan has let go of. */
void ah_slot_end(ah_slot *slot)
{
    if (!slot->place.is_open) {
        if (AH_UNLIKELY(ah_log_wants(AHTTP_LOG_DEBUG)))
            log_slot(slot, AHTTP_LOG_DEBUG, "is not needed any more");
        slot->connector->opener->cancel(slot->opening);
        free_slot(slot);
        return;
    }
    if (AH_UNLIKELY(ah_log_wants(AHTTP_LOG_DEBUG)))
        log_slot(slot, AHTTP_LOG_DEBUG, "closes");
    leave_origin(slot);
    ah_link_remove(&slot->link);
    ah_list_append(&slot->connector->ending, &slot->link);
    ah_conn_close(slot->conn, NULL);
}

static void step_pass(const ahttp_connector *connector, ah_slot *slot, ah_waiter *waiter)
{
    ah_waiter_stop_timer(waiter);
    connector->opener->limit(slot->opening, waiter->limits);
}

void ah_connector_take_steps(ahttp_connector *connector)
{
    ah_pool_step step;

    do {
        step = ah_pool_next(&connector->pool);
        switch (step.kind) {
        case AH_POOL_OPEN: step_open(connector, ah_waiter_of(step.waiter)); break;
        case AH_POOL_CLOSE: ah_slot_end(ah_slot_of(step.conn)); break;
        case AH_POOL_PASS:
            step_pass(connector, ah_slot_of(step.conn), ah_waiter_of(step.waiter));
            break;
        case AH_POOL_NOTHING: break;
        }
    } while (step.kind != AH_POOL_NOTHING);
}
