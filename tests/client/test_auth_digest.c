/* SPDX-License-Identifier: MIT */
/* Digest authentication as servers see it.  Whether the responses are right is tested in
   tests/http and against real servers in tests/e2e. */
#include "scarcity.h"
#include "sending.h"

/* What the server does. */
static struct {
    const char *challenge;    /* the value of WWW-Authenticate, without its nonce */
    const char *nonces[8];    /* of the challenges, one after the other; the last stays */
    const char *info;         /* Authentication-Info, or NULL */
    const char *stale_behind; /* answers for this nonce were right, but it is old; or NULL */
    const char *location;     /* /moved leads there */
    int challenges;           /* so far */
    int refusals;             /* answers that are still not good enough */
} server_s;

static const char *nonce_now(void)
{
    int last = (int)COUNT_OF(server_s.nonces) - 1;
    int i = server_s.challenges < last ? server_s.challenges : last;

    while (i > 0 && !server_s.nonces[i])
        i--;
    return server_s.nonces[i];
}

static void challenge(server_connection *connection, bool stale)
{
    server_sendf(connection,
                 "HTTP/1.1 401 Who?\r\nWWW-Authenticate: %s, nonce=\"%s\"%s\r\n"
                 "Content-Length: 4\r\n\r\nwho?",
                 server_s.challenge, nonce_now(), stale ? ", stale=true" : "");
    server_s.challenges++;
}

static bool has(const server_request *request, const char *text)
{
    return text && strstr(request->head, text);
}

static void serve(server_connection *connection, const server_request *request, void *ctx)
{
    (void)ctx;
    if (server_s.location && has(request, " /moved HTTP")) {
        server_sendf(connection, "HTTP/1.1 307 Moved\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n",
                     server_s.location);
    } else if (!has(request, "Authorization: Digest ") || server_s.refusals > 0) {
        server_s.refusals -= has(request, "Authorization: Digest ") ? 1 : 0;
        challenge(connection, false);
    } else if (has(request, server_s.stale_behind)) {
        challenge(connection, true);
    } else {
        server_sendf(connection, "HTTP/1.1 200 OK\r\n%s%s%sContent-Length: 2\r\n\r\nok",
                     server_s.info ? "Authentication-Info: " : "",
                     server_s.info ? server_s.info : "", server_s.info ? "\r\n" : "");
    }
}

static int begin(void **state)
{
    (void)state;
    memset(&server_s, 0, sizeof server_s);
    server_s.challenge = "Digest realm=\"r\", qop=\"auth\"";
    server_s.nonces[0] = "one";
    f = start(&(server_script){.handler = serve}, false);
    return 0;
}

#define GET(path, ...)                                                                             \
    ahttp_get(f.session, server_url(f.server, path), .digest_auth = "ann:secret", __VA_ARGS__)

static void assert_status(ahttp_future *request, int status)
{
    ahttp_response *response = response_of(request);

    assert_int_equal(ahttp_response_status(response), status);
    assert_int_equal(ahttp_await_status(ahttp_response_read(response)), 0);
    ahttp_response_unref(response);
}

static void assert_requests(uint64_t count)
{
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), count);
}

static void assert_seen(const char *text)
{
    server_request request = seen();

    if (!has(&request, text))
        fail_msg("%s is not in:\n%s", text, request.head);
}

static void a_challenge_is_answered_once_on_the_same_connection(void **state)
{
    (void)state;
    assert_status(GET("/a?b=c%2f", .headers = NULL), 200);

    assert_requests(2);
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 1);
    assert_false(server_request_has_field(server_request_at(f.server, 0), "Authorization"));
    assert_seen("username=\"ann\", realm=\"r\", nonce=\"one\", uri=\"/a?b=c%2f\"");
    assert_seen("nc=00000001");
}

