/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_WIRE_H
#define AHTTP_WIRE_H
/* What really goes over the wire, for tools that show it, record it or compare it byte for byte.
   The request's side is its option fields_text (request.h). */
#include <ahttp/base.h>
AHTTP_BEGIN

typedef enum ahttp_wire_part {
    AHTTP_WIRE_REQUEST,  /* the head of a request, as it is sent */
    AHTTP_WIRE_RESPONSE, /* a head that came, interim ones (1xx) included */
    AHTTP_WIRE_TRAILERS, /* what came behind a chunked body */
    AHTTP_WIRE_CONNECT,  /* the head of a CONNECT, as it is sent to a proxy */
    AHTTP_WIRE_TUNNEL    /* a head that answered it */
} ahttp_wire_part;

/* All of a head, or of trailers, with the empty line that ends it and the line ends that it has;
   also one that is then refused, if its end has come, and what came of one that the end of the
   connection cut.  Valid during the call, which comes from
   the loop like every callback, in the order in which things happened: a head before the request
   resolves to its response. */
typedef void ahttp_wire_fn(ahttp_wire_part part, ahttp_bytes bytes, void *ctx);

AHTTP_END
#endif
