/* SPDX-License-Identifier: MIT */
/* Requests from threads that have no loop. */
#include "support/check.h"

#include "support/failing_alloc.h"
#include "support/server.h"
#include "support/stress.h"
#include <ahttp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef AHTTP_SANITIZED
enum { THREADS = 8, REQUESTS = 1600 };
#else
enum { THREADS = 8, REQUESTS = 16000 };
#endif

static test_server *server;
static ahttp_background *http;

static int begin(void **state)
{
    (void)state;
    server = server_start(NULL);
    http = ahttp_background_start();
    return http ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    ahttp_background_stop(http);
    server_stop(server);
    return 0;
}

static void a_reply_has_status_headers_and_body(void **state)
{
    (void)state;
    ahttp_reply *reply = ahttp_background_get(http, server_url(server, "/bytes/5"));

    assert_int_equal(ahttp_reply_wait(reply, AHTTP_NEVER), 0);

    assert_int_equal(ahttp_reply_wait(reply, 0), 0);
    assert_int_equal(ahttp_reply_status(reply), 200);
    assert_string_equal(ahttp_reply_header(reply, "content-length"), "5");
    assert_null(ahttp_reply_header(reply, "No-Such-Header"));
    assert_true(ahttp_headers_count(ahttp_reply_headers(reply)) > 0);
    assert_string_equal(ahttp_reply_url(reply), server_url(server, "/bytes/5"));
    assert_int_equal(ahttp_reply_body(reply).len, 5);
    assert_string_equal(ahttp_reply_body(reply).data, "abcde");
    assert_null(ahttp_reply_error(reply));
    ahttp_reply_free(reply);
}

static void an_empty_body_is_an_empty_text(void **state)
{
    (void)state;
    ahttp_reply *reply = ahttp_background_get(http, server_url(server, "/bytes/0"));

    assert_int_equal(ahttp_reply_wait(reply, AHTTP_NEVER), 0);

    assert_int_equal(ahttp_reply_body(reply).len, 0);
    assert_string_equal(ahttp_reply_body(reply).data, "");
    ahttp_reply_free(reply);
}

static void a_request_may_be_forgotten_as_soon_as_it_is_sent(void **state)
{
    char *url = strdup(server_url(server, "/echo")), *text = strdup("some text");
    (void)state;

    ahttp_reply *reply = ahttp_background_post(http, url, .text = text);
    memset(url, 'x', strlen(url));
    memset(text, 'x', strlen(text));
    free(url);
    free(text);
    assert_int_equal(ahttp_reply_wait(reply, AHTTP_NEVER), 0);

    assert_string_equal(server_request_at(server, 0).body, "some text");
    ahttp_reply_free(reply);
}

static void a_failure_has_its_error(void **state)
{
    (void)state;
    ahttp_reply *reply = ahttp_background_get(http, "not a URL");

    assert_int_equal(ahttp_reply_wait(reply, AHTTP_NEVER), AHTTP_E_URL);

    assert_int_equal(ahttp_reply_error(reply)->code, AHTTP_E_URL);
    assert_int_equal(ahttp_reply_status(reply), 0);
    assert_null(ahttp_reply_header(reply, "Date"));
    assert_null(ahttp_reply_headers(reply));
    assert_null(ahttp_reply_url(reply));
    assert_null(ahttp_reply_body(reply).data);
    ahttp_reply_free(reply);
}

static const server_step holds[] = {READ_REQUEST, HOLD};
static const server_step holds_in_the_body[] = {
    READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), HOLD};

static void restart(const server_step *steps)
{
    server_stop(server);
    server = server_start(&(server_script){.others = steps});
}

static void waiting_may_end_before_the_reply(void **state)
{
    (void)state;
    restart(holds);
    ahttp_reply *reply = ahttp_background_get(http, server_url(server, "/"));

    assert_int_equal(ahttp_reply_wait(reply, 0), AHTTP_E_TIMEOUT);
    assert_int_equal(ahttp_reply_wait(reply, 20), AHTTP_E_TIMEOUT);

    assert_int_equal(ahttp_reply_status(reply), 0);
    assert_null(ahttp_reply_error(reply));
    ahttp_reply_free(reply);
}

static void a_cancel_reaches_it_at_each_stage(void **state)
{
    const server_step *const stages[] = {holds, holds_in_the_body};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(stages); i++) {
        restart(stages[i]);
        ahttp_reply *reply = ahttp_background_get(http, server_url(server, "/"));
        assert_true(server_wait_for(server, SERVER_REQUESTS, 1));
        ahttp_reply_cancel(reply);
        ahttp_reply_cancel(reply);
        assert_int_equal(ahttp_reply_wait(reply, AHTTP_NEVER), AHTTP_E_CANCELLED);
        assert_true(server_wait_for(server, SERVER_CLOSED, 1));
        ahttp_reply_free(reply);
    }
}

