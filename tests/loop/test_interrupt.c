/* SPDX-License-Identifier: MIT */
#include "support/check.h"
#include <ahttp/task.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

enum { INTERRUPTED = 7, OTHERWISE_FAILED = 8 }; /* exit codes of children */

static int out; /* where a child says something */
static char said[256];
static size_t said_len;

static void say(const char *word)
{
    if (write(out, word, strlen(word)) < 0)
        _exit(99);
}

/* ---- Children: they run a task, and are sent signals ---- */

typedef struct child {
    pid_t pid;
    int out;
} child;

static int exit_code(int rc)
{
    if (rc == 0)
        return 0;
    return rc == AHTTP_E_INTERRUPTED ? INTERRUPTED : OTHERWISE_FAILED;
}

static child start(ahttp_task_fn *fn, void (*before)(void))
{
    int ends[2];

    said_len = 0;
    said[0] = '\0';
    assert_int_equal(pipe(ends), 0);
    child started = {.pid = fork(), .out = ends[0]};
    assert_true(started.pid >= 0);
    if (started.pid == 0) {
        out = ends[1];
        if (before)
            before();
        _exit(exit_code(ahttp_run(fn, NULL)));
    }
    close(ends[1]);
    return started;
}

static void wait_until_it_says(const child *from, const char *word)
{
    while (!strstr(said, word)) {
        ssize_t got = read(from->out, said + said_len, sizeof said - 1 - said_len);
        assert_true(got > 0);
        said_len += (size_t)got;
        said[said_len] = '\0';
    }
}

/* Its status, as waitpid gives it. */
static int wait_for_end(const child *from)
{
    int status;
    ssize_t got;

    while ((got = read(from->out, said + said_len, sizeof said - 1 - said_len)) > 0)
        said_len += (size_t)got;
    said[said_len] = '\0';
    close(from->out);
    assert_int_equal(waitpid(from->pid, &status, 0), from->pid);
    return status;
}

static void assert_exits(int status, int code)
{
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), code);
}

static void assert_killed(int status, int number)
{
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), number);
}

/* ---- Tasks ---- */

static void say_ready(void *ctx)
{
    (void)ctx;
    say("ready ");
}

/* The task is asleep when the child says so.  TSan would keep a signal that comes on the stack
   of a task until that goes on. */
static int sleep_long(void)
{
    ahttp_loop_call(ahttp_loop_current(), 0, say_ready, NULL);
    return ahttp_await_status(ahttp_sleep(1000000));
}

static void *clean_up(void *arg)
{
    (void)arg;
    int code = sleep_long();
    if (code == AHTTP_E_CANCELLED && ahttp_await_status(ahttp_sleep(1)) == 0)
        say("cleaned up");
    return ahttp_fail(code, "stopped");
}

static void *swallow(void *arg)
{
    sleep_long();
    return arg;
}

static void *fail_otherwise(void *arg)
{
    (void)arg;
    sleep_long();
    return ahttp_fail(AHTTP_E_STATE, "no");
}

static void *clean_up_for_ever(void *arg)
{
    sleep_long();
    say("cleaning ");
    ahttp_await(ahttp_sleep(1000000));
    return arg;
}

static void *never_await(void *arg)
{
    sigset_t none, one;

    (void)arg;
    sigemptyset(&none);
    sigemptyset(&one);
    sigaddset(&one, SIGINT);
    sigprocmask(SIG_BLOCK, &one, NULL);
    say("ready ");
    sigsuspend(&none);
    sigprocmask(SIG_UNBLOCK, &one, NULL);
    say("woken ");
    for (;;)
        pause();
    return NULL;
}

/* ---- One signal ---- */

static void a_signal_cancels_the_main_task_which_cleans_up(void **state)
{
    (void)state;
    static const int numbers[] = {SIGINT, SIGTERM};

    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        child run = start(clean_up, NULL);
        wait_until_it_says(&run, "ready");

        kill(run.pid, numbers[i]);

        assert_exits(wait_for_end(&run), INTERRUPTED);
        assert_string_equal(said, "ready cleaned up");
    }
}

static void a_task_may_end_well_in_spite_of_a_signal(void **state)
{
    (void)state;
    child run = start(swallow, NULL);
    wait_until_it_says(&run, "ready");

    kill(run.pid, SIGINT);

    assert_exits(wait_for_end(&run), 0);
}

static void a_task_that_fails_otherwise_keeps_its_code(void **state)
{
    (void)state;
    child run = start(fail_otherwise, NULL);
    wait_until_it_says(&run, "ready");

    kill(run.pid, SIGINT);

    assert_exits(wait_for_end(&run), OTHERWISE_FAILED);
}

/* ---- A second one ---- */

static void assert_second_kills(int first, int second)
{
    child run = start(clean_up_for_ever, NULL);
    wait_until_it_says(&run, "ready");
    kill(run.pid, first);
    wait_until_it_says(&run, "cleaning");

    kill(run.pid, second);

    assert_killed(wait_for_end(&run), second);
}

static void a_second_signal_ends_the_process_at_once(void **state)
{
    (void)state;

    assert_second_kills(SIGINT, SIGINT);
    assert_second_kills(SIGTERM, SIGTERM);
    assert_second_kills(SIGINT, SIGTERM);
    assert_second_kills(SIGTERM, SIGINT);
}

