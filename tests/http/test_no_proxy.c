/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "http/no_proxy.h"

typedef struct row {
    const char *list, *host;
    uint16_t port;
    bool covers;
} row;

static const row names[] = {
    {"", "example.com", 80, false},
    {"example.com", "example.com", 80, true},
    {"example.com", "www.example.com", 80, true},
    {"example.com", "a.b.example.com", 443, true},
    {"example.com", "badexample.com", 80, false},
    {"example.com", "example.com.evil.test", 80, false},
    {"example.com", "com", 80, false},
    {".example.com", "example.com", 80, true},
    {".example.com", "www.example.com", 80, true},
    {".example.com", "wwwexample.com", 80, false},
    {"..example.com", "www.example.com", 80, true},
    {"*.example.com", "www.example.com", 80, true},
    {"*.example.com", "example.com", 80, true},
    {"*example.com", "www.example.com", 80, false},
    {"EXAMPLE.com", "www.Example.COM", 80, true},
    {"example.com.", "example.com", 80, true},
    {"example.com", "example.com.", 80, true},
    {"com", "example.com", 80, true},
    {".", "example.com", 80, false},
    {"*.", "example.com", 80, false},
    {"localhost", "localhost", 80, true},
    {"localhost", "127.0.0.1", 80, false},
    {"xn--bcher-kva.example", "xn--bcher-kva.example", 80, true},
};

static const row lists[] = {
    {"*", "anything.example", 80, true},
    {"*", "192.0.2.1", 80, true},
    {"*", "::1", 80, true},
    {"a.test, *", "b.test", 80, true},
    {"a.test,b.test", "b.test", 80, true},
    {"a.test b.test", "b.test", 80, true},
    {"  a.test\t,, b.test ,", "b.test", 80, true},
    {"a.test;b.test", "b.test", 80, false},
    {",", "b.test", 80, false},
    {" ", "b.test", 80, false},
    {"a.test,b.test", "c.test", 80, false},
};

static const row ports[] = {
    {"example.com:8080", "example.com", 8080, true},
    {"example.com:8080", "example.com", 80, false},
    {"example.com:8080", "www.example.com", 8080, true},
    {".example.com:443", "www.example.com", 443, true},
    {"example.com:", "example.com", 80, false},
    {"example.com:http", "example.com", 80, false},
    {"example.com:65616", "example.com", 80, false},
    {"*:8080", "example.com", 8080, true},
    {"*:8080", "example.com", 8081, false},
    {"192.0.2.1:80", "192.0.2.1", 80, true},
    {"192.0.2.1:80", "192.0.2.1", 81, false},
    {"[::1]:80", "::1", 80, true},
    {"[::1]:80", "::1", 81, false},
    {"[::1]80", "::1", 80, false},
    {"10.0.0.0/8:8080", "10.1.2.3", 8080, true},
    {"10.0.0.0/8:8080", "10.1.2.3", 80, false},
};

static const row addresses[] = {
    {"192.0.2.1", "192.0.2.1", 80, true},
    {"192.0.2.1", "192.0.2.10", 80, false},
    {"2.1", "192.0.2.1", 80, false},
    {"::1", "::1", 80, true},
    {"[::1]", "::1", 80, true},
    {"[::1", "::1", 80, true},
    {"0:0:0:0:0:0:0:1", "::1", 80, true},
    {"::ffff:192.0.2.1", "192.0.2.1", 80, true},
    {"192.0.2.1", "::ffff:192.0.2.1", 80, true},
    {"fe80::1", "fe80::1%eth0", 80, true},
    {"fe80::1%eth1", "fe80::1%eth0", 80, true},
    {"example.com", "192.0.2.1", 80, false},
};

static const row nets[] = {
    {"192.0.2.0/24", "192.0.2.1", 80, true},
    {"192.0.2.77/24", "192.0.2.1", 80, true},
    {"192.0.2.0/24", "192.0.3.1", 80, false},
    {"192.0.2.0/23", "192.0.3.1", 80, true},
    {"10.128.0.0/9", "10.127.255.255", 80, false},
    {"10.128.0.0/9", "10.128.0.0", 80, true},
    {"192.0.2.1/32", "192.0.2.1", 80, true},
    {"192.0.2.1/32", "192.0.2.0", 80, false},
    {"0.0.0.0/0", "203.0.113.5", 80, true},
    {"0.0.0.0/0", "2001:db8::1", 80, false},
    {"::/0", "2001:db8::1", 80, true},
    {"::/0", "203.0.113.5", 80, false},
    {"2001:db8::/32", "2001:db8:ffff::1", 80, true},
    {"2001:db8::/32", "2001:db9::1", 80, false},
    {"2001:db8::/33", "2001:db8:8000::1", 80, false},
    {"fe80::/10", "fe80::1%eth0", 80, true},
    {"192.0.2.0/33", "192.0.2.0", 80, false},
    {"192.0.2.0/", "192.0.2.0", 80, false},
    {"192.0.2.0/x", "192.0.2.0", 80, false},
    {"192.0.2/24", "192.0.2.0", 80, false},
    {"2001:db8::/129", "2001:db8::", 80, false},
    {"10.0.0.0/8", "10.example.com", 80, false},
    {"10.0.0.0/99999999999999999999", "10.0.0.0", 80, false},
};

static void check(const row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const row *it = &rows[i];
        if (ah_no_proxy_covers(ah_str_from(it->list), ah_str_from(it->host), it->port) !=
            it->covers)
            fail_msg("\"%s\" %s %s port %u", it->list, it->covers ? "misses" : "covers", it->host,
                     it->port);
    }
}

static void a_name_covers_itself_and_all_below_it(void **state)
{
    (void)state;
    check(names, COUNT_OF(names));
}

static void members_stand_between_commas_or_spaces(void **state)
{
    (void)state;
    check(lists, COUNT_OF(lists));
}

static void a_member_with_a_port_is_about_that_port(void **state)
{
    (void)state;
    check(ports, COUNT_OF(ports));
}

static void addresses_are_compared_as_such(void **state)
{
    (void)state;
    check(addresses, COUNT_OF(addresses));
}

static void a_prefix_covers_the_addresses_that_begin_so(void **state)
{
    (void)state;
    check(nets, COUNT_OF(nets));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_covers_itself_and_all_below_it),
        cmocka_unit_test(members_stand_between_commas_or_spaces),
        cmocka_unit_test(a_member_with_a_port_is_about_that_port),
        cmocka_unit_test(addresses_are_compared_as_such),
        cmocka_unit_test(a_prefix_covers_the_addresses_that_begin_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
