/* SPDX-License-Identifier: MIT */
/*   RESOLVING --addresses--> DIALLING --transport--> next step

   Where the connector has a Unix socket, or a function that connects, there is nothing to
   resolve.

   The next step depends on the place that the transport leads to, and whether it is secured:

     TLS is spoken there, and not yet --> SECURING --> next step
     a proxy that is to be passed ------> PASSING ---> next step, for the place behind it
     the last place --------------------> HTTP/1.1, done

   PASSING may want to begin anew with RESOLVING, when a proxy has closed.  Where SECURING fails at
   the first place, DIALLING goes on with its other addresses.  Any other error, the time limit and
   a cancel end an opening from each of these. */
#include "pool/opening.h"
#include "base/mem.h"
#include "conn/h1_conn.h"
#include "loop/log.h"
#include "net/dial.h"
#include "pool/candidates.h"
#include "pool/opening_watch.h"
#include "pool/own_connect.h"
#include "pool/passing.h"
#include <ahttp/base.h>
#include <stdio.h>
#if AHTTP_TLS
#include "tls/tls.h"
#endif

struct ah_opening {
    ah_opening_setup *setup;
    const ah_origin *origin;
    const ah_conn_owner *owner;
    ah_opening_fn *done;
    void *ctx;
    ah_opening_watch watch;
    ah_tracer *tracer; /* a reference, or NULL */
    bool is_asking;    /* that was told that a name is resolved */
    ah_lookup lookup;
    ah_candidates candidates; /* addresses of the first place */
    ah_dial *dial;            /* while DIALLING: one of these two, or the job */
    ah_own_connect *asking;
    ah_job failing;       /* brings an error that came up inside start */
    ahttp_error *failure; /* ... that one, or of TLS at an address before */
#if AHTTP_TLS
    ah_tls_handshake *handshake; /* while SECURING */
#endif
    bool is_secured; /* TLS is spoken with the place that the transport leads to */
    size_t passed;   /* proxies */
    size_t count;    /* of those to be passed */
    ah_passing passings[];
};

static void enter(ah_opening *opening, ah_opening_stage next);
static ahttp_phase phase(const ah_opening *opening);
static void take_step(ah_opening *opening, ah_transport *transport);
static void dial(ah_opening *opening, const ah_place *place);
static void reach(ah_opening *opening);

/* ---- Ends ---- */

static void release(ah_opening *opening)
{
    ah_opening_watch_stop(&opening->watch, opening->setup->loop);
    for (size_t i = 0; i < opening->count; i++)
        ah_passing_release(&opening->passings[i]);
    ah_candidates_release(&opening->candidates);
    ah_link_remove(&opening->failing.link);
    ah_error_free(opening->failure);
    ah_tracer_unref(opening->tracer);
    ah_free(opening);
}

static void finish(ah_opening *opening, ah_conn *conn, ahttp_error *error)
{
    ah_opening_fn *done = opening->done;
    void *ctx = opening->ctx;

    ah_trace_about(opening->tracer, AHTTP_TRACE_CREATE_END, NULL, error ? error->code : 0);
    release(opening);
    done(ctx, conn, error);
}

/* That TLS failed at one address says more than that another was not reached. */
static void fail(ah_opening *opening, ahttp_error *error)
{
    if (opening->watch.stage == AH_OPENING_DIALLING && opening->failure) {
        ah_error_free(error);
        error = opening->failure;
        opening->failure = NULL;
    }
    finish(opening, NULL, ah_error_in_phase(error, phase(opening)));
}

static void run_failure(ah_job *job)
{
    ah_opening *opening = AH_CONTAINER(job, ah_opening, failing);
    ahttp_error *error = opening->failure;

    opening->failure = NULL;
    fail(opening, error);
}

static void fail_later(ah_opening *opening, ahttp_error *error)
{
    opening->failure = error;
    opening->failing.run = run_failure;
    ah_loop_ready(opening->setup->loop, &opening->failing);
}

