/* SPDX-License-Identifier: MIT */
/* The stock middlewares: sending again, and holding back. */
#include "sending.h"

#include "support/failing_alloc.h"

#define BUSY(fields) "HTTP/1.1 503 Busy\r\n" fields "Content-Length: 4\r\n\r\nbusy"

static ahttp_retry *retry;
static ahttp_throttle *throttle;

static void begin(const server_script *script)
{
    f = start(script, true);
}

static int end(void **state)
{
    (void)state;
    finish(&f);
    ahttp_retry_free(retry);
    ahttp_throttle_free(throttle);
    retry = NULL;
    throttle = NULL;
    return 0;
}

static ahttp_future *get(const char *path, ahttp_middleware middleware)
{
    return ahttp_get(f.session, server_url(f.server, path),
                     .middlewares = AHTTP_MIDDLEWARES(middleware));
}

/* Lets what is ready run, without time passing. */
static void turn(void)
{
    for (int i = 0; i < 20; i++)
        assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
}

/* ---- Retry ---- */

static void a_busy_server_is_asked_again_later(void **state)
{
    static const server_step steps[] = {READ_REQUEST, SEND(BUSY("")), READ_REQUEST,
                                        SEND(BUSY("Retry-After: 3\r\n")), SERVE};
    (void)state;
    begin(&(server_script){.connections = {steps}});
    retry = ahttp_retry_new(.first_wait_ms = 100, .no_random = true);

    ahttp_future *request = get("/ok", ahttp_retry_middleware(retry));
    run_until(&f, SERVER_REQUESTS, 1);
    turn();
    ahttp_loop_advance(f.loop, 99);
    turn();
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 1);
    ahttp_loop_advance(f.loop, 1);
    run_until(&f, SERVER_REQUESTS, 2);
    while (ahttp_retry_count(retry) < 2)
        ahttp_loop_advance(f.loop, 100), turn();

    assert_text(request, "ok");
    assert_int_equal(ahttp_loop_now(f.loop) >= 3100, 1);
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 1);
}

static void the_last_response_is_the_result(void **state)
{
    static const server_step steps[] = {READ_REQUEST, SEND(BUSY("Retry-After: 0\r\n")), AGAIN};
    (void)state;
    begin(&(server_script){.connections = {steps}});
    retry = ahttp_retry_new(.attempts = 4);

    ahttp_response *response = response_of(get("/", ahttp_retry_middleware(retry)));

    assert_int_equal(ahttp_response_status(response), 503);
    assert_string_equal(ahttp_await(ahttp_response_text(response)), "busy");
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 4);
    assert_int_equal(ahttp_retry_count(retry), 3);
    ahttp_response_unref(response);
}

static void the_last_error_is_the_result(void **state)
{
    char url[60];
    (void)state;
    begin(NULL);
    retry = ahttp_retry_new(.first_wait_ms = 1, .attempts = 3);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", (unsigned)server_refused_port());

    assert_fails(
        ahttp_get(f.session, url, .middlewares = AHTTP_MIDDLEWARES(ahttp_retry_middleware(retry))),
        AHTTP_E_CONNECT, "refused");
    assert_int_equal(ahttp_retry_count(retry), 2);
}

static void a_cancel_ends_the_wait(void **state)
{
    static const server_step steps[] = {READ_REQUEST, SEND(BUSY("Retry-After: 30\r\n")), SERVE};
    (void)state;
    begin(&(server_script){.connections = {steps}});
    retry = ahttp_retry_new();

    ahttp_future *request = get("/", ahttp_retry_middleware(retry));
    run_until(&f, SERVER_REQUESTS, 1);
    turn();
    ahttp_future_cancel(request);

    assert_fails(request, AHTTP_E_CANCELLED, "cancelled");
    assert_int_equal(ahttp_retry_count(retry), 0);
}

static void a_wait_beyond_the_time_limit_is_not_begun(void **state)
{
    static const server_step steps[] = {READ_REQUEST, SEND(BUSY("Retry-After: 30\r\n")), SERVE};
    (void)state;
    begin(&(server_script){.connections = {steps}});
    retry = ahttp_retry_new();

    ahttp_response *response =
        response_of(ahttp_get(f.session, server_url(f.server, "/"), .timeout = {.total_ms = 30000},
                              .middlewares = AHTTP_MIDDLEWARES(ahttp_retry_middleware(retry))));

    assert_int_equal(ahttp_response_status(response), 503);
    ahttp_response_unref(response);
}

/* ---- Throttle ---- */

