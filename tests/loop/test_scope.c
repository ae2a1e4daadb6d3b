/* SPDX-License-Identifier: MIT */
#include "support/check.h"
#include "support/failing_alloc.h"
#include "support/misuse.h"
#include <ahttp/group.h>
#include <ahttp/wait.h>

static ahttp_loop *the_loop;

static int open_loop(void **state)
{
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
    assert_int_equal(ahttp_await_status(ahttp_spawn(fn, NULL)), 0);
}

static int nap(int64_t ms)
{
    return ahttp_await_status(ahttp_sleep(ms));
}

/* ---- One scope ---- */

static void *take_less(void *arg)
{
    ahttp_scope *scope = ahttp_scope_begin(100);
    int rc = nap(10);

    assert_false(ahttp_scope_expired(scope));
    assert_int_equal(ahttp_scope_end(scope, rc), 0);
    assert_int_equal(nap(1000), 0);
    return arg;
}

static void within_its_limit_a_scope_changes_nothing(void **state)
{
    (void)state;

    run(take_less);
}

static void *take_more(void *arg)
{
    ahttp_scope *scope = ahttp_scope_begin(100);
    int rc = nap(1000);

    assert_int_equal(rc, AHTTP_E_CANCELLED);
    assert_true(ahttp_scope_expired(scope));
    assert_int_equal(ahttp_scope_end(scope, rc), AHTTP_E_TIMEOUT);
    assert_int_equal(ahttp_task_error()->code, AHTTP_E_TIMEOUT);
    assert_string_equal(ahttp_task_error()->message, "scope: the time limit of 100 ms has passed");
    assert_int_equal(ahttp_loop_now(the_loop), 100);
    return arg;
}

static void past_its_limit_the_await_is_cancelled_and_the_end_says_timeout(void **state)
{
    (void)state;

    run(take_more);
}

static void *take_more_than_until(void *arg)
{
    ahttp_scope *never = ahttp_scope_begin_at(AHTTP_NEVER);
    nap(50);
    ahttp_scope *scope = ahttp_scope_begin_at(80);
    int rc = nap(1000);

    assert_int_equal(ahttp_loop_now(the_loop), 80);
    assert_int_equal(ahttp_scope_end(scope, rc), AHTTP_E_TIMEOUT);
    scope = ahttp_scope_begin_at(60);
    assert_true(ahttp_scope_expired(scope));
    assert_int_equal(ahttp_scope_end(scope, nap(1000)), AHTTP_E_TIMEOUT);
    assert_int_equal(ahttp_scope_end(never, 0), 0);
    return arg;
}

static void a_scope_may_last_until_a_time(void **state)
{
    (void)state;

    run(take_more_than_until);
}

static void *take_long_in_steps(void *arg)
{
    ahttp_scope *scope = ahttp_scope_begin(100);
    int rc = 0, steps = 0;

    while (rc == 0 && ++steps < 100)
        rc = nap(30);

    assert_int_equal(steps, 4);
    assert_int_equal(ahttp_scope_end(scope, rc), AHTTP_E_TIMEOUT);
    return arg;
}

static void the_limit_is_for_all_awaits_together(void **state)
{
    (void)state;

    run(take_long_in_steps);
}

static void *keep_other_codes(void *arg)
{
    ahttp_scope *scope = ahttp_scope_begin(100);
    nap(1000);

    assert_int_equal(ahttp_scope_end(scope, AHTTP_E_STATE), AHTTP_E_STATE);
    scope = ahttp_scope_begin(100);
    nap(1000);
    assert_int_equal(ahttp_scope_end(scope, 0), 0);
    return arg;
}

static void other_codes_pass_through_an_expired_scope(void **state)
{
    (void)state;

    run(keep_other_codes);
}

static void *go_on_after_expiry(void *arg)
{
    ahttp_scope *scope = ahttp_scope_begin(100);

    assert_int_equal(nap(1000), AHTTP_E_CANCELLED);
    assert_int_equal(nap(1000), 0);

    assert_int_equal(ahttp_scope_end(scope, 0), 0);
    return arg;
}

static void expiring_cancels_once(void **state)
{
    (void)state;

    run(go_on_after_expiry);
}

static ahttp_scope *the_scope;

static void expire_with_result(void *ctx)
{
    ahttp_promise_resolve(ctx, ctx, NULL);
    ahttp_scope_reschedule(the_scope, 0);
}