static void later_requests_answer_at_once_and_count(void **state)
{
    (void)state;
    assert_status(GET("/", .headers = NULL), 200);
    assert_status(GET("/b", .headers = NULL), 200);
    assert_seen("nonce=\"one\", uri=\"/b\"");
    assert_seen("nc=00000002");
    assert_status(GET("/c", .headers = NULL), 200);
    assert_seen("nc=00000003");
    assert_requests(4);
}

static void each_request_may_wait_to_be_asked(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++)
        assert_status(GET("/", .digest_only_when_asked = true), 200);
    assert_requests(4);
    assert_false(server_request_has_field(server_request_at(f.server, 2), "Authorization"));

    ahttp_session *session = ahttp_session_new(.loop = f.loop, .digest_auth = "ann:secret",
                                               .digest_only_when_asked = true);
    for (int i = 0; i < 2; i++)
        assert_status(ahttp_get(session, server_url(f.server, "/")), 200);
    assert_requests(8);
    assert_int_equal(ahttp_await_status(ahttp_session_close(session)), 0);
    ahttp_session_unref(session);
}

static void another_user_is_not_answered_for(void **state)
{
    (void)state;
    assert_status(GET("/", .headers = NULL), 200);

    assert_status(ahttp_get(f.session, server_url(f.server, "/"), .digest_auth = "bob:b"), 200);

    assert_requests(4);
    assert_false(server_request_has_field(server_request_at(f.server, 2), "Authorization"));
    assert_seen("username=\"bob\"");
    assert_status(ahttp_get(f.session, server_url(f.server, "/")), 401);
}

static void a_refused_answer_is_not_repeated(void **state)
{
    (void)state;
    server_s.refusals = 5;

    ahttp_response *response = response_of(GET("/", .headers = NULL));

    assert_int_equal(ahttp_response_status(response), 401);
    assert_string_equal(ahttp_await(ahttp_response_text(response)), "who?");
    assert_requests(2);
    ahttp_response_unref(response);
}

static void an_old_nonce_is_replaced_once_more(void **state)
{
    (void)state;
    server_s.nonces[1] = "two";
    server_s.stale_behind = "nonce=\"one\"";

    assert_status(GET("/", .headers = NULL), 200);

    assert_requests(3);
    assert_seen("nonce=\"two\"");
    assert_seen("nc=00000001");
    server_s.stale_behind = "nonce=\"";
    assert_status(GET("/", .headers = NULL), 401);
    assert_requests(6);
}

static void a_nonce_that_the_server_forgot_is_replaced(void **state)
{
    (void)state;
    assert_status(GET("/", .headers = NULL), 200);
    server_s.nonces[1] = "two";
    server_s.refusals = 1;

    assert_status(GET("/", .headers = NULL), 200);

    assert_requests(4);
    assert_seen("nonce=\"two\"");
    assert_seen("nc=00000001");
}

static void the_next_nonce_is_taken_from_the_response(void **state)
{
    (void)state;
    server_s.info = "nextnonce=\"two\", qop=auth";
    assert_status(GET("/", .headers = NULL), 200);
    server_s.info = NULL;

    assert_status(GET("/", .headers = NULL), 200);

    assert_seen("nonce=\"two\"");
    assert_seen("nc=00000001");
    assert_status(GET("/", .headers = NULL), 200);
    assert_seen("nonce=\"two\"");
    assert_seen("nc=00000002");
    assert_requests(4);
}

static void answers_hold_where_the_domain_says(void **state)
{
    (void)state;
    char text[256];
    snprintf(text, sizeof text,
             "Digest realm=\"r\", qop=\"auth\", domain=\"/in http://other.test/ %s sub\"",
             server_url(f.server, "/at/"));
    server_s.challenge = text;
    static const char *const inside[] = {"/in", "/in/x", "/in?x", "/at/", "/at/x", "/x/sub"};
    static const char *const outside[] = {"/inner", "/", "/at", "/x"};
    assert_status(GET("/x/y", .headers = NULL), 200);

    for (size_t i = 0; i < COUNT_OF(inside); i++) {
        uint64_t before = server_count(f.server, SERVER_REQUESTS);
        assert_status(GET(inside[i], .headers = NULL), 200);
        assert_requests(before + 1);
    }
    for (size_t i = 0; i < COUNT_OF(outside); i++) {
        uint64_t before = server_count(f.server, SERVER_REQUESTS);
        assert_status(GET(outside[i], .headers = NULL), 200);
        assert_requests(before + 2);
    }
}

