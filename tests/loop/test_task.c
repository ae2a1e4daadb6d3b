/* SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "loop/future.h"
#include "support/check.h"
#include "support/failing_alloc.h"
#include "support/misuse.h"
#include <ahttp/task.h>
#include <string.h>

static char said[64];
static int freed;

static void say(const char *word)
{
    strcat(said, word);
}

static int open_loop(void **state)
{
    said[0] = '\0';
    freed = 0;
    *state = ahttp_loop_new(.virtual_clock = true);
    return *state ? 0 : -1;
}

static int close_loop(void **state)
{
    return ahttp_loop_close(*state);
}

static void note_free(void *result)
{
    (void)result;
    freed++;
}

static void *say_name(void *arg)
{
    say(arg);
    return arg;
}

/* Says its name, sleeps for a second, and says "." or, when cancelled, "!". */
static void *nap(void *arg)
{
    say(arg);
    if (ahttp_await_status(ahttp_sleep(1000)) < 0) {
        say("!");
        return ahttp_fail_again();
    }
    say(".");
    return arg;
}

/* ---- Spawning and awaiting ---- */

static void a_task_does_not_start_inside_spawn(void **state)
{
    (void)state;
    char name[] = "a";

    ahttp_future *future = ahttp_spawn(say_name, name);
    say("-");

    assert_ptr_equal(ahttp_await(future), name);
    assert_string_equal(said, "-a");
}

static void tasks_run_in_the_order_of_spawning_and_take_turns(void **state)
{
    (void)state;
    ahttp_future *futures[] = {ahttp_spawn(nap, "a"), ahttp_spawn(nap, "b"), ahttp_spawn(nap, "c")};

    assert_int_equal(ahttp_await_status(ahttp_gather(3, futures, NULL)), 0);

    assert_string_equal(said, "abc...");
}

static void *await_done_ones(void *arg)
{
    ahttp_loop *loop = arg;

    ahttp_drop(ahttp_spawn(say_name, "other"));
    for (int i = 0; i < 3; i++) {
        ahttp_future *done = ah_future_new(loop);
        ah_future_resolve(done, said, NULL);
        assert_ptr_equal(ahttp_await(done), said);
        say("x");
    }
    return NULL;
}

static void awaiting_what_is_done_does_not_let_others_run(void **state)
{
    ahttp_drop(ahttp_spawn(await_done_ones, *state));

    ahttp_loop_run(*state);

    assert_string_equal(said, "xxxother");
}

static void *fail_by_name(void *arg)
{
    return ahttp_fail(AHTTP_E_STATE, "no token in %s", (const char *)arg);
}

static void *fail_by_child(void *arg)
{
    if (!ahttp_await(ahttp_spawn(fail_by_name, arg)))
        return ahttp_fail_again();
    return arg;
}

static void a_failure_travels_up_with_code_and_message(void **state)
{
    (void)state;

    assert_null(ahttp_await(ahttp_spawn(fail_by_child, "file")));

    assert_int_equal(ahttp_task_error()->code, AHTTP_E_STATE);
    assert_string_equal(ahttp_task_error()->message, "no token in file");
}

static void *fail_with_cleaning_up(void *arg)
{
    ahttp_await(ahttp_spawn(fail_by_name, arg));
    void *nothing = ahttp_fail_again();

    ahttp_await(ahttp_spawn(fail_by_name, "clean-up"));
    assert_string_equal(ahttp_task_error()->message, "no token in clean-up");
    return nothing;
}

static void what_fails_while_cleaning_up_does_not_replace_the_failure(void **state)
{
    (void)state;

    assert_null(ahttp_await(ahttp_spawn(fail_with_cleaning_up, "file")));

    assert_string_equal(ahttp_task_error()->message, "no token in file");
}

static void *fail_and_think_again(void *arg)
{
    ahttp_fail(AHTTP_E_STATE, "first");
    ahttp_fail(AHTTP_E_URL, "second");
    return arg;
}

static void a_task_that_returns_something_has_not_failed(void **state)
{
    (void)state;
    int value;

    assert_ptr_equal(ahttp_await(ahttp_spawn(fail_and_think_again, &value)), &value);
    assert_int_equal(ahttp_await_status(ahttp_spawn(fail_and_think_again, NULL)), AHTTP_E_URL);
}

static void *fail_again_for_nothing(void *arg)
{
    (void)arg;
    assert_int_equal(ahttp_task_error()->code, 0);
    return ahttp_fail_again();
}

static void failing_again_without_a_failed_await_is_an_error_of_its_own(void **state)
{
    (void)state;

    assert_int_equal(ahttp_await_status(ahttp_spawn(fail_again_for_nothing, NULL)), AHTTP_E_STATE);
}

static void *remember_own_error(void *arg)
{
    ahttp_await(ahttp_spawn(fail_by_name, arg));
    ahttp_await(ahttp_sleep(10));
    assert_non_null(strstr(ahttp_task_error()->message, arg));
    return arg;
}

