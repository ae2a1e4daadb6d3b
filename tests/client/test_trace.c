/* SPDX-License-Identifier: MIT */
/* What traces are told, in which order, and when each part of a request was over. */
#include "one_server.h"
#include "scarcity.h"

#include "support/dns_server.h"

static const char *const names[] = {
    [AHTTP_TRACE_REQUEST_START] = "start",  [AHTTP_TRACE_QUEUED_START] = "queued",
    [AHTTP_TRACE_QUEUED_END] = "turn",      [AHTTP_TRACE_CREATE_START] = "create",
    [AHTTP_TRACE_DNS_CACHE_HIT] = "hit",    [AHTTP_TRACE_DNS_CACHE_MISS] = "miss",
    [AHTTP_TRACE_DNS_START] = "dns",        [AHTTP_TRACE_DNS_END] = "dns-end",
    [AHTTP_TRACE_TLS_START] = "tls",        [AHTTP_TRACE_TLS_END] = "tls-end",
    [AHTTP_TRACE_CREATE_END] = "created",   [AHTTP_TRACE_REUSE] = "reuse",
    [AHTTP_TRACE_HEADERS_SENT] = "headers", [AHTTP_TRACE_CHUNK_SENT] = "sent",
    [AHTTP_TRACE_FIRST_BYTE] = "first",     [AHTTP_TRACE_REDIRECT] = "redirect",
    [AHTTP_TRACE_RETRY] = "retry",          [AHTTP_TRACE_REQUEST_END] = "end",
    [AHTTP_TRACE_CHUNK_RECEIVED] = "chunk", [AHTTP_TRACE_RELEASE] = "release",
    [AHTTP_TRACE_EXCEPTION] = "exception",  [AHTTP_TRACE_EXCHANGE] = "over",
};
_Static_assert(COUNT_OF(names) == AHTTP_TRACE_EVENTS, "each event has a name here");

typedef struct story {
    char text[2000];
    uint64_t request;
    int64_t last_ns;
    void *request_ctx;
    uint64_t bytes[AHTTP_TRACE_EVENTS];
    int status[AHTTP_TRACE_EVENTS];
    int code[AHTTP_TRACE_EVENTS];
    char about[AHTTP_TRACE_EVENTS][200];
    int calls_of_its_own;
} story;

static story told;

static void tell(const ahttp_trace_info *info, void *ctx)
{
    story *self = ctx;
    size_t used = strlen(self->text);

    snprintf(self->text + used, sizeof self->text - used, "%s ", names[info->event]);
    assert_true(info->time_ns >= self->last_ns);
    assert_true(!info->url || strstr(info->url, "http://"));
    self->last_ns = info->time_ns;
    self->request = info->request;
    self->request_ctx = info->request_ctx;
    self->bytes[info->event] += info->bytes;
    self->status[info->event] = info->status;
    self->code[info->event] = info->code;
    snprintf(self->about[info->event], 200, "%s", info->text ? info->text : "");
}

static void count_only(const ahttp_trace_info *info, void *ctx)
{
    assert_int_equal(info->event, AHTTP_TRACE_RELEASE);
    ((story *)ctx)->calls_of_its_own++;
}

static const ahttp_trace trace = {.size = sizeof trace, .ctx = &told, .any = tell};
static const ahttp_trace second = {
    .size = sizeof second, .ctx = &told, .on = {[AHTTP_TRACE_RELEASE] = count_only}};

static void use(ahttp_connector *connector)
{
    ahttp_session_unref(f.session);
    f.session = ahttp_session_new(.connector = connector, .traces = AHTTP_TRACES(&trace, &second));
    ahttp_connector_unref(connector);
}

static void begin_with(const server_script *script)
{
    memset(&told, 0, sizeof told);
    f = start(script, true);
    use(ahttp_connector_new(.loop = f.loop));
}

static int begin(void **state)
{
    (void)state;
    begin_with(NULL);
    return 0;
}

static const char *at(const char *path)
{
    return server_url(f.server, path);
}

/* What was told since this was asked last. */
#define assert_story(expected)                                                                     \
    do {                                                                                           \
        assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);                                   \
        assert_string_equal(told.text, expected);                                                  \
        told.text[0] = '\0';                                                                       \
    } while (0)

