/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "pool/proxy.h"
#include "support/failing_alloc.h"

static ah_proxies proxies;

static ah_proxy_url at(ah_proxy_kind kind, const char *host, uint16_t port)
{
    return (ah_proxy_url){.kind = kind, .host = ah_str_from(host), .port = port};
}

static ah_proxy_url by(const char *user, const char *password)
{
    ah_proxy_url url = at(AH_PROXY_HTTP, "h", 80);

    url.has_login = true;
    url.user = ah_str_from(user);
    url.password = ah_str_from(password);
    return url;
}

static int forget(void **state)
{
    (void)state;
    assert_int_equal(proxies.map.count, 0);
    ah_proxies_release(&proxies);
    proxies = (ah_proxies){0};
    return 0;
}

static void proxies_that_are_alike_are_one(void **state)
{
    (void)state;
    char host[] = "proxy.test";
    ah_proxy_spec spec = {.url = by("u", "p"), .fields_text = AH_STR("A: b\r\n")};

    spec.url.host = ah_str_from(host);
    ah_proxy *first = ah_proxies_get(&proxies, &spec);
    memset(host, 'x', sizeof host - 1);
    spec.url.host = AH_STR("proxy.test");

    assert_ptr_equal(ah_proxies_get(&proxies, &spec), first);
    assert_string_equal(first->spec.url.host.ptr, "proxy.test");
    assert_string_equal(first->spec.url.user.ptr, "u");
    assert_string_equal(first->spec.url.password.ptr, "p");
    assert_string_equal(first->spec.fields_text.ptr, "A: b\r\n");
    assert_string_equal(first->name, "http://proxy.test:80");
    ah_proxy_unref(first);
    ah_proxy_unref(first);
}

static void whatever_differs_makes_another_proxy(void **state)
{
    (void)state;
    ah_proxy_spec via_spec = {.url = at(AH_PROXY_SOCKS5, "via", 1080)};
    ah_proxy *via = ah_proxies_get(&proxies, &via_spec);
    ahttp_tls *tls = ahttp_tls_new(.insecure_skip_verify = true);
    const ah_proxy_spec specs[] = {
        {.url = at(AH_PROXY_HTTP, "h", 80)},
        {.url = at(AH_PROXY_HTTP, "i", 80)},
        {.url = at(AH_PROXY_HTTP, "h", 81)},
        {.url = at(AH_PROXY_HTTPS, "h", 80)},
        {.url = at(AH_PROXY_SOCKS4, "h", 80)},
        {.url = at(AH_PROXY_SOCKS5H, "h", 80)},
        {.url = by("", "")},
        {.url = by("u", "")},
        {.url = by("u", "p")},
        {.url = by("", "u")},
        {.url = at(AH_PROXY_HTTP, "h", 80), .fields_text = AH_STR("u")},
        {.url = at(AH_PROXY_HTTP, "h", 80), .authorization = AH_STR("u")},
        {.url = at(AH_PROXY_HTTP, "h", 80), .via = via},
        {.url = at(AH_PROXY_HTTP, "h", 80), .tunnels = true},
        {.url = at(AH_PROXY_HTTPS, "h", 80), .tls = tls},
    };
    ah_proxy *made[COUNT_OF(specs)];

    for (size_t i = 0; i < COUNT_OF(specs); i++)
        made[i] = ah_proxies_get(&proxies, &specs[i]);
    for (size_t i = 0; i < COUNT_OF(specs); i++)
        for (size_t other = 0; other < i; other++)
            assert_ptr_not_equal(made[i], made[other]);

    ah_proxy_unref(via);
    ahttp_tls_unref(tls);
    for (size_t i = 0; i < COUNT_OF(specs); i++)
        ah_proxy_unref(made[i]);
}

static void a_login_becomes_basic_for_http_only(void **state)
{
    (void)state;
    ah_proxy_spec spec = {.url = by("Aladdin", "open sesame")};
    ah_proxy *http = ah_proxies_get(&proxies, &spec);
    spec.url.kind = AH_PROXY_SOCKS5;
    ah_proxy *socks = ah_proxies_get(&proxies, &spec);
    spec = (ah_proxy_spec){.url = at(AH_PROXY_HTTP, "h", 80)};
    ah_proxy *nobody = ah_proxies_get(&proxies, &spec);

    assert_str(ah_proxy_authorization(http), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    assert_str(ah_proxy_authorization(socks), "");
    assert_str(ah_proxy_authorization(nobody), "");
    ah_proxy_unref(http);
    ah_proxy_unref(socks);
    ah_proxy_unref(nobody);
}

static void the_program_s_own_authorization_comes_first(void **state)
{
    (void)state;
    ah_proxy_spec spec = {.url = by("u", "p"), .authorization = AH_STR("Bearer x")};
    ah_proxy *proxy = ah_proxies_get(&proxies, &spec);

    assert_str(ah_proxy_authorization(proxy), "Bearer x");
    ah_proxy_unref(proxy);
}

static void names_show_no_secrets(void **state)
{
    (void)state;
    ah_proxy_spec spec = {.url = by("u", "secret")};

    spec.url.kind = AH_PROXY_SOCKS5H;
    spec.url.host = AH_STR("::1");
    spec.url.is_ipv6 = true;
    ah_proxy *proxy = ah_proxies_get(&proxies, &spec);

    assert_string_equal(proxy->name, "socks5h://[::1]:80");
    ah_proxy_unref(proxy);
}

static void a_proxy_holds_the_one_that_leads_to_it(void **state)
{
    (void)state;
    ah_proxy_spec near = {.url = at(AH_PROXY_SOCKS5, "near", 1080)};
    ah_proxy *via = ah_proxies_get(&proxies, &near);
    ah_proxy_spec far = {.url = at(AH_PROXY_HTTP, "far", 80), .via = via};
    ah_proxy *proxy = ah_proxies_get(&proxies, &far);

    ah_proxy_unref(via);
    assert_string_equal(proxy->spec.via->name, "socks5://near:1080");
    ah_proxy_unref(proxy);

    assert_int_equal(proxies.map.count, 0);
    ah_proxy_unref(NULL);
}

static void make_one(void *ctx)
{
    ah_proxy_spec spec = {.url = by("u", "p")};

    ah_proxy_unref(ah_proxies_get(&proxies, &spec));
    forget(ctx);
}

static void any_allocation_may_fail(void **state)
{
    (void)state;
    for_each_allocation(make_one, NULL);
}

#define HERE(test) cmocka_unit_test_teardown(test, forget)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERE(proxies_that_are_alike_are_one),
        HERE(whatever_differs_makes_another_proxy),
        HERE(a_login_becomes_basic_for_http_only),
        HERE(the_program_s_own_authorization_comes_first),
        HERE(names_show_no_secrets),
        HERE(a_proxy_holds_the_one_that_leads_to_it),
        HERE(any_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
