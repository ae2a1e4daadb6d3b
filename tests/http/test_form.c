/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "http/form.h"
#include "support/failing_alloc.h"

static void assert_encoded(const ahttp_pair *pairs, const char *expected)
{
    ah_buf out = {0};

    ah_form_encode(&out, pairs);

    assert_str(ah_buf_str(&out), expected);
    assert_int_equal(ah_form_size(pairs), strlen(expected));
    ah_buf_release(&out);
}

static void pairs_are_joined_in_order_with_repeats(void **state)
{
    (void)state;

    assert_encoded(AHTTP_PAIRS({"b", "2"}, {"a", "1"}, {"b", "3"}), "b=2&a=1&b=3");
    assert_encoded(AHTTP_PAIRS({"only", "one"}), "only=one");
    assert_encoded((const ahttp_pair[]){{NULL, NULL}}, "");
}

static void empty_and_missing_values_leave_the_name(void **state)
{
    (void)state;

    assert_encoded(AHTTP_PAIRS({"a", ""}, {"b", NULL}, {"", "c"}, {"", NULL}), "a=&b=&=c&=");
}

static void what_has_a_meaning_is_escaped(void **state)
{
    (void)state;

    assert_encoded(AHTTP_PAIRS({"a&b=c", "x+y z%41"}), "a%26b%3Dc=x%2By+z%2541");
    assert_encoded(AHTTP_PAIRS({"n", "\r\n\t\x7f\xc3\xa9"}), "n=%0D%0A%09%7F%C3%A9");
}

static void every_byte_stays_or_is_escaped_as_the_standard_says(void **state)
{
    (void)state;
    static const char kept[] = "*-._0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    for (unsigned byte = 1; byte < 256; byte++) {
        char text[2] = {(char)byte, '\0'};
        ah_buf out = {0};
        ah_buf expected = {0};
        if (byte == ' ')
            ah_buf_append(&expected, AH_STR("=+"));
        else if (strchr(kept, (char)byte))
            ah_buf_append_format(&expected, "=%c", (char)byte);
        else
            ah_buf_append_format(&expected, "=%%%02X", byte);

        ah_form_encode(&out, AHTTP_PAIRS({"", text}));

        assert_str(ah_buf_str(&out), ah_buf_terminate(&expected));
        ah_buf_release(&out);
        ah_buf_release(&expected);
    }
}

static void encoding_appends(void **state)
{
    (void)state;
    ah_buf out = {0};
    ah_buf_append(&out, AH_STR("/path?"));

    ah_form_encode(&out, AHTTP_PAIRS({"a", "1"}));

    assert_str(ah_buf_str(&out), "/path?a=1");
    ah_buf_release(&out);
}

static void encode(void *ctx)
{
    (void)ctx;
    ah_buf out = {0};

    ah_form_encode(&out, AHTTP_PAIRS({"name", "value"}));

    if (ah_buf_failed(&out))
        assert_int_equal(out.len, 0);
    else
        assert_str(ah_buf_str(&out), "name=value");
    ah_buf_release(&out);
}

static void running_out_of_memory_shows_in_the_buffer(void **state)
{
    (void)state;

    for_each_allocation(encode, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_joined_in_order_with_repeats),
        cmocka_unit_test(empty_and_missing_values_leave_the_name),
        cmocka_unit_test(what_has_a_meaning_is_escaped),
        cmocka_unit_test(every_byte_stays_or_is_escaped_as_the_standard_says),
        cmocka_unit_test(encoding_appends),
        cmocka_unit_test(running_out_of_memory_shows_in_the_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
