/* SPDX-License-Identifier: MIT */
/* The stock middleware that sends again. */
#include "client/sending.h"

#include "support/failing_alloc.h"
#include <time.h>

#define BUSY(fields) "HTTP/1.1 503 Busy\r\n" fields "Content-Length: 4\r\n\r\nbusy"

static ahttp_retry *retry;

static void begin(const server_script *script)
{
    f = start(script, true);
}

static int end(void **state)
{
    (void)state;
    finish(&f);
    ahttp_retry_free(retry);
    retry = NULL;
    return 0;
}

static ahttp_future *get(const char *path, ahttp_middleware middleware)
{
    return ahttp_get(f.session, server_url(f.server, path),
                     .middlewares = AHTTP_MIDDLEWARES(middleware));
}

/* The answer to request number n has come whole, and its retry waits or has begun. */
static void run_until_answered(uint64_t n)
{
    ahttp_connector_stats stats = {.size = sizeof stats};

    run_until(&f, SERVER_REQUESTS, n);
    while (stats.idle == 0) {
        assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
        ahttp_connector_get_stats(ahttp_session_connector(f.session), &stats);
    }
    let_run();
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
    run_until_answered(1);
    ahttp_loop_advance(f.loop, 99);
    let_run();
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 1);
    ahttp_loop_advance(f.loop, 1);
    run_until(&f, SERVER_REQUESTS, 2);
    while (ahttp_retry_count(retry) < 2)
        ahttp_loop_advance(f.loop, 100), let_run();

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
    run_until_answered(1);
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

static void the_time_limit_ends_an_attempt_under_way(void **state)
{
    static const server_step steps[] = {READ_REQUEST, SEND(BUSY("")), READ_REQUEST, HOLD};
    (void)state;
    begin(&(server_script){.connections = {steps}});
    retry = ahttp_retry_new(.first_wait_ms = 400, .no_random = true, .attempts = 9);

    ahttp_future *request =
        ahttp_get(f.session, server_url(f.server, "/"), .timeout = {.total_ms = 1000},
                  .middlewares = AHTTP_MIDDLEWARES(ahttp_retry_middleware(retry)));
    run_until_answered(1);
    ahttp_loop_advance(f.loop, 400);
    run_until(&f, SERVER_REQUESTS, 2);
    ahttp_loop_advance(f.loop, 600);

    assert_fails(request, AHTTP_E_TOTAL_TIMEOUT, "total_ms is 1000");
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 2);
}

static void a_date_in_retry_after_is_waited_for(void **state)
{
    static char answer[200];
    static const server_step steps[] = {READ_REQUEST, SEND(answer), SERVE};
    char date[40];
    time_t then = time(NULL) + 5;
    (void)state;
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime(&then));
    snprintf(answer, sizeof answer,
             "HTTP/1.1 429 Slow\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n", date);
    begin(&(server_script){.connections = {steps}});
    retry = ahttp_retry_new();

    ahttp_future *request = get("/ok", ahttp_retry_middleware(retry));
    run_until_answered(1);
    ahttp_loop_advance(f.loop, 2000); /* a date has whole seconds only */
    let_run();
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 1);
    ahttp_loop_advance(f.loop, 3100);

    assert_text(request, "ok");
    assert_int_equal(ahttp_retry_count(retry), 1);
}

static const server_step busy_once[] = {READ_REQUEST, SEND(BUSY("")), SERVE};

static void a_post_is_sent_again_if_it_has_a_key_or_never_went_out(void **state)
{
    char url[60];
    (void)state;
    begin(&(server_script){.connections = {busy_once, busy_once}});
    retry = ahttp_retry_new(.first_wait_ms = 1);
    ahttp_middleware middleware = ahttp_retry_middleware(retry);

    ahttp_response *response =
        response_of(ahttp_post(f.session, server_url(f.server, "/echo"), .text = "once",
                               .middlewares = AHTTP_MIDDLEWARES(middleware)));
    assert_int_equal(ahttp_response_status(response), 503);
    ahttp_response_unref(response);
    server_close_connections(f.server);
    assert_sent(ahttp_post(f.session, server_url(f.server, "/echo"), .text = "twice",
                           .headers = AHTTP_PAIRS({"Idempotency-Key", "7"}),
                           .middlewares = AHTTP_MIDDLEWARES(middleware)));
    assert_string_equal(server_request_at(f.server, 1).body, "twice");
    assert_string_equal(server_request_at(f.server, 2).body, "twice");

    snprintf(url, sizeof url, "http://127.0.0.1:%u/", (unsigned)server_refused_port());
    assert_fails(
        ahttp_post(f.session, url, .text = "a", .middlewares = AHTTP_MIDDLEWARES(middleware)),
        AHTTP_E_CONNECT, "refused");
    assert_int_equal(ahttp_retry_count(retry), 1 + 2);
}

