/* SPDX-License-Identifier: MIT */
/* Heads as they are on the wire: shown to the program, and given by it. */
#include "one_server.h"
#include "scarcity.h"

/* As no strict reader would have it, and yet to be shown byte for byte. */
#define ODD   "HTTP/1.1 200 OK\nX:  two spaces\nContent-Length:2\n\nok"
#define PLAIN "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define HINTS "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
#define CHUNKS                                                                                     \
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nSum:  9\r\n\r\n"

static const server_step odd[] = {READ_REQUEST, SEND(ODD), CLOSE};
static const server_step plain[] = {READ_REQUEST, SEND(PLAIN), CLOSE};
static const server_step both[] = {READ_REQUEST, SEND(PLAIN), READ_REQUEST,
                                   SEND_SLOWLY(HINTS PLAIN), HOLD};
static const server_step chunks[] = {READ_REQUEST, SEND(CHUNKS), CLOSE};
static const server_step bad[] = {READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nBad Name: x\r\n\r\n"),
                                  CLOSE};

static char story[2048];

static void on_wire(ahttp_wire_part part, ahttp_bytes bytes, void *ctx)
{
    static const char *const names[] = {"sent", "came", "trailers"};

    assert_ptr_equal(ctx, story);
    sprintf(story + strlen(story), "[%s]%.*s", names[part], (int)bytes.len,
            (const char *)bytes.data);
}

static int begin(void **state)
{
    (void)state;
    story[0] = '\0';
    return 0;
}

#define SHOWN .on_wire = on_wire, .on_wire_ctx = story
#define EXACT "Host: h\r\nX-Empty:\r\nb: 2\r\na:  1\r\n"

static ahttp_future *get(void)
{
    return ahttp_get(f.session, server_url(f.server, "/"), .fields_text = EXACT, SHOWN);
}

#define SENT "[sent]GET / HTTP/1.1\r\n" EXACT "\r\n"

