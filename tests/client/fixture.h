/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CLIENT_FIXTURE_H
#define TESTS_CLIENT_FIXTURE_H
/* A scripted server, a loop and a session, made and ended around each test. */
#include "support/check.h"

#include "support/at_rest.h"
#include "support/server.h"
#include <ahttp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct fixture {
    test_server *server;
    ahttp_loop *loop;
    ahttp_session *session;
} fixture;

static inline fixture start(const server_script *script, bool virtual_clock)
{
    fixture f = {.server = server_start(script),
                 .loop = ahttp_loop_new(.virtual_clock = virtual_clock)};

    f.session = ahttp_session_new(.loop = f.loop);
    assert_non_null(f.session);
    return f;
}

static inline void finish(fixture *f)
{
    assert_int_equal(ahttp_await_status(ahttp_session_close(f->session)), 0);
    ahttp_session_unref(f->session);
    assert_int_equal(ahttp_loop_close(f->loop), 0);
    server_stop(f->server);
}

/* A turn of the loop, in a wait for what other threads cause; *quiet_ms, 0 at first, counts how
   long nobody did anything: 10 s are too long. */
static inline void wait_a_turn(ahttp_loop *loop, int *quiet_ms)
{
    assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
    if (loop_has_work(ahttp_loop_uv(loop)))
        return;
    assert_true(++*quiet_ms < 10000);
    poll(NULL, 0, 1);
}

/* Runs the loop until the counter is that high. */
static inline void run_until(const fixture *f, server_counter counter, uint64_t at_least)
{
    int quiet_ms = 0;

    while (server_count(f->server, counter) < at_least)
        wait_a_turn(f->loop, &quiet_ms);
}

/* Until the loop and the server have nothing more to do but wait for each other, or for time. */
static inline void settle(const fixture *f)
{
    do
        for (int i = 0; i < 3; i++)
            assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
    while (loop_has_work(ahttp_loop_uv(f->loop)));
}

/* The response to a request that must succeed. */
static inline ahttp_response *response_of(ahttp_future *request)
{
    ahttp_response *response = ahttp_await(request);

    if (!response)
        fail_msg("%s", ahttp_task_error()->message);
    return response;
}

/* Reads the text of a request that must succeed; the caller frees it. */
static inline char *text_of(ahttp_future *request)
{
    ahttp_response *response = response_of(request);
    const char *text = ahttp_await(ahttp_response_text(response));

    if (!text)
        fail_msg("%s", ahttp_task_error()->message);
    char *copy = strdup(text);
    ahttp_response_unref(response);
    return copy;
}

static inline void assert_text(ahttp_future *request, const char *expected)
{
    char *text = text_of(request);

    assert_string_equal(text, expected);
    free(text);
}

/* The future fails with that code, and its message has that in it. */
static inline void assert_fails(ahttp_future *future, int code, const char *part)
{
    void *result = ahttp_await(future);

    assert_null(result);
    const ahttp_error *error = ahttp_task_error();
    if (error->code != code || !strstr(error->message, part))
        fail_msg("%s: \"%s\" is not %s with \"%s\"", ahttp_error_name(error->code), error->message,
                 ahttp_error_name(code), part);
}

#endif
