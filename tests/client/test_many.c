/* SPDX-License-Identifier: MIT */
/* Ten thousand connections to as many origins: addresses of the loopback, served by a process of
   its own, since each process may have just so many descriptors. */
#include "support/check.h"

#include "support/instructions.h"
#include <ahttp.h>
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MANY = 10000, FEW = 100, BATCH = 100, SPARE_FDS = 100 };

/* ---- The server ---- */

static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

static void serve_one(int epoll, int listener, int fd)
{
    char request[2048];

    if (fd == listener) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = accept(listener, NULL, NULL)};
        epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event);
    } else if (read(fd, request, sizeof request) <= 0) {
        close(fd);
    } else if (write(fd, answer, sizeof answer - 1) < 0) {
        _exit(1);
    }
}

static _Noreturn void serve(int listener)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
    int epoll = epoll_create1(0);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    while (epoll_wait(epoll, &event, 1, -1) >= 0)
        serve_one(epoll, listener, event.data.fd);
    _exit(1);
}

static int listen_on_all(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(fd, 4096), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static pid_t start_server(uint16_t *port)
{
    int listener = listen_on_all(port);
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0)
        serve(listener);
    close(listener);
    return child;
}

/* ---- Memory ---- */

static size_t bytes_live;

/* Each block has its size in front. */
enum { HEADER = 16 };

static void *with_header(void *block, size_t size)
{
    if (!block)
        return NULL;
    memcpy(block, &size, sizeof size);
    bytes_live += size;
    return (char *)block + HEADER;
}

/* The whole block, of which nothing is counted any more. */
static void *whole_of(void *inner)
{
    char *block = inner ? (char *)inner - HEADER : NULL;
    size_t size = 0;

    if (block)
        memcpy(&size, block, sizeof size);
    bytes_live -= size;
    return block;
}

static void *allocate(size_t size, void *ctx)
{
    (void)ctx;
    return with_header(malloc(HEADER + size), size);
}

static void *reallocate(void *old, size_t size, void *ctx)
{
    (void)ctx;
    return with_header(realloc(whole_of(old), HEADER + size), size);
}

static void deallocate(void *block, void *ctx)
{
    (void)ctx;
    free(whole_of(block));
}

static const ahttp_allocator measuring = {allocate, reallocate, deallocate, NULL};

/* ---- Requests ---- */

static ahttp_session *session;
static uint16_t port;

static ahttp_future *get(int origin)
{
    char url[64];

    snprintf(url, sizeof url, "http://127.100.%d.%d:%u/", 100 + origin / 150, 100 + origin % 150,
             port);
    return ahttp_get(session, url);
}

static void take(ahttp_future *request)
{
    ahttp_response *response = ahttp_await(request);

    if (!response)
        fail_msg("%s", ahttp_task_error()->message);
    assert_non_null(ahttp_await(ahttp_response_read(response)));
    ahttp_response_unref(response);
}

/* One request to each of these origins. */
static void visit(int first, int count)
{
    ahttp_future *requests[BATCH];

    for (int at = first; at < first + count; at += BATCH) {
        for (int i = 0; i < BATCH; i++)
            requests[i] = get(at + i);
        for (int i = 0; i < BATCH; i++)
            take(requests[i]);
    }
}

/* What a request costs that uses a kept connection, going round so many of them. */
static double cost_of_request(int origins)
{
    uint64_t before = cost_so_far();

    for (int visited = 0; visited < MANY; visited += origins)
        visit(0, origins);
    return (double)(cost_so_far() - before) / MANY;
}

static ahttp_connector_stats stats_now(void)
{
    ahttp_connector_stats stats = {.size = sizeof stats};

    ahttp_connector_get_stats(ahttp_session_connector(session), &stats);
    return stats;
}

static void allow_descriptors(void)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_cur < MANY + SPARE_FDS)
        fail_msg("a process may have %llu descriptors here: allow %d",
                 (unsigned long long)limit.rlim_cur, MANY + SPARE_FDS);
}

static void many_connections_cost_little_memory_and_make_no_request_dearer(void **state)
{
    (void)state;
    allow_descriptors();
    pid_t server = start_server(&port);
    ahttp_set_allocator(&measuring);
    ahttp_loop *loop = ahttp_loop_new(.virtual_clock = true);
    ahttp_connector *connector =
        ahttp_connector_new(.limit = AHTTP_UNLIMITED, .keepalive_ms = AHTTP_NEVER);
    session = ahttp_session_new(.connector = connector);

    visit(0, FEW);
    visit(0, FEW);
    double few = cost_of_request(FEW);
    size_t before = bytes_live;
    visit(FEW, MANY - FEW);
    double per_connection = (double)(bytes_live - before) / (MANY - FEW);
    assert_int_equal(stats_now().idle, MANY);
    assert_int_equal(stats_now().opened, MANY);
    double many = cost_of_request(MANY);
    assert_int_equal(stats_now().opened, MANY);

    print_message(
        "%.0f %s a request with %d connections, %.0f with %d; %.0f bytes for an idle one\n", few,
        cost_is_exact() ? "instructions" : "ns", FEW, many, MANY, per_connection);
    assert_true(per_connection <= 1024);
    if (cost_is_exact()) /* time proves nothing; tests/pool/test_steps.c counts on every machine */
        assert_true(many < few * 1.3);

    ahttp_session_unref(session);
    ahttp_connector_unref(connector);
    assert_int_equal(ahttp_loop_close(loop), 0);
    assert_int_equal(bytes_live, 0);
    ahttp_set_allocator(NULL);
    kill(server, SIGKILL);
    assert_int_equal(waitpid(server, NULL, 0), server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_connections_cost_little_memory_and_make_no_request_dearer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
