/* SPDX-License-Identifier: MIT */
#include "raw_client.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>

#define OK "HTTP/1.1 200 OK\r\n"

/* One server for all tests that only ask its routes. */
static test_server *routes;

static int start_routes(void **state)
{
    (void)state;
    routes = server_start(NULL);
    return 0;
}

static int stop_routes(void **state)
{
    (void)state;
    server_stop(routes);
    return 0;
}

static void an_answer_is_exactly_what_the_manual_says(void **state)
{
    static const struct {
        const char *request, *answer;
        bool ends;
    } cases[] = {
        {GET("/ok"), OK "Content-Length: 2\r\n\r\nok", false},
        {GET("/ok?q"), OK "Content-Length: 2\r\n\r\nok", false},
        {GET("http://elsewhere/ok"), OK "Content-Length: 2\r\n\r\nok", false},
        {"HEAD /ok HTTP/1.1\r\n\r\n", OK "Content-Length: 2\r\n\r\n", false},
        {GET("/bytes/28"), OK "Content-Length: 28\r\n\r\n" SERVER_ALPHABET "ab", false},
        {GET("/bytes/0"), OK "Content-Length: 0\r\n\r\n", false},
        {"HEAD /bytes/28 HTTP/1.1\r\n\r\n", OK "Content-Length: 28\r\n\r\n", false},
        {GET("/chunked/3"), OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", false},
        {GET("/chunked/0"), OK "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", false},
        {"HEAD /chunked/3 HTTP/1.1\r\n\r\n", OK "Transfer-Encoding: chunked\r\n\r\n", false},
        {GET("/until-close/4"), OK "Connection: close\r\n\r\nabcd", true},
        {"PUT /echo HTTP/1.1\r\nContent-Length: 3\r\n\r\nxyz",
         OK "Content-Length: 44\r\n\r\nPUT /echo HTTP/1.1\r\nContent-Length: 3\r\n\r\nxyz", false},
        {GET("/status/503"), "HTTP/1.1 503 Status 503\r\nContent-Length: 10\r\n\r\nstatus 503",
         false},
        {GET("/status/204"), "HTTP/1.1 204 Status 204\r\n\r\n", false},
        {GET("/redirect/307/ok?a=b"),
         "HTTP/1.1 307 Status 307\r\nLocation: /ok?a=b\r\nContent-Length: 0\r\n\r\n", false},
        {GET("/close"),
         "HTTP/1.1 200 Status 200\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbye", true},
        {GET("/drop"), "", true},
        {GET("/okay"), "HTTP/1.1 404 Status 404\r\nContent-Length: 13\r\n\r\nno such route", false},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int fd = dial(routes);

        put(fd, cases[i].request);
        expect(fd, cases[i].answer);
        if (!cases[i].ends) {
            put(fd, GET("/ok"));
            expect(fd, OK "Content-Length: 2\r\n\r\nok");
        } else {
            expect_end(fd);
        }
        close(fd);
    }
}

static void a_reset_route_resets(void **state)
{
    char byte;
    int fd = dial(routes);
    (void)state;

    put(fd, GET("/reset"));

    assert_int_equal(recv(fd, &byte, 1, 0), -1);
    assert_int_equal(errno, ECONNRESET);
    close(fd);
}

static void a_large_body_is_the_alphabet_to_its_end(void **state)
{
    int fd = dial(routes);
    (void)state;

    put(fd, GET("/bytes/20000003"));
    expect(fd, OK "Content-Length: 20000003\r\n\r\n");
    expect_pattern(fd, 20000003);

    put(fd, GET("/ok"));
    expect(fd, OK "Content-Length: 2\r\n\r\nok");
    close(fd);
}

static void a_large_chunked_body_is_the_alphabet_in_chunks(void **state)
{
    int fd = dial(routes);
    (void)state;

    put(fd, GET("/chunked/1040007"));
    expect(fd, OK "Transfer-Encoding: chunked\r\n\r\n");
    for (size_t i = 0; i < 1000; i++) {
        expect(fd, "410\r\n");
        expect_pattern(fd, 1040);
        expect(fd, "\r\n");
    }
    expect(fd, "7\r\nabcdefg\r\n0\r\n\r\n");
    close(fd);
}

static void a_gate_route_answers_when_its_gate_opens(void **state)
{
    test_server *server = server_start(NULL);
    int first = dial(server), second = dial(server);
    (void)state;

    put(first, GET("/gate/1"));
    put(second, GET("/gate/2"));
    assert_true(server_wait_for(server, SERVER_AT_GATE, 2));
    server_open_gate(server, 2);
    expect(second, "HTTP/1.1 200 Status 200\r\nContent-Length: 6\r\n\r\ngate 2");
    assert_int_equal(server_count(server, SERVER_AT_GATE), 1);
    server_open_gate(server, 1);

    expect(first, "HTTP/1.1 200 Status 200\r\nContent-Length: 6\r\n\r\ngate 1");
    close(first);
    close(second);
    server_stop(server);
}

static void an_expectation_is_met_before_the_body(void **state)
{
    int fd = dial(routes);
    (void)state;

    put(fd, "POST /ok HTTP/1.1\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n");
    expect(fd, "HTTP/1.1 100 Continue\r\n\r\n");
    put(fd, "x");

    expect(fd, OK "Content-Length: 2\r\n\r\nok");
    close(fd);
}

static void greet(server_connection *connection, const server_request *request, void *ctx)
{
    int *greeted = ctx;

    if (strcmp(request->target, "/hello") != 0) {
        server_routes(connection, request, NULL);
        return;
    }
    server_sendf(connection, "HTTP/1.1 200 Hi\r\nContent-Length: 1\r\n\r\n%d", ++*greeted);
    server_send(connection, "\0", 1);
    server_do(connection, SEND_SLOWLY("slow"));
    server_do(connection, HOLD);
}

static void a_handler_can_answer_some_targets_only(void **state)
{
    int greeted = 0;
    test_server *server = server_start(&(server_script){.handler = greet, .ctx = &greeted});
    char came[6];
    int fd = dial(server);
    (void)state;

    put(fd, GET("/bytes/1") GET("/hello"));
    expect(fd, OK "Content-Length: 1\r\n\r\na");
    expect(fd, "HTTP/1.1 200 Hi\r\nContent-Length: 1\r\n\r\n1");
    assert_int_equal(take(fd, came, 5), 5);

    assert_memory_equal(came, "\0slow", 5);
    close(fd);
    assert_true(server_wait_for(server, SERVER_CLOSED, 1));
    server_stop(server);
    assert_int_equal(greeted, 1);
}

static void hundreds_of_connections_are_open_at_the_same_time(void **state)
{
    test_server *server = server_start(NULL);
    int fds[300];
    (void)state;

    for (size_t i = 0; i < COUNT_OF(fds); i++) {
        fds[i] = dial(server);
        put(fds[i], GET("/gate/5"));
    }
    assert_true(server_wait_for(server, SERVER_AT_GATE, COUNT_OF(fds)));
    server_open_gate(server, 5);
    for (size_t i = 0; i < COUNT_OF(fds); i++) {
        expect(fds[i], "HTTP/1.1 200 Status 200\r\nContent-Length: 6\r\n\r\ngate 5");
        close(fds[i]);
    }

    assert_true(server_wait_for(server, SERVER_CLOSED, COUNT_OF(fds)));
    assert_int_equal(server_count(server, SERVER_MOST_OPEN), COUNT_OF(fds));
    assert_int_equal(server_count(server, SERVER_REQUESTS), COUNT_OF(fds));
    server_stop(server);
}

/* --- Where a server can listen --- */

static void a_server_has_a_url(void **state)
{
    char expected[64];
    (void)state;

    snprintf(expected, sizeof expected, "http://127.0.0.1:%u/ok", (unsigned)server_port(routes));

    assert_string_equal(server_url(routes, "/ok"), expected);
}

static void two_families_can_share_a_port(void **state)
{
    test_server *server =
        server_start(&(server_script){.family = SERVER_IPV6, .port = server_port(routes)});
    struct sockaddr_in6 address = {.sin6_family = AF_INET6,
                                   .sin6_port = htons(server_port(routes)),
                                   .sin6_addr = in6addr_loopback};
    int fd = dial_address(&address, sizeof address);
    char expected[64];
    (void)state;

    put(fd, GET("/ok"));
    expect(fd, OK "Content-Length: 2\r\n\r\nok");

    assert_int_equal(server_count(server, SERVER_REQUESTS), 1);
    snprintf(expected, sizeof expected, "http://[::1]:%u", (unsigned)server_port(server));
    assert_string_equal(server_url(server, ""), expected);
    close(fd);
    server_stop(server);
}

static void a_unix_socket_serves_too(void **state)
{
    static const server_family families[] = {SERVER_UNIX, SERVER_ABSTRACT};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(families); i++) {
        test_server *server = server_start(&(server_script){.family = families[i]});
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        size_t len = strlen(server_socket_path(server));
        char path[108];
        int fd;

        memcpy(path, server_socket_path(server), len + 1);
        memcpy(address.sun_path, path, len);
        if (path[0] == '@')
            address.sun_path[0] = '\0';
        fd = dial_address(&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
        put(fd, GET("/ok"));
        expect(fd, OK "Content-Length: 2\r\n\r\nok");

        assert_string_equal(server_url(server, "/ok"), "http://localhost/ok");
        assert_int_equal(access(path, F_OK), path[0] == '@' ? -1 : 0);
        close(fd);
        server_stop(server);
        assert_int_equal(access(path, F_OK), -1);
    }
}

/* 0, or why a connection to that port was not made within 50 ms. */
static int dial_briefly(uint16_t port)
{
    struct sockaddr_in address = address_of(port);
    struct pollfd fd = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), .events = POLLOUT};
    int error = connect(fd.fd, (const struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;
    socklen_t len = sizeof error;

    if (error == EINPROGRESS && poll(&fd, 1, 50) == 1)
        getsockopt(fd.fd, SOL_SOCKET, SO_ERROR, &error, &len);
    close(fd.fd);
    return error;
}

static void a_black_hole_answers_nobody(void **state)
{
    test_server *server = server_start(&(server_script){.black_hole = true});
    (void)state;

    assert_int_equal(dial_briefly(server_port(server)), EINPROGRESS);
    assert_int_equal(dial_briefly(server_port(server)), EINPROGRESS);

    assert_int_equal(dial_briefly(server_port(routes)), 0);
    server_stop(server);
}

static void a_refused_port_refuses(void **state)
{
    (void)state;

    assert_int_equal(dial_briefly(server_refused_port()), ECONNREFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_exactly_what_the_manual_says),
        cmocka_unit_test(a_reset_route_resets),
        cmocka_unit_test(a_large_body_is_the_alphabet_to_its_end),
        cmocka_unit_test(a_large_chunked_body_is_the_alphabet_in_chunks),
        cmocka_unit_test(a_gate_route_answers_when_its_gate_opens),
        cmocka_unit_test(an_expectation_is_met_before_the_body),
        cmocka_unit_test(a_handler_can_answer_some_targets_only),
        cmocka_unit_test(hundreds_of_connections_are_open_at_the_same_time),
        cmocka_unit_test(a_server_has_a_url),
        cmocka_unit_test(two_families_can_share_a_port),
        cmocka_unit_test(a_unix_socket_serves_too),
        cmocka_unit_test(a_black_hole_answers_nobody),
        cmocka_unit_test(a_refused_port_refuses),
    };

    return cmocka_run_group_tests(tests, start_routes, stop_routes);
}