static void each_task_has_its_own_error(void **state)
{
    (void)state;
    ahttp_future *futures[] = {ahttp_spawn(remember_own_error, "one"),
                               ahttp_spawn(remember_own_error, "two")};

    assert_int_equal(ahttp_await_status(ahttp_gather(2, futures, NULL)), 0);

    assert_int_equal(ahttp_task_error()->code, 0);
}

/* ---- Running and closing ---- */

static void *run_inside(void *arg)
{
    *(int *)arg = ahttp_run(say_name, "x");
    return arg;
}

static void run_gives_the_code_of_the_first_task(void **state)
{
    int inner = 0;
    (void)state;

    assert_int_equal(ahttp_run(run_inside, &inner), 0);
    assert_int_equal(inner, AHTTP_E_STATE);
    assert_int_equal(ahttp_run(fail_by_name, "x"), AHTTP_E_STATE);
    assert_null(ahttp_loop_current());
}

static void *clean_up_slowly(void *arg)
{
    ahttp_await(ahttp_sleep(1000));
    ahttp_await(ahttp_sleep(30));
    say("child ");
    return ahttp_fail(AHTTP_E_CANCELLED, "cleaned up %s", (const char *)arg);
}

static void *leave_tasks_behind(void *arg)
{
    ahttp_drop(ahttp_spawn(nap, "a"));
    ahttp_drop(ahttp_spawn(clean_up_slowly, arg));
    ahttp_await(ahttp_sleep(0));
    ahttp_await(ahttp_sleep(0));
    return arg;
}

static void run_cancels_what_is_left_and_waits_for_it(void **state)
{
    (void)state;
    said[0] = '\0';

    assert_int_equal(ahttp_run(leave_tasks_behind, "x"), 0);

    assert_string_equal(said, "a!child ");
}

static void *stubborn(void *arg)
{
    for (int i = 0; i < 5; i++)
        if (ahttp_await_status(ahttp_sleep(1000000)) == AHTTP_E_CANCELLED)
            say("c");
    return arg;
}

static void while_closing_every_await_is_cancelled_at_once(void **state)
{
    (void)state;
    ahttp_loop *loop = ahttp_loop_new();
    said[0] = '\0';
    ahttp_drop(ahttp_spawn(stubborn, NULL));
    ahttp_drop(ahttp_within(10000000, ahttp_spawn(stubborn, NULL)));
    ahttp_await(ahttp_sleep(1));

    assert_int_equal(ahttp_loop_close(loop), 0);

    assert_string_equal(said, "cccccccccc");
}

static void *spawn_at_the_end(void *arg)
{
    ahttp_await(ahttp_sleep(1000));
    ahttp_await(ahttp_spawn(say_name, arg));
    ahttp_drop(ahttp_spawn(nap, arg));
    return arg;
}

static void a_task_that_is_awaited_while_closing_is_cancelled_and_what_is_dropped_runs(void **state)
{
    (void)state;
    ahttp_loop *loop = ahttp_loop_new();
    said[0] = '\0';
    ahttp_drop(ahttp_spawn(spawn_at_the_end, "x"));
    ahttp_await(ahttp_sleep(1));

    assert_int_equal(ahttp_loop_close(loop), 0);

    assert_string_equal(said, "x!");
}

/* ---- Resources ---- */

static void *spawn_often(void *arg)
{
    int *count = arg;

    for (int i = 0; i < *count; i++) {
        ahttp_future *naps[] = {ahttp_spawn(say_name, ""), ahttp_spawn(nap, "")};
        ahttp_await(naps[0]);
        ahttp_await(naps[1]);
        said[0] = '\0';
    }
    return NULL;
}

static void spawning_and_awaiting_allocate_nothing_in_steady_state(void **state)
{
    (void)state;
    int few = 2, many = 200;
    counting_alloc_install();
    ahttp_loop *loop = ahttp_loop_new(.virtual_clock = true);
    ahttp_await(ahttp_spawn(spawn_often, &few));
    size_t before = counting_alloc_counts().allocations;

    ahttp_await(ahttp_spawn(spawn_often, &many));

    assert_int_equal(counting_alloc_counts().allocations, before);
    ahttp_loop_close(loop);
    counting_alloc_remove();
}

static void more_tasks_than_are_kept_for_reuse_work(void **state)
{
    enum { COUNT = 1500 };
    static ahttp_future *futures[COUNT];
    (void)state;

    for (int i = 0; i < COUNT; i++)
        futures[i] = ahttp_spawn(nap, "");
    for (int i = 0; i < COUNT; i++) {
        said[0] = '\0';
        ahttp_drop(futures[i]);
    }
}