static void *get_result_at_expiry(void *arg)
{
    ahttp_promise *promise;
    ahttp_future *future = ahttp_promise_new(&promise, NULL, NULL);
    the_scope = ahttp_scope_begin(AHTTP_NEVER);
    ahttp_loop_call(the_loop, 10, expire_with_result, promise);

    assert_ptr_equal(ahttp_await(future), promise);
    assert_true(ahttp_scope_expired(the_scope));
    int rc = arg ? nap(1000) : 0;

    assert_int_equal(ahttp_scope_end(the_scope, rc), arg ? AHTTP_E_TIMEOUT : 0);
    assert_int_equal(nap(1000), 0);
    return NULL;
}

static void a_result_that_is_there_is_delivered_and_the_expiry_comes_next(void **state)
{
    (void)state;

    assert_int_equal(ahttp_await_status(ahttp_spawn(get_result_at_expiry, "")), 0);
}

static void an_expiry_that_met_no_await_ends_with_the_scope(void **state)
{
    (void)state;

    run(get_result_at_expiry);
}

static void *be_too_late(void *arg)
{
    ahttp_scope *scope = ahttp_scope_begin(0);

    assert_true(ahttp_scope_expired(scope));
    assert_int_equal(ahttp_scope_end(scope, nap(10)), AHTTP_E_TIMEOUT);
    assert_int_equal(ahttp_loop_now(the_loop), 0);
    assert_int_equal(nap(10), 0);
    return arg;
}

static void a_limit_of_0_has_passed(void **state)
{
    (void)state;

    run(be_too_late);
}

typedef ahttp_future *wrap_fn(ahttp_future *work);

static ahttp_future *wrap_in_limit(ahttp_future *work)
{
    return ahttp_within(5000, work);
}

static ahttp_future *wrap_in_gather(ahttp_future *work)
{
    ahttp_future *both[] = {work, ahttp_sleep(50)};

    return ahttp_gather(2, both, NULL);
}

static void *sleep_to_the_expiry(void *arg)
{
    wrap_fn *const *wrap = arg;
    ahttp_scope *scope = ahttp_scope_begin(AHTTP_NEVER);
    ahttp_future *future = (*wrap)(ahttp_sleep(100));
    ahttp_scope_reschedule(scope, 100);

    assert_int_equal(ahttp_await_status(future), 0);

    assert_int_equal(ahttp_scope_end(scope, nap(1000)), AHTTP_E_TIMEOUT);
    assert_int_equal(nap(10), 0);
    return NULL;
}

static void an_expiry_that_meets_a_result_on_its_way_comes_next(void **state)
{
    wrap_fn *wraps[] = {wrap_in_limit, ahttp_shield, wrap_in_gather};

    for (int i = 0; i < 3; i++) {
        int64_t start_ms = ahttp_loop_now(*state);
        assert_int_equal(ahttp_await_status(ahttp_spawn(sleep_to_the_expiry, &wraps[i])), 0);
        assert_int_equal(ahttp_loop_now(*state), start_ms + 110);
    }
}

/* ---- Rescheduling ---- */

static void *extend(void *arg)
{
    ahttp_scope *scope = ahttp_scope_begin(100);
    assert_int_equal(nap(90), 0);

    ahttp_scope_reschedule(scope, 100);
    assert_int_equal(nap(90), 0);
    ahttp_scope_reschedule(scope, AHTTP_NEVER);
    assert_int_equal(nap(9000), 0);
    ahttp_scope_reschedule(scope, 5);

    assert_int_equal(ahttp_scope_end(scope, nap(90)), AHTTP_E_TIMEOUT);
    assert_int_equal(ahttp_loop_now(the_loop), 90 + 90 + 9000 + 5);
    return arg;
}

static void a_scope_can_be_rescheduled(void **state)
{
    (void)state;

    run(extend);
}

static void *extend_too_late(void *arg)
{
    ahttp_scope *scope = ahttp_scope_begin(10);
    int rc = nap(1000);

    ahttp_scope_reschedule(scope, 10);

    assert_int_equal(nap(1000), 0);
    assert_int_equal(ahttp_scope_end(scope, rc), AHTTP_E_TIMEOUT);
    return arg;
}

static void an_expired_scope_is_not_rescheduled(void **state)
{
    (void)state;

    run(extend_too_late);
}

/* ---- Rules ---- */

static void *end_outer_first(void *arg)
{
    ahttp_scope *outer = ahttp_scope_begin(10);
    ahttp_scope *inner = ahttp_scope_begin(10);

    ahttp_scope_end(outer, 0);
    ahttp_scope_end(inner, 0);
    return arg;
}

static void *forget(void *arg)
{
    the_scope = ahttp_scope_begin(10);
    return arg;
}

