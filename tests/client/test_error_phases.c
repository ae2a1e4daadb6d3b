/* SPDX-License-Identifier: MIT */
/* Requests that get no further than one phase, and then are over: what their errors say. */
#include "error_facts.h"

#include "support/dns_server.h"

enum { STUCK_MS = 30, HUGE = 64 << 20 };

static fixture f;
static dns_server *dns;
static ahttp_connector *connector;
static ahttp_session *session;
static ahttp_future *busy; /* a request that is in the way */
static char *body;

/* ---- Ways to get stuck ---- */

static const server_step holds[] = {READ_REQUEST, HOLD};
#if AHTTP_TLS
static const server_step says_nothing[] = {HOLD};
#endif
static const server_step takes_nothing[] = {READ_HEAD, STOP_READING, WAIT_GATE(1), CLOSE};
static const server_step holds_in_the_head[] = {READ_REQUEST, SEND("HTTP/1.1 2"), HOLD};
static const server_step holds_in_the_body[] = {
    READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"), HOLD};

static const dns_rule silence[] = {
    {"silent.test", DNS_A, DNS_SILENT, 0, {NULL}, NULL, 0},
    {"silent.test", DNS_AAAA, DNS_SILENT, 0, {NULL}, NULL, 0},
    {NULL, 0, DNS_ANSWERS, 0, {NULL}, NULL, 0},
};

static void on_cancel(void *ctx)
{
    ahttp_promise_reject(*(ahttp_promise **)ctx, AHTTP_E_CANCELLED, "cancelled");
}

static ahttp_future *never(void)
{
    static ahttp_promise *promise;

    return ahttp_promise_new(&promise, on_cancel, &promise);
}

static ahttp_future *authorize_never(const ahttp_auth_request *request, void *ctx)
{
    (void)request;
    (void)ctx;
    return never();
}

static ahttp_future *pass_never(ahttp_outgoing *request, ahttp_next *next, void *ctx)
{
    (void)request;
    (void)next;
    (void)ctx;
    return never();
}

typedef struct way {
    const char *name;
    server_script script;
    ahttp_request_options request;
    const char *url; /* instead of that of the server: scheme, or all of it */
    bool is_proxy;   /* the server is */
    bool is_busy;    /* the only connection */
    bool big;        /* the body */
    bool in_body;    /* the response is there */
    ahttp_phase phase;
    ahttp_resend resend;
} way;

static const way ways[] = {
    {.name = "credentials",
     .request = {.authorize = authorize_never},
     .phase = AHTTP_PHASE_PREPARE},
    {.name = "a middleware",
     .request = {.middlewares = (const ahttp_middleware[]){{.fn = pass_never}, {.fn = NULL}}},
     .phase = AHTTP_PHASE_PREPARE},
    {.name = "the pool", .script.others = holds, .is_busy = true, .phase = AHTTP_PHASE_POOL},
    {.name = "a name", .url = "http://silent.test/", .phase = AHTTP_PHASE_DNS},
    {.name = "TCP", .script.black_hole = true, .phase = AHTTP_PHASE_CONNECT},
    {.name = "a proxy",
     .script.others = holds_in_the_head,
     .url = "http://a.test/",
     .is_proxy = true,
     .phase = AHTTP_PHASE_PROXY},
#if AHTTP_TLS
    {.name = "TLS", .script.others = says_nothing, .url = "https", .phase = AHTTP_PHASE_TLS},
#endif
    {.name = "sending",
     .script.others = takes_nothing,
     .big = true,
     .phase = AHTTP_PHASE_SEND,
     .resend = AHTTP_RESEND_UNKNOWN},
    {.name = "a response",
     .script.others = holds,
     .phase = AHTTP_PHASE_HEAD,
     .resend = AHTTP_RESEND_UNKNOWN},
    {.name = "half a head",
     .script.others = holds_in_the_head,
     .phase = AHTTP_PHASE_HEAD,
     .resend = AHTTP_RESEND_ANSWERED},
    {.name = "half a body",
     .script.others = holds_in_the_body,
     .in_body = true,
     .phase = AHTTP_PHASE_BODY,
     .resend = AHTTP_RESEND_ANSWERED},
};

/* ---- One of them ---- */

static void begin(const way *it)
{
    f = start(&it->script, true);
    dns = dns_server_start(silence);
    connector =
        ahttp_connector_new(.loop = f.loop, .limit = 1, .dns_servers = dns_server_text(dns));
    session = ahttp_session_new(.connector = connector);
    body = it->big ? calloc(1, HUGE) : NULL;
    busy = NULL;
    if (it->is_busy) {
        busy = ahttp_get(session, server_url(f.server, "/"));
        run_until(&f, SERVER_REQUESTS, 1);
    }
}

static void end(void)
{
    if (busy) {
        ahttp_future_cancel(busy);
        ahttp_drop(busy);
    }
    server_open_gate(f.server, 1);
    ahttp_session_unref(session);
    ahttp_connector_unref(connector);
    finish(&f);
    dns_server_stop(dns);
    free(body);
}

static ahttp_future *send(const way *it, int64_t total_ms)
{
    ahttp_request_options request = it->request;
    char url[64], proxy[64];

    snprintf(url, sizeof url, "%s://127.0.0.1:%u/", it->url ? it->url : "http",
             server_port(f.server));
    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%u", server_port(f.server));
    request.size = sizeof request;
    request.url = it->url && strchr(it->url, ':') ? it->url : url;
    request.data = (ahttp_bytes){body, it->big ? HUGE : 0};
    request.timeout.total_ms = total_ms;
    if (it->is_proxy)
        request.proxy = (ahttp_proxy){.url = proxy, .tunnel = true};
    return ahttp_session_send(session, &request);
}

/* Of the body, where the response is there. */
static const ahttp_error *failure_of(const way *it, int64_t total_ms, bool cancels)
{
    ahttp_future *future = send(it, total_ms);
    ahttp_response *response = it->in_body ? response_of(future) : NULL;

    if (response)
        future = ahttp_response_read(response);
    settle(&f);
    if (cancels)
        ahttp_future_cancel(future);
    else
        ahttp_loop_advance(f.loop, total_ms);
    const ahttp_error *error = error_of(future);
    ahttp_response_unref(response);
    return error;
}

static void assert_stuck(const way *it, const ahttp_error *error, int code)
{
    if (error->code != code || error->phase != it->phase || error->resend != it->resend)
        fail_msg("%s: %s, phase %d, resend %d", it->name, error->message, error->phase,
                 error->resend);
}

static void the_total_time_limit_knows_where_it_struck(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        begin(&ways[i]);
        assert_stuck(&ways[i], failure_of(&ways[i], STUCK_MS, false), AHTTP_E_TOTAL_TIMEOUT);
        end();
    }
}

/* A cancelled read does not end the request. */
static void a_cancel_knows_where_it_struck(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        if (ways[i].in_body)
            continue;
        begin(&ways[i]);
        assert_stuck(&ways[i], failure_of(&ways[i], AHTTP_NEVER, true), AHTTP_E_CANCELLED);
        end();
    }
}

static void closing_the_session_knows_where_it_struck(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        begin(&ways[i]);
        ahttp_future *future = send(&ways[i], AHTTP_NEVER);
        ahttp_response *response = ways[i].in_body ? response_of(future) : NULL;
        if (response)
            future = ahttp_response_read(response);
        settle(&f);
        ahttp_drop(ahttp_session_close(session));
        assert_stuck(&ways[i], error_of(future), AHTTP_E_CLOSED);
        ahttp_response_unref(response);
        end();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_total_time_limit_knows_where_it_struck),
        cmocka_unit_test(a_cancel_knows_where_it_struck),
        cmocka_unit_test(closing_the_session_knows_where_it_struck),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
