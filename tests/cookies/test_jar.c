/* SPDX-License-Identifier: MIT */
#include "jar_fixture.h"

#include "support/failing_alloc.h"

#define HOME   "https://example.com/a/b"
#define PLAIN  "http://example.com/a/b"
#define HOUR   3600
#define REASON "it is Secure, but the URL is not"

static void assert_taken(const char *url, const char *text)
{
    const char *why = say(url, text);

    if (why)
        fail_msg("%s: %s", text, why);
}

static void assert_refused(const char *url, const char *text, const char *expected)
{
    const char *why = say(url, text);

    if (!why || strcmp(why, expected) != 0)
        fail_msg("%s: %s", text, why ? why : "taken");
}

/* ---- Domains ---- */

static void a_cookie_without_domain_is_for_its_host_alone(void **state)
{
    (void)state;
    assert_taken(HOME, "a=1; Path=/");

    assert_string_equal(sent_to("https://example.com/"), "a=1");
    assert_string_equal(sent_to("https://example.com:8443/"), "a=1");
    assert_string_equal(sent_to("https://www.example.com/"), "");
    assert_string_equal(sent_to("https://com/"), "");
    assert_string_equal(sent_to("https://badexample.com/"), "");
}

static void a_domain_holds_its_subdomains(void **state)
{
    (void)state;
    assert_taken("https://www.example.com/", "a=1; Domain=.Example.COM");
    assert_taken("https://www.example.com/", "b=2; Domain=example.com");

    assert_string_equal(sent_to("https://example.com/"), "a=1; b=2");
    assert_string_equal(sent_to("https://www.example.com/"), "a=1; b=2");
    assert_string_equal(sent_to("https://x.y.example.com/"), "a=1; b=2");
    assert_string_equal(sent_to("https://EXAMPLE.com./"), "a=1; b=2");
    assert_string_equal(sent_to("https://badexample.com/"), "");
    assert_string_equal(sent_to("https://example.com.evil.test/"), "");
}

#if AHTTP_IDN
static void an_international_domain_is_that_of_its_a_labels(void **state)
{
    (void)state;
    assert_taken("https://www.xn--bcher-kva.example/", "a=1; Domain=B\xc3\x9c"
                                                       "CHER.example");
    assert_taken("https://www.b\xc3\xbc"
                 "cher.example/",
                 "b=2; Domain=xn--bcher-kva.example");

    assert_string_equal(sent_to("https://xn--bcher-kva.example/"), "a=1; b=2");
    assert_refused("https://www.xn--bcher-kva.example/",
                   "a=1; Domain=b\xfc"
                   "cher.example",
                   "its domain is no name of a host");
}
#endif

static void foreign_domains_are_refused(void **state)
{
    static const char why[] = "its domain does not hold the URL's host";

    (void)state;
    assert_refused(HOME, "a=1; Domain=example.org", why);
    assert_refused(HOME, "a=1; Domain=www.example.com", why);
    assert_refused("https://badexample.com/", "a=1; Domain=example.com", why);
    assert_refused(HOME, "a=1; Domain=example.com.", why);
    assert_refused(HOME, "a=1; Domain=..example.com", why);
    assert_int_equal(jar.count, 0);
}

static void public_suffixes_are_refused_unless_they_are_the_host(void **state)
{
    (void)state;
    assert_refused(HOME, "a=1; Domain=com", "its domain is a public suffix");
    assert_refused("https://example.co.uk/", "a=1; Domain=co.uk", "its domain is a public suffix");
    assert_taken("https://co.uk/", "a=1; Domain=co.uk");
    assert_taken("http://localhost/", "b=2; Domain=localhost");

    assert_string_equal(sent_to("https://co.uk/"), "a=1");
    assert_string_equal(sent_to("https://example.co.uk/"), "");
    assert_string_equal(sent_to("http://localhost/"), "b=2");
}

