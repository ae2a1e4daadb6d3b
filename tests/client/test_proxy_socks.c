/* SPDX-License-Identifier: MIT */
/* Requests through SOCKS proxies, byte for byte. */
#include "proxying.h"

#include "support/dns_server.h"

/* Answers with an address, as most do. */
#define DONE_V4 SEND_BYTES("\0\132\0\0\0\0\0\0", 8)
#define DONE_V5 SEND_BYTES("\5\0\0\1\0\0\0\0\0\0", 10)

static const server_step v4_address[] = {READ_BYTES(9), DONE_V4, SERVE};
static const server_step v4_name[] = {READ_BYTES(18), DONE_V4, SERVE};
static const server_step v5_address[] = {READ_BYTES(3), SEND_BYTES("\5\0", 2), READ_BYTES(10),
                                         DONE_V5, SERVE};
static const server_step v5_name[] = {READ_BYTES(3), SEND_BYTES("\5\0", 2), READ_BYTES(13), DONE_V5,
                                      SERVE};
static const server_step v5_login[] = {READ_BYTES(4),  SEND_BYTES("\5\2", 2),
                                       READ_BYTES(6),  SEND_BYTES("\1\0", 2),
                                       READ_BYTES(13), DONE_V5,
                                       SERVE};

/* What was sent in that step. */
static void assert_sent(size_t n, const char *bytes, size_t len)
{
    server_request request = request_at(n);

    assert_int_equal(request.head_len, len);
    assert_memory_equal(request.head, bytes, len);
}

static ahttp_future *get(const char *url, const char *scheme)
{
    return ahttp_get(f.session, url, .proxy.url = proxy_at(scheme));
}

static void socks4_is_given_an_address(void **state)
{
    (void)state;
    begin_scripted(v4_address, NULL);

    assert_text(get("http://both.test/ok", "socks4://"), "ok");

    assert_sent(0, "\4\1\0\120\300\0\2\11\0", 9);
    assert_line(1, "GET /ok HTTP/1.1");
    assert_line(1, "Host: both.test");
}

static void socks4a_is_given_the_name(void **state)
{
    (void)state;
    begin_scripted(v4_name, NULL);

    assert_text(get("http://a.test:81/ok", "socks4a://me@"), "ok");

    assert_sent(0, "\4\1\0\121\0\0\0\1me\0a.test\0", 18);
}

static void socks5_is_given_an_address(void **state)
{
    (void)state;
    begin_scripted(v5_address, NULL);

    assert_text(get("http://two.test/ok", "socks5://"), "ok");

    assert_sent(0, "\5\1\0", 3);
    assert_sent(1, "\5\1\0\1\300\0\2\7\0\120", 10);
}

static void socks5h_is_given_the_name(void **state)
{
    (void)state;
    begin_scripted(v5_name, NULL);

    assert_text(get("http://a.test/ok", "socks5h://"), "ok");

    assert_sent(1, "\5\1\0\3\6a.test\0\120", 13);
}

static void an_address_in_the_url_stays_one(void **state)
{
    (void)state;
    begin_scripted(v5_address, NULL);

    assert_text(get("http://192.0.2.1/ok", "socks5h://"), "ok");

    assert_sent(1, "\5\1\0\1\300\0\2\1\0\120", 10);
}

static void user_and_password_go_to_the_proxy_only(void **state)
{
    (void)state;
    begin_scripted(v5_login, NULL);

    assert_text(get("http://a.test/ok", "socks5h://u:pw@"), "ok");

    assert_sent(0, "\5\2\0\2", 4);
    assert_sent(1, "\1\1u\2pw", 6);
    assert_no_field(3, "Authorization");
    assert_no_field(3, "Proxy-Authorization");
}

static const server_step v5_refuses_address[] = {READ_BYTES(3), SEND_BYTES("\5\0", 2),
                                                 READ_BYTES(10), SEND_BYTES("\5\4", 2), HOLD};
