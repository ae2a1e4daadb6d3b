/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "dns/allowed.h"

static void assert_all(const char *const *addresses, bool are_public)
{
    for (; *addresses; addresses++)
        if (ahttp_address_is_public(*addresses, NULL) != are_public)
            fail_msg("%s", *addresses);
}

static void addresses_of_the_internet_are_public(void **state)
{
    static const char *const addresses[] = {"1.1.1.1",          "9.255.255.255",
                                            "11.0.0.0",         "100.63.255.255",
                                            "100.128.0.0",      "126.0.0.1",
                                            "128.0.0.1",        "172.15.255.255",
                                            "172.32.0.0",       "192.0.1.0",
                                            "192.167.0.1",      "198.17.255.255",
                                            "198.20.0.0",       "223.255.255.255",
                                            "2606:4700::1111",  "2001:200::1",
                                            "2a00::1",          "::ffff:1.1.1.1",
                                            "64:ff9b::101:101", "2002:101:101::1",
                                            "3fff:1000::1",     NULL};
    (void)state;

    assert_all(addresses, true);
}

static void all_others_are_not(void **state)
{
    static const char *const addresses[] = {"0.0.0.0",
                                            "10.0.0.1",
                                            "10.255.255.255",
                                            "100.64.0.1",
                                            "100.127.255.255",
                                            "127.0.0.1",
                                            "127.255.0.1",
                                            "169.254.169.254",
                                            "172.16.0.1",
                                            "172.31.255.255",
                                            "192.0.0.8",
                                            "192.0.2.1",
                                            "192.88.99.1",
                                            "192.168.1.1",
                                            "198.18.0.1",
                                            "198.19.255.255",
                                            "198.51.100.1",
                                            "203.0.113.9",
                                            "224.0.0.1",
                                            "240.0.0.1",
                                            "255.255.255.255",
                                            "::",
                                            "::1",
                                            "fe80::1",
                                            "fc00::1",
                                            "fd12::1",
                                            "ff02::1",
                                            "2001::1",
                                            "2001:db8::1",
                                            "3fff::1",
                                            "::ffff:127.0.0.1",
                                            "::127.0.0.1",
                                            "64:ff9b::a00:1",
                                            "2002:7f00:1::",
                                            "64:ff9b:1::1",
                                            "localhost",
                                            "127.1",
                                            "2130706433",
                                            "",
                                            NULL};
    (void)state;

    assert_all(addresses, false);
}

static bool is_v4(const char *address, void *ctx)
{
    *(int *)ctx += 1;
    return !strchr(address, ':');
}

static void those_that_are_allowed_keep_their_order(void **state)
{
    static const char *const texts[] = {"192.0.2.1", "2001:db8::1", "192.0.2.2"};
    ah_address addresses[3], allowed[3];
    char text[AH_ADDRESS_TEXT];
    int calls = 0;
    (void)state;

    for (int i = 0; i < 3; i++)
        assert_true(ah_address_parse(ah_str_from(texts[i]), 80, &addresses[i]));
    assert_int_equal(ah_addresses_allowed(addresses, 3, is_v4, &calls, allowed), 2);

    assert_int_equal(calls, 3);
    ah_address_format(&allowed[0], text);
    assert_string_equal(text, "192.0.2.1:80");
    ah_address_format(&allowed[1], text);
    assert_string_equal(text, "192.0.2.2:80");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_of_the_internet_are_public),
        cmocka_unit_test(all_others_are_not),
        cmocka_unit_test(those_that_are_allowed_keep_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
