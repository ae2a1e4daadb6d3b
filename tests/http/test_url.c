/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "http/url.h"
#include "support/failing_alloc.h"
#include <stdio.h>

typedef struct read_case {
    const char *text;
    const char *safe; /* "scheme://authority" and target */
    const char *host;
    int port;
    const char *target;
    const char *userinfo;
    const char *fragment;
} read_case;

static void assert_same(ah_str actual, const char *expected, const char *text)
{
    if (!ah_str_equal(actual, ah_str_from(expected)) || !actual.ptr != !expected)
        fail_msg("in <%s>: \"%.*s\" is not \"%s\"", text, (int)actual.len,
                 actual.ptr ? actual.ptr : "", expected ? expected : "(none)");
}

static void check_parts(ah_url url, const read_case *expected)
{
    bool is_tls = expected->safe[4] == 's';

    assert_same(url.safe, expected->safe, expected->text);
    assert_same(url.host, expected->host, expected->text);
    assert_same(url.target, expected->target, expected->text);
    assert_same(url.userinfo, expected->userinfo, expected->text);
    assert_same(url.fragment, expected->fragment, expected->text);
    assert_same(url.scheme, is_tls ? "https" : "http", expected->text);
    assert_int_equal(url.port, expected->port);
    assert_int_equal(url.is_tls, is_tls);
    assert_int_equal(url.is_ipv6, strchr(expected->host, ':') != NULL);
    assert_int_equal(url.safe.ptr[url.safe.len], '\0');
    /* safe is nothing but scheme, authority and target. */
    assert_int_equal(url.safe.len, url.scheme.len + 3 + url.authority.len + url.target.len);
    assert_true(
        ah_str_equal(url.authority, ah_str_slice(url.safe, url.scheme.len + 3, url.authority.len)));
}

/* Most URLs are copied as they are; a fragment makes that it is built of its parts, and all of
   them are the same. */
static void check_with_fragment(const read_case *expected)
{
    read_case with_fragment = *expected;
    ah_arena arena = {0};
    char text[2048];
    ah_url url;
    int len = snprintf(text, sizeof text, "%s#f", expected->text);

    assert_in_range(len, 3, sizeof text - 1);
    if (text[len - 3] <= ' ' || expected->fragment)
        return;
    with_fragment.text = text;
    with_fragment.fragment = "f";
    assert_null(ah_url_parse(&url, &arena, ah_str_from(text)));
    check_parts(url, &with_fragment);
    ah_arena_release(&arena);
}

/* Alone, behind the URL of the case before, and behind itself: always the same. */
static void check(const read_case *expected)
{
    static ah_url_memo memo;
    ah_arena arena = {0};
    ah_url url;
    const char *why = ah_url_parse(&url, &arena, ah_str_from(expected->text));
    if (why)
        fail_msg("<%s> was refused: %s", expected->text, why);

    check_parts(url, expected);
    for (int i = 0; i < 2; i++) {
        assert_null(ah_url_parse_next(&url, &arena, ah_str_from(expected->text), &memo));
        check_parts(url, expected);
    }
    check_with_fragment(expected);
    ah_arena_release(&arena);
}

static void check_all(const read_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check(&cases[i]);
}

static void a_url_falls_into_its_parts(void **state)
{
    (void)state;
    static const read_case cases[] = {
        {"http://example.com/a/b?c=d#e", "http://example.com/a/b?c=d", "example.com", 80,
         "/a/b?c=d", NULL, "e"},
        {"https://example.com:8443/", "https://example.com:8443/", "example.com", 8443, "/", NULL,
         NULL},
        {"HTTP://ExAmPlE.CoM/PaTh", "http://example.com/PaTh", "example.com", 80, "/PaTh", NULL,
         NULL},
        {"hTTps://H", "https://h/", "h", 443, "/", NULL, NULL},
        {"http://h?q", "http://h/?q", "h", 80, "/?q", NULL, NULL},
        {"http://h?", "http://h/?", "h", 80, "/?", NULL, NULL},
        {"http://h#f", "http://h/", "h", 80, "/", NULL, "f"},
        {"http://h/#", "http://h/", "h", 80, "/", NULL, ""},
        {"http://h/#a?b/c#d", "http://h/", "h", 80, "/", NULL, "a?b/c#d"},
        {"http://h/a?b?c/d@e:f", "http://h/a?b?c/d@e:f", "h", 80, "/a?b?c/d@e:f", NULL, NULL},
        {"http://h//a//b", "http://h//a//b", "h", 80, "//a//b", NULL, NULL},
    };

    check_all(cases, COUNT_OF(cases));
}