static void a_body_is_sent_again_if_it_can_be(void **state)
{
    (void)state;
    producer p = {.pieces = PIECES("hello")};
    assert_status(ahttp_post(f.session, server_url(f.server, "/"), .text = "hello",
                             .digest_auth = "ann:secret"),
                  200);
    assert_string_equal(seen().body, "hello");
    server_s.refusals = 1;

    ahttp_bytes bytes = {"hello", 5};
    assert_status(ahttp_post(f.session, server_url(f.server, "/"), .body = ahttp_body_bytes(bytes),
                             .digest_auth = "ann:secret"),
                  200);
    assert_string_equal(seen().body, "hello");
    server_s.refusals = 1;
    assert_fails(ahttp_post(f.session, server_url(f.server, "/"),
                            .body = ahttp_body_produced(produce, &p, 5),
                            .digest_auth = "ann:secret"),
                 AHTTP_E_BODY_ONCE, "log in after a response of 401");
    assert_requests(5);
}

static void bytes_in_memory_are_signed_where_the_server_wants_it(void **state)
{
    (void)state;
    producer p = {.pieces = PIECES("hello")};
    server_s.challenge = "Digest realm=\"r\", qop=\"auth-int\"";
    assert_status(ahttp_post(f.session, server_url(f.server, "/"), .text = "hello",
                             .digest_auth = "ann:secret"),
                  200);
    assert_seen("qop=auth-int");
    assert_status(GET("/", .headers = NULL), 200);
    assert_seen("qop=auth-int");

    assert_fails(ahttp_post(f.session, server_url(f.server, "/"),
                            .body = ahttp_body_produced(produce, &p, 5),
                            .digest_auth = "ann:secret"),
                 AHTTP_E_UNSUPPORTED, "wants the body signed (auth-int)");
}

static ahttp_body *make_body(void *ctx)
{
    ahttp_bytes bytes = {ctx, strlen(ctx)};

    return ahttp_body_compressed("gzip", ahttp_body_bytes(bytes));
}

static void other_bodies_are_read_once_to_be_signed_and_once_to_be_sent(void **state)
{
    (void)state;
    enum { SIZE = 9000000 };
    char *text = make_pattern(SIZE);
    const char *path = make_file(text, SIZE);
    server_s.challenge = "Digest realm=\"r\", qop=\"auth-int\"";
    assert_status(ahttp_post(f.session, server_url(f.server, "/"),
                             .body = ahttp_body_file(path, 0, 0), .digest_auth = "ann:secret"),
                  200);
    assert_seen("qop=auth-int");
    assert_int_equal(seen().body_len, SIZE);

    assert_status(ahttp_post(f.session, server_url(f.server, "/"),
                             .body = ahttp_body_file(path, 1, 5), .digest_auth = "ann:secret"),
                  200);
    assert_string_equal(seen().body, "bcdef");
    assert_status(ahttp_post(f.session, server_url(f.server, "/"),
                             .body = ahttp_body_factory(make_body, text),
                             .digest_auth = "ann:secret"),
                  200);
    assert_seen("qop=auth-int");
    remove_file(path);
    free(text);
}

