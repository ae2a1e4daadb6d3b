/* SPDX-License-Identifier: MIT */
/* Each kind of request, given up at every turn of the loop and at every step that traces tell of,
   its session closed at every turn, and with every allocation and every system call on its sockets
   failing: nothing is left behind, and the next request works. */
#include "failing_calls.h"
#include "fixture.h"

#include "pool/connector.h"
#include "support/failing_alloc.h"
#include "support/open_fds.h"
#include "support/tls_front.h"
#include <poll.h>
#include <uv.h>

enum { TURNS = 20, PATIENCE_MS = 30, STALL_MS = 2000 };

/* ---- Scenarios ---- */

typedef struct scenario {
    const char *name;
    ahttp_future *(*send)(ahttp_session *session);
    const char *text; /* what the response brings */
} scenario;

static test_server *server;
static test_server *socks; /* a proxy, and the host behind it */
static tls_front *front;   /* TLS before the server */

/* "ok", compressed; sent at once, so that each run reads it by the same calls. */
static const char gzip_response[] =
    "HTTP/1.1 200 OK\r\n"
    "Content-Encoding: gzip\r\n"
    "Content-Length: 22\r\n\r\n"
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff\xcb\xcf\x06\x00\x47\xdd"
    "\xdc\x79\x02\x00\x00\x00";

static void handle(server_connection *connection, const server_request *request, void *ctx)
{
    if (strcmp(request->method, "CONNECT") == 0) {
        bool knows_us = strstr(request->head, "Digest username=") != NULL;
        server_sendf(connection, knows_us
                                     ? "HTTP/1.1 200 OK\r\n\r\n"
                                     : "HTTP/1.1 407 Who?\r\nContent-Length: 3\r\n"
                                       "Proxy-Authenticate: Digest realm=\"p\", nonce=\"n\"\r\n\r\n"
                                       "who");
    } else if (strcmp(request->target, "/redirect") == 0) {
        server_reply(connection, request, 302, "Location: /ok\r\n", "elsewhere");
    } else if (strcmp(request->target, "/gzip") == 0) {
        server_send(connection, gzip_response, sizeof gzip_response - 1);
    } else {
        server_routes(connection, request, ctx);
    }
}

static ahttp_future *send_plain(ahttp_session *session)
{
    return ahttp_get(session, server_url(server, "/ok"));
}

static ahttp_future *send_to_redirect(ahttp_session *session)
{
    return ahttp_get(session, server_url(server, "/redirect"));
}

static ahttp_future *send_for_gzip(ahttp_session *session)
{
    return ahttp_get(session, server_url(server, "/gzip"));
}

static ahttp_future *send_upload(ahttp_session *session)
{
    return ahttp_post(session, server_url(server, "/ok"),
                      .multipart =
                          AHTTP_PARTS({.name = "a", .value = "1"}, {.name = "b", .value = "2"}));
}

static ahttp_future *send_over_tls(ahttp_session *session)
{
    return ahttp_get(session, tls_front_url(front, "/ok"));
}

static ahttp_future *send_by_proxy(ahttp_session *session, const char *scheme, test_server *by,
                                   bool tunnel)
{
    char url[64];

    snprintf(url, sizeof url, "%s127.0.0.1:%u", scheme, server_port(by));
    return ahttp_get(session, "http://a.test/ok", .proxy = {.url = url, .tunnel = tunnel});
}

static ahttp_future *send_forwarded(ahttp_session *session)
{
    return send_by_proxy(session, "http://u:p@", server, false);
}

static ahttp_future *send_through_tunnel(ahttp_session *session)
{
    return send_by_proxy(session, "http://u:p@", server, true);
}

static ahttp_future *send_through_socks(ahttp_session *session)
{
    return send_by_proxy(session, "socks5h://u:p@", socks, false);
}

static const server_step socks_script[] = {READ_BYTES(4),  SEND_BYTES("\5\2", 2),
                                           READ_BYTES(5),  SEND_BYTES("\1\0", 2),
                                           READ_BYTES(13), SEND_BYTES("\5\0\0\1\0\0\0\0\0\0", 10),
                                           SERVE};

static const scenario scenarios[] = {
    {"plain", send_plain, "ok"},         {"redirect", send_to_redirect, "ok"},
    {"gzip", send_for_gzip, "ok"},       {"upload", send_upload, "ok"},
    {"forwarded", send_forwarded, "ok"}, {"tunnel", send_through_tunnel, "ok"},
    {"SOCKS", send_through_socks, "ok"}, {"TLS", send_over_tls, "ok"},
};

/* ---- One run of one ---- */

typedef struct run {
    const scenario *what;
    ahttp_loop *loop;
    ahttp_session *session;
    ahttp_future *pending;    /* the request, then its text; NULL: over */
    ahttp_response *response; /* when it is in */
    int code;                 /* how it ended */
    char text[200];           /* what it brought, or the error's message */
} run;