static void bytes_given_are_bytes_sent(void **state)
{
    (void)state;
    static const read_case cases[] = {
        {"http://h/a%2Fb%2fc%3A+~d?x=%2B+%zz%", "http://h/a%2Fb%2fc%3A+~d?x=%2B+%zz%", "h", 80,
         "/a%2Fb%2fc%3A+~d?x=%2B+%zz%", NULL, NULL},
        {"http://h/a/../b/./%2e%2E/c", "http://h/a/../b/./%2e%2E/c", "h", 80, "/a/../b/./%2e%2E/c",
         NULL, NULL},
        {"http://h/\\\\x?\"<>`{}|^[]", "http://h/\\\\x?\"<>`{}|^[]", "h", 80, "/\\\\x?\"<>`{}|^[]",
         NULL, NULL},
        {"http://h/!$&'()*+,;=:@-._~", "http://h/!$&'()*+,;=:@-._~", "h", 80, "/!$&'()*+,;=:@-._~",
         NULL, NULL},
    };

    check_all(cases, COUNT_OF(cases));
}

static void what_cannot_stand_in_a_request_line_is_escaped(void **state)
{
    (void)state;
    static const read_case cases[] = {
        {"http://h/a b?c d#e f", "http://h/a%20b?c%20d", "h", 80, "/a%20b?c%20d", NULL, "e%20f"},
        {"http://h/\r\nX:\t1\x01\x7f", "http://h/%0D%0AX:%091%01%7F", "h", 80,
         "/%0D%0AX:%091%01%7F", NULL, NULL},
        {"http://h/\xc3\xa9?\xe2\x82\xac#\xff", "http://h/%C3%A9?%E2%82%AC", "h", 80,
         "/%C3%A9?%E2%82%AC", NULL, "%FF"},
        {"http://h/12345678901234567\x7f", "http://h/12345678901234567%7F", "h", 80,
         "/12345678901234567%7F", NULL, NULL},
    };

    check_all(cases, COUNT_OF(cases));
}

static void every_byte_of_a_path_is_kept_or_escaped_wherever_it_stands(void **state)
{
    (void)state;
    static const char digits[] = "0123456789ABCDEF";
    ah_arena arena = {0};
    ah_url url;

    for (unsigned byte = 0; byte < 256; byte++)
        for (size_t at = 0; at < 20; at++) {
            char text[] = "http://h/aaaaaaaaaaaaaaaaaaaaz";
            char expected[40] = "/aaaaaaaaaaaaaaaaaaaa";
            text[9 + at] = (char)byte;
            bool stays = byte > 0x20 && byte < 0x7f && byte != '#';
            size_t len = 1 + at;
            if (stays)
                expected[len++] = (char)byte;
            else if (byte != '#')
                len +=
                    (size_t)sprintf(expected + len, "%%%c%c", digits[byte >> 4], digits[byte & 15]);
            if (byte != '#')
                memcpy(expected + len, &"aaaaaaaaaaaaaaaaaaaz"[at], 21 - at);
            else
                expected[len] = '\0';
            assert_null(ah_url_parse(&url, &arena, ah_str_make(text, sizeof text - 1)));
            assert_same(url.target, expected, text);
            ah_arena_reset(&arena);
        }
    ah_arena_release(&arena);
}

