/* SPDX-License-Identifier: MIT */
/*   RESOLVING --addresses--> DIALLING --socket--+--http--> done
                                               +--https--> SECURING --> done
   An error, the time limit and a cancel end it from each of them. */
#include "pool/opening.h"
#include "base/buf.h"
#include "base/mem.h"
#include "conn/h1_conn.h"
#include "loop/timer.h"
#include "net/dial.h"
#include <ahttp/base.h>

typedef enum stage { RESOLVING, DIALLING, SECURING } stage;

struct ah_opening {
    ah_opening_setup *setup;
    const ah_origin *origin;
    const ah_conn_owner *owner;
    ah_opening_fn *done;
    void *ctx;
    stage stage;
    ah_timer timer;
    ahttp_timeout limits;
    int64_t limited_ms; /* since when the limit of the stage counts */
    ah_lookup lookup;
    ah_dial *dial; /* while DIALLING */
#if AHTTP_TLS
    ah_tls_handshake *handshake; /* while SECURING */
#endif
};

static void release(ah_opening *opening)
{
    ah_timer_stop(opening->setup->loop, &opening->timer);
    ah_free(opening);
}

static void finish(ah_opening *opening, ah_conn *conn, ahttp_error *error)
{
    ah_opening_fn *done = opening->done;
    void *ctx = opening->ctx;

    release(opening);
    done(ctx, conn, error);
}

static void fail(ah_opening *opening, ahttp_error *error)
{
    finish(opening, NULL, error);
}

static void stop_stage(ah_opening *opening)
{
    switch (opening->stage) {
    case RESOLVING: ah_lookup_cancel(&opening->lookup); break;
    case DIALLING: ah_dial_cancel(opening->dial); break;
    case SECURING:
#if AHTTP_TLS
        ah_tls_cancel(opening->handshake);
#endif
        break;
    }
}

static void cancel(ah_opening *opening)
{
    stop_stage(opening);
    release(opening);
}

/* ---- The stages ---- */

static void enter(ah_opening *opening, stage next);

static void speak_http(ah_opening *opening, ah_transport *transport)
{
    ah_conn *conn = ah_h1_conn_new(opening->setup->loop, transport, opening->owner, opening->ctx);

    finish(opening, conn, conn ? NULL : ah_error_no_memory());
}

#if AHTTP_TLS
static void secured(void *ctx, ah_transport *transport, ahttp_error *error)
{
    ah_opening *opening = ctx;

    if (error)
        fail(opening, error);
    else
        speak_http(opening, transport);
}

static void secure(ah_opening *opening, ah_transport *transport)
{
    ah_opening_setup *setup = opening->setup;

    enter(opening, SECURING);
    opening->handshake = ah_tls_start(setup->loop, setup->tls, transport,
                                      opening->origin->route.host.ptr, secured, opening);
    if (!opening->handshake)
        fail(opening, ah_error_no_memory());
}
#endif

static void dialled(void *ctx, ah_transport *transport, ahttp_error *error)
{
    ah_opening *opening = ctx;

    if (error)
        fail(opening, error);
#if AHTTP_TLS
    else if (opening->origin->route.is_tls)
        secure(opening, transport);
#endif
    else
        speak_http(opening, transport);
}

static void resolved(ah_lookup *lookup, const ah_address *addresses, size_t count,
                     ahttp_error *error)
{
    ah_opening *opening = AH_CONTAINER(lookup, ah_opening, lookup);
    ah_dial_options options = {.delay_ms = opening->setup->next_address_ms,
                               .name = opening->origin->name};

    if (error) {
        fail(opening, error);
        return;
    }
    enter(opening, DIALLING);
    opening->dial =
        ah_dial_start(opening->setup->loop, &options, addresses, count, dialled, opening);
    if (!opening->dial)
        fail(opening, ah_error_no_memory());
}

/* ---- The time limits ---- */