static void requests_come_evenly_after_a_burst(void **state)
{
    ahttp_future *requests[5];
    (void)state;
    begin(NULL);
    throttle = ahttp_throttle_new(.requests = 10, .burst = 2);

    for (int i = 0; i < 5; i++)
        requests[i] = get("/ok", ahttp_throttle_middleware(throttle));
    run_until(&f, SERVER_REQUESTS, 2);
    turn();
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 2);
    assert_int_equal(ahttp_throttle_waiting(throttle), 3);
    for (uint64_t i = 3; i <= 5; i++) {
        ahttp_loop_advance(f.loop, 99);
        turn();
        assert_int_equal(server_count(f.server, SERVER_REQUESTS), i - 1);
        ahttp_loop_advance(f.loop, 1);
        run_until(&f, SERVER_REQUESTS, i);
    }

    for (int i = 0; i < 5; i++)
        assert_text(requests[i], "ok");
}

static void so_many_are_under_way_at_once(void **state)
{
    ahttp_future *requests[3];
    (void)state;
    begin(NULL);
    throttle = ahttp_throttle_new(.at_once = 2);

    for (int i = 0; i < 3; i++)
        requests[i] = get(i == 0 ? "/gate/1" : "/gate/2", ahttp_throttle_middleware(throttle));
    run_until(&f, SERVER_AT_GATE, 2);
    turn();
    assert_int_equal(ahttp_throttle_waiting(throttle), 1);
    server_open_gate(f.server, 1);
    assert_text(requests[0], "gate 1");
    run_until(&f, SERVER_REQUESTS, 3);
    server_open_gate(f.server, 2);

    assert_text(requests[1], "gate 2");
    assert_text(requests[2], "gate 2");
    assert_int_equal(server_count(f.server, SERVER_MOST_OPEN), 2);
}

static void hosts_are_counted_apart(void **state)
{
    (void)state;
    begin(NULL);
    test_server *other = server_start(NULL);
    throttle = ahttp_throttle_new(.at_once = 1);
    ahttp_middleware middleware = ahttp_throttle_middleware(throttle);

    ahttp_future *held = get("/gate/1", middleware);
    run_until(&f, SERVER_AT_GATE, 1);
    assert_text(ahttp_get(f.session, server_url(other, "/ok"),
                          .middlewares = AHTTP_MIDDLEWARES(middleware)),
                "ok");
    server_open_gate(f.server, 1);
    assert_text(held, "gate 1");

    server_stop(other);
}

static void a_cancelled_request_gives_its_place_away(void **state)
{
    (void)state;
    begin(NULL);
    throttle = ahttp_throttle_new(.at_once = 1);

    ahttp_future *first = get("/gate/1", ahttp_throttle_middleware(throttle));
    ahttp_future *second = get("/ok", ahttp_throttle_middleware(throttle));
    ahttp_future *third = get("/ok", ahttp_throttle_middleware(throttle));
    run_until(&f, SERVER_AT_GATE, 1);
    ahttp_future_cancel(second);
    assert_fails(second, AHTTP_E_CANCELLED, "cancelled");
    ahttp_future_cancel(first);
    assert_fails(first, AHTTP_E_CANCELLED, "cancelled");

    assert_text(third, "ok");
    assert_int_equal(ahttp_throttle_waiting(throttle), 0);
}

/* ---- Memory ---- */

static test_server *server;

static void one_throttled_retry(void *ctx)
{
    ahttp_loop *loop = ahttp_loop_new(.virtual_clock = true);
    ahttp_session *session = loop ? ahttp_session_new(.loop = loop) : NULL;
    ahttp_retry *own_retry = ahttp_retry_new(.attempts = 2);
    ahttp_throttle *own_throttle = ahttp_throttle_new(.requests = 1000, .at_once = 3);

    (void)ctx;
    if (session && own_retry && own_throttle) {
        ahttp_response *response = ahttp_await(
            ahttp_get(session, server_url(server, "/ok"),
                      .middlewares = AHTTP_MIDDLEWARES(ahttp_retry_middleware(own_retry),
                                                       ahttp_throttle_middleware(own_throttle))));
        if (!response)
            assert_non_null(ahttp_task_error()->message);
        ahttp_response_unref(response);
    }
    ahttp_session_unref(session);
    if (loop)
        assert_int_equal(ahttp_loop_close(loop), 0);
    ahttp_retry_free(own_retry);
    ahttp_throttle_free(own_throttle);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    server = server_start(NULL);
    for_each_allocation(one_throttled_retry, NULL);
    server_stop(server);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, end)
    const struct CMUnitTest tests[] = {
        TEST(a_busy_server_is_asked_again_later),
        TEST(the_last_response_is_the_result),
        TEST(the_last_error_is_the_result),
        TEST(a_cancel_ends_the_wait),
        TEST(a_wait_beyond_the_time_limit_is_not_begun),
        TEST(requests_come_evenly_after_a_burst),
        TEST(so_many_are_under_way_at_once),
        TEST(hosts_are_counted_apart),
        TEST(a_cancelled_request_gives_its_place_away),
        cmocka_unit_test(every_allocation_may_fail),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
