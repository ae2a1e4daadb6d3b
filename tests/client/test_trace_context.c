/* SPDX-License-Identifier: MIT */
/* Every event there is, each with the context of its request. */
#include "fixture.h"

#include "support/dns_server.h"
#if AHTTP_TLS
#include "support/tls_front.h"
#endif

static fixture f;
static dns_server *dns;
static int seen[AHTTP_TRACE_EVENTS], mine;
static uint64_t request; /* whose events are told */

static void note(const ahttp_trace_info *info, void *ctx)
{
    (void)ctx;
    assert_ptr_equal(info->request_ctx, &mine);
    assert_non_null(info->method);
    assert_non_null(info->url);
    assert_true((info->exchange != NULL) == (info->event == AHTTP_TRACE_EXCHANGE));
    if (info->event == AHTTP_TRACE_REQUEST_START)
        request = info->request;
    assert_true(info->request >= request - 1); /* at most two are under way here */
    seen[info->event]++;
}

static const ahttp_trace trace = {.size = sizeof trace, .any = note};

static const server_step swallows[] = {
    READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), READ_REQUEST, CLOSE};

static int begin(void **state)
{
    static const dns_rule rules[] = {
        {"here.test", DNS_A, DNS_ANSWERS, 60, {"127.0.0.1"}, NULL, 0},
        {NULL, 0, DNS_ANSWERS, 0, {NULL}, NULL, 0},
    };
    (void)state;
    f = start(&(server_script){.connections = {swallows}}, false);
    dns = dns_server_start(rules);
    ahttp_session_unref(f.session);
    ahttp_connector *connector =
        ahttp_connector_new(.loop = f.loop, .limit = 1, .dns_servers = dns_server_text(dns));
    f.session = ahttp_session_new(.connector = connector, .traces = AHTTP_TRACES(&trace));
    ahttp_connector_unref(connector);
    return 0;
}

static int end(void **state)
{
    (void)state;
    finish(&f);
    dns_server_stop(dns);
    return 0;
}

static const char *at(const char *path)
{
    static char url[100];

    snprintf(url, sizeof url, "http://here.test:%u%s", server_port(f.server), path);
    return url;
}

/* Looked up, on a new connection; then on that one, which swallows it. */
static void send_once_more(void)
{
    assert_text(ahttp_get(f.session, at("/ok"), .trace_ctx = &mine), "ok");
    assert_text(ahttp_get(f.session, at("/ok"), .trace_ctx = &mine), "ok");
}

static void wait_for_a_connection(void)
{
    ahttp_future *first =
        ahttp_post(f.session, at("/redirect/307/ok"), .text = "body", .trace_ctx = &mine);
    ahttp_future *second = ahttp_get(f.session, at("/ok"), .trace_ctx = &mine);

    assert_text(first, "ok");
    assert_text(second, "ok");
}

static void break_one(void)
{
    assert_null(ahttp_await(ahttp_get(f.session, at("/drop"), .trace_ctx = &mine)));
}

static void shake_hands(void)
{
#if AHTTP_TLS
    tls_front *front = tls_front_start(server_port(f.server));

    assert_text(ahttp_get(f.session, tls_front_url(front, "/ok"), .trace_ctx = &mine), "ok");
    tls_front_stop(front);
#else
    seen[AHTTP_TRACE_TLS_START] = seen[AHTTP_TRACE_TLS_END] = 1; /* not in this library */
#endif
}

static void every_event_knows_the_context_of_its_request(void **state)
{
    (void)state;
    send_once_more();
    wait_for_a_connection();
    break_one();
    shake_hands();
    assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);

    for (ahttp_trace_event event = 0; event < AHTTP_TRACE_EVENTS; event++)
        if (seen[event] == 0)
            fail_msg("event %d did not come", event);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_event_knows_the_context_of_its_request, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
