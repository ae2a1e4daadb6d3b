/* SPDX-License-Identifier: MIT */
/* What a switch to a task and back costs, beside swapcontext in the same run.  The figures are
   printed; only a switch that is out of all proportion fails, as machines are noisy. */
#include "support/check.h"

#include "loop/coroutine.h"
#include <ahttp.h>
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>
#include <uv.h>
#if defined(__has_include) && __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

enum { ROUNDS = 100000, REPEATS = 5, STACK = 64 * 1024, ONE_MICROSECOND = 1000 };

static double best_of(double (*measure)(void))
{
    double best = measure();

    for (int i = 1; i < REPEATS; i++) {
        double ns = measure();
        best = ns < best ? ns : best;
    }
    return best;
}

static double ns_each(uint64_t since)
{
    return (double)(uv_hrtime() - since) / ROUNDS;
}

/* ---- A coroutine ---- */

static ah_coroutine *partner;

static void suspend_often(void *arg)
{
    (void)arg;
    for (int i = 0; i <= ROUNDS; i++)
        ah_coroutine_suspend(partner);
}

static double there_and_back(void)
{
    ah_coroutine_pool pool = {0};

    partner = ah_coroutine_new(&pool, 0, suspend_often, NULL);
    assert_non_null(partner);
    ah_coroutine_resume(partner);
    uint64_t since = uv_hrtime();
    for (int i = 0; i < ROUNDS; i++)
        ah_coroutine_resume(partner);
    double ns = ns_each(since);
    assert_true(ah_coroutine_resume(partner));
    ah_coroutine_pool_release(&pool);
    return ns;
}

/* ---- swapcontext; the sanitizers are not told of its stacks ---- */

#if !defined(AHTTP_SANITIZED)
static ucontext_t here, there;

static void swap_often(void)
{
    for (;;)
        swapcontext(&there, &here);
}

static double there_and_back_by_swapcontext(void)
{
    char *stack = malloc(STACK);

    assert_int_equal(getcontext(&there), 0);
    there.uc_stack.ss_sp = stack;
    there.uc_stack.ss_size = STACK;
    makecontext(&there, swap_often, 0);
    uint64_t since = uv_hrtime();
    for (int i = 0; i < ROUNDS; i++)
        swapcontext(&here, &there);
    double ns = ns_each(since);
    free(stack);
    return ns;
}
#endif

/* ---- An await of what is done ---- */

static double await_of_a_finished_future(void)
{
    uint64_t since = uv_hrtime();

    for (int i = 0; i < ROUNDS; i++) {
        ahttp_promise *promise;
        ahttp_future *future = ahttp_promise_new(&promise, NULL, NULL);
        ahttp_promise_resolve(promise, NULL, NULL);
        assert_int_equal(ahttp_await_status(future), 0);
    }
    return ns_each(since);
}

static void *await_often(void *arg)
{
    *(double *)arg = best_of(await_of_a_finished_future);
    return NULL;
}

static void a_switch_to_a_task_and_back_takes_far_less_than_a_microsecond(void **state)
{
    double coroutine = best_of(there_and_back);

    (void)state;
    printf("there and back: coroutine %.1f ns", coroutine);
#if !defined(AHTTP_SANITIZED)
    printf(", swapcontext %.1f ns", best_of(there_and_back_by_swapcontext));
    assert_true(coroutine < ONE_MICROSECOND || RUNNING_ON_VALGRIND);
#endif
    printf("\n");
}

static void the_await_of_a_finished_future_costs_no_switch(void **state)
{
    double ns = 0;

    (void)state;
    assert_int_equal(ahttp_run(await_often, &ns), 0);
    printf("future made, settled and awaited: %.1f ns\n", ns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_switch_to_a_task_and_back_takes_far_less_than_a_microsecond),
        cmocka_unit_test(the_await_of_a_finished_future_costs_no_switch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
