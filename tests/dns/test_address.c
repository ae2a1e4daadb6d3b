/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "dns/address.h"
#include <net/if.h>
#include <stdio.h>

static const char *formatted(const char *text, uint16_t port)
{
    static char result[AH_ADDRESS_TEXT];
    ah_address address;

    if (!ah_address_parse(ah_str_from(text), port, &address))
        return "no address";
    ah_address_format(&address, result);
    return result;
}

static void addresses_are_read_and_written(void **state)
{
    (void)state;

    assert_string_equal(formatted("127.0.0.1", 80), "127.0.0.1:80");
    assert_string_equal(formatted("255.255.255.255", 65535), "255.255.255.255:65535");
    assert_string_equal(formatted("::1", 443), "[::1]:443");
    assert_string_equal(formatted("2001:DB8:0:0:0:0:0:1", 0), "[2001:db8::1]:0");
    assert_string_equal(formatted("::ffff:192.0.2.1", 8080), "[::ffff:192.0.2.1]:8080");
}

static void names_and_short_forms_are_no_addresses(void **state)
{
    static const char *const texts[] = {
        "",           "example.com", "127.1",     "2130706433", "0x7f000001",
        "127.0.0.1.", "1.2.3.04",    "256.1.1.1", "1.2.3.4.5",  "[::1]",
        ":",          "1::2::3",     "::1 ",      "::g",        "12345::",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (strcmp(formatted(texts[i], 80), "no address") != 0)
            fail_msg("\"%s\" was taken for an address", texts[i]);
}

static void a_nul_inside_or_an_endless_text_is_no_address(void **state)
{
    char text[500];
    ah_address address;

    (void)state;
    memset(text, ':', sizeof text);

    assert_false(ah_address_parse(ah_str_make("127.0.0.1\0x", 11), 80, &address));
    assert_false(ah_address_parse(ah_str_make(text, sizeof text), 80, &address));
}

static void only_the_given_length_is_read(void **state)
{
    ah_address address;

    (void)state;
    assert_true(ah_address_parse(ah_str_make("10.0.0.12345", 9), 80, &address));
    assert_int_equal(ntohl(address.v4.sin_addr.s_addr), 0x0a00000c);
}

static void a_zone_may_be_a_number_or_the_name_of_an_interface(void **state)
{
    char by_name[IF_NAMESIZE];
    char text[64];
    char expected[80];

    (void)state;
    assert_string_equal(formatted("fe80::1%4000000", 80), "[fe80::1%4000000]:80");
    assert_string_equal(formatted("fe80::1%0", 80), "no address");
    assert_string_equal(formatted("fe80::1%", 80), "no address");
    assert_string_equal(formatted("fe80::1%nosuchinterface", 80), "no address");
    assert_string_equal(formatted("fe80::1%4294967296", 80), "no address");
    if (!if_indextoname(1, by_name))
        return;
    snprintf(text, sizeof text, "fe80::1%%%s", by_name);
    snprintf(expected, sizeof expected, "[fe80::1%%%s]:80", by_name);
    assert_string_equal(formatted(text, 80), expected);
    assert_string_equal(formatted("fe80::1%1", 80), expected);
}

static void digits_and_dots_look_numeric(void **state)
{
    (void)state;
    assert_true(ah_address_looks_numeric(AH_STR("127.1")));
    assert_true(ah_address_looks_numeric(AH_STR("2130706433")));
    assert_true(ah_address_looks_numeric(AH_STR("1.2.3.4.")));
    assert_false(ah_address_looks_numeric(AH_STR("1.2.3.x")));
    assert_false(ah_address_looks_numeric(AH_STR("...")));
    assert_false(ah_address_looks_numeric(AH_STR("")));
    assert_false(ah_address_looks_numeric(AH_STR("3com.example")));
}

static void the_length_is_that_of_the_family(void **state)
{
    ah_address address;

    (void)state;
    assert_true(ah_address_parse(AH_STR("::1"), 80, &address));
    assert_int_equal(ah_address_len(&address), sizeof(struct sockaddr_in6));
    assert_true(ah_address_parse(AH_STR("1.2.3.4"), 80, &address));
    assert_int_equal(ah_address_len(&address), sizeof(struct sockaddr_in));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_read_and_written),
        cmocka_unit_test(names_and_short_forms_are_no_addresses),
        cmocka_unit_test(a_nul_inside_or_an_endless_text_is_no_address),
        cmocka_unit_test(only_the_given_length_is_read),
        cmocka_unit_test(a_zone_may_be_a_number_or_the_name_of_an_interface),
        cmocka_unit_test(digits_and_dots_look_numeric),
        cmocka_unit_test(the_length_is_that_of_the_family),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