static void stop_dialling(ah_opening *opening)
{
    if (opening->dial)
        ah_dial_cancel(opening->dial);
    if (opening->asking)
        ah_own_connect_cancel(opening->asking);
}

/* *said: what explains more than that it was stopped, or NULL. */
static void stop_stage(ah_opening *opening, ahttp_error **said)
{
    *said = NULL;
    switch (opening->watch.stage) {
    case AH_OPENING_RESOLVING: ah_lookup_cancel(&opening->lookup); break;
    case AH_OPENING_DIALLING: stop_dialling(opening); break;
    case AH_OPENING_SECURING:
#if AHTTP_TLS
        ah_tls_cancel(opening->handshake);
#endif
        break;
    case AH_OPENING_PASSING: ah_passing_cancel(&opening->passings[opening->passed], said); break;
    }
}

static void cancel(ah_opening *opening)
{
    ahttp_error *said;

    stop_stage(opening, &said);
    ah_error_free(said);
    release(opening);
}

/* ---- Places ---- */

/* A proxy is no affair of the connector's settings, which are about origins. */
static ah_place last_place(const ah_opening_setup *setup, const ah_origin *origin)
{
    const ah_route *route = &origin->route;

    if (route->host.len == 0)
        return ah_place_of_proxy(route->proxy);
    return (ah_place){.host = route->host,
                      .name = origin->name,
                      .port = route->port,
                      .is_ipv6 = route->is_ipv6,
                      .is_tls = route->is_tls,
                      .tls = route->tls ? route->tls : setup->tls};
}

/* Behind so many proxies. */
static ah_place place_at(const ah_opening *opening, size_t passed)
{
    if (passed == opening->count)
        return last_place(opening->setup, opening->origin);
    return ah_place_of_proxy(opening->passings[passed].proxy);
}

/* An error of the way to this place, which may be a proxy. */
static ahttp_error *error_at(const ah_place *place, int code, ahttp_error *error)
{
    char what[sizeof "connect to proxy " + AH_PROXY_MOST_NAME];

    if (!place->proxy)
        return error;
    snprintf(what, sizeof what, "connect to proxy %s", place->name);
    return ah_error_wrap(code, error, what);
}

/* ---- The steps ---- */

static void speak_http(ah_opening *opening, ah_transport *transport)
{
    ah_conn *conn = ah_h1_conn_new(opening->setup->works, transport, opening->owner, opening->ctx);

    finish(opening, conn, conn ? NULL : ah_error_no_memory());
}

#if AHTTP_TLS
static ahttp_tls *tls_at(const ah_opening *opening, const ah_place *place)
{
    return place->tls ? place->tls : opening->setup->default_tls;
}

/* Takes error over if another address of the first place is dialled instead. */
static bool try_next_address(ah_opening *opening, const ah_place *place, ahttp_error *error)
{
    if (opening->passed > 0 || error->code == AHTTP_E_NO_MEMORY ||
        !ah_candidates_drop_reached(&opening->candidates))
        return false;
    ah_error_free(opening->failure);
    opening->failure = ah_error_in_phase(error, AHTTP_PHASE_TLS);
    dial(opening, place);
    return true;
}

static void secured(void *ctx, ah_transport *transport, ahttp_error *error)
{
    ah_opening *opening = ctx;
    ah_place place = place_at(opening, opening->passed);

    ah_trace_about(opening->tracer, AHTTP_TRACE_TLS_END, place.name, error ? error->code : 0);
    if (error) {
        error = error_at(&place, error->code, error);
        if (!try_next_address(opening, &place, error))
            fail(opening, error);
        return;
    }
    ah_trace_mark(opening->tracer, AH_MARK_TLS);
    opening->is_secured = true;
    take_step(opening, transport);
}

