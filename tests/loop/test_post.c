/* SPDX-License-Identifier: MIT */
#include "loop/loop.h"
#include "support/check.h"
#include <ahttp/task.h>
#include <uv.h>

enum { THREADS = 4, POSTS = 5000 };

typedef struct poster {
    ahttp_loop *loop;
    int next; /* the number that the loop expects of this thread */
} poster;

static int received;

typedef struct message {
    poster *from;
    int number;
} message;

static message messages[THREADS][POSTS];

static void receive(void *ctx)
{
    message *self = ctx;

    assert_int_equal(self->number, self->from->next);
    self->from->next++;
    if (++received == THREADS * POSTS)
        ah_loop_unhold(self->from->loop);
}

static poster posters[THREADS];

static void post_all(void *ctx)
{
    poster *self = ctx;
    message *own = messages[self - posters];

    for (int i = 0; i < POSTS; i++) {
        own[i] = (message){self, i};
        assert_int_equal(ahttp_loop_post(self->loop, receive, &own[i]), 0);
    }
}

static void calls_from_many_threads_all_arrive_in_the_order_of_each(void **state)
{
    (void)state;
    uv_thread_t threads[THREADS];
    ahttp_loop *loop = ahttp_loop_new();
    ah_loop_hold(loop);

    for (int i = 0; i < THREADS; i++) {
        posters[i].loop = loop;
        uv_thread_create(&threads[i], post_all, &posters[i]);
    }
    ahttp_loop_run(loop);

    assert_int_equal(received, THREADS * POSTS);
    for (int i = 0; i < THREADS; i++)
        uv_thread_join(&threads[i]);
    ahttp_loop_close(loop);
}

static void count(void *ctx)
{
    ++*(int *)ctx;
}

static void what_was_posted_runs_even_if_nothing_keeps_the_loop(void **state)
{
    (void)state;
    int counter = 0;
    ahttp_loop *loop = ahttp_loop_new();

    ahttp_loop_post(loop, count, &counter);
    ahttp_loop_run(loop);
    assert_int_equal(counter, 1);
    ahttp_loop_post(loop, count, &counter);
    ahttp_loop_close(loop);

    assert_int_equal(counter, 2);
}

static void resolve(void *ctx)
{
    ahttp_promise_resolve(ctx, NULL, NULL);
}

typedef struct settler {
    ahttp_loop *loop;
    ahttp_promise *promise;
} settler;

static void settle_from_thread(void *ctx)
{
    settler *self = ctx;

    ahttp_loop_post(self->loop, resolve, self->promise);
}

static int await_what_a_thread_settles(ahttp_loop *loop)
{
    uv_thread_t thread;
    settler self = {.loop = loop};
    ahttp_future *future = ahttp_promise_new(&self.promise, NULL, NULL);

    uv_thread_create(&thread, settle_from_thread, &self);
    int code = ahttp_await_status(future);
    uv_thread_join(&thread);
    return code;
}

static void an_await_outside_of_tasks_blocks_until_a_thread_settles(void **state)
{
    (void)state;
    ahttp_loop *loop = ahttp_loop_new();

    assert_int_equal(await_what_a_thread_settles(loop), 0);

    ahttp_loop_close(loop);
}

#if AHTTP_TASKS

static void *nap(void *ctx)
{
    for (int i = 0; i < 10; i++)
        ahttp_await(ahttp_sleep(i % 3));
    return ctx;
}

static void *nap_together(void *ctx)
{
    ahttp_future *naps[8];

    for (int i = 0; i < 8; i++)
        naps[i] = ahttp_spawn(nap, ctx);
    *(int *)ctx = ahttp_await_status(ahttp_gather(8, naps, NULL)) == 0 ? 8 : -1;
    return NULL;
}

static void run_a_loop(void *ctx)
{
    ahttp_run(nap_together, ctx);
}

static void every_thread_may_have_its_loop_and_tasks(void **state)
{
    (void)state;
    uv_thread_t threads[THREADS];
    int results[THREADS] = {0};

    for (int i = 0; i < THREADS; i++)
        uv_thread_create(&threads[i], run_a_loop, &results[i]);

    for (int i = 0; i < THREADS; i++) {
        uv_thread_join(&threads[i]);
        assert_int_equal(results[i], 8);
    }
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_from_many_threads_all_arrive_in_the_order_of_each),
        cmocka_unit_test(what_was_posted_runs_even_if_nothing_keeps_the_loop),
        cmocka_unit_test(an_await_outside_of_tasks_blocks_until_a_thread_settles),
#if AHTTP_TASKS
        cmocka_unit_test(every_thread_may_have_its_loop_and_tasks),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
