/* SPDX-License-Identifier: MIT */
/* Cookies of sessions, requests and responses. */
#include "fixture.h"

#include "support/failing_alloc.h"

/* Of the server's answers:
     /set/TEXT    Set-Cookie: TEXT, in which "_" stands for a blank
     /to/HOST     302 to http://HOST:its port/landed, with Set-Cookie: hop=1; Path=/
     /again       302 to /landed, likewise */
static void answer(server_connection *connection, const server_request *request, void *ctx)
{
    char fields[512];
    const char *path = request->target;

    (void)ctx;
    if (strncmp(path, "/set/", 5) == 0)
        snprintf(fields, sizeof fields, "Set-Cookie: %s\r\n", path + 5);
    else if (strncmp(path, "/to/", 4) == 0)
        snprintf(fields, sizeof fields,
                 "Set-Cookie: hop=1; Path=/\r\nLocation: http://%s/landed\r\n", path + 4);
    else if (strcmp(path, "/again") == 0)
        snprintf(fields, sizeof fields, "Set-Cookie: hop=1; Path=/\r\nLocation: /landed\r\n");
    else
        fields[0] = '\0';
    for (char *c = fields; *c; c++)
        if (*c == '_')
            *c = ' ';
    bool leads_on = strncmp(path, "/to/", 4) == 0 || strcmp(path, "/again") == 0;
    server_reply(connection, request, leads_on ? 302 : 200, fields, "ok");
}

static fixture f;
static ahttp_connector *connector;
static const server_script answering = {.handler = answer};

static ahttp_session *new_session(ahttp_cookie_jar *jar)
{
    return ahttp_session_new(.loop = f.loop, .connector = connector, .cookie_jar = jar);
}

static void begin_with(const server_script *script)
{
    f = (fixture){.server = server_start(script), .loop = ahttp_loop_new(.virtual_clock = true)};
    connector = ahttp_connector_new(.loop = f.loop, .hosts = AHTTP_HOSTS({"*", 0, "127.0.0.1"}));
    f.session = new_session(NULL);
    assert_non_null(f.session);
}

static int begin(void **state)
{
    (void)state;
    begin_with(&answering);
    return 0;
}

static int end(void **state)
{
    (void)state;
    assert_int_equal(ahttp_await_status(ahttp_connector_close(connector)), 0);
    ahttp_connector_unref(connector);
    finish(&f);
    return 0;
}

/* "www.example.com/path" with scheme and port. */
static const char *url(const char *host_and_path)
{
    static char text[4][512];
    static unsigned turn;
    int host_len = (int)strcspn(host_and_path, "/");

    turn = (turn + 1) % 4;
    snprintf(text[turn], sizeof *text, "http://%.*s:%u%s", host_len, host_and_path,
             (unsigned)server_port(f.server), host_and_path + host_len);
    return text[turn];
}

static void get(const char *host_and_path)
{
    free(text_of(ahttp_get(f.session, url(host_and_path))));
}

/* The newest request had one Cookie field of that value, or none for NULL. */
static void assert_sent(const char *expected)
{
    server_request request =
        server_request_at(f.server, (size_t)server_count(f.server, SERVER_REQUESTS) - 1);
    char line[512];

    if (expected) {
        snprintf(line, sizeof line, "Cookie: %s", expected);
        if (!server_request_has_line(request, line))
            fail_msg("no \"%s\" in\n%s", line, request.head);
        const char *first = strstr(request.head, "Cookie:");
        assert_null(strstr(first + 1, "Cookie:"));
    } else if (server_request_has_field(request, "Cookie")) {
        fail_msg("there is one in\n%s", request.head);
    }
}

/* ---- The jar ---- */

static void what_a_response_sets_the_next_request_sends(void **state)
{
    (void)state;
    get("www.example.com/set/a=1;_Path=/");
    assert_sent(NULL);
    get("www.example.com/x");
    assert_sent("a=1");
    get("example.com/x");
    assert_sent(NULL);
    get("www.example.com/set/a=;_Path=/;_Max-Age=0");
    get("www.example.com/x");
    assert_sent(NULL);
}