static void *end_anothers(void *arg)
{
    ahttp_scope_end(the_scope, 0);
    return arg;
}

static void *lend(void *arg)
{
    the_scope = ahttp_scope_begin(10);
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
    the_scope = ahttp_scope_begin(10);
}

static void breaking_the_rules_is_told(void **state)
{
    (void)state;

    breach = end_outer_first;
    assert_misuse(spawn_breach, "end those that began later first");
    breach = forget;
    assert_misuse(spawn_breach, "on every way out");
    breach = lend;
    assert_misuse(spawn_breach, "belongs to another task");
    assert_misuse(begin_outside, "see ahttp_within");
}

/* ---- Memory ---- */

static void *begin_without_memory(void *arg)
{
    counting_alloc_fail_nth(1);
    ahttp_scope *scope = ahttp_scope_begin(100);

    assert_true(ahttp_scope_expired(scope));
    ahttp_scope_reschedule(scope, 100);
    assert_int_equal(ahttp_scope_end(scope, nap(1000)), AHTTP_E_NO_MEMORY);
    assert_int_equal(ahttp_task_error()->code, AHTTP_E_NO_MEMORY);
    assert_int_equal(nap(10), 0);
    assert_int_equal(ahttp_loop_now(ahttp_loop_current()), 10);
    return arg;
}

static void *begin_two_without_memory(void *arg)
{
    counting_alloc_fail_nth(1);
    ahttp_scope *outer = ahttp_scope_begin(100);
    assert_int_equal(nap(10), AHTTP_E_CANCELLED);
    counting_alloc_fail_nth(1);
    ahttp_scope *inner = ahttp_scope_begin(100);

    int rc = ahttp_scope_end(inner, nap(1000));

    assert_int_equal(rc, AHTTP_E_NO_MEMORY);
    assert_int_equal(ahttp_scope_end(outer, rc), AHTTP_E_NO_MEMORY);
    assert_int_equal(nap(1000), 0);
    return arg;
}

static void run_counted(ahttp_task_fn *fn)
{
    counting_alloc_install();
    ahttp_loop *loop = ahttp_loop_new(.virtual_clock = true);

    assert_int_equal(ahttp_await_status(ahttp_spawn(fn, NULL)), 0);

    ahttp_loop_close(loop);
    counting_alloc_remove();
}

static void without_memory_a_scope_expires_at_once(void **state)
{
    (void)state;

    run_counted(begin_without_memory);
    run_counted(begin_two_without_memory);
}

static void *expire_in_little_memory(void *arg)
{
    ahttp_scope *scope = ahttp_scope_begin(10);
    int rc = ahttp_scope_end(scope, nap(100));

    assert_true(rc == AHTTP_E_TIMEOUT || rc == AHTTP_E_NO_MEMORY);
    return arg;
}

static void scope_in_little_memory(void *ctx)
{
    (void)ctx;
    ahttp_loop *loop = ahttp_loop_new(.virtual_clock = true);
    if (!loop)
        return;

    int rc = ahttp_await_status(ahttp_spawn(expire_in_little_memory, NULL));
    assert_true(rc == 0 || rc == AHTTP_E_NO_MEMORY);

    ahttp_loop_close(loop);
}

static void out_of_memory_is_never_a_limit_lost(void **state)
{
    (void)state;

    for_each_allocation(scope_in_little_memory, NULL);
}

#define WITH_LOOP(test) cmocka_unit_test_setup_teardown(test, open_loop, close_loop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LOOP(within_its_limit_a_scope_changes_nothing),
        WITH_LOOP(past_its_limit_the_await_is_cancelled_and_the_end_says_timeout),
        WITH_LOOP(a_scope_may_last_until_a_time),
        WITH_LOOP(the_limit_is_for_all_awaits_together),
        WITH_LOOP(other_codes_pass_through_an_expired_scope),
        WITH_LOOP(expiring_cancels_once),
        WITH_LOOP(a_result_that_is_there_is_delivered_and_the_expiry_comes_next),
        WITH_LOOP(an_expiry_that_meets_a_result_on_its_way_comes_next),
        WITH_LOOP(an_expiry_that_met_no_await_ends_with_the_scope),
        WITH_LOOP(a_limit_of_0_has_passed),
        WITH_LOOP(a_scope_can_be_rescheduled),
        WITH_LOOP(an_expired_scope_is_not_rescheduled),
        WITH_LOOP(breaking_the_rules_is_told),
        cmocka_unit_test(without_memory_a_scope_expires_at_once),
        cmocka_unit_test(out_of_memory_is_never_a_limit_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