static void secure(ah_opening *opening, ah_transport *transport, const ah_place *place)
{
    ah_opening_setup *setup = opening->setup;
    ah_tls_target target = {.server_name = place->host.ptr, .place = place->name};

    if (!place->proxy && opening->origin->route.server_name.len > 0)
        target.server_name = opening->origin->route.server_name.ptr;
    enter(opening, AH_OPENING_SECURING);
    ah_trace_about(opening->tracer, AHTTP_TRACE_TLS_START, place->name, 0);
    opening->handshake =
        ah_tls_start(setup->loop, tls_at(opening, place), transport, &target, secured, opening);
    if (!opening->handshake)
        fail(opening, ah_error_no_memory());
}
#endif

static void passed(void *ctx, ah_transport *transport, ahttp_error *error)
{
    ah_opening *opening = ctx;

    opening->is_secured = false;
    if (error) {
        fail(opening, error);
    } else if (!transport) {
        opening->passed = 0;
        reach(opening);
    } else {
        opening->passed++;
        take_step(opening, transport);
    }
}

static void pass(ah_opening *opening, ah_transport *transport)
{
    enter(opening, AH_OPENING_PASSING);
    if (!ah_passing_start(&opening->passings[opening->passed], transport, passed, opening))
        fail(opening, ah_error_no_memory());
}

static void take_step(ah_opening *opening, ah_transport *transport)
{
#if AHTTP_TLS
    ah_place place = place_at(opening, opening->passed);

    if (place.is_tls && !opening->is_secured) {
        secure(opening, transport, &place);
        return;
    }
#endif
    if (opening->passed < opening->count)
        pass(opening, transport);
    else
        speak_http(opening, transport);
}

static void dialled(void *ctx, ah_transport *transport, ahttp_error *error)
{
    ah_opening *opening = ctx;
    ah_place place = place_at(opening, 0);

    if (error) {
        fail(opening, error_at(&place, AHTTP_E_PROXY_CONNECT, error));
        return;
    }
    ah_trace_mark(opening->tracer, AH_MARK_CONNECT);
    if (place.is_tls)
        ah_candidates_note_reached(&opening->candidates, ah_transport_peer(transport));
    take_step(opening, transport);
}

static ah_dial_options dial_options(const ah_opening *opening, const ah_place *place)
{
    const ah_opening_setup *setup = opening->setup;

    return (ah_dial_options){.delay_ms = setup->next_address_ms,
                             .limit_ms = opening->watch.limits.connect_ms,
                             .name = place->name,
                             .sockets = &setup->sockets};
}

static void dial(ah_opening *opening, const ah_place *place)
{
    const ah_candidates *candidates = &opening->candidates;
    ah_dial_options options = dial_options(opening, place);

    enter(opening, AH_OPENING_DIALLING);
    opening->dial = ah_dial_start(opening->setup->loop, &options, candidates->list,
                                  candidates->count, dialled, opening);
    if (!opening->dial)
        fail(opening, ah_error_no_memory());
}

/* What a program allows is about hosts, not about proxies. */
static void dial_allowed(ah_opening *opening, const ah_place *place, const ah_address *addresses,
                         size_t count)
{
    const ah_opening_setup *setup = opening->setup;

    if (!ah_candidates_fill(&opening->candidates, addresses, count,
                            place->proxy ? NULL : setup->allow_address, setup->allow_address_ctx))
        fail(opening, ah_error_no_memory());
    else if (opening->candidates.count > 0)
        dial(opening, place);
    else
        fail(opening, ah_error_new(AHTTP_E_ADDRESS_REFUSED,
                                   "connect to %s: allow_address allows none of its addresses",
                                   place->name));
}

static void trace_resolved(ah_opening *opening, const char *host, const ahttp_error *error)
{
    if (opening->is_asking)
        ah_trace_about(opening->tracer, AHTTP_TRACE_DNS_END, host, error ? error->code : 0);
    if (!error)
        ah_trace_mark(opening->tracer, AH_MARK_DNS);
}

