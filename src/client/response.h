/* SPDX-License-Identifier: MIT */
#ifndef AH_CLIENT_RESPONSE_H
#define AH_CLIENT_RESPONSE_H
/* One block holds a request from the call to the end of its response: the exchange, the wait
   for a connection, the deadline, the body, and an arena for all texts.  The block is recycled
   by its session, so that a request in steady state allocates nothing.

     [PREPARING --body open, stages agree-->] WAITING --connection--> SENT --head--> OPEN
     SENT --head--> DECIDING --stages--> OPEN, PREPARING, SKIPPING or the next hop's block
     SKIPPING --nothing left to read--> PREPARING or WAITING      OPEN --body's end--> COMPLETE
     any but COMPLETE --error, cancel, deadline--> FAILED  */
#include "client/body.h"
#include "client/interim.h"
#include "client/progress.h"
#include "client/reading.h"
#include "client/session.h"
#include "client/stage.h"
#include "conn/conn.h"
#include "http/url.h"
#include "loop/future.h"
#include "loop/timer.h"
#include "pool/connector.h"
#include <ahttp/middleware.h>

typedef enum ah_call_phase {
    AH_CALL_ASKING,    /* middlewares, which send it by other blocks: client/chain.h */
    AH_CALL_PREPARING, /* the request's body is being opened, or stages get ready */
    AH_CALL_WAITING,   /* for a connection */
    AH_CALL_SENT,      /* for the response's head */
    AH_CALL_DECIDING,  /* stages look at that */
    AH_CALL_SKIPPING,  /* the rest of a response, before the request goes out again */
    AH_CALL_OPEN,      /* the body is arriving */
    AH_CALL_COMPLETE,  /* this one and the next: nothing is under way */
    AH_CALL_FAILED
} ah_call_phase;

/* How one hop gets to the host. */
typedef struct ah_way {
    ah_proxy *own;   /* of the request, for all of its hops, or NULL; held */
    ah_proxy *proxy; /* the one that was chosen, or NULL; held */
    ah_proxy_login login;
    bool is_chosen;
    bool is_forwarded; /* the request is sent to the proxy itself */
} ah_way;

typedef struct ah_hop ah_hop;

/* Whoever of ours wants to know when nothing is under way for a response any more; fn runs no code
   of the program. */
typedef struct ah_over ah_over;
struct ah_over {
    ah_over *next;
    void (*fn)(ah_over *over);
};

/* Most requests are plain: is_plain says so, and that nothing else has happened to this one than
   sending and receiving.  The block of one is the next one's as it is; of others, all that may be
   there is put right.  Whoever touches more than plain requests do says that it is none any more.

   With many requests under way, the lines of memory that each touches count for more than what it
   does with them (docs/performance.md).  So what plain ones touch lies side by side, from the
   exchange's events on, in twelve lines of 64 bytes: on its way out and when its response comes,
   the exchange, the first members of the response, body and arena; out only, the URL with its text;
   and what the exchange and the body seldom need lies at their beginnings and ends. */
struct ahttp_response {
    ah_exchange exchange; /* its events begin a line */
    ahttp_session *session;
    ahttp_response *next_recycled;
    ahttp_future *sent;               /* promise of the response, until its head is in */
    ahttp_future *reading;            /* promise of a pending read of the body, or NULL */
    const ahttp_timeout *limits;      /* complete: the session's, or own_limits */
    const ah_call_settings *settings; /* the session's, or in the first hop's arena */
    unsigned refs;                    /* the program's */
    ah_call_phase phase;
    bool is_plain;
    bool stage_waits;
    bool has_ended;  /* the exchange, while DECIDING */
    bool in_history; /* of a later hop, which keeps it */
    bool is_result;  /* of its asker's middlewares, while stages look at it; a reference is held */
    bool lends_source; /* one of those that it asks for has the body of its request */
    bool was_resent;
    bool is_exchanging; /* with a tracer, which has not been told of the exchange at hand */
    ah_body body;
    ah_arena arena;    /* what comes first lies in own_text */
    ah_timer deadline; /* parked between calls */
    ahttp_bytes shown; /* what the last read resolved to */
    ah_url url;
    ah_answer_fn *answer; /* how to settle reading */
    char own_text[128];   /* enough for most URLs, while the response has not come */

    /* Of a plain request, the session's plain one has the same. */
    ah_call_course course;

    unsigned stage; /* the one that is asked, or waits */
    ah_waiter waiter;
    ahttp_stream stream;
    ah_whole whole;

    /* What is there only where a request needs it; NULL or zero in others, plain ones are such. */
    ah_head_facts facts;
    ah_job progress_job;      /* queued while there is something to tell */
    ahttp_error *failure;     /* why the body will not be complete */
    ahttp_error *end_error;   /* while DECIDING: how the exchange ended */
    ahttp_tls *tls;           /* held, or NULL: the connector's */
    ah_auth *auth;            /* in the arena, or NULL */
    ah_interim *interims;     /* that on_interim has not been told of yet */
    ah_tracer *tracer;        /* a reference, or NULL */
    ah_over *overs;           /* to be told when it is over */
    const ah_hop *hop;        /* where the redirect stage wants to go */
    ahttp_response *previous; /* the hop before, or NULL */
    ahttp_response *asker;    /* whose middlewares sent it, kept, or NULL */
    uint64_t log_number;      /* 0: nobody wants to know */
    unsigned askings;         /* blocks of which it is the asker */
    unsigned hops;            /* how many there were before */
    ahttp_resend resend;      /* at least this, by earlier sendings */
    ah_str own_cookies;       /* "a=1; b=2", not of the jar; or empty */
    ah_way way;
    ah_str server_name;           /* for TLS instead of the host; or empty */
    struct ahttp_outgoing *chain; /* its middlewares, while ASKING */
    ah_save *save;                /* the pending one, or NULL */

