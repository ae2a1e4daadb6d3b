/* SPDX-License-Identifier: MIT */
#ifndef AH_NET_OWN_TRANSPORT_H
#define AH_NET_OWN_TRANSPORT_H
/* The inside of include/ahttp/transport.h. */
#include "net/transport.h"
#include <ahttp/transport.h>

/* The same thing; whoever closes it frees it. */
ah_transport *ah_transport_of_program(ahttp_transport *transport);

#endif
