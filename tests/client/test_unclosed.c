/* SPDX-License-Identifier: MIT */
/* What debug mode says of sessions, connectors and responses that the program forgot. */
#include "fixture.h"

#include "support/misuse.h"
#include "support/reports.h"
#include <uv.h>

static test_server *server;
static ahttp_loop *loop;

static int begin(void **state)
{
    (void)state;
    server = server_start(NULL);
    loop = open_debug_loop();
    return 0;
}

static int end(void **state)
{
    (void)state;
    server_stop(server);
    return 0;
}

static void a_session_is_named_by_the_line_that_made_it(void **state)
{
    (void)state;
    char sentence[512];
    ahttp_session *session = ahttp_session_new();
    snprintf(sentence, sizeof sentence, "Unclosed client session, made at %s:%d\n", __FILE__,
             __LINE__ - 2);

    ahttp_loop_close(loop);

    assert_string_equal(reports, sentence);
    ahttp_session_unref(session);
}

static void who_does_not_say_where_is_not_named(void **state)
{
    (void)state;
    ahttp_session_options options = {.size = sizeof options};
    ahttp_session *session = ahttp_session_create(&options);

    ahttp_loop_close(loop);

    assert_string_equal(reports, "Unclosed client session\n");
    ahttp_session_unref(session);
}

static void a_shared_connector_is_named_beside_its_sessions(void **state)
{
    (void)state;
    ahttp_connector_options options = {.size = sizeof options};
    ahttp_connector *connector = ahttp_connector_create(&options);
    ahttp_session *session = ahttp_session_new(.connector = connector);

    ahttp_session_unref(session);
    ahttp_loop_close(loop);

    assert_string_equal(reports, "Unclosed connector\n");
    ahttp_connector_unref(connector);
}

static void a_response_is_named_by_its_request(void **state)
{
    (void)state;
    char sentence[512];
    ahttp_session *session = ahttp_session_new();
    ahttp_response *response = response_of(ahttp_get(session, server_url(server, "/ok")));
    snprintf(sentence, sizeof sentence, "Unclosed response: GET %s\n", server_url(server, "/ok"));

    ahttp_session_unref(session);
    ahttp_loop_close(loop);

    assert_string_equal(reports, sentence);
    ahttp_response_unref(response);
}

static void what_was_closed_is_not_named(void **state)
{
    (void)state;
    ahttp_session *closed = ahttp_session_new();
    ahttp_session *given_up = ahttp_session_new();
    assert_text(ahttp_get(closed, server_url(server, "/ok")), "ok");
    assert_text(ahttp_get(given_up, server_url(server, "/ok")), "ok");

    assert_int_equal(ahttp_await_status(ahttp_session_close(closed)), 0);
    ahttp_session_unref(given_up);
    ahttp_loop_close(loop);

    assert_nothing_reported();
    ahttp_session_unref(closed);
}

static void a_request_that_nobody_awaits_is_named(void **state)
{
    (void)state;
    ahttp_session *session = ahttp_session_new();

    ahttp_drop(ahttp_get(session, "http://[bad"));

    assert_reported("Error that nobody read: ahttp_session_send: invalid URL");
    ahttp_session_unref(session);
    ahttp_loop_close(loop);
}

static ahttp_session *the_session;

static void send_from_a_thread(void *arg)
{
    (void)arg;
    ahttp_drop(ahttp_get(the_session, "http://127.0.0.1/"));
}

static void give_up_from_a_thread(void *arg)
{
    (void)arg;
    ahttp_session_unref(the_session);
}

static void (*trespass)(void *arg);

static void trespass_from_a_thread(void)
{
    uv_thread_t thread;
    ahttp_loop *own = ahttp_loop_new(.debug = true);

    the_session = ahttp_session_new(.loop = own);
    uv_thread_create(&thread, trespass, NULL);
    uv_thread_join(&thread);
}

static void calls_from_another_thread_are_refused(void **state)
{
    (void)state;

    trespass = send_from_a_thread;
    assert_misuse(trespass_from_a_thread, "ahttp_session_send: called on another thread");
    trespass = give_up_from_a_thread;
    assert_misuse(trespass_from_a_thread, "ahttp_session_unref: called on another thread");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_session_is_named_by_the_line_that_made_it, begin, end),
        cmocka_unit_test_setup_teardown(who_does_not_say_where_is_not_named, begin, end),
        cmocka_unit_test_setup_teardown(a_shared_connector_is_named_beside_its_sessions, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_response_is_named_by_its_request, begin, end),
        cmocka_unit_test_setup_teardown(what_was_closed_is_not_named, begin, end),
        cmocka_unit_test_setup_teardown(a_request_that_nobody_awaits_is_named, begin, end),
        cmocka_unit_test(calls_from_another_thread_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
