/* SPDX-License-Identifier: MIT */
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

static int told; /* sockets that were reported, and how many when a job ran */
static int told_before_job, told_before_slow_job;

static void run_job(ah_job *job)
{
    (void)job;
    told_before_job = told;
}

static void run_slow_job(ah_job *job)
{
    (void)job;
    told_before_slow_job = told;
}

static void queue_jobs_at_first(ah_poll *poll, unsigned events)
{
    static ah_job job = {.run = run_job}, slow_job = {.run = run_slow_job};

    (void)events;
    ah_poll_set(poll, 0);
    if (told++ > 0)
        return;
    ah_loop_after_input(poll->loop, &slow_job);
    ah_loop_ready(poll->loop, &job);
}

static void a_job_may_wait_until_all_input_of_the_turn_was_seen(void **state)
{
    wire *self = *state;
    static ah_poll other;
    told = 0;
    self->poll.ready = queue_jobs_at_first;
    assert_int_equal(ah_poll_open(self->loop, &other, self->ends[1], queue_jobs_at_first), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(write(self->ends[i], "x", 1), 1);

    ah_poll_set(&self->poll, AH_READABLE);
    ah_poll_set(&other, AH_READABLE);
    ahttp_loop_run(self->loop);

    assert_int_equal(told_before_job, 1);
    assert_int_equal(told_before_slow_job, 2);
    ah_poll_close(&other, NULL);
}

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

static void an_error_shows_as_both_events_again_and_again(void **state)
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
    assert_int_equal(self->events, AH_READABLE | AH_WRITABLE);
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
        WITH_WIRE(a_job_may_wait_until_all_input_of_the_turn_was_seen),
        WITH_WIRE(what_comes_when_nobody_asks_stops_the_watching),
        WITH_WIRE(a_writable_socket_is_reported),
        WITH_WIRE(nothing_is_watched_at_first),
        WITH_WIRE(the_end_of_the_peer_is_readable),
        WITH_WIRE(an_error_shows_as_both_events_again_and_again),
        WITH_WIRE(a_background_poll_does_not_keep_the_loop_running),
        WITH_WIRE(a_virtual_clock_jumps_only_when_no_poll_is_watched_for),
        WITH_WIRE(advancing_moves_a_virtual_clock_while_a_poll_is_watched_for),
        WITH_WIRE(after_closing_the_descriptor_may_go_and_ready_is_not_called),
        WITH_WIRE(a_descriptor_that_cannot_be_watched_is_an_error),
        cmocka_unit_test(closing_the_loop_tells_of_a_connection_that_was_left_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
