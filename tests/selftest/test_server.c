/* SPDX-License-Identifier: MIT */
#include "raw_client.h"
#include <dirent.h>
#include <errno.h>
#include <pthread.h>

#define OK_HEAD "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"

static test_server *play(const server_step *steps)
{
    return server_start(&(server_script){.others = steps});
}

/* --- Tables --- */

static void a_table_is_played_step_by_step(void **state)
{
    static const server_step steps[] = {SEND("hello "),        READ_REQUEST,
                                        SEND_BYTES("a\0b", 3), SEND_SLOWLY(" slowly "),
                                        SEND_REPEAT("xyz", 7), CLOSE};
    test_server *server = play(steps);
    char came[64];
    int fd = dial(server);
    (void)state;

    expect(fd, "hello ");
    assert_int_equal(server_count(server, SERVER_BYTES_SENT), 6);
    put(fd, GET("/"));

    assert_int_equal(take(fd, came, sizeof came), 18);
    assert_memory_equal(came, "a\0b slowly xyzxyzx", 18);
    assert_int_equal(server_count(server, SERVER_BYTES_SENT), 24);
    close(fd);
    server_stop(server);
}

static void each_connection_has_its_own_table(void **state)
{
    static const server_step first[] = {SEND("first"), CLOSE};
    static const server_step second[] = {SEND("second"), CLOSE};
    static const server_step others[] = {SEND("other"), CLOSE};
    test_server *server =
        server_start(&(server_script){.connections = {first, second}, .others = others});
    static const char *const expected[] = {"first", "second", "other", "other"};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        int fd = dial(server);

        expect(fd, expected[i]);
        expect_end(fd);
        close(fd);
    }
    assert_true(server_wait_for(server, SERVER_CLOSED, 4));
    assert_int_equal(server_count(server, SERVER_OPEN), 0);
    server_stop(server);
}

static void a_table_can_start_again(void **state)
{
    static const server_step steps[] = {READ_REQUEST, SEND("one "), AGAIN};
    test_server *server = play(steps);
    int fd = dial(server);
    (void)state;

    put(fd, GET("/1") GET("/2"));
    expect(fd, "one one ");
    put(fd, GET("/3"));
    expect(fd, "one ");

    assert_int_equal(server_count(server, SERVER_REQUESTS), 3);
    assert_string_equal(server_request_at(server, 2).target, "/3");
    close(fd);
    server_stop(server);
}

static void a_table_can_leave_the_rest_to_the_handler(void **state)
{
    static const server_step poison[] = {READ_REQUEST, SEND(OK_HEAD "ok" OK_HEAD "no"), SERVE};
    test_server *server = play(poison);
    int fd = dial(server);
    (void)state;

    put(fd, GET("/anything"));
    expect(fd, OK_HEAD "ok" OK_HEAD "no");
    put(fd, GET("/ok"));

    expect(fd, OK_HEAD "ok");
    close(fd);
    server_stop(server);
}

static void a_gate_holds_a_connection_until_it_opens(void **state)
{
    static const server_step steps[] = {SEND("before "), WAIT_GATE(63), SEND("after"), CLOSE};
    test_server *server = play(steps);
    int fd = dial(server);
    (void)state;

    expect(fd, "before ");
    assert_true(server_wait_for(server, SERVER_AT_GATE, 1));
    server_open_gate(server, 62);
    assert_int_equal(server_count(server, SERVER_AT_GATE), 1);
    server_open_gate(server, 63);

    expect(fd, "after");
    expect_end(fd);
    assert_true(server_wait_for(server, SERVER_CLOSED, 1));
    assert_int_equal(server_count(server, SERVER_AT_GATE), 0);
    close(fd);
    server_stop(server);
}

static void a_reset_is_a_reset(void **state)
{
    static const server_step steps[] = {READ_REQUEST, RESET};
    test_server *server = play(steps);
    int fd = dial(server);
    char byte;
    (void)state;

    put(fd, GET("/"));

    assert_int_equal(recv(fd, &byte, 1, 0), -1);
    assert_int_equal(errno, ECONNRESET);
    close(fd);
    server_stop(server);
}

static void a_half_closed_connection_reads_on(void **state)
{
    static const server_step steps[] = {SEND("bye"), HALF_CLOSE, READ_REQUEST, HOLD};
    test_server *server = play(steps);
    int fd = dial(server);
    (void)state;

    expect(fd, "bye");
    expect_end(fd);
    put(fd, GET("/late"));

    assert_true(server_wait_for(server, SERVER_REQUESTS, 1));
    assert_string_equal(server_request_at(server, 0).target, "/late");
    assert_true(server_connection_at(server, 0).open);
    close(fd);
    assert_true(server_wait_for(server, SERVER_CLOSED, 1));
    server_stop(server);
}

