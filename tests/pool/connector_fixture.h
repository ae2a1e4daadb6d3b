/* SPDX-License-Identifier: MIT */
#ifndef TESTS_POOL_CONNECTOR_FIXTURE_H
#define TESTS_POOL_CONNECTOR_FIXTURE_H
/* A connector over fake openings, and requests to it. */
#include "fake_opener.h"
#include <ahttp/stats.h>
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

#define with_fixture(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

#endif