static bool begin_run(run *self, const scenario *what)
{
    *self = (run){.what = what, .loop = ahttp_loop_new(.virtual_clock = true)};
    self->session = self->loop ? ahttp_session_new(.loop = self->loop) : NULL;
    return self->session != NULL;
}

static void end_run(run *self)
{
    ahttp_response_unref(self->response);
    ahttp_session_unref(self->session);
    if (self->loop)
        assert_int_equal(ahttp_loop_close(self->loop), 0);
}

static void is_over(run *self, const ahttp_error *error, const char *text)
{
    self->code = error ? error->code : 0;
    snprintf(self->text, sizeof self->text, "%s", error ? error->message : text);
}

/* Takes what the pending future brought, and goes on with the text. */
static void look(run *self)
{
    ahttp_future *ended = self->pending;

    if (!ended || !ahttp_future_done(ended))
        return;
    const ahttp_error *error = ahttp_future_error(ended);
    void *result = ahttp_future_take(ended);
    self->pending = NULL;
    if (error || self->response) {
        is_over(self, error, result);
    } else {
        self->response = result;
        self->pending = ahttp_response_text(self->response);
    }
    ahttp_drop(ended);
}

/* One thing happens. */
static void turn(run *self)
{
    uv_run(ahttp_loop_uv(self->loop), UV_RUN_ONCE);
    look(self);
}

/* Whether the loop has something to do, which the server's thread may still be about to cause. */
static bool has_work(const run *self)
{
    struct pollfd backend = {uv_backend_fd(ahttp_loop_uv(self->loop)), POLLIN, 0};

    return poll(&backend, 1, PATIENCE_MS) > 0;
}

/* Until it is over; where a failure made both sides wait, time passes. */
static void go_on(run *self)
{
    for (int i = 1; self->pending; i++) {
        uv_run(ahttp_loop_uv(self->loop), UV_RUN_NOWAIT);
        look(self);
        if (self->pending && i % TURNS == 0 && !has_work(self))
            ahttp_loop_advance(self->loop, STALL_MS);
    }
}

static void start_run(run *self)
{
    self->pending = self->what->send(self->session);
}

static size_t active_connections(const run *self)
{
    ahttp_connector_stats stats = {.size = sizeof stats};

    ahttp_connector_get_stats(ahttp_session_connector(self->session), &stats);
    return stats.busy + stats.connecting + stats.waiting;
}

static void assert_idle(const run *self)
{
    ah_connector_check(ahttp_session_connector(self->session));
    assert_int_equal(active_connections(self), 0);
}

/* As many as it takes: the rest of a response that nobody wants may still be on its way. */
static void some_turns(run *self)
{
    for (int i = 0; i < 5 || (i < 200 && active_connections(self) > 0); i++) {
        uv_run(ahttp_loop_uv(self->loop), UV_RUN_NOWAIT);
        assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
        if (i >= 5)
            has_work(self);
    }
}

static void assert_next_works(run *self)
{
    ahttp_response_unref(self->response);
    self->response = NULL;
    some_turns(self);
    assert_idle(self);
    self->what = &scenarios[0];
    start_run(self);
    go_on(self);
    assert_string_equal(self->text, "ok");
    some_turns(self);
    assert_idle(self);
}

static size_t settled_fds(void)
{
    assert_true(server_wait_for(server, SERVER_CLOSED, server_count(server, SERVER_ACCEPTED)));
    assert_true(server_wait_for(socks, SERVER_CLOSED, server_count(socks, SERVER_ACCEPTED)));
    return count_open_fds();
}

/* The threads of the servers may be about to close theirs. */
static void assert_fds_go_back_to(size_t fds)
{
    for (int ms = 0; settled_fds() != fds && ms < 5000; ms++)
        poll(NULL, 0, 1);
    assert_int_equal(settled_fds(), fds);
}

/* ---- Sweeps ---- */

/* False when it was over before. */
static bool cancel_after(const scenario *what, int turns)
{
    run self;

    assert_true(begin_run(&self, what));
    start_run(&self);
    while (turns-- > 0 && self.pending)
        turn(&self);
    bool was_pending = self.pending != NULL;
    if (was_pending) {
        ahttp_future_cancel(self.pending);
        go_on(&self);
        assert_true(self.code == AHTTP_E_CANCELLED || self.code == 0);
    } else {
        assert_string_equal(self.text, what->text);
    }
    assert_next_works(&self);
    end_run(&self);
    return was_pending;
}

/* The same for closing. */
static bool close_after(const scenario *what, int turns)
{
    run self;

    assert_true(begin_run(&self, what));
    start_run(&self);
    while (turns-- > 0 && self.pending)
        turn(&self);
    bool was_pending = self.pending != NULL;
    ahttp_future *closed = ahttp_session_close(self.session);
    go_on(&self);
    if (was_pending)
        assert_true(self.code == AHTTP_E_CLOSED || self.code == 0);
    assert_int_equal(ahttp_await_status(closed), 0);
    ah_connector_check(ahttp_session_connector(self.session));
    assert_int_equal(active_connections(&self), 0);
    end_run(&self);
    return was_pending;
}

