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

static void see(ahttp_wire_part part, ahttp_bytes bytes, void *ctx)
{
    (void)part;
    (void)bytes;
    (void)ctx;
}

static ahttp_future *say(const ahttp_auth_request *request, void *ctx)
{
    (void)request;
    (void)ctx;
    return NULL;
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
        {.url = at(AH_PROXY_HTTP, "h", 80), .no_basic = true},
        {.url = at(AH_PROXY_HTTPS, "h", 80), .tls = tls},
        {.url = at(AH_PROXY_HTTP, "h", 80), .http_1_0 = true},
        {.url = at(AH_PROXY_HTTP, "h", 80), .lenient = true},
        {.url = at(AH_PROXY_HTTP, "h", 80), .on_wire = see},
        {.url = at(AH_PROXY_HTTP, "h", 80), .on_wire = see, .on_wire_ctx = tls},
        {.url = at(AH_PROXY_HTTP, "h", 80), .authorize = say},
        {.url = at(AH_PROXY_HTTP, "h", 80), .authorize = say, .authorize_ctx = tls},
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

/* ---- Logging in ---- */

static ah_proxy *proxy_of(const ah_proxy_spec *spec)
{
    return ah_proxies_get(&proxies, spec);
}

static void assert_authorizes(ah_proxy *proxy, ah_proxy_login *login, const char *start)
{
    ah_buf value = {0};

    assert_int_equal(
        ah_proxy_authorize(proxy, login, AH_STR("CONNECT"), AH_STR("h:443"), NULL, &value), 0);
    if (!ah_str_starts_with(ah_buf_str(&value), ah_str_from(start)) || (!*start && value.len > 0))
        fail_msg("\"%.*s\" is not \"%s\"", (int)value.len, value.data, start);
    ah_buf_release(&value);
}

static bool challenge(ah_proxy *proxy, ah_proxy_login *login, const char *value)
{
    ah_arena arena = {0};
    ahttp_headers fields;

    ah_headers_init(&fields, &arena);
    ah_headers_add(&fields, AH_STR("Proxy-Authenticate"), ah_str_from(value));
    bool again = ah_proxy_challenged(proxy, login, &fields) > 0;
    ah_arena_release(&arena);
    return again;
}

#define DIGEST "Digest realm=\"p\", qop=\"auth\", algorithm=SHA-256, nonce="

static void a_login_becomes_basic_for_http_only(void **state)
{
    (void)state;
    ah_proxy_login login = {0};
    ah_proxy_spec spec = {.url = by("Aladdin", "open sesame")};
    ah_proxy *http = proxy_of(&spec);
    spec.url.kind = AH_PROXY_SOCKS5;
    ah_proxy *socks = proxy_of(&spec);
    spec = (ah_proxy_spec){.url = at(AH_PROXY_HTTP, "h", 80)};
    ah_proxy *nobody = proxy_of(&spec);

    assert_authorizes(http, &login, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    assert_authorizes(socks, &login, "");
    assert_authorizes(nobody, &login, "");
    assert_false(challenge(nobody, &login, DIGEST "\"n\""));
    ah_proxy_unref(http);
    ah_proxy_unref(socks);
    ah_proxy_unref(nobody);
}

static void the_program_s_own_authorization_comes_first(void **state)
{
    (void)state;
    ah_proxy_login login = {0};
    ah_proxy_spec spec = {.url = by("u", "p"), .authorization = AH_STR("Bearer x")};
    ah_proxy *proxy = proxy_of(&spec);

    assert_authorizes(proxy, &login, "Bearer x");
    assert_false(challenge(proxy, &login, DIGEST "\"n\""));
    ah_proxy_unref(proxy);
}

static void a_digest_challenge_is_answered_once(void **state)
{
    (void)state;
    ah_proxy_login login = {0};
    ah_proxy_spec spec = {.url = by("u", "p")};
    ah_proxy *proxy = proxy_of(&spec);

    assert_authorizes(proxy, &login, "Basic ");
    assert_true(challenge(proxy, &login, "Basic realm=x, " DIGEST "\"n\""));
    assert_authorizes(proxy, &login, "Digest ");
    assert_false(challenge(proxy, &login, DIGEST "\"m\""));
    ah_proxy_unref(proxy);
}

static void a_nonce_that_is_too_old_is_renewed_once(void **state)
{
    (void)state;
    ah_proxy_login login = {0};
    ah_proxy_spec spec = {.url = by("u", "p")};
    ah_proxy *proxy = proxy_of(&spec);

    assert_true(challenge(proxy, &login, DIGEST "\"n\""));
    assert_true(challenge(proxy, &login, DIGEST "\"m\", stale=true"));
    assert_authorizes(proxy, &login, "Digest ");
    assert_false(challenge(proxy, &login, DIGEST "\"l\", stale=true"));
    ah_proxy_unref(proxy);
}

static void the_next_attempt_knows_the_challenge_of_the_last(void **state)
{
    (void)state;
    ah_proxy_login first = {0}, second = {0};
    ah_proxy_spec spec = {.url = by("u", "p")};
    ah_proxy *proxy = proxy_of(&spec);

    assert_true(challenge(proxy, &first, DIGEST "\"n\""));
    assert_authorizes(proxy, &second, "Digest ");
    assert_true(challenge(proxy, &second, DIGEST "\"m\""));
    assert_false(challenge(proxy, &second, DIGEST "\"m\""));
    ah_proxy_unref(proxy);
}

static void who_shows_no_password_waits_for_a_digest(void **state)
{
    (void)state;
    ah_proxy_login login = {0};
    ah_proxy_spec spec = {.url = by("u", "p"), .no_basic = true};
    ah_proxy *proxy = proxy_of(&spec);

    assert_authorizes(proxy, &login, "");
    assert_false(challenge(proxy, &login, "Basic realm=x"));
    assert_true(challenge(proxy, &login, DIGEST "\"n\""));
    assert_authorizes(proxy, &login, "Digest ");
    ah_proxy_unref(proxy);
}

static void a_proxy_may_change_from_digest_to_basic(void **state)
{
    (void)state;
    ah_proxy_login first = {0}, second = {0};
    ah_proxy_spec spec = {.url = by("u", "p")};
    ah_proxy *proxy = proxy_of(&spec);

    assert_true(challenge(proxy, &first, DIGEST "\"n\""));
    assert_authorizes(proxy, &second, "Digest ");
    assert_true(challenge(proxy, &second, "Negotiate, Basic realm=x"));
    assert_authorizes(proxy, &second, "Basic ");
    assert_false(challenge(proxy, &second, "Basic realm=x"));
    ah_proxy_unref(proxy);
}

static void a_challenge_of_another_kind_has_no_answer(void **state)
{
    (void)state;
    ah_proxy_login login = {0};
    ah_proxy_spec spec = {.url = by("u", "p")};
    ah_proxy *proxy = proxy_of(&spec);

    assert_false(challenge(proxy, &login, "Negotiate"));
    ah_proxy_unref(proxy);
}

/* ---- Names and lives ---- */

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

    ah_proxy *proxy = proxy_of(&spec);

    if (proxy) {
        ah_proxy_login login = {0};
        ah_buf value = {0};
        challenge(proxy, &login, DIGEST "\"n\"");
        ah_proxy_authorize(proxy, &login, AH_STR("GET"), AH_STR("/"), NULL, &value);
        ah_buf_release(&value);
    }
    ah_proxy_unref(proxy);
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
        HERE(a_digest_challenge_is_answered_once),
        HERE(a_nonce_that_is_too_old_is_renewed_once),
        HERE(the_next_attempt_knows_the_challenge_of_the_last),
        HERE(who_shows_no_password_waits_for_a_digest),
        HERE(a_proxy_may_change_from_digest_to_basic),
        HERE(a_challenge_of_another_kind_has_no_answer),
        HERE(names_show_no_secrets),
        HERE(a_proxy_holds_the_one_that_leads_to_it),
        HERE(any_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