static void a_request_that_is_cancelled_while_its_body_is_read_for_that_leaves_it(void **state)
{
    (void)state;
    char *text = make_pattern(9000000);
    const char *path = make_file(text, 9000000);
    size_t fds = count_open_fds();
    server_s.challenge = "Digest realm=\"r\", qop=\"auth-int\"";
    assert_status(GET("/", .headers = NULL), 200);
    uint64_t before = server_count(f.server, SERVER_REQUESTS);
    ahttp_future *request =
        ahttp_post(f.session, server_url(f.server, "/"), .body = ahttp_body_file(path, 0, 0),
                   .digest_auth = "ann:secret");
    let_run();

    ahttp_future_cancel(request);

    assert_int_equal(ahttp_await_status(request), AHTTP_E_CANCELLED);
    assert_requests(before);
    assert_int_equal(ahttp_await_status(ahttp_session_close(f.session)), 0);
    server_close_connections(f.server);
    assert_open_fds_become(fds);
    remove_file(path);
    free(text);
}

static void other_challenges_are_the_programs(void **state)
{
    (void)state;
    server_s.challenge = "Basic realm=\"r\"";
    assert_status(GET("/", .headers = NULL), 401);
    assert_requests(1);
}

static void a_session_answers_its_own_origin_only(void **state)
{
    (void)state;
    test_server *other = server_start(&(server_script){.handler = serve});
    char location[256];
    ahttp_session_unref(f.session);
    f.session = ahttp_session_new(.loop = f.loop, .digest_auth = "ann:secret");
    assert_status(ahttp_get(f.session, server_url(f.server, "/")), 200);
    assert_status(ahttp_get(f.session, server_url(other, "/")), 401);
    snprintf(location, sizeof location, "%s", server_url(other, "/"));
    server_s.location = location;

    assert_status(ahttp_get(f.session, server_url(f.server, "/moved")), 401);

    for (size_t i = 0; i < server_count(other, SERVER_REQUESTS); i++)
        assert_false(server_request_has_field(server_request_at(other, i), "Authorization"));
    server_stop(other);
}

static void a_redirect_on_the_same_origin_is_answered_for_its_own_target(void **state)
{
    (void)state;
    server_s.location = "/there";

    assert_status(GET("/moved", .headers = NULL), 200);

    assert_seen("uri=\"/there\"");
    assert_requests(3);
}

static void log_in_with_little_memory(ahttp_session *session, void *ctx)
{
    for (int i = 0; i < 2; i++)
        assert_ends_for_want_of_memory(ahttp_get(session, ctx));
    ahttp_await_status(ahttp_session_close(session));
}

static void out_of_memory_fails_the_request(void **state)
{
    (void)state;
    char url[256];
    snprintf(url, sizeof url, "%s", server_url(f.server, "/"));
    server_s.info = "nextnonce=\"two\"";
    server_s.challenge = "Digest realm=\"r\", qop=\"auth\", domain=\"/a /\"";

    for_each_allocation_with_session(log_in_with_little_memory, url, .digest_auth = "ann:secret");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, end_one)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_challenge_is_answered_once_on_the_same_connection),
        TEST(later_requests_answer_at_once_and_count),
        TEST(each_request_may_wait_to_be_asked),
        TEST(another_user_is_not_answered_for),
        TEST(a_refused_answer_is_not_repeated),
        TEST(an_old_nonce_is_replaced_once_more),
        TEST(a_nonce_that_the_server_forgot_is_replaced),
        TEST(the_next_nonce_is_taken_from_the_response),
        TEST(answers_hold_where_the_domain_says),
        TEST(a_body_is_sent_again_if_it_can_be),
        TEST(bytes_in_memory_are_signed_where_the_server_wants_it),
        TEST(other_bodies_are_read_once_to_be_signed_and_once_to_be_sent),
        TEST(a_request_that_is_cancelled_while_its_body_is_read_for_that_leaves_it),
        TEST(other_challenges_are_the_programs),
        TEST(a_session_answers_its_own_origin_only),
        TEST(a_redirect_on_the_same_origin_is_answered_for_its_own_target),
        TEST(out_of_memory_fails_the_request),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
