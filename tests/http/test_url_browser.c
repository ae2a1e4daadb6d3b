/* SPDX-License-Identifier: MIT */
/* URLs as browsers read them, case by case; test_url_vectors.c has the standard's own cases. */
#include "support/check.h"

#include "support/failing_alloc.h"
#include <ahttp/url.h>
#include <string.h>

typedef struct browser_case {
    const char *text, *whole; /* whole is NULL: refused */
} browser_case;

static void assert_read(const char *base_text, const browser_case *cases, size_t count)
{
    ahttp_url *base = base_text ? ahttp_url_parse(base_text, NULL) : NULL;

    for (size_t i = 0; i < count; i++) {
        const char *why = "";
        ahttp_url *url = ahttp_url_parse_as_browser(cases[i].text, base, &why);
        const char *text = url ? ahttp_url_text(url) : NULL;
        if (!url != !cases[i].whole || (url && strcmp(text, cases[i].whole) != 0))
            fail_msg("\"%s\" became \"%s\" instead of \"%s\"", cases[i].text, url ? text : why,
                     cases[i].whole ? cases[i].whole : "nothing");
        assert_int_equal(!why, url != NULL);
        ahttp_url_free(url);
    }
    ahttp_url_free(base);
}

static void what_was_typed_becomes_a_url(void **state)
{
    static const browser_case cases[] = {
        {" \x01http://a/b \r\n", "http://a/b"},
        {"ht\ntp://a\t.b/c\rd", "http://a.b/cd"},
        {"HTTP:\\\\A\\b\\..\\c?\\#\\", "http://a/c?\\#\\"},
        {"https:a", "https://a/"},
        {"https:////a", "https://a/"},
        {"http://a:80/", "http://a/"},
        {"https://a:00443", "https://a/"},
        {"http://a:443/", "http://a:443/"},
        {"http://a:/", "http://a/"},
        {"http://a/%2e/b/.%2E/c/%2e%2e", "http://a/"},
        {"http://a/..a/...", "http://a/..a/..."},
        {"a", NULL},
        {"//a", NULL},
        {"", NULL},
        {"ftp://a/", NULL},
        {"http://", NULL},
        {"http:///", NULL},
        {"http://a:65536/", NULL},
        {"http://a:b/", NULL},
    };
    (void)state;
    assert_read(NULL, cases, COUNT_OF(cases));
}

static void each_part_escapes_characters_of_its_own(void **state)
{
    static const browser_case cases[] = {
        {"http://a/ \"#", "http://a/%20%22#"},
        {"http://a/<>^`{}|'~%zz", "http://a/%3C%3E%5E%60%7B%7D|'~%zz"},
        {"http://a/?<>^`{}|'\"", "http://a/?%3C%3E^`{}|%27%22"},
        {"http://a/#<>^`{}|'\"#", "http://a/#%3C%3E^%60{}|'%22#"},
        {"http://u;=|@:p:/@a/", NULL},
        {"http://u;=|@:p:[^@a/", "http://u%3B%3D%7C%40:p%3A%5B%5E@a/"},
        {"http://u:@a/", "http://u@a/"},
        {"http://:p@a/", "http://:p@a/"},
        {"http://:@a/", "http://a/"},
        {"http://a/\xc3\xa9?\xff", "http://a/%C3%A9?%FF"},
    };
    (void)state;
    assert_read(NULL, cases, COUNT_OF(cases));
}

static void numbers_are_addresses(void **state)
{
    static const browser_case cases[] = {
        {"http://127.1/", "http://127.0.0.1/"},
        {"http://0x7f000001/", "http://127.0.0.1/"},
        {"http://2130706433./", "http://127.0.0.1/"},
        {"http://0300.0250.257/", "http://192.168.1.1/"},
        {"http://1.2.3.0xFF/", "http://1.2.3.255/"},
        {"http://0x/", "http://0.0.0.0/"},
        {"http://4294967295/", "http://255.255.255.255/"},
        {"http://4294967296/", NULL},
        {"http://99999999999999999999999999/", NULL},
        {"http://1.2.3.256/", NULL},
        {"http://1.256.3/", NULL},
        {"http://1.2.3.4.5/", NULL},
        {"http://1..2/", NULL},
        {"http://08/", NULL},
        {"http://a.1/", NULL},
        {"http://1.a/", "http://1.a/"},
        {"http://./", "http://./"},
        {"http://[::FFFF:1.2.3.4]:81/", "http://[::ffff:102:304]:81/"},
        {"http://[::1/", NULL},
        {"http://[::1%25eth0]/", NULL},
        {"http://[]/", NULL},
        {"http://[::1]a/", NULL},
    };
    (void)state;
    assert_read(NULL, cases, COUNT_OF(cases));
}

