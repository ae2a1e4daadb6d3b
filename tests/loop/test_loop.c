/* SPDX-License-Identifier: MIT */
#include "loop/loop.h"
#include "loop/timer.h"
#include "support/check.h"
#include "support/failing_alloc.h"
#include "support/misuse.h"
#include <ahttp/error.h>
#include <sys/resource.h>
#include <uv.h>

static ahttp_loop *the_loop;
static int calls;

static void count_call(void *ctx)
{
    (void)ctx;
    calls++;
}

static int reset(void **state)
{
    (void)state;
    calls = 0;
    return 0;
}

/* ---- The ready queue ---- */

typedef struct numbered {
    ah_job job;
    int number;
} numbered;

static int ran[8];
static size_t ran_count;

static void note_number(ah_job *job)
{
    ran[ran_count++] = AH_CONTAINER(job, numbered, job)->number;
}

static void jobs_run_first_come_first_and_only_from_the_loop(void **state)
{
    (void)state;
    ahttp_loop *loop = ahttp_loop_new();
    numbered one = {{.run = note_number}, 1}, two = {{.run = note_number}, 2};
    numbered three = {{.run = note_number}, 3};
    ah_list both;
    ah_list_init(&both);
    ah_list_append(&both, &two.job.link);
    ah_list_append(&both, &three.job.link);
    ran_count = 0;

    ah_loop_ready(loop, &one.job);
    ah_loop_ready_all(loop, &both);
    assert_int_equal(ran_count, 0);
    assert_true(ah_list_is_empty(&both));
    ahttp_loop_run(loop);

    int expected[] = {1, 2, 3};
    assert_int_equal(ran_count, 3);
    assert_memory_equal(ran, expected, sizeof expected);
    ahttp_loop_close(loop);
}

static void only_the_outermost_bracket_runs_jobs(void **state)
{
    (void)state;
    ahttp_loop *loop = ahttp_loop_new();
    numbered one = {{.run = note_number}, 1};
    ran_count = 0;

    ah_loop_enter(loop);
    ah_loop_enter(loop);
    ah_loop_ready(loop, &one.job);
    ah_loop_leave(loop);
    assert_int_equal(ran_count, 0);
    ah_loop_leave(loop);

    assert_int_equal(ran_count, 1);
    ahttp_loop_close(loop);
}

static int again_left;

static void run_again(ah_job *job)
{
    if (--again_left > 0)
        ah_loop_ready(the_loop, job);
}

static void one_drain_ends_even_if_jobs_never_do(void **state)
{
    (void)state;
    the_loop = ahttp_loop_new();
    numbered forever = {{.run = run_again}, 1};
    again_left = 1000000;

    ah_loop_enter(the_loop);
    ah_loop_ready(the_loop, &forever.job);
    ah_loop_leave(the_loop);

    assert_int_equal(again_left, 1000000 - 16);
    again_left = 100;
    ahttp_loop_run(the_loop); /* and the rest is not forgotten */
    assert_int_equal(again_left, 0);
    ahttp_loop_close(the_loop);
}

/* ---- Running ---- */

static void try_to_run(void *ctx)
{
    int *codes = ctx;

    codes[0] = ahttp_loop_run(the_loop);
    codes[1] = ahttp_loop_close(the_loop);
    codes[2] = ahttp_loop_run_forever(the_loop);
}

static void the_running_loop_refuses_to_be_run_or_closed(void **state)
{
    (void)state;
    int codes[3] = {1, 1, 1};
    the_loop = ahttp_loop_new();

    ahttp_loop_call(the_loop, 0, try_to_run, codes);
    ahttp_loop_run(the_loop);

    assert_int_equal(codes[0], AHTTP_E_STATE);
    assert_int_equal(codes[1], AHTTP_E_STATE);
    assert_int_equal(codes[2], AHTTP_E_STATE);
    assert_int_equal(ahttp_loop_close(the_loop), 0);
}

static void stop_loop(void *ctx)
{
    ahttp_loop_stop(ctx);
}

static void stopping_leaves_the_rest_for_the_next_run(void **state)
{
    (void)state;
    ahttp_loop *loop = ahttp_loop_new(.virtual_clock = true);
    ahttp_loop_call(loop, 10, stop_loop, loop);
    ahttp_loop_call(loop, 20, count_call, NULL);

    assert_int_equal(ahttp_loop_run(loop), 0);
    assert_int_equal(calls, 0);
    assert_int_equal(ahttp_loop_run(loop), 0);

    assert_int_equal(calls, 1);
    ahttp_loop_close(loop);
}

static void post_then_stop(void *ctx)
{
    ahttp_loop_post(ctx, count_call, NULL);
    ahttp_loop_post(ctx, stop_loop, ctx);
}

