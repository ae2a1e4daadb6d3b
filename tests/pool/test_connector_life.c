/* SPDX-License-Identifier: MIT */
/* The end of a connector, its options, what it tells of itself, and memory. */
#include "connector_fixture.h"
#include "support/failing_alloc.h"
#include "support/misuse.h"

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

/* ---- Looking at it ---- */

static void add_line(const ahttp_origin_stats *origin, void *ctx)
{
    char *text = ctx;
    size_t used = strlen(text);

    assert_null(origin->proxy);
    snprintf(text + used, 400 - used, "%s %zu idle %zu busy %zu connecting %zu waiting|",
             origin->origin, origin->idle, origin->busy, origin->connecting, origin->waiting);
}

static void each_origin_can_be_looked_at(void **state)
{
    fixture *self = *state;
    char text[400] = "";
    self->connector = use_fakes(ahttp_connector_new(.limit_per_host = 2));
    ahttp_connector_each_origin(self->connector, add_line, text);
    assert_string_equal(text, "");
    for (int i = 0; i < 3; i++)
        asks(self, i, "a.test");
    opens(self, 0);
    asks(self, 3, "b.test");
    opens(self, 2);
    becomes_idle(self, 2);

    ahttp_connector_each_origin(self->connector, add_line, text);

    assert_int_equal(strlen(text),
                     strlen("http://a.test:80 0 idle 1 busy 1 connecting 2 waiting|"
                            "http://b.test:80 1 idle 0 busy 0 connecting 0 waiting|"));
    assert_non_null(strstr(text, "http://a.test:80 0 idle 1 busy 1 connecting 2 waiting|"));
    assert_non_null(strstr(text, "http://b.test:80 1 idle 0 busy 0 connecting 0 waiting|"));
    for (int i = 1; i < 3; i++)
        ah_connector_cancel(&self->requests[i].waiter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_fixture(closing_ends_all_there_is),
        with_fixture(each_origin_can_be_looked_at),
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
