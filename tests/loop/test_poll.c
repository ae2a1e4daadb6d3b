/* SPDX-License-Identifier: MIT */
#include "loop/loop_state.h"
#include "loop/poll.h"
#include "loop/timer.h"
#include "support/check.h"
#include "support/misuse.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct wire {
    ah_poll poll;
    ahttp_loop *loop;
    int ends[2];
    int ready;
    unsigned events;
    bool closed;
} wire;

static void note_closed(ah_poll *poll)
{
    AH_CONTAINER(poll, wire, poll)->closed = true;
}

static void note_and_stop(ah_poll *poll, unsigned events)
{
    wire *self = AH_CONTAINER(poll, wire, poll);

    self->ready++;
    self->events = events;
    ah_poll_set(poll, 0);
}

static int open_wire(void **state)
{
    static wire self;

    self = (wire){.loop = ahttp_loop_new(.virtual_clock = true)};
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, self.ends) < 0)
        return -1;
    *state = &self;
    return ah_poll_open(self.loop, &self.poll, self.ends[0], note_and_stop);
}

static int close_wire(void **state)
{
    wire *self = *state;

    if (!self->poll.closed)
        ah_poll_close(&self->poll, note_closed);
    close(self->ends[0]);
    close(self->ends[1]);
    assert_int_equal(ahttp_loop_close(self->loop), 0);
    assert_true(self->closed);
    return 0;
}

static void a_readable_socket_is_reported_until_nobody_asks(void **state)
{
    wire *self = *state;
    assert_int_equal(write(self->ends[1], "x", 1), 1);

    ah_poll_set(&self->poll, AH_READABLE);
    ahttp_loop_run(self->loop);
    assert_int_equal(self->ready, 1);
    assert_int_equal(self->events, AH_READABLE);
    ah_poll_set(&self->poll, AH_READABLE); /* level-triggered: it was not read */
    ahttp_loop_run(self->loop);

    assert_int_equal(self->ready, 2);
}

/* ---- Many at once ---- */

enum { MANY = AH_POLL_ROW + 8 };

/* All watch the same end of a wire. */
typedef struct crowd {
    wire *wire;
    ah_poll polls[MANY];
    int fds[MANY];
    int ahead, told; /* how often so far */
    int told_before_job, told_before_slow_job;
    ah_job job, slow_job;
} crowd;

static crowd all;

static void count_ahead(ah_poll *poll)
{
    assert_true(poll->noted);
    all.ahead++;
}

static void count_told(ah_poll *poll, unsigned events)
{
    (void)events;
    all.told++;
    ah_poll_set(poll, 0);
}

static void run_job(ah_job *job)
{
    (void)job;
    all.told_before_job = all.told;
}

static void run_slow_job(ah_job *job)
{
    (void)job;
    all.told_before_slow_job = all.told;
}

static void queue_jobs_at_first(ah_poll *poll, unsigned events)
{
    if (all.told == 0) {
        ah_loop_after_input(poll->loop, &all.slow_job);
        ah_loop_ready(poll->loop, &all.job);
    }
    count_told(poll, events);
}

/* libuv tells of those that became ready in the order in which they are watched. */
static void begin_crowd(wire *watched, int count, ah_poll_fn *ready)
{
    all = (crowd){.wire = watched, .job.run = run_job, .slow_job.run = run_slow_job};
    assert_int_equal(write(watched->ends[1], "x", 1), 1);
    for (int i = 0; i < count; i++) {
        all.fds[i] = dup(watched->ends[0]);
        assert_int_equal(ah_poll_open(watched->loop, &all.polls[i], all.fds[i], ready), 0);
        all.polls[i].ahead = count_ahead;
        ah_poll_set(&all.polls[i], AH_READABLE);
    }
}

static void end_crowd(int count)
{
    for (int i = 0; i < count; i++) {
        if (!uv_is_closing((uv_handle_t *)&all.polls[i].uv))
            ah_poll_close(&all.polls[i], NULL);
        close(all.fds[i]);
    }
}

static void jobs_run_behind_each_row_and_some_when_all_input_was_seen(void **state)
{
    begin_crowd(*state, MANY, queue_jobs_at_first);

    ahttp_loop_run(all.wire->loop);

    assert_int_equal(all.told, MANY);
    assert_int_equal(all.told_before_job, AH_POLL_ROW);
    assert_int_equal(all.told_before_slow_job, MANY);
    end_crowd(MANY);
}

