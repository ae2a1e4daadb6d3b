/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "loop/poll.h"
#include "net/dial.h"
#include "support/failing_alloc.h"
#include "support/open_fds.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

typedef struct fixture {
    size_t fds;
    ahttp_loop *loop;
    int calls;
    ah_transport *transport;
    ahttp_error *error;
} fixture;

/* A port of 127.0.0.1, or of another loopback address. */
typedef struct port {
    int listener;
    int filler; /* what fills the queue, or -1 */
    ah_address address;
    char text[AH_ADDRESS_TEXT];
} port;

static port listen_on(const char *ip)
{
    port made = {.filler = -1};
    socklen_t len = sizeof made.address;

    assert_true(ah_address_parse(ah_str_from(ip), 0, &made.address));
    made.listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(made.listener, &made.address.any, len), 0);
    assert_int_equal(listen(made.listener, 8), 0);
    getsockname(made.listener, &made.address.any, &len);
    ah_address_format(&made.address, made.text);
    return made;
}

static void close_port(port *self)
{
    close(self->listener);
    if (self->filler >= 0)
        close(self->filler);
}

/* Nobody listens there. */
static port refusing_port(void)
{
    port made = listen_on("127.0.0.1");

    close_port(&made);
    return made;
}

/* Its queue of one is full, so the system drops further attempts in silence. */
static port silent_port(void)
{
    port made = listen_on("127.0.0.1");

    assert_int_equal(listen(made.listener, 0), 0);
    made.filler = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(made.filler, &made.address.any, ah_address_len(&made.address)), 0);
    return made;
}

static int setup(void **state)
{
    fixture *self = calloc(1, sizeof *self);

    self->loop = ahttp_loop_new(.virtual_clock = true);
    self->fds = count_open_fds();
    *state = self;
    return 0;
}

static void note_end(void *ctx, ah_transport *transport, ahttp_error *error)
{
    fixture *self = ctx;

    self->calls++;
    self->transport = transport;
    self->error = error;
}

static void forget_end(fixture *self)
{
    ah_transport_close(self->transport);
    ah_error_free(self->error);
    self->transport = NULL;
    self->error = NULL;
    self->calls = 0;
}

static int teardown(void **state)
{
    fixture *self = *state;

    forget_end(self);
    assert_int_equal(count_open_fds(), self->fds);
    assert_int_equal(ahttp_loop_close(self->loop), 0);
    free(self);
    return 0;
}

static ah_dial *start(fixture *self, const char *name, int64_t delay_ms, const port *ports,
                      size_t count)
{
    const ah_dial_options options = {.delay_ms = delay_ms, .name = name};
    ah_address addresses[16];

    for (size_t i = 0; i < count; i++)
        addresses[i] = ports[i].address;
    ah_dial *dial = ah_dial_start(self->loop, &options, addresses, count, note_end, self);
    assert_int_equal(self->calls, 0);
    return dial;
}

/* Turns of the loop in which all that can happen without time passing happens. */
static void turn(fixture *self)
{
    for (int i = 0; i < 10; i++)
        uv_run(ahttp_loop_uv(self->loop), UV_RUN_NOWAIT);
}

static void a_listening_port_is_connected_to(void **state)
{
    fixture *self = *state;
    port there = listen_on("127.0.0.1");

    start(self, NULL, 0, &there, 1);
    ahttp_loop_run(self->loop);
    int accepted = accept(there.listener, NULL, NULL);
    const ah_str hello = AH_STR("hello");
    char text[8];

    assert_int_equal(self->calls, 1);
    assert_null(self->error);
    assert_string_equal(ah_transport_peer(self->transport), there.text);
    assert_int_equal(ah_transport_write(self->transport, &hello, 1), 5);
    assert_int_equal(read(accepted, text, sizeof text), 5);
    close(accepted);
    close_port(&there);
}

static void note_readable(void *ctx, unsigned events)
{
    fixture *self = ctx;

    assert_int_equal(events, AH_READABLE);
    ah_transport_want(self->transport, 0);
    self->calls = 100;
}

static void the_new_transport_can_be_watched(void **state)
{
    fixture *self = *state;
    port there = listen_on("127.0.0.1");

    start(self, NULL, 0, &there, 1);
    ahttp_loop_run(self->loop);
    int accepted = accept(there.listener, NULL, NULL);
    self->transport->ready = note_readable;
    self->transport->ctx = self;
    ah_transport_want(self->transport, AH_READABLE);
    assert_int_equal(write(accepted, "x", 1), 1);
    ahttp_loop_run(self->loop);

    assert_int_equal(self->calls, 100);
    close(accepted);
    close_port(&there);
}