static void a_request_on_a_new_connection_and_on_a_kept_one(void **state)
{
    int mine = 0;
    (void)state;

    assert_text(ahttp_get(f.session, at("/ok"), .trace_ctx = &mine), "ok");
    uint64_t first = told.request;
    assert_ptr_equal(told.request_ctx, &mine);
    assert_story("start create created headers first end chunk release over ");
    assert_int_equal(told.status[AHTTP_TRACE_REQUEST_END], 200);
    assert_int_equal(told.bytes[AHTTP_TRACE_HEADERS_SENT], server_request_at(f.server, 0).head_len);
    assert_int_equal(told.bytes[AHTTP_TRACE_CHUNK_RECEIVED], 2);

    assert_text(ahttp_get(f.session, at("/ok")), "ok");
    assert_story("start reuse headers first end chunk release over ");
    assert_true(told.request > first);
    assert_null(told.request_ctx);
    assert_int_equal(told.calls_of_its_own, 2);
}

static void a_body_that_is_sent(void **state)
{
    (void)state;
    assert_text(ahttp_post(f.session, at("/ok"), .text = "hello"), "ok");

    assert_story("start create created headers sent first end chunk release over ");
    assert_int_equal(told.bytes[AHTTP_TRACE_CHUNK_SENT], 5);
}

static void a_name_is_asked_for_once(void **state)
{
    static const dns_rule rules[] = {
        {"here.test", DNS_A, DNS_ANSWERS, 60, {"127.0.0.1"}, NULL, 0},
        {NULL, 0, DNS_ANSWERS, 0, {NULL}, NULL, 0},
    };
    char url[64];
    (void)state;
    dns_server *dns = dns_server_start(rules);
    use(ahttp_connector_new(.loop = f.loop, .dns_servers = dns_server_text(dns),
                            .no_keepalive = true));
    snprintf(url, sizeof url, "http://here.test:%u/ok", server_port(f.server));

    assert_text(ahttp_get(f.session, url), "ok");
    assert_story("start create miss dns dns-end created headers first end chunk over ");
    assert_string_equal(told.about[AHTTP_TRACE_DNS_START], "here.test");
    assert_text(ahttp_get(f.session, url), "ok");
    assert_story("start create hit created headers first end chunk over ");

    assert_null(ahttp_await(ahttp_get(f.session, "http://gone.test/")));
    assert_story("start create miss dns dns-end created over exception ");
    assert_int_equal(told.code[AHTTP_TRACE_DNS_END], AHTTP_E_DNS);
    assert_int_equal(told.code[AHTTP_TRACE_EXCEPTION], AHTTP_E_DNS);
    ahttp_session_unref(f.session);
    f.session = ahttp_session_new(.loop = f.loop);
    dns_server_stop(dns);
}

static void who_has_to_wait_is_queued(void **state)
{
    (void)state;
    use(ahttp_connector_new(.loop = f.loop, .limit = 1));
    ahttp_future *first = ahttp_get(f.session, at("/gate/0"));
    run_until(&f, SERVER_AT_GATE, 1);
    assert_story("start create created headers ");

    ahttp_future *other = ahttp_get(f.session, at("/ok"));
    assert_story("start queued ");
    server_open_gate(f.server, 0);
    assert_text(first, "gate 0");
    assert_text(other, "ok");

    assert_non_null(strstr(told.text, "release over turn reuse headers "));
}

static void who_gave_up_in_the_queue_leaves_nothing_to_the_next_request(void **state)
{
    (void)state;
    use(ahttp_connector_new(.loop = f.loop, .limit = 1, .no_keepalive = true));
    ahttp_future *first = ahttp_get(f.session, at("/gate/0"));
    run_until(&f, SERVER_AT_GATE, 1);
    ahttp_future *other = ahttp_get(f.session, at("/ok"));
    assert_story("start create created headers start queued ");
    ahttp_future_cancel(other);
    assert_null(ahttp_await(other));
    assert_story("over exception ");

    server_open_gate(f.server, 0);
    ahttp_response *kept = response_of(first);
    assert_int_equal(ahttp_await_status(ahttp_response_read(kept)), 0);
    assert_story("first end chunk over ");
    assert_text(ahttp_get(f.session, at("/ok")), "ok");

    assert_story("start create created headers first end chunk over ");
    ahttp_response_unref(kept);
}

