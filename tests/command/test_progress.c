/* SPDX-License-Identifier: MIT */
/* Bars, sizes and percentiles: the arithmetic of what people see. */
#include "support/check.h"

#include "extras.h"
#include "progress.h"
#include <string.h>

static void sizes_have_at_most_five_characters(void **state)
{
    static const struct {
        double bytes;
        const char *text;
    } rows[] = {
        {0, "0"},           {9999, "9999"},    {10000, "9.8k"},           {102400, "100k"},
        {1023999, "1000k"}, {1048576, "1.0M"}, {15.5 * 1048576, "15.5M"}, {3e9, "2.8G"},
        {5e12, "4.5T"},     {7e15, "6.2P"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[8];
        progress_size(rows[i].bytes, text);
        assert_string_equal(text, rows[i].text);
        assert_true(strlen(text) <= 5);
    }
}

typedef struct bar {
    int columns;
    const char *name;
    double done, total, rate;
    const char *line;
} bar;

static const bar bars[] = {
    {60, "file", 0, 1000, 0, "file            [---------------]   0%      0      0/s --:--"},
    {60, "file", 500, 1000, 100, "file            [#######--------]  50%    500    100/s 00:05"},
    {60, "file", 1000, 1000, 2048000,
     "file            [###############] 100%   1000   2.0M/s 00:00"},
    {60, "file", 1e6, 1e10, 1 << 20,
     "file            [-------------]   0%   977k   1.0M/s 2:38:55"},
    {60, "file", 5e6, -1, 40000, "file                   4.8M  39.1k/s"},
    {60, "long/name/of/a.tar.gz", 1, 2, 1,
     "..e/of/a.tar.gz [#######--------]  50%      1      1/s 00:01"},
    {40, "file", 1, 2, 1, "file        50%      1      1/s 00:01"},
};

static void a_bar_says_name_part_size_rate_and_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bars); i++) {
        text line = {0};
        progress_line(&line, bars[i].columns, bars[i].name, bars[i].done, bars[i].total,
                      bars[i].rate);
        assert_string_equal(text_str(&line), bars[i].line);
        text_free(&line);
    }
}

static void a_bar_fits_its_columns_whatever_it_says(void **state)
{
    static const double sizes[] = {0, 1, 999, 9999, 123456, 9.9e6, 1e9, 8e12, 7e15};
    static const char *const names[] = {"", "a", "a-name-of-twenty-char", "a-name-longer-than-all"};

    (void)state;
    for (int columns = 79; columns < 200; columns += 20)
        for (size_t name = 0; name < COUNT_OF(names); name++)
            for (size_t i = 0; i < COUNT_OF(sizes); i++)
                for (size_t rate = 0; rate < COUNT_OF(sizes); rate++) {
                    text line = {0};
                    progress_line(&line, columns, names[name], sizes[i], sizes[COUNT_OF(sizes) - 1],
                                  sizes[rate]);
                    assert_int_equal(line.len, columns);
                    text_free(&line);
                }
}

static void a_percentile_is_the_nearest_rank(void **state)
{
    static const double ten[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    static const struct {
        long long count;
        double percent, value;
    } rows[] = {{10, 50, 5},   {10, 51, 6}, {10, 90, 9}, {10, 91, 10}, {10, 99.9, 10},
                {10, 100, 10}, {10, 0, 1},  {1, 50, 1},  {4, 25, 1},   {4, 26, 2}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_true(bench_percentile(ten, rows[i].count, rows[i].percent) == rows[i].value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_have_at_most_five_characters),
        cmocka_unit_test(a_bar_says_name_part_size_rate_and_time),
        cmocka_unit_test(a_bar_fits_its_columns_whatever_it_says),
        cmocka_unit_test(a_percentile_is_the_nearest_rank),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
