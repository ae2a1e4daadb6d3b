/* SPDX-License-Identifier: MIT */
/* Streams of the program's own below HTTP. */
#include "support/check.h"

#include "base/mem.h"
#include "support/failing_alloc.h"
#include "support/server.h"
#include <ahttp.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A stream in memory: what the library writes is kept, what it reads the test has put there. */
typedef struct pipe_end {
    ahttp_transport *transport;
    char written[4096];
    size_t written_len;
    const char *answer; /* what is left to be read, or NULL: nothing yet */
    const char *reply;  /* becomes the answer when something is written */
    size_t piece;       /* most bytes for one read or write; 0: any */
    bool ends;          /* behind the answer */
    bool breaks;
    int closed;
} pipe_end;

static ptrdiff_t pipe_read(void *stream, char *buf, size_t cap)
{
    pipe_end *self = stream;
    size_t len = self->answer ? strlen(self->answer) : 0;

    if (len == 0 && self->breaks)
        return -ECONNRESET;
    if (len == 0)
        return self->ends ? 0 : -EAGAIN;
    if (self->piece && len > self->piece)
        len = self->piece;
    if (len > cap)
        len = cap;
    memcpy(buf, self->answer, len);
    self->answer += len;
    return (ptrdiff_t)len;
}

static ptrdiff_t pipe_write(void *stream, const char *bytes, size_t len)
{
    pipe_end *self = stream;

    if (self->piece && len > self->piece)
        len = self->piece;
    assert_true(self->written_len + len < sizeof self->written);
    memcpy(self->written + self->written_len, bytes, len);
    self->written_len += len;
    if (self->reply) {
        self->answer = self->reply;
        self->reply = NULL;
        ahttp_transport_ready(self->transport);
    }
    return (ptrdiff_t)len;
}

static void pipe_close(void *stream)
{
    ((pipe_end *)stream)->closed++;
}

static const ahttp_transport_ops pipe_ops = {
    .size = sizeof pipe_ops, .read = pipe_read, .write = pipe_write, .close = pipe_close};

/* ---- The connector ---- */

static struct world {
    ahttp_loop *loop;
    ahttp_session *session;
    pipe_end pipe;
    ahttp_promise *promise; /* of the pending connect, where it is not answered at once */
    int asked;
    int cancelled;
    char host[64];
    uint16_t port;
    bool answers_later;
} world;

static void note_cancel(void *ctx)
{
    (void)ctx;
    world.cancelled++;
    ahttp_promise_reject(world.promise, AHTTP_E_CANCELLED, "cancelled");
}

static ahttp_future *connect_pipe(const char *host, uint16_t port, void *ctx)
{
    ahttp_promise *promise;
    ahttp_future *future = ahttp_promise_new(&promise, note_cancel, NULL);

    assert_ptr_equal(ctx, &world);
    world.asked++;
    world.port = port;
    snprintf(world.host, sizeof world.host, "%s", host);
    world.promise = promise;
    if (!promise)
        return future;
    if (world.answers_later)
        return future;
    world.pipe.transport = ahttp_transport_new(world.loop, &pipe_ops, &world.pipe, "pipe");
    if (world.pipe.transport)
        ahttp_promise_resolve(promise, world.pipe.transport, ahttp_transport_free);
    else
        ahttp_promise_reject(promise, AHTTP_E_NO_MEMORY, "out of memory");
    return future;
}

static int begin(void **state)
{
    (void)state;
    memset(&world, 0, sizeof world);
    world.loop = ahttp_loop_new(.virtual_clock = true);
    ahttp_connector *connector =
        world.loop ? ahttp_connector_new(.connect = connect_pipe, .connect_ctx = &world) : NULL;
    world.session = connector ? ahttp_session_new(.connector = connector) : NULL;
    ahttp_connector_unref(connector);
    return 0;
}

static int end(void **state)
{
    (void)state;
    ahttp_session_unref(world.session);
    assert_int_equal(ahttp_loop_close(world.loop), 0);
    assert_int_equal(world.pipe.closed, world.pipe.transport ? 1 : 0);
    return 0;
}

static void turns(int count)
{
    while (count-- > 0)
        assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
}

static void assert_text(ahttp_future *request, const char *expected)
{
    ahttp_response *response = ahttp_await(request);

    if (!response)
        fail_msg("%s", ahttp_task_error()->message);
    const char *text = ahttp_await(ahttp_response_text(response));
    assert_non_null(text);
    assert_string_equal(text, expected);
    ahttp_response_unref(response);
}

static void assert_fails(ahttp_future *request, int code, const char *part)
{
    assert_null(ahttp_await(request));
    if (ahttp_task_error()->code != code || !strstr(ahttp_task_error()->message, part))
        fail_msg("\"%s\" is not %s with \"%s\"", ahttp_task_error()->message,
                 ahttp_error_name(code), part);
}

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

/* ---- Tests ---- */

