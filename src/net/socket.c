/* SPDX-License-Identifier: MIT */
#include "net/socket.h"
#include "dns/address.h"
#include "loop/poll.h"
#include "net/peer.h"
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* such systems have SO_NOSIGPIPE instead */
#endif

/* How many parts one sendmsg takes. */
enum { PARTS_PER_CALL = 64 };

/* What each readiness touches lies together, behind what libuv touches of its handle. */
typedef struct stream_socket {
    ah_poll poll;
    ah_transport transport;
    int fd;
    int failure;           /* negative errno of the last read or write that failed */
    const char *failed_at; /* "read from" or "write to" */
    char peer[];
} stream_socket;

static stream_socket *of(ah_transport *transport)
{
    return AH_CONTAINER(transport, stream_socket, transport);
}

/* What the errno of a call that moved nothing means. */
static ptrdiff_t stopped(stream_socket *self, const char *failed_at)
{
    if (errno == EAGAIN || errno == EWOULDBLOCK)
        return AH_IO_AGAIN;
    self->failure = -errno;
    self->failed_at = failed_at;
    return AH_IO_FAILED;
}

static ptrdiff_t socket_read(ah_transport *transport, char *buf, size_t cap)
{
    stream_socket *self = of(transport);
    ssize_t count;

    do
        count = recv(self->fd, buf, cap, 0);
    while (count < 0 && errno == EINTR);
    return count < 0 ? stopped(self, "read from") : count;
}

/* One call for at most PARTS_PER_CALL parts; *offered becomes how many bytes they have. */
static ssize_t send_some(int fd, const ah_str *parts, size_t count, size_t *offered)
{
    struct iovec iov[PARTS_PER_CALL];
    struct msghdr message = {.msg_iov = iov, .msg_iovlen = count};
    ssize_t sent;

    *offered = 0;
    for (size_t i = 0; i < count; i++) {
        iov[i] = (struct iovec){(void *)(uintptr_t)parts[i].ptr, parts[i].len};
        *offered += parts[i].len;
    }
    do
        sent = sendmsg(fd, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent;
}

/* What sendmsg costs the kernel more than send is worth avoiding. */
static ptrdiff_t write_one(stream_socket *self, ah_str part)
{
    ssize_t sent;

    do
        sent = send(self->fd, part.ptr, part.len, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? stopped(self, "write to") : sent;
}

static AH_APART ptrdiff_t write_parts(stream_socket *self, const ah_str *parts, size_t count)
{
    ptrdiff_t total = 0;

    for (size_t first = 0; first < count; first += PARTS_PER_CALL) {
        size_t batch = count - first < PARTS_PER_CALL ? count - first : PARTS_PER_CALL;
        size_t offered;
        ssize_t sent = send_some(self->fd, parts + first, batch, &offered);
        if (sent < 0)
            return total > 0 ? total : stopped(self, "write to");
        total += sent;
        if ((size_t)sent < offered)
            break;
    }
    return total;
}

static ptrdiff_t socket_write(ah_transport *transport, const ah_str *parts, size_t count)
{
    stream_socket *self = of(transport);

    return AH_LIKELY(count == 1) ? write_one(self, parts[0]) : write_parts(self, parts, count);
}

static void socket_want(ah_transport *transport, unsigned events)
{
    stream_socket *self = of(transport);

    self->poll.owner = transport->ctx;
    if (self->poll.events != events)
        ah_poll_set(&self->poll, events);
}

static ahttp_error *socket_failure(ah_transport *transport)
{
    stream_socket *self = of(transport);

    return ah_error_system(AHTTP_E_DISCONNECTED, self->failure, "%s %s", self->failed_at,
                           self->peer);
}

static void socket_set_background(ah_transport *transport, bool background)
{
    ah_poll_set_background(&of(transport)->poll, background);
}

static void poll_closed(ah_poll *poll)
{
    ah_free(AH_CONTAINER(poll, stream_socket, poll));
}

static void socket_close(ah_transport *transport)
{
    stream_socket *self = of(transport);

    ah_poll_close(&self->poll, poll_closed);
    close(self->fd);
}

static const char *socket_peer(ah_transport *transport)
{
    return of(transport)->peer;
}

static void socket_facts(ah_transport *transport, ah_peer_facts *facts)
{
    stream_socket *self = of(transport);
    ah_address local = {.any.sa_family = AF_UNSPEC};
    socklen_t len = sizeof local;

    facts->address = self->peer;
    if (getsockname(self->fd, &local.any, &len) == 0 &&
        (local.any.sa_family == AF_INET || local.any.sa_family == AF_INET6))
        ah_address_format(&local, facts->local_address);
}

static const ah_transport_ops socket_ops = {
    .read = socket_read,
    .write = socket_write,
    .want = socket_want,
    .failure = socket_failure,
    .set_background = socket_set_background,
    .close = socket_close,
    .peer = socket_peer,
    .facts = socket_facts,
};

static void poll_ready(ah_poll *poll, unsigned events)
{
    stream_socket *self = AH_CONTAINER(poll, stream_socket, poll);

    self->transport.ready(self->transport.ctx, events);
}

static void poll_ahead(ah_poll *poll)
{
    const stream_socket *self = AH_CONTAINER(poll, stream_socket, poll);

    ah_transport_look_ahead(&self->transport);
}

/* Options that only TCP knows may fail on other sockets. */
static void prepare(int fd)
{
    int on = 1;

    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
#ifdef SO_NOSIGPIPE
    (void)setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
}

static ah_transport *give_up(int fd, stream_socket *self, ahttp_error *why, ahttp_error **error)
{
    close(fd);
    ah_free(self);
    *error = why;
    return NULL;
}

ah_transport *ah_socket_open(ahttp_loop *loop, int fd, const char *peer, ahttp_error **error)
{
    size_t peer_size = strlen(peer) + 1;
    stream_socket *self = ah_alloc_zeroed(sizeof *self + peer_size);

    if (!self)
        return give_up(fd, self, ah_error_no_memory(), error);
    prepare(fd);
    int failure = ah_poll_open(loop, &self->poll, fd, poll_ready);
    if (failure < 0) {
        ahttp_error *why = ah_error_system(AHTTP_E_SYSTEM, failure, "watch socket to %s", peer);
        return give_up(fd, self, why, error);
    }
    self->transport.ops = &socket_ops;
    self->fd = fd;
    self->poll.ahead = poll_ahead;
    memcpy(self->peer, peer, peer_size);
    return &self->transport;
}
