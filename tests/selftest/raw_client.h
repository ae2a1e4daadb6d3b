/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SELFTEST_RAW_CLIENT_H
#define TESTS_SELFTEST_RAW_CLIENT_H
/* Blocking sockets for the tests of the test server.  A read gives up after ten seconds, and the
   test then fails on what has come. */
#include "support/check.h"
#include "support/server.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"

static inline struct sockaddr_in address_of(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static inline int dial_address(const void *address, socklen_t len)
{
    const struct timeval patience = {.tv_sec = 10};
    sa_family_t family = ((const struct sockaddr *)address)->sa_family;
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    assert_int_equal(connect(fd, address, len), 0);
    return fd;
}

static inline int dial(test_server *server)
{
    struct sockaddr_in address = address_of(server_port(server));
    const int on = 1;
    int fd = dial_address(&address, sizeof address);

    assert_int_equal(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), 0);
    return fd;
}

static inline void put_bytes(int fd, const void *bytes, size_t len)
{
    assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), len);
}

static inline void put(int fd, const char *text)
{
    put_bytes(fd, text, strlen(text));
}

/* Reads until len bytes have come or the server has closed; returns how many there are. */
static inline size_t take(int fd, char *into, size_t len)
{
    size_t got = 0;
    ssize_t n;

    while (got < len && (n = recv(fd, into + got, len - got, 0)) > 0)
        got += (size_t)n;
    return got;
}

/* The next bytes are exactly these. */
static inline void expect(int fd, const char *text)
{
    size_t len = strlen(text), got;
    char *came = malloc(len + 1);

    assert_non_null(came);
    got = take(fd, came, len);
    came[got] = '\0';
    assert_string_equal(came, text);
    free(came);
}

/* The next bytes are len bytes of the alphabet. */
static inline void expect_pattern(int fd, size_t len)
{
    char *came = malloc(len);
    size_t right = 0;

    assert_non_null(came);
    assert_int_equal(take(fd, came, len), len);
    while (right < len && came[right] == SERVER_ALPHABET[right % 26])
        right++;
    free(came);
    assert_int_equal(right, len);
}

static inline void expect_end(int fd)
{
    char byte;

    assert_int_equal(recv(fd, &byte, 1, 0), 0);
}

#endif