static void run_forever_goes_on_with_nothing_to_do_until_it_is_stopped(void **state)
{
    (void)state;
    uv_thread_t thread;
    ahttp_loop *loop = ahttp_loop_new();

    for (int i = 1; i <= 2; i++) {
        uv_thread_create(&thread, post_then_stop, loop);
        assert_int_equal(ahttp_loop_run_forever(loop), 0);
        assert_int_equal(calls, i);
        uv_thread_join(&thread);
    }

    ahttp_loop_close(loop);
}

static void note_current(void *ctx)
{
    *(ahttp_loop **)ctx = ahttp_loop_current();
}

static void current_is_the_loop_that_runs_else_the_newest(void **state)
{
    (void)state;
    ahttp_loop *seen = NULL;
    assert_null(ahttp_loop_current());

    ahttp_loop *first = ahttp_loop_new();
    ahttp_loop *second = ahttp_loop_new();
    ahttp_loop_call(first, 0, note_current, &seen);
    ahttp_loop_run(first);

    assert_ptr_equal(seen, first);
    assert_ptr_equal(ahttp_loop_current(), second);
    ahttp_loop_close(second);
    assert_ptr_equal(ahttp_loop_current(), first);
    ahttp_loop_close(first);
    assert_null(ahttp_loop_current());
}

static void unhold(void *ctx)
{
    ah_loop_unhold(ctx);
    calls++;
}

static void unhold_from_thread(void *ctx)
{
    ahttp_loop_post(ctx, unhold, ctx);
}

static void a_held_loop_waits_for_what_no_handle_shows(void **state)
{
    (void)state;
    uv_thread_t thread;
    ahttp_loop *loop = ahttp_loop_new();

    ah_loop_hold(loop);
    uv_thread_create(&thread, unhold_from_thread, loop);
    ahttp_loop_run(loop);

    assert_int_equal(calls, 1);
    uv_thread_join(&thread);
    ahttp_loop_close(loop);
}

static void a_virtual_clock_stands_still_while_the_loop_is_held(void **state)
{
    (void)state;
    uv_thread_t thread;
    ahttp_loop *loop = ahttp_loop_new(.virtual_clock = true);
    ahttp_loop_call(loop, 60000, count_call, NULL);

    ah_loop_hold(loop);
    uv_thread_create(&thread, unhold_from_thread, loop);
    while (calls == 0)
        uv_run(ahttp_loop_uv(loop), UV_RUN_ONCE);

    assert_int_equal(ahttp_loop_now(loop), 0);
    ahttp_loop_run(loop);
    assert_int_equal(calls, 2);
    assert_int_equal(ahttp_loop_now(loop), 60000);
    uv_thread_join(&thread);
    ahttp_loop_close(loop);
}

/* ---- On a loop of the program ---- */

static void count_timer(uv_timer_t *timer)
{
    (void)timer;
    calls++;
}

static void on_a_callers_loop_everything_is_taken_away_again(void **state)
{
    (void)state;
    uv_loop_t uv;
    uv_timer_t timer;
    uv_loop_init(&uv);
    uv_timer_init(&uv, &timer);
    uv_timer_start(&timer, count_timer, 1, 0);

    ahttp_loop *loop = ahttp_loop_new(.uv = &uv);
    assert_ptr_equal(ahttp_loop_uv(loop), &uv);
    ahttp_loop_call(loop, 0, count_call, NULL);
    ahttp_loop_call(loop, 1, count_call, NULL);
    uv_run(&uv, UV_RUN_DEFAULT);

    assert_int_equal(calls, 3);
    assert_int_equal(ahttp_loop_close(loop), 0);
    assert_false(uv_is_closing((uv_handle_t *)&timer));
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&uv, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&uv), 0);
}

static void an_idle_library_does_not_keep_a_callers_loop_running(void **state)
{
    (void)state;
    uv_loop_t uv;
    uv_loop_init(&uv);
    ahttp_loop *loop = ahttp_loop_new(.uv = &uv);

    assert_int_equal(uv_run(&uv, UV_RUN_DEFAULT), 0);

    assert_int_equal(ahttp_loop_close(loop), 0);
    assert_int_equal(uv_loop_close(&uv), 0);
}

static uv_prepare_t before_waiting;
static ahttp_loop *seen_loop;

static void stop_its_loop(ah_job *job)
{
    (void)job;
    calls++;
    uv_stop(ahttp_loop_uv(seen_loop));
}