static void an_echo_sends_back_what_it_reads(void **state)
{
    static const server_step steps[] = {READ_REQUEST, SEND("HTTP/1.1 200 OK\r\n\r\n"), ECHO};
    test_server *server = play(steps);
    int fd = dial(server);
    (void)state;

    put(fd, "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\nraw");
    expect(fd, "HTTP/1.1 200 OK\r\n\r\nraw");
    put(fd, " bytes");

    expect(fd, " bytes");
    shutdown(fd, SHUT_WR);
    expect_end(fd);
    close(fd);
    server_stop(server);
}

/* --- Back-pressure --- */

static void a_peer_that_does_not_read_blocks_the_server(void **state)
{
    static const server_step steps[] = {SEND_FOREVER("0123456789"), CLOSE};
    test_server *server = server_start(&(server_script){.others = steps, .send_buffer = 65536});
    int fd = dial(server);
    char *came = malloc(1 << 20);
    uint64_t sent;
    (void)state;

    assert_true(server_wait_for(server, SERVER_BLOCKED, 1));
    sent = server_count(server, SERVER_BYTES_SENT);
    assert_true(sent < 16 << 20);
    assert_int_equal(server_count(server, SERVER_BYTES_SENT), sent);
    for (uint64_t got = 0; got <= sent; got += 1 << 20) {
        assert_int_equal(take(fd, came, 1 << 20), 1 << 20);
        assert_int_equal(came[7], '0' + (got + 7) % 10);
    }

    assert_true(server_wait_for(server, SERVER_BYTES_SENT, sent + 1));
    free(came);
    close(fd);
    assert_true(server_wait_for(server, SERVER_CLOSED, 1));
    assert_true(server_connection_at(server, 0).peer_reset);
    server_stop(server);
}

static void a_server_that_stops_reading_blocks_its_peer(void **state)
{
    static const server_step steps[] = {STOP_READING, WAIT_GATE(0), START_READING, HOLD};
    test_server *server = server_start(&(server_script){.others = steps, .receive_buffer = 65536});
    static const char zeros[65536];
    uint64_t written = 0;
    ssize_t n;
    int fd = dial(server);
    (void)state;

    assert_true(server_wait_for(server, SERVER_AT_GATE, 1));
    while ((n = send(fd, zeros, sizeof zeros, MSG_NOSIGNAL | MSG_DONTWAIT)) > 0)
        written += (uint64_t)n;
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(server_count(server, SERVER_BYTES_RECEIVED), 0);
    server_open_gate(server, 0);

    assert_true(server_wait_for(server, SERVER_BYTES_RECEIVED, written));
    close(fd);
    assert_true(server_wait_for(server, SERVER_CLOSED, 1));
    server_stop(server);
}

/* --- Requests --- */

static void a_request_is_recorded_as_it_was_sent(void **state)
{
    static const char head[] =
        "POST /x?y=1 HTTP/1.1\r\nHost:  a\r\nX-Y: z\r\nContent-Length: 5\r\n\r\n";
    test_server *server = server_start(NULL);
    server_request request;
    int fd = dial(server);
    (void)state;

    put(fd, GET("/ok"));
    put_bytes(fd, head, sizeof head - 1);
    put_bytes(fd, "ab\0de", 5);
    assert_true(server_wait_for(server, SERVER_REQUESTS, 2));

    request = server_request_at(server, 1);
    assert_int_equal(request.connection, 0);
    assert_int_equal(request.number, 1);
    assert_string_equal(request.method, "POST");
    assert_string_equal(request.target, "/x?y=1");
    assert_string_equal(request.head, head);
    assert_int_equal(request.head_len, sizeof head - 1);
    assert_true(request.whole);
    assert_int_equal(request.body_len, 5);
    assert_int_equal(request.body_kept, 5);
    assert_memory_equal(request.body, "ab\0de", 6);
    assert_true(server_request_has_line(request, "POST /x?y=1 HTTP/1.1"));
    assert_true(server_request_has_line(request, "Host:  a"));
    assert_false(server_request_has_line(request, "Host: a"));
    assert_true(server_request_has_field(request, "x-y"));
    assert_false(server_request_has_field(request, "x"));
    assert_int_equal(server_connection_at(server, 0).bytes_received,
                     sizeof GET("/ok") - 1 + sizeof head - 1 + 5);
    close(fd);
    server_stop(server);
}