static void heads_are_shown_as_they_go_out_and_come_in(void **state)
{
    (void)state;
    f = start(&(server_script){.connections = {both}}, false);

    assert_text(get(), "ok");
    assert_string_equal(story, SENT "[came]HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
    story[0] = '\0';
    assert_text(get(), "ok");
    assert_string_equal(story,
                        SENT "[came]" HINTS "[came]HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
}

static void trailers_are_shown_too(void **state)
{
    (void)state;
    f = start(&(server_script){.connections = {chunks}}, false);

    assert_text(get(), "ok");
    assert_non_null(strstr(story, "[trailers]Sum:  9\r\n\r\n"));
}

static void what_is_put_right_is_shown_as_it_came(void **state)
{
    (void)state;
    f = start(&(server_script){.connections = {odd}}, false);
    ahttp_session *lenient = ahttp_session_new(.lenient = true);

    assert_text(ahttp_get(lenient, server_url(f.server, "/"), SHOWN, .fields_text = EXACT), "ok");
    assert_string_equal(story, SENT "[came]HTTP/1.1 200 OK\nX:  two spaces\nContent-Length:2\n\n");
    ahttp_session_unref(lenient);
}

static void a_head_that_is_refused_is_shown_before_the_failure(void **state)
{
    (void)state;
    f = start(&(server_script){.connections = {bad}}, false);

    assert_fails(get(), AHTTP_E_PROTOCOL, "Bad Name");
    assert_string_equal(story, SENT "[came]HTTP/1.1 200 OK\r\nBad Name: x\r\n\r\n");
}

static void what_came_of_a_head_that_was_cut_is_shown(void **state)
{
    static const server_step cut[] = {READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nContent-L"), CLOSE};

    (void)state;
    f = start(&(server_script){.connections = {cut}}, false);

    assert_fails(get(), AHTTP_E_DISCONNECTED, "inside the response head");
    assert_string_equal(story, SENT "[came]HTTP/1.1 200 OK\r\nContent-L");
}

static void exact_fields_are_sent_as_they_are_and_nothing_else(void **state)
{
    (void)state;
    f = start(&(server_script){.connections = {plain, plain}}, false);

    assert_text(ahttp_post(f.session, server_url(f.server, "/x"),
                           .fields_text = "Content-Length: 3\r\nHost: h\r\n", .text = "abc"),
                "ok");
    assert_string_equal(server_request_at(f.server, 0).head,
                        "POST /x HTTP/1.1\r\nContent-Length: 3\r\nHost: h\r\n\r\n");
    assert_string_equal(server_request_at(f.server, 0).body, "abc");
    assert_text(
        ahttp_get(f.session, server_url(f.server, "/x"), .fields_text = "", .http_1_0 = true),
        "ok");
    assert_string_equal(server_request_at(f.server, 1).head, "GET /x HTTP/1.0\r\n\r\n");
}

static void exact_fields_may_say_that_the_same_may_be_sent_again(void **state)
{
    static const server_step dies[] = {READ_REQUEST,
                                       SEND("HTTP/1.1 200 OK\r\n"
                                            "Content-Length: 2\r\n\r\nok"),
                                       READ_REQUEST, CLOSE};

    (void)state;
    f = start(&(server_script){.connections = {dies, dies, plain}}, false);

    assert_text(get(), "ok");
    assert_fails(ahttp_post(f.session, server_url(f.server, "/"), .text = "abc",
                            .fields_text = "Host: h\r\nContent-Length: 3\r\n"),
                 AHTTP_E_DISCONNECTED, "before it sent a response");
    assert_text(get(), "ok");
    assert_text(ahttp_post(f.session, server_url(f.server, "/"), .text = "abc",
                           .fields_text = "Host: h\r\nContent-Length: 3\r\nidempotency-key:7\r\n"),
                "ok");
}

static void a_body_is_chunked_if_exact_fields_say_so(void **state)
{
    (void)state;
    f = start(&(server_script){.connections = {plain}}, false);

    assert_text(ahttp_post(f.session, server_url(f.server, "/"),
                           .fields_text = "Transfer-Encoding: chunked\r\nHost: h\r\n",
                           .body = ahttp_body_bytes((ahttp_bytes){"abc", 3})),
                "ok");
    assert_string_equal(server_request_at(f.server, 0).body, "abc");
}

static void exact_fields_that_are_none_are_refused(void **state)
{
    (void)state;
    f = start(&(server_script){.connections = {plain}}, false);
    static const char *const wrong[] = {"no colon\r\n", "A: b\n",  "A: b",
                                        "\r\n",         ": x\r\n", "A: b\r\rc\r\n"};

    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_fails(ahttp_get(f.session, server_url(f.server, "/"), .fields_text = wrong[i]),
                     AHTTP_E_ARGUMENT, "fields_text");
    assert_fails(ahttp_get(f.session, server_url(f.server, "/"), .fields_text = "A: b\r\n",
                           .headers = AHTTP_PAIRS({"X", "y"})),
                 AHTTP_E_ARGUMENT, "as well");
    assert_fails(ahttp_post(f.session, server_url(f.server, "/"), .text = "abc",
                            .fields_text = "Transfer-Encoding: chunked\r\n"),
                 AHTTP_E_ARGUMENT, "by body");
}

static ahttp_future *passing_on(ahttp_outgoing *request, ahttp_next *next, void *ctx)
{
    (void)request;
    ++*(int *)ctx;
    return ahttp_next_send(next);
}

static void with_exact_fields_a_redirect_is_the_response_and_nobody_stands_in_between(void **state)
{
    int calls = 0;
    (void)state;
    f = start(NULL, false);
    const char *url = server_url(f.server, "/redirect/302/ok");
    ahttp_session *session =
        ahttp_session_new(.loop = f.loop,
                          .middlewares = AHTTP_MIDDLEWARES({passing_on, NULL, &calls}));

    ahttp_response *response =
        response_of(ahttp_get(session, url, .fields_text = "Host: h\r\n",
                              .middlewares = (const ahttp_middleware[]){{NULL, NULL, NULL}}));
    assert_int_equal(ahttp_response_status(response), 302);
    ahttp_response_unref(response);
    assert_int_equal(ahttp_await_status(ahttp_get(session, url, .fields_text = "Host: h\r\n")), 0);
    assert_int_equal(calls, 0);
    assert_fails(
        ahttp_get(session, url, .fields_text = "Host: h\r\n", .redirects = AHTTP_REDIRECTS_FOLLOW),
        AHTTP_E_ARGUMENT, "fields_text: redirects cannot be followed");
    assert_fails(ahttp_get(session, url, .fields_text = "Host: h\r\n",
                           .middlewares = AHTTP_MIDDLEWARES({passing_on, NULL, &calls})),
                 AHTTP_E_ARGUMENT, "fields_text: middlewares are given as well");
    ahttp_session_unref(session);
}

static void assert_reads(ahttp_session *session, const char *text)
{
    assert_text(ahttp_get(session, server_url(f.server, "/")), text);
    ahttp_session_unref(session);
}

static void a_body_may_come_without_a_head_where_that_is_asked_for(void **state)
{
    static const server_step old[] = {READ_REQUEST, SEND("no head\r\n"), CLOSE};

    (void)state;
    f = start(&(server_script){.connections = {old, old}}, false);

    assert_fails(ahttp_get(f.session, server_url(f.server, "/")), AHTTP_E_PROTOCOL, "HTTP/");
    assert_reads(ahttp_session_new(.http_0_9 = true), "no head\r\n");
}

static void a_body_lasts_until_the_end_where_its_length_does_not_count(void **state)
{
    static const server_step longer[] = {
        READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more"), CLOSE};

    (void)state;
    f = start(&(server_script){.connections = {longer}}, false);

    assert_reads(ahttp_session_new(.until_close = true), "ok and more");
}

static void chunks_are_kept_as_they_came_where_that_is_asked_for(void **state)
{
    (void)state;
    f = start(&(server_script){.connections = {chunks}}, false);

    assert_reads(ahttp_session_new(.keep_chunks = true), "2\r\nok\r\n0\r\nSum:  9\r\n\r\n");
}

static void a_transfer_coding_that_is_not_known_is_an_error_where_it_matters(void **state)
{
    static const server_step coded[] = {
        READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nTransfer-Encoding: x, chunked\r\n\r\n0\r\n\r\n"),
        CLOSE};

    (void)state;
    f = start(&(server_script){.connections = {coded, coded}}, false);

    assert_text(ahttp_get(f.session, server_url(f.server, "/")), "");
    assert_fails(ahttp_get(f.session, server_url(f.server, "/"), .transfer_codings = true),
                 AHTTP_E_CODING, "transfer coding");
}

static void show_in_scarcity(ahttp_session *session, void *ctx)
{
    story[0] = '\0';
    ahttp_response_unref(ahttp_await(ahttp_get(session, ctx, .fields_text = EXACT, SHOWN)));
}

static void running_out_of_memory_leaks_nothing(void **state)
{
    (void)state;
    test_server *server = server_start(&(server_script){0});

    for_each_allocation_with_session(show_in_scarcity,
                                     (void *)(uintptr_t)server_url(server, "/ok"));
    server_stop(server);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end_one)
    const struct CMUnitTest tests[] = {
        TEST(heads_are_shown_as_they_go_out_and_come_in),
        TEST(trailers_are_shown_too),
        TEST(what_is_put_right_is_shown_as_it_came),
        TEST(a_head_that_is_refused_is_shown_before_the_failure),
        TEST(what_came_of_a_head_that_was_cut_is_shown),
        TEST(exact_fields_are_sent_as_they_are_and_nothing_else),
        TEST(exact_fields_may_say_that_the_same_may_be_sent_again),
        TEST(a_body_is_chunked_if_exact_fields_say_so),
        TEST(exact_fields_that_are_none_are_refused),
        TEST(with_exact_fields_a_redirect_is_the_response_and_nobody_stands_in_between),
        TEST(a_body_may_come_without_a_head_where_that_is_asked_for),
        TEST(a_body_lasts_until_the_end_where_its_length_does_not_count),
        TEST(chunks_are_kept_as_they_came_where_that_is_asked_for),
        TEST(a_transfer_coding_that_is_not_known_is_an_error_where_it_matters),
        cmocka_unit_test(running_out_of_memory_leaks_nothing),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