/* What a stage does, and what happens when that takes too long. */
static const struct facts {
    const char *doing, *verb, *limit;
    size_t limit_at; /* in ahttp_timeout */
    int code;
} facts_of[] = {
    [RESOLVING] = {"resolving the name", "resolve", "dns_ms", offsetof(ahttp_timeout, dns_ms),
                   AHTTP_E_DNS_TIMEOUT},
    [DIALLING] = {"connecting", "connect to", "connect_ms", offsetof(ahttp_timeout, connect_ms),
                  AHTTP_E_CONNECT_TIMEOUT},
    [SECURING] = {"shaking hands", "shake hands with", "tls_ms", offsetof(ahttp_timeout, tls_ms),
                  AHTTP_E_TLS_TIMEOUT},
};

static int64_t limit_of(const ah_opening *opening)
{
    int64_t limit_ms;

    memcpy(&limit_ms, (const char *)&opening->limits + facts_of[opening->stage].limit_at,
           sizeof limit_ms);
    return limit_ms;
}

static void on_limit(ah_timer *timer)
{
    ah_opening *opening = AH_CONTAINER(timer, ah_opening, timer);
    const struct facts *facts = &facts_of[opening->stage];
    int64_t took_ms = ahttp_loop_now(opening->setup->loop) - opening->limited_ms;
    ah_buf tried = {0};

    if (opening->stage == DIALLING)
        ah_dial_describe(opening->dial, &tried);
    ahttp_error *error =
        ah_error_new(facts->code, "%s %s: timed out after %lld ms (%s is %lld)%.*s", facts->verb,
                     opening->origin->name, (long long)took_ms, facts->limit,
                     (long long)limit_of(opening), (int)tried.len, tried.data ? tried.data : "");
    ah_buf_release(&tried);
    stop_stage(opening);
    fail(opening, error);
}

static void begin_limit(ah_opening *opening)
{
    ahttp_loop *loop = opening->setup->loop;
    int64_t limit_ms = limit_of(opening);

    opening->limited_ms = ahttp_loop_now(loop);
    if (limit_ms == AHTTP_NEVER)
        ah_timer_stop(loop, &opening->timer);
    else
        ah_timer_start(loop, &opening->timer, limit_ms);
}

static void enter(ah_opening *opening, stage next)
{
    opening->stage = next;
    begin_limit(opening);
}

static void set_limits(ah_opening *opening, const ahttp_timeout *limits)
{
    opening->limits = *limits;
    begin_limit(opening);
}

static const char *doing(const ah_opening *opening)
{
    return facts_of[opening->stage].doing;
}

/* ---- Start ---- */

static void resolve(ah_opening *opening)
{
    const ah_opening_setup *setup = opening->setup;
    const ah_route *route = &opening->origin->route;

    if (ah_overrides_lookup(setup->hosts, &opening->lookup, setup->loop, route->host, route->port,
                            setup->family, resolved))
        return;
    ah_resolver_lookup(setup->resolver, &opening->lookup, route->host, route->port, setup->family,
                       resolved);
}

/* What TLS needs, before anything is sent for nothing; NULL: it is there. */
static ahttp_error *prepare_tls(ah_opening_setup *setup, const ah_origin *origin)
{
    if (!origin->route.is_tls)
        return NULL;
#if AHTTP_TLS
    ahttp_error *error = NULL;

    if (!setup->tls)
        setup->tls = ah_tls_context_new(&error);
    return error;
#else
    (void)setup;
    return ah_error_new(AHTTP_E_UNSUPPORTED,
                        "connect to %s: this libahttp was built without https; build it with "
                        "-DAHTTP_TLS=ON",
                        origin->name);
#endif
}

static ah_opening *start(ah_opening_setup *setup, const ah_origin *origin,
                         const ahttp_timeout *limits, const ah_conn_owner *owner,
                         ah_opening_fn *done, void *ctx, ahttp_error **error)
{
    *error = prepare_tls(setup, origin);
    if (*error)
        return NULL;
    ah_opening *opening = AH_NEW(ah_opening);
    if (!opening) {
        *error = ah_error_no_memory();
        return NULL;
    }
    opening->setup = setup;
    opening->origin = origin;
    opening->owner = owner;
    opening->done = done;
    opening->ctx = ctx;
    opening->timer.fire = on_limit;
    opening->limits = *limits;
    enter(opening, RESOLVING);
    resolve(opening);
    return opening;
}

const ah_opener ah_network_opener = {
    .start = start, .limit = set_limits, .doing = doing, .cancel = cancel};
