/* SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "loop/loop_state.h"
#include "support/check.h"
#include "support/misuse.h"
#include <ahttp/group.h>
#include <string.h>

static ahttp_loop *the_loop;
static ahttp_future *the_task;
static ahttp_group *the_group;
static char said[128];

static void say(const char *word)
{
    strcat(said, word);
}

static int open_loop(void **state)
{
    said[0] = '\0';
    *state = the_loop = ahttp_loop_new(.virtual_clock = true);
    return the_loop ? 0 : -1;
}

static int close_loop(void **state)
{
    return ahttp_loop_close(*state);
}

/* Runs fn as a task to its end; the checks are in the task itself. */
static void run(ahttp_task_fn *fn)
{
    the_task = ahttp_spawn(fn, NULL);
    assert_int_equal(ahttp_await_status(the_task), 0);
}

static int nap(int64_t ms)
{
    return ahttp_await_status(ahttp_sleep(ms));
}

static int64_t now(void)
{
    return ahttp_loop_now(ahttp_loop_current());
}

static void cancel_the_task(void *ctx)
{
    (void)ctx;
    ahttp_future_cancel(the_task);
}

static void cancel_the_task_at(int64_t delay_ms)
{
    ahttp_loop_call(the_loop, delay_ms, cancel_the_task, NULL);
}

/* ---- Members ---- */

typedef struct member {
    const char *name;
    int64_t sleep_ms;
    int fails_with;      /* after sleeping */
    int64_t clean_up_ms; /* when cancelled */
    int clean_up_fails_with;
} member;

static void *run_member(void *arg)
{
    const member *self = arg;

    if (nap(self->sleep_ms) < 0) {
        if (self->clean_up_ms && nap(self->clean_up_ms) < 0)
            say("hurried ");
        say(self->name);
        say("! ");
        if (self->clean_up_fails_with)
            return ahttp_fail(self->clean_up_fails_with, "%s: clean-up failed", self->name);
        return ahttp_fail(AHTTP_E_CANCELLED, "%s: cancelled", self->name);
    }
    say(self->name);
    say(" ");
    if (self->fails_with)
        return ahttp_fail(self->fails_with, "%s: failed", self->name);
    return arg;
}

static member a = {"a", .sleep_ms = 10}, b = {"b", .sleep_ms = 20}, c = {"c", .sleep_ms = 30};
static member bad = {"bad", .sleep_ms = 15, .fails_with = AHTTP_E_STATE};
static member slow = {"slow", .sleep_ms = 1000, .clean_up_ms = 30};
static member worse = {"worse", .sleep_ms = 1000, .clean_up_ms = 5,
                       .clean_up_fails_with = AHTTP_E_CLOSED};

static ahttp_group *start(member *first, member *second, member *third)
{
    ahttp_group *group = ahttp_group_new();
    member *members[] = {first, second, third};

    for (int i = 0; i < 3; i++)
        if (members[i])
            ahttp_group_spawn(group, run_member, members[i]);
    return group;
}

/* ---- All is well ---- */

