/* SPDX-License-Identifier: MIT */
#include "one_server.h"
#include "scarcity.h"

#define HINTS                                                                                      \
    "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\nX: y\r\n\r\n"                          \
    "HTTP/1.1 100 Continue\r\n\r\n"
#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

static const server_step hints[] = {READ_REQUEST, SEND(HINTS OK), SERVE};
static const server_step slow_hints[] = {READ_REQUEST, SEND_SLOWLY(HINTS), SEND(OK), SERVE};

/* What the program was told, as text: "103 </a>; rel=preload|100 -|done|". */
static char story[256];
static ahttp_future *to_cancel;

static void tell(const char *text)
{
    strcat(story, text);
    strcat(story, "|");
}

static void on_interim(int status, const ahttp_headers *headers, void *ctx)
{
    const char *link = ahttp_headers_get(headers, "link");
    char text[64];

    assert_ptr_equal(ctx, story);
    snprintf(text, sizeof text, "%d %s", status, link ? link : "-");
    tell(text);
    if (to_cancel)
        ahttp_future_cancel(to_cancel);
    to_cancel = NULL;
}

static void on_done(ahttp_future *future, void *ctx)
{
    (void)ctx;
    tell(ahttp_future_error(future) ? ahttp_error_name(ahttp_future_error(future)->code) : "done");
    ahttp_response_unref(ahttp_future_take(future));
}

static int begin(void **state)
{
    (void)state;
    story[0] = '\0';
    return 0;
}

static ahttp_future *get(void)
{
    return ahttp_get(f.session, server_url(f.server, "/"), .on_interim = on_interim,
                     .on_interim_ctx = story);
}

static void interim_responses_are_told_before_the_final_one(void **state)
{
    (void)state;
    f = start(&(server_script){.connections = {hints, slow_hints}}, false);

    ahttp_then(get(), on_done, NULL);
    assert_int_equal(ahttp_loop_run(f.loop), 0);
    assert_string_equal(story, "103 </a>; rel=preload|100 -|done|");
    server_close_connections(f.server);
    assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
    begin(state);
    assert_text(get(), "ok");
    assert_string_equal(story, "103 </a>; rel=preload|100 -|");
}

static void a_request_that_does_not_ask_is_told_nothing(void **state)
{
    (void)state;
    f = start(&(server_script){.connections = {hints}}, false);

    assert_text(ahttp_get(f.session, server_url(f.server, "/")), "ok");
    assert_string_equal(story, "");
}

static void a_request_cancelled_meanwhile_is_told_no_more(void **state)
{
    static const server_step hints_only[] = {READ_REQUEST, SEND(HINTS), HOLD};
    (void)state;
    f = start(&(server_script){.connections = {hints_only}}, false);

    to_cancel = get();
    ahttp_then(to_cancel, on_done, NULL);
    assert_int_equal(ahttp_loop_run(f.loop), 0);

    assert_string_equal(story, "103 </a>; rel=preload|CANCELLED|");
}

static void nobody_is_told_when_nobody_waits(void **state)
{
    (void)state;
    f = start(&(server_script){.connections = {hints}}, false);

    ahttp_drop(get());
    run_until(&f, SERVER_REQUESTS, 1);
    assert_text(ahttp_get(f.session, server_url(f.server, "/ok")), "ok");
}

static void more_interim_responses_than_the_limit_are_an_error(void **state)
{
    static const server_step many[] = {READ_REQUEST,
                                       SEND_FOREVER("HTTP/1.1 102 Processing\r\n\r\n"), CLOSE};
    (void)state;
    f = start(&(server_script){.others = many}, false);

    assert_fails(ahttp_get(f.session, server_url(f.server, "/")), AHTTP_E_HEAD_TOO_LARGE,
                 "more interim responses than the limit of 16");
    assert_fails(get(), AHTTP_E_HEAD_TOO_LARGE, "more interim responses than the limit of 16");
}

static void ignore(int status, const ahttp_headers *headers, void *ctx)
{
    (void)status;
    (void)headers;
    (void)ctx;
}

static void ask_in_scarcity(ahttp_session *session, void *ctx)
{
    ahttp_response_unref(ahttp_await(ahttp_get(session, ctx, .on_interim = ignore)));
}

static void being_told_may_run_out_of_memory(void **state)
{
    (void)state;
    test_server *server = server_start(&(server_script){.others = hints});

    for_each_allocation_with_session(ask_in_scarcity, (void *)(uintptr_t)server_url(server, "/"));

    server_stop(server);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end_one)
    const struct CMUnitTest tests[] = {
        TEST(interim_responses_are_told_before_the_final_one),
        TEST(a_request_that_does_not_ask_is_told_nothing),
        TEST(a_request_cancelled_meanwhile_is_told_no_more),
        TEST(nobody_is_told_when_nobody_waits),
        TEST(more_interim_responses_than_the_limit_are_an_error),
        cmocka_unit_test(being_told_may_run_out_of_memory),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
