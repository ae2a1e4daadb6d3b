/* SPDX-License-Identifier: MIT */
#ifndef AH_CLIENT_WIRE_H
#define AH_CLIENT_WIRE_H
/* Showing the program what goes over the wire, if it asked for that. */
#include "base/str.h"
#include <ahttp/response.h>
#include <ahttp/wire.h>

/* Calls on_wire from the loop, before whatever becomes ready later; the request may have failed
   by then.  False when out of memory. */
bool ah_wire_tell(const ahttp_response *call, ahttp_wire_part part, ah_str bytes);

#endif
