/* SPDX-License-Identifier: MIT */
/* Statuses that mean failure, for programs that want them as errors. */
#include "one_server.h"
#include "scarcity.h"

static void use(ahttp_session *session)
{
    assert_non_null(session);
    ahttp_session_unref(f.session);
    f.session = session;
}

static ahttp_future *get(const char *path)
{
    return ahttp_get(f.session, server_url(f.server, path));
}

static void assert_response(ahttp_future *request, int status)
{
    ahttp_response *response = response_of(request);

    assert_int_equal(ahttp_response_status(response), status);
    ahttp_response_unref(response);
}

static void by_default_no_status_is_an_error(void **state)
{
    (void)state;
    assert_response(get("/status/404"), 404);
    assert_response(get("/status/599"), 599);
}

static void a_session_may_fail_them_all(void **state)
{
    (void)state;
    use(ahttp_session_new(.loop = f.loop, .raise_for_status = AHTTP_RAISE_FAILURES));
    assert_response(get("/status/200"), 200);
    assert_response(get("/status/399"), 399);
    assert_fails(get("/status/400"), AHTTP_E_STATUS, "/status/400: status 400");
    assert_fails(get("/status/503"), AHTTP_E_STATUS, "status 503");
    assert_fails(get("/status/999"), AHTTP_E_STATUS, "status 999");
    assert_response(ahttp_get(f.session, server_url(f.server, "/status/404"),
                              .raise_for_status = AHTTP_RAISE_NEVER),
                    404);
}

static void a_request_may_want_it_for_itself(void **state)
{
    (void)state;
    assert_fails(ahttp_get(f.session, server_url(f.server, "/status/404"),
                           .raise_for_status = AHTTP_RAISE_FAILURES),
                 AHTTP_E_STATUS, "status 404");
    assert_response(get("/status/404"), 404);
}

static void the_error_has_status_reason_headers_and_request(void **state)
{
    static const server_step gone[] = {
        READ_REQUEST,
        SEND("HTTP/1.1 410 Long Gone\r\nContent-Length: 4\r\nRetry-After: 5\r\n\r\nbody"), AGAIN};

    (void)state;
    restart_with(&(server_script){.others = gone});
    assert_null(ahttp_await(ahttp_get(f.session, server_url(f.server, "/x"),
                                      .raise_for_status = AHTTP_RAISE_FAILURES)));
    const ahttp_error *error = ahttp_task_error();

    assert_int_equal(error->code, AHTTP_E_STATUS);
    assert_true(ahttp_error_is(error->code, AHTTP_KIND_RESPONSE));
    assert_int_equal(error->status, 410);
    assert_string_equal(error->method, "GET");
    assert_string_equal(error->url, server_url(f.server, "/x"));
    assert_non_null(strstr(error->message, "/x: status 410 Long Gone"));
    assert_string_equal(error->headers[1].name, "Retry-After");
    assert_string_equal(error->headers[1].value, "5");
    assert_null(error->headers[2].name);
}

static void the_connection_lives_if_little_is_left(void **state)
{
    (void)state;
    use(ahttp_session_new(.loop = f.loop, .raise_for_status = AHTTP_RAISE_FAILURES));
    for (int i = 0; i < 5; i++)
        assert_fails(get("/status/404"), AHTTP_E_STATUS, "status 404");
    assert_text(get("/ok"), "ok");

    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 1);
}

static void a_large_body_is_not_read(void **state)
{
    static const server_step large[] = {
        READ_REQUEST, SEND("HTTP/1.1 500 Oops\r\nContent-Length: 100000000\r\n\r\nstart"), HOLD};

    (void)state;
    restart_with(&(server_script){.connections = {large}});
    assert_fails(
        ahttp_get(f.session, server_url(f.server, "/"), .raise_for_status = AHTTP_RAISE_FAILURES),
        AHTTP_E_STATUS, "status 500 Oops");
    run_until(&f, SERVER_CLOSED, 1);
}

static void only_the_last_of_redirects_counts(void **state)
{
    (void)state;
    use(ahttp_session_new(.loop = f.loop, .raise_for_status = AHTTP_RAISE_FAILURES));
    assert_response(get("/redirect/302/ok"), 200);
    assert_fails(get("/redirect/302/status/404"), AHTTP_E_STATUS, "/status/404: status 404");
}

/* ---- A function of the program ---- */

typedef struct asked {
    int count, last_status, raise_from;
    ahttp_future *cancels; /* while it is asked, if not NULL */
} asked;

