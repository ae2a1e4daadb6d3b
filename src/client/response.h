/* SPDX-License-Identifier: MIT */
#ifndef AH_CLIENT_RESPONSE_H
#define AH_CLIENT_RESPONSE_H
/* One block holds a request from the call to the end of its response: the exchange, the wait
   for a connection, the deadline, the body, and an arena for all texts.  The block is recycled
   by its session, so that a request in steady state allocates nothing.

     [PREPARING --body is open-->] WAITING --connection--> SENT --head--> OPEN
     OPEN --body's end--> COMPLETE      any but COMPLETE --error, cancel, deadline--> FAILED  */
#include "client/body.h"
#include "client/interim.h"
#include "client/reading.h"
#include "client/session.h"
#include "conn/exchange.h"
#include "http/url.h"
#include "loop/future.h"
#include "loop/timer.h"
#include "pool/connector.h"

typedef enum ah_call_phase {
    AH_CALL_PREPARING, /* the request's body is being opened */
    AH_CALL_WAITING,   /* for a connection */
    AH_CALL_SENT,      /* for the response's head */
    AH_CALL_OPEN,      /* the body is arriving */
    AH_CALL_COMPLETE,
    AH_CALL_FAILED
} ah_call_phase;

struct ahttp_response {
    ahttp_session *session;
    ah_link link;  /* in the session's calls, kept or recycled */
    unsigned refs; /* the program's */
    ah_call_phase phase;
    ah_exchange exchange;
    ah_waiter waiter;
    ah_timer deadline;
    const ahttp_timeout *limits; /* complete: the session's, or own_limits */
    ahttp_timeout own_limits;
    ah_arena arena;
    ah_url url;
    ahttp_headers request_fields;
    size_t own_fields;     /* of them, without those that depend on the body */
    int64_t expect_100_ms; /* how long a body waits for 100 Continue; 0: it does not */
    ahttp_future *sent;    /* promise of the response, until its head is in */
    ahttp_future *reading; /* promise of a pending read of the body, or NULL */
    ah_answer_fn *answer;  /* how to settle that */
    ah_job job;            /* for answers that call the program; queued only while reading */
    ah_buf asked;          /* a copy of what that was given, where it has to wait */
    ah_body body;
    ahttp_error *failure; /* why the body will not be complete */
    ahttp_bytes shown;    /* what the last read resolved to */
    ahttp_stream stream;
    ah_whole whole;
    ah_save *save; /* the pending one, or NULL */
    ah_head_facts facts;
    ahttp_interim_fn *on_interim; /* may be NULL */
    void *on_interim_ctx;
    ah_interim *interims;   /* that it has not been told of yet */
    ahttp_wire_fn *on_wire; /* may be NULL */
    void *on_wire_ctx;
    ahttp_tls *tls;     /* held, or NULL: the connector's */
    ah_str server_name; /* for TLS instead of the host; or empty */
    bool has_own_type;  /* its Content-Type does not follow the body */
    bool was_resent;
    bool no_decompress;
};

/* A fresh or recycled block, among the session's calls; NULL when out of memory. */
ahttp_response *ah_response_new(ahttp_session *session);
/* The block itself, which must be recycled or never used. */
void ah_response_free(ahttp_response *response);
/* Recycles the block if neither the program nor the library needs it any more. */
void ah_response_release(ahttp_response *response);

/* client/call.c */
void ah_call_start(ahttp_response *call);
/* Instead of starting: the request cannot be sent at all. */
void ah_call_refuse(ahttp_response *call, ahttp_error *error);
/* Ends what is under way: whoever waits for the response or its body gets the error, which is
   taken over. */
void ah_call_fail(ahttp_response *call, ahttp_error *error);
/* Nothing is pending for it any more. */
void ah_call_stop(ahttp_response *call, ah_call_phase phase);
/* The same error, naming the request. */
ahttp_error *ah_call_error(const ahttp_response *call, ahttp_error *error);

/* client/sending.c: opens the body, gets a connection, and sends. */
void ah_call_send(ahttp_response *call);
/* The one question before a request goes out once more: whether its body can. */
bool ah_call_can_send_again(const ahttp_response *call);
/* Gives up the connection that carries it, and what came back, and sends it from the start. */
void ah_call_send_again(ahttp_response *call);

/* client/rest.c: nobody wants the response any more, whose body is still arriving.  False: the
   rest is not small, or not known; nothing has happened. */
bool ah_rest_skip(ahttp_response *call);
void ah_rest_stop(ahttp_response *call);

/* client/reading.c: the body moved on (more bytes, its end, a failure); answers the pending
   read if it can. */
void ah_response_body_moved(ahttp_response *response);

#endif
