/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CLIENT_FAILING_CALLS_H
#define TESTS_CLIENT_FAILING_CALLS_H
/* System calls, of which the nth can be made to fail: those of the test's thread, and those on
   files of any, for libuv's threads read them.  A program that includes this has these functions
   instead of the C library's; some are visible, so that a shared libuv finds them.

   Left out is what cannot fail in earnest (close), what libuv ends the program for (epoll_wait, and
   epoll_ctl but for its trial of a descriptor), and eventfd, after which libuv forgets to close the
   descriptor of a loop that it could not make. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define REPLACES_THE_SYSTEMS __attribute__((visibility("default")))

static struct calls {
    atomic_bool counts;
    atomic_size_t made;
    size_t failing; /* number of the one that fails */
    const char *_Atomic failed;
} calls;

static __thread bool is_thread_of_test;

static inline void fail_call(size_t number)
{
    is_thread_of_test = true;
    calls.failing = number;
    calls.made = 0;
    calls.failed = NULL;
    calls.counts = true;
}

static inline void fail_no_call(void)
{
    calls.counts = false;
}

static inline bool must_fail_anywhere(const char *name, int error)
{
    if (!calls.counts || atomic_fetch_add(&calls.made, 1) + 1 != calls.failing)
        return false;
    calls.failed = name;
    errno = error;
    return true;
}

static inline bool must_fail(const char *name, int error)
{
    return is_thread_of_test && must_fail_anywhere(name, error);
}

/* ---- Sockets ---- */

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

ssize_t recvfrom(int fd, void *restrict buf, size_t cap, int flags,
                 struct sockaddr *restrict address, socklen_t *restrict len)
{
    if (must_fail("recvfrom", ECONNREFUSED))
        return -1;
    return (ssize_t)syscall(SYS_recvfrom, fd, buf, cap, flags, address, len);
}

ssize_t send(int fd, const void *bytes, size_t len, int flags)
{
    if (must_fail("send", EPIPE))
        return -1;
    return (ssize_t)syscall(SYS_sendto, fd, bytes, len, flags, NULL, 0);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    if (must_fail("sendmsg", EPIPE))
        return -1;
    return (ssize_t)syscall(SYS_sendmsg, fd, message, flags);
}

/* No command of the library's has a pointer behind it. */
int fcntl(int fd, int command, ...)
{
    va_list arguments;

    va_start(arguments, command);
    long argument = va_arg(arguments, long);
    va_end(arguments);
    if (must_fail("fcntl", EBADF))
        return -1;
    return (int)syscall(SYS_fcntl, fd, command, argument);
}

/* ---- Of libuv ---- */

REPLACES_THE_SYSTEMS int ioctl(int fd, unsigned long request, ...)
{
    va_list arguments;

    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    if (request == FIONBIO && must_fail("ioctl", EBADF))
        return -1;
    return (int)syscall(SYS_ioctl, fd, request, argument);
}

/* libuv tries whether a descriptor can be watched with none in the event. */
REPLACES_THE_SYSTEMS int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
    if (operation == EPOLL_CTL_ADD && event->data.fd == -1 && must_fail("epoll_ctl", ENOSPC))
        return -1;
    return (int)syscall(SYS_epoll_ctl, epoll, operation, fd, event);
}

REPLACES_THE_SYSTEMS int epoll_create1(int flags)
{
    if (must_fail("epoll_create1", EMFILE))
        return -1;
    return (int)syscall(SYS_epoll_create1, flags);
}

/* ---- Files, and chance ---- */

int open(const char *path, int flags, ...)
{
    va_list arguments;

    va_start(arguments, flags);
    int mode = flags & O_CREAT ? va_arg(arguments, int) : 0;
    va_end(arguments);
    if (must_fail_anywhere("open", EMFILE))
        return -1;
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int fstat(int fd, struct stat *facts)
{
    if (must_fail_anywhere("fstat", EIO))
        return -1;
    return (int)syscall(SYS_newfstatat, fd, "", facts, AT_EMPTY_PATH);
}

ssize_t pread(int fd, void *buf, size_t cap, off_t offset)
{
    if (must_fail_anywhere("pread", EIO))
        return -1;
    return (ssize_t)syscall(SYS_pread64, fd, buf, cap, offset);
}

int getentropy(void *buf, size_t len)
{
    if (must_fail("getentropy", EIO))
        return -1;
    return syscall(SYS_getrandom, buf, len, 0) == (long)len ? 0 : -1;
}

#endif
