/* SPDX-License-Identifier: MIT */
/* A host with an international name is meant by its A-label wherever it is named. */
#include "sending.h"

#include "support/dns_server.h"

#define NAME                                                                                       \
    "b\xc3\xbc"                                                                                    \
    "cher.test" /* in UTF-8 */
#define LABEL "xn--bcher-kva.test"

static dns_server *dns;

static int begin(void **state)
{
    static const dns_rule rules[] = {
        {LABEL, DNS_A, DNS_ANSWERS, 60, {"127.0.0.1"}, NULL, 0},
        {NULL, 0, DNS_ANSWERS, 0, {NULL}, NULL, 0},
    };
    (void)state;
    f = start(NULL, false);
    dns = dns_server_start(rules);
    ahttp_session_unref(f.session);
    ahttp_connector *connector =
        ahttp_connector_new(.loop = f.loop, .dns_servers = dns_server_text(dns));
    f.session = ahttp_session_new(.connector = connector);
    ahttp_connector_unref(connector);
    return 0;
}

static int end(void **state)
{
    (void)state;
    finish(&f);
    dns_server_stop(dns);
    return 0;
}

static void dns_host_and_cookies_know_the_a_label(void **state)
{
    char url[100], line[100];
    ahttp_cookie_jar *jar = ahttp_session_cookie_jar(f.session);
    (void)state;
    snprintf(url, sizeof url, "http://%s:%u/ok", NAME, server_port(f.server));
    if (!ahttp_has_feature(AHTTP_FEATURE_IDN)) {
        assert_fails(ahttp_get(f.session, url), AHTTP_E_URL, "invalid URL");
        return;
    }
    assert_int_equal(
        ahttp_cookie_jar_set_text(jar, "http://" LABEL "/", "id=7; Domain=" NAME, NULL), 0);

    ahttp_response *response = response_of(ahttp_get(f.session, url));

    assert_int_equal(dns_server_asked(dns, LABEL, DNS_A), 1);
    snprintf(line, sizeof line, "Host: %s:%u", LABEL, server_port(f.server));
    assert_true(server_request_has_line(seen(), line));
    assert_true(server_request_has_line(seen(), "Cookie: id=7"));
    snprintf(url, sizeof url, "http://%s:%u/ok", LABEL, server_port(f.server));
    assert_string_equal(ahttp_response_url(response), url);
    ahttp_response_unref(response);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(dns_host_and_cookies_know_the_a_label, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
