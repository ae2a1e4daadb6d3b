/* SPDX-License-Identifier: MIT */
/* Requests through an http proxy, byte for byte. */
#include "proxying.h"

#include <unistd.h>

static const server_step tunnels[] = {READ_HEAD, SEND(TUNNEL_IS_OPEN), SERVE};
static const server_step forwards[] = {SERVE};

/* ---- Requests that the proxy forwards ---- */

static void http_goes_to_the_proxy_with_the_whole_url(void **state)
{
    (void)state;
    begin_scripted(NULL, NULL);

    assert_text(ahttp_get(f.session, "http://Host.test:8080/bytes/3?a=%2f b&c#d"), "abc");

    assert_line(0, "GET http://host.test:8080/bytes/3?a=%2f%20b&c HTTP/1.1");
    assert_line(0, "Host: host.test:8080");
    assert_no_field(0, "Proxy-Authorization");
    assert_no_field(0, "Proxy-Connection");
}

static void international_names_go_in_their_ascii_form(void **state)
{
    (void)state;
    begin_scripted(NULL, NULL);

    assert_text(ahttp_get(f.session, "http://xn--bcher-kva.test/ok"), "ok");

    assert_line(0, "GET http://xn--bcher-kva.test/ok HTTP/1.1");
}

static void an_ipv6_host_keeps_its_brackets(void **state)
{
    (void)state;
    begin_scripted(NULL, NULL);

    assert_text(ahttp_get(f.session, "http://[2001:db8::1]:81/ok"), "ok");

    assert_line(0, "GET http://[2001:db8::1]:81/ok HTTP/1.1");
    assert_line(0, "Host: [2001:db8::1]:81");
}

static void credentials_of_the_url_are_the_host_s_and_not_in_the_target(void **state)
{
    (void)state;
    begin_scripted(NULL, NULL);

    assert_text(ahttp_get(f.session, "http://me:pw@host.test/ok"), "ok");

    assert_line(0, "GET http://host.test/ok HTTP/1.1");
    assert_line(0, "Authorization: Basic bWU6cHc=");
    assert_no_field(0, "Proxy-Authorization");
}

static void options_of_the_whole_server_have_a_url_without_path(void **state)
{
    (void)state;
    begin_scripted(NULL, NULL);

    ahttp_response_unref(
        response_of(ahttp_options(f.session, "http://host.test:81", .target = "*")));

    assert_line(0, "OPTIONS http://host.test:81 HTTP/1.1");
}

static void a_target_of_the_program_s_own_is_completed_where_it_is_a_path(void **state)
{
    (void)state;
    begin_scripted(NULL, NULL);

    assert_text(ahttp_get(f.session, "http://host.test", .target = "/bytes/1"), "a");
    assert_text(ahttp_get(f.session, "http://host.test", .target = "http://b.test/ok"), "ok");

    assert_line(0, "GET http://host.test/bytes/1 HTTP/1.1");
    assert_line(1, "GET http://b.test/ok HTTP/1.1");
}

static void all_hosts_of_http_share_the_connections_to_the_proxy(void **state)
{
    (void)state;
    begin_scripted(forwards, NULL);

    assert_text(ahttp_get(f.session, "http://a.test/ok"), "ok");
    assert_text(ahttp_get(f.session, "http://b.test:81/ok"), "ok");

    assert_int_equal(connections_opened(), 1);
}

static void bodies_go_both_ways(void **state)
{
    (void)state;
    begin_scripted(NULL, NULL);

    assert_text(ahttp_post(f.session, "http://a.test/ok", .text = "some text"), "ok");

    assert_string_equal(request_at(0).body, "some text");
}

/* ---- Tunnels ---- */