static void resolved(ah_lookup *lookup, const ah_address *addresses, size_t count,
                     ahttp_error *error)
{
    ah_opening *opening = AH_CONTAINER(lookup, ah_opening, lookup);
    ah_place place = place_at(opening, 0);

    if (AH_UNLIKELY(opening->tracer))
        trace_resolved(opening, place.host.ptr, error);
    if (error)
        fail(opening, error_at(&place, AHTTP_E_PROXY_DNS, error));
    else
        dial_allowed(opening, &place, addresses, count);
}

/* ---- The first transport ---- */

static void resolve(ah_opening *opening, const ah_place *place)
{
    const ah_opening_setup *setup = opening->setup;

    enter(opening, AH_OPENING_RESOLVING);
    opening->lookup = (ah_lookup){.query = NULL};
    if (ah_overrides_lookup(setup->hosts, &opening->lookup, setup->loop, place->host, place->port,
                            setup->family, resolved))
        return;
    ah_resolver_lookup(setup->resolver, &opening->lookup, place->host, place->port, setup->family,
                       resolved);
    if (opening->lookup.was_cached)
        ah_trace_about(opening->tracer, AHTTP_TRACE_DNS_CACHE_HIT, place->host.ptr, 0);
    opening->is_asking = opening->lookup.query != NULL;
    if (!opening->is_asking)
        return;
    ah_trace_about(opening->tracer, AHTTP_TRACE_DNS_CACHE_MISS, place->host.ptr, 0);
    ah_trace_about(opening->tracer, AHTTP_TRACE_DNS_START, place->host.ptr, 0);
}

static void dial_unix(ah_opening *opening, const ah_place *place)
{
    ah_dial_options options = dial_options(opening, place);
    ahttp_error *error;

    enter(opening, AH_OPENING_DIALLING);
    opening->dial = ah_dial_start_unix(opening->setup->loop, &options, opening->setup->unix_socket,
                                       dialled, opening, &error);
    if (!opening->dial)
        fail_later(opening, error);
}

static void reach_by_socket(ah_opening *opening, const ah_place *place)
{
    if (opening->setup->unix_socket)
        dial_unix(opening, place);
    else
        resolve(opening, place);
}

static void answered(void *ctx, ah_transport *transport, ahttp_error *error)
{
    ah_opening *opening = ctx;
    ah_place place = place_at(opening, 0);

    opening->asking = NULL;
    if (transport || error)
        dialled(opening, transport, error);
    else
        reach_by_socket(opening, &place);
}

static void ask_program(ah_opening *opening, const ah_place *place)
{
    const ah_opening_setup *setup = opening->setup;

    enter(opening, AH_OPENING_DIALLING);
    opening->asking =
        ah_own_connect_start(setup->loop, setup->connect, setup->connect_ctx, place->host.ptr,
                             place->port, place->name, answered, opening);
    if (!opening->asking)
        fail_later(opening, ah_error_no_memory());
}

/* Gets a transport to the first place. */
static void reach(ah_opening *opening)
{
    ah_place place = place_at(opening, 0);

    opening->dial = NULL;
    opening->asking = NULL;
    ah_error_free(opening->failure); /* of a way that was left */
    opening->failure = NULL;
    if (opening->setup->connect)
        ask_program(opening, &place);
    else
        reach_by_socket(opening, &place);
}

/* ---- The time limits ---- */

/* What it is about that takes too long: a proxy, or the origin. */
static const char *subject_of(const ah_opening *opening)
{
    ah_place place = place_at(opening, opening->passed);

    return opening->watch.stage == AH_OPENING_PASSING ? opening->origin->name : place.name;
}

