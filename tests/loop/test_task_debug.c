/* SPDX-License-Identifier: MIT */
/* What debug mode says of tasks. */
#include "loop/loop_state.h"
#include "support/check.h"
#include "support/reports.h"
#include <ahttp/group.h>
#include <ahttp/task.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- Errors and futures ---- */

static void *lose_token(void *arg)
{
    (void)arg;
    return ahttp_fail(AHTTP_E_STATE, "no token in settings.ini");
}

static void *spawn_and_forget(void *arg)
{
    ahttp_drop(ahttp_spawn_named(lose_token, NULL, "parser"));
    ahttp_await_status(ahttp_sleep(0));
    return arg;
}

static void tasks_are_named_that_made_what_failed(void **state)
{
    (void)state;
    ahttp_loop *loop = open_debug_loop();

    ahttp_await_status(ahttp_spawn_named(spawn_and_forget, NULL, "main"));

    assert_string_equal(reports, "Error that nobody read: task \"parser\", made in task \"main\": "
                                 "no token in settings.ini\n");
    ahttp_loop_close(loop);
}

static void *group_up(void *arg)
{
    ahttp_group *group = ahttp_group_new();

    ahttp_group_spawn(group, lose_token, NULL);
    ahttp_group_spawn(group, lose_token, NULL);
    assert_int_equal(ahttp_group_await_end(group), AHTTP_E_STATE);
    return arg;
}

static void errors_of_a_group_have_been_read(void **state)
{
    (void)state;
    ahttp_loop *loop = open_debug_loop();

    ahttp_await_status(ahttp_spawn(group_up, NULL));
    ahttp_loop_close(loop);

    assert_nothing_reported();
}

/* ---- Tasks left at the end ---- */

static void *nap(void *arg)
{
    ahttp_await_status(ahttp_sleep(60000));
    return arg;
}

static void *leave_one_behind(void *arg)
{
    ahttp_loop_set_report(ahttp_loop_current(), note_report, NULL);
    ahttp_drop(ahttp_spawn_named(nap, NULL, "poll server"));
    ahttp_await_status(ahttp_sleep(0));
    return arg;
}

static void run_names_the_tasks_that_it_cancels(void **state)
{
    (void)state;
    reports[0] = '\0';
    setenv("AHTTP_DEBUG", "1", 1);

    assert_int_equal(ahttp_run(leave_one_behind, NULL), 0);

    assert_string_equal(reports, "Task left at the end, and cancelled: \"poll server\"\n");
    unsetenv("AHTTP_DEBUG");
}

static void closing_a_loop_names_the_tasks_that_it_cancels(void **state)
{
    (void)state;
    ahttp_loop *loop = open_debug_loop();
    ahttp_drop(ahttp_spawn_named(nap, NULL, "poll server"));
    ahttp_await_status(ahttp_sleep(0));

    ahttp_loop_close(loop);

    assert_string_equal(reports, "Task left at the end, and cancelled: \"poll server\"\n");
}

/* ---- Slow steps ---- */

static void *be_slow(void *arg)
{
    ((ahttp_loop *)arg)->debug.slow_ns = 0; /* everything is slow from here on */
    return NULL;
}

static void a_slow_step_is_reported_with_its_task(void **state)
{
    (void)state;
    ahttp_loop *loop = open_debug_loop();

    ahttp_drop(ahttp_spawn_named(be_slow, loop, "parser"));
    ahttp_loop_run(loop);

    int ms = -1;
    int len = 0;
    sscanf(reports, "Task \"parser\" took %d ms without awaiting\n%n", &ms, &len);
    assert_true(ms >= 0);
    assert_int_equal(len, strlen(reports)); /* and nothing else */
    ahttp_loop_close(loop);
}

/* ---- Stack overflow; a sanitizer has handlers of its own, which say it in other words ---- */

#if !defined(AHTTP_SANITIZED)
static int recurse(volatile char *above, int depth)
{
    volatile char page[4096];

    page[0] = above ? above[0] : 1;
    return depth > 0 ? recurse(page, depth - 1) + page[0] : page[0];
}

static void *overflow(void *arg)
{
    (void)arg;
    return recurse(NULL, 100000) ? NULL : arg;
}

static void overflow_a_stack(void)
{
    ahttp_loop_new(.debug = true);
    ahttp_await(ahttp_spawn_named(overflow, NULL, "deep thought"));
}

