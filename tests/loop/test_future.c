/* SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "loop/future.h"
#include "support/check.h"
#include "support/failing_alloc.h"
#include "support/misuse.h"
#include <ahttp/task.h>
#include <ahttp/wait.h>

static int freed;
static ahttp_loop *the_loop;

static void note_free(void *result)
{
    (void)result;
    freed++;
}

static int open_loop(void **state)
{
    freed = 0;
    *state = the_loop = ahttp_loop_new(.virtual_clock = true);
    return *state ? 0 : -1;
}

static int close_loop(void **state)
{
    return ahttp_loop_close(*state);
}

typedef struct seen {
    int count;
    void *result;
    int code;
} seen;

static void look(ahttp_future *future, void *ctx)
{
    seen *self = ctx;
    const ahttp_error *error = ahttp_future_error(future);

    assert_true(ahttp_future_done(future));
    self->count++;
    self->code = error ? error->code : 0;
    self->result = ahttp_future_take(future);
}

static void then_is_called_from_the_loop_with_the_result(void **state)
{
    int value = 0;
    seen self = {0};
    ahttp_future *future = ah_future_new(*state);

    ahttp_then(future, look, &self);
    assert_false(ahttp_future_done(future));
    ah_future_resolve(future, &value, note_free);
    assert_int_equal(self.count, 0);
    ahttp_loop_run(*state);

    assert_int_equal(self.count, 1);
    assert_ptr_equal(self.result, &value);
    assert_int_equal(freed, 0); /* it was taken */
}

static void then_on_a_done_future_also_waits_for_the_loop(void **state)
{
    seen self = {0};
    ahttp_future *future = ah_future_new(*state);
    ah_future_reject(future, ah_error_new(AHTTP_E_DNS, "resolve x: no such name"));
    assert_true(ahttp_future_done(future));

    ahttp_then(future, look, &self);
    assert_int_equal(self.count, 0);
    ahttp_loop_run(*state);

    assert_int_equal(self.count, 1);
    assert_int_equal(self.code, AHTTP_E_DNS);
    assert_null(self.result);
}

static void a_result_that_nobody_takes_is_freed(void **state)
{
    int value = 0;
    ahttp_future *before = ah_future_new(*state);
    ahttp_future *after = ah_future_new(*state);

    ahttp_drop(before);
    assert_int_equal(freed, 0);
    ah_future_resolve(before, &value, note_free);
    assert_int_equal(freed, 1);
    ah_future_resolve(after, &value, note_free);
    ahttp_drop(after);

    assert_int_equal(freed, 2);
}

static void a_result_can_be_taken_once(void **state)
{
    int value = 0;
    ahttp_future *future = ah_future_new(*state);
    assert_null(ahttp_future_take(future));
    ah_future_resolve(future, &value, note_free);

    assert_ptr_equal(ahttp_future_take(future), &value);
    assert_null(ahttp_future_take(future));

    ahttp_drop(future);
    assert_int_equal(freed, 0);
}

static void cancelling_fails_a_future_at_once_and_a_late_result_is_freed(void **state)
{
    int value = 0;
    ahttp_future *future = ah_future_new(*state);

    ahttp_future_cancel(future);
    assert_true(ahttp_future_done(future));
    ah_future_resolve(future, &value, note_free);

    assert_int_equal(freed, 1);
    assert_int_equal(ahttp_future_error(future)->code, AHTTP_E_CANCELLED);
    ahttp_drop(future);
}

static void a_failure_that_comes_after_a_cancel_is_freed(void **state)
{
    ahttp_future *future = ah_future_new(*state);
    ahttp_future_cancel(future);

    ah_future_reject(future, ah_error_new(AHTTP_E_DNS, "too late"));

    assert_int_equal(ahttp_future_error(future)->code, AHTTP_E_CANCELLED);
    ahttp_drop(future);
}

static void cancelling_never_takes_a_result_away(void **state)
{
    int value = 0;
    ahttp_future *future = ah_future_new(*state);
    ah_future_resolve(future, &value, NULL);

    ahttp_future_cancel(future);

    assert_null(ahttp_future_error(future));
    assert_ptr_equal(ahttp_future_take(future), &value);
    ahttp_drop(future);
}

static int hook_calls;

static void note_hook(ahttp_future *future)
{
    hook_calls++;
    assert_ptr_equal(future->owner, &hook_calls);
}

static void a_cancel_hook_may_settle_later(void **state)
{
    ahttp_future *future = ah_future_new(*state);
    future->cancel = note_hook;
    future->owner = &hook_calls;
    hook_calls = 0;

    ahttp_future_cancel(future);

    assert_int_equal(hook_calls, 1);
    assert_false(ahttp_future_done(future));
    ah_future_reject(future, ah_error_new(AHTTP_E_CANCELLED, "cancelled"));
    ahttp_future_cancel(future);
    assert_int_equal(hook_calls, 1);
    ahttp_drop(future);
}