static void on_limit(ah_timer *timer)
{
    ah_opening *opening = AH_CONTAINER(timer, ah_opening, watch.timer);
    bool is_dialling = opening->watch.stage == AH_OPENING_DIALLING;
    ahttp_error *error =
        ah_opening_watch_error(&opening->watch, opening->setup->loop, subject_of(opening),
                               is_dialling ? opening->dial : NULL);
    ahttp_error *said;

    stop_stage(opening, &said);
    if (said) {
        ah_error_free(error);
        error = said;
    }
#if AHTTP_TLS
    ah_place place = place_at(opening, 0);
    if (opening->watch.stage == AH_OPENING_SECURING && try_next_address(opening, &place, error))
        return;
#endif
    fail(opening, error);
}

/* Of a proxy on the way its name is told as well. */
static void log_stage(const ah_opening *opening)
{
    const char *subject = subject_of(opening);
    bool is_other = subject != opening->origin->name;

    ah_log(opening->setup->loop, AHTTP_LOG_DEBUG, "connection", "%s: %s%s%s", opening->origin->name,
           ah_opening_watch_facts(&opening->watch)->doing, is_other ? " at " : "",
           is_other ? subject : "");
}

static void enter(ah_opening *opening, ah_opening_stage next)
{
    ah_opening_watch_enter(&opening->watch, opening->setup->loop, next);
    if (AH_UNLIKELY(ah_log_wants(AHTTP_LOG_DEBUG)))
        log_stage(opening);
}

static void set_limits(ah_opening *opening, const ahttp_timeout *limits)
{
    ah_opening_watch_limit(&opening->watch, opening->setup->loop, limits);
}

static const char *doing(const ah_opening *opening)
{
    return ah_opening_watch_facts(&opening->watch)->doing;
}

static ahttp_phase phase(const ah_opening *opening)
{
    return ah_opening_watch_facts(&opening->watch)->phase;
}

/* ---- Start ---- */

/* What TLS needs, before anything is sent for nothing; NULL: it is there. */
static ahttp_error *prepare_tls(const ah_opening *opening)
{
    ahttp_error *error = NULL;

    for (size_t i = 0; i <= opening->count && !error; i++) {
        ah_place place = place_at(opening, i);
        if (place.is_tls)
            error = ah_opening_prepare_tls(opening->setup, place.tls);
    }
    return error ? ah_error_in_phase(error, AHTTP_PHASE_TLS) : NULL;
}

/* The way from here to the last place, which may be the last proxy itself.  NULL when out of
   memory. */
static ah_opening *new_opening(ah_opening_setup *setup, const ah_origin *origin)
{
    ah_proxy *proxy = origin->route.proxy;
    ah_place behind = last_place(setup, origin);

    if (behind.proxy)
        proxy = proxy->spec.via;
    size_t count = ah_proxy_count(proxy);
    ah_opening *opening = ah_alloc_zeroed(sizeof *opening + count * sizeof *opening->passings);
    if (!opening)
        return NULL;
    opening->setup = setup;
    opening->origin = origin;
    opening->count = count;
    while (count > 0) {
        ah_passing_init(&opening->passings[--count], setup, proxy, behind);
        behind = ah_place_of_proxy(proxy);
        proxy = proxy->spec.via;
    }
    return opening;
}

static ah_opening *start(ah_opening_setup *setup, const ah_origin *origin,
                         const ahttp_timeout *limits, ah_tracer *tracer, const ah_conn_owner *owner,
                         ah_opening_fn *done, void *ctx, ahttp_error **error)
{
    ah_opening *opening = new_opening(setup, origin);

    *error = opening ? prepare_tls(opening) : ah_error_no_memory();
    if (*error || !opening) {
        ah_free(opening);
        return NULL;
    }
    opening->owner = owner;
    opening->done = done;
    opening->ctx = ctx;
    opening->watch.timer.fire = on_limit;
    opening->watch.limits = *limits;
    opening->tracer = tracer ? ah_tracer_ref(tracer) : NULL;
    reach(opening);
    return opening;
}

const ah_opener ah_network_opener = {
    .start = start, .limit = set_limits, .doing = doing, .phase = phase, .cancel = cancel};
