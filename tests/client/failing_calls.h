/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CLIENT_FAILING_CALLS_H
#define TESTS_CLIENT_FAILING_CALLS_H
/* System calls of this thread on sockets, of which the nth can be made to fail.  A program that
   includes this has these functions instead of the C library's. */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static __thread struct calls {
    bool counts;
    size_t made;
    size_t failing; /* number of the one that fails; 0: none */
    const char *failed;
} calls;

static inline void fail_call(size_t number)
{
    calls = (struct calls){.counts = true, .failing = number};
}

static inline void fail_no_call(void)
{
    calls.counts = false;
}

static inline bool must_fail(const char *name, int error)
{
    if (!calls.counts || ++calls.made != calls.failing)
        return false;
    calls.failed = name;
    errno = error;
    return true;
}

int socket(int family, int type, int protocol)
{
    if (must_fail("socket", EMFILE))
        return -1;
    return (int)syscall(SYS_socket, family, type, protocol);
}

int connect(int fd, const struct sockaddr *address, socklen_t len)
{
    if (must_fail("connect", ENETUNREACH))
        return -1;
    return (int)syscall(SYS_connect, fd, address, len);
}

int getsockopt(int fd, int level, int name, void *restrict value, socklen_t *restrict len)
{
    if (must_fail("getsockopt", ENOBUFS))
        return -1;
    return (int)syscall(SYS_getsockopt, fd, level, name, value, len);
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
    if (must_fail("setsockopt", ENOBUFS))
        return -1;
    return (int)syscall(SYS_setsockopt, fd, level, name, value, len);
}

int getsockname(int fd, struct sockaddr *restrict address, socklen_t *restrict len)
{
    if (must_fail("getsockname", ENOBUFS))
        return -1;
    return (int)syscall(SYS_getsockname, fd, address, len);
}

ssize_t recv(int fd, void *buf, size_t cap, int flags)
{
    if (must_fail("recv", ECONNRESET))
        return -1;
    return (ssize_t)syscall(SYS_recvfrom, fd, buf, cap, flags, NULL, NULL);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    if (must_fail("sendmsg", EPIPE))
        return -1;
    return (ssize_t)syscall(SYS_sendmsg, fd, message, flags);
}

#endif