static bool from_status(const ahttp_response *response, void *ctx)
{
    asked *a = ctx;

    a->count++;
    a->last_status = ahttp_response_status(response);
    if (a->cancels)
        ahttp_future_cancel(a->cancels);
    return a->last_status >= a->raise_from;
}

static void a_function_of_the_program_may_decide(void **state)
{
    asked a = {.raise_from = 300};
    asked b = {.raise_from = 1000};

    (void)state;
    use(ahttp_session_new(.loop = f.loop, .raise_if = from_status, .raise_if_ctx = &a));
    assert_text(get("/ok"), "ok");
    assert_int_equal(a.last_status, 200);
    assert_fails(get("/status/304"), AHTTP_E_STATUS, "status 304");
    assert_text(get("/bytes/3"), "abc");
    assert_int_equal(a.count, 3);

    assert_response(ahttp_get(f.session, server_url(f.server, "/status/500"),
                              .raise_if = from_status, .raise_if_ctx = &b),
                    500);
    assert_int_equal(b.count, 1);
    assert_response(ahttp_get(f.session, server_url(f.server, "/status/500"),
                              .raise_for_status = AHTTP_RAISE_NEVER),
                    500);
    assert_fails(ahttp_get(f.session, server_url(f.server, "/status/404"),
                           .raise_for_status = AHTTP_RAISE_FAILURES),
                 AHTTP_E_STATUS, "status 404");
    assert_int_equal(a.count, 3);
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 1);
}

static void the_function_may_end_the_request(void **state)
{
    asked a = {.raise_from = 1000};

    (void)state;
    a.cancels = ahttp_get(f.session, server_url(f.server, "/ok"), .raise_if = from_status,
                          .raise_if_ctx = &a);
    assert_fails(a.cancels, AHTTP_E_CANCELLED, "cancelled");
    assert_int_equal(a.count, 1);
    assert_text(get("/ok"), "ok");
}

static void a_body_that_came_meanwhile_is_whole(void **state)
{
    asked a = {.raise_from = 1000};
    size_t sum = 0;

    (void)state;
    use(ahttp_session_new(.loop = f.loop, .raise_if = from_status, .raise_if_ctx = &a));
    ahttp_response *response = response_of(get("/bytes/300000"));
    const ahttp_bytes *body = ahttp_await(ahttp_response_read(response));
    for (size_t i = 0; i < body->len; i++)
        sum += ((const char *)body->data)[i] == (char)('a' + i % 26);

    assert_int_equal(sum, 300000);
    ahttp_response_unref(response);
}

/* ---- Memory ---- */

static test_server *server;

static void refuse_in_scarcity(ahttp_session *session, void *ctx)
{
    (void)ctx;
    assert_null(ahttp_await(ahttp_get(session, server_url(server, "/status/404"))));
    int code = ahttp_task_error()->code;
    assert_true(code == AHTTP_E_STATUS || code == AHTTP_E_NO_MEMORY || code == AHTTP_E_SYSTEM ||
                code == AHTTP_E_CONNECT);
}

/* The body comes while the function is asked. */
static void ask_in_scarcity(ahttp_session *session, void *ctx)
{
    asked *a = ctx;

    *a = (asked){.raise_from = 1000};
    ahttp_response *response = ahttp_await(ahttp_get(session, server_url(server, "/ok")));
    if (response) {
        const ahttp_bytes *body = ahttp_await(ahttp_stream_read(ahttp_response_stream(response)));
        if (body)
            assert_int_equal(body->len, 2);
        else
            assert_int_equal(ahttp_task_error()->code, AHTTP_E_NO_MEMORY);
    }
    ahttp_response_unref(response);
}

static void every_allocation_may_fail(void **state)
{
    asked a;

    (void)state;
    server = server_start(NULL);
    for_each_allocation_with_session(refuse_in_scarcity, NULL,
                                     .raise_for_status = AHTTP_RAISE_FAILURES);
    for_each_allocation_with_session(ask_in_scarcity, &a, .raise_if = from_status,
                                     .raise_if_ctx = &a);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(by_default_no_status_is_an_error),
        WITH_SERVER(a_session_may_fail_them_all),
        WITH_SERVER(a_request_may_want_it_for_itself),
        WITH_SERVER(the_error_has_status_reason_headers_and_request),
        WITH_SERVER(the_connection_lives_if_little_is_left),
        WITH_SERVER(a_large_body_is_not_read),
        WITH_SERVER(only_the_last_of_redirects_counts),
        WITH_SERVER(a_function_of_the_program_may_decide),
        WITH_SERVER(the_function_may_end_the_request),
        WITH_SERVER(a_body_that_came_meanwhile_is_whole),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