static void a_refusing_port_is_an_error_with_its_address(void **state)
{
    fixture *self = *state;
    port gone = refusing_port();
    char expected[200];

    start(self, gone.text, 0, &gone, 1);
    ahttp_loop_run(self->loop);
    snprintf(expected, sizeof expected, "connect to %s: connection refused", gone.text);

    assert_int_equal(self->calls, 1);
    assert_null(self->transport);
    assert_int_equal(self->error->code, AHTTP_E_CONNECT);
    assert_int_equal(self->error->cause, -ECONNREFUSED);
    assert_string_equal(self->error->message, expected);
}

static void the_error_names_what_was_dialled_and_the_address(void **state)
{
    fixture *self = *state;
    port gone = refusing_port();
    char expected[200];

    start(self, "example.com:80", 0, &gone, 1);
    ahttp_loop_run(self->loop);
    snprintf(expected, sizeof expected, "connect to example.com:80 at %s: connection refused",
             gone.text);

    assert_string_equal(self->error->message, expected);
}

static void after_a_refusal_the_next_address_is_tried_at_once(void **state)
{
    fixture *self = *state;
    port ports[] = {refusing_port(), listen_on("127.0.0.1")};
    int64_t started_ms = ahttp_loop_now(self->loop);

    start(self, "example.com:80", 0, ports, 2);
    ahttp_loop_run(self->loop);

    assert_string_equal(ah_transport_peer(self->transport), ports[1].text);
    assert_int_equal(ahttp_loop_now(self->loop), started_ms);
    close_port(&ports[1]);
}

static void after_250_ms_of_silence_the_next_address_is_tried(void **state)
{
    fixture *self = *state;
    port ports[] = {silent_port(), listen_on("127.0.0.1")};

    start(self, "example.com:80", 0, ports, 2);
    turn(self);
    ahttp_loop_advance(self->loop, 249);
    turn(self);
    assert_int_equal(self->calls, 0);
    ahttp_loop_advance(self->loop, 1);
    ahttp_loop_run(self->loop);

    assert_int_equal(self->calls, 1);
    assert_string_equal(ah_transport_peer(self->transport), ports[1].text);
    close_port(&ports[0]);
    close_port(&ports[1]);
}

static void the_delay_can_be_chosen(void **state)
{
    fixture *self = *state;
    port ports[] = {silent_port(), listen_on("127.0.0.1")};

    start(self, "example.com:80", 10, ports, 2);
    turn(self);
    ahttp_loop_advance(self->loop, 10);
    ahttp_loop_run(self->loop);

    assert_string_equal(ah_transport_peer(self->transport), ports[1].text);
    close_port(&ports[0]);
    close_port(&ports[1]);
}

static void an_endless_delay_means_one_after_the_other(void **state)
{
    fixture *self = *state;
    port ports[] = {silent_port(), listen_on("127.0.0.1")};
    ah_dial *dial = start(self, "example.com:80", AHTTP_NEVER, ports, 2);

    turn(self);
    ahttp_loop_advance(self->loop, 100000);
    turn(self);

    assert_int_equal(self->calls, 0);
    ah_dial_cancel(dial);
    close_port(&ports[0]);
    close_port(&ports[1]);
}

static void an_earlier_attempt_goes_on_and_may_win(void **state)
{
    fixture *self = *state;
    port ports[] = {silent_port(), silent_port()};
    char text[8];

    start(self, "example.com:80", 0, ports, 2);
    turn(self);
    ahttp_loop_advance(self->loop, 250);
    turn(self);
    assert_int_equal(self->calls, 0);
    int first = accept(ports[0].listener, NULL, NULL); /* room for the next try of the system */
    ahttp_loop_run(self->loop);

    assert_string_equal(ah_transport_peer(self->transport), ports[0].text);
    assert_int_equal(ah_transport_read(self->transport, text, sizeof text), AH_IO_AGAIN);
    close(first);
    close_port(&ports[0]);
    close_port(&ports[1]);
}