static const server_step v5_refuses_rules[] = {READ_BYTES(3), SEND_BYTES("\5\0", 2), READ_BYTES(10),
                                               SEND_BYTES("\5\2", 2), HOLD};

static void the_host_s_next_address_is_tried_when_one_does_not_do(void **state)
{
    (void)state;
    begin_scripted(v5_refuses_address, v5_address);

    assert_text(get("http://two.test/ok", "socks5://"), "ok");

    assert_sent(1, "\5\1\0\1\300\0\2\7\0\120", 10);
    assert_sent(3, "\5\1\0\1\300\0\2\10\0\120", 10);
}

static void the_last_refusal_is_told(void **state)
{
    (void)state;
    begin_scripted(v5_refuses_address, v5_refuses_rules);

    assert_fails(get("http://two.test/ok", "socks5://"), AHTTP_E_PROXY,
                 "for two.test:80: its rules do not allow this connection");

    assert_int_equal(ahttp_task_error()->cause, 2);
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 2);
}

static void a_name_without_addresses_is_a_dns_error(void **state)
{
    (void)state;
    begin_scripted(v5_address, NULL);

    assert_fails(get("http://unknown.test/", "socks5://"), AHTTP_E_DNS, "resolve unknown.test");
}

/* ---- One behind the other ---- */

static const server_step socks_then_http[] = {READ_BYTES(3), SEND_BYTES("\5\0", 2), READ_BYTES(15),
                                              DONE_V5, SERVE};
static const server_step socks_then_tunnel[] = {
    READ_BYTES(3), SEND_BYTES("\5\0", 2), READ_BYTES(15), DONE_V5,
    READ_HEAD,     SEND(TUNNEL_IS_OPEN),  SERVE};

static void a_socks_proxy_leads_to_an_http_proxy_that_forwards(void **state)
{
    (void)state;
    begin_scripted(socks_then_http, NULL);
    const ahttp_proxy near = {.url = proxy_at("socks5h://")};

    assert_text(ahttp_get(f.session, "http://a.test/ok",
                          .proxy = {.url = "http://u:p@far.test:81", .via = &near}),
                "ok");

    assert_sent(1, "\5\1\0\3\10far.test\0\121", 15);
    assert_line(2, "GET http://a.test/ok HTTP/1.1");
    assert_line(2, "Proxy-Authorization: Basic dTpw");
}

static void or_to_one_that_opens_a_tunnel(void **state)
{
    (void)state;
    begin_scripted(socks_then_tunnel, NULL);
    const ahttp_proxy near = {.url = proxy_at("socks5h://")};

    assert_text(ahttp_get(f.session, "http://a.test/ok",
                          .proxy = {.url = "http://u:p@far.test:81", .via = &near, .tunnel = true}),
                "ok");

    assert_line(2, "CONNECT a.test:80 HTTP/1.1");
    assert_line(2, "Proxy-Authorization: Basic dTpw");
    assert_line(3, "GET /ok HTTP/1.1");
    assert_no_field(3, "Proxy-Authorization");
}

static void which_of_them_refuses_is_told(void **state)
{
    (void)state;
    static const server_step refuses[] = {READ_BYTES(3), SEND_BYTES("\5\0", 2), READ_BYTES(15),
                                          SEND_BYTES("\5\5", 2), HOLD};
    char part[256];
    begin_scripted(refuses, NULL);
    const ahttp_proxy near = {.url = proxy_at("socks5h://")};

    snprintf(part, sizeof part, "ask proxy %s for http://far.test:81: the host refused", near.url);
    assert_fails(ahttp_get(f.session, "http://a.test/ok",
                           .proxy = {.url = "http://far.test:81", .via = &near}),
                 AHTTP_E_PROXY, part);
}

/* ---- Time and cancelling ---- */

