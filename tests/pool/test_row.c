/* SPDX-License-Identifier: MIT */
/* Requests that ask for what is idle: at once, or in a row with others. */
#include "connector_fixture.h"

enum { HOSTS = 40 };

static ah_url urls[HOSTS];
static int answers; /* so far; a request's code is which one it got */

static void answered(ah_waiter *waiter, ah_conn *conn, ahttp_error *error)
{
    request *self = AH_CONTAINER(waiter, request, waiter);

    assert_null(error);
    self->calls++;
    self->code = answers++;
    self->conn = conn ? AH_CONTAINER(conn, fake_conn, base)->number : -1;
    ahttp_connector_unref(self->unref);
}

/* Whether it was given one at once. */
static bool asks_for_idle(fixture *self, request *asked, int host)
{
    ah_conn *idle = ah_connector_take_idle(self->connector, &asked->waiter, &urls[host], answered);

    if (idle)
        answered(&asked->waiter, idle, NULL);
    return idle != NULL;
}

/* One idle connection to each host; the last request went to the last of them. */
static void open_hosts(fixture *self, int count)
{
    static char names[HOSTS][16];

    answers = 0;
    self->connector = use_fakes(ahttp_connector_new(.limit = AHTTP_UNLIMITED));
    for (int i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "%d.test", i);
        urls[i] = (ah_url){.host = ah_str_from(names[i]), .port = 80};
        asks(self, 0, names[i]);
        opens(self, i);
        becomes_idle(self, i);
    }
    self->requests[0] = (request){.calls = 0};
}

static void where_the_last_request_went_it_is_given_at_once(void **state)
{
    fixture *self = *state;
    open_hosts(self, 2);

    assert_true(asks_for_idle(self, &self->requests[0], 1));

    assert_int_equal(self->requests[0].conn, 1);
    assert_int_equal(stats_of(self->connector).busy, 1);
}

static void elsewhere_it_is_given_from_the_loop_in_the_order_of_asking(void **state)
{
    fixture *self = *state;
    static const int hosts[] = {1, 0, 2};
    open_hosts(self, 4);

    for (int i = 0; i < 3; i++)
        assert_false(asks_for_idle(self, &self->requests[i], hosts[i]));
    assert_int_equal(answers, 0);
    settle(self);

    for (int i = 0; i < 3; i++) {
        assert_int_equal(self->requests[i].conn, hosts[i]);
        assert_int_equal(self->requests[i].code, i);
    }
    assert_int_equal(stats_of(self->connector).reused, 3);
    assert_false(asks_for_idle(self, &self->requests[3], 3));
    settle(self);
    assert_int_equal(self->requests[3].conn, 3);
}

static void nobody_overtakes_those_who_have_lined_up(void **state)
{
    fixture *self = *state;
    open_hosts(self, 2);

    assert_false(asks_for_idle(self, &self->requests[0], 0));
    assert_false(asks_for_idle(self, &self->requests[1], 1)); /* where the last one went */
    settle(self);

    assert_int_equal(self->requests[0].code, 0);
    assert_int_equal(self->requests[1].code, 1);
}

static void nor_does_who_waits_for_one_of_its_own(void **state)
{
    fixture *self = *state;
    const ah_route route = route_to("0.test");
    open_hosts(self, 2);

    assert_false(asks_for_idle(self, &self->requests[0], 0));
    assert_null(ah_connector_acquire(self->connector, &self->requests[1].waiter, &route,
                                     &limits_5000, NULL, request_answered));
    settle(self);

    assert_int_equal(self->requests[0].conn, 0);
    assert_int_equal(self->requests[1].calls, 0);
    opens(self, 2);
    assert_given(self->requests[1], 2);
}

static void of_two_for_one_connection_the_first_gets_it(void **state)
{
    fixture *self = *state;
    open_hosts(self, 2);

    asks_for_idle(self, &self->requests[0], 0);
    asks_for_idle(self, &self->requests[1], 0);
    settle(self);

    assert_int_equal(self->requests[0].conn, 0);
    assert_int_equal(self->requests[1].calls, 1);
    assert_int_equal(self->requests[1].conn, -1);
}

