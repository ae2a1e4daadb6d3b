/* SPDX-License-Identifier: MIT */
#include "loop/timer.h"
#include "support/check.h"
#include "support/failing_alloc.h"
#include <uv.h>

typedef struct probe {
    ah_timer timer;
    ahttp_loop *loop;
    int id;
    int64_t fired_ms;
} probe;

static int order[64];
static size_t fired;

static void note(ah_timer *timer)
{
    probe *self = AH_CONTAINER(timer, probe, timer);

    self->fired_ms = ahttp_loop_now(self->loop);
    if (fired < COUNT_OF(order))
        order[fired] = self->id;
    fired++;
}

static void start(ahttp_loop *loop, probe *self, int id, int64_t delay_ms)
{
    self->loop = loop;
    self->id = id;
    self->timer.fire = note;
    ah_timer_start(loop, &self->timer, delay_ms);
}

static int open_loop(void **state)
{
    fired = 0;
    *state = ahttp_loop_new(.virtual_clock = true);
    return *state ? 0 : -1;
}

static int close_loop(void **state)
{
    return ahttp_loop_close(*state);
}

static void timers_fire_in_order_of_due_time_each_at_its_time(void **state)
{
    ahttp_loop *loop = *state;
    int64_t delays[] = {300000, 1, 64, 63, 4096, 65, 4095};
    int64_t start_ms = ahttp_loop_now(loop);
    probe probes[7] = {0};

    for (int i = 0; i < 7; i++)
        start(loop, &probes[i], i, delays[i]);
    ahttp_loop_run(loop);

    int expected[] = {1, 3, 2, 5, 6, 4, 0};
    assert_int_equal(fired, 7);
    assert_memory_equal(order, expected, sizeof expected);
    for (int i = 0; i < 7; i++)
        assert_int_equal(probes[i].fired_ms, start_ms + delays[i]);
}

static void timers_of_one_due_time_fire_in_the_order_of_arming(void **state)
{
    ahttp_loop *loop = *state;
    probe early = {0}, probes[4] = {0};

    start(loop, &probes[0], 0, 5000);
    start(loop, &probes[1], 1, 5000);
    start(loop, &early, 9, 4990);
    while (fired == 0)
        uv_run(ahttp_loop_uv(loop), UV_RUN_NOWAIT);
    start(loop, &probes[2], 2, 10); /* the same time, from nearby */
    start(loop, &probes[3], 3, 10);
    ahttp_loop_run(loop);

    int expected[] = {9, 0, 1, 2, 3};
    assert_int_equal(fired, 5);
    assert_memory_equal(order, expected, sizeof expected);
}

static void a_timer_that_was_stopped_does_not_fire(void **state)
{
    ahttp_loop *loop = *state;
    probe stopped = {0}, other = {0};
    start(loop, &stopped, 1, 10);
    start(loop, &other, 2, 10);

    ah_timer_stop(loop, &stopped.timer);
    ah_timer_stop(loop, &stopped.timer);
    ahttp_loop_run(loop);

    assert_false(ah_timer_is_armed(&stopped.timer));
    assert_int_equal(fired, 1);
    assert_int_equal(order[0], 2);
}

static void a_timer_that_is_parked_does_not_fire_until_it_is_armed_again(void **state)
{
    ahttp_loop *loop = *state;
    probe parked = {0}, again = {0}, earlier = {0};
    int64_t start_ms = ahttp_loop_now(loop);

    start(loop, &parked, 1, 100);
    start(loop, &again, 2, 100);
    start(loop, &earlier, 3, 100);
    ah_timer_park(loop, &parked.timer);
    ah_timer_park(loop, &again.timer);
    ah_timer_park(loop, &earlier.timer);
    assert_false(ah_timer_is_armed(&again.timer));
    start(loop, &again, 2, 250);
    start(loop, &earlier, 3, 50);
    ahttp_loop_run(loop);

    assert_int_equal(fired, 2);
    assert_int_equal(earlier.fired_ms, start_ms + 50);
    assert_int_equal(again.fired_ms, start_ms + 250);
    assert_int_equal(parked.fired_ms, 0);
}

