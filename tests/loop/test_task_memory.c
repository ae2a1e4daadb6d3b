/* SPDX-License-Identifier: MIT */
/* What a sleeping task takes of memory.  The figure is printed. */
#include "support/check.h"
#include <ahttp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#if defined(__has_include) && __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

enum { MANY = 100000, FEW = 1000, MOST_BYTES_EACH = 8192 };

#if defined(AHTTP_SANITIZED)
static const bool is_watched = true;
#else
static const bool is_watched = false;
#endif

typedef struct crowd {
    size_t count;
    ahttp_future **tasks;
    size_t refused; /* by the system: it lets a process have only so many mappings */
    double bytes_each;
} crowd;

static double resident_bytes(void)
{
    char line[64];
    FILE *file = fopen("/proc/self/statm", "r");

    if (!file) {
        print_message("this system has no /proc/self/statm\n");
        skip();
    }
    assert_non_null(fgets(line, sizeof line, file));
    fclose(file);
    char *at = line;
    strtol(at, &at, 10);
    return (double)strtol(at, NULL, 10) * (double)sysconf(_SC_PAGESIZE);
}

static void *nap(void *arg)
{
    ahttp_await(ahttp_sleep(3600000));
    return arg;
}

static void *sleep_all(void *arg)
{
    crowd *all = arg;
    double before = resident_bytes();

    for (size_t i = 0; i < all->count; i++)
        all->tasks[i] = ahttp_spawn(nap, NULL);
    ahttp_await(ahttp_sleep(1000));
    all->bytes_each = (resident_bytes() - before) / (double)all->count;
    for (size_t i = 0; i < all->count; i++)
        all->refused += ahttp_await_status(all->tasks[i]) == AHTTP_E_SYSTEM;
    return NULL;
}

static void a_hundred_thousand_sleeping_tasks_take_less_than_8_KiB_each(void **state)
{
    bool is_slow = is_watched || RUNNING_ON_VALGRIND;
    crowd all = {.count = is_slow ? FEW : MANY};
    ahttp_loop *loop = ahttp_loop_new(.virtual_clock = true);

    (void)state;
    all.tasks = calloc(all.count, sizeof(ahttp_future *));
    ahttp_await(ahttp_spawn(sleep_all, &all));
    printf("%zu sleeping tasks: %.0f bytes each, %zu refused\n", all.count, all.bytes_each,
           all.refused);
    free(all.tasks);
    ahttp_loop_close(loop);

    assert_true(all.refused < all.count);
    assert_true(all.bytes_each < MOST_BYTES_EACH || is_slow);
    if (all.refused > 0) {
        print_message("this system refused %zu of the stacks\n", (size_t)all.refused);
        skip();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hundred_thousand_sleeping_tasks_take_less_than_8_KiB_each),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