static void each_is_looked_ahead_to_once_before_it_is_told(void **state)
{
    begin_crowd(*state, 3, count_told);

    ahttp_loop_run(all.wire->loop);

    assert_int_equal(all.told, 3);
    assert_int_equal(all.ahead, 3);
    end_crowd(3);
}

static void close_the_next_two(ah_poll *poll, unsigned events)
{
    if (all.told == 0)
        for (int i = 1; i <= 2; i++)
            ah_poll_close(poll + i, NULL);
    count_told(poll, events);
}

static void what_another_of_its_row_closes_is_neither_told_nor_looked_ahead_to(void **state)
{
    begin_crowd(*state, 4, close_the_next_two);

    ahttp_loop_run(all.wire->loop);

    assert_int_equal(all.told, 2);
    assert_int_equal(all.ahead, 3); /* the second one, before the first closed it */
    end_crowd(4);
}

static void stop_the_next(ah_poll *poll, unsigned events)
{
    if (all.told == 0)
        ah_poll_set(poll + 1, 0);
    count_told(poll, events);
}

static void what_another_of_its_row_stops_is_told_when_it_is_wanted_again(void **state)
{
    begin_crowd(*state, 3, stop_the_next);

    ahttp_loop_run(all.wire->loop);
    assert_int_equal(all.told, 2);
    ah_poll_set(&all.polls[1], AH_READABLE);
    ahttp_loop_run(all.wire->loop);

    assert_int_equal(all.told, 3);
    end_crowd(3);
}

/* ---- One ---- */

static void what_comes_when_nobody_asks_stops_the_watching(void **state)
{
    wire *self = *state;
    ah_poll_set(&self->poll, AH_READABLE);
    uv_run(ahttp_loop_uv(self->loop), UV_RUN_NOWAIT);
    ah_poll_set(&self->poll, 0);

    ah_loop_hold(self->loop); /* else it has nothing to run for */
    assert_int_equal(write(self->ends[1], "x", 1), 1);
    uv_run(ahttp_loop_uv(self->loop), UV_RUN_NOWAIT);
    ah_loop_unhold(self->loop);
    assert_int_equal(self->ready, 0);
    assert_false(uv_is_active((uv_handle_t *)&self->poll.uv));
    ah_poll_set(&self->poll, AH_READABLE);
    ahttp_loop_run(self->loop);

    assert_int_equal(self->ready, 1);
}

static void a_writable_socket_is_reported(void **state)
{
    wire *self = *state;

    ah_poll_set(&self->poll, AH_READABLE | AH_WRITABLE);
    ahttp_loop_run(self->loop);

    assert_int_equal(self->ready, 1);
    assert_int_equal(self->events, AH_WRITABLE);
}

static void nothing_is_watched_at_first(void **state)
{
    wire *self = *state;
    assert_int_equal(write(self->ends[1], "x", 1), 1);

    ahttp_loop_run(self->loop);

    assert_int_equal(self->ready, 0);
}

static void the_end_of_the_peer_is_readable(void **state)
{
    wire *self = *state;
    shutdown(self->ends[1], SHUT_WR);

    ah_poll_set(&self->poll, AH_READABLE);
    ahttp_loop_run(self->loop);

    assert_int_equal(self->events & AH_READABLE, AH_READABLE);
}

static void note_three_times(ah_poll *poll, unsigned events)
{
    wire *self = AH_CONTAINER(poll, wire, poll);

    self->events = events;
    if (++self->ready == 3)
        ah_poll_set(poll, 0);
}

static void an_error_shows_as_what_is_wanted_again_and_again(void **state)
{
    wire *self = *state;
    char byte;
    self->poll.ready = note_three_times;
    assert_int_equal(write(self->ends[0], "x", 1), 1);
    close(self->ends[1]); /* with an unread byte: a reset */
    self->ends[1] = dup(self->ends[0]);

    ah_poll_set(&self->poll, AH_READABLE);
    ahttp_loop_run(self->loop);

    assert_int_equal(self->ready, 3);
    assert_int_equal(self->events, AH_READABLE);
    assert_int_equal(read(self->ends[0], &byte, 1), -1);
    assert_int_equal(errno, ECONNRESET);
}

static void a_background_poll_does_not_keep_the_loop_running(void **state)
{
    wire *self = *state;
    ah_poll_set(&self->poll, AH_READABLE);

    ah_poll_set_background(&self->poll, true);
    ahttp_loop_run(self->loop);

    assert_int_equal(self->ready, 0);
    ah_poll_set_background(&self->poll, false);
    assert_int_equal(write(self->ends[1], "x", 1), 1);
    ahttp_loop_run(self->loop);
    assert_int_equal(self->ready, 1);
}

