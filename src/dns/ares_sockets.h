/* SPDX-License-Identifier: MIT */
#ifndef AH_DNS_ARES_SOCKETS_H
#define AH_DNS_ARES_SOCKETS_H
/* The system calls that c-ares makes on its sockets.  Its own ones raise SIGPIPE when a name
   server has closed a TCP connection that c-ares writes to; these do not. */
#define CARES_NO_DEPRECATED
#include <ares.h>

extern const struct ares_socket_functions ah_ares_quiet_sockets;

#endif
