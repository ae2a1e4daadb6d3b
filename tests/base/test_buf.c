/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "base/buf.h"
#include "support/failing_alloc.h"

static void pieces_of_all_kinds_are_appended_in_order(void **state)
{
    (void)state;
    ah_buf buf = {0};

    ah_buf_append(&buf, AH_STR("text "));
    ah_buf_append_char(&buf, '=');
    ah_buf_append_u64(&buf, 0);
    ah_buf_append_char(&buf, ' ');
    ah_buf_append_u64(&buf, UINT64_MAX);
    ah_buf_append_format(&buf, " %s%d", "n", -5);
    ah_buf_append(&buf, ah_str_from(NULL));

    assert_str(ah_buf_str(&buf), "text =0 18446744073709551615 n-5");
    assert_false(ah_buf_failed(&buf));
    ah_buf_release(&buf);
}

static void it_grows_as_far_as_needed(void **state)
{
    (void)state;
    ah_buf buf = {0};

    for (int i = 0; i < 100000; i++)
        ah_buf_append_char(&buf, (char)('a' + i % 26));

    assert_int_equal(buf.len, 100000);
    for (int i = 0; i < 100000; i++)
        if (buf.data[i] != 'a' + i % 26)
            fail_msg("byte %d is wrong", i);
    ah_buf_release(&buf);
    assert_null(buf.data);
}

static void text_longer_than_the_buffer_can_be_formatted(void **state)
{
    (void)state;
    ah_buf buf = {0};

    ah_buf_append_format(&buf, "%5000d", 7);

    assert_int_equal(buf.len, 5000);
    assert_int_equal(buf.data[4998], ' ');
    assert_int_equal(buf.data[4999], '7');
    ah_buf_release(&buf);
}

static void reserved_room_can_be_written_to(void **state)
{
    (void)state;
    ah_buf buf = {0};
    ah_buf_append(&buf, AH_STR("ab"));

    char *room = ah_buf_reserve(&buf, 1000);
    memset(room, 'c', 1000);
    buf.len += 2;

    assert_str(ah_buf_str(&buf), "abcc");
    assert_non_null(ah_buf_reserve(&buf, 0));
    ah_buf_release(&buf);
}

static void a_terminated_buffer_is_a_string_of_the_same_length(void **state)
{
    (void)state;
    ah_buf buf = {0};

    assert_string_equal(ah_buf_terminate(&buf), "");
    ah_buf_append(&buf, AH_STR("abc"));

    assert_string_equal(ah_buf_terminate(&buf), "abc");
    assert_int_equal(buf.len, 3);
    ah_buf_release(&buf);
}

static void consuming_drops_the_front(void **state)
{
    (void)state;
    ah_buf buf = {0};
    ah_buf_append(&buf, AH_STR("abcdef"));

    ah_buf_consume(&buf, 0);
    assert_str(ah_buf_str(&buf), "abcdef");
    ah_buf_consume(&buf, 4);
    assert_str(ah_buf_str(&buf), "ef");
    ah_buf_consume(&buf, 100);
    assert_int_equal(buf.len, 0);

    ah_buf_release(&buf);
}

static void room_that_cannot_be_counted_fails(void **state)
{
    (void)state;
    ah_buf buf = {0};
    ah_buf_append(&buf, AH_STR("abc"));

    assert_null(ah_buf_reserve(&buf, SIZE_MAX));
    assert_null(ah_buf_reserve(&buf, 1));
    ah_buf_clear(&buf);
    assert_null(ah_buf_reserve(&buf, SIZE_MAX));

    assert_true(ah_buf_failed(&buf));
    ah_buf_release(&buf);
}

static void running_out_of_memory_sticks_until_cleared(void **state)
{
    (void)state;
    ah_buf buf = {0};
    counting_alloc_install();
    ah_buf_append(&buf, AH_STR("kept"));

    counting_alloc_fail_nth(1);
    ah_buf_append_format(&buf, "%1000d", 1);
    ah_buf_append(&buf, AH_STR("lost"));
    ah_buf_append_u64(&buf, 1);

    assert_true(ah_buf_failed(&buf));
    assert_str(ah_buf_str(&buf), "kept");
    assert_null(ah_buf_terminate(&buf));
    ah_buf_clear(&buf);
    ah_buf_append(&buf, AH_STR("new"));
    assert_false(ah_buf_failed(&buf));
    assert_str(ah_buf_str(&buf), "new");
    ah_buf_release(&buf);
    counting_alloc_remove();
}

static void clearing_keeps_the_memory(void **state)
{
    (void)state;
    ah_buf buf = {0};
    counting_alloc_install();
    ah_buf_append_format(&buf, "%1000d", 1);
    size_t before = counting_alloc_counts().allocations;

    ah_buf_clear(&buf);
    ah_buf_append_format(&buf, "%1000d", 2);

    assert_int_equal(counting_alloc_counts().allocations, before);
    ah_buf_release(&buf);
    counting_alloc_remove();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_of_all_kinds_are_appended_in_order),
        cmocka_unit_test(it_grows_as_far_as_needed),
        cmocka_unit_test(text_longer_than_the_buffer_can_be_formatted),
        cmocka_unit_test(reserved_room_can_be_written_to),
        cmocka_unit_test(a_terminated_buffer_is_a_string_of_the_same_length),
        cmocka_unit_test(consuming_drops_the_front),
        cmocka_unit_test(room_that_cannot_be_counted_fails),
        cmocka_unit_test(running_out_of_memory_sticks_until_cleared),
        cmocka_unit_test(clearing_keeps_the_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
