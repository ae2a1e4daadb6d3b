/* SPDX-License-Identifier: MIT */
#include "fake_opener.h"
#include "support/failing_alloc.h"
#include "support/misuse.h"
#include <stdlib.h>

enum { REQUESTS = 10 };

typedef struct fixture {
    ahttp_loop *loop;
    ahttp_connector *connector;
    request requests[REQUESTS];
} fixture;

static ahttp_connector *use_fakes(ahttp_connector *connector)
{
    assert_non_null(connector);
    fakes = (struct fakes){0};
    ah_connector_set_opener(connector, &fake_opener);
    return connector;
}

static int setup(void **state)
{
    fixture *self = calloc(1, sizeof *self);

    self->loop = ahttp_loop_new(.virtual_clock = true);
    *state = self;
    return 0;
}

static int teardown(void **state)
{
    fixture *self = *state;

    ahttp_connector_unref(self->connector);
    assert_int_equal(ahttp_loop_close(self->loop), 0);
    for (int i = 0; i < FAKES; i++) {
        assert_null(fakes.openings[i]);
        assert_null(fakes.conns[i]);
    }
    free(self);
    return 0;
}

/* All that can happen without the test doing something. */
static void settle(fixture *self)
{
    assert_int_equal(ahttp_loop_run(self->loop), 0);
    if (self->connector)
        ah_connector_check(self->connector);
}

static void nothing(void *ctx)
{
    (void)ctx;
}

/* The program does something else for that long. */
static void time_passes(fixture *self, int64_t ms)
{
    ahttp_loop_call(self->loop, ms, nothing, NULL);
    settle(self);
}

static void asks(fixture *self, int number, const char *host)
{
    ask(self->connector, &self->requests[number], host);
    settle(self);
}

static void opens(fixture *self, int number)
{
    assert_true(fake_opens(number));
    settle(self);
}

static void becomes_idle(fixture *self, int number)
{
    fake_idle(number);
    settle(self);
}

static ahttp_connector_stats stats_of(const ahttp_connector *connector)
{
    ahttp_connector_stats stats = {.size = sizeof stats};

    ahttp_connector_get_stats(connector, &stats);
    return stats;
}

#define assert_given(request, number)                                                              \
    do {                                                                                           \
        assert_int_equal((request).calls, 1);                                                      \
        assert_int_equal((request).code, 0);                                                       \
        assert_int_equal((request).conn, number);                                                  \
    } while (0)

#define assert_refused(request, error_code)                                                        \
    do {                                                                                           \
        assert_int_equal((request).calls, 1);                                                      \
        assert_int_equal((request).code, error_code);                                              \
    } while (0)

/* ---- Getting a connection ---- */

static void a_request_gets_the_connection_that_was_opened_for_it(void **state)
{
    fixture *self = *state;
    self->connector = use_fakes(ahttp_connector_new());

    asks(self, 0, "a.test");
    assert_int_equal(self->requests[0].calls, 0);
    assert_string_equal(fakes.openings[0]->origin->name, "a.test:80");
    opens(self, 0);

    assert_given(self->requests[0], 0);
}

static void an_idle_connection_is_given_before_acquire_returns(void **state)
{
    fixture *self = *state;
    self->connector = use_fakes(ahttp_connector_new());
    asks(self, 0, "a.test");
    opens(self, 0);
    becomes_idle(self, 0);

    ask(self->connector, &self->requests[1], "a.test");

    assert_given(self->requests[1], 0);
}

static void scheme_host_and_port_each_make_an_origin(void **state)
{
    fixture *self = *state;
    ah_url url = url_of("a.test");
    self->connector = use_fakes(ahttp_connector_new());
    asks(self, 0, "a.test");
    opens(self, 0);
    becomes_idle(self, 0);

    asks(self, 1, "b.test");
    url.port = 81;
    ah_connector_acquire(self->connector, &self->requests[2].waiter, &url, 5000, request_answered);
    url = (ah_url){.host = ah_str_from("a.test"), .port = 80, .is_tls = true};
    ah_connector_acquire(self->connector, &self->requests[3].waiter, &url, 5000, request_answered);
    url = (ah_url){.host = ah_str_from("::1"), .port = 80, .is_ipv6 = true};
    ah_connector_acquire(self->connector, &self->requests[4].waiter, &url, 5000, request_answered);
    settle(self);

    assert_int_equal(fakes.started, 5);
    assert_string_equal(fakes.openings[2]->origin->name, "a.test:81");
    assert_true(fakes.openings[3]->origin->is_tls);
    assert_string_equal(fakes.openings[4]->origin->name, "[::1]:80");
    assert_str(fakes.openings[4]->origin->host, "::1");
    for (int i = 1; i < 5; i++)
        ah_connector_cancel(&self->requests[i].waiter);
}

