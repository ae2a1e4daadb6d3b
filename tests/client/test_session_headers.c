/* SPDX-License-Identifier: MIT */
/* Which headers go out: the session's, the request's, and those that nobody gave. */
#include "one_server.h"

static void use(ahttp_session *session)
{
    assert_non_null(session);
    ahttp_session_unref(f.session);
    f.session = session;
}

/* The newest request has these fields behind Host, in this order, and no others. */
static void assert_fields(ahttp_future *request, const char *expected)
{
    free(text_of(request));
    const char *head =
        server_request_at(f.server, (size_t)server_count(f.server, SERVER_REQUESTS) - 1).head;
    const char *fields = strstr(strstr(head, "Host: "), "\r\n") + 2;
    char joined[1024] = "";

    for (const char *line = fields; strncmp(line, "\r\n", 2) != 0;
         line = strstr(line, "\r\n") + 2) {
        size_t len = strcspn(line, "\r");
        snprintf(joined + strlen(joined), sizeof joined - strlen(joined), "%s%.*s",
                 *joined ? "|" : "", (int)len, line);
    }
    assert_string_equal(joined, expected);
}

static const char *ok(void)
{
    return server_url(f.server, "/ok");
}

/* ---- Defaults ---- */

#define NO_AUTOMATIC                                                                               \
    {"Accept", NULL}, {"Accept-Encoding", NULL},                                                   \
    {                                                                                              \
        "User-Agent", NULL                                                                         \
    }

static void the_automatic_ones_can_be_given_or_left_out(void **state)
{
    (void)state;
    assert_fields(ahttp_get(f.session, ok(),
                            .headers = AHTTP_PAIRS({"accept", "text/html"},
                                                   {"Accept-Encoding", NULL}, {"User-Agent", "x"})),
                  "accept: text/html|User-Agent: x");
    assert_fields(ahttp_get(f.session, ok(), .headers = AHTTP_PAIRS(NO_AUTOMATIC)), "");
}

static void what_a_session_leaves_out_stays_out_unless_a_request_gives_it(void **state)
{
    (void)state;
    use(ahttp_session_new(.loop = f.loop,
                          .headers = AHTTP_PAIRS(NO_AUTOMATIC, {"Content-Type", NULL})));
    assert_fields(ahttp_get(f.session, ok()), "");
    assert_fields(ahttp_post(f.session, ok(), .json = "{}"), "Content-Length: 2");
    assert_fields(ahttp_post(f.session, ok(), .body = ahttp_body_bytes((ahttp_bytes){"abc", 3})),
                  "Content-Length: 3");
    assert_fields(ahttp_post(f.session, ok(), .json = "{}",
                             .headers = AHTTP_PAIRS({"Content-Type", "a/b"}, {"Accept", "c/d"})),
                  "Content-Type: a/b|Accept: c/d|Content-Length: 2");
}

static void a_request_leaves_its_content_type_out(void **state)
{
    (void)state;
    use(ahttp_session_new(.loop = f.loop, .headers = AHTTP_PAIRS(NO_AUTOMATIC)));
    assert_fields(ahttp_post(f.session, ok(), .text = "x"),
                  "Content-Type: text/plain; charset=utf-8|Content-Length: 1");
    assert_fields(
        ahttp_post(f.session, ok(), .text = "x", .headers = AHTTP_PAIRS({"content-type", NULL})),
        "Content-Length: 1");
}

static void a_content_type_of_the_session_is_for_all_bodies(void **state)
{
    (void)state;
    use(ahttp_session_new(.loop = f.loop,
                          .headers = AHTTP_PAIRS(NO_AUTOMATIC, {"Content-Type", "app/x"})));
    assert_fields(ahttp_post(f.session, ok(), .json = "{}"),
                  "Content-Type: app/x|Content-Length: 2");
}

/* ---- The session's and the request's ---- */

