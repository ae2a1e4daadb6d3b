/* SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "loop/future.h"
#include "loop/group_members.h"

static ahttp_group *the_group;
static member member_b = {.name = "b", .sleep_ms = 20};

static void cancel_the_task(void *ctx)
{
    (void)ctx;
    ahttp_future_cancel(the_task);
}

static void cancel_the_task_at(int64_t delay_ms)
{
    ahttp_loop_call(the_loop, delay_ms, cancel_the_task, NULL);
}

/* ---- All is well ---- */

static void *wait_for_three(void *arg)
{
    ahttp_group *group = start(&member_c, &member_a, &member_b);

    assert_int_equal(ahttp_group_await_end(group), 0);

    assert_string_equal(said, "a b c ");
    assert_int_equal(now(), 30);
    return arg;
}

static void the_end_waits_for_all_members(void **state)
{
    (void)state;

    run(wait_for_three);
}

static void *end_empty(void *arg)
{
    ahttp_group *group = ahttp_group_new();

    assert_null(ahttp_group_error(group, 0));
    assert_int_equal(ahttp_group_await_end(group), 0);
    assert_int_equal(ahttp_group_await_cancelled(ahttp_group_new()), 0);
    assert_int_equal(now(), 0);
    return arg;
}

static void an_empty_group_ends_at_once(void **state)
{
    (void)state;

    run(end_empty);
}

static int freed;

static void note_free(void *result)
{
    (void)result;
    freed++;
}

static void *add_futures(void *arg)
{
    ahttp_promise *promise;
    ahttp_group *group = ahttp_group_new();
    ahttp_group_add(group, ahttp_promise_new(&promise, NULL, NULL));
    ahttp_group_add(group, ahttp_sleep(10));

    ahttp_promise_resolve(promise, &freed, note_free);
    assert_int_equal(ahttp_group_await_end(group), 0);

    assert_int_equal(freed, 1);
    assert_int_equal(now(), 10);
    return arg;
}

static void any_future_may_be_a_member(void **state)
{
    (void)state;
    freed = 0;

    run(add_futures);
}

static void *spawn_another(void *arg)
{
    nap(10);
    ahttp_group_spawn(the_group, run_member, &member_c);
    return arg;
}

static void *let_members_spawn(void *arg)
{
    the_group = ahttp_group_new();
    ahttp_group_spawn(the_group, spawn_another, NULL);

    assert_int_equal(ahttp_group_await_end(the_group), 0);

    assert_string_equal(said, "c ");
    assert_int_equal(now(), 40);
    return arg;
}

static void members_may_spawn_members_while_the_parent_waits(void **state)
{
    (void)state;

    run(let_members_spawn);
}

static void *have_a_cancelled_member(void *arg)
{
    ahttp_future *future = ahttp_sleep(1000);
    ahttp_group *group = start(&member_a, NULL, NULL);
    ahttp_group_add(group, future);

    ahttp_future_cancel(future);

    assert_int_equal(ahttp_group_await_end(group), 0);
    assert_string_equal(said, "a ");
    return arg;
}

static void a_cancelled_member_is_no_failure(void **state)
{
    (void)state;

    run(have_a_cancelled_member);
}

/* ---- A member fails ---- */

static void *have_a_bad_member(void *arg)
{
    ahttp_group *group = start(&bad, &member_a, &slow);

    assert_int_equal(ahttp_group_await_end(group), AHTTP_E_STATE);

    assert_int_equal(ahttp_task_error()->code, AHTTP_E_STATE);
    assert_string_equal(ahttp_task_error()->message, "bad: failed");
    assert_string_equal(said, "a bad slow! ");
    assert_int_equal(now(), 45);
    assert_int_equal(nap(10), 0);
    return arg;
}

static void a_failing_member_cancels_the_others_and_their_end_is_waited_for(void **state)
{
    (void)state;

    run(have_a_bad_member);
}

static void *fail_while_parent_is_busy(void *arg)
{
    ahttp_group *group = start(&bad, &slow, NULL);

    assert_int_equal(nap(500), AHTTP_E_CANCELLED);
    assert_int_equal(now(), 15);
    assert_int_equal(nap(5), 0);

    assert_int_equal(ahttp_group_await_end(group), AHTTP_E_STATE);
    assert_int_equal(now(), 45);
    assert_int_equal(nap(10), 0);
    return arg;
}

static void a_failing_member_cancels_what_the_parent_awaits_once(void **state)
{
    (void)state;

    run(fail_while_parent_is_busy);
}