static void two_cookies_of_one_name_are_one_field_longest_path_first(void **state)
{
    (void)state;
    get("www.example.com/set/a=root;_Path=/");
    get("www.example.com/set/a=deep;_Path=/x/y");
    get("www.example.com/set/a=domain;_Path=/x;_Domain=example.com");
    get("www.example.com/x/y");

    assert_sent("a=deep; a=domain; a=root");
}

static void secure_cookies_are_neither_taken_from_http_nor_sent_to_it(void **state)
{
    (void)state;
    get("www.example.com/set/a=1;_Path=/;_Secure");
    assert_int_equal(ahttp_cookie_jar_count(ahttp_session_cookie_jar(f.session)), 0);
    assert_int_equal(ahttp_cookie_jar_set_text(ahttp_session_cookie_jar(f.session),
                                               "https://www.example.com/", "a=1; Secure", NULL),
                     0);
    get("www.example.com/");

    assert_sent(NULL);
}

static void addresses_have_cookies_only_if_the_jar_allows_them(void **state)
{
    (void)state;
    get("127.0.0.1/set/a=1;_Path=/");
    get("127.0.0.1/");
    assert_sent(NULL);

    ahttp_cookie_jar *jar = ahttp_cookie_jar_new(.ip_hosts = true);
    ahttp_session_unref(f.session);
    f.session = new_session(jar);
    ahttp_cookie_jar_unref(jar);
    get("127.0.0.1/set/a=1;_Path=/");
    get("127.0.0.1/");
    assert_sent("a=1");
}

static void a_dummy_jar_keeps_nothing(void **state)
{
    (void)state;
    ahttp_session_unref(f.session);
    f.session = new_session(ahttp_cookie_jar_dummy());
    get("www.example.com/set/a=1;_Path=/");
    get("www.example.com/");

    assert_sent(NULL);
    assert_text(ahttp_get(f.session, url("www.example.com/"), .cookies = AHTTP_PAIRS({"b", "2"})),
                "ok");
    assert_sent("b=2");
}

static void sessions_may_share_a_jar(void **state)
{
    (void)state;
    ahttp_session *other = new_session(ahttp_session_cookie_jar(f.session));
    get("www.example.com/set/a=1;_Path=/");
    assert_text(ahttp_get(other, url("www.example.com/")), "ok");

    assert_sent("a=1");
    ahttp_session_unref(other);
}

static void cookies_of_a_session_are_for_the_host_of_their_url(void **state)
{
    (void)state;
    ahttp_session_unref(f.session);
    f.session = ahttp_session_new(.connector = connector, .cookies_url = url("www.example.com/a/b"),
                                  .cookies = AHTTP_PAIRS({"a", "1"}, {"b", "two words"}));
    get("www.example.com/");
    assert_sent("a=1; b=\"two words\"");
    get("sub.www.example.com/");
    assert_sent(NULL);
    get("other.test/");
    assert_sent(NULL);
    ahttp_session_unref(f.session);
    f.session = ahttp_session_new(.connector = connector, .base_url = url("other.test/"),
                                  .cookies = AHTTP_PAIRS({"a", "1"}));
    get("other.test/x");
    assert_sent("a=1");
    get("www.example.com/");
    assert_sent(NULL);
    assert_null(ahttp_session_new(.connector = connector, .cookies = AHTTP_PAIRS({"a", "1"})));
    assert_null(ahttp_session_new(.connector = connector, .cookies_url = "https://example.com/",
                                  .cookies = AHTTP_PAIRS({"a b", "1"})));
}

static void cookies_expire_on_the_loops_clock(void **state)
{
    (void)state;
    get("www.example.com/set/a=1;_Path=/;_Max-Age=60");
    ahttp_loop_advance(f.loop, 59000);
    get("www.example.com/");
    assert_sent("a=1");
    ahttp_loop_advance(f.loop, 2000);
    get("www.example.com/");
    assert_sent(NULL);
}