static void addresses_are_refused_unless_they_are_allowed(void **state)
{
    (void)state;
    assert_refused("http://127.0.0.1/", "a=1", "the URL's host is an IP address");
    assert_refused("http://[::1]/", "a=1", "the URL's host is an IP address");
    ah_jar_release(&jar);
    begin_with(&(ah_jar_rules){.ip_hosts = true});
    assert_taken("http://127.0.0.1:81/", "a=1");
    assert_taken("http://127.0.0.1/", "b=2; Domain=127.0.0.1");
    assert_taken("http://[::1]/", "c=3");
    assert_refused("http://127.0.0.1/", "d=4; Domain=0.0.1",
                   "its domain is not the IP address that the URL has");

    assert_string_equal(sent_to("http://127.0.0.1:82/"), "a=1; b=2");
    assert_string_equal(sent_to("http://1.127.0.0.1.example/"), "");
    assert_taken("https://host.1/", "n=1");
    assert_string_equal(sent_to("https://host.1/"), "n=1");
    assert_string_equal(sent_to("http://[0::1]/"), "c=3");
}

static void one_name_in_two_domains_is_two_cookies(void **state)
{
    (void)state;
    assert_taken("https://www.example.com/", "a=host");
    assert_taken("https://www.example.com/", "a=all; Domain=www.example.com");
    assert_taken("https://www.example.com/", "a=domain; Domain=example.com");

    assert_string_equal(sent_to("https://www.example.com/"), "a=host; a=all; a=domain");
    assert_string_equal(sent_to("https://x.www.example.com/"), "a=all; a=domain");
}

/* ---- Paths ---- */

static void the_default_path_is_the_folder_of_the_url(void **state)
{
    (void)state;
    assert_taken("https://example.com/a/b?c/d", "x=1");
    assert_taken("https://example.com", "y=2");
    assert_taken("https://example.com/a/", "z=3; Path=nonsense");

    assert_string_equal(sent_to("https://example.com/a"), "x=1; z=3; y=2");
    assert_string_equal(sent_to("https://example.com/a/b/c"), "x=1; z=3; y=2");
    assert_string_equal(sent_to("https://example.com/ab"), "y=2");
    assert_string_equal(sent_to("https://example.com/?/a"), "y=2");
}

static void the_longest_path_comes_first_whatever_came_first(void **state)
{
    (void)state;
    assert_taken(HOME, "k=root; Path=/");
    assert_taken(HOME, "k=deep; Path=/a/b");
    assert_taken(HOME, "k=middle; Path=/a");
    assert_taken(HOME, "l=root; Path=/");
    assert_taken("https://example.com/", "k=domain; Path=/a; Domain=example.com");

    assert_string_equal(sent_to("https://example.com/a/b/c"),
                        "k=deep; k=middle; k=domain; k=root; l=root");
    assert_string_equal(sent_to("https://example.com/a/bc"), "k=middle; k=domain; k=root; l=root");
}

/* ---- Replacing and deleting ---- */

static void a_new_value_keeps_the_place_of_the_old_one(void **state)
{
    (void)state;
    assert_taken(HOME, "a=1; Path=/");
    assert_taken(HOME, "b=2; Path=/");
    assert_taken(HOME, "a=3; Path=/; HttpOnly");

    assert_string_equal(sent_to(HOME), "a=3; b=2");
    assert_int_equal(jar.count, 2);
}

static void an_expired_cookie_deletes(void **state)
{
    (void)state;
    assert_taken(HOME, "a=1; Path=/");
    assert_taken(HOME, "b=2; Path=/");
    assert_taken(HOME, "a=; Path=/x; Max-Age=0");
    assert_string_equal(sent_to(HOME), "a=1; b=2");
    assert_taken(HOME, "a=; Path=/; Max-Age=0");
    assert_taken(HOME, "b=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT");

    assert_string_equal(sent_to(HOME), "");
    assert_int_equal(jar.count, 0);
    assert_int_equal(jar.domains.count, 0);
}

static void cookies_go_when_they_expire(void **state)
{
    (void)state;
    assert_taken(HOME, "a=1; Max-Age=10");
    assert_taken(HOME, "b=2; Max-Age=20");
    assert_taken(HOME, "c=3");

    now += 9;
    assert_string_equal(sent_to(HOME), "a=1; b=2; c=3");
    now += 1;
    assert_string_equal(sent_to(HOME), "b=2; c=3");
    assert_int_equal(jar.count, 2);
    now += 1000 * HOUR;
    assert_string_equal(sent_to(HOME), "c=3");
}

