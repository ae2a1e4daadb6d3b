/* SPDX-License-Identifier: MIT */
/* Which requests may share connections: those whose routes are equal in every part. */
#include "support/check.h"

#include "pool/origin.h"
#include "support/failing_alloc.h"
#include <ahttp/tls.h>
#include <string.h>

static ah_origins origins;

static int teardown(void **state)
{
    (void)state;
    assert_null(ah_map_first(&origins.map));
    ah_origins_release(&origins);
    origins = (ah_origins){0};
    return 0;
}

static void equal_routes_have_one_origin(void **state)
{
    char name[] = "a.test";
    ah_route route = {.host = ah_str_from(name), .port = 80};
    (void)state;

    ah_origin *first = ah_origins_get(&origins, &route);
    memset(name, 'x', sizeof name - 1);
    route.host = AH_STR("a.test");

    assert_ptr_equal(ah_origins_get(&origins, &route), first);
    assert_string_equal(first->route.host.ptr, "a.test");
    assert_string_equal(first->route.server_name.ptr, "");
    assert_string_equal(first->name, "a.test:80");
    ah_origins_tidy(&origins, first);
}

static void routes_that_differ_in_one_part_have_different_origins(void **state)
{
    ah_proxies kept = {0};
    ah_proxy_spec spec = {.url = {.host = AH_STR("p.test"), .port = 3128}};
    const ah_str a = AH_STR("a.test"), b = AH_STR("b.test");
    ahttp_tls *tls[] = {ahttp_tls_new(.alpn = ""), ahttp_tls_new(.alpn = "")};
    ah_proxy *proxies[2];

    proxies[0] = ah_proxies_get(&kept, &spec);
    spec.tunnels = true;
    proxies[1] = ah_proxies_get(&kept, &spec);
    const ah_route routes[] = {
        {.host = a, .port = 80},
        {.host = b, .port = 80},
        {.host = a, .port = 81},
        {.host = a, .port = 80, .is_tls = true},
        {.host = a, .port = 80, .is_tls = true, .server_name = a},
        {.host = a, .port = 80, .is_tls = true, .server_name = b},
        {.host = a, .port = 80, .is_tls = true, .tls = tls[0]},
        {.host = a, .port = 80, .is_tls = true, .tls = tls[1]},
        {.host = a, .port = 80, .proxy = proxies[0]},
        {.host = a, .port = 80, .proxy = proxies[1]},
        {.host = a, .port = 80, .is_tls = true, .tls = tls[0], .proxy = proxies[0]},
        ah_route_to_proxy(proxies[0]),
        ah_route_to_proxy(proxies[1]),
    };
    enum { COUNT = sizeof routes / sizeof routes[0] };
    ah_origin *made[COUNT];
    (void)state;

    for (int i = 0; i < COUNT; i++)
        made[i] = ah_origins_get(&origins, &routes[i]);

    for (int i = 0; i < COUNT; i++) {
        assert_ptr_equal(ah_origins_get(&origins, &routes[i]), made[i]);
        for (int other = 0; other < i; other++)
            assert_ptr_not_equal(made[i], made[other]);
    }
    for (int i = 0; i < 2; i++) {
        ahttp_tls_unref(tls[i]);
        ah_proxy_unref(proxies[i]);
    }
    for (int i = 0; i < COUNT; i++)
        ah_origins_tidy(&origins, made[i]);
    ah_proxies_release(&kept);
}

/* The origin of what a plain request asks for, whichever was asked for last. */
static ah_origin *find(ah_origins *all, const ah_url *url)
{
    ah_origin *guess = ah_origins_guess(all, ah_origins_hash(all, url));

    return ah_origins_verify(all, guess, url);
}

static void a_url_finds_the_origin_without_settings(void **state)
{
    ahttp_tls *tls = ahttp_tls_new(.alpn = "");
    const ah_str a = AH_STR("a.test");
    const ah_url url = {.host = a, .port = 443, .is_tls = true};
    const ah_url others[] = {
        {.host = a, .port = 443},
        {.host = a, .port = 444, .is_tls = true},
        {.host = AH_STR("b.test"), .port = 443, .is_tls = true},
        {.host = AH_STR("a.tes"), .port = 443, .is_tls = true},
        {.host = AH_STR("a.testt"), .port = 443, .is_tls = true},
    };
    const ah_route routes[] = {
        {.host = a, .port = 443, .is_tls = true, .tls = tls},
        {.host = a, .port = 443, .is_tls = true, .server_name = a},
        {.host = AH_STR("a"), .server_name = AH_STR("test"), .port = 443, .is_tls = true},
        {.host = a, .port = 443, .is_tls = true},
    };
    enum { COUNT = sizeof routes / sizeof routes[0], OTHERS = sizeof others / sizeof others[0] };
    ah_origin *made[COUNT];
    (void)state;

    for (int i = 0; i < COUNT; i++) {
        assert_null(find(&origins, &url));
        made[i] = ah_origins_get(&origins, &routes[i]);
    }

    for (int i = 0; i < COUNT; i++) {
        ah_origins_get(&origins, &routes[i]);
        for (int other = 0; other < OTHERS; other++)
            assert_null(find(&origins, &others[other]));
        assert_ptr_equal(find(&origins, &url), made[COUNT - 1]);
        assert_ptr_equal(ah_origins_find_last(&origins, &url), made[COUNT - 1]);
        assert_null(ah_origins_find_last(&origins, &others[0]));
    }
    ahttp_tls_unref(tls);
    for (int i = 0; i < COUNT; i++)
        ah_origins_tidy(&origins, made[i]);
}

static void get_and_tidy(void *ctx)
{
    const ah_route route = {.host = AH_STR("a.test"), .port = 80};
    ah_origin *origin = ah_origins_get(&origins, &route);

    (void)ctx;
    if (origin)
        ah_origins_tidy(&origins, origin);
    ah_origins_release(&origins);
    origins = (ah_origins){0};
}

static void any_allocation_may_fail(void **state)
{
    (void)state;
    for_each_allocation(get_and_tidy, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(equal_routes_have_one_origin, teardown),
        cmocka_unit_test_teardown(routes_that_differ_in_one_part_have_different_origins, teardown),
        cmocka_unit_test_teardown(a_url_finds_the_origin_without_settings, teardown),
        cmocka_unit_test_teardown(any_allocation_may_fail, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
