/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CLIENT_ONE_SERVER_H
#define TESTS_CLIENT_ONE_SERVER_H
/* The fixture of tests that need no more than one server, a loop on a virtual clock and a session:
   f, made and ended around each.  Tests that make it in another way take end_one alone. */
#include "fixture.h"

static fixture f;

static inline int begin_one(void **state)
{
    (void)state;
    f = start(NULL, true);
    return 0;
}

static inline int end_one(void **state)
{
    (void)state;
    finish(&f);
    return 0;
}

/* Another server, with a session of its own. */
static inline void restart_with(const server_script *script)
{
    finish(&f);
    f = start(script, true);
}

#define WITH_SERVER(name) cmocka_unit_test_setup_teardown(name, begin_one, end_one)

#endif