static void a_body_that_can_be_sent_only_once_ends_with_the_first_answer(void **state)
{
    producer p = {.pieces = PIECES("hello")};
    (void)state;
    begin(&(server_script){.connections = {busy_once}});
    retry = ahttp_retry_new(.first_wait_ms = 1);

    ahttp_response *response = response_of(ahttp_put(
        f.session, server_url(f.server, "/echo"), .body = ahttp_body_produced(produce, &p, 5),
        .middlewares = AHTTP_MIDDLEWARES(ahttp_retry_middleware(retry))));

    assert_int_equal(ahttp_response_status(response), 503);
    assert_string_equal(ahttp_await(ahttp_response_text(response)), "busy");
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 1);
    ahttp_response_unref(response);
}

static void a_file_is_sent_again_from_its_start(void **state)
{
    const char *path = make_file("hello", 5);
    (void)state;
    begin(&(server_script){.connections = {busy_once}});
    retry = ahttp_retry_new(.first_wait_ms = 1);

    assert_sent(ahttp_put(f.session, server_url(f.server, "/echo"),
                          .body = ahttp_body_file(path, 0, 0),
                          .middlewares = AHTTP_MIDDLEWARES(ahttp_retry_middleware(retry))));

    assert_string_equal(server_request_at(f.server, 0).body, "hello");
    assert_string_equal(server_request_at(f.server, 1).body, "hello");
    remove_file(path);
}

static void an_empty_budget_ends_retries(void **state)
{
    static const server_step steps[] = {READ_REQUEST, SEND(BUSY("Retry-After: 0\r\n")), AGAIN};
    (void)state;
    begin(&(server_script){.connections = {steps}});
    retry = ahttp_retry_new(.budget_reserve = 3, .budget_percent = 50, .attempts = 3);

    for (int i = 0; i < 5; i++) {
        ahttp_response *response = response_of(get("/", ahttp_retry_middleware(retry)));
        assert_int_equal(ahttp_response_status(response), 503);
        ahttp_response_unref(response);
    }

    /* 3 at first and a half with each request but the first, which finds it full */
    assert_int_equal(ahttp_retry_count(retry), 5);
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 5 + 5);
}

/* What to say, and what was asked. */
static struct {
    bool choice;
    int calls, sent, status, code;
    ahttp_future *to_cancel;
} asked;

static bool choose(const ahttp_response *response, const ahttp_error *error, int sent, void *ctx)
{
    assert_ptr_equal(ctx, &asked);
    assert_true(!response != !error);
    asked.calls++;
    asked.sent = sent;
    asked.status = response ? ahttp_response_status(response) : 0;
    asked.code = error ? error->code : 0;
    if (asked.to_cancel)
        ahttp_future_cancel(asked.to_cancel);
    return asked.choice;
}

static void the_program_may_choose_what_is_tried_again(void **state)
{
    static const server_step steps[] = {READ_REQUEST, SEND(BUSY("Retry-After: 0\r\n")), AGAIN};
    (void)state;
    begin(&(server_script){.connections = {steps}});
    retry = ahttp_retry_new(.first_wait_ms = 1, .retry_if = choose, .retry_if_ctx = &asked);
    memset(&asked, 0, sizeof asked);

    ahttp_response *response = response_of(get("/", ahttp_retry_middleware(retry)));
    assert_int_equal(asked.status, 503);
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 1);
    ahttp_response_unref(response);
    server_close_connections(f.server);

    asked.choice = true;
    response = response_of(get("/status/404", ahttp_retry_middleware(retry)));
    assert_int_equal(asked.sent, 3);
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 1 + 3);
    ahttp_response_unref(response);
    assert_fails(get("/drop", ahttp_retry_middleware(retry)), AHTTP_E_DISCONNECTED, "");
    assert_int_equal(asked.code, AHTTP_E_DISCONNECTED);
    assert_int_equal(asked.calls, 1 + 3 + 3);
}

static void a_request_may_be_cancelled_by_who_is_asked(void **state)
{
    (void)state;
    begin(NULL);
    retry = ahttp_retry_new(.retry_if = choose, .retry_if_ctx = &asked);
    memset(&asked, 0, sizeof asked);
    asked.choice = true;

    asked.to_cancel = get("/ok", ahttp_retry_middleware(retry));
    assert_fails(asked.to_cancel, AHTTP_E_CANCELLED, "cancelled");

    assert_int_equal(ahttp_await_status(ahttp_sleep(1000)), 0);
    assert_int_equal(asked.calls, 1);
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 1);
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
        TEST(the_time_limit_ends_an_attempt_under_way),
        TEST(a_date_in_retry_after_is_waited_for),
        TEST(a_post_is_sent_again_if_it_has_a_key_or_never_went_out),
        TEST(a_body_that_can_be_sent_only_once_ends_with_the_first_answer),
        TEST(a_file_is_sent_again_from_its_start),
        TEST(an_empty_budget_ends_retries),
        TEST(the_program_may_choose_what_is_tried_again),
        TEST(a_request_may_be_cancelled_by_who_is_asked),
        cmocka_unit_test(every_allocation_may_fail),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
