/* SPDX-License-Identifier: MIT */
/* Names and stacks of tasks, and looking at tasks from outside. */
#include "support/check.h"
#include "support/failing_alloc.h"
#include <ahttp/task.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

static char said[128];

static int open_loop(void **state)
{
    said[0] = '\0';
    *state = ahttp_loop_new(.virtual_clock = true);
    return *state ? 0 : -1;
}

static int close_loop(void **state)
{
    return ahttp_loop_close(*state);
}

/* ---- Names ---- */

static void *say_name(void *arg)
{
    strcat(said, ahttp_task_name());
    strcat(said, ";");
    return arg;
}

static void a_task_has_the_name_it_was_given(void **state)
{
    (void)state;
    char name[] = "fetch 1";
    ahttp_future *task = ahttp_spawn_named(say_name, NULL, name);
    name[6] = '2';

    ahttp_await(task);

    assert_string_equal(said, "fetch 1;");
}

static void without_a_name_it_is_a_number(void **state)
{
    (void)state;
    for (int i = 0; i < 9; i++)
        ahttp_await(ahttp_spawn_named(say_name, NULL, ""));
    said[0] = '\0';

    ahttp_await(ahttp_spawn(say_name, NULL));
    ahttp_await(ahttp_spawn_with(say_name, NULL, NULL));
    ahttp_await(ahttp_spawn_named(say_name, NULL, NULL));

    assert_string_equal(said, "task 10;task 11;task 12;");
}

static void a_long_name_is_cut(void **state)
{
    (void)state;

    ahttp_await(ahttp_spawn_named(say_name, NULL, "0123456789012345678901234567890123456789"));

    assert_string_equal(said, "0123456789012345678901234567890;");
}

static void outside_of_tasks_there_is_no_name(void **state)
{
    (void)state;

    assert_string_equal(ahttp_task_name(), "");
}

static void options_without_a_size_are_refused(void **state)
{
    (void)state;
    ahttp_task_options options = {.name = "x"};

    assert_int_equal(ahttp_await_status(ahttp_spawn_with(say_name, NULL, &options)),
                     AHTTP_E_ARGUMENT);

    assert_string_equal(said, "");
}

static void a_task_that_was_cancelled_early_is_named_in_its_error(void **state)
{
    (void)state;
    ahttp_future *task = ahttp_spawn_named(say_name, NULL, "early");

    ahttp_future_cancel(task);

    assert_int_equal(ahttp_await_status(task), AHTTP_E_CANCELLED);
    assert_string_equal(ahttp_task_error()->message, "early: cancelled before its first step");
}

/* ---- All tasks of a loop ---- */

static void say_state(const char *name, ahttp_task_state state, void *ctx)
{
    static const char *const words[] = {"new", "waiting", "running"};

    strcat(ctx, name);
    strcat(ctx, " ");
    strcat(ctx, words[state]);
    strcat(ctx, ";");
}

static void *look_around(void *arg)
{
    ahttp_drop(ahttp_spawn_named(say_name, NULL, "late"));

    assert_int_equal(ahttp_loop_each_task(ahttp_loop_current(), say_state, arg), 3);
    return NULL;
}

static void *sleep_long(void *arg)
{
    ahttp_await(ahttp_sleep(1000));
    return arg;
}

static void all_tasks_of_a_loop_can_be_looked_at(void **state)
{
    char seen[128] = "";
    ahttp_future *sleeper = ahttp_spawn_named(sleep_long, NULL, "sleeper");

    ahttp_await(ahttp_spawn_named(look_around, seen, "observer"));

    assert_string_equal(seen, "sleeper waiting;observer running;late new;");
    ahttp_await(sleeper);
    assert_int_equal(ahttp_loop_each_task(*state, NULL, NULL), 0);
}

/* ---- Stacks ---- */

static int recurse(volatile const char *above, int depth)
{
    volatile char frame[1024];

    frame[0] = (char)(depth ^ *above);
    return depth == 0 ? frame[0] : recurse(frame, depth - 1) + frame[0];
}

/* Uses so many KiB of its stack, and half as much again under sanitizers, which need room in each
   frame. */
static void *use_stack(void *arg)
{
    volatile char start = 1;

    said[0] = (char)recurse(&start, *(int *)arg);
    return arg;
}

static void a_task_may_have_a_larger_stack(void **state)
{
    (void)state;
    int kib = 4000;

    assert_ptr_equal(
        ahttp_await(ahttp_spawn_named(use_stack, &kib, "deep", .stack_bytes = 8 << 20)), &kib);
}

static void many_tasks_may_have_stacks_of_any_size(void **state)
{
    (void)state;
    enum { MANY = 40 };
    int kib = 4;
    ahttp_future *tasks[MANY];

    for (int i = 0; i < MANY; i++)
        tasks[i] =
            ahttp_spawn_named(use_stack, &kib, NULL, .stack_bytes = i == 0 ? 1 : (size_t)i * 13000);

    assert_int_equal(ahttp_await_status(ahttp_gather(MANY, tasks, NULL)), 0);
}

static void a_stack_that_cannot_be_mapped_fails_the_task(void **state)
{
    (void)state;
    size_t sizes[] = {SIZE_MAX, SIZE_MAX - 100000, SIZE_MAX / 4};

    for (int i = 0; i < 3; i++) {
        ahttp_future *task = ahttp_spawn_named(say_name, NULL, "huge", .stack_bytes = sizes[i]);
        assert_int_equal(ahttp_await_status(task), AHTTP_E_SYSTEM);
        assert_non_null(strstr(ahttp_task_error()->message, "start huge: map a stack of "));
    }
    assert_int_equal(
        ahttp_await_status(ahttp_spawn_named(say_name, NULL, "huge", .stack_bytes = SIZE_MAX)),
        AHTTP_E_SYSTEM);
    assert_non_null(strstr(ahttp_task_error()->message, "vm.max_map_count"));
    assert_string_equal(said, "");
}

