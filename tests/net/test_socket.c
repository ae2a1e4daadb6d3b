/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "loop/poll.h"
#include "net/socket.h"
#include "support/failing_alloc.h"
#include "support/open_fds.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* A transport, the other end of its socket, and what the loop told. */
typedef struct fixture {
    size_t fds;
    ahttp_loop *loop;
    ah_transport *transport;
    int fd;   /* of the transport */
    int peer; /* -1 when closed */
    int calls;
    unsigned events;
} fixture;

static void note_ready(void *ctx, unsigned events)
{
    fixture *self = ctx;

    self->calls++;
    self->events = events;
    ah_transport_want(self->transport, 0);
}

static void note_and_close(void *ctx, unsigned events)
{
    fixture *self = ctx;

    self->calls++;
    self->events = events;
    ah_transport_close(self->transport);
    self->transport = NULL;
}

static void open_transport(fixture *self, int fd)
{
    ahttp_error *error = NULL;

    self->fd = fd;
    self->transport = ah_socket_open(self->loop, fd, "the peer", &error);
    assert_non_null(self->transport);
    self->transport->ready = note_ready;
    self->transport->ctx = self;
}

static fixture *new_fixture(void **state)
{
    fixture *self = calloc(1, sizeof *self);

    self->loop = ahttp_loop_new(.virtual_clock = true);
    self->fds = count_open_fds();
    *state = self;
    return self;
}

static int setup_pair(void **state)
{
    fixture *self = new_fixture(state);
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    self->peer = ends[1];
    open_transport(self, ends[0]);
    return 0;
}

static int setup_tcp(void **state)
{
    fixture *self = new_fixture(state);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(bind(listener, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(listener, 1), 0);
    getsockname(listener, (struct sockaddr *)&address, &len);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, len), 0);
    self->peer = accept(listener, NULL, NULL);
    close(listener);
    open_transport(self, fd);
    return 0;
}

static void close_peer(fixture *self)
{
    close(self->peer);
    self->peer = -1;
}

/* The peer answers with a reset to all that comes. */
static void reset_peer(fixture *self)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    setsockopt(self->peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close_peer(self);
}

static int teardown(void **state)
{
    fixture *self = *state;

    ah_transport_close(self->transport);
    if (self->peer >= 0)
        close(self->peer);
    assert_int_equal(count_open_fds(), self->fds);
    assert_int_equal(ahttp_loop_close(self->loop), 0);
    free(self);
    return 0;
}

static ptrdiff_t write_text(fixture *self, const char *text)
{
    ah_str part = ah_str_from(text);

    return ah_transport_write(self->transport, &part, 1);
}

static void bytes_arrive_at_both_ends(void **state)
{
    fixture *self = *state;
    const ah_str parts[] = {AH_STR("one "), AH_STR(""), AH_STR("two")};
    char text[16];

    assert_int_equal(ah_transport_write(self->transport, parts, 3), 7);
    assert_int_equal(read(self->peer, text, sizeof text), 7);
    assert_memory_equal(text, "one two", 7);

    assert_int_equal(write(self->peer, "three", 5), 5);
    assert_int_equal(ah_transport_read(self->transport, text, sizeof text), 5);
    assert_memory_equal(text, "three", 5);
}

static void reading_nothing_says_again(void **state)
{
    fixture *self = *state;
    char text[16];

    assert_int_equal(ah_transport_read(self->transport, text, sizeof text), AH_IO_AGAIN);
}

static void the_peers_end_is_told_after_its_bytes(void **state)
{
    fixture *self = *state;
    char text[16];

    assert_int_equal(write(self->peer, "last", 4), 4);
    close_peer(self);

    assert_int_equal(ah_transport_read(self->transport, text, sizeof text), 4);
    assert_int_equal(ah_transport_read(self->transport, text, sizeof text), AH_IO_END);
}

static void a_reset_is_a_failure_with_a_reason(void **state)
{
    fixture *self = *state;
    char text[16];

    reset_peer(self);
    assert_int_equal(ah_transport_read(self->transport, text, sizeof text), AH_IO_FAILED);
    ahttp_error *error = ah_transport_failure(self->transport);

    assert_int_equal(error->code, AHTTP_E_DISCONNECTED);
    assert_int_equal(error->cause, -ECONNRESET);
    assert_string_equal(error->message, "read from the peer: connection reset by peer");
    ah_error_free(error);
}

static void writing_to_a_closed_peer_fails_without_a_signal(void **state)
{
    fixture *self = *state;

    signal(SIGPIPE, SIG_DFL);
    close_peer(self);
    assert_int_equal(write_text(self, "x"), AH_IO_FAILED);
    ahttp_error *error = ah_transport_failure(self->transport);

    assert_string_equal(error->message, "write to the peer: broken pipe");
    ah_error_free(error);
}

/* As much as the socket takes; returns how much. */
static size_t fill(fixture *self)
{
    static char block[100000];
    const ah_str parts[] = {{block, sizeof block}, {block, sizeof block}};
    size_t total = 0;
    ptrdiff_t written;

    while ((written = ah_transport_write(self->transport, parts, 2)) > 0)
        total += (size_t)written;
    assert_int_equal(written, AH_IO_AGAIN);
    return total;
}

static size_t drain(int fd, size_t expected)
{
    static char block[100000];
    size_t total = 0;

    while (total < expected) {
        ssize_t count = read(fd, block, sizeof block);
        if (count <= 0)
            return total;
        total += (size_t)count;
    }
    return total;
}

