/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_TIMINGS_H
#define AHTTP_TIMINGS_H
/* The parts of a request, and when they were over. */
#include <ahttp/base.h>
AHTTP_BEGIN

/* What was being done when a request failed. */
typedef enum ahttp_phase {
    AHTTP_PHASE_NONE,    /* there was no request yet */
    AHTTP_PHASE_PREPARE, /* opening its body, or asking the program */
    AHTTP_PHASE_POOL,    /* waiting for a connection to become free */
    AHTTP_PHASE_DNS,
    AHTTP_PHASE_CONNECT, /* to the host, or to the first proxy */
    AHTTP_PHASE_PROXY,   /* asking a proxy for the way */
    AHTTP_PHASE_TLS,     /* shaking hands, with the host or a proxy */
    AHTTP_PHASE_SEND,
    AHTTP_PHASE_HEAD, /* all was sent: waiting for the response's head, or looking at it */
    AHTTP_PHASE_BODY  /* of the response: reading, decoding, saving it */
} ahttp_phase;

/* Nanoseconds of a monotonic clock (the loop's, where that is virtual), so that differences matter;
   0: did not happen, as with a kept connection.  Of a request with redirects or resends, start_ns
   is that of the first and all others of the last. */

typedef struct ahttp_timings {
    int64_t start_ns;      /* the call that sent it */
    int64_t queue_ns;      /* it was its turn: a kept connection was there, or one was opened */
    int64_t dns_ns;        /* the host's name was resolved */
    int64_t connect_ns;    /* TCP was connected */
    int64_t tls_ns;        /* hands were shaken */
    int64_t sent_ns;       /* all of the request was sent */
    int64_t first_byte_ns; /* of the response */
    int64_t last_byte_ns;  /* the same; 0 until the body has ended */
    int64_t failed_ns;     /* it failed, or was given up ... */
    ahttp_phase failed_in; /* ... while this was being done */
    int reserved_int;
} ahttp_timings;

AHTTP_END
#endif