static void *see_all_errors(void *arg)
{
    ahttp_group *group = start(&worse, &bad, &slow);

    assert_int_equal(nap(500), AHTTP_E_CANCELLED);
    assert_int_equal(nap(10), 0);
    ahttp_group_spawn(group, run_member, &member_a);
    assert_int_equal(nap(30), 0);

    assert_string_equal(ahttp_group_error(group, 0)->message, "bad: failed");
    assert_string_equal(ahttp_group_error(group, 1)->message, "worse: clean-up failed");
    assert_int_equal(ahttp_group_error(group, 2)->code, AHTTP_E_STATE);
    assert_null(ahttp_group_error(group, 3));
    assert_int_equal(ahttp_group_await_end(group), AHTTP_E_STATE);
    assert_string_equal(said, "bad worse! slow! ");
    return arg;
}

static void all_errors_are_kept_in_order(void **state)
{
    (void)state;

    run(see_all_errors);
}

static void *add_while_aborting(void *arg)
{
    ahttp_group *group = start(&bad, NULL, NULL);
    assert_int_equal(nap(500), AHTTP_E_CANCELLED);

    ahttp_group_add(group, ahttp_spawn(run_member, &member_a));
    ahttp_group_add(group, ahttp_sleep(10000));

    assert_int_equal(ahttp_group_await_end(group), AHTTP_E_STATE);
    assert_string_equal(said, "bad ");
    assert_int_equal(now(), 15);
    return arg;
}

static void what_is_added_to_a_group_that_is_being_cancelled_is_cancelled(void **state)
{
    (void)state;

    run(add_while_aborting);
}

static ahttp_promise *the_promise;

static void resolve_and_fail(void *ctx)
{
    ahttp_promise_resolve(ctx, ctx, NULL);
    ahttp_promise_reject(the_promise, AHTTP_E_STATE, "no luck");
}

static void *get_result_while_failing(void *arg)
{
    ahttp_promise *promise;
    ahttp_future *future = ahttp_promise_new(&promise, NULL, NULL);
    ahttp_group *group = ahttp_group_new();
    ahttp_group_add(group, ahttp_promise_new(&the_promise, NULL, NULL));
    ahttp_loop_call(the_loop, 10, resolve_and_fail, promise);

    assert_ptr_equal(ahttp_await(future), promise);
    assert_int_equal(ahttp_group_await_end(group), AHTTP_E_STATE);

    assert_int_equal(nap(10), 0);
    return arg;
}

static void the_groups_cancel_does_not_outlive_it(void **state)
{
    (void)state;

    run(get_result_while_failing);
}

/* ---- Cancelling ---- */

static void *cancel_members_and_end(void *arg)
{
    ahttp_group *group = start(&member_a, &slow, NULL);
    nap(15);

    ahttp_group_cancel(group);

    assert_int_equal(nap(5), 0);
    assert_int_equal(ahttp_group_await_end(group), 0);
    assert_string_equal(said, "a slow! ");
    assert_int_equal(now(), 45);
    return arg;
}

static void a_parent_may_cancel_its_group(void **state)
{
    (void)state;

    run(cancel_members_and_end);
}

static void *find_answer(void *arg)
{
    nap(10);
    ahttp_group_cancel(the_group);
    return arg;
}

static void *race_for_answer(void *arg)
{
    the_group = start(&slow, NULL, NULL);
    ahttp_group_spawn(the_group, find_answer, NULL);

    assert_int_equal(nap(5000), AHTTP_E_CANCELLED);
    assert_int_equal(ahttp_group_await_end(the_group), 0);

    assert_int_equal(now(), 40);
    assert_int_equal(nap(10), 0);
    return arg;
}

static void a_member_may_cancel_its_group_and_what_the_parent_awaits(void **state)
{
    (void)state;

    run(race_for_answer);
}

static void *fail_oneself(void *arg)
{
    ahttp_group *group = start(&slow, &member_a, NULL);
    ahttp_await(ah_future_failed(the_loop, ah_error_new(AHTTP_E_DNS, "my own")));

    assert_int_equal(ahttp_group_await_cancelled(group), 0);

    assert_string_equal(ahttp_task_error()->message, "my own");
    assert_string_equal(said, "");
    assert_int_equal(now(), 0);
    return arg;
}

static void a_parent_that_failed_cancels_members_and_keeps_its_error(void **state)
{
    (void)state;

    run(fail_oneself);
}

static void *be_cancelled_at_the_end(void *arg)
{
    ahttp_group *group = start(&slow, &slow, NULL);

    assert_int_equal(ahttp_group_await_end(group), AHTTP_E_CANCELLED);

    assert_int_equal(ahttp_task_error()->code, AHTTP_E_CANCELLED);
    assert_string_equal(said, "slow! slow! ");
    assert_int_equal(now(), 130);
    assert_int_equal(nap(10), 0);
    return arg;
}

