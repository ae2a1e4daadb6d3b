/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "http/hsts.h"
#include "http/url.h"
#include "support/failing_alloc.h"
#include <stdio.h>

enum { NOW = 1420070400 };

static ah_hsts list;

static int begin(void **state)
{
    (void)state;
    ah_hsts_init(&list);
    return 0;
}

static int end(void **state)
{
    (void)state;
    ah_hsts_release(&list);
    return 0;
}

static void assert_policy(const char *value, int64_t max_age, bool include_subdomains)
{
    ah_hsts_policy policy;

    if (!ah_hsts_policy_read(ah_str_from(value), &policy))
        fail_msg("%s is broken", value);
    assert_int_equal(policy.max_age, max_age);
    assert_int_equal(policy.include_subdomains, include_subdomains);
}

static void policies_are_read(void **state)
{
    (void)state;
    assert_policy("max-age=31536000", 31536000, false);
    assert_policy("max-age=15768000 ; includeSubDomains", 15768000, true);
    assert_policy(" INCLUDESUBDOMAINS;;Max-Age = \"60\";preload; other=\"x\"", 60, true);
    assert_policy("max-age=0; includeSubDomains", 0, true);
    assert_policy("max-age=99999999999999999999", INT64_C(3153600000), false);
}

static void broken_policies_count_for_nothing(void **state)
{
    static const char *const values[] = {
        "",
        "includeSubDomains",
        "max-age",
        "max-age=",
        "max-age=-1",
        "max-age=1.5",
        "max-age=1s",
        "max-age=1; max-age=1",
        "max-age=1; includeSubDomains=yes",
        "maxage=1",
        "max-age=1; includeSubDomains; includeSubDomains",
    };
    ah_hsts_policy policy;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(values); i++)
        if (ah_hsts_policy_read(ah_str_from(values[i]), &policy))
            fail_msg("%s was read", values[i]);
}

static void note(const char *host, int64_t max_age, bool include_subdomains)
{
    assert_true(
        ah_hsts_note(&list, ah_str_from(host), (ah_hsts_policy){max_age, include_subdomains}, NOW));
}

static bool has(const char *host, int64_t later)
{
    return ah_hsts_has(&list, ah_str_from(host), NOW + later);
}

static void a_host_is_for_itself_or_its_subdomains_too(void **state)
{
    (void)state;
    note("example.com", 60, false);
    note("example.org", 60, true);

    assert_true(has("example.com", 0));
    assert_false(has("www.example.com", 0));
    assert_true(has("example.org", 0));
    assert_true(has("a.b.example.org", 0));
    assert_false(has("badexample.org", 0));
    assert_false(has("org", 0));
}

static void an_entry_expires_is_renewed_and_forgotten(void **state)
{
    (void)state;
    note("example.com", 60, true);
    assert_true(has("www.example.com", 59));
    note("example.com", 120, false);
    assert_true(has("example.com", 119));
    assert_false(has("www.example.com", 0));
    assert_false(has("example.com", 120));
    assert_int_equal(list.hosts.count, 0);
    note("example.com", 60, false);
    note("example.com", 0, false);
    assert_false(has("example.com", 0));
    note("example.com", 60, false);
    ah_hsts_forget(&list, AH_STR("example.com"));
    ah_hsts_forget(&list, AH_STR("example.com"));
    assert_false(has("example.com", 0));
}

static void a_subdomain_does_not_end_what_its_domain_says(void **state)
{
    (void)state;
    note("example.com", 60, true);
    note("www.example.com", 10, false);

    assert_true(has("www.example.com", 20));
    assert_true(has("www.example.com", 30));
}

static void the_list_is_bounded(void **state)
{
    char host[32];

    (void)state;
    for (int i = 0; i < 10002; i++) {
        snprintf(host, sizeof host, "h%d.test", i);
        note(host, 60, false);
    }

    assert_int_equal(list.hosts.count, 10000);
    assert_false(has("h1.test", 0));
    assert_true(has("h2.test", 0));
}

static void a_list_is_written_and_read(void **state)
{
    ah_buf out = {0};

    (void)state;
    note("example.com", 86399, true);
    note("example.org", 86400 * 365, false);
    note("gone.test", 10, false);
    ah_hsts_write(&list, &out, NOW + 10);
    assert_str(ah_buf_str(&out), "# Hosts to be visited by https only (RFC 6797)\n"
                                 ".example.com \"20150101 23:59:59\"\n"
                                 "example.org \"20160101 00:00:00\"\n");
    end(NULL);
    begin(NULL);
    assert_true(ah_hsts_read(&list, ah_buf_str(&out), NOW));
    ah_buf_release(&out);

    assert_true(has("www.example.com", 86398));
    assert_false(has("example.com", 86399));
    assert_true(has("example.org", 86400 * 365 - 1));
}

static void odd_lines_are_passed_over(void **state)
{
    (void)state;
    assert_true(ah_hsts_read(&list,
                             AH_STR("\r\n# curl\r\n.Example.COM \"unlimited\"\r\n"
                                    "a.test \"soon\"\nb.test\n. \"unlimited\"\n"
                                    "c.test \"20140101 00:00:00\"\nd.test \"20160101 00:00\"\n"
                                    "e.test \"20160101 00:00:00\" x\nf.test \"20160101 00:00:00"),
                             NOW));

    assert_int_equal(list.hosts.count, 1);
    assert_true(has("www.example.com", 86400));
}

static void an_http_url_becomes_the_https_one_of_the_same_name(void **state)
{
    static const struct {
        const char *given, *safe, *authority;
        uint16_t port;
    } cases[] = {
        {"http://example.com", "https://example.com/", "example.com", 443},
        {"http://user:pass@Example.com:80/a?b#c", "https://example.com/a?b", "example.com", 443},
        {"http://example.com:8080/%2f", "https://example.com:8080/%2f", "example.com:8080", 8080},
        {"http://example.com:443/", "https://example.com/", "example.com", 443},
    };
    ah_arena texts = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        ah_url url;
        assert_null(ah_url_parse(&url, &texts, ah_str_from(cases[i].given)));
        ah_str userinfo = url.userinfo;
        ah_str fragment = url.fragment;
        assert_true(ah_url_use_tls(&url, &texts));
        assert_str(url.safe, cases[i].safe);
        assert_str(url.authority, cases[i].authority);
        assert_int_equal(url.port, cases[i].port);
        assert_true(url.is_tls);
        assert_true(ah_str_equal(url.userinfo, userinfo) && ah_str_equal(url.fragment, fragment));
    }
    ah_arena_release(&texts);
}

static void note_in_scarcity(void *ctx)
{
    ah_hsts scarce;

    (void)ctx;
    ah_hsts_init(&scarce);
    bool noted = ah_hsts_note(&scarce, AH_STR("example.com"), (ah_hsts_policy){60, false}, NOW);
    assert_int_equal(ah_hsts_has(&scarce, AH_STR("example.com"), NOW), noted);
    ah_hsts_release(&scarce);
}

static void running_out_of_memory_is_told(void **state)
{
    (void)state;
    for_each_allocation(note_in_scarcity, NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(policies_are_read),
        TEST(broken_policies_count_for_nothing),
        TEST(a_host_is_for_itself_or_its_subdomains_too),
        TEST(an_entry_expires_is_renewed_and_forgotten),
        TEST(a_subdomain_does_not_end_what_its_domain_says),
        TEST(the_list_is_bounded),
        TEST(a_list_is_written_and_read),
        TEST(odd_lines_are_passed_over),
        TEST(an_http_url_becomes_the_https_one_of_the_same_name),
        cmocka_unit_test(running_out_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
