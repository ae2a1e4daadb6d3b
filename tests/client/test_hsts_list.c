/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "support/failing_alloc.h"
#include <ahttp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static char path[128];
static ahttp_hsts *hsts, *copy;

static int begin(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/ahttp-hsts-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/hosts", folder);
    hsts = ahttp_hsts_new();
    copy = ahttp_hsts_new();
    return hsts && copy ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    ahttp_hsts_unref(hsts);
    ahttp_hsts_unref(copy);
    unlink(path);
    assert_int_equal(rmdir(folder), 0);
    return 0;
}

static void hosts_are_added_in_any_case_and_forgotten(void **state)
{
    (void)state;
    assert_int_equal(ahttp_hsts_add(hsts, "Example.com", 60, true), 0);
    assert_true(ahttp_hsts_has(hsts, "WWW.example.COM"));
    assert_int_equal(ahttp_hsts_add(hsts, "example.com", 0, false), 0);

    assert_false(ahttp_hsts_has(hsts, "example.com"));
}

static void they_expire_on_the_loops_clock(void **state)
{
    (void)state;
    ahttp_loop *loop = ahttp_loop_new(.virtual_clock = true);
    assert_int_equal(ahttp_hsts_add(hsts, "example.com", 60, false), 0);
    ahttp_loop_advance(loop, 59000);
    assert_true(ahttp_hsts_has(hsts, "example.com"));
    ahttp_loop_advance(loop, 1000);

    assert_false(ahttp_hsts_has(hsts, "example.com"));
    assert_int_equal(ahttp_loop_close(loop), 0);
}

static void files_keep_what_several_have_saved(void **state)
{
    struct stat facts;

    (void)state;
    assert_int_equal(ahttp_hsts_add(hsts, "one.test", 600, false), 0);
    assert_int_equal(ahttp_hsts_save_blocking(hsts, path), 0);
    assert_int_equal(ahttp_hsts_add(copy, "two.test", 600, true), 0);
    assert_int_equal(ahttp_hsts_save_blocking(copy, path), 0);
    assert_int_equal(ahttp_hsts_load_blocking(hsts, path), 0);

    assert_true(ahttp_hsts_has(hsts, "one.test"));
    assert_false(ahttp_hsts_has(hsts, "www.one.test"));
    assert_true(ahttp_hsts_has(hsts, "www.two.test"));
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode & 07777, 0600);
}

static void futures_do_the_same(void **state)
{
    char message[256];

    (void)state;
    ahttp_loop *loop = ahttp_loop_new();
    assert_int_equal(ahttp_await_status(ahttp_hsts_load(copy, path)), AHTTP_E_SYSTEM);
    snprintf(message, sizeof message, "load hosts from %s: no such file or directory", path);
    assert_string_equal(ahttp_task_error()->message, message);
    assert_int_equal(ahttp_hsts_add(hsts, "one.test", 600, false), 0);
    assert_int_equal(ahttp_await_status(ahttp_hsts_save(hsts, path)), 0);
    assert_int_equal(ahttp_await_status(ahttp_hsts_load(copy, path)), 0);

    assert_true(ahttp_hsts_has(copy, "one.test"));
    assert_int_equal(ahttp_loop_close(loop), 0);
}

static void keep_in_scarcity(void *ctx)
{
    ahttp_hsts *scarce = ahttp_hsts_new();

    (void)ctx;
    if (!scarce)
        return;
    bool added = ahttp_hsts_add(scarce, "one.test", 600, false) == 0;
    bool saved = ahttp_hsts_save_blocking(scarce, path) == 0;
    ahttp_hsts_unref(scarce);
    scarce = ahttp_hsts_new();
    if (scarce && ahttp_hsts_load_blocking(scarce, path) == 0 && added && saved)
        ahttp_hsts_has(scarce, "one.test");
    ahttp_hsts_unref(scarce);
}

static void running_out_of_memory_is_told(void **state)
{
    (void)state;
    for_each_allocation(keep_in_scarcity, NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(hosts_are_added_in_any_case_and_forgotten),
        TEST(they_expire_on_the_loops_clock),
        TEST(files_keep_what_several_have_saved),
        TEST(futures_do_the_same),
        TEST(running_out_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