static void spaces_and_controls_round_a_url_are_no_part_of_it(void **state)
{
    (void)state;
    static const read_case cases[] = {
        {" \t http://h/a \r\n", "http://h/a", "h", 80, "/a", NULL, NULL},
        {"http://h\n", "http://h/", "h", 80, "/", NULL, NULL},
    };

    check_all(cases, COUNT_OF(cases));
}

static void the_port_is_left_out_where_it_is_the_default(void **state)
{
    (void)state;
    static const read_case cases[] = {
        {"http://h:80/", "http://h/", "h", 80, "/", NULL, NULL},
        {"https://h:443/", "https://h/", "h", 443, "/", NULL, NULL},
        {"http://h:443/", "http://h:443/", "h", 443, "/", NULL, NULL},
        {"https://h:80", "https://h:80/", "h", 80, "/", NULL, NULL},
        {"http://h:/", "http://h/", "h", 80, "/", NULL, NULL},
        {"https://h:?q", "https://h/?q", "h", 443, "/?q", NULL, NULL},
        {"http://h:00000000000000000000080/c", "http://h/c", "h", 80, "/c", NULL, NULL},
        {"http://h:0081/", "http://h:81/", "h", 81, "/", NULL, NULL},
        {"http://h:1", "http://h:1/", "h", 1, "/", NULL, NULL},
        {"http://h:65535", "http://h:65535/", "h", 65535, "/", NULL, NULL},
        {"http://h:10000", "http://h:10000/", "h", 10000, "/", NULL, NULL},
    };

    check_all(cases, COUNT_OF(cases));
}

static void user_and_password_end_at_the_last_at_sign(void **state)
{
    (void)state;
    static const read_case cases[] = {
        {"http://u:p@h/", "http://h/", "h", 80, "/", "u:p", NULL},
        {"http://u@h:81/a@b", "http://h:81/a@b", "h", 81, "/a@b", "u", NULL},
        {"http://:p@h", "http://h/", "h", 80, "/", ":p", NULL},
        {"http://@h/", "http://h/", "h", 80, "/", NULL, NULL},
        {"http://foo.com:b@d/", "http://d/", "d", 80, "/", "foo.com:b", NULL},
        {"http://::@c@d:2", "http://d:2/", "d", 2, "/", "::@c", NULL},
        {"https://@@@example", "https://example/", "example", 443, "/", "@@", NULL},
        {"http://a%40b:c%3ad@h/", "http://h/", "h", 80, "/", "a%40b:c%3ad", NULL},
        {"http://\xc3\xa9:[x]@h/", "http://h/", "h", 80, "/", "\xc3\xa9:[x]", NULL},
        {"http://u:p@[::1]:81/", "http://[::1]:81/", "::1", 81, "/", "u:p", NULL},
    };

    check_all(cases, COUNT_OF(cases));
}

