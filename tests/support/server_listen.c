/* SPDX-License-Identifier: MIT */
#include "support/server_internal.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

typedef union server_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_un path;
} server_address;

static socklen_t loopback(server_address *address, bool v6, uint16_t port)
{
    memset(address, 0, sizeof *address);
    if (v6) {
        address->v6.sin6_family = AF_INET6;
        address->v6.sin6_addr = in6addr_loopback;
        address->v6.sin6_port = htons(port);
        return sizeof address->v6;
    }
    address->v4.sin_family = AF_INET;
    address->v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address->v4.sin_port = htons(port);
    return sizeof address->v4;
}

static socklen_t unix_address(test_server *server, server_address *address)
{
    size_t len;

    strcpy(server->folder, "/tmp/test_server_XXXXXX");
    if (!mkdtemp(server->folder))
        server_die("make a folder for the socket");
    snprintf(server->path, sizeof server->path, "%s/socket", server->folder);
    if (server->script.family == SERVER_ABSTRACT) {
        rmdir(server->folder);
        server->path[0] = '@';
        server->folder[0] = '\0';
    }

    memset(address, 0, sizeof *address);
    address->path.sun_family = AF_UNIX;
    len = strlen(server->path);
    memcpy(address->path.sun_path, server->path, len);
    if (server->path[0] != '@')
        return sizeof address->path;
    address->path.sun_path[0] = '\0';
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

static uint16_t bound_port(int fd)
{
    server_address address;
    socklen_t len = sizeof address;

    if (getsockname(fd, &address.any, &len) < 0)
        server_die("ask for the port");
    if (address.any.sa_family == AF_INET)
        return ntohs(address.v4.sin_port);
    return address.any.sa_family == AF_INET6 ? ntohs(address.v6.sin6_port) : 0;
}

/* Linux keeps one connection more than the backlog says, and drops the SYNs of all others. */
static void fill_backlog(test_server *server, const server_address *address, socklen_t len)
{
    struct pollfd connecting = {.events = POLLOUT};

    while (server->filler_count < sizeof server->fillers / sizeof *server->fillers) {
        connecting.fd =
            socket(address->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (connecting.fd < 0)
            server_die("open a socket");
        server->fillers[server->filler_count++] = connecting.fd;
        if (connect(connecting.fd, &address->any, len) == 0)
            continue;
        if (errno != EINPROGRESS)
            server_die("fill the backlog");
        if (poll(&connecting, 1, 20) == 0)
            return;
    }
    server_die("fill the backlog");
}

static void set_option(int fd, int level, int option, int value)
{
    if (setsockopt(fd, level, option, &value, sizeof value) < 0)
        server_die("set a socket option");
}

void server_listen(test_server *server)
{
    const server_script *script = &server->script;
    server_address address;
    socklen_t len;

    if (script->family == SERVER_UNIX || script->family == SERVER_ABSTRACT)
        len = unix_address(server, &address);
    else
        len = loopback(&address, script->family == SERVER_IPV6, script->port);

    server->listener = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (server->listener < 0)
        server_die("open a socket");
    set_option(server->listener, SOL_SOCKET, SO_REUSEADDR, 1);
    if (script->family == SERVER_IPV6)
        set_option(server->listener, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    if (script->send_buffer)
        set_option(server->listener, SOL_SOCKET, SO_SNDBUF, script->send_buffer);
    if (script->receive_buffer)
        set_option(server->listener, SOL_SOCKET, SO_RCVBUF, script->receive_buffer);
    if (bind(server->listener, &address.any, len) < 0)
        server_die("bind");
    if (listen(server->listener, script->black_hole ? 0 : 1024) < 0)
        server_die("listen");
    server->port = bound_port(server->listener);

    if (!script->black_hole)
        return;
    len = loopback(&address, script->family == SERVER_IPV6, server->port);
    fill_backlog(server, &address, len);
}

void server_listen_end(test_server *server)
{
    close(server->listener);
    for (size_t i = 0; i < server->filler_count; i++)
        close(server->fillers[i]);
    if (server->folder[0]) {
        unlink(server->path);
        rmdir(server->folder);
    }
}

int server_accept(test_server *server)
{
    const int on = 1;
    int fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd >= 0) {
        if (server->port)
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        return fd;
    }
    if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR)
        server_die("accept");
    return -1;
}

uint16_t server_refused_port(void)
{
    server_address address;
    socklen_t len = loopback(&address, false, 0);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    uint16_t port;

    if (fd < 0 || bind(fd, &address.any, len) < 0)
        server_die("bind");
    port = bound_port(fd);
    close(fd);
    return port;
}