static void a_tunnel_is_asked_for_with_host_and_nothing_of_the_request(void **state)
{
    (void)state;
    begin_scripted(tunnels, NULL);

    assert_text(ahttp_get(f.session, "http://me:pw@Host.test/ok",
                          .proxy = {.url = proxy_url, .tunnel = true},
                          .headers = AHTTP_PAIRS({"Cookie", "a=b"}, {"X-Mine", "1"})),
                "ok");

    assert_string_equal(request_at(0).head, "CONNECT host.test:80 HTTP/1.1\r\n"
                                            "Host: host.test:80\r\n"
                                            "User-Agent: libahttp/" AHTTP_VERSION "\r\n\r\n");
    assert_line(1, "GET /ok HTTP/1.1");
    assert_line(1, "Host: host.test");
    assert_line(1, "Cookie: a=b");
}

static void a_tunnel_to_ipv6_has_brackets_and_no_zone(void **state)
{
    (void)state;
    begin_scripted(tunnels, NULL);

    assert_text(ahttp_get(f.session, "http://[fe80::1%25eth0]/ok",
                          .proxy = {.url = proxy_url, .tunnel = true}),
                "ok");

    assert_line(0, "CONNECT [fe80::1]:80 HTTP/1.1");
    assert_line(0, "Host: [fe80::1]:80");
}

static void tunnels_are_kept_per_host(void **state)
{
    (void)state;
    const ahttp_proxy proxy = {.url = proxy_url, .tunnel = true};
    begin_scripted(tunnels, tunnels);

    assert_text(ahttp_get(f.session, "http://a.test/ok", .proxy = proxy), "ok");
    assert_text(ahttp_get(f.session, "http://a.test/ok", .proxy = proxy), "ok");
    assert_int_equal(connections_opened(), 1);
    assert_text(ahttp_get(f.session, "http://b.test/ok", .proxy = proxy), "ok");

    assert_int_equal(connections_opened(), 2);
}

static void headers_for_the_proxy_go_with_connect_only(void **state)
{
    (void)state;
    const ahttp_pair *headers = AHTTP_PAIRS({"X-For", "proxy"}, {"User-Agent", NULL});
    begin_scripted(tunnels, NULL);

    assert_text(ahttp_get(f.session, "http://a.test/ok",
                          .proxy = {.url = proxy_url, .tunnel = true, .headers = headers}),
                "ok");
    assert_text(
        ahttp_get(f.session, "http://a.test/ok", .proxy = {.url = proxy_url, .headers = headers}),
        "ok");

    assert_line(0, "X-For: proxy");
    assert_no_field(0, "User-Agent");
    assert_no_field(1, "X-For");
    assert_no_field(2, "X-For");
    assert_line(2, "User-Agent: libahttp/" AHTTP_VERSION);
}

static void connect_may_be_given_its_lines_as_they_are(void **state)
{
    (void)state;
    begin_scripted(tunnels, NULL);

    assert_text(ahttp_get(f.session, "http://a.test/ok",
                          .proxy = {.url = proxy_url,
                                    .tunnel = true,
                                    .fields_text = "X-For:proxy\r\nX-Empty:\r\n"}),
                "ok");

    assert_string_equal(server_request_at(f.server, 0).head,
                        "CONNECT a.test:80 HTTP/1.1\r\nHost: a.test:80\r\nX-For:proxy\r\n"
                        "X-Empty:\r\n\r\n");
}

static void the_user_agent_of_the_session_is_shown_to_the_proxy(void **state)
{
    (void)state;
    const ahttp_proxy proxy = {.url = proxy_url, .tunnel = true};
    begin_with(&(server_script){.connections = {tunnels}},
               (ahttp_session_options){.user_agent = "mine/1.0"});

    assert_text(ahttp_get(f.session, "http://a.test/ok", .proxy = proxy,
                          .headers = AHTTP_PAIRS({"User-Agent", "request/1.0"})),
                "ok");

    assert_line(0, "User-Agent: mine/1.0");
    assert_line(1, "User-Agent: request/1.0");
}

static void where_the_session_has_none_nor_has_connect(void **state)
{
    (void)state;
    const ahttp_proxy proxy = {.url = proxy_url, .tunnel = true};
    begin_with(&(server_script){.connections = {tunnels}},
               (ahttp_session_options){.headers = AHTTP_PAIRS({"User-Agent", NULL})});

    assert_text(ahttp_get(f.session, "http://a.test/ok", .proxy = proxy), "ok");

    assert_no_field(0, "User-Agent");
}