static void requests_beyond_the_limit_wait_for_a_connection(void **state)
{
    fixture *self = *state;
    self->connector = use_fakes(ahttp_connector_new(.limit = 1));
    asks(self, 0, "a.test");
    opens(self, 0);

    asks(self, 1, "a.test");
    asks(self, 2, "a.test");
    assert_int_equal(self->requests[1].calls, 0);
    becomes_idle(self, 0);

    assert_given(self->requests[1], 0);
    assert_int_equal(self->requests[2].calls, 0);
    ah_connector_cancel(&self->requests[2].waiter);
}

static void the_limit_per_host_leaves_room_for_other_hosts(void **state)
{
    fixture *self = *state;
    self->connector = use_fakes(ahttp_connector_new(.limit_per_host = 1));

    asks(self, 0, "a.test");
    asks(self, 1, "a.test");
    asks(self, 2, "b.test");

    assert_int_equal(fakes.started, 2);
    assert_string_equal(fakes.openings[1]->origin->name, "b.test:80");
    for (int i = 0; i < 3; i++)
        ah_connector_cancel(&self->requests[i].waiter);
}

static void the_limits_are_100_in_all_and_none_per_host_unless_set(void **state)
{
    fixture *self = *state;
    request many[30] = {0};
    self->connector = use_fakes(ahttp_connector_new());

    for (int i = 0; i < 30; i++)
        ask(self->connector, &many[i], "a.test");
    settle(self);

    assert_int_equal(fakes.started, 30);
    for (int i = 0; i < 30; i++)
        ah_connector_cancel(&many[i].waiter);
    settle(self);
    assert_int_equal(fakes.cancelled, 30);
}

static void an_idle_connection_makes_room_for_another_host(void **state)
{
    fixture *self = *state;
    self->connector = use_fakes(ahttp_connector_new(.limit = 1));
    asks(self, 0, "a.test");
    opens(self, 0);
    becomes_idle(self, 0);

    asks(self, 1, "b.test");
    assert_int_equal(fakes.closed, 1);
    opens(self, 1);

    assert_given(self->requests[1], 1);
}

static void why_opening_failed_is_told_to_the_request(void **state)
{
    fixture *self = *state;
    self->connector = use_fakes(ahttp_connector_new());
    asks(self, 0, "a.test");

    fake_fails(0);

    assert_refused(self->requests[0], AHTTP_E_CONNECT);
    assert_string_equal(self->requests[0].message, "connect to a.test:80: connection refused");
}

static void an_opening_that_cannot_begin_fails_its_request(void **state)
{
    fixture *self = *state;
    self->connector = use_fakes(ahttp_connector_new());
    fakes.fails_to_start = true;

    asks(self, 0, "a.test");

    assert_refused(self->requests[0], AHTTP_E_NO_MEMORY);
}

static void a_host_that_is_too_long_is_refused_from_the_loop(void **state)
{
    fixture *self = *state;
    char host[AH_ORIGIN_MAX_HOST + 2];
    self->connector = use_fakes(ahttp_connector_new());
    memset(host, 'x', sizeof host);
    host[sizeof host - 1] = '\0';

    ask(self->connector, &self->requests[0], host);
    assert_int_equal(self->requests[0].calls, 0);
    settle(self);

    assert_refused(self->requests[0], AHTTP_E_DNS);
    assert_string_equal(self->requests[0].message,
                        "resolve xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...: longer than 255 bytes");
}

