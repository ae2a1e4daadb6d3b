/* SPDX-License-Identifier: MIT */
/* Who requests come from: Basic and Bearer from options, URLs, sessions and .netrc, and where that
   goes. */
#include "scarcity.h"
#include "sending.h"
#include "support/misuse.h"

#define BASIC_ANN  "Authorization: Basic YW5uOnNlY3JldA==" /* ann:secret */
#define GET(...)   ahttp_get(f.session, server_url(f.server, "/ok"), __VA_ARGS__)
#define GIVEN(...) AHTTP_PAIRS({"Authorization", __VA_ARGS__})

/* The session of the fixture becomes one with these options. */
#define USE_SESSION(...)                                                                           \
    do {                                                                                           \
        ahttp_session_unref(f.session);                                                            \
        f.session = ahttp_session_new(.loop = f.loop, __VA_ARGS__);                                \
        assert_non_null(f.session);                                                                \
    } while (0)

/* A URL of the server with something before its host. */
static const char *url_with(const char *userinfo, const char *path)
{
    static char url[256];

    snprintf(url, sizeof url, "http://%s@127.0.0.1:%u%s", userinfo, server_port(f.server), path);
    return url;
}

static void assert_sent_with(ahttp_future *request, const char *line)
{
    assert_sent(request);
    if (!server_request_has_line(seen(), line))
        fail_msg("%s is not in:\n%s", line, seen().head);
}

static void assert_sent_without(ahttp_future *request)
{
    assert_sent(request);
    if (server_request_has_field(seen(), "Authorization"))
        fail_msg("Authorization is in:\n%s", seen().head);
}

/* ---- Requests ---- */

static void options_and_urls_say_who_asks(void **state)
{
    (void)state;
    assert_sent_with(GET(.auth = "ann:secret"), BASIC_ANN);
    assert_sent_with(GET(.auth = "J\xC3\xA4s\xC3\xB8n:p\xC3\xB6"),
                     "Authorization: Basic SsOkc8O4bjpww7Y=");
    assert_sent_with(GET(.auth = "ann"), "Authorization: Basic YW5uOg==");
    assert_sent_with(GET(.bearer = "abc.def-_~+/=="), "Authorization: Bearer abc.def-_~+/==");
    assert_sent_with(ahttp_get(f.session, url_with("ann:secret", "/ok")), BASIC_ANN);
    assert_sent_with(ahttp_get(f.session, url_with("a%6En:%73ecret", "/ok")), BASIC_ANN);
    assert_sent_with(ahttp_get(f.session, url_with("ann", "/ok")), "Authorization: Basic YW5uOg==");
    assert_sent_without(GET(.text = "x"));
}

static ahttp_future *passing_on(ahttp_outgoing *request, ahttp_next *next, void *ctx)
{
    (void)request;
    (void)ctx;
    return ahttp_next_send(next);
}

static void an_option_counts_more_than_the_url(void **state)
{
    (void)state;
    assert_sent_with(ahttp_get(f.session, url_with("bob:x", "/ok"), .auth = "ann:secret"),
                     BASIC_ANN);
    assert_sent_with(ahttp_get(f.session, url_with("bob:x", "/ok"), .auth = "ann:secret",
                               .middlewares = AHTTP_MIDDLEWARES({passing_on, NULL, NULL})),
                     BASIC_ANN);
    assert_sent_with(ahttp_get(f.session, url_with("ann:secret", "/ok"),
                               .middlewares = AHTTP_MIDDLEWARES({passing_on, NULL, NULL})),
                     BASIC_ANN);
}

static void two_opinions_on_who_asks_are_an_error(void **state)
{
    (void)state;
    assert_fails(GET(.auth = "a:b", .headers = GIVEN("x")), AHTTP_E_ARGUMENT, "Authorization");
    assert_fails(GET(.digest_auth = "a:b", .headers = GIVEN("x")), AHTTP_E_ARGUMENT,
                 "Authorization");
    assert_fails(ahttp_get(f.session, url_with("a:b", "/"), .headers = GIVEN("x")),
                 AHTTP_E_ARGUMENT, "Authorization");
    assert_fails(GET(.auth = "a:b", .bearer = "c"), AHTTP_E_ARGUMENT, "more than one of auth");
    assert_fails(GET(.bearer = "a b"), AHTTP_E_ARGUMENT, "bearer: a token has");
    assert_fails(GET(.bearer = ""), AHTTP_E_ARGUMENT, "bearer");
    assert_fails(GET(.bearer = "a\nX: y"), AHTTP_E_ARGUMENT, "bearer");
    assert_fails(GET(.bearer = "a", .fields_text = "A: b\r\n"), AHTTP_E_ARGUMENT, "fields_text");
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 0);
}