static int released;

static void note_release(ahttp_future *future)
{
    assert_false(ah_future_is_held(future));
    released++;
}

static void an_embedded_future_tells_its_owner_when_both_halves_are_gone(void **state)
{
    ahttp_future one, two;
    released = 0;

    ah_future_init(&one, *state, note_release, NULL);
    ah_future_resolve(&one, NULL, NULL);
    assert_int_equal(released, 0);
    ahttp_drop(&one);
    assert_int_equal(released, 1);
    ah_future_init(&two, *state, note_release, NULL);
    ahttp_drop(&two);
    assert_int_equal(released, 1);
    ah_future_resolve(&two, NULL, NULL);

    assert_int_equal(released, 2);
}

static int jobs_run;

static void note_job(ah_job *job)
{
    (void)job;
    jobs_run++;
}

static void any_number_of_jobs_may_wait_and_leave_again(void **state)
{
    ah_job jobs[3] = {{.run = note_job}, {.run = note_job}, {.run = note_job}};
    ahttp_future *future = ah_future_new(*state);
    jobs_run = 0;
    for (int i = 0; i < 3; i++)
        ah_future_wait(future, &jobs[i]);

    ah_link_remove(&jobs[1].link);
    ah_future_resolve(future, NULL, NULL);
    ahttp_drop(future);
    ahttp_loop_run(*state);

    assert_int_equal(jobs_run, 2);
}

static void use_future(ahttp_loop *loop, seen *self)
{
    ahttp_future *future = ah_future_new(loop);

    ahttp_then(future, look, self);
    ah_future_resolve(future, self, NULL);
    ahttp_loop_run(loop);
}

static void futures_are_recycled_without_allocating(void **state)
{
    (void)state;
    seen self = {0};
    counting_alloc_install();
    ahttp_loop *loop = ahttp_loop_new();
    use_future(loop, &self);
    size_t before = counting_alloc_counts().allocations;

    for (int i = 0; i < 100; i++)
        use_future(loop, &self);

    assert_int_equal(self.count, 101);
    assert_int_equal(counting_alloc_counts().allocations, before);
    ahttp_loop_close(loop);
    counting_alloc_remove();
}

static void only_so_many_futures_are_kept_for_reuse(void **state)
{
    enum { COUNT = 1100 };
    static ahttp_future *futures[COUNT];
    (void)state;
    counting_alloc_install();
    ahttp_loop *loop = ahttp_loop_new();
    size_t before = counting_alloc_counts().live;

    for (int i = 0; i < COUNT; i++)
        futures[i] = ah_future_new(loop);
    for (int i = 0; i < COUNT; i++) {
        ah_future_resolve(futures[i], NULL, NULL);
        ahttp_drop(futures[i]);
    }

    assert_int_equal(counting_alloc_counts().live - before, 256);
    ahttp_loop_close(loop);
    counting_alloc_remove();
}

static void *refuse(size_t size, void *ctx)
{
    (void)size;
    (void)ctx;
    return NULL;
}

static void *refuse_again(void *block, size_t size, void *ctx)
{
    (void)block;
    (void)size;
    (void)ctx;
    return NULL;
}

static void ignore(void *block, void *ctx)
{
    (void)block;
    (void)ctx;
}

static const ahttp_allocator empty_heap = {refuse, refuse_again, ignore, NULL};

static void without_any_memory_every_future_still_fails_properly(void **state)
{
    enum { COUNT = 500 };
    ahttp_future *futures[COUNT];
    seen self = {0};
    ahttp_set_allocator(&empty_heap);

    assert_null(ah_future_new(*state));
    for (int i = 0; i < COUNT; i++)
        futures[i] = ah_future_failed(*state, ah_error_no_memory());
    for (int i = 0; i < COUNT; i++) {
        assert_non_null(futures[i]);
        assert_true(ahttp_future_done(futures[i]));
        assert_int_equal(ahttp_future_error(futures[i])->code, AHTTP_E_NO_MEMORY);
        ahttp_future_cancel(futures[i]);
        ahttp_drop(futures[i]);
    }
    ahttp_then(ah_future_failed(*state, ah_error_no_memory()), look, &self);
    ahttp_loop_run(*state);

    ahttp_set_allocator(NULL);
    assert_int_equal(self.count, 1);
    assert_int_equal(self.code, AHTTP_E_NO_MEMORY);
}