static void at_most_6_attempts_go_on_at_once(void **state)
{
    fixture *self = *state;
    port silent = silent_port();
    port ports[8];

    for (size_t i = 0; i < 7; i++)
        ports[i] = silent;
    ports[7] = listen_on("127.0.0.1");
    ah_dial *dial = start(self, "example.com:80", 0, ports, 8);
    size_t fds = count_open_fds();
    for (int i = 0; i < 20; i++) {
        turn(self);
        ahttp_loop_advance(self->loop, 250);
    }
    turn(self);

    assert_int_equal(self->calls, 0);
    assert_int_equal(count_open_fds(), fds + 6);
    ah_dial_cancel(dial);
    assert_int_equal(count_open_fds(), fds);
    close_port(&silent);
    close_port(&ports[7]);
}

static void when_all_fail_each_address_has_its_reason_and_time(void **state)
{
    fixture *self = *state;
    port ports[] = {refusing_port(), refusing_port()};
    char expected[300];

    start(self, "example.com:80", 0, ports, 2);
    ahttp_loop_run(self->loop);
    snprintf(expected, sizeof expected,
             "connect to example.com:80: 2 addresses failed: %s connection refused after 0 ms, "
             "%s connection refused after 0 ms",
             ports[0].text, ports[1].text);

    assert_int_equal(self->error->code, AHTTP_E_CONNECT);
    assert_int_equal(self->error->cause, -ECONNREFUSED);
    assert_string_equal(self->error->message, expected);
}

static void an_address_without_a_route_is_one_failure_among_others(void **state)
{
    fixture *self = *state;
    port ports[] = {{.filler = -1}, listen_on("127.0.0.1")};

    assert_true(ah_address_parse(AH_STR("255.255.255.255"), 80, &ports[0].address));
    start(self, "example.com:80", 0, ports, 2);
    ahttp_loop_run(self->loop);

    assert_string_equal(ah_transport_peer(self->transport), ports[1].text);
    close_port(&ports[1]);
}

static void cancelling_before_the_loop_runs_leaves_nothing_behind(void **state)
{
    fixture *self = *state;
    port there = listen_on("127.0.0.1");

    ah_dial_cancel(start(self, NULL, 0, &there, 1));
    ahttp_loop_run(self->loop);

    assert_int_equal(self->calls, 0);
    close_port(&there);
}

static void cancelling_closes_all_attempts(void **state)
{
    fixture *self = *state;
    port ports[] = {silent_port(), silent_port()};
    size_t fds = count_open_fds();
    ah_dial *dial = start(self, "example.com:80", 0, ports, 2);

    turn(self);
    ahttp_loop_advance(self->loop, 250);
    turn(self);
    assert_int_equal(count_open_fds(), fds + 2);
    ah_dial_cancel(dial);
    ahttp_loop_run(self->loop);

    assert_int_equal(self->calls, 0);
    assert_int_equal(count_open_fds(), fds);
    close_port(&ports[0]);
    close_port(&ports[1]);
}

typedef struct scenario {
    port refusing;
    port listening;
} scenario;

/* ---- Unix sockets ---- */

