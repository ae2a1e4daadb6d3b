/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_TRACE_H
#define AHTTP_TRACE_H
/* Being told of each step of a request (aiohttp's TraceConfig and its signals), and when each was
   over.  A session that has neither traces nor timings pays a branch for each step. */
#include <ahttp/response.h>
#include <ahttp/timings.h>
AHTTP_BEGIN

typedef enum ahttp_trace_event {
    AHTTP_TRACE_REQUEST_START,
    AHTTP_TRACE_QUEUED_START,   /* the limits are reached: it waits for others */
    AHTTP_TRACE_QUEUED_END,     /* of that wait */
    AHTTP_TRACE_CREATE_START,   /* a connection is opened for it */
    AHTTP_TRACE_DNS_CACHE_HIT,  /* text: the host */
    AHTTP_TRACE_DNS_CACHE_MISS, /* the same for the next two */
    AHTTP_TRACE_DNS_START,
    AHTTP_TRACE_DNS_END,        /* code: why it failed */
    AHTTP_TRACE_TLS_START,      /* text: the place */
    AHTTP_TRACE_TLS_END,        /* the same; code */
    AHTTP_TRACE_CREATE_END,     /* code */
    AHTTP_TRACE_REUSE,          /* it got a kept connection */
    AHTTP_TRACE_HEADERS_SENT,   /* bytes: of the head */
    AHTTP_TRACE_CHUNK_SENT,     /* bytes: of the body, with what frames it */
    AHTTP_TRACE_FIRST_BYTE,     /* of the response */
    AHTTP_TRACE_REDIRECT,       /* status; text: where to */
    AHTTP_TRACE_RETRY,          /* its connection swallowed it: it is sent once more */
    AHTTP_TRACE_REQUEST_END,    /* the head is the program's: status */
    AHTTP_TRACE_CHUNK_RECEIVED, /* bytes: of the body, as they came */
    AHTTP_TRACE_RELEASE,        /* the response is complete, and its connection is kept */
    AHTTP_TRACE_EXCEPTION,      /* instead of REQUEST_END, or while the body came: code, text */
    AHTTP_TRACE_EXCHANGE,       /* exchange is over: complete, given up, or code and text */
    AHTTP_TRACE_EVENTS
} ahttp_trace_event;

/* One sending of one hop, and what came back.  Secrets are shown as they are. */
typedef struct ahttp_trace_exchange {
    const ahttp_headers *request_headers;  /* as sent */
    const ahttp_headers *response_headers; /* as received; none where no response came */
    const char *reason;
    const char *address; /* whom it was sent to: "192.0.2.1:80"; NULL: nobody */
    int minor_version;   /* of the response's HTTP/1 */
    unsigned hop;        /* redirects before it */
    uint64_t bytes_sent; /* heads and bodies */
    uint64_t bytes_received;
    ahttp_timings timings;             /* its own; last_byte_ns is 0 unless all was received */
    const char *const *secret_headers; /* of request and session, or NULL */
} ahttp_trace_exchange;

/* Valid during the call; method and url are NULL where memory was too short for them. */
typedef struct ahttp_trace_info {
    ahttp_trace_event event;
    int code;         /* AHTTP_E_*; 0: it did not fail */
    int status;       /* of the response, or 0 */
    uint64_t request; /* a number that all events of one request have, of all its hops */
    int64_t time_ns;  /* as in timings.h */
    uint64_t bytes;
    const char *method; /* of the hop at hand, and without user and password its ... */
    const char *url;
    const char *text;                     /* what is said at the events, or NULL */
    void *request_ctx;                    /* the request's trace_ctx */
    const ahttp_trace_exchange *exchange; /* at AHTTP_TRACE_EXCHANGE, else NULL */
} ahttp_trace_info;
/* Called from the loop like every callback, in the order in which things happened; so they may
   be over by then.  Redirects, and whatever middlewares send, are of one request, which has one
   START and one END or EXCEPTION, and an EXCHANGE for each sending.  What memory does not suffice
   for is not told, nor what is new when the session and its last response go. */
typedef void ahttp_trace_fn(const ahttp_trace_info *info, void *ctx);

typedef struct ahttp_trace {
    size_t size; /* sizeof this struct */
    void *ctx;
    ahttp_trace_fn *any; /* for events without a function of their own, or NULL */
    ahttp_trace_fn *on[AHTTP_TRACE_EVENTS]; /* .on = {[AHTTP_TRACE_DNS_END] = note_dns} */
} ahttp_trace;
/* For a session's traces: AHTTP_TRACES(&one, &other). */
#define AHTTP_TRACES(...) ((const ahttp_trace *const[]){__VA_ARGS__, NULL})

/* Fills *timings; false when the session has neither traces nor timings.  Errors have theirs, too:
   see error.h. */
AHTTP_API bool ahttp_response_timings(const ahttp_response *response, ahttp_timings *timings);

AHTTP_END
#endif
