/* SPDX-License-Identifier: MIT */
#ifndef TESTS_POOL_FAKE_OPENER_H
#define TESTS_POOL_FAKE_OPENER_H
/* Connections out of nothing: an opening ends when the test says so, and what it makes tells
   the connector what the test wants told. */
#include "base/mem.h"
#include "pool/connector.h"
#include "support/check.h"
#include <stdio.h>

enum { FAKES = 120 };

typedef struct fake_conn {
    ah_conn base;
    int number;
} fake_conn;

struct ah_opening {
    int number;
    const ah_origin *origin;
    const ah_conn_owner *owner;
    ah_opening_fn *done;
    void *ctx;
    int64_t connect_ms;
};

static struct fakes {
    ah_opening *openings[FAKES]; /* by number; NULL again when it has ended */
    fake_conn *conns[FAKES];     /* the same for what was opened */
    int started;
    int cancelled;
    int closed;
    bool closes_late; /* closing a connection takes until fake_closed is called */
    bool fails_to_start;
} fakes;

/* ---- Connections ---- */

static void fake_closed(int number)
{
    fake_conn *conn = fakes.conns[number];

    fakes.conns[number] = NULL;
    fakes.closed++;
    conn->base.owner->closed(&conn->base);
    ah_free(conn);
}

static void fake_close(ah_conn *base, ahttp_error *why)
{
    ah_error_free(why);
    if (!fakes.closes_late)
        fake_closed(AH_CONTAINER(base, fake_conn, base)->number);
}

static void fake_look_ahead(const ah_conn *base)
{
    (void)base;
}

static const ah_conn_ops fake_conn_ops = {.close = fake_close, .look_ahead = fake_look_ahead};

static void fake_idle(int number)
{
    ah_conn *conn = &fakes.conns[number]->base;

    conn->owner->idle(conn);
}

/* ---- Openings ---- */

static ah_opening *fake_start(ah_opening_setup *setup, const ah_origin *origin,
                              const ahttp_timeout *limits, ah_tracer *tracer,
                              const ah_conn_owner *owner, ah_opening_fn *done, void *ctx,
                              ahttp_error **error)
{
    ah_opening *opening = fakes.fails_to_start ? NULL : ah_alloc(sizeof *opening);

    (void)setup;
    (void)tracer;
    if (!opening) {
        *error = ah_error_no_memory();
        return NULL;
    }
    *opening = (ah_opening){fakes.started++, origin, owner, done, ctx, limits->connect_ms};
    fakes.openings[opening->number] = opening;
    return opening;
}

static void fake_limit(ah_opening *opening, const ahttp_timeout *limits)
{
    opening->connect_ms = limits->connect_ms;
}

static const char *fake_doing(const ah_opening *opening)
{
    (void)opening;
    return "connecting";
}

static ahttp_phase fake_phase(const ah_opening *opening)
{
    (void)opening;
    return AHTTP_PHASE_CONNECT;
}

static void fake_end(ah_opening *opening)
{
    fakes.openings[opening->number] = NULL;
    ah_free(opening);
}

static void fake_cancel(ah_opening *opening)
{
    fakes.cancelled++;
    fake_end(opening);
}

static const ah_opener fake_opener = {fake_start, fake_limit, fake_doing, fake_phase, fake_cancel};

/* False when out of memory, which the connector was told. */
static bool fake_opens(int number)
{
    ah_opening ended = *fakes.openings[number];
    fake_conn *conn = AH_NEW(fake_conn);

    fake_end(fakes.openings[number]);
    fakes.conns[number] = conn;
    if (!conn) {
        ended.done(ended.ctx, NULL, ah_error_no_memory());
        return false;
    }
    conn->base = (ah_conn){.ops = &fake_conn_ops, .owner = ended.owner, .owner_ctx = ended.ctx};
    conn->number = number;
    ended.done(ended.ctx, &conn->base, NULL);
    return true;
}

/* ---- Requests ---- */

typedef struct request {
    ah_waiter waiter;
    int calls;
    int conn; /* number of what it was given, or -1 */
    int code;
    char message[120];
    ahttp_connector *unref; /* given up when it is answered */
} request;

static void request_answered(ah_waiter *waiter, ah_conn *conn, ahttp_error *error)
{
    request *self = AH_CONTAINER(waiter, request, waiter);

    assert_true((conn == NULL) != (error == NULL));
    self->calls++;
    self->conn = conn ? AH_CONTAINER(conn, fake_conn, base)->number : -1;
    if (error) {
        self->code = error->code;
        snprintf(self->message, sizeof self->message, "%s", error->message);
        ah_error_free(error);
    }
    ahttp_connector_unref(self->unref);
}

static ah_route route_to(const char *host)
{
    return (ah_route){.host = ah_str_from(host), .port = 80};
}

static const ahttp_timeout limits_5000 = {.total_ms = AHTTP_NEVER,
                                          .connect_ms = 5000,
                                          .pool_ms = AHTTP_NEVER,
                                          .dns_ms = 5000,
                                          .tls_ms = 5000,
                                          .write_ms = AHTTP_NEVER,
                                          .read_ms = AHTTP_NEVER};

static void ask_for(ahttp_connector *connector, request *self, const ah_route *route,
                    const ahttp_timeout *limits)
{
    ah_conn *idle =
        ah_connector_acquire(connector, &self->waiter, route, limits, NULL, request_answered);

    if (idle)
        request_answered(&self->waiter, idle, NULL);
}

/* To http://host. */
static void ask(ahttp_connector *connector, request *self, const char *host)
{
    ah_route route = route_to(host);

    ask_for(connector, self, &route, &limits_5000);
}

#endif
