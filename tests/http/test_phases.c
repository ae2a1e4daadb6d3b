/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "http/phases.h"

static void assert_drawn(const ah_phases *phases, int columns, const char *expected)
{
    ah_buf out = {0};

    ah_phases_draw(&out, phases, columns);
    assert_str(ah_buf_str(&out), expected);
    ah_buf_release(&out);
}

static void each_part_is_a_bar_where_it_was(void **state)
{
    static const ah_phases phases = {1000000, 2000000, 3000000, 4000000, 0, 5000000, 5000000};

    (void)state;
    assert_int_equal(ah_phases_sum(&phases), 20000000);
    assert_drawn(&phases, 20,
                 "queue         1.000 ms |#                   |\n"
                 "dns           2.000 ms | ##                 |\n"
                 "connect       3.000 ms |   ###              |\n"
                 "tls           4.000 ms |      ####          |\n"
                 "send          0.000 ms |          #         |\n"
                 "wait          5.000 ms |          #####     |\n"
                 "receive       5.000 ms |               #####|\n");
}

static void parts_that_there_were_not_have_no_line(void **state)
{
    static const ah_phases phases = {0, -1, -1, -1, 12345, 123456789, -1};

    (void)state;
    assert_int_equal(ah_phases_sum(&phases), 123469134);
    assert_drawn(&phases, 4,
                 "queue         0.000 ms |#   |\n"
                 "send          0.012 ms |#   |\n"
                 "wait        123.456 ms |####|\n");
}

static void nothing_at_all_can_be_drawn(void **state)
{
    static const ah_phases phases = {0, -1, -1, -1, 0, 0, 0};

    (void)state;
    assert_drawn(&phases, 2,
                 "queue         0.000 ms |# |\n"
                 "send          0.000 ms |# |\n"
                 "wait          0.000 ms |# |\n"
                 "receive       0.000 ms |# |\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_part_is_a_bar_where_it_was),
        cmocka_unit_test(parts_that_there_were_not_have_no_line),
        cmocka_unit_test(nothing_at_all_can_be_drawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