#endif

static void fault_elsewhere(void)
{
    ahttp_loop_new(.debug = true);
    raise(SIGSEGV);
}

static void fault_afterwards(void)
{
    ahttp_loop_close(ahttp_loop_new(.debug = true));
    raise(SIGSEGV);
}

/* In a process of its own: what it says before it dies. */
static int status_of(void (*deed)(void), char *said, size_t cap)
{
    struct rlimit no_core = {0, 0};
    size_t len = 0;
    ssize_t got;
    int ends[2], status;

    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &no_core);
        dup2(ends[1], STDERR_FILENO);
        signal(SIGSEGV, SIG_DFL); /* cmocka has a handler of its own */
        signal(SIGBUS, SIG_DFL);
        deed();
        _exit(0);
    }
    close(ends[1]);
    while (len < cap - 1 && (got = read(ends[0], said + len, cap - 1 - len)) > 0)
        len += (size_t)got;
    said[len] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

#if !defined(AHTTP_SANITIZED)
static void an_overflow_names_the_task_and_takes_its_course(void **state)
{
    (void)state;
    char said[16384];

    int status = status_of(overflow_a_stack, said, sizeof said);

    assert_non_null(
        strstr(said, "libahttp: Stack overflow of task \"deep thought\"; give it more"));
    assert_true(WIFSIGNALED(status));
    assert_true(WTERMSIG(status) == SIGSEGV || WTERMSIG(status) == SIGBUS);
}

#endif

static void other_faults_end_the_process_as_always(void **state)
{
    (void)state;
    char said[16384];

    assert_int_equal(WTERMSIG(status_of(fault_elsewhere, said, sizeof said)), SIGSEGV);
    assert_null(strstr(said, "libahttp"));
    assert_int_equal(WTERMSIG(status_of(fault_afterwards, said, sizeof said)), SIGSEGV);
    assert_null(strstr(said, "libahttp"));
}

static int faults;

static void count_fault(int number)
{
    (void)number;
    faults++;
}

static void handlers_of_the_program_are_called_and_restored(void **state)
{
    (void)state;
    struct sigaction before, now;
    signal(SIGSEGV, count_fault);
    sigaction(SIGSEGV, NULL, &before);
    ahttp_loop *first = ahttp_loop_new(.debug = true);
    ahttp_loop *second = ahttp_loop_new(.debug = true);

    raise(SIGSEGV);
    assert_int_equal(faults, 1);
    ahttp_loop_close(first);
    raise(SIGSEGV);
    assert_int_equal(faults, 2);
    ahttp_loop_close(second);

    sigaction(SIGSEGV, NULL, &now);
    assert_ptr_equal(now.sa_handler, before.sa_handler);
    signal(SIGSEGV, SIG_DFL);
}

/* ---- The virtual clock of ahttp_run ---- */

static void *sleep_for_hours(void *arg)
{
    int64_t *took_ms = arg;
    int64_t began_ms = ahttp_loop_now(ahttp_loop_current());

    ahttp_await_status(ahttp_sleep(10 * 3600 * 1000));
    *took_ms = ahttp_loop_now(ahttp_loop_current()) - began_ms;
    return NULL;
}

static void the_environment_gives_run_a_virtual_clock(void **state)
{
    (void)state;
    int64_t took_ms = 0;

    setenv("AHTTP_VIRTUAL_CLOCK", "1", 1);
    assert_int_equal(ahttp_run(sleep_for_hours, &took_ms), 0);
    unsetenv("AHTTP_VIRTUAL_CLOCK");

    assert_int_equal(took_ms, 36000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tasks_are_named_that_made_what_failed),
        cmocka_unit_test(errors_of_a_group_have_been_read),
        cmocka_unit_test(run_names_the_tasks_that_it_cancels),
        cmocka_unit_test(closing_a_loop_names_the_tasks_that_it_cancels),
        cmocka_unit_test(a_slow_step_is_reported_with_its_task),
#if !defined(AHTTP_SANITIZED)
        cmocka_unit_test(an_overflow_names_the_task_and_takes_its_course),
#endif
        cmocka_unit_test(other_faults_end_the_process_as_always),
        cmocka_unit_test(handlers_of_the_program_are_called_and_restored),
        cmocka_unit_test(the_environment_gives_run_a_virtual_clock),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