static void the_first_to_open_serves_the_first_who_asked(void **state)
{
    fixture *self = *state;
    self->connector = use_fakes(ahttp_connector_new());
    asks(self, 0, "a.test");
    asks(self, 1, "a.test");

    opens(self, 1);
    opens(self, 0);

    assert_given(self->requests[0], 1);
    assert_given(self->requests[1], 0);
}

/* ---- Giving up ---- */

static void a_cancelled_request_is_not_answered_and_its_opening_ends(void **state)
{
    fixture *self = *state;
    self->connector = use_fakes(ahttp_connector_new());
    asks(self, 0, "a.test");

    ah_connector_cancel(&self->requests[0].waiter);
    settle(self);

    assert_int_equal(fakes.cancelled, 1);
    assert_int_equal(self->requests[0].calls, 0);
    assert_int_equal(stats_of(self->connector).connecting, 0);
}

static void an_opening_that_passes_on_gets_the_time_limit_of_its_new_request(void **state)
{
    fixture *self = *state;
    ah_url url = url_of("a.test");
    self->connector = use_fakes(ahttp_connector_new(.limit = 1));
    asks(self, 0, "a.test");
    ah_connector_acquire(self->connector, &self->requests[1].waiter, &url, 70, request_answered);

    ah_connector_cancel(&self->requests[0].waiter);
    settle(self);
    assert_int_equal(fakes.openings[0]->limit_ms, 70);
    opens(self, 0);

    assert_int_equal(fakes.cancelled, 0);
    assert_given(self->requests[1], 0);
}

static void cancelling_what_does_not_wait_is_harmless(void **state)
{
    fixture *self = *state;
    self->connector = use_fakes(ahttp_connector_new());
    ah_connector_cancel(&self->requests[0].waiter);
    asks(self, 0, "a.test");
    opens(self, 0);

    ah_connector_cancel(&self->requests[0].waiter);

    assert_given(self->requests[0], 0);
    assert_int_equal(stats_of(self->connector).busy, 1);
}

static void a_refusal_may_be_cancelled_before_it_arrives(void **state)
{
    fixture *self = *state;
    self->connector = use_fakes(ahttp_connector_new());
    ahttp_drop(ahttp_connector_close(self->connector));
    ask(self->connector, &self->requests[0], "a.test");

    ah_connector_cancel(&self->requests[0].waiter);
    settle(self);

    assert_int_equal(self->requests[0].calls, 0);
}

/* ---- The life of a connection ---- */

static void a_connection_that_closed_leaves_its_place_to_the_next(void **state)
{
    fixture *self = *state;
    self->connector = use_fakes(ahttp_connector_new(.limit = 1));
    asks(self, 0, "a.test");
    opens(self, 0);
    asks(self, 1, "a.test");

    fake_closed(0);
    settle(self);
    opens(self, 1);

    assert_given(self->requests[1], 1);
}

static void an_idle_connection_is_closed_after_its_time(void **state)
{
    fixture *self = *state;
    self->connector = use_fakes(ahttp_connector_new());
    asks(self, 0, "a.test");
    opens(self, 0);
    becomes_idle(self, 0); /* and the loop had nothing more to do */

    time_passes(self, 14999);
    assert_int_equal(fakes.closed, 0);
    time_passes(self, 1);

    assert_int_equal(fakes.closed, 1);
}

static void each_idle_connection_has_its_own_time(void **state)
{
    fixture *self = *state;
    self->connector = use_fakes(ahttp_connector_new(.keepalive_ms = 100));
    asks(self, 0, "a.test");
    asks(self, 1, "b.test");
    opens(self, 0);
    opens(self, 1);
    becomes_idle(self, 0);
    time_passes(self, 60);
    becomes_idle(self, 1);

    time_passes(self, 40);
    assert_null(fakes.conns[0]);
    assert_non_null(fakes.conns[1]);
    time_passes(self, 60);

    assert_null(fakes.conns[1]);
}

static void idle_connections_may_be_kept_for_ever(void **state)
{
    fixture *self = *state;
    self->connector = use_fakes(ahttp_connector_new(.keepalive_ms = AHTTP_NEVER));
    asks(self, 0, "a.test");
    opens(self, 0);
    becomes_idle(self, 0);

    time_passes(self, INT64_C(1000000000));

    assert_int_equal(fakes.closed, 0);
}