/* What is to happen in the run at which step. */
typedef struct stop {
    run *run;
    int steps; /* until then; 0: it has happened */
} stop;

static void cancel_at_step(const ahttp_trace_info *info, void *ctx)
{
    stop *at = ctx;

    (void)info;
    if (at->steps > 0 && --at->steps == 0 && at->run->pending)
        ahttp_future_cancel(at->run->pending);
}

/* False when there were fewer steps. */
static bool cancel_at(const scenario *what, int steps)
{
    run self;
    stop at = {&self, steps + 1};
    const ahttp_trace trace = {.size = sizeof trace, .ctx = &at, .any = cancel_at_step};

    self = (run){.what = what, .loop = ahttp_loop_new(.virtual_clock = true)};
    self.session = ahttp_session_new(.traces = AHTTP_TRACES(&trace));
    start_run(&self);
    go_on(&self);
    bool was_there = at.steps == 0;
    at.steps = 0;
    assert_true(self.code == AHTTP_E_CANCELLED || self.code == 0);
    assert_next_works(&self);
    end_run(&self);
    return was_there;
}

/* Until it says that there are no more places. */
static void sweep(const char *how, const char *what, bool (*at)(const scenario *, int place))
{
    for (size_t i = 0; i < COUNT_OF(scenarios); i++) {
        size_t fds = settled_fds();
        counting_alloc_install();
        int places = 0;
        while (at(&scenarios[i], places))
            places++;
        counting_alloc_remove();
        print_message("%s: %s each of %d %s\n", scenarios[i].name, how, places, what);
        assert_true(places > 2);
        assert_fds_go_back_to(fds);
    }
}

static void a_request_may_be_cancelled_at_every_turn(void **state)
{
    (void)state;
    sweep("cancelled after", "turns", cancel_after);
}

static void a_request_may_be_cancelled_at_every_step(void **state)
{
    (void)state;
    sweep("cancelled at", "steps", cancel_at);
}

static void a_session_may_be_closed_at_every_turn(void **state)
{
    (void)state;
    sweep("closed after", "turns", close_after);
}

static void run_short_of_memory(void *ctx)
{
    run self;

    if (begin_run(&self, ctx)) {
        start_run(&self);
        go_on(&self);
        assert_true(self.code == AHTTP_E_NO_MEMORY || self.code == 0 ||
                    strstr(self.text, "memory"));
        some_turns(&self);
        assert_idle(&self);
    }
    end_run(&self);
}

static void any_allocation_may_fail(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(scenarios); i++) {
        size_t fds = settled_fds();
        for_each_allocation(run_short_of_memory, (void *)(uintptr_t)&scenarios[i]);
        assert_fds_go_back_to(fds);
    }
}

static bool is_of_connection(int code)
{
    return code == AHTTP_E_CONNECT || code == AHTTP_E_DISCONNECTED || code == AHTTP_E_BODY_CUT ||
           code == AHTTP_E_PROXY_CONNECT || code == AHTTP_E_PROXY || code == AHTTP_E_TLS;
}

/* What failed, or NULL: there are no more calls. */
static const char *run_with_failing_call(const scenario *what, size_t number)
{
    run self;

    assert_true(begin_run(&self, what));
    fail_call(number);
    start_run(&self);
    go_on(&self);
    fail_no_call();
    const char *failed = calls.failed;
    if (self.code == 0)
        assert_string_equal(self.text, what->text);
    else if (!failed || !is_of_connection(self.code))
        fail_msg("%s: call %zu (%s): %s: %s", what->name, number, failed ? failed : "none",
                 ahttp_error_name(self.code), self.text);
    assert_next_works(&self);
    end_run(&self);
    return failed;
}

static void any_call_on_a_socket_may_fail(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(scenarios); i++) {
        size_t fds = settled_fds();
        counting_alloc_install();
        size_t number = 1;
        while (run_with_failing_call(&scenarios[i], number))
            number++;
        counting_alloc_remove();
        print_message("%s: each of %zu calls failed\n", scenarios[i].name, number - 1);
        assert_true(number > 5);
        assert_fds_go_back_to(fds);
    }
}

static int start_server(void **state)
{
    (void)state;
    server = server_start(&(server_script){.handler = handle});
    socks = server_start(&(server_script){.others = socks_script});
    front = tls_front_start(server_port(server));
    run first; /* libuv keeps some descriptors of its first loop */
    assert_true(begin_run(&first, &scenarios[0]));
    end_run(&first);
    return 0;
}

static int stop_server(void **state)
{
    (void)state;
    tls_front_stop(front);
    server_stop(server);
    server_stop(socks);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_may_be_cancelled_at_every_turn),
        cmocka_unit_test(a_request_may_be_cancelled_at_every_step),
        cmocka_unit_test(a_session_may_be_closed_at_every_turn),
        cmocka_unit_test(any_allocation_may_fail),
        cmocka_unit_test(any_call_on_a_socket_may_fail),
    };

    return cmocka_run_group_tests(tests, start_server, stop_server);
}