static void queue_slow_job(uv_prepare_t *prepare)
{
    static ah_job job = {.run = stop_its_loop};

    uv_prepare_stop(prepare);
    ah_loop_after_input(seen_loop, &job);
    ah_loop_enter(seen_loop);
    ah_loop_leave(seen_loop);
}

/* Its own handles come behind the library's then. */
static void a_callers_loop_does_not_block_while_jobs_wait_for_its_input(void **state)
{
    (void)state;
    uv_loop_t uv;
    uv_timer_t timer;
    uv_loop_init(&uv);
    uv_timer_init(&uv, &timer);
    uv_timer_start(&timer, count_timer, 2000, 0);
    uv_prepare_init(&uv, &before_waiting);
    uv_prepare_start(&before_waiting, queue_slow_job);
    seen_loop = ahttp_loop_new(.uv = &uv);

    uv_run(&uv, UV_RUN_DEFAULT);

    assert_int_equal(calls, 1);
    assert_true(uv_timer_get_due_in(&timer) > 0);
    assert_int_equal(ahttp_loop_close(seen_loop), 0);
    uv_close((uv_handle_t *)&before_waiting, NULL);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&uv, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&uv), 0);
}

/* ---- Making ---- */

static void make_and_close(void *ctx)
{
    (void)ctx;
    ahttp_loop *loop = ahttp_loop_new();

    if (loop)
        assert_int_equal(ahttp_loop_close(loop), 0);
}

static void out_of_memory_makes_no_loop_and_leaks_nothing(void **state)
{
    (void)state;

    for_each_allocation(make_and_close, NULL);
}

static void without_descriptors_there_is_no_loop(void **state)
{
    (void)state;
    struct rlimit limit, none;
    getrlimit(RLIMIT_NOFILE, &limit);
    none = (struct rlimit){0, limit.rlim_max};

    setrlimit(RLIMIT_NOFILE, &none);
    ahttp_loop *loop = ahttp_loop_new();
    setrlimit(RLIMIT_NOFILE, &limit);

    assert_null(loop);
    assert_null(ahttp_loop_current());
}

static void options_without_a_size_are_refused(void **state)
{
    (void)state;
    ahttp_loop_options none = {.size = 0};

    assert_null(ahttp_loop_create(&none));
}

static void the_read_buffer_is_there(void **state)
{
    (void)state;
    ahttp_loop *loop = ahttp_loop_create(NULL);

    char *buffer = ah_loop_read_buffer(loop);
    buffer[0] = buffer[AH_READ_BUFFER_SIZE - 1] = 'x';

    assert_ptr_equal(ah_loop_read_buffer(loop), buffer);
    ahttp_loop_close(loop);
}

static void leave_a_handle_open(void)
{
    uv_timer_t timer;
    ahttp_loop *loop = ahttp_loop_new();

    uv_timer_init(ahttp_loop_uv(loop), &timer);
    ahttp_loop_close(loop);
}

static void a_handle_left_open_on_the_librarys_loop_is_told_of(void **state)
{
    (void)state;

    assert_misuse(leave_a_handle_open, "ahttp_loop_close: a handle of the program is still open");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(jobs_run_first_come_first_and_only_from_the_loop, reset),
        cmocka_unit_test_setup(only_the_outermost_bracket_runs_jobs, reset),
        cmocka_unit_test_setup(one_drain_ends_even_if_jobs_never_do, reset),
        cmocka_unit_test_setup(the_running_loop_refuses_to_be_run_or_closed, reset),
        cmocka_unit_test_setup(stopping_leaves_the_rest_for_the_next_run, reset),
        cmocka_unit_test_setup(run_forever_goes_on_with_nothing_to_do_until_it_is_stopped, reset),
        cmocka_unit_test_setup(current_is_the_loop_that_runs_else_the_newest, reset),
        cmocka_unit_test_setup(a_held_loop_waits_for_what_no_handle_shows, reset),
        cmocka_unit_test_setup(a_virtual_clock_stands_still_while_the_loop_is_held, reset),
        cmocka_unit_test_setup(on_a_callers_loop_everything_is_taken_away_again, reset),
        cmocka_unit_test_setup(an_idle_library_does_not_keep_a_callers_loop_running, reset),
        cmocka_unit_test_setup(a_callers_loop_does_not_block_while_jobs_wait_for_its_input, reset),
        cmocka_unit_test_setup(out_of_memory_makes_no_loop_and_leaks_nothing, reset),
        cmocka_unit_test_setup(without_descriptors_there_is_no_loop, reset),
        cmocka_unit_test_setup(options_without_a_size_are_refused, reset),
        cmocka_unit_test_setup(the_read_buffer_is_there, reset),
        cmocka_unit_test_setup(a_handle_left_open_on_the_librarys_loop_is_told_of, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