/* ---- Secure ---- */

static void secure_cookies_are_for_https_only(void **state)
{
    (void)state;
    assert_refused(PLAIN, "a=1; Secure", REASON);
    assert_taken(HOME, "a=1; Secure; Path=/");

    assert_string_equal(sent_to(HOME), "a=1");
    assert_string_equal(sent_to(PLAIN), "");
}

static void an_origin_may_count_as_secure(void **state)
{
    (void)state;
    ah_url origin = url_of("http://example.com:8080/whatever");
    begin_with(&(ah_jar_rules){.secure_origins = &origin, .secure_origin_count = 1});
    assert_taken("http://example.com:8080/", "a=1; Secure");

    assert_string_equal(sent_to("http://example.com:8080/x"), "a=1");
    assert_string_equal(sent_to("http://example.com/x"), "");
    assert_string_equal(sent_to("http://www.example.com:8080/x"), "");
    assert_refused("http://example.com:8081/", "a=1; Secure", REASON);
}

static void secure_cookies_are_left_alone(void **state)
{
    static const char why[] = "there is a Secure cookie of that name";

    (void)state;
    assert_taken("https://example.com/", "a=1; Secure; Path=/login; Domain=example.com");
    assert_refused("http://example.com/", "a=2; Path=/login", why);
    assert_refused("http://example.com/", "a=2; Path=/login/en", why);
    assert_refused("http://www.example.com/", "a=2; Path=/login", why);
    assert_refused("http://example.com/", "a=; Path=/login; Max-Age=0", why);
    assert_taken("http://example.com/", "a=2; Path=/");
    assert_taken("http://example.com/", "b=2; Path=/login");
    assert_taken("http://example.org/", "a=2; Path=/login");
    assert_taken("https://example.com/", "a=3; Path=/login; Domain=example.com");
    assert_taken("http://example.com/", "a=4; Path=/login; Domain=example.com");
    assert_taken("https://www.example.com/", "c=1; Secure; Path=/");
    assert_refused("http://example.com/", "c=2; Domain=example.com", why);

    assert_string_equal(sent_to("https://example.com/login"), "a=4; b=2; a=2");
}

static void an_expired_secure_cookie_does_not_matter(void **state)
{
    (void)state;
    assert_taken(HOME, "a=1; Secure; Path=/; Max-Age=10");
    now += 10;
    assert_taken(PLAIN, "a=2; Path=/");

    assert_string_equal(sent_to(PLAIN), "a=2");
}

static void prefixes_must_be_earned(void **state)
{
    static const char host_why[] =
        "its name starts with __Host-, but it is not Secure, for one host and Path=/";

    (void)state;
    assert_taken(HOME, "__Secure-a=1; Secure; Domain=example.com; Path=/");
    assert_taken(HOME, "__Host-a=1; Secure; Path=/");
    assert_refused(HOME, "__Secure-b=1", "its name starts with __Secure-, but it is not Secure");
    assert_refused(HOME, "__sECURE-b=1", "its name starts with __Secure-, but it is not Secure");
    assert_refused(HOME, "__Host-b=1; Path=/", host_why);
    assert_refused(HOME, "__Host-b=1; Secure", host_why);
    assert_refused("https://example.com/", "__Host-b=1; Secure", host_why);
    assert_refused(HOME, "__HOST-b=1; Secure; Path=/; Domain=example.com", host_why);
    assert_refused(HOME, "__Host-b=1; Secure; Path=/a", host_why);
    assert_refused(PLAIN, "__Secure-b=1; Secure", REASON);

    assert_string_equal(sent_to(HOME), "__Secure-a=1; __Host-a=1");
}

/* ---- Limits ---- */

static void say_number(const char *url, const char *format, int i)
{
    char text[64];

    snprintf(text, sizeof text, format, i);
    assert_taken(url, text);
}

static void a_domain_keeps_what_was_used_last_and_secure_ones_longest(void **state)
{
    (void)state;
    begin_with(&(ah_jar_rules){.max_per_domain = 3});
    assert_taken(HOME, "s=1; Secure; Path=/");
    assert_taken(HOME, "a=1; Path=/");
    assert_taken(HOME, "b=1; Path=/only");
    assert_string_equal(sent_to(HOME), "s=1; a=1");
    assert_taken(HOME, "c=1; Path=/");
    assert_string_equal(sent_to("https://example.com/only"), "s=1; a=1; c=1");
    assert_taken(HOME, "d=1; Path=/");
    assert_string_equal(sent_to(HOME), "s=1; c=1; d=1");

    assert_int_equal(jar.count, 3);
}