static void a_cancel_of_the_waiting_parent_cancels_the_members_and_waits(void **state)
{
    (void)state;
    cancel_the_task_at(100);

    run(be_cancelled_at_the_end);
}

static void a_second_cancel_does_not_hurry_the_members(void **state)
{
    (void)state;
    cancel_the_task_at(100);
    cancel_the_task_at(110);

    run(be_cancelled_at_the_end);
}

static void resolve_and_cancel(void *ctx)
{
    ahttp_promise_resolve(the_promise, NULL, NULL);
    cancel_the_task(ctx);
}

static void *be_cancelled_as_the_last_member_ends(void *arg)
{
    ahttp_group *group = ahttp_group_new();
    ahttp_group_add(group, ahttp_promise_new(&the_promise, NULL, NULL));
    ahttp_loop_call(the_loop, 10, resolve_and_cancel, NULL);

    assert_int_equal(ahttp_group_await_end(group), AHTTP_E_CANCELLED);

    assert_int_equal(nap(10), 0);
    return arg;
}

static void a_cancel_as_the_last_member_ends_arrives_once(void **state)
{
    (void)state;

    run(be_cancelled_as_the_last_member_ends);
}

static void *be_cancelled_before_the_end(void *arg)
{
    ahttp_group *group = start(&slow, NULL, NULL);

    assert_int_equal(nap(500), AHTTP_E_CANCELLED);

    assert_int_equal(ahttp_group_await_cancelled(group), AHTTP_E_CANCELLED);
    assert_int_equal(now(), 130);
    return arg;
}

static void a_parent_that_was_cancelled_is_told_so_at_the_end(void **state)
{
    (void)state;
    cancel_the_task_at(100);

    run(be_cancelled_before_the_end);
}

static void *fail_and_be_cancelled(void *arg)
{
    ahttp_group *group = start(&bad, &slow, NULL);

    assert_int_equal(ahttp_group_await_end(group), AHTTP_E_STATE);

    assert_int_equal(now(), 45);
    assert_int_equal(nap(10), AHTTP_E_CANCELLED);
    assert_int_equal(nap(10), 0);
    return arg;
}

static void a_cancel_that_an_error_hides_comes_at_the_next_await(void **state)
{
    (void)state;
    cancel_the_task_at(20);

    run(fail_and_be_cancelled);
}

static void *end_hurried(void *arg)
{
    ahttp_group *group = start(&slow, &slow, NULL);

    assert_int_equal(ahttp_group_await_end(group), AHTTP_E_CANCELLED);
    say("end");
    return arg;
}

static void closing_the_loop_ends_groups(void **state)
{
    (void)state;
    ahttp_loop *loop = ahttp_loop_new(.virtual_clock = true);
    ahttp_drop(ahttp_spawn(end_hurried, NULL));
    ahttp_await(ahttp_sleep(20));

    ahttp_loop_close(loop);

    assert_string_equal(said, "hurried slow! hurried slow! end");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LOOP(the_end_waits_for_all_members),
        WITH_LOOP(an_empty_group_ends_at_once),
        WITH_LOOP(any_future_may_be_a_member),
        WITH_LOOP(members_may_spawn_members_while_the_parent_waits),
        WITH_LOOP(a_cancelled_member_is_no_failure),
        WITH_LOOP(a_failing_member_cancels_the_others_and_their_end_is_waited_for),
        WITH_LOOP(a_failing_member_cancels_what_the_parent_awaits_once),
        WITH_LOOP(all_errors_are_kept_in_order),
        WITH_LOOP(what_is_added_to_a_group_that_is_being_cancelled_is_cancelled),
        WITH_LOOP(the_groups_cancel_does_not_outlive_it),
        WITH_LOOP(a_parent_may_cancel_its_group),
        WITH_LOOP(a_member_may_cancel_its_group_and_what_the_parent_awaits),
        WITH_LOOP(a_parent_that_failed_cancels_members_and_keeps_its_error),
        WITH_LOOP(a_cancel_of_the_waiting_parent_cancels_the_members_and_waits),
        WITH_LOOP(a_second_cancel_does_not_hurry_the_members),
        WITH_LOOP(a_cancel_as_the_last_member_ends_arrives_once),
        WITH_LOOP(a_parent_that_was_cancelled_is_told_so_at_the_end),
        WITH_LOOP(a_cancel_that_an_error_hides_comes_at_the_next_await),
        WITH_LOOP(closing_the_loop_ends_groups),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
