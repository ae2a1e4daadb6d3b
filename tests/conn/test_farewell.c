/* SPDX-License-Identifier: MIT */
/* Transports that have something left to say when their connection ends. */
#include "support/check.h"

#include "conn/farewell.h"
#include "fake_transport.h"
#include "support/failing_alloc.h"
#include <ahttp.h>

/* Says "bye". */
typedef struct polite {
    fake_transport wire;
    size_t left; /* bytes of it */
} polite;

static ahttp_loop *loop;
static polite peer, other;
static ah_farewells farewells;
static int calls; /* of over */

static bool polite_finish(ah_transport *base)
{
    polite *self = (polite *)base;
    ah_str rest = ah_str_slice(AH_STR("bye"), 3 - self->left, self->left);
    bool has_room = self->wire.write_room > 0 || self->wire.breaks_writes;
    ptrdiff_t count = self->left > 0 && has_room ? fake_write(base, &rest, 1) : 0;

    if (count > 0)
        self->left -= (size_t)count;
    return count != AH_IO_FAILED && self->left > 0;
}

static void note_over(void *ctx)
{
    assert_ptr_equal(ctx, &calls);
    calls++;
}

static void be_polite(polite *self, size_t room)
{
    static ah_transport_ops ops;

    fake_init(&self->wire);
    ops = *self->wire.base.ops;
    ops.finish = polite_finish;
    self->wire.base.ops = &ops;
    self->wire.write_room = room;
    self->wire.background = true;
    self->left = 3;
}

static void allow(polite *self, size_t room)
{
    self->wire.write_room = room;
    fake_turn(&self->wire);
}

static void pass(int64_t ms)
{
    ahttp_loop_advance(loop, ms);
    assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
}

static int begin(void **state)
{
    (void)state;
    counting_alloc_install();
    loop = ahttp_loop_new(.virtual_clock = true);
    be_polite(&peer, 0);
    be_polite(&other, 0);
    ah_farewells_init(&farewells);
    farewells.over = note_over;
    farewells.ctx = &calls;
    calls = 0;
    return 0;
}

static int end(void **state)
{
    (void)state;
    fake_release(&peer.wire);
    fake_release(&other.wire);
    assert_int_equal(ahttp_loop_close(loop), 0);
    counting_alloc_remove();
    return 0;
}

static void who_can_say_all_closes_at_once(void **state)
{
    (void)state;
    peer.wire.write_room = 3;

    ah_farewell(&farewells, loop, &peer.wire.base);
    ah_farewell(&farewells, loop, NULL);

    assert_str(ah_buf_str(&peer.wire.written), "bye");
    assert_true(peer.wire.closed);
    assert_true(ah_farewells_are_over(&farewells));
    assert_int_equal(calls, 0);
}

static void last_words_go_out_when_there_is_room(void **state)
{
    (void)state;
    ah_farewell(&farewells, loop, &peer.wire.base);
    assert_false(peer.wire.background);
    allow(&peer, 2);
    assert_false(peer.wire.closed);
    assert_int_equal(calls, 0);

    allow(&peer, 2);

    assert_str(ah_buf_str(&peer.wire.written), "bye");
    assert_true(peer.wire.closed);
    assert_int_equal(calls, 1);
}

static void the_last_of_several_tells(void **state)
{
    (void)state;
    ah_farewell(&farewells, loop, &peer.wire.base);
    ah_farewell(&farewells, loop, &other.wire.base);

    allow(&other, 3);
    assert_int_equal(calls, 0);
    allow(&peer, 3);

    assert_int_equal(calls, 1);
    assert_true(ah_farewells_are_over(&farewells));
}

static void a_peer_that_takes_nothing_has_a_second(void **state)
{
    (void)state;
    ah_farewell(&farewells, loop, &peer.wire.base);
    pass(999);
    assert_false(peer.wire.closed);

    pass(1);

    assert_true(peer.wire.closed);
    assert_int_equal(calls, 1);
}

static void a_peer_that_breaks_is_left(void **state)
{
    (void)state;
    ah_farewell(&farewells, loop, &peer.wire.base);
    peer.wire.breaks_writes = true;

    allow(&peer, 3);

    assert_true(peer.wire.closed);
    assert_int_equal(calls, 1);
}

static void once_they_are_cut_nobody_is_waited_for(void **state)
{
    (void)state;
    ah_farewell(&farewells, loop, &peer.wire.base);

    ah_farewells_cut(&farewells);
    ah_farewell(&farewells, loop, &other.wire.base);

    assert_true(peer.wire.closed);
    assert_true(other.wire.closed);
    assert_int_equal(calls, 0);
}

static void without_memory_nobody_is_waited_for(void **state)
{
    (void)state;
    counting_alloc_fail_nth(1);

    ah_farewell(&farewells, loop, &peer.wire.base);

    counting_alloc_fail_nth(0);
    assert_true(peer.wire.closed);
    assert_true(ah_farewells_are_over(&farewells));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(who_can_say_all_closes_at_once),      TEST(last_words_go_out_when_there_is_room),
        TEST(the_last_of_several_tells),           TEST(a_peer_that_takes_nothing_has_a_second),
        TEST(a_peer_that_breaks_is_left),          TEST(once_they_are_cut_nobody_is_waited_for),
        TEST(without_memory_nobody_is_waited_for),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