static void a_jar_keeps_what_was_used_last(void **state)
{
    (void)state;
    begin_with(&(ah_jar_rules){.max_cookies = 3});
    assert_taken("https://one.test/", "a=1");
    assert_taken("https://two.test/", "b=1");
    assert_taken("https://three.test/", "c=1");
    assert_string_equal(sent_to("https://one.test/"), "a=1");
    assert_taken("https://four.test/", "d=1");

    assert_string_equal(sent_to("https://two.test/"), "");
    assert_string_equal(sent_to("https://one.test/"), "a=1");
    assert_int_equal(jar.count, 3);
    assert_int_equal(jar.domains.count, 3);
}

static void the_default_limits_hold(void **state)
{
    char url[64];

    (void)state;
    for (int i = 0; i < 200; i++)
        say_number(HOME, "n%d=1; Path=/", i);
    assert_int_equal(jar.count, 180);
    for (int i = 0; i < 4000; i++) {
        snprintf(url, sizeof url, "https://host%d.test/", i);
        assert_taken(url, "a=1");
    }
    assert_int_equal(jar.count, 3000);
    assert_int_equal(jar.domains.count, 3000);
}

static void churn_of_expiring_cookies_grows_nothing(void **state)
{
    char url[64];

    (void)state;
    for (int i = 0; i < 20000; i++) {
        snprintf(url, sizeof url, "https://host%d.test/", i);
        assert_taken(url, "a=1; Max-Age=10");
        now += 1;
    }
    assert_int_equal(jar.count, 10);
    assert_int_equal(jar.domains.count, 10);
    assert_true(jar.domains.size <= 16);
}

/* ---- Restoring ---- */

static const char *restore(ahttp_cookie cookie)
{
    cookie.size = sizeof cookie;
    return ah_jar_restore(&jar, &cookie, now);
}

static bool copy_first(const ahttp_cookie *cookie, void *ctx)
{
    *(ahttp_cookie *)ctx = *cookie;
    return false;
}

static void a_restored_cookie_is_as_it_was(void **state)
{
    ahttp_cookie back = {0};

    (void)state;
    assert_null(restore((ahttp_cookie){.name = "a",
                                       .value = "1",
                                       .domain = "example.com",
                                       .path = "/x",
                                       .expires = now + 5,
                                       .same_site = AHTTP_SAME_SITE_LAX,
                                       .host_only = true,
                                       .secure = true,
                                       .http_only = true}));
    ah_jar_each(&jar, now, copy_first, &back);

    assert_string_equal(back.name, "a");
    assert_string_equal(back.value, "1");
    assert_string_equal(back.domain, "example.com");
    assert_string_equal(back.path, "/x");
    assert_int_equal(back.expires, now + 5);
    assert_int_equal(back.same_site, AHTTP_SAME_SITE_LAX);
    assert_true(back.host_only && back.secure && back.http_only);
    assert_string_equal(sent_to("https://example.com/x"), "a=1");
    assert_string_equal(sent_to("https://www.example.com/x"), "");
}

static void nonsense_is_not_restored(void **state)
{
    static const ahttp_cookie cookies[] = {
        {.name = "", .value = "", .domain = "example.com", .path = "/"},
        {.name = "a", .value = "", .domain = "", .path = "/"},
        {.name = "a", .value = "", .domain = "example.com", .path = "x"},
        {.name = "a", .value = "1\r\nEvil: 2", .domain = "example.com", .path = "/"},
        {.name = "a=b", .value = "", .domain = "example.com", .path = "/"},
        {.name = "a", .value = "1; b=2", .domain = "example.com", .path = "/"},
        {.name = "a", .value = "", .domain = "com", .path = "/"},
        {.name = "__Host-a", .value = "", .domain = "example.com", .path = "/"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cookies); i++)
        if (!restore(cookies[i]))
            fail_msg("cookie %zu was restored", i);
    assert_null(restore((ahttp_cookie){
        .name = "a", .value = "1", .domain = "example.com", .path = "/", .expires = now}));
    assert_int_equal(jar.count, 0);
}