static void without_keepalive_a_connection_carries_one_request(void **state)
{
    fixture *self = *state;
    self->connector = use_fakes(ahttp_connector_new(.no_keepalive = true));
    asks(self, 0, "a.test");
    opens(self, 0);

    becomes_idle(self, 0);

    assert_int_equal(fakes.closed, 1);
    assert_false(ah_connector_keeps_alive(self->connector));
}

/* ---- Closing ---- */

static void closing_ends_all_there_is(void **state)
{
    fixture *self = *state;
    self->connector = use_fakes(ahttp_connector_new(.limit_per_host = 1));
    asks(self, 0, "idle.test");
    asks(self, 1, "busy.test");
    opens(self, 0);
    opens(self, 1);
    asks(self, 2, "opening.test");
    asks(self, 3, "busy.test");
    becomes_idle(self, 0);

    ahttp_future *gone = ahttp_connector_close(self->connector);
    assert_int_equal(self->requests[2].calls, 0);
    settle(self);

    assert_int_equal(fakes.closed, 2);
    assert_int_equal(fakes.cancelled, 1);
    assert_refused(self->requests[2], AHTTP_E_CLOSED);
    assert_refused(self->requests[3], AHTTP_E_CLOSED);
    assert_string_equal(self->requests[3].message, "get a connection: the connector was closed");
    assert_true(ahttp_future_done(gone));
    assert_null(ahttp_future_error(gone));
    ahttp_drop(gone);
}

static void closing_is_done_when_the_last_connection_is_gone(void **state)
{
    fixture *self = *state;
    self->connector = use_fakes(ahttp_connector_new());
    asks(self, 0, "a.test");
    opens(self, 0);
    fakes.closes_late = true;

    ahttp_future *gone = ahttp_connector_close(self->connector);
    settle(self);
    assert_false(ahttp_future_done(gone));
    fake_closed(0);
    settle(self);

    assert_true(ahttp_future_done(gone));
    ahttp_drop(gone);
}

static void closing_twice_is_harmless(void **state)
{
    fixture *self = *state;
    self->connector = use_fakes(ahttp_connector_new());
    ahttp_drop(ahttp_connector_close(self->connector));
    settle(self);

    ahttp_future *gone = ahttp_connector_close(self->connector);
    settle(self);

    assert_true(ahttp_future_done(gone));
    assert_null(ahttp_future_error(gone));
    ahttp_drop(gone);
}

static void a_closed_connector_refuses_requests_from_the_loop(void **state)
{
    fixture *self = *state;
    self->connector = use_fakes(ahttp_connector_new());
    ahttp_drop(ahttp_connector_close(self->connector));

    ask(self->connector, &self->requests[0], "a.test");
    assert_int_equal(self->requests[0].calls, 0);
    settle(self);

    assert_refused(self->requests[0], AHTTP_E_CLOSED);
}

static void the_last_unref_closes_the_connections(void **state)
{
    fixture *self = *state;
    self->connector = use_fakes(ahttp_connector_new());
    asks(self, 0, "a.test");
    opens(self, 0);
    becomes_idle(self, 0);
    ahttp_connector_ref(self->connector);

    ahttp_connector_unref(self->connector);
    assert_int_equal(fakes.closed, 0);
    ahttp_connector_unref(self->connector);
    self->connector = NULL;
    settle(self);

    assert_int_equal(fakes.closed, 1);
}

static void the_last_reference_may_be_given_up_in_an_answer(void **state)
{
    fixture *self = *state;
    ahttp_connector *connector = use_fakes(ahttp_connector_new());
    self->requests[0].unref = connector;
    fakes.fails_to_start = true;

    ask(connector, &self->requests[0], "a.test");
    settle(self);

    assert_refused(self->requests[0], AHTTP_E_NO_MEMORY);
}

static void a_connection_may_close_after_the_last_unref(void **state)
{
    fixture *self = *state;
    self->connector = use_fakes(ahttp_connector_new());
    asks(self, 0, "a.test");
    opens(self, 0);
    becomes_idle(self, 0);
    fakes.closes_late = true;

    ahttp_connector_unref(self->connector);
    self->connector = NULL;
    settle(self);
    fake_closed(0);
    settle(self);

    assert_int_equal(fakes.closed, 1);
}

