/* SPDX-License-Identifier: MIT */
#ifndef AH_NET_SOCKET_SETUP_H
#define AH_NET_SOCKET_SETUP_H
/* What is done to a new socket before it connects: where it comes from, and what the program
   wants of it. */
#include "dns/address.h"
#include <ahttp/connector.h>

typedef struct ah_socket_setup {
    ah_address local; /* AF_UNSPEC: any */
    uint16_t port;    /* the first of those it may have; 0: any */
    int port_count;
    const char *device;       /* "eth0"; NULL: any */
    ahttp_socket_fn *prepare; /* may be NULL */
    void *prepare_ctx;
} ah_socket_setup;

/* 0, or a negative errno; *doing is then what failed, in static text: "bind to the network
   interface". peer is the address to connect to. */
int ah_socket_set_up(const ah_socket_setup *setup, int fd, const struct sockaddr *peer,
                     const char *peer_text, const char **doing);

#endif