static void a_request_goes_over_a_stream_of_the_program(void **state)
{
    (void)state;
    world.pipe.reply = OK;

    assert_text(ahttp_get(world.session, "http://nowhere.test:81/a"), "ok");

    assert_string_equal(world.host, "nowhere.test");
    assert_int_equal(world.port, 81);
    assert_memory_equal(world.pipe.written, "GET /a HTTP/1.1\r\nHost: nowhere.test:81\r\n", 40);
}

static void the_stream_is_kept_for_the_next_request(void **state)
{
    (void)state;
    world.pipe.reply = OK;
    assert_text(ahttp_get(world.session, "http://h/"), "ok");
    world.pipe.reply = OK;
    assert_text(ahttp_get(world.session, "http://h/"), "ok");

    assert_int_equal(world.asked, 1);
}

static void it_is_tried_again_when_it_says_that_it_is_ready(void **state)
{
    (void)state;
    ahttp_future *request = ahttp_get(world.session, "http://h/");
    turns(5);
    assert_true(world.pipe.written_len > 0);
    assert_false(ahttp_future_done(request));

    world.pipe.answer = OK;
    turns(5);
    assert_false(ahttp_future_done(request));
    ahttp_transport_ready(world.pipe.transport);

    assert_text(request, "ok");
}

static void it_may_move_single_bytes(void **state)
{
    (void)state;
    world.pipe.answer = OK;
    world.pipe.piece = 1;

    assert_text(ahttp_post(world.session, "http://h/", .text = "hello"), "ok");

    assert_non_null(strstr(world.pipe.written, "\r\n\r\nhello"));
}

static void its_end_is_the_end_of_the_connection(void **state)
{
    (void)state;
    world.pipe.answer = "HTTP/1.1 200 OK\r\n\r\nuntil the end";
    world.pipe.ends = true;

    assert_text(ahttp_get(world.session, "http://h/"), "until the end");
    assert_int_equal(world.pipe.closed, 1);
}

static void when_it_breaks_the_request_says_where(void **state)
{
    (void)state;
    world.pipe.breaks = true;

    assert_fails(ahttp_get(world.session, "http://h/"), AHTTP_E_DISCONNECTED,
                 "read from pipe: connection reset by peer");
}

static void a_connect_that_fails_is_a_connect_error(void **state)
{
    (void)state;
    world.answers_later = true;
    ahttp_future *request = ahttp_get(world.session, "http://h/");
    turns(3);
    ahttp_promise_reject(world.promise, AHTTP_E_SYSTEM, "no tunnel");

    assert_fails(request, AHTTP_E_CONNECT, "connect to h:80: no tunnel");
}

static void hosts_that_the_program_leaves_are_connected_to_as_usual(void **state)
{
    char url[64];
    (void)state;
    test_server *server = server_start(NULL);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/bytes/5", (unsigned)server_port(server));
    world.answers_later = true;
    ahttp_future *request = ahttp_get(world.session, url);
    turns(3);
    ahttp_promise_resolve(world.promise, NULL, NULL);

    assert_text(request, "abcde");
    assert_int_equal(world.asked, 1);
    assert_int_equal(server_count(server, SERVER_REQUESTS), 1);
    server_stop(server);
}

static void a_connect_that_takes_too_long_is_cancelled(void **state)
{
    (void)state;
    world.answers_later = true;

    assert_fails(ahttp_get(world.session, "http://h/", .timeout = {.connect_ms = 100}),
                 AHTTP_E_CONNECT_TIMEOUT, "connect_ms is 100");
    assert_int_equal(world.cancelled, 1);
}

static void a_request_that_is_cancelled_cancels_its_connect(void **state)
{
    (void)state;
    world.answers_later = true;
    ahttp_future *request = ahttp_get(world.session, "http://h/");
    turns(3);
    ahttp_future_cancel(request);

    assert_fails(request, AHTTP_E_CANCELLED, "cancelled");
    turns(3);
    assert_int_equal(world.cancelled, 1);
}

static void get_once(void *ctx)
{
    (void)ctx;
    begin(NULL);
    world.pipe.reply = OK;
    if (world.session)
        ahttp_response_unref(ahttp_await(ahttp_get(world.session, "http://h/")));
    ahttp_session_unref(world.session);
    if (world.loop)
        ahttp_loop_close(world.loop);
    assert_int_equal(world.pipe.closed, world.pipe.transport ? 1 : 0);
}

static void any_allocation_may_fail(void **state)
{
    (void)state;
    for_each_allocation(get_once, NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_request_goes_over_a_stream_of_the_program),
        TEST(the_stream_is_kept_for_the_next_request),
        TEST(it_is_tried_again_when_it_says_that_it_is_ready),
        TEST(it_may_move_single_bytes),
        TEST(its_end_is_the_end_of_the_connection),
        TEST(when_it_breaks_the_request_says_where),
        TEST(a_connect_that_fails_is_a_connect_error),
        TEST(hosts_that_the_program_leaves_are_connected_to_as_usual),
        TEST(a_connect_that_takes_too_long_is_cancelled),
        TEST(a_request_that_is_cancelled_cancels_its_connect),
        cmocka_unit_test(any_allocation_may_fail),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