static void a_timer_that_is_parked_does_not_keep_the_loop_running(void **state)
{
    ahttp_loop *loop = *state;
    int64_t start_ms = ahttp_loop_now(loop);
    probe parked = {0};

    start(loop, &parked, 1, 100);
    ah_timer_park(loop, &parked.timer);
    ahttp_loop_run(loop);

    assert_int_equal(ahttp_loop_now(loop), start_ms);
    ah_timer_stop(loop, &parked.timer);
}

static void a_timer_armed_anew_fires_once_at_the_new_time(void **state)
{
    ahttp_loop *loop = *state;
    int64_t start_ms = ahttp_loop_now(loop);
    probe self = {0};

    start(loop, &self, 1, 10);
    start(loop, &self, 1, 500);
    ahttp_loop_run(loop);

    assert_int_equal(fired, 1);
    assert_int_equal(self.fired_ms, start_ms + 500);
}

static void stop_other(ah_timer *timer)
{
    probe *self = AH_CONTAINER(timer, probe, timer);

    note(timer);
    ah_timer_stop(self->loop, &(self + 1)->timer);
}

static void a_firing_timer_may_stop_another_that_is_due(void **state)
{
    ahttp_loop *loop = *state;
    probe probes[3] = {0};
    for (int i = 0; i < 3; i++)
        start(loop, &probes[i], i, 10);
    probes[0].timer.fire = stop_other;

    ahttp_loop_run(loop);

    assert_int_equal(fired, 2);
    assert_int_equal(order[1], 2);
}

static int turns;

static void count_turn(uv_check_t *check)
{
    (void)check;
    turns++;
}

static int turn_of_firing[3];

static void start_again(ah_timer *timer)
{
    probe *self = AH_CONTAINER(timer, probe, timer);

    turn_of_firing[fired] = turns;
    note(timer);
    if (fired < 3)
        ah_timer_start(self->loop, timer, 0);
}

static void a_delay_of_0_fires_in_the_next_turn(void **state)
{
    ahttp_loop *loop = *state;
    uv_check_t check;
    probe self = {0};
    uv_check_init(ahttp_loop_uv(loop), &check);
    uv_check_start(&check, count_turn);
    uv_unref((uv_handle_t *)&check);
    start(loop, &self, 1, -5);
    self.timer.fire = start_again;

    ahttp_loop_run(loop);
    uv_close((uv_handle_t *)&check, NULL);
    ahttp_loop_run(loop);

    assert_int_equal(fired, 3);
    assert_true(turn_of_firing[0] < turn_of_firing[1] && turn_of_firing[1] < turn_of_firing[2]);
}

static void far_and_absurd_delays_are_in_order(void **state)
{
    ahttp_loop *loop = *state;
    int64_t start_ms = ahttp_loop_now(loop);
    probe century = {0}, cut = {0}, year = {0};

    start(loop, &cut, 3, INT64_MAX);
    start(loop, &century, 2, INT64_C(3155760000000) / 4);
    start(loop, &year, 1, INT64_C(31557600000));
    ahttp_loop_run(loop);

    int expected[] = {1, 2, 3};
    assert_memory_equal(order, expected, sizeof expected);
    assert_int_equal(cut.fired_ms, start_ms + INT64_C(1000000000000));
}

static void a_background_timer_does_not_keep_the_loop_running(void **state)
{
    ahttp_loop *loop = *state;
    probe background = {0}, front = {0};
    background.timer.background = true;

    start(loop, &background, 1, 10);
    ahttp_loop_run(loop);
    assert_int_equal(fired, 0);
    start(loop, &front, 2, 20);
    ahttp_loop_run(loop);

    assert_int_equal(fired, 2);
    assert_int_equal(order[0], 1);
}

static void advancing_fires_each_timer_at_its_time_and_no_more(void **state)
{
    ahttp_loop *loop = *state;
    int64_t start_ms = ahttp_loop_now(loop);
    probe first = {0}, second = {0}, third = {0};
    first.timer.background = second.timer.background = third.timer.background = true;
    start(loop, &first, 1, 100);
    start(loop, &second, 2, 5000);
    start(loop, &third, 3, 5001);

    ahttp_loop_advance(loop, 5000);
    assert_int_equal(fired, 0);
    ahttp_loop_run(loop);

    assert_int_equal(fired, 2);
    assert_int_equal(first.fired_ms, start_ms + 100);
    assert_int_equal(second.fired_ms, start_ms + 5000);
    assert_int_equal(ahttp_loop_now(loop), start_ms + 5000);
}