static void *use_everything(void *arg)
{
    int value;
    ahttp_promise *promise;
    ahttp_future *future = ahttp_promise_new(&promise, NULL, NULL);
    ahttp_future *cancelled = ahttp_spawn(nap, arg);
    ahttp_promise_resolve(promise, &value, note_free);
    ahttp_future *futures[] = {future, ahttp_spawn(fail_by_child, arg), ahttp_spawn(nap, arg)};

    ahttp_await(ahttp_sleep(1));
    ahttp_future_cancel(cancelled);
    int code = ahttp_await_status(cancelled);
    assert_true(code == AHTTP_E_CANCELLED || code == AHTTP_E_NO_MEMORY || code == 0);
    code = ahttp_await_status(ahttp_gather(3, futures, NULL));
    assert_true(code == AHTTP_E_STATE || code == AHTTP_E_NO_MEMORY);
    return ahttp_fail_again();
}

static void run_everything(void *ctx)
{
    (void)ctx;
    said[0] = '\0';
    ahttp_loop *loop = ahttp_loop_new(.virtual_clock = true);
    if (!loop)
        return;

    int code = ahttp_await_status(ahttp_spawn(use_everything, ""));

    assert_true(code == AHTTP_E_STATE || code == AHTTP_E_NO_MEMORY);
    ahttp_loop_close(loop);
}

static void out_of_memory_arrives_in_tasks_as_an_error(void **state)
{
    (void)state;

    for_each_allocation(run_everything, NULL);
}

/* ---- Breaking rules ---- */

static void fail_outside(void)
{
    ahttp_fail(AHTTP_E_STATE, "nobody fails");
}

static void fail_again_outside(void)
{
    ahttp_fail_again();
}

static void *fail_with_success(void *arg)
{
    (void)arg;
    return ahttp_fail(0, "not a failure");
}

static void run_failing_with_success(void)
{
    ahttp_run(fail_with_success, NULL);
}

static void *await_it(void *arg)
{
    return ahttp_await(*(ahttp_future **)arg);
}

static void run_awaiting_itself(void)
{
    ahttp_loop *loop = ahttp_loop_new();
    ahttp_future *self = ahttp_spawn(await_it, &self);

    ahttp_loop_run(loop);
}

static void run_ring_of_tasks(void)
{
    ahttp_future *ring[3];
    ahttp_loop *loop = ahttp_loop_new();

    for (int i = 0; i < 3; i++)
        ring[i] = ahttp_spawn(await_it, &ring[(i + 1) % 3]);
    ahttp_loop_run(loop);
}

static void cancel_hidden_ring(void)
{
    ahttp_future *ring[2];
    ahttp_loop *loop = ahttp_loop_new(.virtual_clock = true);

    for (int i = 0; i < 2; i++)
        ring[i] = ahttp_within(1000, ahttp_spawn(await_it, &ring[1 - i]));
    ahttp_loop_run(loop); /* the limits cancel it */
    ah_misuse("the ring was cancelled, and goes on");
}

static void spawn_without_loop(void)
{
    ahttp_drop(ahttp_spawn(say_name, ""));
}

static void broken_rules_abort_with_a_sentence(void **state)
{
    (void)state;

    assert_misuse(fail_outside, "ahttp_fail: only a task can fail");
    assert_misuse(fail_again_outside, "ahttp_fail_again: only a task can fail");
    assert_misuse(run_failing_with_success, "ahttp_fail: the code of a failure is negative");
    assert_misuse(run_awaiting_itself, "ahttp_await: this task awaits itself");
    assert_misuse(run_ring_of_tasks, "ahttp_await: this task awaits itself");
    assert_misuse(cancel_hidden_ring, "the ring was cancelled, and goes on");
    assert_misuse(spawn_without_loop, "ahttp_spawn: this thread has no loop");
}

#define WITH_LOOP(test) cmocka_unit_test_setup_teardown(test, open_loop, close_loop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LOOP(a_task_does_not_start_inside_spawn),
        WITH_LOOP(tasks_run_in_the_order_of_spawning_and_take_turns),
        WITH_LOOP(awaiting_what_is_done_does_not_let_others_run),
        WITH_LOOP(a_failure_travels_up_with_code_and_message),
        WITH_LOOP(what_fails_while_cleaning_up_does_not_replace_the_failure),
        WITH_LOOP(a_task_that_returns_something_has_not_failed),
        WITH_LOOP(failing_again_without_a_failed_await_is_an_error_of_its_own),
        WITH_LOOP(each_task_has_its_own_error),
        cmocka_unit_test(run_gives_the_code_of_the_first_task),
        cmocka_unit_test(run_cancels_what_is_left_and_waits_for_it),
        cmocka_unit_test(while_closing_every_await_is_cancelled_at_once),
        cmocka_unit_test(
            a_task_that_is_awaited_while_closing_is_cancelled_and_what_is_dropped_runs),
        cmocka_unit_test(spawning_and_awaiting_allocate_nothing_in_steady_state),
        WITH_LOOP(more_tasks_than_are_kept_for_reuse_work),
        cmocka_unit_test(out_of_memory_arrives_in_tasks_as_an_error),
        cmocka_unit_test(broken_rules_abort_with_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