static void a_reply_that_is_freed_is_cancelled(void **state)
{
    (void)state;
    restart(holds);
    ahttp_reply *reply = ahttp_background_get(http, server_url(server, "/"));
    assert_true(server_wait_for(server, SERVER_REQUESTS, 1));

    ahttp_reply_free(reply);

    assert_true(server_wait_for(server, SERVER_CLOSED, 1));
}

static void stopping_fails_what_is_under_way_and_leaves_replies(void **state)
{
    const server_step *const stages[] = {holds, holds_in_the_body};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(stages); i++) {
        restart(stages[i]);
        ahttp_reply *reply = ahttp_background_get(http, server_url(server, "/"));
        assert_true(server_wait_for(server, SERVER_REQUESTS, 1));
        ahttp_background_stop(http);
        assert_int_equal(ahttp_reply_wait(reply, AHTTP_NEVER), AHTTP_E_CLOSED);
        ahttp_reply_cancel(reply);
        ahttp_reply_free(reply);
        http = ahttp_background_start();
    }
}

static void session_and_connector_are_as_given(void **state)
{
    (void)state;
    ahttp_background_stop(http);
    char address[16];
    snprintf(address, sizeof address, "127.0.0.1");
    ahttp_session_options session = {.size = sizeof session, .user_agent = "mine"};
    ahttp_connector_options connector = {.size = sizeof connector,
                                         .hosts = AHTTP_HOSTS({"*", 0, address})};
    http = ahttp_background_start(.session = &session, .connector = &connector);
    memset(address, 'x', sizeof address - 1);
    char url[64];
    snprintf(url, sizeof url, "http://any.test:%u/ok", server_port(server));

    ahttp_reply *reply = ahttp_background_get(http, url);
    assert_int_equal(ahttp_reply_wait(reply, AHTTP_NEVER), 0);

    assert_true(server_request_has_line(server_request_at(server, 0), "User-Agent: mine"));
    ahttp_reply_free(reply);
}

static void options_without_a_size_are_refused(void **state)
{
    ahttp_session_options session = {.user_agent = "mine"};
    (void)state;
    assert_null(ahttp_background_create(&(ahttp_background_options){0}));
    assert_null(ahttp_background_start(.session = &session));
}

static void ask_in_scarcity(void *url)
{
    ahttp_background *scarce = ahttp_background_start();

    if (!scarce)
        return;
    ahttp_reply *reply = ahttp_background_get(scarce, url);
    int code = ahttp_reply_wait(reply, AHTTP_NEVER);
    if (code == 0)
        assert_string_equal(ahttp_reply_body(reply).data, "abcde");
    else
        assert_int_equal(ahttp_reply_error(reply)->code, code);
    ahttp_reply_free(reply);
    ahttp_background_stop(scarce);
}

static void every_allocation_may_fail(void **state)
{
    char url[128];
    (void)state;
    snprintf(url, sizeof url, "%s", server_url(server, "/bytes/5"));
    for_each_allocation(ask_in_scarcity, url);
}

/* ---- Many threads ---- */

static atomic_int wrong;
static size_t each; /* requests of a thread */

static void *send_many(void *arg)
{
    char path[32], url[128];
    size_t number = (size_t)(uintptr_t)arg;

    for (size_t i = 0; i < each; i++) {
        size_t len = number * 10 + i % 10;
        snprintf(path, sizeof path, "/bytes/%zu", len);
        snprintf(url, sizeof url, "http://127.0.0.1:%u%s", server_port(server), path);
        ahttp_reply *reply = ahttp_background_get(http, url);
        if (i % 16 == 15)
            ahttp_reply_cancel(reply);
        int code = ahttp_reply_wait(reply, AHTTP_NEVER);
        if (code == 0 ? ahttp_reply_body(reply).len != len
                      : i % 16 != 15 || code != AHTTP_E_CANCELLED)
            atomic_fetch_add(&wrong, 1);
        ahttp_reply_free(reply);
    }
    return NULL;
}

static void many_threads_may_send_at_the_same_time(void **state)
{
    pthread_t threads[THREADS];
    (void)state;
    atomic_store(&wrong, 0);
    each = (size_t)stress_requests(REQUESTS) / THREADS;

    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, send_many, (void *)(uintptr_t)i), 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);

    assert_int_equal(atomic_load(&wrong), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_reply_has_status_headers_and_body),
        TEST(an_empty_body_is_an_empty_text),
        TEST(a_request_may_be_forgotten_as_soon_as_it_is_sent),
        TEST(a_failure_has_its_error),
        TEST(waiting_may_end_before_the_reply),
        TEST(a_cancel_reaches_it_at_each_stage),
        TEST(a_reply_that_is_freed_is_cancelled),
        TEST(stopping_fails_what_is_under_way_and_leaves_replies),
        TEST(session_and_connector_are_as_given),
        TEST(options_without_a_size_are_refused),
        TEST(every_allocation_may_fail),
        TEST(many_threads_may_send_at_the_same_time),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