/* ---- Removing ---- */

static bool has_name_a(const ahttp_cookie *cookie, void *ctx)
{
    (void)ctx;
    return strcmp(cookie->name, "a") == 0;
}

static void cookies_are_removed_by_a_predicate(void **state)
{
    (void)state;
    assert_taken(HOME, "a=1");
    assert_taken(HOME, "b=1");
    assert_taken("https://example.org/", "a=1");

    assert_int_equal(ah_jar_remove(&jar, now, has_name_a, NULL), 2);
    assert_string_equal(sent_to(HOME), "b=1");
    assert_int_equal(ah_jar_remove(&jar, now, NULL, NULL), 1);
    assert_int_equal(jar.domains.count, 0);
}

/* ---- Memory ---- */

static void set_in_scarcity(void *ctx)
{
    (void)ctx;
    begin(NULL);
    ah_arena texts = {0};
    ah_url url;
    ah_set_cookie said;
    if (!ah_url_parse(&url, &texts, AH_STR(HOME))) {
        assert_null(ah_set_cookie_read(&said, AH_STR("a=1; Domain=example.com")));
        const char *why = ah_jar_set(&jar, &url, &said, now);
        assert_true(!why || why == AH_JAR_NO_MEMORY);
        assert_int_equal(jar.count, !why);
        assert_int_equal(jar.domains.count, !why);
    }
    ah_jar_release(&jar);
    ah_arena_release(&texts);
}

static void running_out_of_memory_leaves_the_jar_whole(void **state)
{
    (void)state;
    for_each_allocation(set_in_scarcity, NULL);
}

static bool count_one(const ahttp_cookie *cookie, void *ctx)
{
    (void)cookie;
    ++*(size_t *)ctx;
    return true;
}

static void finding_allocates_nothing(void **state)
{
    size_t found = 0;

    (void)state;
    assert_taken(HOME, "a=1; Domain=example.com; Path=/");
    assert_taken(HOME, "b=1");
    ah_url url = url_of("https://www.example.com/");
    ah_url home = url_of(HOME);
    counting_alloc_install();
    for (int i = 0; i < 100; i++) {
        ah_jar_find(&jar, &url, now, count_one, &found);
        ah_jar_find(&jar, &home, now, count_one, &found);
    }
    size_t allocations = counting_alloc_counts().allocations;
    counting_alloc_remove();

    assert_int_equal(allocations, 0);
    assert_int_equal(found, 300);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_cookie_without_domain_is_for_its_host_alone),
        TEST(a_domain_holds_its_subdomains),
#if AHTTP_IDN
        TEST(an_international_domain_is_that_of_its_a_labels),
#endif
        TEST(foreign_domains_are_refused),
        TEST(public_suffixes_are_refused_unless_they_are_the_host),
        TEST(addresses_are_refused_unless_they_are_allowed),
        TEST(one_name_in_two_domains_is_two_cookies),
        TEST(the_default_path_is_the_folder_of_the_url),
        TEST(the_longest_path_comes_first_whatever_came_first),
        TEST(a_new_value_keeps_the_place_of_the_old_one),
        TEST(an_expired_cookie_deletes),
        TEST(cookies_go_when_they_expire),
        TEST(secure_cookies_are_for_https_only),
        TEST(an_origin_may_count_as_secure),
        TEST(secure_cookies_are_left_alone),
        TEST(an_expired_secure_cookie_does_not_matter),
        TEST(prefixes_must_be_earned),
        TEST(a_domain_keeps_what_was_used_last_and_secure_ones_longest),
        TEST(a_jar_keeps_what_was_used_last),
        TEST(the_default_limits_hold),
        TEST(churn_of_expiring_cookies_grows_nothing),
        TEST(a_restored_cookie_is_as_it_was),
        TEST(nonsense_is_not_restored),
        TEST(cookies_are_removed_by_a_predicate),
        cmocka_unit_test(running_out_of_memory_leaves_the_jar_whole),
        TEST(finding_allocates_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