static void where_nothing_is_known_none_is_idle(void **state)
{
    fixture *self = *state;
    const ah_url others[] = {{.host = AH_STR("other.test"), .port = 80},
                             {.host = AH_STR("0.test"), .port = 81},
                             {.host = AH_STR("0.test"), .port = 80, .is_tls = true}};
    open_hosts(self, 1);

    for (int i = 0; i < 3; i++)
        assert_null(ah_connector_take_idle(self->connector, &self->requests[i].waiter, &others[i],
                                           answered));
    settle(self);

    for (int i = 0; i < 3; i++) {
        assert_int_equal(self->requests[i].calls, 1);
        assert_int_equal(self->requests[i].conn, -1);
    }
}

static void any_number_may_line_up(void **state)
{
    fixture *self = *state;
    static request many[HOSTS];
    memset(many, 0, sizeof many);
    open_hosts(self, HOSTS);

    for (int i = 0; i < HOSTS - 1; i++)
        asks_for_idle(self, &many[i], i);
    settle(self);

    for (int i = 0; i < HOSTS - 1; i++)
        assert_int_equal(many[i].conn, i);
}

static void who_is_lined_up_counts_as_waiting(void **state)
{
    fixture *self = *state;
    open_hosts(self, 3);

    asks_for_idle(self, &self->requests[0], 0);
    asks_for_idle(self, &self->requests[1], 1);
    assert_int_equal(stats_of(self->connector).waiting, 2);
    settle(self);

    assert_int_equal(stats_of(self->connector).waiting, 0);
}

static void who_gives_up_in_the_row_is_not_answered(void **state)
{
    fixture *self = *state;
    open_hosts(self, 3);

    for (int i = 0; i < 2; i++)
        asks_for_idle(self, &self->requests[i], i);
    assert_true(ah_waiter_waits(&self->requests[0].waiter));
    ah_connector_cancel(&self->requests[0].waiter);
    settle(self);

    assert_int_equal(self->requests[0].calls, 0);
    assert_int_equal(self->requests[1].conn, 1);
    assert_int_equal(stats_of(self->connector).idle, 2);
}

static void a_connector_that_closes_meanwhile_has_nothing_idle(void **state)
{
    fixture *self = *state;
    open_hosts(self, 2);

    asks_for_idle(self, &self->requests[0], 0);
    ahttp_drop(ahttp_connector_close(self->connector));
    settle(self);

    assert_int_equal(self->requests[0].calls, 1);
    assert_int_equal(self->requests[0].conn, -1);
}

static void the_last_reference_may_be_given_up_in_the_answer(void **state)
{
    fixture *self = *state;
    open_hosts(self, 3);

    for (int i = 0; i < 2; i++) {
        asks_for_idle(self, &self->requests[i], i);
        self->requests[i].unref = i == 0 ? ahttp_connector_ref(self->connector) : self->connector;
    }
    self->connector = NULL;
    settle(self);

    assert_int_equal(answers, 2);
    assert_int_equal(fakes.closed, 3);
}

static void the_connector_may_go_when_nobody_is_in_the_row_any_more(void **state)
{
    fixture *self = *state;
    open_hosts(self, 2);

    ahttp_drop(ahttp_connector_close(self->connector)); /* its last job comes first */
    asks_for_idle(self, &self->requests[0], 0);
    ah_connector_cancel(&self->requests[0].waiter);
    ahttp_connector_unref(self->connector);
    self->connector = NULL;
    settle(self);

    assert_int_equal(answers, 0);
    assert_int_equal(fakes.closed, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_fixture(where_the_last_request_went_it_is_given_at_once),
        with_fixture(elsewhere_it_is_given_from_the_loop_in_the_order_of_asking),
        with_fixture(nobody_overtakes_those_who_have_lined_up),
        with_fixture(nor_does_who_waits_for_one_of_its_own),
        with_fixture(of_two_for_one_connection_the_first_gets_it),
        with_fixture(where_nothing_is_known_none_is_idle),
        with_fixture(any_number_may_line_up),
        with_fixture(who_is_lined_up_counts_as_waiting),
        with_fixture(who_gives_up_in_the_row_is_not_answered),
        with_fixture(a_connector_that_closes_meanwhile_has_nothing_idle),
        with_fixture(the_last_reference_may_be_given_up_in_the_answer),
        with_fixture(the_connector_may_go_when_nobody_is_in_the_row_any_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
