/* SPDX-License-Identifier: MIT */
/* Which variable of the environment decides. */
#include "support/check.h"

#include "client/environment.h"
#include <stdlib.h>

static const char *const names[] = {"http_proxy",  "HTTP_PROXY", "https_proxy",
                                    "HTTPS_PROXY", "all_proxy",  "ALL_PROXY",
                                    "no_proxy",    "NO_PROXY",   "REQUEST_METHOD"};

static int clear(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        unsetenv(names[i]);
    return 0;
}

static void set(const char *name, const char *value)
{
    assert_int_equal(setenv(name, value, 1), 0);
}

static ah_url url_of(bool is_tls, const char *host, uint16_t port)
{
    return (ah_url){.is_tls = is_tls, .host = ah_str_from(host), .port = port};
}

static void assert_proxies(const char *for_http, const char *for_https)
{
    ah_url http = url_of(false, "h.test", 80);
    ah_url https = url_of(true, "h.test", 443);

    assert_str(ah_environment_proxy_for(&http).url, for_http);
    assert_str(ah_environment_proxy_for(&https).url, for_https);
}

static void without_variables_there_is_no_proxy(void **state)
{
    (void)state;
    assert_proxies("", "");
}

static void each_scheme_has_its_variable(void **state)
{
    (void)state;
    set("http_proxy", "a:1");
    assert_proxies("a:1", "");
    set("https_proxy", "b:2");
    assert_proxies("a:1", "b:2");
}

static void upper_case_counts_as_well_but_lower_case_comes_first(void **state)
{
    (void)state;
    set("HTTP_PROXY", "A:1");
    set("HTTPS_PROXY", "B:2");
    assert_proxies("A:1", "B:2");
    set("http_proxy", "a:1");
    set("https_proxy", "b:2");
    assert_proxies("a:1", "b:2");
}

static void an_empty_variable_in_lower_case_hides_the_other(void **state)
{
    (void)state;
    set("HTTP_PROXY", "A:1");
    set("http_proxy", "");
    assert_proxies("", "");
}

static void all_proxy_is_for_schemes_without_a_variable(void **state)
{
    (void)state;
    set("ALL_PROXY", "C:3");
    assert_proxies("C:3", "C:3");
    set("all_proxy", "c:3");
    set("https_proxy", "b:2");
    assert_proxies("c:3", "b:2");
}

static void under_cgi_the_client_of_the_server_has_no_say(void **state)
{
    (void)state;
    set("REQUEST_METHOD", "GET");
    set("HTTP_PROXY", "evil:1");
    set("HTTPS_PROXY", "B:2");
    assert_proxies("", "B:2");
    set("http_proxy", "a:1");
    assert_proxies("a:1", "B:2");
}

static void hosts_in_no_proxy_are_reached_directly(void **state)
{
    (void)state;
    ah_url inside = url_of(true, "www.inside.test", 443);

    set("all_proxy", "c:3");
    set("NO_PROXY", ".inside.test,h.test:8080");
    assert_str(ah_environment_proxy_for(&inside).url, "");
    assert_proxies("c:3", "c:3");
    set("no_proxy", "h.test");
    assert_str(ah_environment_proxy_for(&inside).url, "c:3");
    assert_proxies("", "");
    set("no_proxy", "");
    assert_proxies("c:3", "c:3");
}

static void the_variable_is_named(void **state)
{
    (void)state;
    ah_url http = url_of(false, "h.test", 80);

    set("ALL_PROXY", "c:3");
    assert_string_equal(ah_environment_proxy_for(&http).name, "ALL_PROXY");
    set("http_proxy", "a:1");
    assert_string_equal(ah_environment_proxy_for(&http).name, "http_proxy");
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, clear, clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERE(without_variables_there_is_no_proxy),
        HERE(each_scheme_has_its_variable),
        HERE(upper_case_counts_as_well_but_lower_case_comes_first),
        HERE(an_empty_variable_in_lower_case_hides_the_other),
        HERE(all_proxy_is_for_schemes_without_a_variable),
        HERE(under_cgi_the_client_of_the_server_has_no_say),
        HERE(hosts_in_no_proxy_are_reached_directly),
        HERE(the_variable_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
