/* SPDX-License-Identifier: MIT */
/* Requests, and what they are given. */
#include "connector_fixture.h"

static void fake_fails(int number)
{
    ah_opening ended = *fakes.openings[number];
    ahttp_error *error =
        ah_error_new(AHTTP_E_CONNECT, "connect to %s: connection refused", ended.origin->name);

    fake_end(fakes.openings[number]);
    ended.done(ended.ctx, NULL, error);
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
    ah_route route = route_to("a.test");
    self->connector = use_fakes(ahttp_connector_new());
    asks(self, 0, "a.test");
    opens(self, 0);
    becomes_idle(self, 0);

    asks(self, 1, "b.test");
    route.port = 81;
    ask_for(self->connector, &self->requests[2], &route, &limits_5000);
    route = (ah_route){.host = ah_str_from("a.test"), .port = 80, .is_tls = true};
    ask_for(self->connector, &self->requests[3], &route, &limits_5000);
    route = (ah_route){.host = ah_str_from("::1"), .port = 80, .is_ipv6 = true};
    ask_for(self->connector, &self->requests[4], &route, &limits_5000);
    settle(self);

    assert_int_equal(fakes.started, 5);
    assert_string_equal(fakes.openings[2]->origin->name, "a.test:81");
    assert_true(fakes.openings[3]->origin->route.is_tls);
    assert_string_equal(fakes.openings[4]->origin->name, "[::1]:80");
    assert_str(fakes.openings[4]->origin->route.host, "::1");
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

/* So many of these to one host are opened at once. */
static void assert_opens(fixture *self, request *asked, int count, int expected)
{
    for (int i = 0; i < count; i++)
        ask(self->connector, &asked[i], "a.test");
    settle(self);

    assert_int_equal(fakes.started, expected);
    for (int i = 0; i < count; i++)
        ah_connector_cancel(&asked[i].waiter);
    settle(self);
    assert_int_equal(fakes.cancelled, expected);
}

static void the_limits_are_100_in_all_and_none_per_host_unless_set(void **state)
{
    fixture *self = *state;
    request many[110] = {0};
    self->connector = use_fakes(ahttp_connector_new());

    assert_opens(self, many, 110, 100);
}

static void limits_may_be_lifted(void **state)
{
    fixture *self = *state;
    request many[110] = {0};
    self->connector =
        use_fakes(ahttp_connector_new(.limit = AHTTP_UNLIMITED, .limit_per_host = AHTTP_UNLIMITED));

    assert_opens(self, many, 110, 110);
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
    char host[AH_ROUTE_MAX_NAME + 2];
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
    ah_route route = route_to("a.test");
    self->connector = use_fakes(ahttp_connector_new(.limit = 1));
    asks(self, 0, "a.test");
    const ahttp_timeout limits = {.pool_ms = AHTTP_NEVER, .connect_ms = 70};
    ask_for(self->connector, &self->requests[1], &route, &limits);

    ah_connector_cancel(&self->requests[0].waiter);
    settle(self);
    assert_int_equal(fakes.openings[0]->connect_ms, 70);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_fixture(a_request_gets_the_connection_that_was_opened_for_it),
        with_fixture(an_idle_connection_is_given_before_acquire_returns),
        with_fixture(scheme_host_and_port_each_make_an_origin),
        with_fixture(requests_beyond_the_limit_wait_for_a_connection),
        with_fixture(the_limit_per_host_leaves_room_for_other_hosts),
        with_fixture(the_limits_are_100_in_all_and_none_per_host_unless_set),
        with_fixture(limits_may_be_lifted),
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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