/* ---- Overflow ---- */

static int report_to;

/* Ends the process so that no tool has anything to add. */
static void report(const char *text)
{
    (void)!write(report_to, text, strlen(text));
    kill(getpid(), SIGKILL);
}

static void report_overflow(int signal_number, siginfo_t *info, void *context)
{
    char name[16];

    (void)signal_number;
    (void)context;
    report(ahttp_task_overflowed(info->si_addr, name, sizeof name) ? name : "another crash");
}

static void install_handler(void)
{
    static char stack[65536];
    stack_t alternative = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK};
    struct rlimit none = {0, 0};

    setrlimit(RLIMIT_CORE, &none);
    action.sa_sigaction = report_overflow;
    sigaltstack(&alternative, NULL);
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
}

static void *crash(void *arg)
{
    *(volatile char *)arg = 1;
    return NULL;
}

static void *overflow(void *arg)
{
    int depth = 10000000;

    ahttp_await(ahttp_sleep(0));
    use_stack(&depth);
    return arg;
}

/* Runs fn as a task in a process of its own that has the handler.  What that reports. */
static const char *run_in_child(ahttp_task_fn *fn, const char *name, size_t stack_bytes)
{
    int ends[2], status;

    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        report_to = ends[1];
        install_handler();
        ahttp_await(ahttp_spawn_named(fn, NULL, name, .stack_bytes = stack_bytes));
        report("no crash");
    }
    close(ends[1]);
    ssize_t len = read(ends[0], said, sizeof said - 1);
    said[len > 0 ? len : 0] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return said;
}

static void a_handler_can_say_which_task_overflowed(void **state)
{
    (void)state;
    if (SANITIZED)
        skip();

    assert_string_equal(run_in_child(overflow, "greedy", 0), "greedy");
    assert_string_equal(run_in_child(overflow, "greedy and long-winded", 1 << 20),
                        "greedy and long");
    assert_string_equal(run_in_child(overflow, NULL, 20000), "task 1");
}

static void other_crashes_are_no_overflow(void **state)
{
    (void)state;
    if (SANITIZED)
        skip();

    assert_string_equal(run_in_child(crash, "innocent", 0), "another crash");
}

static void outside_of_tasks_nothing_overflows(void **state)
{
    (void)state;
    char name[8] = "kept";

    assert_false(ahttp_task_overflowed(NULL, name, sizeof name));

    assert_string_equal(name, "kept");
}

/* ---- Signals ---- */

static volatile sig_atomic_t wrong_names;

static void look_at_name(int signal_number)
{
    const char *name = ahttp_task_name();

    (void)signal_number;
    if (name[0] && strcmp(name, "brief") != 0)
        wrong_names++;
}

static void *do_nothing(void *arg)
{
    return arg;
}

static void look_every(suseconds_t microseconds)
{
    const struct itimerval every = {{0, microseconds}, {0, microseconds}};

    setitimer(ITIMER_REAL, &every, NULL);
}

/* Stacks of other sizes than the usual one are unmapped when their tasks end. */
static void a_handler_may_ask_for_the_name_while_tasks_end(void **state)
{
    (void)state;
    struct sigaction action = {.sa_flags = SA_RESTART};
    action.sa_handler = look_at_name;
    sigaction(SIGALRM, &action, NULL);

    look_every(50);
    for (int i = 0; i < 1000; i++)
        ahttp_await(ahttp_spawn_named(do_nothing, NULL, "brief", .stack_bytes = 65536));
    look_every(0);

    signal(SIGALRM, SIG_IGN); /* one may be on its way */
    assert_int_equal(wrong_names, 0);
}

/* ---- Memory ---- */

static void spawn_in_little_memory(void *ctx)
{
    (void)ctx;
    ahttp_loop *loop = ahttp_loop_new(.virtual_clock = true);
    if (!loop)
        return;

    int rc = ahttp_await_status(ahttp_spawn_named(sleep_long, NULL, "poor", .stack_bytes = 100000));
    assert_true(rc == 0 || rc == AHTTP_E_NO_MEMORY);

    ahttp_loop_close(loop);
}

static void out_of_memory_arrives_through_the_future(void **state)
{
    (void)state;

    for_each_allocation(spawn_in_little_memory, NULL);
}

#define WITH_LOOP(test) cmocka_unit_test_setup_teardown(test, open_loop, close_loop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LOOP(a_task_has_the_name_it_was_given),
        WITH_LOOP(without_a_name_it_is_a_number),
        WITH_LOOP(a_long_name_is_cut),
        WITH_LOOP(outside_of_tasks_there_is_no_name),
        WITH_LOOP(options_without_a_size_are_refused),
        WITH_LOOP(a_task_that_was_cancelled_early_is_named_in_its_error),
        WITH_LOOP(all_tasks_of_a_loop_can_be_looked_at),
        WITH_LOOP(a_task_may_have_a_larger_stack),
        WITH_LOOP(many_tasks_may_have_stacks_of_any_size),
        WITH_LOOP(a_stack_that_cannot_be_mapped_fails_the_task),
        WITH_LOOP(a_handler_can_say_which_task_overflowed),
        WITH_LOOP(other_crashes_are_no_overflow),
        WITH_LOOP(outside_of_tasks_nothing_overflows),
        WITH_LOOP(a_handler_may_ask_for_the_name_while_tasks_end),
        cmocka_unit_test(out_of_memory_arrives_through_the_future),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
