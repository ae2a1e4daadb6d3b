/* SPDX-License-Identifier: MIT */
#include "loop/coroutine.h"
#include "support/check.h"
#include <errno.h>
#include <signal.h>
#include <stdalign.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __x86_64__
#include <xmmintrin.h>
#endif

#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static ah_coroutine_pool pool;

static int release_pool(void **state)
{
    (void)state;
    ah_coroutine_pool_release(&pool);
    return 0;
}

typedef struct visit {
    ah_coroutine *coroutine;
    int steps;
    int sum;
} visit;

static void add_up(void *arg)
{
    visit *self = arg;
    int local = 0;

    for (int i = 1; i <= self->steps; i++) {
        local += i;
        ah_coroutine_suspend(self->coroutine);
    }
    self->sum = local;
}

static void locals_live_across_suspending(void **state)
{
    (void)state;
    visit self = {.steps = 10};
    self.coroutine = ah_coroutine_new(&pool, 0, add_up, &self);

    for (int i = 0; i < 10; i++)
        assert_false(ah_coroutine_resume(self.coroutine));
    assert_int_equal(self.sum, 0);
    assert_true(ah_coroutine_resume(self.coroutine));

    assert_int_equal(self.sum, 55);
}

static void many_coroutines_take_turns(void **state)
{
    enum { COUNT = 100, STEPS = 5 };
    (void)state;
    visit visits[COUNT];

    for (int i = 0; i < COUNT; i++) {
        visits[i] = (visit){.steps = STEPS};
        visits[i].coroutine = ah_coroutine_new(&pool, 0, add_up, &visits[i]);
    }
    for (int turn = 0; turn <= STEPS; turn++)
        for (int i = 0; i < COUNT; i++)
            assert_int_equal(ah_coroutine_resume(visits[i].coroutine), turn == STEPS);

    for (int i = 0; i < COUNT; i++)
        assert_int_equal(visits[i].sum, 15);
}

static void the_newest_stack_is_used_again_first(void **state)
{
    (void)state;
    visit one = {0}, two = {0};
    one.coroutine = ah_coroutine_new(&pool, 0, add_up, &one);
    two.coroutine = ah_coroutine_new(&pool, 0, add_up, &two);
    ah_coroutine_resume(one.coroutine);
    ah_coroutine_resume(two.coroutine);
    assert_int_equal(pool.free_count, 2);

    ah_coroutine *again = ah_coroutine_new(&pool, 0, add_up, &one);

    assert_ptr_equal(again, two.coroutine);
    one.coroutine = again;
    assert_true(ah_coroutine_resume(again));
}

static void the_pool_has_an_upper_bound(void **state)
{
    enum { COUNT = 1100 };
    (void)state;
    static visit visits[COUNT];

    for (int i = 0; i < COUNT; i++) {
        visits[i] = (visit){0};
        visits[i].coroutine = ah_coroutine_new(&pool, 0, add_up, &visits[i]);
        assert_non_null(visits[i].coroutine);
    }
    for (int i = 0; i < COUNT; i++)
        assert_true(ah_coroutine_resume(visits[i].coroutine));

    assert_int_equal(pool.free_count, 1024);
}

static void a_stack_may_be_used_any_number_of_times(void **state)
{
    (void)state;
    int sum = 0;

    for (int i = 0; i < 100000; i++) {
        visit self = {.steps = 1};
        self.coroutine = ah_coroutine_new(&pool, 0, add_up, &self);
        ah_coroutine_resume(self.coroutine);
        ah_coroutine_resume(self.coroutine);
        sum += self.sum;
    }

    assert_int_equal(sum, 100000);
    assert_int_equal(pool.free_count, 1);
}

static char printed[100];

static void print_floats(void *arg)
{
    alignas(max_align_t) char local[sizeof(max_align_t)];

    *(uintptr_t *)arg = (uintptr_t)local % alignof(max_align_t);
    snprintf(printed, sizeof printed, "%.3f %.2Lf", 1.5, 2.25L);
}

static void the_stack_is_aligned_as_the_abi_wants(void **state)
{
    (void)state;
    uintptr_t misaligned = 1;

    assert_true(ah_coroutine_resume(ah_coroutine_new(&pool, 0, print_floats, &misaligned)));

    assert_int_equal(misaligned, 0);
    assert_string_equal(printed, "1.500 2.25");
}