static void what_is_said_once_is_not_said_twice_on_another_sending(void **state)
{
    static const server_step expects[] = {
        READ_HEAD, SEND("HTTP/1.1 417 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
        CLOSE};
    (void)state;
    restart_with(&(server_script){.connections = {expects}});

    assert_sent_with(ahttp_post(f.session, server_url(f.server, "/ok"), .text = "hello",
                                .expect_100 = true, .auth = "ann:secret"),
                     BASIC_ANN);

    const char *first = strstr(seen().head, "Authorization");
    assert_null(strstr(first + 1, "Authorization"));
}

/* ---- Sessions ---- */

static void a_session_says_who_all_requests_come_from(void **state)
{
    (void)state;
    USE_SESSION(.auth = "ann:secret");
    assert_sent_with(GET(.headers = NULL), BASIC_ANN);
    assert_sent_with(GET(.text = "x"), BASIC_ANN);
    assert_sent_with(GET(.auth = "bob:b"), "Authorization: Basic Ym9iOmI=");
    assert_sent_with(GET(.headers = GIVEN("mine")), "Authorization: mine");
    assert_sent_without(GET(.headers = GIVEN(NULL)));
    assert_sent_with(ahttp_get(f.session, url_with("bob:b", "/ok")),
                     "Authorization: Basic Ym9iOmI=");
    USE_SESSION(.bearer = "token");
    assert_sent_with(GET(.headers = NULL), "Authorization: Bearer token");
}

static void a_header_of_the_session_gives_way_to_a_requests_credentials(void **state)
{
    (void)state;
    USE_SESSION(.headers = GIVEN("session's"));
    assert_sent_with(GET(.headers = NULL), "Authorization: session's");
    assert_sent_with(GET(.auth = "ann:secret"), BASIC_ANN);
    assert_null(strstr(seen().head, "session's"));
}

static void credentials_of_a_session_are_for_the_origin_they_were_given_for(void **state)
{
    (void)state;
    test_server *other = server_start(&(server_script){.handler = NULL});
    USE_SESSION(.auth = "ann:secret", .credentials_for = server_url(other, "/path"));
    assert_sent_without(GET(.headers = NULL));

    assert_sent(ahttp_get(f.session, server_url(other, "/ok")));

    assert_true(server_request_has_line(server_request_at(other, 0), BASIC_ANN));
    server_stop(other);
}

static void else_they_are_for_the_base_url(void **state)
{
    (void)state;
    test_server *other = server_start(&(server_script){.handler = NULL});
    USE_SESSION(.auth = "ann:secret", .base_url = server_url(other, "/"));
    assert_sent_without(GET(.headers = NULL));

    assert_sent(ahttp_get(f.session, "ok"));

    assert_true(server_request_has_line(server_request_at(other, 0), BASIC_ANN));
    server_stop(other);
}

static void else_they_are_for_the_origin_of_the_first_request(void **state)
{
    (void)state;
    test_server *other = server_start(&(server_script){.handler = NULL});
    USE_SESSION(.auth = "ann:secret");
    assert_sent_with(GET(.headers = NULL), BASIC_ANN);

    assert_sent(ahttp_get(f.session, server_url(other, "/ok")));

    assert_false(server_request_has_field(server_request_at(other, 0), "Authorization"));
    assert_sent_with(GET(.headers = NULL), BASIC_ANN);
    server_stop(other);
}

static void make_two_minded_session(void)
{
    ahttp_loop_new();
    ahttp_session_new(.auth = "a:b", .bearer = "c");
}

static void make_session_with_header_too(void)
{
    ahttp_loop_new();
    ahttp_session_new(.auth = "a:b", .headers = GIVEN("c"));
}

static void a_session_of_two_minds_is_a_mistake(void **state)
{
    (void)state;

    assert_misuse(make_two_minded_session, "give one of auth");
    assert_misuse(make_session_with_header_too, "give a header Authorization, or one");
}

static void a_session_with_credentials_that_cannot_be_sent_is_not_made(void **state)
{
    (void)state;

    assert_null(ahttp_session_new(.loop = f.loop, .bearer = "a b"));
    assert_null(ahttp_session_new(.loop = f.loop, .auth = "a:b", .credentials_for = "ftp://h/"));
}

/* ---- Redirects ---- */

static char location[256];

/* Sends on to location, unless it is asked for /ok. */
static void send_on(server_connection *connection, const server_request *request, void *ctx)
{
    (void)ctx;
    if (strcmp(request->target, "/ok") == 0)
        server_sendf(connection, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    else
        server_sendf(connection, "HTTP/1.1 307 On\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n",
                     location);
}

static test_server *begin_redirects(void)
{
    restart_with(&(server_script){.handler = send_on});
    return server_start(&(server_script){.handler = send_on});
}

static void on_the_same_origin_credentials_go_along(void **state)
{
    (void)state;
    server_stop(begin_redirects());
    snprintf(location, sizeof location, "/ok");
    assert_sent_with(ahttp_get(f.session, server_url(f.server, "/x"), .auth = "ann:secret"),
                     BASIC_ANN);
    assert_sent_with(ahttp_get(f.session, url_with("ann:secret", "/x")), BASIC_ANN);
}

static void credentials_do_not_follow_a_redirect_elsewhere(void **state)
{
    (void)state;
    test_server *other = begin_redirects();
    snprintf(location, sizeof location, "%s", server_url(other, "/ok"));
    assert_sent(ahttp_get(f.session, server_url(f.server, "/x"), .auth = "ann:secret"));
    assert_sent(ahttp_get(f.session, server_url(f.server, "/x"), .bearer = "token"));
    assert_sent(ahttp_get(f.session, url_with("ann:secret", "/x")));
    USE_SESSION(.auth = "ann:secret");
    assert_sent(ahttp_get(f.session, server_url(f.server, "/x")));

    for (size_t i = 0; i < 4; i++) {
        assert_true(server_request_has_field(server_request_at(f.server, i), "Authorization"));
        assert_false(server_request_has_field(server_request_at(other, i), "Authorization"));
    }
    server_stop(other);
}

static void a_session_is_known_again_when_a_redirect_leads_to_its_origin(void **state)
{
    (void)state;
    test_server *other = begin_redirects();
    snprintf(location, sizeof location, "%s", server_url(f.server, "/ok"));
    USE_SESSION(.auth = "ann:secret", .credentials_for = server_url(f.server, "/"));

    assert_sent_with(ahttp_get(f.session, server_url(other, "/x")), BASIC_ANN);

    assert_false(server_request_has_field(server_request_at(other, 0), "Authorization"));
    server_stop(other);
}

static void credentials_in_the_location_are_used_there(void **state)
{
    (void)state;
    test_server *other = begin_redirects();
    snprintf(location, sizeof location, "%s", url_with("ann:secret", "/ok"));

    assert_sent_with(ahttp_get(f.session, server_url(other, "/x"), .auth = "bob:b"), BASIC_ANN);

    server_stop(other);
}

/* ---- netrc ---- */

static const char *write_netrc(const char *text)
{
    const char *path = make_file(text, strlen(text));

    setenv("NETRC", path, 1);
    return path;
}

static void with_trust_env_the_file_says_who_asks(void **state)
{
    (void)state;
    const char *path = write_netrc("machine 127.0.0.1 login ann password secret\n");
    USE_SESSION(.trust_env = true);
    assert_sent_with(GET(.headers = NULL), BASIC_ANN);
    assert_sent_with(GET(.headers = NULL), BASIC_ANN);
    assert_sent_with(GET(.auth = "bob:b"), "Authorization: Basic Ym9iOmI=");
    assert_sent_with(GET(.headers = GIVEN("mine")), "Authorization: mine");
    assert_sent_without(GET(.headers = GIVEN(NULL)));

    USE_SESSION(.headers = NULL);
    assert_sent_without(GET(.headers = NULL));
    unsetenv("NETRC");
    remove_file(path);
}

static void a_default_entry_is_for_all_hosts(void **state)
{
    (void)state;
    const char *path = write_netrc("machine other login bob password b default login ann "
                                   "password secret");
    USE_SESSION(.trust_env = true);
    assert_sent_with(GET(.headers = NULL), BASIC_ANN);
    unsetenv("NETRC");
    remove_file(path);
}

static void a_host_or_a_file_that_is_not_there_says_nothing(void **state)
{
    (void)state;
    const char *path = write_netrc("machine 127.0.0.10 login ann password secret");
    USE_SESSION(.trust_env = true);
    assert_sent_without(GET(.headers = NULL));
    remove_file(path);
    USE_SESSION(.trust_env = true);
    assert_sent_without(GET(.headers = NULL));
    unsetenv("NETRC");
    char *home = strdup(getenv("HOME") ? getenv("HOME") : "/");
    unsetenv("HOME");
    USE_SESSION(.trust_env = true);
    assert_sent_without(GET(.headers = NULL));
    setenv("HOME", home, 1);
    free(home);
}

static void the_home_folder_has_the_file_where_the_environment_names_none(void **state)
{
    char folder[] = "/tmp/ahttp-home-XXXXXX", path[64];
    char *home = strdup(getenv("HOME") ? getenv("HOME") : "/");
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/.netrc", folder);
    FILE *file = fopen(path, "w");
    fputs("machine 127.0.0.1 login ann password secret", file);
    fclose(file);
    unsetenv("NETRC");
    setenv("HOME", folder, 1);
    USE_SESSION(.trust_env = true);

    assert_sent_with(GET(.headers = NULL), BASIC_ANN);

    setenv("HOME", home, 1);
    free(home);
    remove_file(path);
    assert_int_equal(rmdir(folder), 0);
}

static void a_request_that_is_cancelled_leaves_the_file(void **state)
{
    (void)state;
    const char *path = write_netrc("machine 127.0.0.1 login ann password secret");
    size_t fds = count_open_fds();
    USE_SESSION(.trust_env = true);
    ahttp_future *request = GET(.headers = NULL);

    ahttp_future_cancel(request);

    assert_int_equal(ahttp_await_status(request), AHTTP_E_CANCELLED);
    assert_open_fds_become(fds);
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 0);
    unsetenv("NETRC");
    remove_file(path);
}

static void log_in_with_little_memory(ahttp_session *session, void *ctx)
{
    assert_ends_for_want_of_memory(ahttp_get(session, ctx));
    assert_ends_for_want_of_memory(ahttp_get(session, ctx, .bearer = "token"));
    ahttp_await_status(ahttp_session_close(session));
}

static void out_of_memory_fails_the_request(void **state)
{
    (void)state;
    char url[256];
    snprintf(url, sizeof url, "%s", server_url(f.server, "/ok"));

    for_each_allocation_with_session(log_in_with_little_memory, url, .auth = "ann:secret",
                                     .trust_env = true);
}

#if !AHTTP_TLS
static void without_hash_functions_a_challenge_of_digest_cannot_be_answered(void **state)
{
    static const server_step steps[] = {
        READ_REQUEST,
        SEND("HTTP/1.1 401 Who\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n"
             "Content-Length: 0\r\n\r\n"),
        SERVE};
    (void)state;
    restart_with(&(server_script){.connections = {steps}});

    assert_fails(GET(.digest_auth = "ann:secret"), AHTTP_E_UNSUPPORTED, "log in by Digest");
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(options_and_urls_say_who_asks),
        WITH_SERVER(an_option_counts_more_than_the_url),
        WITH_SERVER(two_opinions_on_who_asks_are_an_error),
        WITH_SERVER(what_is_said_once_is_not_said_twice_on_another_sending),
        WITH_SERVER(a_session_says_who_all_requests_come_from),
        WITH_SERVER(a_header_of_the_session_gives_way_to_a_requests_credentials),
        WITH_SERVER(credentials_of_a_session_are_for_the_origin_they_were_given_for),
        WITH_SERVER(else_they_are_for_the_base_url),
        WITH_SERVER(else_they_are_for_the_origin_of_the_first_request),
        WITH_SERVER(a_session_of_two_minds_is_a_mistake),
        WITH_SERVER(a_session_with_credentials_that_cannot_be_sent_is_not_made),
        WITH_SERVER(on_the_same_origin_credentials_go_along),
        WITH_SERVER(credentials_do_not_follow_a_redirect_elsewhere),
        WITH_SERVER(a_session_is_known_again_when_a_redirect_leads_to_its_origin),
        WITH_SERVER(credentials_in_the_location_are_used_there),
        WITH_SERVER(with_trust_env_the_file_says_who_asks),
        WITH_SERVER(a_default_entry_is_for_all_hosts),
        WITH_SERVER(a_host_or_a_file_that_is_not_there_says_nothing),
        WITH_SERVER(the_home_folder_has_the_file_where_the_environment_names_none),
        WITH_SERVER(a_request_that_is_cancelled_leaves_the_file),
#if !AHTTP_TLS
        WITH_SERVER(without_hash_functions_a_challenge_of_digest_cannot_be_answered),
#endif
        WITH_SERVER(out_of_memory_fails_the_request),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
