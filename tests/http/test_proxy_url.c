/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "http/proxy_url.h"
#include "http/url.h"
#include "support/failing_alloc.h"

typedef struct good {
    const char *text;
    ah_proxy_kind kind;
    const char *host;
    uint16_t port;
    const char *user, *password; /* NULL: no login */
} good;

static const good good_urls[] = {
    {"http://proxy.example", AH_PROXY_HTTP, "proxy.example", 80, NULL, NULL},
    {"http://proxy.example:3128", AH_PROXY_HTTP, "proxy.example", 3128, NULL, NULL},
    {"https://proxy.example", AH_PROXY_HTTPS, "proxy.example", 443, NULL, NULL},
    {"https://proxy.example:443/", AH_PROXY_HTTPS, "proxy.example", 443, NULL, NULL},
    {"socks4://h", AH_PROXY_SOCKS4, "h", 1080, NULL, NULL},
    {"socks4a://h", AH_PROXY_SOCKS4A, "h", 1080, NULL, NULL},
    {"socks5://h", AH_PROXY_SOCKS5, "h", 1080, NULL, NULL},
    {"socks5h://h:80", AH_PROXY_SOCKS5H, "h", 80, NULL, NULL},
    {"SOCKS5H://H", AH_PROXY_SOCKS5H, "h", 1080, NULL, NULL},
    {"proxy.example:8080", AH_PROXY_HTTP, "proxy.example", 8080, NULL, NULL},
    {"proxy.example", AH_PROXY_HTTP, "proxy.example", 80, NULL, NULL},
    {"  10.0.0.1:3128\n", AH_PROXY_HTTP, "10.0.0.1", 3128, NULL, NULL},
    {"socks5://[::1]", AH_PROXY_SOCKS5, "::1", 1080, NULL, NULL},
    {"socks5://[0:0::1]:80", AH_PROXY_SOCKS5, "::1", 80, NULL, NULL},
    {"http://u:p@h", AH_PROXY_HTTP, "h", 80, "u", "p"},
    {"u:p@h:1", AH_PROXY_HTTP, "h", 1, "u", "p"},
    {"socks5://u:p@h", AH_PROXY_SOCKS5, "h", 1080, "u", "p"},
    {"socks5://u:80@[::1]", AH_PROXY_SOCKS5, "::1", 1080, "u", "80"},
    {"http://u@h", AH_PROXY_HTTP, "h", 80, "u", ""},
    {"http://:p@h", AH_PROXY_HTTP, "h", 80, "", "p"},
    {"http://u:@h", AH_PROXY_HTTP, "h", 80, "u", ""},
    {"http://a%40b:%3a%2F%C3%A9%@h", AH_PROXY_HTTP, "h", 80, "a@b", ":/\xc3\xa9%"},
    {"http://u:p:q@h", AH_PROXY_HTTP, "h", 80, "u", "p:q"},
    {"socks4://me@h", AH_PROXY_SOCKS4, "h", 1080, "me", ""},
    {"http://h:3128/ignored?too#as:99", AH_PROXY_HTTP, "h", 3128, NULL, NULL},
    {"socks5://h?a=b:99", AH_PROXY_SOCKS5, "h", 1080, NULL, NULL},
    {"socks5://h:", AH_PROXY_SOCKS5, "h", 1080, NULL, NULL},
};

static void a_proxy_is_read_from_its_url(void **state)
{
    (void)state;
    ah_arena arena = {0};

    for (size_t i = 0; i < COUNT_OF(good_urls); i++) {
        const good *expected = &good_urls[i];
        ah_proxy_url proxy;
        const char *why = ah_proxy_url_parse(&proxy, &arena, ah_str_from(expected->text));

        if (why)
            fail_msg("%s: %s", expected->text, why);
        if (proxy.kind != expected->kind || proxy.port != expected->port)
            fail_msg("%s: %s, port %u", expected->text, ah_proxy_kind_name(proxy.kind), proxy.port);
        assert_str(proxy.host, expected->host);
        assert_int_equal(proxy.has_login, expected->user != NULL);
        assert_int_equal(proxy.is_ipv6, strchr(expected->host, ':') != NULL);
        if (expected->user) {
            assert_str(proxy.user, expected->user);
            assert_str(proxy.password, expected->password);
        }
    }
    ah_arena_release(&arena);
}

static const struct {
    const char *text, *part;
} bad_urls[] = {
    {"", "host is missing"},
    {"ftp://h", "the scheme is none of"},
    {"socks6://h", "the scheme is none of"},
    {"http://", "host is missing"},
    {"http://h:0", "port"},
    {"http://h:65536", "port"},
    {"http://h x", "host"},
    {"h:http", "port"},
    {"socks5://[::1", "bracket"},
    {"http://a%3Ab:p@h", "colon"},
    {"http://u:%00@h", "control character"},
    {"http://u%0d:p@h", "control character"},
    {"socks4://u:p@h", "no passwords"},
    {"socks5://:p@h", "no empty user"},
};

static void what_cannot_be_a_proxy_is_refused_with_a_reason(void **state)
{
    (void)state;
    ah_arena arena = {0};

    for (size_t i = 0; i < COUNT_OF(bad_urls); i++) {
        ah_proxy_url proxy;
        const char *why = ah_proxy_url_parse(&proxy, &arena, ah_str_from(bad_urls[i].text));

        if (!why || !strstr(why, bad_urls[i].part))
            fail_msg("\"%s\": %s", bad_urls[i].text, why ? why : "accepted");
    }
    ah_arena_release(&arena);
}

static void socks_has_room_for_255_bytes_of_user_and_password(void **state)
{
    (void)state;
    char text[256];

    memset(text, 'x', sizeof text);
    ah_str most = ah_str_make(text, 255);
    ah_str more = ah_str_make(text, 256);

    assert_null(ah_proxy_login_check(AH_PROXY_SOCKS5, most, most));
    assert_null(ah_proxy_login_check(AH_PROXY_SOCKS4, most, (ah_str){0}));
    assert_null(ah_proxy_login_check(AH_PROXY_HTTP, more, more));
    assert_non_null(ah_proxy_login_check(AH_PROXY_SOCKS5H, more, most));
    assert_non_null(ah_proxy_login_check(AH_PROXY_SOCKS5, most, more));
    assert_non_null(ah_proxy_login_check(AH_PROXY_SOCKS4A, more, (ah_str){0}));
}

static void parse_once(void *ctx)
{
    ah_arena arena = {0};
    ah_proxy_url proxy;
    const char *why = ah_proxy_url_parse(&proxy, &arena, AH_STR("socks5://u:p@host.example:1"));

    (void)ctx;
    if (why)
        assert_ptr_equal(why, AH_URL_NO_MEMORY);
    ah_arena_release(&arena);
}

static void running_out_of_memory_is_said(void **state)
{
    (void)state;
    for_each_allocation(parse_once, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_proxy_is_read_from_its_url),
        cmocka_unit_test(what_cannot_be_a_proxy_is_refused_with_a_reason),
        cmocka_unit_test(socks_has_room_for_255_bytes_of_user_and_password),
        cmocka_unit_test(running_out_of_memory_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