static void note_time(ah_timer *timer)
{
    timer->due_ms = -1;
}

static void a_virtual_clock_jumps_only_when_no_poll_is_watched_for(void **state)
{
    wire *self = *state;
    ah_timer timer = {.fire = note_time};
    ah_timer_start(self->loop, &timer, 1000);
    ah_poll_set(&self->poll, AH_READABLE);

    for (int i = 0; i < 5; i++)
        uv_run(ahttp_loop_uv(self->loop), UV_RUN_NOWAIT);
    assert_int_equal(ahttp_loop_now(self->loop), 0);
    ah_poll_set_background(&self->poll, true);
    ahttp_loop_run(self->loop);

    assert_int_equal(timer.due_ms, -1);
    assert_int_equal(ahttp_loop_now(self->loop), 1000);
}

static void advancing_moves_a_virtual_clock_while_a_poll_is_watched_for(void **state)
{
    wire *self = *state;
    ah_timer timer = {.fire = note_time};
    ah_timer_start(self->loop, &timer, 1000);
    ah_poll_set(&self->poll, AH_READABLE);

    ahttp_loop_advance(self->loop, 1500);
    for (int i = 0; i < 3; i++)
        uv_run(ahttp_loop_uv(self->loop), UV_RUN_NOWAIT);

    assert_int_equal(timer.due_ms, -1);
    assert_int_equal(ahttp_loop_now(self->loop), 1500);
    ah_poll_set(&self->poll, 0);
}

static void after_closing_the_descriptor_may_go_and_ready_is_not_called(void **state)
{
    wire *self = *state;
    assert_int_equal(write(self->ends[1], "x", 1), 1);
    ah_poll_set(&self->poll, AH_READABLE);

    ah_poll_close(&self->poll, note_closed);
    close(self->ends[0]);
    self->ends[0] = dup(self->ends[1]);
    assert_false(self->closed);
    ahttp_loop_run(self->loop);

    assert_true(self->closed);
    assert_int_equal(self->ready, 0);
}

static void a_descriptor_that_cannot_be_watched_is_an_error(void **state)
{
    wire *self = *state;
    ah_poll other;

    assert_int_equal(ah_poll_open(self->loop, &other, -1, note_and_stop), -EBADF);
}

static void forget_a_poll(void)
{
    int ends[2];
    ah_poll poll;
    ahttp_loop *loop = ahttp_loop_new();

    socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    ah_poll_open(loop, &poll, ends[0], note_and_stop);
    ah_poll_set(&poll, AH_READABLE);
    ah_poll_set_background(&poll, true);
    ahttp_loop_close(loop);
}

static void closing_the_loop_tells_of_a_connection_that_was_left_open(void **state)
{
    (void)state;

    assert_misuse(forget_a_poll, "ahttp_loop_close: a socket of the library is still open");
}

#define WITH_WIRE(test) cmocka_unit_test_setup_teardown(test, open_wire, close_wire)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WIRE(a_readable_socket_is_reported_until_nobody_asks),
        WITH_WIRE(jobs_run_behind_each_row_and_some_when_all_input_was_seen),
        WITH_WIRE(each_is_looked_ahead_to_once_before_it_is_told),
        WITH_WIRE(what_another_of_its_row_closes_is_neither_told_nor_looked_ahead_to),
        WITH_WIRE(what_another_of_its_row_stops_is_told_when_it_is_wanted_again),
        WITH_WIRE(what_comes_when_nobody_asks_stops_the_watching),
        WITH_WIRE(a_writable_socket_is_reported),
        WITH_WIRE(nothing_is_watched_at_first),
        WITH_WIRE(the_end_of_the_peer_is_readable),
        WITH_WIRE(an_error_shows_as_what_is_wanted_again_and_again),
        WITH_WIRE(a_background_poll_does_not_keep_the_loop_running),
        WITH_WIRE(a_virtual_clock_jumps_only_when_no_poll_is_watched_for),
        WITH_WIRE(advancing_moves_a_virtual_clock_while_a_poll_is_watched_for),
        WITH_WIRE(after_closing_the_descriptor_may_go_and_ready_is_not_called),
        WITH_WIRE(a_descriptor_that_cannot_be_watched_is_an_error),
        cmocka_unit_test(closing_the_loop_tells_of_a_connection_that_was_left_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