static void a_full_socket_says_again_and_then_that_it_is_writable(void **state)
{
    fixture *self = *state;
    size_t total = fill(self);

    ah_transport_want(self->transport, AH_WRITABLE);
    uv_run(ahttp_loop_uv(self->loop), UV_RUN_NOWAIT);
    assert_int_equal(self->calls, 0);
    assert_int_equal(drain(self->peer, total), total);
    ahttp_loop_run(self->loop);

    assert_int_equal(self->calls, 1);
    assert_int_equal(self->events, AH_WRITABLE);
    assert_int_equal(write_text(self, "x"), 1);
}

static void any_number_of_parts_is_written_in_order(void **state)
{
    fixture *self = *state;
    enum { PARTS = 200 };
    char digits[PARTS];
    ah_str parts[PARTS];
    char text[PARTS + 1];

    for (size_t i = 0; i < PARTS; i++) {
        digits[i] = (char)('0' + i % 10);
        parts[i] = ah_str_make(&digits[i], 1);
    }

    assert_int_equal(ah_transport_write(self->transport, parts, PARTS), PARTS);
    assert_int_equal(read(self->peer, text, sizeof text), PARTS);
    assert_memory_equal(text, digits, PARTS);
}

static void readiness_is_told_until_it_is_no_longer_wanted(void **state)
{
    fixture *self = *state;

    assert_int_equal(write(self->peer, "x", 1), 1);
    uv_run(ahttp_loop_uv(self->loop), UV_RUN_NOWAIT);
    assert_int_equal(self->calls, 0);
    ah_transport_want(self->transport, AH_READABLE);
    ahttp_loop_run(self->loop);
    assert_int_equal(self->calls, 1);
    assert_int_equal(self->events, AH_READABLE);
    ah_transport_want(self->transport, AH_READABLE);
    ahttp_loop_run(self->loop);

    assert_int_equal(self->calls, 2);
}

static void a_reset_makes_a_watched_transport_ready(void **state)
{
    fixture *self = *state;
    char text[16];

    ah_transport_want(self->transport, AH_READABLE);
    reset_peer(self);
    ahttp_loop_run(self->loop);

    assert_int_equal(self->calls, 1);
    assert_true(self->events & AH_READABLE);
    assert_int_equal(ah_transport_read(self->transport, text, sizeof text), AH_IO_FAILED);
}

static void it_may_be_closed_when_it_is_ready(void **state)
{
    fixture *self = *state;
    char text[16];

    self->transport->ready = note_and_close;
    ah_transport_want(self->transport, AH_READABLE | AH_WRITABLE);
    assert_int_equal(write(self->peer, "x", 1), 1);
    ahttp_loop_run(self->loop);

    assert_int_equal(self->calls, 1);
    /* It left a byte unread, so the peer may see a reset instead of the end. */
    assert_true(read(self->peer, text, sizeof text) <= 0);
}

static void the_loop_does_not_wait_for_a_transport_in_the_background(void **state)
{
    fixture *self = *state;

    ah_transport_want(self->transport, AH_READABLE);
    ah_transport_set_background(self->transport, true);
    ahttp_loop_run(self->loop);

    assert_int_equal(self->calls, 0);
}

static void the_socket_does_not_block_nor_delay(void **state)
{
    fixture *self = *state;
    int no_delay = 0;
    socklen_t len = sizeof no_delay;

    getsockopt(self->fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, &len);

    assert_true(fcntl(self->fd, F_GETFL) & O_NONBLOCK);
    assert_true(no_delay);
}

static void the_peer_has_a_name(void **state)
{
    fixture *self = *state;

    assert_string_equal(ah_transport_peer(self->transport), "the peer");
}

static void what_is_no_socket_is_closed_and_refused(void **state)
{
    fixture *self = *state;
    ahttp_error *error = NULL;
    int fd = open("/dev/null", O_RDONLY);

    assert_null(ah_socket_open(self->loop, fd, "the peer", &error));

    assert_int_equal(error->code, AHTTP_E_SYSTEM);
    assert_string_equal(error->message, "watch socket to the peer: operation not permitted");
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    ah_error_free(error);
}

static void open_and_close(void *ctx)
{
    ahttp_loop *loop = ahttp_loop_new(.virtual_clock = true);
    int ends[2];
    ahttp_error *error = NULL;

    (void)ctx;
    if (!loop)
        return;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    ah_transport *transport = ah_socket_open(loop, ends[0], "the peer", &error);
    if (!transport)
        assert_int_equal(error->code, AHTTP_E_NO_MEMORY);
    ah_transport_close(transport);
    close(ends[1]);
    assert_int_equal(ahttp_loop_close(loop), 0);
}

static void running_out_of_memory_closes_the_socket(void **state)
{
    (void)state;
    for_each_allocation(open_and_close, NULL);
}

#define ON_PAIR(test) cmocka_unit_test_setup_teardown(test, setup_pair, teardown)
#define ON_TCP(test)  cmocka_unit_test_setup_teardown(test, setup_tcp, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_PAIR(bytes_arrive_at_both_ends),
        ON_TCP(reading_nothing_says_again),
        ON_TCP(the_peers_end_is_told_after_its_bytes),
        ON_TCP(a_reset_is_a_failure_with_a_reason),
        ON_PAIR(writing_to_a_closed_peer_fails_without_a_signal),
        ON_PAIR(a_full_socket_says_again_and_then_that_it_is_writable),
        ON_PAIR(any_number_of_parts_is_written_in_order),
        ON_TCP(readiness_is_told_until_it_is_no_longer_wanted),
        ON_TCP(a_reset_makes_a_watched_transport_ready),
        ON_TCP(it_may_be_closed_when_it_is_ready),
        ON_TCP(the_loop_does_not_wait_for_a_transport_in_the_background),
        ON_TCP(the_socket_does_not_block_nor_delay),
        ON_PAIR(the_peer_has_a_name),
        ON_PAIR(what_is_no_socket_is_closed_and_refused),
        ON_PAIR(running_out_of_memory_closes_the_socket),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