/* What an escape hides is looked at only after it is undone. */
static void escapes_in_hosts_cannot_end_the_host(void **state)
{
    static const browser_case cases[] = {
        {"http://%41%2eb/", "http://a.b/"},
        {"http://a%2Fb/", NULL},
        {"http://a%40b/", NULL},
        {"http://a%3A80/", NULL},
        {"http://a%23/", NULL},
        {"http://a%00b/", NULL},
        {"http://%2541/", NULL},
        {"http://%31%32%37.1/", "http://127.0.0.1/"},
        {"http://%5B::1%5D/", NULL},
        {"http://a b/", NULL},
    };
    (void)state;
    assert_read(NULL, cases, COUNT_OF(cases));
}

static void links_are_relative_to_their_page(void **state)
{
    static const browser_case cases[] = {
        {"", "http://u:p@a:81/b/c?d"},
        {"#", "http://u:p@a:81/b/c?d#"},
        {"?x", "http://u:p@a:81/b/c?x"},
        {"x", "http://u:p@a:81/b/x"},
        {"..\\x", "http://u:p@a:81/x"},
        {"/x", "http://u:p@a:81/x"},
        {"\\x", "http://u:p@a:81/x"},
        {"//b", "http://b/"},
        {"\\/b", "http://b/"},
        {"///b/", "http://b/"},
        {"http:x", "http://u:p@a:81/b/x"},
        {"https:x", "https://x/"},
        {"ws:x", "ws://x/"},
        {"mailto:x@y", NULL},
    };
    static const browser_case zone[] = {{"x", "http://[fe80::1%25eth0]/x"}};
    static const browser_case user[] = {{"", "http://%C3%A9%5B@a/%22/"}};
    (void)state;
    assert_read("http://u:p@a:81/b/c?d#e", cases, COUNT_OF(cases));
    assert_read("http://[fe80::1%25eth0]/a", zone, COUNT_OF(zone));
    assert_read("http://\xc3\xa9[:@a/\"/.", user, COUNT_OF(user));
}

static void websockets_and_port_0_are_values_too(void **state)
{
    (void)state;
    ahttp_url *url = ahttp_url_parse_as_browser("WSS://a:443/b?c", NULL, NULL);
    ahttp_url *zero = ahttp_url_parse_as_browser("http://a:000/b", NULL, NULL);
    ahttp_url *joined = ahttp_url_join(url, "../d", NULL);
    ahttp_url *longer = ahttp_url_with_params(zero, AHTTP_PAIRS({"e", "f"}));
    ahttp_url *https = ahttp_url_parse("https://a/", NULL);

    assert_string_equal(ahttp_url_scheme(url), "wss");
    assert_int_equal(ahttp_url_port(url), 443);
    assert_string_equal(ahttp_url_text(joined), "wss://a/d");
    assert_int_equal(ahttp_url_port(zero), 0);
    assert_string_equal(ahttp_url_text(longer), "http://a:0/b?e=f");
    assert_false(ahttp_url_same_origin(url, https));
    assert_null(ahttp_url_join(https, ahttp_url_text(url), NULL));
    ahttp_url_free(url);
    ahttp_url_free(zero);
    ahttp_url_free(joined);
    ahttp_url_free(longer);
    ahttp_url_free(https);
}

static void read_one(void *ctx)
{
    ahttp_url *base = ahttp_url_parse("http://u@a/b?c", NULL);
    ahttp_url *url = base ? ahttp_url_parse_as_browser("../ d", base, NULL) : NULL;
    ahttp_url *other = ahttp_url_parse_as_browser("http://%41:0/\\b?'#`", base, NULL);

    (void)ctx;
    if (url)
        assert_string_equal(ahttp_url_text(url), "http://u@a/%20d");
    if (other)
        assert_string_equal(ahttp_url_text(other), "http://a:0//b?%27#%60");
    ahttp_url_free(base);
    ahttp_url_free(url);
    ahttp_url_free(other);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    for_each_allocation(read_one, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_typed_becomes_a_url),
        cmocka_unit_test(each_part_escapes_characters_of_its_own),
        cmocka_unit_test(numbers_are_addresses),
        cmocka_unit_test(escapes_in_hosts_cannot_end_the_host),
        cmocka_unit_test(links_are_relative_to_their_page),
        cmocka_unit_test(websockets_and_port_0_are_values_too),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