static const server_step opens_loosely[] = {READ_HEAD, SEND("HTTP/1.1 200 OK\nVia : p\n\n"), SERVE};

static void answers_to_connect_are_read_as_strictly_as_the_proxy_says(void **state)
{
    (void)state;
    begin_with(&(server_script){.connections = {opens_loosely, opens_loosely}},
               (ahttp_session_options){.lenient = true});

    assert_fails(
        ahttp_get(f.session, "http://a.test/ok", .proxy = {.url = proxy_url, .tunnel = true}),
        AHTTP_E_PROXY, "read response head: ");
    assert_text(ahttp_get(f.session, "http://a.test/ok",
                          .proxy = {.url = proxy_url, .tunnel = true, .lenient = true}),
                "ok");
}

static void a_long_head_opens_a_tunnel_where_lenient(void **state)
{
    static const server_step long_head[] = {READ_HEAD, SEND("HTTP/1.1 200 OK\r\nX-Long: "),
                                            SEND_REPEAT("x", 60000), SEND("\r\n\r\n"), SERVE};

    (void)state;
    begin_with(&(server_script){.connections = {long_head, long_head}},
               (ahttp_session_options){.lenient = true});

    assert_fails(
        ahttp_get(f.session, "http://a.test/ok", .proxy = {.url = proxy_url, .tunnel = true}),
        AHTTP_E_PROXY, "longer than the limit");
    assert_text(ahttp_get(f.session, "http://a.test/ok",
                          .proxy = {.url = proxy_url, .tunnel = true, .lenient = true}),
                "ok");
}

static const server_step switches[] = {
    READ_HEAD, SEND(TUNNEL_IS_OPEN), READ_REQUEST,
    SEND("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo/1\r\n\r\n"),
    ECHO};

static void a_change_of_protocols_goes_through_a_tunnel(void **state)
{
    (void)state;
    begin_scripted(switches, NULL);

    ahttp_response *response =
        response_of(ahttp_get(f.session, "http://host.test/", .upgrade = "echo/1"));
    ahttp_duplex *duplex = ahttp_response_take_duplex(response);
    assert_int_equal(ahttp_await_status(ahttp_duplex_write(duplex, (ahttp_bytes){"ping", 4})), 0);
    const ahttp_bytes *piece = ahttp_await(ahttp_duplex_read(duplex));

    assert_int_equal(piece->len, 4);
    assert_line(0, "CONNECT host.test:80 HTTP/1.1");
    assert_line(1, "GET / HTTP/1.1");
    ahttp_duplex_close(duplex);
    ahttp_response_unref(response);
}

/* ---- Which proxy ---- */

static void a_request_may_go_directly(void **state)
{
    (void)state;
    begin_scripted(NULL, NULL);

    assert_text(ahttp_get(f.session, server_url(f.server, "/ok"), .no_proxy = true), "ok");

    assert_line(0, "GET /ok HTTP/1.1");
}

static void hosts_of_no_proxy_for_go_directly(void **state)
{
    (void)state;
    begin_with(NULL, (ahttp_session_options){.no_proxy_for = "127.0.0.0/8"});

    assert_text(ahttp_get(f.session, server_url(f.server, "/ok")), "ok");
    assert_text(ahttp_get(f.session, "http://a.test/ok"), "ok");

    assert_line(0, "GET /ok HTTP/1.1");
    assert_line(1, "GET http://a.test/ok HTTP/1.1");
}

static void a_request_s_own_proxy_comes_first(void **state)
{
    (void)state;
    begin_with(NULL,
               (ahttp_session_options){.proxy.url = "http://127.0.0.1:9", .no_proxy_for = "*"});

    assert_text(ahttp_get(f.session, "http://a.test/ok", .proxy.url = proxy_url), "ok");

    assert_line(0, "GET http://a.test/ok HTTP/1.1");
}