static void a_name_of_the_request_replaces_all_of_the_session_and_repeats_are_sent(void **state)
{
    (void)state;
    use(ahttp_session_new(.loop = f.loop,
                          .headers = AHTTP_PAIRS(NO_AUTOMATIC, {"X-A", "1"}, {"X-B", "2"},
                                                 {"x-a", "3"}, {"X-Empty", ""})));
    assert_fields(ahttp_get(f.session, ok()), "X-A: 1|X-B: 2|x-a: 3|X-Empty: ");
    assert_fields(ahttp_get(f.session, ok(),
                            .headers = AHTTP_PAIRS({"X-a", "4"}, {"X-C", "5"}, {"X-A", "6"},
                                                   {"X-Empty", NULL})),
                  "X-B: 2|X-a: 4|X-C: 5|X-A: 6");
    assert_fields(ahttp_get(f.session, ok()), "X-A: 1|X-B: 2|x-a: 3|X-Empty: ");
}

static void values_may_be_empty_both_ways(void **state)
{
    static const server_step empty[] = {
        READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nX-Empty:\r\nContent-Length: 0\r\n\r\n"), AGAIN};

    (void)state;
    restart_with(&(server_script){.others = empty});
    ahttp_response *response =
        response_of(ahttp_get(f.session, ok(), .headers = AHTTP_PAIRS({"X-None", ""})));

    assert_true(server_request_has_line(server_request_at(f.server, 0), "X-None: "));
    assert_string_equal(ahttp_response_header(response, "x-empty"), "");
    ahttp_response_unref(response);
}

static void host_is_first_and_says_what_the_url_says(void **state)
{
    static const struct {
        const char *host, *line;
    } cases[] = {
        {"EXAMPLE.com", "Host: example.com"},       {"example.com:81", "Host: example.com:81"},
        {"[2001:DB8::0:1]", "Host: [2001:db8::1]"}, {"[2001:db8::1]:81", "Host: [2001:db8::1]:81"},
        {"example.com.", "Host: example.com"},      {"example.com.:81", "Host: example.com:81"},
    };
    char to[32], url[128];

    (void)state;
    snprintf(to, sizeof to, "127.0.0.1:%u", (unsigned)server_port(f.server));
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        snprintf(url, sizeof url, "http://%s/ok", cases[i].host);
        free(text_of(ahttp_get(f.session, url, .proxy = {.url = to})));
        server_request request = server_request_at(f.server, i);
        if (!server_request_has_line(request, cases[i].line))
            fail_msg("no %s in\n%s", cases[i].line, request.head);
        assert_ptr_equal(strstr(request.head, "\r\n") + 2, strstr(request.head, "Host: "));
    }
    use(ahttp_session_new(.loop = f.loop, .proxy = {.url = to}));
    for (size_t i = 0; i < COUNT_OF(cases); i++) { /* of requests that say nothing else */
        snprintf(url, sizeof url, "http://%s/ok", cases[i].host);
        free(text_of(ahttp_get(f.session, url)));
        server_request request = server_request_at(f.server, COUNT_OF(cases) + i);
        if (!server_request_has_line(request, cases[i].line))
            fail_msg("no %s in\n%s", cases[i].line, request.head);
    }
}

static void what_cannot_be_sent_is_refused(void **state)
{
    static const ahttp_pair headers[] = {
        {"X-A", "a\r\nX-Evil: b"},
        {"X-A", "a\nb"},
        {"X-A", "a\rb"},
        {"X A", "b"},
        {"X-A:", "b"},
        {"", "b"},
        {"X\r\nA", "b"},
        {"X-A", "a\x01"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(headers); i++) {
        const ahttp_pair list[] = {headers[i], {NULL, NULL}};
        assert_fails(ahttp_get(f.session, ok(), .headers = list), AHTTP_E_ARGUMENT, "header \"");
        assert_null(ahttp_session_new(.loop = f.loop, .headers = list));
    }
    assert_fails(ahttp_request(f.session, "GE T", ok()), AHTTP_E_ARGUMENT, "request method");
    assert_fails(ahttp_request(f.session, "GET\r\n", ok()), AHTTP_E_ARGUMENT, "request method");
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(the_automatic_ones_can_be_given_or_left_out),
        WITH_SERVER(what_a_session_leaves_out_stays_out_unless_a_request_gives_it),
        WITH_SERVER(a_request_leaves_its_content_type_out),
        WITH_SERVER(a_content_type_of_the_session_is_for_all_bodies),
        WITH_SERVER(a_name_of_the_request_replaces_all_of_the_session_and_repeats_are_sent),
        WITH_SERVER(values_may_be_empty_both_ways),
        WITH_SERVER(host_is_first_and_says_what_the_url_says),
        WITH_SERVER(what_cannot_be_sent_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
