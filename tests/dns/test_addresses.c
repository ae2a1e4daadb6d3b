/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include <ahttp/error.h>
#include <ahttp/resolver.h>
#include <string.h>

static void addresses_are_kept_as_they_are_written_shortest(void **state)
{
    (void)state;
    ahttp_addresses *list = ahttp_addresses_new();

    assert_int_equal(ahttp_addresses_add(list, "192.0.2.1"), 0);
    assert_int_equal(ahttp_addresses_add(list, "2001:DB8:0:0::1"), 0);
    assert_int_equal(ahttp_addresses_add(list, "fe80::1%1"), 0);

    assert_string_equal(ahttp_addresses_get(list, 0), "192.0.2.1");
    assert_string_equal(ahttp_addresses_get(list, 1), "2001:db8::1");
    assert_int_equal(strncmp(ahttp_addresses_get(list, 2), "fe80::1%", 8), 0);
    assert_null(ahttp_addresses_get(list, 3));
    ahttp_addresses_free(list);
}

static void a_list_grows(void **state)
{
    (void)state;
    ahttp_addresses *list = ahttp_addresses_new();

    for (int i = 0; i < 100; i++)
        assert_int_equal(ahttp_addresses_add(list, i % 2 ? "::1" : "127.0.0.1"), 0);

    assert_string_equal(ahttp_addresses_get(list, 98), "127.0.0.1");
    assert_string_equal(ahttp_addresses_get(list, 99), "::1");
    assert_null(ahttp_addresses_get(list, 100));
    ahttp_addresses_free(list);
}

static void what_is_no_address_is_refused(void **state)
{
    static const char *const texts[] = {"", "host", "127.1", "[::1]", "1.2.3.4:80", "0x7f.1"};
    ahttp_addresses *list = ahttp_addresses_new();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_int_equal(ahttp_addresses_add(list, texts[i]), AHTTP_E_ARGUMENT);
    assert_int_equal(ahttp_addresses_add(list, NULL), AHTTP_E_ARGUMENT);

    assert_null(ahttp_addresses_get(list, 0));
    ahttp_addresses_free(list);
    ahttp_addresses_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_kept_as_they_are_written_shortest),
        cmocka_unit_test(a_list_grows),
        cmocka_unit_test(what_is_no_address_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