static void proxies_that_differ_in_anything_share_no_connection(void **state)
{
    (void)state;
    begin_scripted(NULL, NULL);

    assert_text(ahttp_get(f.session, "http://a.test/ok"), "ok");
    assert_text(
        ahttp_get(f.session, "http://a.test/ok", .proxy = {.url = proxy_url, .auth = "u:p"}), "ok");
    assert_text(
        ahttp_get(f.session, "http://a.test/ok", .proxy = {.url = proxy_url, .auth = "u:q"}), "ok");
    assert_text(ahttp_get(f.session, "http://a.test/ok",
                          .proxy = {.url = proxy_url, .headers = AHTTP_PAIRS({"A", "b"})}),
                "ok");
    assert_int_equal(connections_opened(), 4);
    assert_text(ahttp_get(f.session, "http://a.test/ok", .proxy.url = proxy_at("http://u:p@")),
                "ok");

    assert_int_equal(connections_opened(), 4);
}

/* ---- By callback ---- */

typedef struct chooser {
    int calls;
    char last[128];
    ahttp_proxy answer;
    bool closes_session;
} chooser;

static const ahttp_proxy *choose(const char *url, void *ctx)
{
    chooser *self = ctx;

    self->calls++;
    snprintf(self->last, sizeof self->last, "%s", url);
    if (self->closes_session)
        ahttp_drop(ahttp_session_close(f.session));
    return self->answer.url ? &self->answer : NULL;
}

static void begin_choosing(chooser *self)
{
    begin_with(NULL, (ahttp_session_options){.proxy_for = choose, .proxy_ctx = self});
}

static void the_program_may_choose_for_each_url(void **state)
{
    (void)state;
    chooser self = {0};
    begin_choosing(&self);

    assert_text(ahttp_get(f.session, server_url(f.server, "/ok")), "ok");
    self.answer.url = proxy_url;
    assert_text(ahttp_get(f.session, "http://u:p@a.test/ok?x#y"), "ok");

    assert_int_equal(self.calls, 2);
    assert_string_equal(self.last, "http://a.test/ok?x");
    assert_line(0, "GET /ok HTTP/1.1");
    assert_line(1, "GET http://a.test/ok?x HTTP/1.1");
}

static const server_step redirects[] = {
    READ_REQUEST,
    SEND("HTTP/1.1 302 Found\r\nLocation: http://b.test/ok\r\nContent-Length: 0\r\n\r\n"), SERVE};

static void it_is_asked_again_for_each_hop(void **state)
{
    (void)state;
    chooser self = {0};
    begin_with(&(server_script){.connections = {redirects}},
               (ahttp_session_options){.proxy_for = choose, .proxy_ctx = &self});
    self.answer.url = proxy_at("http://u:p@");

    assert_text(ahttp_get(f.session, "http://a.test/"), "ok");

    assert_int_equal(self.calls, 2);
    assert_string_equal(self.last, "http://b.test/ok");
    assert_line(1, "GET http://b.test/ok HTTP/1.1");
    assert_line(1, "Proxy-Authorization: Basic dTpw");
}

static void it_may_close_the_session(void **state)
{
    (void)state;
    chooser self = {.closes_session = true, .answer.url = "http://127.0.0.1:9"};
    begin_choosing(&self);

    assert_fails(ahttp_get(f.session, "http://a.test/"), AHTTP_E_CLOSED, "session was closed");
}

static void what_it_says_may_be_wrong(void **state)
{
    (void)state;
    chooser self = {.answer.url = "gopher://x:secret@h"};
    begin_choosing(&self);

    assert_fails(ahttp_get(f.session, "http://a.test/"), AHTTP_E_ARGUMENT,
                 "proxy_for \"...@h\": the scheme is none of");
}

static void a_request_that_waits_for_it_can_be_cancelled(void **state)
{
    (void)state;
    chooser self = {0};
    begin_choosing(&self);

    ahttp_future *request = ahttp_get(f.session, "http://a.test/");
    ahttp_future_cancel(request);
    assert_fails(request, AHTTP_E_CANCELLED, "");

    assert_int_equal(self.calls, 0);
}

/* ---- By the environment ---- */

