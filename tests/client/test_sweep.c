/* SPDX-License-Identifier: MIT */
/* Each kind of request, given up at every turn of the loop and at every step that traces tell of,
   out of time and its session closed at every turn, and with every allocation failing: nothing is
   left behind, and the next request works.  System calls that fail are in test_sweep_calls.c. */
#include "scenarios.h"

enum { DEFAULT_TOTAL_MS = 300000 };

/* Begins a run, which the caller ends.  False when the request was over before so many turns. */
static bool is_pending_after(run *self, const scenario *what, int turns)
{
    assert_true(begin_run(self, what));
    start_run(self);
    while (turns-- > 0 && self->pending)
        turn(self);
    return self->pending != NULL;
}

static bool cancel_after(const scenario *what, int turns)
{
    run self;
    bool was_pending = is_pending_after(&self, what, turns);

    if (was_pending) {
        ahttp_future_cancel(self.pending);
        go_on(&self);
        assert_true(self.code == AHTTP_E_CANCELLED || self.code == 0);
    } else {
        assert_string_equal(self.text, "ok");
    }
    assert_next_works(&self);
    end_run(&self);
    return was_pending;
}

static int timeouts;

/* The same for time that passes: each part has a limit, and the whole. */
static bool time_out_after(const scenario *what, int turns)
{
    run self;
    bool was_pending = is_pending_after(&self, what, turns);

    if (was_pending) {
        skip_time(self.loop, DEFAULT_TOTAL_MS);
        go_on(&self);
        if (ahttp_error_is(self.code, AHTTP_KIND_TIMEOUT))
            timeouts++;
        else
            assert_int_equal(self.code, 0);
    }
    assert_next_works(&self);
    end_run(&self);
    return was_pending;
}

/* The same for closing. */
static bool close_after(const scenario *what, int turns)
{
    run self;
    bool was_pending = is_pending_after(&self, what, turns);
    ahttp_connector *connector = ahttp_session_connector(self.session);

    ahttp_drop(ahttp_session_close(self.session));
    ahttp_future *closed = ahttp_connector_close(connector);
    go_on(&self);
    if (was_pending)
        assert_true(self.code == AHTTP_E_CLOSED || self.code == 0);
    assert_int_equal(ahttp_await_status(closed), 0);
    ah_connector_check(connector);
    assert_int_equal(active_connections(&self), 0);
    end_run(&self);
    return was_pending;
}

/* What is to happen in the run at which step. */
typedef struct stop {
    run *run;
    int steps; /* until then; 0: it has happened */
} stop;

static void cancel_at_step(const ahttp_trace_info *info, void *ctx)
{
    stop *at = ctx;

    (void)info;
    if (at->steps > 0 && --at->steps == 0 && at->run->pending)
        ahttp_future_cancel(at->run->pending);
}

/* False when there were fewer steps. */
static bool cancel_at(const scenario *what, int steps)
{
    run self;
    stop at = {&self, steps + 1};
    const ahttp_trace trace = {.size = sizeof trace, .ctx = &at, .any = cancel_at_step};

    self = (run){.what = what, .loop = ahttp_loop_new(.virtual_clock = true)};
    make_session(&self, &trace);
    start_run(&self);
    go_on(&self);
    bool was_there = at.steps == 0;
    at.steps = 0;
    assert_true(self.code == AHTTP_E_CANCELLED || self.code == 0);
    assert_next_works(&self);
    end_run(&self);
    return was_there;
}

/* Until it says that there are no more places. */
static void sweep(const char *how, const char *what, bool (*at)(const scenario *, int place))
{
    for (size_t i = 0; i < COUNT_OF(scenarios); i++) {
        size_t fds = settled_fds();
        int places = 0;
        bool was_there;
        do {
            counting_alloc_install();
            was_there = at(&scenarios[i], places);
            counting_alloc_remove();
            places += was_there;
        } while (was_there);
        print_message("%s: %s each of %d %s\n", scenarios[i].name, how, places, what);
        assert_true(places > 2);
        assert_fds_go_back_to(fds);
    }
}

static void a_request_may_be_cancelled_at_every_turn(void **state)
{
    (void)state;
    sweep("cancelled after", "turns", cancel_after);
}

static void a_request_may_be_cancelled_at_every_step(void **state)
{
    (void)state;
    sweep("cancelled at", "steps", cancel_at);
}

static void a_request_may_run_out_of_time_at_every_turn(void **state)
{
    (void)state;
    timeouts = 0;
    sweep("timed out after", "turns", time_out_after);
    print_message("%d timed out\n", timeouts);
    assert_true(timeouts >= 2 * (int)COUNT_OF(scenarios));
}

static void a_session_may_be_closed_at_every_turn(void **state)
{
    (void)state;
    sweep("closed after", "turns", close_after);
}

/* False when there were fewer allocations. */
static bool run_short_of_memory(const scenario *what, int before)
{
    const size_t number = (size_t)before + 1;
    run self;

    counting_alloc_fail_nth(number);
    bool has_begun = begin_run(&self, what);
    if (has_begun) {
        start_run(&self);
        go_on(&self);
        assert_true(self.code == AHTTP_E_NO_MEMORY || self.code == 0 ||
                    strstr(self.text, "memory"));
    }
    bool was_short = counting_alloc_counts().allocations >= number;
    counting_alloc_fail_nth(0);
    if (has_begun)
        assert_next_works(&self);
    end_run(&self);
    return was_short;
}

static void any_allocation_may_fail(void **state)
{
    (void)state;
    sweep("short of memory at", "allocations", run_short_of_memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_may_be_cancelled_at_every_turn),
        cmocka_unit_test(a_request_may_be_cancelled_at_every_step),
        cmocka_unit_test(a_request_may_run_out_of_time_at_every_turn),
        cmocka_unit_test(a_session_may_be_closed_at_every_turn),
        cmocka_unit_test(any_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, start_servers, stop_servers);
}