    /* The same, but of no meaning in others. */
    ahttp_timeout own_limits;
    ahttp_headers request_fields;
    size_t own_fields; /* of them, without those that are added before each sending */
    ah_job job;        /* for answers that call the program; queued only while reading */
    ah_buf asked;      /* a copy of what that was given, where it has to wait */
    ah_job stage_job;  /* of the stage that waits */
    ah_timer skipping; /* limits SKIPPING */

    /* Not changed by any request. */
    ah_link link; /* in the session's blocks or rests */
};

/* For ah_response_new, where none is recycled. */
ahttp_response *ah_response_make(ahttp_session *session);
/* A fresh or recycled block, which the session needs from now on; NULL when out of memory. */
static inline ahttp_response *ah_response_new(ahttp_session *session)
{
    ahttp_response *response = session->recycled;

    if (AH_UNLIKELY(!response))
        return ah_response_make(session);
    session->recycled = response->next_recycled;
    session->recycled_count--;
    response->phase = AH_CALL_WAITING;
    return response;
}
/* The block itself, which must be recycled or never used. */
void ah_response_free(ahttp_response *response);
/* Whether nothing is under way for it any more. */
static inline bool ah_response_is_over(const ahttp_response *response)
{
    return response->phase >= AH_CALL_COMPLETE;
}
/* over->fn is called once: when the body has come, has failed, or was given up and its rest does
   not hold the connection any more; at once if that is so already. */
void ah_response_when_over(ahttp_response *response, ah_over *over);
/* Recycles the block if neither the program nor the library needs it any more. */
void ah_response_release(ahttp_response *response);

/* From here on it uses that stage. */
static inline void ah_stages_use(ahttp_response *call, ah_stage_id stage)
{
    call->is_plain = false;
    call->course.stages |= 1u << stage;
}

/* client/call.c */
/* Before it starts: who hears of what happens. */
void ah_call_begin(ahttp_response *call);
/* The promise is its from now on. */
void ah_call_take_promise(ahttp_response *call, ahttp_future *sent);
/* Instead of starting: the request cannot be sent at all. */
void ah_call_refuse(ahttp_response *call, ahttp_error *error);
/* Ends what is under way: whoever waits for the response or its body gets the error, which is
   taken over. */
void ah_call_fail(ahttp_response *call, ahttp_error *error);
/* The program gets the error, which is taken over, instead of the response whose head is in. */
void ah_call_reject(ahttp_response *call, ahttp_error *error);
/* Nothing is pending for it any more. */
void ah_call_stop(ahttp_response *call, ah_call_phase phase);
/* The source of its request's body is of no more use to it: it goes back to its asker, or ends. */
void ah_call_give_up_source(ahttp_response *call);
/* The same error, naming the request if it does not yet. */
ahttp_error *ah_call_error(const ahttp_response *call, ahttp_error *error);

/* The head is for the program, whose future gets it. */
void ah_call_deliver(ahttp_response *call);
/* What the exchange ended with while stages looked at its head, now the caller's, or NULL. */
static inline ahttp_error *ah_call_take_end_error(ahttp_response *call)
{
    ahttp_error *error = call->end_error;

    call->end_error = NULL;
    return error;
}
/* The exchange that had ended by then does not matter any more. */
static inline void ah_call_forget_end(ahttp_response *call)
{
    call->has_ended = false;
    if (call->end_error)
        ah_error_free(ah_call_take_end_error(call));
}
/* What the connection tells the call. */
extern const ah_exchange_events ah_call_events;

/* client/sending.c */
void ah_call_start(ahttp_response *call);
/* Opens the body, asks the stages, gets a connection, and sends. */
void ah_call_send(ahttp_response *call);
/* The last part of it. */
void ah_call_acquire(ahttp_response *call);
/* The one question before a request goes out once more: whether its body can. */
bool ah_call_can_send_again(const ahttp_response *call);
/* Gives up what came back, and sends it from the start, when a small rest of the response has
   been read. */
void ah_call_send_again(ahttp_response *call);

/* client/rest.c: nobody wants the response any more, whose body is still arriving.  False: the
   rest is not small, or not known; nothing has happened. */
bool ah_rest_skip(ahttp_response *call, ah_rest_length length);
void ah_rest_stop(ahttp_response *call);
/* While stages look at its head: skips the rest, or gives up its connection. */
void ah_rest_leave(ahttp_response *call);
/* The same before the call is sent again: ah_call_restart follows. */
bool ah_rest_skip_and_restart(ahttp_response *call);
void ah_call_restart(ahttp_response *call);

/* client/sent.c: the head is written once more, by what wrote it, and read line by line.  False
   when out of memory. */
bool ah_sent_fields_read(ahttp_headers *fields, const ah_request_head *request);

/* Ends the program, with a sentence. */
_Noreturn void ah_response_is_missing(void);
/* For a response that a program gives: it must not be NULL. */
static inline void ah_response_need(const ahttp_response *response)
{
    if (AH_UNLIKELY(!response))
        ah_response_is_missing();
}

/* What its head says, to be completed.  Getters have const responses, for which remembering an
   answer changes nothing that shows. */
static inline ah_head_facts *ah_facts_of(const ahttp_response *response)
{
    ahttp_response *own = (ahttp_response *)(uintptr_t)response;

    ah_response_need(response);
    own->is_plain = false;
    return &own->facts;
}

/* client/reading.c: the body moved on (more bytes, its end, a failure); answers the pending
   read if it can. */
void ah_response_body_moved(ahttp_response *response);

#endif