static void time_never_goes_back(void **state)
{
    ahttp_loop *loop = *state;
    ahttp_loop_advance(loop, 70);
    int64_t before_ms = ahttp_loop_now(loop);

    ahttp_loop_advance(loop, -70);
    ahttp_loop_advance(loop, INT64_MAX);
    ahttp_loop_advance(loop, INT64_MAX);

    assert_int_equal(before_ms, 70);
    assert_true(ahttp_loop_now(loop) > before_ms);
    assert_int_equal(ah_loop_now_ns(loop), ahttp_loop_now(loop) * 1000000);
}

static void arming_and_disarming_allocate_nothing(void **state)
{
    (void)state;
    probe probes[100] = {0};
    counting_alloc_install();
    ahttp_loop *loop = ahttp_loop_new(.virtual_clock = true);
    size_t before = counting_alloc_counts().allocations;

    for (int i = 0; i < 100; i++)
        start(loop, &probes[i], i, i * 37);
    for (int i = 0; i < 100; i += 2)
        ah_timer_stop(loop, &probes[i].timer);
    ahttp_loop_run(loop);

    assert_int_equal(counting_alloc_counts().allocations, before);
    ahttp_loop_close(loop);
    counting_alloc_remove();
}

/* ---- Against a model: an array that is searched ---- */

enum { MODEL_TIMERS = 200, MODEL_STEPS = 100000 };

typedef struct model {
    probe probe;
    bool armed;
    int64_t due_ms;
    uint64_t armed_as; /* number of the arming */
} model;

static model models[MODEL_TIMERS];
static bool some_park; /* whose place among equals may be another */
static uint64_t seed = 88172645463325252u;

static uint64_t dice(uint64_t sides)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % sides;
}

static void check_model(ah_timer *timer)
{
    model *self = AH_CONTAINER(timer, model, probe.timer);

    assert_true(self->armed);
    assert_int_equal(ahttp_loop_now(self->probe.loop), self->due_ms);
    for (int i = 0; i < MODEL_TIMERS; i++) {
        model *other = &models[i];
        if (!other->armed || other == self)
            continue;
        assert_true(
            other->due_ms > self->due_ms ||
            (other->due_ms == self->due_ms && (some_park || other->armed_as > self->armed_as)));
    }
    self->armed = false;
    fired++;
}

static int64_t some_delay(void)
{
    switch (dice(4)) {
    case 0: return (int64_t)dice(5);
    case 1: return (int64_t)dice(100);
    case 2: return (int64_t)dice(10000);
    default: return (int64_t)dice(UINT64_C(1) << dice(30));
    }
}

static void check_random_use(ahttp_loop *loop)
{
    size_t expected = 0;

    for (uint64_t step = 1; step <= MODEL_STEPS; step++) {
        model *one = &models[dice(MODEL_TIMERS)];
        one->probe.loop = loop;
        one->probe.timer.fire = check_model;
        switch (dice(8)) {
        case 0:
            if (some_park && dice(2) == 0)
                ah_timer_park(loop, &one->probe.timer);
            else
                ah_timer_stop(loop, &one->probe.timer);
            expected -= one->armed;
            one->armed = false;
            break;
        case 1: ahttp_loop_advance(loop, (int64_t)dice(200)); break;
        case 2: uv_run(ahttp_loop_uv(loop), UV_RUN_NOWAIT); break;
        default: {
            int64_t delay_ms = some_delay();
            expected += !one->armed;
            ah_timer_start(loop, &one->probe.timer, delay_ms);
            one->armed = true;
            one->due_ms = ahttp_loop_now(loop) + delay_ms;
            one->armed_as = step;
        }
        }
        assert_int_equal(ah_timer_is_armed(&one->probe.timer), one->armed);
    }
    ahttp_loop_run(loop);

    assert_int_equal(fired, expected);
}

