/* SPDX-License-Identifier: MIT */
#include "loop/future.h"
#include "loop/guest.h"
#include "support/check.h"
#include "support/misuse.h"
#include <ahttp/future.h>
#include <stdlib.h>
#include <string.h>

/* Says its name when it is closed. */
typedef struct visitor {
    ah_guest guest;
    ah_job job;
    const char *name;
    struct visitor *invites; /* another that enters while this one is being closed */
} visitor;

static char said[64];

static void say_closed(ah_guest *guest)
{
    strcat(said, AH_CONTAINER(guest, visitor, guest)->name);
}

static void enter(visitor *it, ahttp_loop *loop)
{
    it->guest.close = say_closed;
    ah_guest_enter(&it->guest, loop);
}

static int reset(void **state)
{
    (void)state;
    said[0] = '\0';
    return 0;
}

static void the_loop_closes_its_guests_newest_first(void **state)
{
    (void)state;
    visitor a = {.name = "a"}, b = {.name = "b"}, c = {.name = "c"};
    ahttp_loop *loop = ahttp_loop_new();
    enter(&a, loop);
    enter(&b, loop);
    enter(&c, loop);
    assert_ptr_equal(a.guest.loop, loop);

    assert_int_equal(ahttp_loop_close(loop), 0);

    assert_string_equal(said, "cba");
    assert_null(a.guest.loop);
    ah_guest_leave(&a.guest);
}

static void who_has_left_is_not_closed(void **state)
{
    (void)state;
    visitor a = {.name = "a"}, b = {.name = "b"};
    ahttp_loop *loop = ahttp_loop_new();
    enter(&a, loop);
    enter(&b, loop);

    ah_guest_leave(&a.guest);
    ah_guest_leave(&a.guest);
    ahttp_loop_close(loop);

    assert_string_equal(said, "b");
}

static void run_last_wish(ah_job *job)
{
    visitor *it = AH_CONTAINER(job, visitor, job);

    strcat(said, "!");
    if (it->invites)
        enter(it->invites, it->guest.loop);
}

static void close_by_job(ah_guest *guest)
{
    say_closed(guest);
    ah_loop_ready(guest->loop, &AH_CONTAINER(guest, visitor, guest)->job);
}

static void closing_may_take_jobs_and_bring_more_guests(void **state)
{
    (void)state;
    visitor late = {.name = "late"};
    visitor first = {.guest = {.close = close_by_job},
                     .name = "first",
                     .job = {.run = run_last_wish},
                     .invites = &late};
    ahttp_loop *loop = ahttp_loop_new();
    ah_guest_enter(&first.guest, loop);

    ahttp_loop_close(loop);

    assert_string_equal(said, "first!late");
    assert_null(late.guest.loop);
}

static void leave_and_free(ah_guest *guest)
{
    say_closed(guest);
    ah_guest_leave(guest);
    free(AH_CONTAINER(guest, visitor, guest));
}

static void a_guest_may_free_itself_when_it_is_closed(void **state)
{
    (void)state;
    ahttp_loop *loop = ahttp_loop_new();
    visitor *it = calloc(1, sizeof *it);
    it->name = "gone";
    it->guest.close = leave_and_free;
    ah_guest_enter(&it->guest, loop);

    ahttp_loop_close(loop);

    assert_string_equal(said, "gone");
}

#if AHTTP_TASKS
#include <ahttp/task.h>

static void *say_end_of_task(void *arg)
{
    (void)arg;
    ahttp_await_status(ahttp_sleep(1000));
    strcat(said, "task ");
    return NULL;
}

static void tasks_end_before_guests_are_closed(void **state)
{
    (void)state;
    visitor a = {.name = "guest"};
    ahttp_loop *loop = ahttp_loop_new(.virtual_clock = true);
    enter(&a, loop);
    ahttp_drop(ahttp_spawn(say_end_of_task, NULL));
    ahttp_await_status(ahttp_sleep(0));

    ahttp_loop_close(loop);

    assert_string_equal(said, "task guest");
}
#endif

/* ---- Afterwards ---- */

static void need_loop(void)
{
    visitor a = {.name = "a"};

    enter(&a, NULL);
    ah_guest_need_loop(&a.guest, "ahttp_visit: its loop was closed");
}

static void a_guest_without_a_loop_speaks_through_the_current_one(void **state)
{
    (void)state;
    visitor a = {.name = "a"};
    ahttp_loop *first = ahttp_loop_new();
    enter(&a, first);
    assert_ptr_equal(ah_guest_need_loop(&a.guest, ""), first);
    ahttp_loop_close(first);

    ahttp_loop *second = ahttp_loop_new();
    assert_ptr_equal(ah_guest_need_loop(&a.guest, ""), second);
    ahttp_loop_close(second);
    assert_misuse(need_loop, "ahttp_visit: its loop was closed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_loop_closes_its_guests_newest_first, reset),
        cmocka_unit_test_setup(who_has_left_is_not_closed, reset),
        cmocka_unit_test_setup(closing_may_take_jobs_and_bring_more_guests, reset),
        cmocka_unit_test_setup(a_guest_may_free_itself_when_it_is_closed, reset),
#if AHTTP_TASKS
        cmocka_unit_test_setup(tasks_end_before_guests_are_closed, reset),
#endif
        cmocka_unit_test_setup(a_guest_without_a_loop_speaks_through_the_current_one, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
