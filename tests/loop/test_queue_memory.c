/* SPDX-License-Identifier: MIT */
#include "loop/future.h"
#include "support/check.h"
#include "support/failing_alloc.h"
#include <ahttp/memory.h>
#include <ahttp/sync.h>
#include <ahttp/task.h>

static int items[1];
static int freed;

static void note_free(void *item)
{
    assert_non_null(item);
    freed++;
}

static void putting_and_getting_allocates_nothing_in_the_long_run(void **state)
{
    (void)state;
    counting_alloc_install();
    ahttp_loop *loop = ahttp_loop_new();
    ahttp_queue *queue = ahttp_queue_new(20, NULL);
    size_t before = 0;

    for (int i = 0; i < 100; i++) {
        for (int k = 0; k < 40; k++)
            ahttp_drop(ahttp_queue_put(queue, &items[0]));
        for (int k = 0; k < 40; k++)
            assert_non_null(ahttp_await(ahttp_queue_get(queue)));
        if (i == 0)
            before = counting_alloc_counts().allocations;
    }

    assert_int_equal(counting_alloc_counts().allocations, before);
    ahttp_queue_free(queue);
    ahttp_loop_close(loop);
    counting_alloc_remove();
}

enum { PUTS = 20 };

/* All at once, so that the free list does not help. */
static void wait_many(ahttp_queue *queue)
{
    ahttp_future *waiting[PUTS];

    for (int i = 0; i < PUTS; i++)
        waiting[i] = i % 2 ? ahttp_queue_get(queue) : ahttp_queue_join(queue);
    for (int i = 0; i < PUTS; i++) {
        const ahttp_error *error = ahttp_future_error(waiting[i]);
        assert_true(!error || error->code == AHTTP_E_NO_MEMORY);
        ahttp_future_cancel(waiting[i]);
        ahttp_drop(waiting[i]);
    }
}

/* How many got in. */
static int put_many(ahttp_queue *queue)
{
    ahttp_future *puts[PUTS];
    int in = 0;

    for (int i = 0; i < PUTS; i++)
        puts[i] = ahttp_queue_put(queue, &items[0]);
    for (int i = 0; i < PUTS; i++) {
        in += !ahttp_future_error(puts[i]);
        ahttp_drop(puts[i]);
    }
    return in;
}

static void run_out_of_memory(void *ctx)
{
    (void)ctx;
    freed = 0;
    ahttp_loop *loop = ahttp_loop_new(.virtual_clock = true);
    if (!loop)
        return;
    ahttp_queue *queue = ahttp_queue_new(0, note_free);
    if (queue) {
        wait_many(queue);
        int in = put_many(queue);
        assert_int_equal(freed, PUTS - in);
        ahttp_drop(ahttp_within(5, ahttp_queue_get(queue)));
        ahttp_loop_run(loop);
        assert_int_equal(ahttp_queue_size(queue), in);
        for (int i = 0; i < PUTS; i++)
            in += ahttp_queue_try_put(queue, &items[0]);
        assert_int_equal(ahttp_queue_size(queue), in);
    }
    ahttp_queue_free(queue);
    ahttp_loop_close(loop);
}

static void no_item_is_lost_when_memory_runs_out(void **state)
{
    (void)state;
    for_each_allocation(run_out_of_memory, NULL);
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

static void without_any_memory_every_put_fails_properly(void **state)
{
    (void)state;
    enum { COUNT = 100 };
    static const ahttp_allocator empty_heap = {refuse, refuse_again, ignore, NULL};
    ahttp_future *puts[COUNT];
    ahttp_loop *loop = ahttp_loop_new();
    ahttp_queue *queue = ahttp_queue_new(0, NULL);
    ahttp_set_allocator(&empty_heap);

    assert_false(ahttp_queue_try_put(queue, &items[0]));
    for (int i = 0; i < COUNT; i++)
        puts[i] = ahttp_queue_put(queue, &items[0]);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(ahttp_await_status(puts[i]), AHTTP_E_NO_MEMORY);

    ahttp_set_allocator(NULL);
    assert_int_equal(ahttp_queue_size(queue), 0);
    ahttp_queue_free(queue);
    ahttp_loop_close(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(putting_and_getting_allocates_nothing_in_the_long_run),
        cmocka_unit_test(no_item_is_lost_when_memory_runs_out),
        cmocka_unit_test(without_any_memory_every_put_fails_properly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