/* ---- Looking at it ---- */

static void the_stats_tell_what_there_is(void **state)
{
    fixture *self = *state;
    self->connector = use_fakes(ahttp_connector_new(.limit = 3));
    asks(self, 0, "idle.test");
    asks(self, 1, "busy.test");
    opens(self, 0);
    opens(self, 1);
    becomes_idle(self, 1);
    asks(self, 2, "busy.test");
    asks(self, 3, "opening.test");
    becomes_idle(self, 0);

    ahttp_connector_stats stats = stats_of(self->connector);

    assert_int_equal(stats.idle, 1);
    assert_int_equal(stats.busy, 1);
    assert_int_equal(stats.connecting, 1);
    assert_int_equal(stats.waiting, 1);
    assert_int_equal(stats.opened, 2);
    assert_int_equal(stats.reused, 1);
    ah_connector_cancel(&self->requests[3].waiter);
}

static void stats_of_an_older_program_are_filled_as_far_as_they_go(void **state)
{
    fixture *self = *state;
    ahttp_connector_stats stats;
    self->connector = use_fakes(ahttp_connector_new());
    memset(&stats, 0x55, sizeof stats);
    stats.size = offsetof(ahttp_connector_stats, connecting);

    ahttp_connector_get_stats(self->connector, &stats);

    assert_int_equal(stats.size, offsetof(ahttp_connector_stats, connecting));
    assert_int_equal(stats.busy, 0);
    assert_int_equal(stats.connecting, (size_t)0x5555555555555555);
}

static void options_without_a_size_make_no_connector(void **state)
{
    (void)state;
    ahttp_connector_options options = {0};

    assert_null(ahttp_connector_create(&options));
}

static void make_with_a_senseless_limit(void)
{
    ahttp_connector_new(.limit = -7);
}

static void make_with_a_senseless_time(void)
{
    ahttp_connector_new(.keepalive_ms = -7);
}

static void make_with_no_family_left(void)
{
    ahttp_connector_new(.ipv4_only = true, .ipv6_only = true);
}

static void senseless_options_are_a_misuse(void **state)
{
    (void)state;

    assert_misuse(make_with_a_senseless_limit, "give limits above 0, or AHTTP_UNLIMITED");
    assert_misuse(make_with_a_senseless_time, "give times above 0 ms, or AHTTP_NEVER");
    assert_misuse(make_with_no_family_left, "set ipv4_only or ipv6_only, not both");
}

/* ---- Memory ---- */

static void reusing_a_connection_allocates_nothing(void **state)
{
    (void)state;
    counting_alloc_install();
    fixture self = {.loop = ahttp_loop_new(.virtual_clock = true)};
    self.connector = use_fakes(ahttp_connector_new());
    asks(&self, 0, "a.test");
    opens(&self, 0);
    becomes_idle(&self, 0);
    size_t before = counting_alloc_counts().allocations;

    for (int i = 0; i < 100; i++) {
        ask(self.connector, &self.requests[1], "a.test");
        becomes_idle(&self, 0);
    }

    assert_int_equal(counting_alloc_counts().allocations, before);
    assert_int_equal(self.requests[1].calls, 100);
    ahttp_connector_unref(self.connector);
    ahttp_loop_close(self.loop);
    counting_alloc_remove();
}

static void memory_does_not_grow_with_the_hosts_visited(void **state)
{
    char host[32];
    (void)state;
    counting_alloc_install();
    fixture self = {.loop = ahttp_loop_new(.virtual_clock = true)};
    self.connector = use_fakes(ahttp_connector_new(.limit = 1));
    size_t before = 0;

    for (int i = 0; i < 1000; i++) {
        fakes.started = 0;
        self.requests[0] = (request){0};
        snprintf(host, sizeof host, "host%d.test", i);
        asks(&self, 0, host);
        opens(&self, 0);
        fake_closed(0);
        settle(&self);
        if (i == 0)
            before = counting_alloc_counts().live;
    }

    assert_int_equal(counting_alloc_counts().live, before);
    ahttp_connector_unref(self.connector);
    ahttp_loop_close(self.loop);
    counting_alloc_remove();
}

