/* SPDX-License-Identifier: MIT */
/* Groups with time limits, with other groups, without memory, and against the rules. */
#include "base/error.h"
#include "loop/group_members.h"
#include "loop/loop_state.h"
#include "support/failing_alloc.h"
#include "support/misuse.h"

static ahttp_group *the_group;

/* ---- With time limits ---- */

static void *limit_a_group(void *arg)
{
    ahttp_scope *scope = ahttp_scope_begin(100);
    ahttp_group *group = start(&slow, &member_a, NULL);

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
    ahttp_group_spawn(group, run_subgroup, &member_a);
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
    ahttp_group *second = start(&member_c, NULL, NULL);

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

/* ---- Memory ---- */

static void *do_without(void *arg)
{
    counting_alloc_fail_nth(1);
    ahttp_group *group = ahttp_group_new();
    ahttp_group_spawn(group, run_member, &member_a);
    ahttp_group_add(group, ahttp_spawn(run_member, &slow));
    ahttp_group_cancel(group);

    assert_int_equal(nap(100), AHTTP_E_CANCELLED);
    assert_int_equal(ahttp_group_error(group, 0)->code, AHTTP_E_NO_MEMORY);
    assert_null(ahttp_group_error(group, 1));
    assert_int_equal(ahttp_group_await_end(group), AHTTP_E_NO_MEMORY);
    assert_int_equal(ahttp_task_error()->code, AHTTP_E_NO_MEMORY);
    assert_int_equal(nap(10), 0);
    assert_string_equal(said, "");
    return arg;
}

static void *wait_for_what_was_added(void *arg)
{
    ahttp_future *started = ahttp_spawn(run_member, &slow);
    assert_int_equal(nap(5), 0);
    counting_alloc_fail_nth(1);
    ahttp_group *group = ahttp_group_new();
    ahttp_group_add(group, started);

    assert_int_equal(ahttp_group_await_end(group), AHTTP_E_NO_MEMORY);

    assert_string_equal(said, "slow! ");
    assert_int_equal(now(), 35);
    assert_int_equal(nap(10), 0);
    return arg;
}

static void *end_after_the_members(void *arg)
{
    ahttp_future *started = ahttp_spawn(run_member, &slow);
    assert_int_equal(nap(5), 0);
    counting_alloc_fail_nth(1);
    ahttp_group *group = ahttp_group_new();
    ahttp_group_add(group, started);
    assert_int_equal(nap(100), AHTTP_E_CANCELLED);
    assert_int_equal(nap(100), 0);

    assert_int_equal(ahttp_group_await_end(group), AHTTP_E_NO_MEMORY);

    assert_int_equal(now(), 105);
    return arg;
}

static void run_counted(ahttp_task_fn *fn)
{
    said[0] = '\0';
    counting_alloc_install();
    ahttp_loop *loop = ahttp_loop_new(.virtual_clock = true);

    assert_int_equal(ahttp_await_status(ahttp_spawn(fn, NULL)), 0);

    ahttp_loop_close(loop);
    counting_alloc_remove();
}

static void a_group_without_memory_says_so_at_its_end(void **state)
{
    (void)state;

    run_counted(do_without);
}

static void a_group_without_memory_waits_for_what_was_added(void **state)
{
    (void)state;

    run_counted(wait_for_what_was_added);
    run_counted(end_after_the_members);
}

static void *add_what_is_nothing_but_an_error(void *arg)
{
    ahttp_group *group = start(&slow, NULL, NULL);
    ahttp_group_add(group, &the_loop->futures.last_resort);
    ahttp_group_add(group, &the_loop->futures.last_resort);

    assert_int_equal(nap(100), AHTTP_E_CANCELLED);

    assert_int_equal(ahttp_group_error(group, 0)->code, AHTTP_E_NO_MEMORY);
    assert_null(ahttp_group_error(group, 1));
    assert_int_equal(ahttp_group_await_end(group), AHTTP_E_NO_MEMORY);
    return arg;
}

static void a_member_that_is_out_of_memory_is_an_error_of_the_group(void **state)
{
    (void)state;

    run(add_what_is_nothing_but_an_error);
}

static void *group_up(void *arg)
{
    ahttp_group *outer = start(&bad, &member_a, NULL);
    ahttp_scope *scope = ahttp_scope_begin(12);
    ahttp_group *inner = start(&slow, &worse, NULL);

    int own = nap(3);
    int rc = own < 0 ? ahttp_group_await_cancelled(inner) : ahttp_group_await_end(inner);
    assert_true(own < 0 || rc < 0);
    ahttp_scope_end(scope, rc);
    rc = ahttp_group_await_end(outer);
    assert_true(rc == AHTTP_E_STATE || rc == AHTTP_E_NO_MEMORY);
    return arg;
}

static void group_in_little_memory(void *ctx)
{
    (void)ctx;
    said[0] = '\0';
    ahttp_loop *loop = ahttp_loop_new(.virtual_clock = true);
    if (!loop)
        return;

    int rc = ahttp_await_status(ahttp_spawn(group_up, NULL));
    assert_true(rc == 0 || rc == AHTTP_E_NO_MEMORY);

    ahttp_loop_close(loop);
}

static void out_of_memory_anywhere_ends_groups_with_an_error(void **state)
{
    (void)state;

    for_each_allocation(group_in_little_memory, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LOOP(a_limit_around_a_group_cancels_it),
        WITH_LOOP(a_limit_does_not_take_the_groups_cancel_for_its_own),
        WITH_LOOP(an_outer_groups_failure_cancels_the_inner_group),
        WITH_LOOP(errors_rise_through_groups_of_groups),
        WITH_LOOP(two_groups_of_a_task_need_no_order),
        WITH_LOOP(breaking_the_rules_is_told),
        cmocka_unit_test(a_group_without_memory_says_so_at_its_end),
        cmocka_unit_test(a_group_without_memory_waits_for_what_was_added),
        WITH_LOOP(a_member_that_is_out_of_memory_is_an_error_of_the_group),
        cmocka_unit_test(out_of_memory_anywhere_ends_groups_with_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
