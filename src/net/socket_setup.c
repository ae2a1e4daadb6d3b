/* SPDX-License-Identifier: MIT */
#include "net/socket_setup.h"
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

static int result_of(int rc)
{
    return rc < 0 ? -errno : 0;
}

static int bind_to_interface(const char *name, int fd, int family)
{
#if defined(SO_BINDTODEVICE)
    (void)family;
    return result_of(
        setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, (socklen_t)strlen(name) + 1));
#elif defined(IP_BOUND_IF)
    unsigned index = if_nametoindex(name);

    if (index == 0)
        return -errno;
    if (family == AF_INET6)
        return result_of(setsockopt(fd, IPPROTO_IPV6, IPV6_BOUND_IF, &index, sizeof index));
    return result_of(setsockopt(fd, IPPROTO_IP, IP_BOUND_IF, &index, sizeof index));
#else
    (void)name;
    (void)fd;
    (void)family;
    return -ENOTSUP;
#endif
}

static int bind_to(ah_address local, uint16_t port, int fd)
{
    ah_address_set_port(&local, port);
    return result_of(bind(fd, &local.any, ah_address_len(&local)));
}

/* The address without a port of its own, which connect chooses among more than bind could. */
static int bind_to_address(const ah_address *local, int fd)
{
#ifdef IP_BIND_ADDRESS_NO_PORT
    int on = 1;

    (void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
#endif
    return bind_to(*local, 0, fd);
}

/* The first port of the range that nobody has. */
static int bind_to_range(const ah_socket_setup *setup, const ah_address *local, int fd)
{
    int failure = -EADDRINUSE;

    for (int i = 0; failure == -EADDRINUSE && i < setup->port_count; i++)
        failure = bind_to(*local, (uint16_t)(setup->port + i), fd);
    return failure;
}

static int bind_locally(const ah_socket_setup *setup, int fd, int family)
{
    ah_address local = setup->local;

    if (local.any.sa_family == AF_UNSPEC) {
        if (!setup->port)
            return 0;
        memset(&local, 0, sizeof local);
        local.any.sa_family = (sa_family_t)family;
    }
    return setup->port ? bind_to_range(setup, &local, fd) : bind_to_address(&local, fd);
}

int ah_socket_set_up(const ah_socket_setup *setup, int fd, const struct sockaddr *peer,
                     const char *peer_text, const char **doing)
{
    int failure = 0;

    if (setup->prepare) {
        *doing = "prepare the socket";
        failure = setup->prepare(fd, peer_text, setup->prepare_ctx);
    }
    if (failure == 0 && setup->device) {
        *doing = "bind to the network interface";
        failure = bind_to_interface(setup->device, fd, peer->sa_family);
    }
    if (failure == 0 && peer->sa_family != AF_UNIX) {
        *doing = "bind to the local address";
        failure = bind_locally(setup, fd, peer->sa_family);
    }
    if (failure == 0)
        *doing = NULL;
    return failure > 0 ? -failure : failure;
}