static void what_does_not_fit_into_the_field_is_left_out(void **state)
{
    char value[4001];
    ahttp_cookie_jar *jar = ahttp_session_cookie_jar(f.session);
    static const char *const names[] = {"a", "b", "c", "d"};

    (void)state;
    memset(value, 'x', 4000);
    value[4000] = '\0';
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_int_equal(
            ahttp_cookie_jar_set(jar, url("www.example.com/"),
                                 AHTTP_COOKIE(.name = names[i], .value = i < 3 ? value : "small"),
                                 NULL),
            0);
    get("www.example.com/");

    const char *head =
        server_request_at(f.server, (size_t)server_count(f.server, SERVER_REQUESTS) - 1).head;
    assert_non_null(strstr(head, "Cookie: a=xxx"));
    assert_non_null(strstr(head, "; b=xxx"));
    assert_null(strstr(head, "c=xxx"));
    assert_non_null(strstr(head, "; d=small\r\n"));
}

/* ---- The request's ---- */

static void cookies_of_a_request_are_sent_once_and_count_more(void **state)
{
    (void)state;
    get("www.example.com/set/a=jar;_Path=/");
    get("www.example.com/set/b=jar;_Path=/");
    assert_text(ahttp_get(f.session, url("www.example.com/"),
                          .cookies = AHTTP_PAIRS({"c", "own"}, {"a", "own;"})),
                "ok");
    assert_sent("c=own; a=\"own\\073\"; b=jar");
    get("www.example.com/");

    assert_sent("a=jar; b=jar");
}

static void header_request_and_jar_become_one_field(void **state)
{
    (void)state;
    get("www.example.com/set/a=jar;_Path=/");
    get("www.example.com/set/b=jar;_Path=/");
    assert_text(ahttp_get(f.session, url("www.example.com/"),
                          .headers = AHTTP_PAIRS({"cookie", "b=header; c=header"}, {"X-Other", "y"},
                                                 {"Cookie", "d = header;;"}),
                          .cookies = AHTTP_PAIRS({"c", "own"})),
                "ok");

    assert_sent("c=own; b=header; d = header; a=jar");
}

static void a_header_alone_is_sent_as_it_is(void **state)
{
    (void)state;
    assert_text(
        ahttp_get(f.session, url("www.example.com/"), .headers = AHTTP_PAIRS({"Cookie", "a=1;b"})),
        "ok");

    assert_sent("a=1;b");
}

static void a_header_of_the_session_joins_as_well(void **state)
{
    (void)state;
    ahttp_session_unref(f.session);
    f.session = ahttp_session_new(.connector = connector,
                                  .headers = AHTTP_PAIRS({"Cookie", "s=1; a=session"}));
    get("www.example.com/set/a=jar;_Path=/");
    assert_sent("s=1; a=session");
    get("www.example.com/set/b=jar;_Path=/");
    get("www.example.com/");
    assert_sent("s=1; a=session; b=jar");
    assert_text(
        ahttp_get(f.session, url("www.example.com/"), .headers = AHTTP_PAIRS({"Cookie", NULL})),
        "ok");
    assert_sent("a=jar; b=jar");
}

static void cookies_that_cannot_be_sent_fail_the_request(void **state)
{
    (void)state;
    assert_fails(
        ahttp_get(f.session, url("www.example.com/"), .cookies = AHTTP_PAIRS({"a b", "secret"})),
        AHTTP_E_ARGUMENT, "cookie \"a b\": its name is not a token");
    assert_fails(ahttp_get(f.session, url("www.example.com/"), .fields_text = "Host: x\r\n",
                           .cookies = AHTTP_PAIRS({"a", "1"})),
                 AHTTP_E_ARGUMENT, "cookies are given as well");
}

static void fields_of_the_programs_get_no_cookies(void **state)
{
    (void)state;
    get("www.example.com/set/a=1;_Path=/");
    assert_text(ahttp_get(f.session, url("www.example.com/"), .fields_text = "Host: x\r\n"), "ok");

    assert_sent(NULL);
}

/* ---- Redirects and sending again ---- */

static void a_redirect_may_set_cookies_for_the_next_hop(void **state)
{
    (void)state;
    get("www.example.com/again");
    assert_sent("hop=1");
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 2);
}