static void ipv6_addresses_take_their_shortest_form(void **state)
{
    (void)state;
    static const read_case cases[] = {
        {"http://[::1]", "http://[::1]/", "::1", 80, "/", NULL, NULL},
        {"http://[::]:8080/x", "http://[::]:8080/x", "::", 8080, "/x", NULL, NULL},
        {"http://[2001:DB8:0:0:1:0:0:1]/", "http://[2001:db8::1:0:0:1]/", "2001:db8::1:0:0:1", 80,
         "/", NULL, NULL},
        {"http://[2001:0db8::0001]:/", "http://[2001:db8::1]/", "2001:db8::1", 80, "/", NULL, NULL},
        {"http://[1:0::]", "http://[1::]/", "1::", 80, "/", NULL, NULL},
        {"http://[0:1:0:1:0:1:0:1]", "http://[0:1:0:1:0:1:0:1]/", "0:1:0:1:0:1:0:1", 80, "/", NULL,
         NULL},
        {"http://[1:0:1:0:1:0:1:0]", "http://[1:0:1:0:1:0:1:0]/", "1:0:1:0:1:0:1:0", 80, "/", NULL,
         NULL},
        {"http://[1:2:0:0:5:0:0:0]", "http://[1:2:0:0:5::]/", "1:2:0:0:5::", 80, "/", NULL, NULL},
        {"http://[::127.0.0.1]", "http://[::7f00:1]/", "::7f00:1", 80, "/", NULL, NULL},
        {"http://[::ffff:10.0.0.255]", "http://[::ffff:a00:ff]/", "::ffff:a00:ff", 80, "/", NULL,
         NULL},
        {"https://[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535/",
         "https://[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535/",
         "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535, "/", NULL, NULL},
    };

    check_all(cases, COUNT_OF(cases));
}

static void a_zone_id_is_for_connecting_only(void **state)
{
    (void)state;
    static const read_case cases[] = {
        {"http://[fe80::1%25eth0]:81/a", "http://[fe80::1]:81/a", "fe80::1%eth0", 81, "/a", NULL,
         NULL},
        {"http://u@[FE80::1%25En_0-1.~]#f", "http://[fe80::1]/", "fe80::1%En_0-1.~", 80, "/", "u",
         "f"},
        {"http://[fe80::1%eth0]", "http://[fe80::1]/", "fe80::1%eth0", 80, "/", NULL, NULL},
        {"http://[fe80::1%2]", "http://[fe80::1]/", "fe80::1%2", 80, "/", NULL, NULL},
        {"http://[fe80::1%25eb0]", "http://[fe80::1]/", "fe80::1%eb0", 80, "/", NULL, NULL},
    };

    check_all(cases, COUNT_OF(cases));
}

static void names_and_addresses_are_hosts(void **state)
{
    (void)state;
    static const read_case cases[] = {
        {"http://127.0.0.1/", "http://127.0.0.1/", "127.0.0.1", 80, "/", NULL, NULL},
        {"http://255.255.255.255:8/", "http://255.255.255.255:8/", "255.255.255.255", 8, "/", NULL,
         NULL},
        {"http://a_b-c.example./", "http://a_b-c.example./", "a_b-c.example.", 80, "/", NULL, NULL},
        {"http://xn--6qqa088eba/", "http://xn--6qqa088eba/", "xn--6qqa088eba", 80, "/", NULL, NULL},
        {"http://192.168.257.com", "http://192.168.257.com/", "192.168.257.com", 80, "/", NULL,
         NULL},
        {"http://1.2.3.4.cafe", "http://1.2.3.4.cafe/", "1.2.3.4.cafe", 80, "/", NULL, NULL},
        {"http://0X7F.0.0.0X7G", "http://0x7f.0.0.0x7g/", "0x7f.0.0.0x7g", 80, "/", NULL, NULL},
        {"http://foo.09", "http://foo.09/", "foo.09", 80, "/", NULL, NULL},
        {"http://foo.09..", "http://foo.09../", "foo.09..", 80, "/", NULL, NULL},
        {"http://./", "http://./", ".", 80, "/", NULL, NULL},
        {"http://!\"$&'()*+,-.;=_`{}~/", "http://!\"$&'()*+,-.;=_`{}~/", "!\"$&'()*+,-.;=_`{}~", 80,
         "/", NULL, NULL},
    };

    check_all(cases, COUNT_OF(cases));
}

typedef struct refused_case {
    const char *text;
    const char *why; /* part of the reason */
} refused_case;

static void refuse_all(const refused_case *cases, size_t count)
{
    ah_arena arena = {0};
    ah_url url;

    for (size_t i = 0; i < count; i++) {
        const char *why = ah_url_parse(&url, &arena, ah_str_from(cases[i].text));
        if (!why)
            fail_msg("<%s> was taken", cases[i].text);
        if (!strstr(why, cases[i].why))
            fail_msg("<%s> was refused because %s", cases[i].text, why);
    }
    ah_arena_release(&arena);
}

static void what_is_no_absolute_http_url_is_refused(void **state)
{
    (void)state;
    static const refused_case cases[] = {
        {"", "does not begin with http:// or https://"},
        {"  ", "does not begin with http:// or https://"},
        {"example.com", "does not begin with http:// or https://"},
        {"//example.com/", "does not begin with http:// or https://"},
        {"/path", "does not begin with http:// or https://"},
        {":", "does not begin with http:// or https://"},
        {"http", "does not begin with http:// or https://"},
        {"ht tp://h/", "does not begin with http:// or https://"},
        {"ftp://example.com/", "neither http nor https"},
        {"ws://h/", "the scheme is ws, neither http nor https"},
        {"wss://h/", "the scheme is wss, neither http nor https"},
        {"httpx://h/", "neither http nor https"},
        {"file:///etc/passwd", "neither http nor https"},
        {"javascript:alert(1)", "neither http nor https"},
        {"http:", "// is missing"},
        {"http:example.com", "// is missing"},
        {"HTTPS:/example.com", "// is missing"},
        {"http:\\\\example.com", "// is missing"},
    };

    refuse_all(cases, COUNT_OF(cases));
}

static void a_url_without_host_is_refused(void **state)
{
    (void)state;
    static const refused_case cases[] = {
        {"http://", "host is missing"},       {"http:///path", "host is missing"},
        {"http://?q", "host is missing"},     {"http://#f", "host is missing"},
        {"http://:80/", "host is missing"},   {"http://u:p@/", "host is missing"},
        {"http://u@:80/", "host is missing"},
    };

    refuse_all(cases, COUNT_OF(cases));
}

static void a_port_that_is_none_is_refused(void **state)
{
    (void)state;
    static const char why[] = "the port is not a number between 1 and 65535";
    static const refused_case cases[] = {
        {"http://h:0/", why},
        {"http://h:000/", why},
        {"http://h:65536/", why},
        {"http://h:4294967377/", why},
        {"http://h:340282366920938463463374607431768211537/", why},
        {"http://h:b/", why},
        {"http://h:80b/", why},
        {"http://h:-80/", why},
        {"http://h:+80/", why},
        {"http://h: 80/", why},
        {"http://h:80 /", why},
        {"http://h:80\\x", why},
        {"http://[::1]:x/", why},
    };

    refuse_all(cases, COUNT_OF(cases));
}

static void a_host_with_characters_that_hosts_do_not_have_is_refused(void **state)
{
    (void)state;
    static const refused_case cases[] = {
        {"http://a b/", "space or control"},
        {"http://a\x01"
         "b/",
         "space or control"},
        {"http://a\tb/", "space or control"},
        {"http://a\x7f/", "space or control"},
        {"http://h\r\nX/", "space or control"},
        {"http://a%41/", "%XX"},
        {"http://a%b/", "%XX"},
        {"http://\xff.example/", "host "},
        {"http://\xe2\x98\x83\x01.example/", "host "},
        {"http://a\\b/", "no host name may have"},
        {"http://h\\@evil.example/", "backslash"},
        {"http://a^b/", "no host name may have"},
        {"http://a|b/", "no host name may have"},
        {"http://a<b>/", "no host name may have"},
        {"http://a]b/", "no host name may have"},
        {"http://a[b/", "no host name may have"},
        {"http://u\np@h/", "control character"},
        {"http://u\x7fp@h/", "control character"},
    };
    ah_arena arena = {0};
    ah_url url;

    refuse_all(cases, COUNT_OF(cases));
    assert_non_null(ah_url_parse(&url, &arena, AH_STR("http://a\0b/")));
    assert_non_null(ah_url_parse(&url, &arena, AH_STR("http://u\0@b/")));
    assert_non_null(ah_url_parse(&url, &arena, AH_STR("http://[::1\0]/")));
    assert_non_null(ah_url_parse(&url, &arena, AH_STR("http://[fe80::1%a\0]/")));
}

static void numbers_that_only_some_take_for_addresses_are_refused(void **state)
{
    (void)state;
    static const char why[] = "no IPv4 address";
    static const refused_case cases[] = {
        {"http://127.1/", why},       {"http://2130706433/", why},
        {"http://017700000001", why}, {"http://1.2.3.4.5/", why},
        {"http://256.1.1.1/", why},   {"http://1.2.3/", why},
        {"http://0x7f000001/", why},  {"http://0X7F.0.0.1/", why},
        {"http://127.0.0.0x1/", why}, {"http://01.2.3.4/", why},
        {"http://1.2.3.4./", why},    {"http://0x/", why},
        {"http://09/", why},          {"http://18446744073709551616.1.1.1/", why},
    };

    refuse_all(cases, COUNT_OF(cases));
}

static void a_literal_that_is_no_ipv6_address_is_refused(void **state)
{
    (void)state;
    static const char no_address[] = "not an IPv6 address";
    static const char no_zone[] = "zone id";
    static const refused_case cases[] = {
        {"http://[]", no_address},
        {"http://[:]", no_address},
        {"http://[127.0.0.1]", no_address},
        {"http://[www.example.com]/", no_address},
        {"http://[::1.2.3.]", no_address},
        {"http://[::1::]", no_address},
        {"http://[0:1:2:3:4:5:6:7:8]", no_address},
        {"http://[12345::]", no_address},
        {"http://[v1.x]", no_address},
        {"http://[ ::1]", no_address},
        {"http://[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]", no_address},
        {"http://[::1", "not closed"},
        {"http://[::1/]", "not closed"},
        {"http://[::1]x", "other than a port"},
        {"http://[::1].com/", "other than a port"},
        {"http://[1::2]:3:4", "colons"},
        {"http://2001::1", "brackets"},
        {"http://::1/", "brackets"},
        {"http://[fe80::1%25]", no_zone},
        {"http://[fe80::1%]", no_zone},
        {"http://[fe80::1%25a%20b]", no_zone},
        {"http://[fe80::1%25a/b]", "not closed"},
        {"http://[::%31]", "follow %25"},
        {"http://[fe80::1%eb0]", "follow %25"},
    };

    refuse_all(cases, COUNT_OF(cases));
}

typedef struct params_case {
    const char *text;
    const ahttp_pair *params;
    const char *safe;
    const char *fragment;
} params_case;

static void parameters_go_behind_a_query_and_before_the_fragment(void **state)
{
    (void)state;
    static const ahttp_pair none[] = {{NULL, NULL}};
    static const ahttp_pair two[] = {{"a", "1"}, {"b", "x y&z"}, {NULL, NULL}};
    static const ahttp_pair repeated[] = {{"a", "1"}, {"b", NULL}, {"a", "\xc3\xa9"}, {NULL, NULL}};
    static const params_case cases[] = {
        {"http://h", two, "http://h/?a=1&b=x+y%26z", NULL},
        {"http://u:p@h/p#f", two, "http://h/p?a=1&b=x+y%26z", "f"},
        {"http://h/?q=%2f", two, "http://h/?q=%2f&a=1&b=x+y%26z", NULL},
        {"http://h/?", two, "http://h/?a=1&b=x+y%26z", NULL},
        {"http://h/?q&", two, "http://h/?q&a=1&b=x+y%26z", NULL},
        {"https://[::1]:81/p", repeated, "https://[::1]:81/p?a=1&b=&a=%C3%A9", NULL},
        {"http://h/p?", none, "http://h/p?", NULL},
        {"http://h/p", NULL, "http://h/p", NULL},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        ah_arena arena = {0};
        ah_url url;
        assert_null(ah_url_parse(&url, &arena, ah_str_from(cases[i].text)));
        size_t prefix = url.safe.len - url.target.len;

        assert_true(ah_url_add_params(&url, &arena, cases[i].params));

        assert_same(url.safe, cases[i].safe, cases[i].text);
        assert_same(url.target, cases[i].safe + prefix, cases[i].text);
        assert_same(url.fragment, cases[i].fragment, cases[i].text);
        assert_int_equal(url.safe.ptr[url.safe.len], '\0');
        ah_arena_release(&arena);
    }
}

static void parameters_can_be_added_again(void **state)
{
    (void)state;
    ah_arena arena = {0};
    ah_url url;
    assert_null(ah_url_parse(&url, &arena, AH_STR("http://h/")));

    assert_true(ah_url_add_params(&url, &arena, AHTTP_PAIRS({"a", "1"})));
    assert_true(ah_url_add_params(&url, &arena, AHTTP_PAIRS({"a", "2"})));

    assert_str(url.target, "/?a=1&a=2");
    assert_str(url.host, "h");
    ah_arena_release(&arena);
}

static void a_plain_url_takes_one_allocation_and_little_of_it(void **state)
{
    (void)state;
    ah_str text = AH_STR("http://example.com:8080/path?query");
    ah_arena arena = {0};
    ah_url url;
    counting_alloc_install();

    assert_null(ah_url_parse(&url, &arena, text));
    char *first = arena.free;
    assert_null(ah_url_parse(&url, &arena, text));

    assert_int_equal(counting_alloc_counts().allocations, 1);
    assert_true((size_t)(arena.free - first) < text.len + 32);
    ah_arena_release(&arena);
    counting_alloc_remove();
}

static void read_and_extend(void *ctx)
{
    ah_arena arena = {0};
    ah_url url;
    (void)ctx;

    const char *why = ah_url_parse(&url, &arena, AH_STR("http://u@h.example/p?q#f"));
    ah_arena_alloc(&arena, 4000); /* what is left of the block is too short for the next */
    if (why)
        assert_ptr_equal(why, AH_URL_NO_MEMORY);
    else if (ah_url_add_params(&url, &arena, AHTTP_PAIRS({"a", "1"}, {"much", "longer value"})))
        assert_str(url.safe, "http://h.example/p?q&a=1&much=longer+value");
    else
        assert_str(url.safe, "http://h.example/p?q");
    ah_arena_release(&arena);
}

static void running_out_of_memory_is_a_reason(void **state)
{
    (void)state;

    for_each_allocation(read_and_extend, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_url_falls_into_its_parts),
        cmocka_unit_test(bytes_given_are_bytes_sent),
        cmocka_unit_test(what_cannot_stand_in_a_request_line_is_escaped),
        cmocka_unit_test(every_byte_of_a_path_is_kept_or_escaped_wherever_it_stands),
        cmocka_unit_test(spaces_and_controls_round_a_url_are_no_part_of_it),
        cmocka_unit_test(the_port_is_left_out_where_it_is_the_default),
        cmocka_unit_test(user_and_password_end_at_the_last_at_sign),
        cmocka_unit_test(ipv6_addresses_take_their_shortest_form),
        cmocka_unit_test(a_zone_id_is_for_connecting_only),
        cmocka_unit_test(names_and_addresses_are_hosts),
        cmocka_unit_test(what_is_no_absolute_http_url_is_refused),
        cmocka_unit_test(a_url_without_host_is_refused),
        cmocka_unit_test(a_port_that_is_none_is_refused),
        cmocka_unit_test(a_host_with_characters_that_hosts_do_not_have_is_refused),
        cmocka_unit_test(numbers_that_only_some_take_for_addresses_are_refused),
        cmocka_unit_test(a_literal_that_is_no_ipv6_address_is_refused),
        cmocka_unit_test(parameters_go_behind_a_query_and_before_the_fragment),
        cmocka_unit_test(parameters_can_be_added_again),
        cmocka_unit_test(a_plain_url_takes_one_allocation_and_little_of_it),
        cmocka_unit_test(running_out_of_memory_is_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
