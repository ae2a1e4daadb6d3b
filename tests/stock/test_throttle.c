/* SPDX-License-Identifier: MIT */
/* The stock middleware that holds requests back. */
#include "client/sending.h"
#include "support/failing_alloc.h"
#include "support/instructions.h"

static ahttp_throttle *throttle;

static void begin(const server_script *script)
{
    f = start(script, true);
}

static int end(void **state)
{
    (void)state;
    finish(&f);
    ahttp_throttle_free(throttle);
    throttle = NULL;
    return 0;
}

static ahttp_future *get(const char *path, ahttp_middleware middleware)
{
    return ahttp_get(f.session, server_url(f.server, path),
                     .middlewares = AHTTP_MIDDLEWARES(middleware));
}

static void requests_come_evenly_after_a_burst(void **state)
{
    ahttp_future *requests[5];
    (void)state;
    begin(NULL);
    throttle = ahttp_throttle_new(.requests = 10, .burst = 2);

    for (int i = 0; i < 5; i++)
        requests[i] = get("/ok", ahttp_throttle_middleware(throttle));
    run_until(&f, SERVER_REQUESTS, 2);
    let_run();
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 2);
    assert_int_equal(ahttp_throttle_waiting(throttle), 3);
    for (uint64_t i = 3; i <= 5; i++) {
        ahttp_loop_advance(f.loop, 99);
        let_run();
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
    let_run();
    assert_int_equal(ahttp_throttle_waiting(throttle), 1);
    server_open_gate(f.server, 1);
    assert_text(requests[0], "gate 1");
    run_until(&f, SERVER_REQUESTS, 3);
    server_open_gate(f.server, 2);

    assert_text(requests[1], "gate 2");
    assert_text(requests[2], "gate 2");
    assert_int_equal(server_count(f.server, SERVER_MOST_OPEN), 2);
}

static const server_step slow_body[] = {READ_REQUEST,
                                        SEND("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha"),
                                        WAIT_GATE(1), SEND("lf"), SERVE};

static void a_place_is_kept_until_the_body_has_come(void **state)
{
    (void)state;
    begin(&(server_script){.connections = {slow_body}});
    throttle = ahttp_throttle_new(.at_once = 1);

    ahttp_response *first = response_of(get("/", ahttp_throttle_middleware(throttle)));
    ahttp_future *second = get("/ok", ahttp_throttle_middleware(throttle));
    let_run();
    assert_int_equal(ahttp_throttle_waiting(throttle), 1);
    server_open_gate(f.server, 1);
    assert_text(second, "ok"); /* nobody has to read the first one */

    assert_string_equal(ahttp_await(ahttp_response_text(first)), "half");
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 1);
    ahttp_response_unref(first);
}

static void a_response_that_ends_early_gives_its_place_away(void **state)
{
    static const server_step large[] = {
        READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n"), HOLD};
    static const server_step cut[] = {
        READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nha"), CLOSE};
    (void)state;
    begin(&(server_script){.connections = {large, cut}});
    throttle = ahttp_throttle_new(.at_once = 1);
    ahttp_middleware middleware = ahttp_throttle_middleware(throttle);

    ahttp_response *given_up = response_of(get("/", middleware));
    ahttp_future *next = get("/", middleware);
    ahttp_response_unref(given_up);
    ahttp_response *broken = response_of(next);
    next = get("/ok", middleware);
    assert_fails(ahttp_response_text(broken), AHTTP_E_BODY_CUT, "");

    assert_text(next, "ok");
    ahttp_response_unref(broken);
    assert_int_equal(ahttp_throttle_waiting(throttle), 0);
}

static void neither_redirects_nor_answers_of_middlewares_keep_a_place(void **state)
{
    int status = 203;
    (void)state;
    begin(NULL);
    throttle = ahttp_throttle_new(.at_once = 1);
    ahttp_middleware middleware = ahttp_throttle_middleware(throttle);

    assert_text(get("/redirect/302/ok", middleware), "ok");
    ahttp_response *response = response_of(
        ahttp_get(f.session, server_url(f.server, "/"),
                  .middlewares = AHTTP_MIDDLEWARES(middleware, {answering, NULL, &status})));
    assert_text(get("/ok", middleware), "ok");
    ahttp_response_unref(response);
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

/* Of a host of that number, without a connection. */
static void ask_host(int number)
{
    int status = 204;
    char url[64];

    snprintf(url, sizeof url, "http://host-%03d.example/", number);
    ahttp_response_unref(
        response_of(ahttp_get(f.session, url,
                              .middlewares = AHTTP_MIDDLEWARES(ahttp_throttle_middleware(throttle),
                                                               {answering, NULL, &status}))));
}

static void of_hosts_that_nobody_asks_any_more_nothing_is_kept(void **state)
{
    enum { MOST = 256 };
    (void)state;
    counting_alloc_install();
    begin(NULL);
    throttle = ahttp_throttle_new(.at_once = 1);

    ask_host(0);
    size_t live = counting_alloc_counts().live;
    for (int i = 1; i < MOST; i++)
        ask_host(i);
    assert_true(counting_alloc_counts().live >= live + MOST - 1);
    ask_host(MOST);

    assert_int_equal(counting_alloc_counts().live, live);
    end(NULL);
    counting_alloc_remove();
}

/* What the cheapest of some hundreds of hosts cost, from that number on. */
static uint64_t least_cost_of_hosts(int first)
{
    enum { TIMES = 5, HUNDRED = 100 };
    uint64_t least = UINT64_MAX;

    for (int i = 0; i < TIMES; i++) {
        uint64_t before = cost_so_far();
        for (int k = 0; k < HUNDRED; k++)
            ask_host(first + i * HUNDRED + k);
        uint64_t cost = cost_so_far() - before;
        least = cost < least ? cost : least;
    }
    return least;
}

static void one_host_more_costs_no_more_when_many_are_known(void **state)
{
    enum { KNOWN = 8000 };
    (void)state;
    begin(NULL);
    throttle = ahttp_throttle_new(.requests = 1, .per_ms = 3600 * 1000); /* none is idle soon */

    uint64_t few = least_cost_of_hosts(0);
    for (int i = 500; i < KNOWN; i++)
        ask_host(i);
    uint64_t many = least_cost_of_hosts(KNOWN);

    assert_true(many < 4 * few);
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

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, end)
    const struct CMUnitTest tests[] = {
        TEST(requests_come_evenly_after_a_burst),
        TEST(so_many_are_under_way_at_once),
        TEST(a_place_is_kept_until_the_body_has_come),
        TEST(a_response_that_ends_early_gives_its_place_away),
        TEST(neither_redirects_nor_answers_of_middlewares_keep_a_place),
        TEST(hosts_are_counted_apart),
        cmocka_unit_test(of_hosts_that_nobody_asks_any_more_nothing_is_kept),
        TEST(one_host_more_costs_no_more_when_many_are_known),
        TEST(a_cancelled_request_gives_its_place_away),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