static const server_step stalls_at_once[] = {READ_BYTES(3), WAIT_GATE(1), HOLD};
static const server_step stalls_in_the_end[] = {READ_BYTES(3),  SEND_BYTES("\5\0", 2),
                                                READ_BYTES(13), SEND_BYTES("\5\0\0\1\0\0", 6),
                                                WAIT_GATE(1),   HOLD};

static void cancel_at(const server_step *steps)
{
    begin_scripted(steps, NULL);
    size_t fds = count_open_fds();

    assert_cancelling_leaves_nothing(get("http://a.test/", "socks5h://"), fds);
}

static void cancelling_leaves_nothing_at_the_beginning(void **state)
{
    (void)state;
    cancel_at(stalls_at_once);
}

static void cancelling_leaves_nothing_inside_an_answer(void **state)
{
    (void)state;
    cancel_at(stalls_in_the_end);
}

static void a_proxy_that_stalls_is_given_up(void **state)
{
    (void)state;
    begin_scripted(stalls_in_the_end, NULL);

    ahttp_future *request = ahttp_get(f.session, "http://a.test/", .timeout.connect_ms = 5000,
                                      .proxy.url = proxy_at("socks5h://"));
    run_until(&f, SERVER_AT_GATE, 1);
    ahttp_loop_advance(f.loop, 5000);

    assert_fails(request, AHTTP_E_CONNECT_TIMEOUT, "through the proxy to a.test:80: timed out");
    run_until(&f, SERVER_PEER_CLOSED, 1);
}

static const dns_rule silent[] = {
    {"silent.test", DNS_A, DNS_SILENT, 0, {NULL}, NULL, 0},
    {"silent.test", DNS_AAAA, DNS_SILENT, 0, {NULL}, NULL, 0},
    {NULL, 0, DNS_ANSWERS, 0, {NULL}, NULL, 0},
};

/* The proxy is there, and the host's addresses do not come. */
static void cancelling_leaves_nothing_while_the_host_is_looked_up(void **state)
{
    (void)state;
    dns_server *dns = dns_server_start(silent);
    begin_scripted(v5_address, NULL);
    ahttp_connector *connector =
        ahttp_connector_new(.loop = f.loop, .dns_servers = dns_server_text(dns));
    ahttp_session *session = ahttp_session_new(.connector = connector);

    ahttp_future *request =
        ahttp_get(session, "http://silent.test/", .proxy.url = proxy_at("socks5://"));
    run_until(&f, SERVER_ACCEPTED, 1);
    for (int i = 0; i < 50; i++)
        assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
    ahttp_future_cancel(request);
    assert_fails(request, AHTTP_E_CANCELLED, "cancelled");

    run_until(&f, SERVER_PEER_CLOSED, 1);
    assert_int_equal(ahttp_await_status(ahttp_connector_close(connector)), 0);
    ahttp_session_unref(session);
    ahttp_connector_unref(connector);
    dns_server_stop(dns);
}

#define HERE(test) cmocka_unit_test_teardown(test, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERE(socks4_is_given_an_address),
        HERE(socks4a_is_given_the_name),
        HERE(socks5_is_given_an_address),
        HERE(socks5h_is_given_the_name),
        HERE(an_address_in_the_url_stays_one),
        HERE(user_and_password_go_to_the_proxy_only),
        HERE(the_host_s_next_address_is_tried_when_one_does_not_do),
        HERE(the_last_refusal_is_told),
        HERE(a_name_without_addresses_is_a_dns_error),
        HERE(a_socks_proxy_leads_to_an_http_proxy_that_forwards),
        HERE(or_to_one_that_opens_a_tunnel),
        HERE(which_of_them_refuses_is_told),
        HERE(cancelling_leaves_nothing_at_the_beginning),
        HERE(cancelling_leaves_nothing_inside_an_answer),
        HERE(a_proxy_that_stalls_is_given_up),
        HERE(cancelling_leaves_nothing_while_the_host_is_looked_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