static void random_use_agrees_with_a_model(void **state)
{
    some_park = false;
    check_random_use(*state);
}

static void random_use_with_parking_agrees_with_a_model(void **state)
{
    some_park = true;
    check_random_use(*state);
    for (int i = 0; i < MODEL_TIMERS; i++)
        ah_timer_stop(*state, &models[i].probe.timer);
}

/* ---- On the real clock ---- */

static void timers_fire_on_the_real_clock_not_before_their_time(void **state)
{
    (void)state;
    ahttp_loop *loop = ahttp_loop_new();
    int64_t start_ms = ahttp_loop_now(loop);
    probe late = {0}, early = {0}, now = {0};

    start(loop, &now, 1, 0);
    start(loop, &late, 3, 30);
    start(loop, &early, 2, 5);
    ahttp_loop_run(loop);

    assert_int_equal(fired, 3);
    assert_int_equal(order[0], 1);
    assert_true(early.fired_ms >= start_ms + 5);
    assert_true(late.fired_ms >= start_ms + 30);
    ahttp_loop_close(loop);
}

static probe after;

/* The next timer's time comes meanwhile. */
static void take_long(ah_timer *timer)
{
    ahttp_loop *loop = AH_CONTAINER(timer, probe, timer)->loop;
    int64_t end_ms = ahttp_loop_now(loop) + 150;

    note(timer);
    while (ahttp_loop_now(loop) < end_ms)
        ;
    start(loop, &after, 3, 1);
}

static void a_timer_whose_time_comes_while_others_fire_is_not_passed_over(void **state)
{
    ahttp_loop *loop = ahttp_loop_new();
    probe slow = {0}, again = {0};

    (void)state;
    fired = 0;
    start(loop, &slow, 1, 5);
    slow.timer.fire = take_long;
    start(loop, &again, 2, 5);
    ah_timer_park(loop, &again.timer);
    start(loop, &again, 2, 50);
    ahttp_loop_run(loop);

    int expected[] = {1, 2, 3};
    assert_int_equal(fired, 3);
    assert_memory_equal(order, expected, sizeof expected);
    assert_int_equal(ahttp_loop_close(loop), 0);
}

static void on_the_real_clock_advancing_does_nothing(void **state)
{
    (void)state;
    ahttp_loop *loop = ahttp_loop_new();
    int64_t before_ms = ahttp_loop_now(loop);

    ahttp_loop_advance(loop, 1000000);

    assert_true(ahttp_loop_now(loop) < before_ms + 1000000);
    ahttp_loop_close(loop);
}

#define WITH_LOOP(test) cmocka_unit_test_setup_teardown(test, open_loop, close_loop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LOOP(timers_fire_in_order_of_due_time_each_at_its_time),
        WITH_LOOP(timers_of_one_due_time_fire_in_the_order_of_arming),
        WITH_LOOP(a_timer_that_was_stopped_does_not_fire),
        WITH_LOOP(a_timer_that_is_parked_does_not_fire_until_it_is_armed_again),
        WITH_LOOP(a_timer_that_is_parked_does_not_keep_the_loop_running),
        WITH_LOOP(a_timer_armed_anew_fires_once_at_the_new_time),
        WITH_LOOP(a_firing_timer_may_stop_another_that_is_due),
        WITH_LOOP(a_delay_of_0_fires_in_the_next_turn),
        WITH_LOOP(far_and_absurd_delays_are_in_order),
        WITH_LOOP(a_background_timer_does_not_keep_the_loop_running),
        WITH_LOOP(advancing_fires_each_timer_at_its_time_and_no_more),
        WITH_LOOP(time_never_goes_back),
        cmocka_unit_test(arming_and_disarming_allocate_nothing),
        WITH_LOOP(random_use_agrees_with_a_model),
        WITH_LOOP(random_use_with_parking_agrees_with_a_model),
        WITH_LOOP(timers_fire_on_the_real_clock_not_before_their_time),
        WITH_LOOP(a_timer_whose_time_comes_while_others_fire_is_not_passed_over),
        WITH_LOOP(on_the_real_clock_advancing_does_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