static void the_environment_counts_when_it_is_trusted(void **state)
{
    (void)state;
    begin_with(NULL, (ahttp_session_options){.trust_env = true});
    unsetenv("REQUEST_METHOD");

    setenv("http_proxy", proxy_at("me:pw@"), 1);
    assert_text(ahttp_get(f.session, "http://a.test/ok"), "ok");
    assert_line(0, "GET http://a.test/ok HTTP/1.1");
    assert_line(0, "Proxy-Authorization: Basic bWU6cHc=");
    setenv("no_proxy", "127.0.0.1", 1);
    assert_text(ahttp_get(f.session, server_url(f.server, "/ok")), "ok");
    assert_line(1, "GET /ok HTTP/1.1");
    setenv("http_proxy", "socks9://x", 1);
    assert_fails(ahttp_get(f.session, "http://a.test/"), AHTTP_E_ARGUMENT, "http_proxy \"socks9");

    unsetenv("http_proxy");
    unsetenv("no_proxy");
}

static void netrc_knows_who_we_are_to_a_proxy_of_the_environment(void **state)
{
    (void)state;
    char path[] = "/tmp/ahttp-netrc-XXXXXX";
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");
    fputs("machine 127.0.0.1 login me password pw\n", file);
    fclose(file);
    begin_with(NULL, (ahttp_session_options){.trust_env = true});
    setenv("NETRC", path, 1);
    setenv("http_proxy", proxy_url, 1);

    assert_text(ahttp_get(f.session, "http://a.test/ok"), "ok");
    assert_text(ahttp_get(f.session, "http://a.test/ok", .auth = "x:y"), "ok");
    assert_text(ahttp_get(f.session, "http://a.test/ok", .proxy.url = proxy_url), "ok");
    setenv("http_proxy", proxy_at("http://u:p@"), 1);
    assert_text(ahttp_get(f.session, "http://a.test/ok"), "ok");

    assert_line(0, "Proxy-Authorization: Basic bWU6cHc=");
    assert_no_field(0, "Authorization");
    assert_line(1, "Proxy-Authorization: Basic bWU6cHc=");
    assert_no_field(2, "Proxy-Authorization");
    assert_line(3, "Proxy-Authorization: Basic dTpw");
    unsetenv("http_proxy");
    unsetenv("NETRC");
    unlink(path);
}

static void the_environment_does_not_count_otherwise(void **state)
{
    (void)state;
    begin_with(NULL, (ahttp_session_options){.proxy.url = "http://127.0.0.1:9"});

    setenv("http_proxy", "http://127.0.0.1:9", 1);
    assert_text(ahttp_get(f.session, server_url(f.server, "/ok"), .no_proxy = true), "ok");
    unsetenv("http_proxy");

    assert_line(0, "GET /ok HTTP/1.1");
}

/* ---- Mistakes ---- */

static void a_bad_proxy_of_the_session_fails_its_requests(void **state)
{
    (void)state;
    begin_with(NULL, (ahttp_session_options){.proxy.url = "http://u:secret@h:0"});

    assert_fails(ahttp_get(f.session, "http://a.test/"), AHTTP_E_ARGUMENT, "proxy \"...@h:0\": ");
    assert_text(ahttp_get(f.session, "http://a.test/ok", .proxy.url = proxy_url), "ok");
    assert_text(ahttp_get(f.session, server_url(f.server, "/ok"), .no_proxy = true), "ok");
}