#ifdef __x86_64__

static void round_up(void *arg)
{
    visit *self = arg;

    _MM_SET_ROUNDING_MODE(_MM_ROUND_UP);
    ah_coroutine_suspend(self->coroutine);
    self->sum = _MM_GET_ROUNDING_MODE() == _MM_ROUND_UP;
}

static void each_keeps_its_floating_point_mode(void **state)
{
    (void)state;
    visit self = {0};
    self.coroutine = ah_coroutine_new(&pool, 0, round_up, &self);

    ah_coroutine_resume(self.coroutine);
    assert_int_equal(_MM_GET_ROUNDING_MODE(), _MM_ROUND_NEAREST);
    ah_coroutine_resume(self.coroutine);

    assert_int_equal(_MM_GET_ROUNDING_MODE(), _MM_ROUND_NEAREST);
    assert_true(self.sum);
}

#endif

typedef struct nested {
    ah_coroutine *coroutine;
    visit inner;
    bool inner_ended;
} nested;

static void run_inner(void *arg)
{
    nested *self = arg;

    self->inner.steps = 1;
    self->inner.coroutine = ah_coroutine_new(&pool, 0, add_up, &self->inner);
    ah_coroutine_resume(self->inner.coroutine);
    ah_coroutine_suspend(self->coroutine);
    self->inner_ended = ah_coroutine_resume(self->inner.coroutine);
}

static void a_coroutine_may_resume_another(void **state)
{
    (void)state;
    nested self = {0};
    self.coroutine = ah_coroutine_new(&pool, 0, run_inner, &self);

    assert_false(ah_coroutine_resume(self.coroutine));
    assert_true(ah_coroutine_resume(self.coroutine));

    assert_true(self.inner_ended);
    assert_int_equal(self.inner.sum, 1);
}

static int recurse(volatile char *above, int depth)
{
    volatile char room[1024];

    room[0] = above[0];
    return depth == 0 ? room[0] : recurse(room, depth - 1) + room[0];
}

static void use_much(void *arg)
{
    volatile char start = 1;

    *(int *)arg = recurse(&start, 180); /* of 256 KiB */
}

static void the_stack_has_room_for_deep_calls(void **state)
{
    (void)state;
    int result = 0;

    assert_true(ah_coroutine_resume(ah_coroutine_new(&pool, 0, use_much, &result)));

    assert_int_equal(result, 181);
}

static void use_too_much(void *arg)
{
    volatile char start = 1;

    *(int *)arg = recurse(&start, 100000);
}

static void too_deep_calls_end_in_the_guard(void **state)
{
    (void)state;
    int status, result;
    if (SANITIZED)
        skip();

    pid_t child = fork();
    if (child == 0) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        signal(SIGSEGV, SIG_DFL);
        ah_coroutine_resume(ah_coroutine_new(&pool, 0, use_too_much, &result));
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);

    assert_true(WIFSIGNALED(status));
    assert_true(WTERMSIG(status) == SIGSEGV || WTERMSIG(status) == SIGBUS);
}

static void without_address_space_there_is_no_coroutine(void **state)
{
    (void)state;
    int status;
    if (SANITIZED)
        skip();

    pid_t child = fork();
    if (child == 0) {
        struct rlimit little = {1 << 20, 1 << 20};
        setrlimit(RLIMIT_AS, &little);
        bool refused = !ah_coroutine_new(&pool, 0, use_much, NULL) && errno == ENOMEM;
        _exit(refused ? 7 : 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);

    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 7);
}

#define WITH_POOL(test) cmocka_unit_test_teardown(test, release_pool)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(locals_live_across_suspending),
        WITH_POOL(many_coroutines_take_turns),
        WITH_POOL(the_newest_stack_is_used_again_first),
        WITH_POOL(the_pool_has_an_upper_bound),
        WITH_POOL(a_stack_may_be_used_any_number_of_times),
        WITH_POOL(the_stack_is_aligned_as_the_abi_wants),
#ifdef __x86_64__
        WITH_POOL(each_keeps_its_floating_point_mode),
#endif
        WITH_POOL(a_coroutine_may_resume_another),
        WITH_POOL(the_stack_has_room_for_deep_calls),
        WITH_POOL(too_deep_calls_end_in_the_guard),
        WITH_POOL(without_address_space_there_is_no_coroutine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