static void more_futures_than_the_reserve_may_get_callbacks_once_there_is_memory(void **state)
{
    enum { COUNT = 100 };
    ahttp_future *futures[COUNT];
    seen self = {0};
    ahttp_set_allocator(&empty_heap);
    for (int i = 0; i < COUNT; i++)
        futures[i] = ah_future_failed(*state, ah_error_no_memory());
    ahttp_set_allocator(NULL);

    for (int i = 0; i < COUNT; i++)
        ahttp_then(futures[i], look, &self);
    ahttp_loop_run(*state);

    assert_int_equal(self.count, COUNT);
    assert_int_equal(self.code, AHTTP_E_NO_MEMORY);
}

/* ---- Breaking the rule ---- */

static void hand_in_twice(void)
{
    ahttp_future *future = ah_future_new(the_loop);

    ahttp_drop(future);
    ahttp_drop(future);
}

static void drop_in_callback(ahttp_future *future, void *ctx)
{
    (void)ctx;
    ahttp_drop(future);
}

static void hand_in_the_callbacks_own(void)
{
    ahttp_future *future = ah_future_failed(the_loop, ah_error_no_memory());

    ahttp_then(future, drop_in_callback, NULL);
    ahttp_loop_run(the_loop);
}

static void handing_in_twice_aborts_with_a_sentence(void **state)
{
    (void)state;

    assert_misuse(hand_in_twice, "handed in twice");
    assert_misuse(hand_in_the_callbacks_own, "handed in twice");
}

static void hand_in_null(void)
{
    ahttp_then(NULL, drop_in_callback, NULL);
}

static void drop_null(void)
{
    ahttp_drop(NULL);
}

static void await_null(void)
{
    ahttp_await(NULL);
}

static void cancel_null(void)
{
    ahttp_future_cancel(NULL);
}

static void ask_null(void)
{
    ahttp_future_done(NULL);
}

static void limit_null(void)
{
    ahttp_drop(ahttp_within(1000, NULL));
}

static void shield_null(void)
{
    ahttp_drop(ahttp_shield(NULL));
}

/* The second of two was never set. */
static ahttp_future **one_of_two(void)
{
    static ahttp_future *futures[2];

    futures[0] = ah_future_new(the_loop);
    return futures;
}

static void gather_null(void)
{
    ahttp_drop(ahttp_gather(2, one_of_two(), NULL));
}

static void wait_for_null(void)
{
    ahttp_drop(ahttp_wait(2, one_of_two(), AHTTP_FIRST_DONE, AHTTP_NEVER));
}

static void complete_null(void)
{
    ahttp_completion_end(ahttp_as_completed(2, one_of_two(), AHTTP_NEVER));
}

static void sort_null(void)
{
    ahttp_done_first(2, one_of_two());
}

static void a_future_that_is_null_aborts_with_a_sentence(void **state)
{
    (void)state;

    assert_misuse(hand_in_null, "a future is NULL");
    assert_misuse(drop_null, "a future is NULL");
    assert_misuse(await_null, "a future is NULL");
    assert_misuse(cancel_null, "a future is NULL");
    assert_misuse(ask_null, "a future is NULL");
    assert_misuse(limit_null, "a future is NULL");
    assert_misuse(shield_null, "a future is NULL");
    assert_misuse(gather_null, "a future is NULL");
    assert_misuse(wait_for_null, "a future is NULL");
    assert_misuse(complete_null, "a future is NULL");
    assert_misuse(sort_null, "a future is NULL");
}

#define WITH_LOOP(test) cmocka_unit_test_setup_teardown(test, open_loop, close_loop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LOOP(then_is_called_from_the_loop_with_the_result),
        WITH_LOOP(then_on_a_done_future_also_waits_for_the_loop),
        WITH_LOOP(a_result_that_nobody_takes_is_freed),
        WITH_LOOP(a_result_can_be_taken_once),
        WITH_LOOP(cancelling_fails_a_future_at_once_and_a_late_result_is_freed),
        WITH_LOOP(a_failure_that_comes_after_a_cancel_is_freed),
        WITH_LOOP(cancelling_never_takes_a_result_away),
        WITH_LOOP(a_cancel_hook_may_settle_later),
        WITH_LOOP(an_embedded_future_tells_its_owner_when_both_halves_are_gone),
        WITH_LOOP(any_number_of_jobs_may_wait_and_leave_again),
        cmocka_unit_test(futures_are_recycled_without_allocating),
        cmocka_unit_test(only_so_many_futures_are_kept_for_reuse),
        WITH_LOOP(without_any_memory_every_future_still_fails_properly),
        WITH_LOOP(more_futures_than_the_reserve_may_get_callbacks_once_there_is_memory),
        WITH_LOOP(handing_in_twice_aborts_with_a_sentence),
        WITH_LOOP(a_future_that_is_null_aborts_with_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
