/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LOOP_GROUP_MEMBERS_H
#define TESTS_LOOP_GROUP_MEMBERS_H
/* Tasks that say their name when they end, for the tests of groups. */
#include "support/check.h"
#include <ahttp/group.h>
#include <string.h>

static ahttp_loop *the_loop;
static ahttp_future *the_task;
static char said[128];

static inline void say(const char *word)
{
    strcat(said, word);
}

static inline int open_loop(void **state)
{
    said[0] = '\0';
    *state = the_loop = ahttp_loop_new(.virtual_clock = true);
    return the_loop ? 0 : -1;
}

static inline int close_loop(void **state)
{
    return ahttp_loop_close(*state);
}

/* Runs fn as a task to its end; the checks are in the task itself. */
static inline void run(ahttp_task_fn *fn)
{
    the_task = ahttp_spawn(fn, NULL);
    assert_int_equal(ahttp_await_status(the_task), 0);
}

static inline int nap(int64_t ms)
{
    return ahttp_await_status(ahttp_sleep(ms));
}

static inline int64_t now(void)
{
    return ahttp_loop_now(ahttp_loop_current());
}

typedef struct member {
    const char *name;
    int64_t sleep_ms;
    int fails_with;      /* after sleeping */
    int64_t clean_up_ms; /* when cancelled */
    int clean_up_fails_with;
} member;

static inline void *run_member(void *arg)
{
    const member *self = arg;

    if (nap(self->sleep_ms) < 0) {
        if (self->clean_up_ms && nap(self->clean_up_ms) < 0)
            say("hurried ");
        say(self->name);
        say("! ");
        if (self->clean_up_fails_with)
            return ahttp_fail(self->clean_up_fails_with, "%s: clean-up failed", self->name);
        return ahttp_fail_again();
    }
    say(self->name);
    say(" ");
    if (self->fails_with)
        return ahttp_fail(self->fails_with, "%s: failed", self->name);
    return arg;
}

static member member_a = {.name = "a", .sleep_ms = 10}, member_c = {.name = "c", .sleep_ms = 30};
static member bad = {.name = "bad", .sleep_ms = 15, .fails_with = AHTTP_E_STATE};
static member slow = {.name = "slow", .sleep_ms = 1000, .clean_up_ms = 30};
static member worse = {
    .name = "worse", .sleep_ms = 1000, .clean_up_ms = 5, .clean_up_fails_with = AHTTP_E_CLOSED};

static inline ahttp_group *start(member *first, member *second, member *third)
{
    ahttp_group *group = ahttp_group_new();
    member *members[] = {first, second, third};

    for (int i = 0; i < 3; i++)
        if (members[i])
            ahttp_group_spawn(group, run_member, members[i]);
    return group;
}

#define WITH_LOOP(test) cmocka_unit_test_setup_teardown(test, open_loop, close_loop)

#endif