static void a_chunked_body_is_decoded_at_any_cut(void **state)
{
    static const char text[] = "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                               "5\r\nhello\r\nB;x=y\r\n wide world\r\n0\r\nA: 1\r\nB: 2\r\n\r\n";
    static const server_step steps[] = {READ_REQUEST, SEND("done"), AGAIN};
    test_server *server = play(steps);
    int fd = dial(server);
    (void)state;

    for (size_t cut = 1; cut < sizeof text - 1; cut++) {
        put_bytes(fd, text, cut);
        assert_true(
            server_wait_for(server, SERVER_BYTES_RECEIVED, (cut - 1) * (sizeof text - 1) + cut));
        put(fd, text + cut);
        expect(fd, "done");

        server_request request = server_request_at(server, cut - 1);
        assert_string_equal(request.body, "hello wide world");
        assert_int_equal(request.body_len, 16);
        assert_string_equal(request.trailers, "A: 1\r\nB: 2\r\n");
    }
    assert_int_equal(server_count(server, SERVER_BROKEN), 0);
    close(fd);
    server_stop(server);
}

static void a_head_can_be_answered_before_its_body(void **state)
{
    static const server_step steps[] = {READ_HEAD, SEND("HTTP/1.1 100 Continue\r\n\r\n"), READ_BODY,
                                        SEND(OK_HEAD "ok"), AGAIN};
    test_server *server = play(steps);
    int fd = dial(server);
    (void)state;

    put(fd, "POST / HTTP/1.1\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    expect(fd, "HTTP/1.1 100 Continue\r\n\r\n");
    assert_false(server_request_at(server, 0).whole);
    put(fd, "abc");
    expect(fd, OK_HEAD "ok");

    assert_true(server_request_at(server, 0).whole);
    assert_string_equal(server_request_at(server, 0).body, "abc");
    assert_int_equal(server_count(server, SERVER_REQUESTS), 1);
    close(fd);
    server_stop(server);
}

static void raw_bytes_are_recorded_as_a_head(void **state)
{
    static const server_step steps[] = {READ_BYTES(3), SEND_BYTES("\5\0", 2), READ_BYTES(4), HOLD};
    test_server *server = play(steps);
    int fd = dial(server);
    char came[2];
    (void)state;

    put_bytes(fd, "\5\1\0", 3);
    assert_int_equal(take(fd, came, 2), 2);
    put(fd, "four");
    assert_true(server_wait_for(server, SERVER_REQUESTS, 2));

    assert_int_equal(server_request_at(server, 0).head_len, 3);
    assert_memory_equal(server_request_at(server, 0).head, "\5\1\0", 3);
    assert_string_equal(server_request_at(server, 1).head, "four");
    close(fd);
    server_stop(server);
}

static void a_long_body_is_counted_to_its_end(void **state)
{
    static const server_step steps[] = {READ_REQUEST, SEND("done"), CLOSE};
    static const char block[65536] = {'x'};
    test_server *server = play(steps);
    int fd = dial(server);
    (void)state;

    put(fd, "PUT / HTTP/1.1\r\nContent-Length: 33554432\r\n\r\n");
    for (size_t sent = 0; sent < 33554432; sent += sizeof block)
        put_bytes(fd, block, sizeof block);
    expect(fd, "done");

    assert_int_equal(server_request_at(server, 0).body_len, 33554432);
    assert_int_equal(server_request_at(server, 0).body_kept, 1 << 20);
    assert_memory_equal(server_request_at(server, 0).body, block, sizeof block);
    close(fd);
    server_stop(server);
}

static void what_is_no_request_counts_as_broken(void **state)
{
    static const char *const broken[] = {
        "GET /\r\n\r\n",
        "GET  HTTP/1.1\r\n\r\n",
        "GET / HTTP/2.0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost\r\n\r\n",
        "GET / HTTP/1.1\r\nA: b\nC: d\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
        "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
    };
    test_server *server = server_start(NULL);
    (void)state;

    for (size_t i = 0; i < COUNT_OF(broken); i++) {
        int fd = dial(server);

        put(fd, broken[i]);
        expect_end(fd);
        close(fd);
        assert_int_equal(server_count(server, SERVER_BROKEN), i + 1);
    }
    assert_int_equal(server_count(server, SERVER_REQUESTS), 0);
    server_stop(server);
}

static void a_request_that_is_cut_short_counts_as_broken(void **state)
{
    static const char *const cut[] = {"GET / HT", "PUT / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab"};
    test_server *server = server_start(NULL);
    int fd = dial(server);
    (void)state;

    close(fd);
    assert_true(server_wait_for(server, SERVER_CLOSED, 1));
    assert_int_equal(server_count(server, SERVER_BROKEN), 0);
    for (size_t i = 0; i < COUNT_OF(cut); i++) {
        fd = dial(server);
        put(fd, cut[i]);
        close(fd);

        assert_true(server_wait_for(server, SERVER_CLOSED, i + 2));
        assert_int_equal(server_count(server, SERVER_BROKEN), i + 1);
    }
    server_stop(server);
}

/* --- Ends --- */

static void the_peer_is_seen_to_close_while_the_server_waits(void **state)
{
    static const server_step steps[] = {WAIT_GATE(1), CLOSE};
    const struct linger at_once = {.l_onoff = 1};
    test_server *server = play(steps);
    int first = dial(server), second = dial(server);
    (void)state;

    assert_true(server_wait_for(server, SERVER_AT_GATE, 2));
    close(first);
    assert_true(server_wait_for(server, SERVER_PEER_CLOSED, 1));
    assert_true(server_connection_at(server, 0).peer_closed);
    assert_false(server_connection_at(server, 0).peer_reset);
    assert_true(server_connection_at(server, 0).open);
    assert_false(server_connection_at(server, 1).peer_closed);
    setsockopt(second, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(second);

    assert_true(server_wait_for(server, SERVER_PEER_CLOSED, 2));
    assert_true(server_connection_at(server, 1).peer_reset);
    assert_false(server_connection_at(server, 1).open);
    server_stop(server);
}

static void all_connections_can_be_closed(void **state)
{
    test_server *server = server_start(NULL);
    int first = dial(server), second = dial(server);
    (void)state;

    assert_true(server_wait_for(server, SERVER_ACCEPTED, 2));
    server_close_connections(server);

    assert_int_equal(server_count(server, SERVER_OPEN), 0);
    assert_int_equal(server_count(server, SERVER_MOST_OPEN), 2);
    expect_end(first);
    expect_end(second);
    close(first);
    close(second);
    server_stop(server);
}

static size_t open_files(void)
{
    DIR *folder = opendir("/proc/self/fd");
    size_t count = 0;

    assert_non_null(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

static void a_stopped_server_leaves_no_file_open(void **state)
{
    static const server_step steps[] = {SEND_FOREVER("x"), CLOSE};
    size_t before = open_files();
    test_server *server = play(steps);
    test_server *hole = server_start(&(server_script){.black_hole = true});
    int fd = dial(server);
    (void)state;

    assert_true(server_wait_for(server, SERVER_BLOCKED, 1));
    server_stop(server);
    server_stop(hole);

    close(fd);
    assert_int_equal(open_files(), before);
}

/* --- Threads --- */

static void *wait_and_open(void *arg)
{
    test_server *server = arg;
    bool came = server_wait_for(server, SERVER_ACCEPTED, 20);

    server_open_gate(server, 0);
    return came && server_wait_for(server, SERVER_CLOSED, 20) ? server : NULL;
}

static void several_threads_can_steer_and_look(void **state)
{
    static const server_step steps[] = {WAIT_GATE(0), CLOSE};
    test_server *server = play(steps);
    pthread_t threads[4];
    int fds[20];
    void *result;
    (void)state;

    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, wait_and_open, server), 0);
    for (size_t i = 0; i < COUNT_OF(fds); i++)
        fds[i] = dial(server);

    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_ptr_equal(result, server);
    }
    for (size_t i = 0; i < COUNT_OF(fds); i++)
        close(fds[i]);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_is_played_step_by_step),
        cmocka_unit_test(each_connection_has_its_own_table),
        cmocka_unit_test(a_table_can_start_again),
        cmocka_unit_test(a_table_can_leave_the_rest_to_the_handler),
        cmocka_unit_test(a_gate_holds_a_connection_until_it_opens),
        cmocka_unit_test(a_reset_is_a_reset),
        cmocka_unit_test(a_half_closed_connection_reads_on),
        cmocka_unit_test(an_echo_sends_back_what_it_reads),
        cmocka_unit_test(a_peer_that_does_not_read_blocks_the_server),
        cmocka_unit_test(a_server_that_stops_reading_blocks_its_peer),
        cmocka_unit_test(a_request_is_recorded_as_it_was_sent),
        cmocka_unit_test(a_chunked_body_is_decoded_at_any_cut),
        cmocka_unit_test(a_head_can_be_answered_before_its_body),
        cmocka_unit_test(raw_bytes_are_recorded_as_a_head),
        cmocka_unit_test(a_long_body_is_counted_to_its_end),
        cmocka_unit_test(what_is_no_request_counts_as_broken),
        cmocka_unit_test(a_request_that_is_cut_short_counts_as_broken),
        cmocka_unit_test(the_peer_is_seen_to_close_while_the_server_waits),
        cmocka_unit_test(all_connections_can_be_closed),
        cmocka_unit_test(a_stopped_server_leaves_no_file_open),
        cmocka_unit_test(several_threads_can_steer_and_look),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