static void cookies_of_the_request_stay_with_its_origin(void **state)
{
    char path[128];

    (void)state;
    assert_text(ahttp_get(f.session, url("www.example.com/again"),
                          .cookies = AHTTP_PAIRS({"own", "1"}),
                          .headers = AHTTP_PAIRS({"Cookie", "header=1"})),
                "ok");
    assert_sent("own=1; header=1; hop=1");

    snprintf(path, sizeof path, "www.example.com/to/other.test:%u",
             (unsigned)server_port(f.server));
    assert_text(ahttp_get(f.session, url(path), .cookies = AHTTP_PAIRS({"own", "1"}),
                          .headers = AHTTP_PAIRS({"Cookie", "header=1"})),
                "ok");
    assert_sent(NULL);
}

static void cookies_of_the_jar_go_where_they_belong(void **state)
{
    char path[128];

    (void)state;
    get("other.test/set/other=1;_Path=/");
    snprintf(path, sizeof path, "www.example.com/to/other.test:%u",
             (unsigned)server_port(f.server));
    get(path);

    assert_sent("other=1");
}

static void connect_neither_sends_nor_takes_cookies(void **state)
{
    static const server_step tunnel[] = {
        READ_HEAD, SEND("HTTP/1.1 200 OK\r\nSet-Cookie: evil=1; Path=/\r\n\r\n"), ECHO};

    (void)state;
    end(NULL);
    begin_with(&(server_script){.others = tunnel});
    assert_int_equal(ahttp_cookie_jar_set_text(ahttp_session_cookie_jar(f.session),
                                               url("www.example.com/"), "a=1; Path=/", NULL),
                     0);
    ahttp_response *response = response_of(
        ahttp_request(f.session, "CONNECT", url("www.example.com/"), .target = "origin.test:443"));
    ahttp_response_unref(response);

    assert_false(server_request_has_field(server_request_at(f.server, 0), "Cookie"));
    assert_int_equal(ahttp_cookie_jar_count(ahttp_session_cookie_jar(f.session)), 1);
}

static void sending_again_has_one_field_too(void **state)
{
    static const server_step drops_second[] = {
        READ_REQUEST,
        SEND("HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/\r\nContent-Length: 2\r\n\r\nok"),
        READ_REQUEST, CLOSE};

    (void)state;
    end(NULL);
    begin_with(&(server_script){.connections = {drops_second}, .handler = answer});
    get("www.example.com/");
    assert_text(ahttp_get(f.session, url("www.example.com/"), .cookies = AHTTP_PAIRS({"b", "2"}),
                          .headers = AHTTP_PAIRS({"Cookie", "c=3"})),
                "ok");

    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 3);
    assert_sent("b=2; c=3; a=1");
}

/* ---- The response's ---- */

static void a_response_tells_its_own_cookies(void **state)
{
    static const server_step sets[] = {
        READ_REQUEST,
        SEND("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nSet-Cookie: a=1; Path=/x; HttpOnly\r\n"
             "set-cookie: nonsense\r\nSet-Cookie: b=\"two words\"; Domain=.Example.com; "
             "Secure; SameSite=Lax; Max-Age=60\r\nSet-Cookie: a=2\r\n\r\n"),
        AGAIN};
    size_t count;

    (void)state;
    end(NULL);
    begin_with(&(server_script){.others = sets});
    ahttp_response *response = response_of(ahttp_get(f.session, url("www.example.com/")));
    const ahttp_cookie *cookies = ahttp_response_cookies(response, &count);

    assert_int_equal(count, 3);
    assert_string_equal(cookies[0].name, "a");
    assert_string_equal(cookies[0].path, "/x");
    assert_null(cookies[0].domain);
    assert_true(cookies[0].http_only && cookies[0].host_only && !cookies[0].secure);
    assert_int_equal(cookies[0].expires, 0);
    assert_string_equal(cookies[1].value, "\"two words\"");
    assert_string_equal(cookies[1].domain, "Example.com");
    assert_null(cookies[1].path);
    assert_true(cookies[1].secure && !cookies[1].host_only);
    assert_int_equal(cookies[1].same_site, AHTTP_SAME_SITE_LAX);
    assert_true(cookies[1].expires > 0);
    assert_string_equal(ahttp_response_cookie(response, "a"), "2");
    assert_null(ahttp_response_cookie(response, "A"));
    assert_ptr_equal(ahttp_response_cookies(response, &count), cookies);
    ahttp_response_unref(response);
}

