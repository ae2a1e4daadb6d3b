/* SPDX-License-Identifier: MIT */
#include "support/check.h"
#include "support/failing_alloc.h"
#include <ahttp/error.h>
#include <ahttp/loop.h>
#include <string.h>

static char said[64];

static int open_loop(void **state)
{
    said[0] = '\0';
    *state = ahttp_loop_new(.virtual_clock = true);
    return *state ? 0 : -1;
}

static int close_loop(void **state)
{
    return ahttp_loop_close(*state);
}

static void say(void *ctx)
{
    strcat(said, ctx);
}

static void calls_run_in_order_of_time_then_of_calling(void **state)
{
    ahttp_loop *loop = *state;

    ahttp_loop_call(loop, 20, say, "d");
    ahttp_loop_call(loop, 10, say, "c");
    ahttp_loop_call(loop, 0, say, "a");
    ahttp_loop_call(loop, -1, say, "b");
    assert_string_equal(said, "");
    ahttp_loop_run(loop);

    assert_string_equal(said, "abcd");
    assert_int_equal(ahttp_loop_now(loop), 20);
}

static void a_cancelled_call_does_not_run(void **state)
{
    ahttp_loop *loop = *state;
    uint64_t soon = ahttp_loop_call(loop, 0, say, "x");
    uint64_t later = ahttp_loop_call(loop, 10, say, "y");
    ahttp_loop_call(loop, 5, say, "z");

    ahttp_loop_cancel(loop, soon);
    ahttp_loop_cancel(loop, later);
    ahttp_loop_run(loop);

    assert_string_equal(said, "z");
    assert_int_equal(ahttp_loop_now(loop), 5);
}

static void an_old_id_does_not_cancel_a_newer_call(void **state)
{
    ahttp_loop *loop = *state;
    uint64_t old = ahttp_loop_call(loop, 0, say, "a");
    ahttp_loop_run(loop);

    uint64_t id = ahttp_loop_call(loop, 0, say, "b"); /* in the same place */
    ahttp_loop_cancel(loop, old);
    ahttp_loop_cancel(loop, 0);
    ahttp_loop_cancel(loop, UINT64_MAX);
    ahttp_loop_run(loop);

    assert_true(id != old && id != 0);
    assert_string_equal(said, "ab");
}

typedef struct tick {
    ahttp_loop *loop;
    uint64_t id;
    int left;
} tick;

static void tick_again(void *ctx)
{
    tick *self = ctx;

    ahttp_loop_cancel(self->loop, self->id); /* it has run: nothing happens */
    if (--self->left > 0)
        self->id = ahttp_loop_call(self->loop, 1000, tick_again, self);
}

static void a_call_may_call_again_and_nothing_is_allocated(void **state)
{
    (void)state;
    counting_alloc_install();
    ahttp_loop *loop = ahttp_loop_new(.virtual_clock = true);
    tick self = {loop, 0, 1000};
    self.id = ahttp_loop_call(loop, 1000, tick_again, &self);
    size_t before = counting_alloc_counts().allocations;

    ahttp_loop_run(loop);

    assert_int_equal(self.left, 0);
    assert_int_equal(ahttp_loop_now(loop), 1000000);
    assert_int_equal(counting_alloc_counts().allocations, before);
    ahttp_loop_close(loop);
    counting_alloc_remove();
}

static void many_calls_each_have_their_own_id(void **state)
{
    ahttp_loop *loop = *state;
    uint64_t ids[100];

    for (int i = 0; i < 100; i++)
        ids[i] = ahttp_loop_call(loop, 1 + i % 7, say, i == 42 ? "!" : "");
    for (int i = 0; i < 100; i++)
        if (i != 42)
            ahttp_loop_cancel(loop, ids[i]);
    ahttp_loop_run(loop);

    assert_string_equal(said, "!");
}

static void closing_forgets_calls_that_have_not_run(void **state)
{
    (void)state;
    ahttp_loop *loop = ahttp_loop_new(.virtual_clock = true);
    said[0] = '\0';
    ahttp_loop_call(loop, 3600000, say, "x");

    assert_int_equal(ahttp_loop_close(loop), 0);

    assert_string_equal(said, "");
}

static void call_everything(void *ctx)
{
    (void)ctx;
    ahttp_loop *loop = ahttp_loop_new(.virtual_clock = true);
    int refused = 0, expected = 0;
    if (!loop)
        return;

    said[0] = '\0';
    for (int i = 0; i < 20; i++)
        if (ahttp_loop_call(loop, i % 2, say, "c") == 0)
            refused++;
    if (ahttp_loop_post(loop, say, "p") == AHTTP_E_NO_MEMORY)
        refused++;
    expected = 21 - refused;
    ahttp_loop_run(loop);

    assert_int_equal(strlen(said), expected);
    assert_true(refused <= 1);
    ahttp_loop_close(loop);
}

static void out_of_memory_is_reported_by_call_and_post(void **state)
{
    (void)state;

    for_each_allocation(call_everything, NULL);
}

#define WITH_LOOP(test) cmocka_unit_test_setup_teardown(test, open_loop, close_loop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LOOP(calls_run_in_order_of_time_then_of_calling),
        WITH_LOOP(a_cancelled_call_does_not_run),
        WITH_LOOP(an_old_id_does_not_cancel_a_newer_call),
        cmocka_unit_test(a_call_may_call_again_and_nothing_is_allocated),
        WITH_LOOP(many_calls_each_have_their_own_id),
        cmocka_unit_test(closing_forgets_calls_that_have_not_run),
        cmocka_unit_test(out_of_memory_is_reported_by_call_and_post),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