static const server_step redirects[] = {
    READ_REQUEST, SEND("HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n"), SERVE};

static void a_redirect_is_one_request_with_two_hops(void **state)
{
    (void)state;
    finish(&f);
    begin_with(&(server_script){.connections = {redirects}});

    assert_text(ahttp_get(f.session, at("/")), "ok");

    assert_story("start create created headers first redirect release over reuse headers first end "
                 "chunk release over ");
    assert_int_equal(told.status[AHTTP_TRACE_REDIRECT], 302);
    assert_string_equal(told.about[AHTTP_TRACE_REDIRECT], at("/ok"));
}

static const server_step swallows[] = {
    READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), READ_REQUEST, CLOSE};

static void what_a_dead_connection_swallowed_is_sent_once_more(void **state)
{
    (void)state;
    finish(&f);
    begin_with(&(server_script){.connections = {swallows}});
    assert_text(ahttp_get(f.session, at("/")), "");
    assert_story("start create created headers first end release over ");

    assert_text(ahttp_get(f.session, at("/ok")), "ok");

    assert_story(
        "start reuse headers over retry create created headers first end chunk release over ");
}

static const server_step half_a_body[] = {
    READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"), CLOSE};

static void a_failure_in_the_body_comes_behind_the_end_of_the_request(void **state)
{
    (void)state;
    finish(&f);
    begin_with(&(server_script){.connections = {half_a_body}});

    ahttp_response *response = response_of(ahttp_get(f.session, at("/")));
    assert_fails(ahttp_response_read(response), AHTTP_E_BODY_CUT, "");

    assert_story("start create created headers first end chunk over exception ");
    assert_int_equal(told.code[AHTTP_TRACE_EXCEPTION], AHTTP_E_BODY_CUT);
    assert_int_equal(told.code[AHTTP_TRACE_EXCHANGE], AHTTP_E_BODY_CUT);
    ahttp_response_unref(response);
}

static void a_request_that_is_cancelled_or_too_late_tells_so(void **state)
{
    (void)state;
    ahttp_future *request = ahttp_get(f.session, at("/gate/0"));
    run_until(&f, SERVER_AT_GATE, 1);
    ahttp_future_cancel(request);
    assert_fails(request, AHTTP_E_CANCELLED, "");
    assert_story("start create created headers over exception ");
    assert_int_equal(told.code[AHTTP_TRACE_EXCEPTION], AHTTP_E_CANCELLED);

    request = ahttp_get(f.session, at("/gate/0"), .timeout = {.total_ms = 10});
    run_until(&f, SERVER_REQUESTS, 2);
    ahttp_loop_advance(f.loop, 10);
    assert_fails(request, AHTTP_E_TOTAL_TIMEOUT, "");
    assert_story("start create created headers over exception ");
    assert_int_equal(told.code[AHTTP_TRACE_EXCEPTION], AHTTP_E_TOTAL_TIMEOUT);
}

#define BUSY "HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n"
static const server_step busy_once[] = {READ_REQUEST, SEND(BUSY), SERVE};
static const server_step busy[] = {READ_REQUEST, SEND(BUSY), AGAIN};

static void what_a_middleware_sends_again_is_of_one_request(void **state)
{
    (void)state;
    finish(&f);
    begin_with(&(server_script){.connections = {busy_once, busy}});
    ahttp_retry *retry = ahttp_retry_new(.attempts = 2);

    assert_text(ahttp_get(f.session, at("/ok"),
                          .middlewares = AHTTP_MIDDLEWARES(ahttp_retry_middleware(retry))),
                "ok");
    assert_story("start create created headers first release over reuse headers first chunk "
                 "release over end ");
    server_close_connections(f.server);
    ahttp_response *last = response_of(ahttp_get(
        f.session, at("/ok"), .middlewares = AHTTP_MIDDLEWARES(ahttp_retry_middleware(retry))));
    assert_int_equal(told.status[AHTTP_TRACE_EXCHANGE], 503);
    assert_int_equal(ahttp_response_status(last), 503);
    ahttp_response_unref(last);
    ahttp_retry_free(retry);
}

/* ---- Timings ---- */

static void a_response_knows_when_its_parts_were_over(void **state)
{
    ahttp_timings times;
    (void)state;
    ahttp_session *session = ahttp_session_new(.loop = f.loop, .timings = true);
    ahttp_loop_advance(f.loop, 5);
    ahttp_future *request = ahttp_get(session, at("/gate/0"));
    run_until(&f, SERVER_AT_GATE, 1);
    ahttp_loop_advance(f.loop, 10);
    server_open_gate(f.server, 0);

    ahttp_response *response = response_of(request);
    assert_string_equal(ahttp_await(ahttp_response_text(response)), "gate 0");
    assert_true(ahttp_response_timings(response, &times));

    assert_true(times.start_ns > 0 && times.queue_ns >= times.start_ns);
    assert_true(times.dns_ns >= times.queue_ns && times.connect_ns >= times.dns_ns);
    assert_int_equal(times.tls_ns, 0);
    assert_true(times.sent_ns >= times.connect_ns);
    assert_int_equal(times.first_byte_ns - times.sent_ns, 10000000);
    assert_true(times.last_byte_ns >= times.first_byte_ns);
    ahttp_response_unref(response);
    ahttp_session_unref(session);
}

static void an_error_knows_how_far_its_request_came(void **state)
{
    (void)state;
    ahttp_session *session = ahttp_session_new(.loop = f.loop, .timings = true);
    ahttp_loop_advance(f.loop, 5);

    assert_null(ahttp_await(ahttp_get(session, at("/drop"))));

    const ahttp_timings *times = ahttp_task_error()->timings;
    assert_non_null(times);
    assert_true(times->sent_ns >= times->connect_ns && times->connect_ns > 0);
    assert_int_equal(times->first_byte_ns, 0);
    assert_true(times->failed_ns >= times->sent_ns);
    assert_int_equal(times->failed_in, AHTTP_PHASE_HEAD);
    ahttp_session_unref(session);
}

static void without_being_asked_nothing_is_noted(void **state)
{
    ahttp_timings times;
    (void)state;
    ahttp_session *session = ahttp_session_new(.loop = f.loop);

    ahttp_response *response = response_of(ahttp_get(session, at("/ok")));
    assert_false(ahttp_response_timings(response, &times));
    ahttp_response_unref(response);
    assert_null(ahttp_await(ahttp_get(session, at("/drop"))));
    assert_null(ahttp_task_error()->timings);
    ahttp_session_unref(session);
}

static void get_traced(ahttp_session *session, void *ctx)
{
    memset(&told, 0, sizeof told);
    ahttp_response_unref(ahttp_await(ahttp_get(session, ctx)));
}

static void any_allocation_may_fail(void **state)
{
    (void)state;
    for_each_allocation_with(get_traced, (void *)(uintptr_t)at("/ok"),
                             .traces = AHTTP_TRACES(&trace));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end_one)
    const struct CMUnitTest tests[] = {
        TEST(a_request_on_a_new_connection_and_on_a_kept_one),
        TEST(a_body_that_is_sent),
        TEST(a_name_is_asked_for_once),
        TEST(who_has_to_wait_is_queued),
        TEST(who_gave_up_in_the_queue_leaves_nothing_to_the_next_request),
        TEST(a_redirect_is_one_request_with_two_hops),
        TEST(what_a_dead_connection_swallowed_is_sent_once_more),
        TEST(a_failure_in_the_body_comes_behind_the_end_of_the_request),
        TEST(a_request_that_is_cancelled_or_too_late_tells_so),
        TEST(what_a_middleware_sends_again_is_of_one_request),
        TEST(a_response_knows_when_its_parts_were_over),
        TEST(an_error_knows_how_far_its_request_came),
        TEST(without_being_asked_nothing_is_noted),
        TEST(any_allocation_may_fail),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
