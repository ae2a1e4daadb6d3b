/* SPDX-License-Identifier: MIT */
#ifndef AH_NET_SOCKET_H
#define AH_NET_SOCKET_H
/* A transport over a connected stream socket: recv and sendmsg(MSG_NOSIGNAL), watched by
   loop/poll. */
#include "loop/loop.h"
#include "net/transport.h"

/* Takes the descriptor over, closing it also when this fails; the socket becomes
   non-blocking, and TCP sockets send without delay (TCP_NODELAY).  Whoever opened it sees to it
   that no program inherits it.  peer is copied.  NULL when out of memory or watching fails; *error
   then says why. */
ah_transport *ah_socket_open(ahttp_loop *loop, int fd, const char *peer, ahttp_error **error);

#endif
