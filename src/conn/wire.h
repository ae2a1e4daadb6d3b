/* SPDX-License-Identifier: MIT */
#ifndef AH_CONN_WIRE_H
#define AH_CONN_WIRE_H
/* Showing the program what goes over the wire, if it asked for that. */
#include "base/str.h"
#include "loop/loop.h"
#include <ahttp/wire.h>

/* Calls fn from the loop, before whatever becomes ready later; what the bytes belonged to may have
   ended by then.  False when out of memory. */
bool ah_wire_tell(ahttp_loop *loop, ahttp_wire_fn *fn, void *ctx, ahttp_wire_part part,
                  ah_str bytes);

#endif