/* Some of everything; each request is answered once, well or not, whatever fails. */
static void some_requests(void *ctx)
{
    static const char *const hosts[] = {"a.test", "a.test", "b.test", "c.test"};
    fixture self = {.loop = ahttp_loop_new(.virtual_clock = true)};
    (void)ctx;

    fakes = (struct fakes){0};
    if (!self.loop)
        return;
    self.connector = ahttp_connector_new(.limit = 2, .dns_servers = "127.0.0.1:1");
    if (!self.connector) {
        ahttp_loop_close(self.loop);
        return;
    }
    ah_connector_set_opener(self.connector, &fake_opener);
    for (int i = 0; i < 4; i++)
        asks(&self, i, hosts[i]);
    for (int i = 0; i < fakes.started; i++) {
        if (fakes.openings[i])
            fake_opens(i);
        settle(&self);
        if (fakes.conns[i])
            becomes_idle(&self, i);
    }
    for (int i = 0; i < 4; i++)
        assert_int_equal(self.requests[i].calls, 1);
    asks(&self, 4, "d.test");
    ahttp_future *gone = ahttp_connector_close(self.connector);
    settle(&self);
    assert_true(ahttp_future_done(gone));
    assert_int_equal(self.requests[4].calls, 1);
    ahttp_drop(gone);
    ahttp_connector_unref(self.connector);
    ahttp_loop_close(self.loop);
}

static void running_out_of_memory_fails_requests_and_leaks_nothing(void **state)
{
    (void)state;

    for_each_allocation(some_requests, NULL);
}

#define with_fixture(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_fixture(a_request_gets_the_connection_that_was_opened_for_it),
        with_fixture(an_idle_connection_is_given_before_acquire_returns),
        with_fixture(scheme_host_and_port_each_make_an_origin),
        with_fixture(requests_beyond_the_limit_wait_for_a_connection),
        with_fixture(the_limit_per_host_leaves_room_for_other_hosts),
        with_fixture(the_limits_are_100_in_all_and_none_per_host_unless_set),
        with_fixture(an_idle_connection_makes_room_for_another_host),
        with_fixture(why_opening_failed_is_told_to_the_request),
        with_fixture(an_opening_that_cannot_begin_fails_its_request),
        with_fixture(a_host_that_is_too_long_is_refused_from_the_loop),
        with_fixture(the_first_to_open_serves_the_first_who_asked),
        with_fixture(a_cancelled_request_is_not_answered_and_its_opening_ends),
        with_fixture(an_opening_that_passes_on_gets_the_time_limit_of_its_new_request),
        with_fixture(cancelling_what_does_not_wait_is_harmless),
        with_fixture(a_refusal_may_be_cancelled_before_it_arrives),
        with_fixture(a_connection_that_closed_leaves_its_place_to_the_next),
        with_fixture(an_idle_connection_is_closed_after_its_time),
        with_fixture(each_idle_connection_has_its_own_time),
        with_fixture(idle_connections_may_be_kept_for_ever),
        with_fixture(without_keepalive_a_connection_carries_one_request),
        with_fixture(closing_ends_all_there_is),
        with_fixture(closing_is_done_when_the_last_connection_is_gone),
        with_fixture(closing_twice_is_harmless),
        with_fixture(a_closed_connector_refuses_requests_from_the_loop),
        with_fixture(the_last_unref_closes_the_connections),
        with_fixture(the_last_reference_may_be_given_up_in_an_answer),
        with_fixture(a_connection_may_close_after_the_last_unref),
        with_fixture(the_stats_tell_what_there_is),
        with_fixture(stats_of_an_older_program_are_filled_as_far_as_they_go),
        cmocka_unit_test(options_without_a_size_make_no_connector),
        cmocka_unit_test(senseless_options_are_a_misuse),
        cmocka_unit_test(reusing_a_connection_allocates_nothing),
        cmocka_unit_test(memory_does_not_grow_with_the_hosts_visited),
        cmocka_unit_test(running_out_of_memory_fails_requests_and_leaks_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