static void a_second_signal_ends_a_task_that_never_awaits(void **state)
{
    (void)state;
    child run = start(never_await, NULL);
    wait_until_it_says(&run, "ready");
    kill(run.pid, SIGINT);
    wait_until_it_says(&run, "woken");

    kill(run.pid, SIGINT);

    assert_killed(wait_for_end(&run), SIGINT);
}

static void *signal_self_twice(void *arg)
{
    raise(SIGINT);
    raise(SIGTERM);
    return clean_up(arg);
}

static void a_second_signal_that_was_on_its_way_is_not_lost(void **state)
{
    (void)state;
    child run = start(signal_self_twice, NULL);

    assert_killed(wait_for_end(&run), SIGTERM);
}

/* ---- Signals that the program cares for itself ---- */

static void ignore_sigint(void)
{
    signal(SIGINT, SIG_IGN);
}

static void an_ignored_signal_stays_ignored(void **state)
{
    (void)state;
    child run = start(clean_up, ignore_sigint);
    wait_until_it_says(&run, "ready");

    kill(run.pid, SIGINT);
    kill(run.pid, SIGTERM);

    assert_exits(wait_for_end(&run), INTERRUPTED); /* by the other one */
}

static volatile sig_atomic_t handled;

static void handle(int number)
{
    (void)number;
    handled++;
}

static void *signal_self(void *arg)
{
    (void)arg;
    raise(SIGINT);
    return ahttp_await_status(ahttp_sleep(10)) < 0 ? ahttp_fail_again() : NULL;
}

static void (*handler_of(int number))(int)
{
    struct sigaction action;

    sigaction(number, NULL, &action);
    return action.sa_handler;
}

static void a_handler_of_the_program_is_left_alone(void **state)
{
    (void)state;
    handled = 0;
    signal(SIGINT, handle);

    assert_int_equal(ahttp_run(signal_self, NULL), 0);

    assert_int_equal(handled, 1);
    assert_ptr_equal(handler_of(SIGINT), handle);
    assert_ptr_equal(handler_of(SIGTERM), SIG_DFL);
    signal(SIGINT, SIG_DFL);
}

static void *install_handler(void *arg)
{
    (void)arg;
    signal(SIGTERM, handle);
    return NULL;
}

static void a_handler_that_was_installed_meanwhile_stays(void **state)
{
    (void)state;

    assert_int_equal(ahttp_run(install_handler, NULL), 0);

    assert_ptr_equal(handler_of(SIGINT), SIG_DFL);
    assert_ptr_equal(handler_of(SIGTERM), handle);
    signal(SIGTERM, SIG_DFL);
}

/* ---- Afterwards, and elsewhere ---- */

static void the_default_action_is_restored_and_another_run_can_be_interrupted(void **state)
{
    (void)state;

    for (int i = 0; i < 3; i++) {
        assert_int_equal(ahttp_run(signal_self, NULL), AHTTP_E_INTERRUPTED);

        assert_ptr_equal(handler_of(SIGINT), SIG_DFL);
        assert_ptr_equal(handler_of(SIGTERM), SIG_DFL);
    }
}

static void *sleep_until_cancelled(void *arg)
{
    uv_sem_post(arg);
    return ahttp_await_status(ahttp_sleep(1000000)) < 0 ? ahttp_fail_again() : NULL;
}

typedef struct runner {
    uv_thread_t thread;
    uv_sem_t *sleeping;
    int rc;
} runner;

static void run_in_thread(void *arg)
{
    runner *self = arg;

    self->rc = ahttp_run(sleep_until_cancelled, self->sleeping);
}

static void a_signal_reaches_the_runs_of_all_threads(void **state)
{
    (void)state;
    uv_sem_t sleeping;
    runner runners[3];
    uv_sem_init(&sleeping, 0);
    for (size_t i = 0; i < COUNT_OF(runners); i++) {
        runners[i].sleeping = &sleeping;
        uv_thread_create(&runners[i].thread, run_in_thread, &runners[i]);
        uv_sem_wait(&sleeping);
    }

    kill(getpid(), SIGINT);

    for (size_t i = 0; i < COUNT_OF(runners); i++) {
        uv_thread_join(&runners[i].thread);
        assert_int_equal(runners[i].rc, AHTTP_E_INTERRUPTED);
    }
    assert_ptr_equal(handler_of(SIGINT), SIG_DFL);
    uv_sem_destroy(&sleeping);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signal_cancels_the_main_task_which_cleans_up),
        cmocka_unit_test(a_task_may_end_well_in_spite_of_a_signal),
        cmocka_unit_test(a_task_that_fails_otherwise_keeps_its_code),
        cmocka_unit_test(a_second_signal_ends_the_process_at_once),
        cmocka_unit_test(a_second_signal_ends_a_task_that_never_awaits),
        cmocka_unit_test(a_second_signal_that_was_on_its_way_is_not_lost),
        cmocka_unit_test(an_ignored_signal_stays_ignored),
        cmocka_unit_test(a_handler_of_the_program_is_left_alone),
        cmocka_unit_test(a_handler_that_was_installed_meanwhile_stays),
        cmocka_unit_test(the_default_action_is_restored_and_another_run_can_be_interrupted),
        cmocka_unit_test(a_signal_reaches_the_runs_of_all_threads),
    };

    signal(SIGINT, SIG_DFL); /* a shell's background job has it ignored */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
