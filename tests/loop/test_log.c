/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "loop/log.h"
#include "loop/loop.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static char lines[4096];

static void on_line(ahttp_log_level level, const char *topic, const char *text, void *ctx)
{
    size_t len = strlen(lines);

    assert_ptr_equal(ctx, lines);
    snprintf(lines + len, sizeof lines - len, "%s|%s|%s\n", ahttp_log_level_name(level), topic,
             text);
}

static void tell_all(const ahttp_loop *loop)
{
    lines[0] = '\0';
    for (int level = AHTTP_LOG_WARNING; level <= AHTTP_LOG_TRACE; level++)
        ah_log(loop, (ahttp_log_level)level, "topic", "number %d", level);
}

static void nothing_is_told_at_first(void **state)
{
    (void)state;
    ahttp_loop *loop = ahttp_loop_new();

    assert_false(ah_log_wants(AHTTP_LOG_WARNING));
    tell_all(loop);
    ah_log(NULL, AHTTP_LOG_WARNING, "topic", "nobody");

    assert_string_equal(lines, "");
    assert_int_equal(ahttp_loop_close(loop), 0);
}

static void lines_of_the_level_and_above_are_told(void **state)
{
    (void)state;
    ahttp_loop *loop = ahttp_loop_new();
    ahttp_loop *other = ahttp_loop_new();

    ahttp_loop_set_log(loop, AHTTP_LOG_INFO, on_line, lines);
    assert_true(ah_log_wants(AHTTP_LOG_INFO));
    assert_false(ah_log_wants(AHTTP_LOG_DEBUG));
    tell_all(loop);
    assert_string_equal(lines, "warning|topic|number 1\ninfo|topic|number 2\n");
    tell_all(other);
    assert_string_equal(lines, "");
    ahttp_loop_set_log(loop, AHTTP_LOG_OFF, NULL, NULL);
    tell_all(loop);
    assert_string_equal(lines, "");

    assert_int_equal(ahttp_loop_close(other), 0);
    assert_int_equal(ahttp_loop_close(loop), 0);
}

static void long_lines_are_cut(void **state)
{
    (void)state;
    ahttp_loop *loop = ahttp_loop_new();
    char text[2000];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    ahttp_loop_set_log(loop, AHTTP_LOG_INFO, on_line, lines);
    lines[0] = '\0';
    ah_log(loop, AHTTP_LOG_INFO, "t", "%s", text);

    assert_int_equal(strlen(lines), strlen("info|t|\n") + 1000);
    assert_int_equal(ahttp_loop_close(loop), 0);
}

/* What is written to standard error meanwhile; freed by the caller. */
static char *stderr_of(void (*run)(const ahttp_loop *loop), const ahttp_loop *loop)
{
    FILE *file = tmpfile();
    int before = dup(STDERR_FILENO);
    char *text = calloc(1, 1000);

    assert_true(file && before >= 0 && text);
    fflush(stderr);
    dup2(fileno(file), STDERR_FILENO);
    run(loop);
    fflush(stderr);
    dup2(before, STDERR_FILENO);
    close(before);
    rewind(file);
    assert_true(fread(text, 1, 999, file) < 999);
    fclose(file);
    return text;
}

static void the_environment_sends_lines_to_standard_error(void **state)
{
    (void)state;
    setenv("AHTTP_LOG", "warning", 1);
    ahttp_loop *loop = ahttp_loop_new(.virtual_clock = true);
    unsetenv("AHTTP_LOG");
    char *text = stderr_of(tell_all, loop);

    assert_non_null(strstr(text, " s: topic: number 1\n"));
    assert_null(strstr(text, "number 2"));
    assert_int_equal(strncmp(text, "libahttp: ", 10), 0);
    free(text);
    assert_int_equal(ahttp_loop_close(loop), 0);
}

static void make_no_loop(const ahttp_loop *loop)
{
    (void)loop;
    assert_null(ahttp_loop_create(&(ahttp_loop_options){0}));
}

static void why_there_is_no_loop_goes_to_standard_error_if_the_environment_wants_it(void **state)
{
    (void)state;
    setenv("AHTTP_LOG", "warning", 1);
    char *text = stderr_of(make_no_loop, NULL);
    unsetenv("AHTTP_LOG");
    char *unwanted = stderr_of(make_no_loop, NULL);

    assert_int_equal(strncmp(text, "libahttp: loop: create: options: their size is not set", 54),
                     0);
    assert_string_equal(unwanted, "");
    free(text);
    free(unwanted);
}

static void want_of_descriptors_is_told(void **state)
{
    struct rlimit before;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    ahttp_loop *loop = ahttp_loop_new();
    ahttp_loop_set_log(loop, AHTTP_LOG_WARNING, on_line, lines);
    lines[0] = '\0';
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){.rlim_max = before.rlim_max});
    ahttp_loop *other = ahttp_loop_new();
    setrlimit(RLIMIT_NOFILE, &before);

    assert_null(other);
    assert_string_equal(lines, "warning|loop|create: open what libuv needs: too many open files\n");
    assert_int_equal(ahttp_loop_close(loop), 0);
}

static void each_level_has_a_name(void **state)
{
    (void)state;
    assert_string_equal(ahttp_log_level_name(AHTTP_LOG_OFF), "off");
    assert_string_equal(ahttp_log_level_name(AHTTP_LOG_TRACE), "trace");
    assert_string_equal(ahttp_log_level_name((ahttp_log_level)99), "off");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_told_at_first),
        cmocka_unit_test(lines_of_the_level_and_above_are_told),
        cmocka_unit_test(long_lines_are_cut),
        cmocka_unit_test(the_environment_sends_lines_to_standard_error),
        cmocka_unit_test(why_there_is_no_loop_goes_to_standard_error_if_the_environment_wants_it),
        cmocka_unit_test(want_of_descriptors_is_told),
        cmocka_unit_test(each_level_has_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