static int listen_at(const char *name, int backlog)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(name);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    memcpy(address.sun_path + 1, name + 1, len - 1);
    assert_int_equal(bind(fd, (struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
                     0);
    assert_int_equal(listen(fd, backlog), 0);
    return fd;
}

static void start_unix(fixture *self, const char *name)
{
    ahttp_error *error;

    assert_non_null(ah_dial_start_unix(self->loop, NULL, name, note_end, self, &error));
    turn(self);
}

static void a_unix_socket_whose_queue_is_full_is_tried_until_it_is_not(void **state)
{
    fixture *self = *state;
    char name[64];
    snprintf(name, sizeof name, "@libahttp-dial-%ld", (long)getpid());
    int listener = listen_at(name, 0);
    start_unix(self, name);
    assert_int_equal(self->calls, 1);
    forget_end(self);

    start_unix(self, name);
    ahttp_loop_advance(self->loop, 100);
    turn(self);
    assert_int_equal(self->calls, 0);
    close(accept(listener, NULL, NULL));
    ahttp_loop_advance(self->loop, 10);
    turn(self);

    assert_int_equal(self->calls, 1);
    assert_null(self->error);
    assert_string_equal(ah_transport_peer(self->transport), name);
    close(listener);
}

/* ---- One by one, and many ---- */

static ah_dial *start_within(fixture *self, int64_t delay_ms, int64_t limit_ms, const port *ports,
                             size_t count)
{
    const ah_dial_options options = {.delay_ms = delay_ms, .limit_ms = limit_ms, .name = "h:80"};
    ah_address addresses[16];

    for (size_t i = 0; i < count; i++)
        addresses[i] = ports[i].address;
    return ah_dial_start(self->loop, &options, addresses, count, note_end, self);
}

static void one_by_one_each_address_has_its_share_of_the_time(void **state)
{
    fixture *self = *state;
    port ports[] = {silent_port(), silent_port(), listen_on("127.0.0.1")};
    start_within(self, AHTTP_NEVER, 3000, ports, 3);
    turn(self);

    ahttp_loop_advance(self->loop, 1999);
    turn(self);
    assert_int_equal(self->calls, 0);
    ahttp_loop_advance(self->loop, 1);
    turn(self);

    assert_int_equal(self->calls, 1);
    assert_null(self->error);
    for (int i = 0; i < 3; i++)
        close_port(&ports[i]);
}

static void a_seventh_address_gets_its_turn_although_six_are_silent(void **state)
{
    fixture *self = *state;
    port ports[7];
    for (int i = 0; i < 6; i++)
        ports[i] = silent_port();
    ports[6] = listen_on("127.0.0.1");
    start_within(self, 100, 4500, ports, 7);
    turn(self);

    ahttp_loop_advance(self->loop, 500 + 1999);
    turn(self);
    assert_int_equal(self->calls, 0);
    ahttp_loop_advance(self->loop, 1);
    turn(self);

    assert_int_equal(self->calls, 1);
    assert_null(self->error);
    for (int i = 0; i < 7; i++)
        close_port(&ports[i]);
}

static void what_was_tried_can_be_told_before_the_end(void **state)
{
    fixture *self = *state;
    port ports[] = {refusing_port(), silent_port()};
    ah_buf text = {0};
    char expected[300];
    ah_dial *dial = start_within(self, 0, 0, ports, 2);
    turn(self);
    ahttp_loop_advance(self->loop, 70);
    turn(self);

    ah_dial_describe(dial, &text);

    snprintf(expected, sizeof expected,
             ": %s connection refused after 0 ms, %s no answer after 70 ms", ports[0].text,
             ports[1].text);
    assert_str(ah_buf_str(&text), expected);
    ah_buf_release(&text);
    ah_dial_cancel(dial);
    close_port(&ports[1]);
}

static void dial_two(void *ctx)
{
    scenario *ports = ctx;
    fixture self = {.loop = ahttp_loop_new(.virtual_clock = true)};
    const port good[] = {ports->refusing, ports->listening};
    const port bad[] = {ports->refusing, ports->refusing};

    if (!self.loop)
        return;
    if (start(&self, "example.com:80", 0, good, 2)) {
        ahttp_loop_run(self.loop);
        assert_int_equal(self.calls, 1);
        assert_true((self.transport != NULL) != (self.error != NULL));
    }
    forget_end(&self);
    if (start(&self, "example.com:80", 0, bad, 2)) {
        ahttp_loop_run(self.loop);
        assert_int_equal(self.calls, 1);
        assert_non_null(self.error);
    }
    forget_end(&self);
    assert_int_equal(ahttp_loop_close(self.loop), 0);
}

static void running_out_of_memory_is_a_failure_like_others(void **state)
{
    scenario ports = {refusing_port(), listen_on("127.0.0.1")};

    (void)state;
    for_each_allocation(dial_two, &ports);
    close_port(&ports.listening);
}

#define DIALLING(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DIALLING(a_listening_port_is_connected_to),
        DIALLING(the_new_transport_can_be_watched),
        DIALLING(a_refusing_port_is_an_error_with_its_address),
        DIALLING(the_error_names_what_was_dialled_and_the_address),
        DIALLING(after_a_refusal_the_next_address_is_tried_at_once),
        DIALLING(after_250_ms_of_silence_the_next_address_is_tried),
        DIALLING(the_delay_can_be_chosen),
        DIALLING(an_endless_delay_means_one_after_the_other),
        DIALLING(an_earlier_attempt_goes_on_and_may_win),
        DIALLING(at_most_6_attempts_go_on_at_once),
        DIALLING(when_all_fail_each_address_has_its_reason_and_time),
        DIALLING(an_address_without_a_route_is_one_failure_among_others),
        DIALLING(cancelling_before_the_loop_runs_leaves_nothing_behind),
        DIALLING(cancelling_closes_all_attempts),
        DIALLING(a_unix_socket_whose_queue_is_full_is_tried_until_it_is_not),
        DIALLING(one_by_one_each_address_has_its_share_of_the_time),
        DIALLING(a_seventh_address_gets_its_turn_although_six_are_silent),
        DIALLING(what_was_tried_can_be_told_before_the_end),
        DIALLING(running_out_of_memory_is_a_failure_like_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
