/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_TIMINGS_H
#define AHTTP_TIMINGS_H
/* When the parts of a request were over: nanoseconds of a monotonic clock (the loop's, where that
   is virtual), so that differences matter; 0: did not happen, as with a kept connection.  Of a
   request with redirects or resends, start_ns is that of the first and all others of the last. */
#include <ahttp/base.h>
AHTTP_BEGIN

typedef struct ahttp_timings {
    int64_t start_ns;      /* the call that sent it */
    int64_t queue_ns;      /* it was its turn: a kept connection was there, or one was opened */
    int64_t dns_ns;        /* the host's name was resolved */
    int64_t connect_ns;    /* TCP was connected */
    int64_t tls_ns;        /* hands were shaken */
    int64_t sent_ns;       /* all of the request was sent */
    int64_t first_byte_ns; /* of the response */
    int64_t last_byte_ns;  /* the same; 0 until the body has ended */
} ahttp_timings;

AHTTP_END
#endif
