/* SPDX-License-Identifier: MIT */
/* What is told of requests, and what is not. */
#include "one_server.h"
#include "support/told.h"

static void begin(const server_script *script, ahttp_log_level level)
{
    told[0] = '\0';
    f = start(script, false);
    ahttp_loop_set_log(f.loop, level, note_line, NULL);
}

static void assert_told(const char *format, const char *url)
{
    char line[300];

    snprintf(line, sizeof line, format, url);
    if (!strstr(told, line))
        fail_msg("\"%s\" is not in:\n%s", line, told);
}

static void assert_untold(const char *text)
{
    if (strstr(told, text))
        fail_msg("\"%s\" is in:\n%s", text, told);
}

static void a_request_has_a_beginning_and_an_end(void **state)
{
    (void)state;
    begin(NULL, AHTTP_LOG_INFO);
    const char *url = server_url(f.server, "/ok");

    assert_text(ahttp_get(f.session, url), "ok");

    assert_told("info|request|#1 GET %s\n", url);
    assert_told("info|request|#1 GET %s: 200 OK\n", url);
    assert_told("info|request|#1 GET %s: complete, ", url);
    assert_untold("debug|");
}

static void a_failure_is_a_warning_and_a_cancel_is_none(void **state)
{
    (void)state;
    begin(NULL, AHTTP_LOG_INFO);
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", server_refused_port());

    assert_fails(ahttp_get(f.session, url), AHTTP_E_CONNECT, "");
    assert_told("warning|request|#1 GET %s: connect to 127.0.0.1:", url);
    ahttp_future *request = ahttp_get(f.session, server_url(f.server, "/gate/1"));
    ahttp_future_cancel(request);
    assert_fails(request, AHTTP_E_CANCELLED, "");
    assert_told("info|request|#2 GET %s: cancelled\n", server_url(f.server, "/gate/1"));
    assert_fails(ahttp_get(f.session, "nonsense"), AHTTP_E_URL, "");
    assert_told("warning|request|#%s invalid URL", "0");
}

static void redirects_and_connections_are_told_of(void **state)
{
    (void)state;
    begin(NULL, AHTTP_LOG_DEBUG);

    ahttp_response *response =
        response_of(ahttp_get(f.session, server_url(f.server, "/redirect/302/ok")));
    ahttp_response_unref(response);

    assert_told("info|request|#1 GET %s: 302", server_url(f.server, "/redirect/302/ok"));
    assert_told("info|request|#1 GET %s: the next hop", server_url(f.server, "/ok"));
    assert_told("debug|connection|%s: connecting\n", server_url(f.server, "") + 7);
    assert_told("debug|connection|%s: is open\n", server_url(f.server, "") + 7);
    assert_told("debug|request|#1 GET %s: goes out on 127.0.0.1:", server_url(f.server, "/ok"));
}

static const server_step with_secrets[] = {
    READ_REQUEST,
    SEND("HTTP/1.1 200 OK\r\nSet-Cookie: a=SECRET5\r\nLocation: http://me:SECRET6@h/\r\n"
         "X-Plain: shown\r\nContent-Length: 0\r\n\r\n"),
    HOLD};

static void heads_are_shown_without_secrets(void **state)
{
    (void)state;
    begin(&(server_script){.connections = {with_secrets}}, AHTTP_LOG_TRACE);
    char url[128], proxy[128];

    snprintf(url, sizeof url, "http://me:SECRET1@127.0.0.1:%u/", server_port(f.server));
    snprintf(proxy, sizeof proxy, "http://me:SECRET2@127.0.0.1:%u", server_port(f.server));
    ahttp_response *response = response_of(ahttp_get(
        f.session, url, .proxy.url = proxy,
        .headers = AHTTP_PAIRS({"Cookie", "b=SECRET3"}, {"X-Api-Key", "SECRET4"}, {"X", "y"})));
    ahttp_response_unref(response);
    assert_fails(ahttp_get(f.session, "http://h/", .proxy.url = "ftp://me:SECRET7@h"),
                 AHTTP_E_ARGUMENT, "");

    assert_told("trace|request|#1 > X: %s\n", "y");
    assert_told("trace|request|#1 > Authorization: (%s bytes)\n", "22");
    assert_told("trace|request|#1 > Proxy-Authorization: (%s bytes)\n", "22");
    assert_told("trace|request|#1 < X-Plain: %s\n", "shown");
    assert_told("trace|request|#1 < Location: http://...@%s/\n", "h");
    assert_untold("SECRET");
    assert_untold("U0VDUkVU"); /* the same in base64 */
    assert_untold("OlNFQ1JFV");
    assert_untold("pTRUNSRV");
}

static ahttp_log_level most = AHTTP_LOG_OFF;

/* Only whether a line has one of the secrets, since there are many lines. */
static void look(ahttp_log_level level, const char *topic, const char *text, void *ctx)
{
    int *lines = ctx;

    (void)topic;
    ++*lines;
    most = level > most ? level : most;
    if (strstr(text, "SECRET") || strstr(text, "U0VDUkVU") || strstr(text, "OlNFQ1JFV") ||
        strstr(text, "pTRUNSRV"))
        fail_msg("a secret is in: %s", text);
}

static void no_line_of_a_busy_session_has_a_secret(void **state)
{
    static const char *const paths[] = {"/ok", "/redirect/302/ok", "/drop", "/bytes/5000"};
    static int lines; /* the session ends after the test */
    char url[160], proxy[128], dead[128];
    (void)state;
    begin(NULL, AHTTP_LOG_OFF);
    ahttp_loop_set_log(f.loop, AHTTP_LOG_TRACE, look, &lines);
    snprintf(proxy, sizeof proxy, "http://me:SECRET@127.0.0.1:%u", server_port(f.server));
    snprintf(dead, sizeof dead, "http://me:SECRET@127.0.0.1:%u", server_refused_port());
    const char *const ways[] = {NULL, proxy, dead};

    for (size_t i = 0; i < COUNT_OF(paths) * COUNT_OF(ways) * 5; i++) {
        snprintf(url, sizeof url, "http://me:SECRET@127.0.0.1:%u%s", server_port(f.server),
                 paths[i % COUNT_OF(paths)]);
        ahttp_response *response = ahttp_await(
            ahttp_get(f.session, url, .proxy.url = ways[i % COUNT_OF(ways)],
                      .headers = AHTTP_PAIRS({"Cookie", "a=SECRET"}, {"X-Auth-Token", "SECRET"}),
                      .cookies = AHTTP_PAIRS({"b", "SECRET"})));
        if (response)
            ahttp_await(ahttp_response_read(response));
        ahttp_response_unref(response);
    }

    assert_true(lines > 500);
    assert_int_equal(most, AHTTP_LOG_TRACE);
}

#define HERE(test) cmocka_unit_test_teardown(test, end_one)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERE(a_request_has_a_beginning_and_an_end),
        HERE(a_failure_is_a_warning_and_a_cancel_is_none),
        HERE(redirects_and_connections_are_told_of),
        HERE(heads_are_shown_without_secrets),
        HERE(no_line_of_a_busy_session_has_a_secret),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