static void bad_options_are_refused_before_anything_is_sent(void **state)
{
    (void)state;
    const struct {
        ahttp_proxy proxy;
        const char *part;
    } rows[] = {
        {{.url = "ftp://h"}, "the scheme is none of"},
        {{.url = "http://h", .auth = "a\nb:c"}, "control character"},
        {{.url = "socks5://h", .auth = ":p"}, "no empty user"},
        {{.url = "socks4://h", .auth = "u:p"}, "no passwords"},
        {{.url = "http://h", .headers = AHTTP_PAIRS({"A b", "c"})}, "not a token"},
        {{.url = "http://h", .headers = AHTTP_PAIRS({"A", "b\r\nC: d"})}, "CR, LF"},
        {{.url = "http://h", .headers = AHTTP_PAIRS({"Host", "h"})}, "follows from the request"},
        {{.url = "socks5://h", .headers = AHTTP_PAIRS({"A", "b"})}, "SOCKS has no headers"},
        {{.url = "socks5://h", .fields_text = "A: b\r\n"}, "SOCKS has no headers"},
        {{.url = "http://h", .fields_text = "A: b"}, "does not end in CR LF"},
        {{.url = "http://h", .fields_text = "A b\r\n"}, "a line is no field"},
        {{.url = "http://h", .fields_text = "A: b\r\n", .headers = AHTTP_PAIRS({"A", "b"})},
         "both given"},
        {{.auth = "u:p"}, "it has no url"},
        {{.url = "http://h", .via = &(ahttp_proxy){.auth = "u"}}, "the host is missing"},
    };
    begin_scripted(NULL, NULL);

    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_fails(ahttp_get(f.session, "http://a.test/", .proxy = rows[i].proxy),
                     AHTTP_E_ARGUMENT, rows[i].part);
    assert_fails(ahttp_get(f.session, "http://a.test/", .no_proxy = true, .proxy.url = "http://h"),
                 AHTTP_E_ARGUMENT, "no_proxy as well");

    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 0);
}

static void at_most_four_proxies_lead_one_to_another(void **state)
{
    (void)state;
    ahttp_proxy chain[5];
    begin_scripted(NULL, NULL);

    for (int i = 0; i < 5; i++)
        chain[i] = (ahttp_proxy){.url = proxy_url, .via = i > 0 ? &chain[i - 1] : NULL};

    assert_fails(ahttp_get(f.session, "http://a.test/", .proxy = chain[4]), AHTTP_E_ARGUMENT,
                 "more than 4 proxies");
}

#define HERE(test) cmocka_unit_test_teardown(test, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERE(http_goes_to_the_proxy_with_the_whole_url),
        HERE(international_names_go_in_their_ascii_form),
        HERE(an_ipv6_host_keeps_its_brackets),
        HERE(credentials_of_the_url_are_the_host_s_and_not_in_the_target),
        HERE(options_of_the_whole_server_have_a_url_without_path),
        HERE(a_target_of_the_program_s_own_is_completed_where_it_is_a_path),
        HERE(all_hosts_of_http_share_the_connections_to_the_proxy),
        HERE(bodies_go_both_ways),
        HERE(a_tunnel_is_asked_for_with_host_and_nothing_of_the_request),
        HERE(a_tunnel_to_ipv6_has_brackets_and_no_zone),
        HERE(tunnels_are_kept_per_host),
        HERE(headers_for_the_proxy_go_with_connect_only),
        HERE(connect_may_be_given_its_lines_as_they_are),
        HERE(the_user_agent_of_the_session_is_shown_to_the_proxy),
        HERE(where_the_session_has_none_nor_has_connect),
        HERE(answers_to_connect_are_read_as_strictly_as_the_proxy_says),
        HERE(a_long_head_opens_a_tunnel_where_lenient),
        HERE(a_change_of_protocols_goes_through_a_tunnel),
        HERE(a_request_may_go_directly),
        HERE(hosts_of_no_proxy_for_go_directly),
        HERE(a_request_s_own_proxy_comes_first),
        HERE(proxies_that_differ_in_anything_share_no_connection),
        HERE(the_program_may_choose_for_each_url),
        HERE(it_is_asked_again_for_each_hop),
        HERE(it_may_close_the_session),
        HERE(what_it_says_may_be_wrong),
        HERE(a_request_that_waits_for_it_can_be_cancelled),
        HERE(the_environment_counts_when_it_is_trusted),
        HERE(netrc_knows_who_we_are_to_a_proxy_of_the_environment),
        HERE(the_environment_does_not_count_otherwise),
        HERE(a_bad_proxy_of_the_session_fails_its_requests),
        HERE(bad_options_are_refused_before_anything_is_sent),
        HERE(at_most_four_proxies_lead_one_to_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