static void *wait_for_three(void *arg)
{
    ahttp_group *group = start(&c, &a, &b);

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
    ahttp_group_spawn(the_group, run_member, &c);
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
    ahttp_group *group = start(&a, NULL, NULL);
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
    ahttp_group *group = start(&bad, &a, &slow);

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
    ahttp_group_spawn(group, run_member, &a);
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

    ahttp_group_add(group, ahttp_spawn(run_member, &a));
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
    ahttp_group *group = start(&a, &slow, NULL);
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
    ahttp_group *group = start(&slow, &a, NULL);
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

/* ---- With time limits ---- */

static void *limit_a_group(void *arg)
{
    ahttp_scope *scope = ahttp_scope_begin(100);
    ahttp_group *group = start(&slow, &a, NULL);

    int rc = ahttp_group_await_end(group);

    assert_int_equal(rc, AHTTP_E_CANCELLED);
    assert_int_equal(ahttp_scope_end(scope, rc), AHTTP_E_TIMEOUT);
    assert_int_equal(now(), 130);
    return arg;
}

static void a_limit_around_a_group_cancels_it(void **state)
{
    (void)state;

    run(limit_a_group);
}

/* Its own limit is shorter than the group's life if arg is given. */
static void *limit_inside_a_group(void *arg)
{
    ahttp_group *group = start(&bad, NULL, NULL);
    ahttp_scope *scope = ahttp_scope_begin(arg ? 10 : 100);

    int rc = ahttp_scope_end(scope, nap(1000));

    assert_int_equal(rc, arg ? AHTTP_E_TIMEOUT : AHTTP_E_CANCELLED);
    assert_int_equal(ahttp_group_await_end(group), AHTTP_E_STATE);
    return NULL;
}

static void a_limit_does_not_take_the_groups_cancel_for_its_own(void **state)
{
    (void)state;

    run(limit_inside_a_group);
    assert_int_equal(ahttp_await_status(ahttp_spawn(limit_inside_a_group, "")), 0);
}

static void *nest_groups(void *arg)
{
    ahttp_group *outer = start(&bad, NULL, NULL);
    ahttp_group *inner = start(&slow, NULL, NULL);

    int rc = ahttp_group_await_end(inner);

    assert_int_equal(rc, AHTTP_E_CANCELLED);
    assert_int_equal(now(), 45);
    assert_int_equal(ahttp_group_await_cancelled(outer), AHTTP_E_STATE);
    assert_int_equal(nap(10), 0);
    return arg;
}

static void an_outer_groups_failure_cancels_the_inner_group(void **state)
{
    (void)state;

    run(nest_groups);
}

static void *run_subgroup(void *arg)
{
    ahttp_group *group = start(arg, &slow, NULL);

    return ahttp_group_await_end(group) < 0 ? ahttp_fail_again() : NULL;
}

static void *have_subgroups(void *arg)
{
    ahttp_group *group = ahttp_group_new();
    ahttp_group_spawn(group, run_subgroup, &a);
    ahttp_group_spawn(group, run_subgroup, &bad);

    assert_int_equal(ahttp_group_await_end(group), AHTTP_E_STATE);

    assert_string_equal(ahttp_task_error()->message, "bad: failed");
    assert_string_equal(said, "a bad slow! slow! ");
    return arg;
}

static void errors_rise_through_groups_of_groups(void **state)
{
    (void)state;

    run(have_subgroups);
}

static void *interleave(void *arg)
{
    ahttp_group *first = start(&bad, NULL, NULL);
    ahttp_group *second = start(&c, NULL, NULL);

    assert_int_equal(ahttp_group_await_end(first), AHTTP_E_STATE);
    assert_int_equal(ahttp_group_await_end(second), 0);

    assert_string_equal(said, "bad c ");
    return arg;
}

static void two_groups_of_a_task_need_no_order(void **state)
{
    (void)state;

    run(interleave);
}

/* ---- Rules ---- */

static void *forget(void *arg)
{
    the_group = ahttp_group_new();
    return arg;
}

static void *end_anothers(void *arg)
{
    (void)ahttp_group_await_end(the_group);
    return arg;
}

static void *lend(void *arg)
{
    the_group = ahttp_group_new();
    ahttp_await(ahttp_spawn(end_anothers, NULL));
    return arg;
}

static ahttp_task_fn *breach;

static void spawn_breach(void)
{
    ahttp_await(ahttp_spawn(breach, NULL));
}

static void begin_outside(void)
{
    the_group = ahttp_group_new();
}

static void *add_from_elsewhere(void *arg)
{
    ahttp_loop *other = ahttp_loop_new();
    ahttp_future *foreign = ah_future_failed(other, ah_error_no_memory());
    the_group = ahttp_group_new();
    ahttp_group_add(the_group, foreign);
    return arg;
}

static void breaking_the_rules_is_told(void **state)
{
    (void)state;

    breach = forget;
    assert_misuse(spawn_breach, "on every way out");
    breach = lend;
    assert_misuse(spawn_breach, "belongs to another task");
    breach = add_from_elsewhere;
    assert_misuse(spawn_breach, "another loop");
    assert_misuse(begin_outside, "see ahttp_gather");
}

#define WITH_LOOP(test) cmocka_unit_test_setup_teardown(test, open_loop, close_loop)

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
        WITH_LOOP(a_parent_that_was_cancelled_is_told_so_at_the_end),
        WITH_LOOP(a_cancel_that_an_error_hides_comes_at_the_next_await),
        WITH_LOOP(closing_the_loop_ends_groups),
        WITH_LOOP(a_limit_around_a_group_cancels_it),
        WITH_LOOP(a_limit_does_not_take_the_groups_cancel_for_its_own),
        WITH_LOOP(an_outer_groups_failure_cancels_the_inner_group),
        WITH_LOOP(errors_rise_through_groups_of_groups),
        WITH_LOOP(two_groups_of_a_task_need_no_order),
        WITH_LOOP(breaking_the_rules_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