static void a_response_without_cookies_has_none(void **state)
{
    size_t count = 7;

    (void)state;
    ahttp_response *response = response_of(ahttp_get(f.session, url("www.example.com/")));
    ahttp_response_cookies(response, &count);

    assert_int_equal(count, 0);
    assert_null(ahttp_response_cookie(response, "a"));
    ahttp_response_unref(response);
}

/* ---- Memory ---- */

static void gets_with_cookies_allocate_nothing(void **state)
{
    (void)state;
    end(NULL);
    counting_alloc_install();
    begin_with(&answering);
    get("www.example.com/set/a=1;_Path=/");
    get("www.example.com/set/b=2;_Path=/;_Domain=example.com");
    size_t allocations = 0;
    for (int i = 0; i < 200; i++) {
        if (i == 100)
            allocations = counting_alloc_counts().allocations;
        get("www.example.com/x");
        get("elsewhere.test/x");
    }
    allocations = counting_alloc_counts().allocations - allocations;
    end(NULL);
    counting_alloc_remove();
    begin_with(&answering);

    assert_int_equal(allocations, 0);
}

static void exchange_in_scarcity(void *ctx)
{
    ahttp_loop *loop = ahttp_loop_new();
    ahttp_connector *own =
        loop ? ahttp_connector_new(.loop = loop, .hosts = AHTTP_HOSTS({"*", 0, "127.0.0.1"}))
             : NULL;
    ahttp_session *session =
        own ? ahttp_session_new(.connector = own, .cookies_url = url("www.example.com/"),
                                .cookies = AHTTP_PAIRS({"s", "1 2"}))
            : NULL;

    (void)ctx;
    if (session) {
        ahttp_response *response = ahttp_await(
            ahttp_get(session, url("www.example.com/again"), .cookies = AHTTP_PAIRS({"a", "1"}),
                      .headers = AHTTP_PAIRS({"Cookie", "b=2"})));
        size_t count;
        if (response)
            ahttp_response_cookies(ahttp_response_history(response, 0), &count);
        ahttp_response_unref(response);
    }
    ahttp_session_unref(session);
    ahttp_connector_unref(own);
    if (loop)
        assert_int_equal(ahttp_loop_close(loop), 0);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    for_each_allocation(exchange_in_scarcity, NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_a_response_sets_the_next_request_sends),
        TEST(two_cookies_of_one_name_are_one_field_longest_path_first),
        TEST(secure_cookies_are_neither_taken_from_http_nor_sent_to_it),
        TEST(addresses_have_cookies_only_if_the_jar_allows_them),
        TEST(a_dummy_jar_keeps_nothing),
        TEST(sessions_may_share_a_jar),
        TEST(cookies_of_a_session_are_for_the_host_of_their_url),
        TEST(cookies_expire_on_the_loops_clock),
        TEST(what_does_not_fit_into_the_field_is_left_out),
        TEST(cookies_of_a_request_are_sent_once_and_count_more),
        TEST(header_request_and_jar_become_one_field),
        TEST(a_header_alone_is_sent_as_it_is),
        TEST(a_header_of_the_session_joins_as_well),
        TEST(cookies_that_cannot_be_sent_fail_the_request),
        TEST(fields_of_the_programs_get_no_cookies),
        TEST(a_redirect_may_set_cookies_for_the_next_hop),
        TEST(cookies_of_the_request_stay_with_its_origin),
        TEST(cookies_of_the_jar_go_where_they_belong),
        TEST(connect_neither_sends_nor_takes_cookies),
        TEST(sending_again_has_one_field_too),
        TEST(a_response_tells_its_own_cookies),
        TEST(a_response_without_cookies_has_none),
        TEST(gets_with_cookies_allocate_nothing),
        TEST(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
