/* SPDX-License-Identifier: MIT */
#ifndef AH_CLIENT_STAGE_H
#define AH_CLIENT_STAGE_H
/* What a call does besides sending and receiving: cookies, logging in, redirects, decoding.  Each
   such matter is a stage, of one shape: it may add fields before each sending, and it looks at each
   final head before the program gets it.

     prepared --before of each stage--> connection, request, final head
     head --after of each stage--> delivered, or: again, next hop, failed

   A call has a bit for each stage that it uses; one without any pays a branch.  Stages are
   asked in the order of their numbers.  As soon as one says something else than GO_ON, the
   later ones are not asked: so cookies see every head, and a redirect is followed only by who
   is logged in.

   Neither function runs code of the program.  A stage that has to wait, for the program or
   anything else, says WAIT and later calls ah_stage_decide; the body that comes meanwhile is
   kept as it is, undecoded, and no more than that.  What the call goes through in the meantime
   (cancel, deadline, the session's end) calls the stage's stop. */
#include "loop/loop.h"
#include <ahttp/response.h>

typedef enum ah_stage_id {
    AH_STAGE_COOKIES,  /* Cookie, Set-Cookie */
    AH_STAGE_AUTH,     /* Authorization, 401 */
    AH_STAGE_PROXY,    /* which one; Proxy-Authorization, 407 */
    AH_STAGE_EXPECT,   /* 417 */
    AH_STAGE_REDIRECT, /* 3xx */
    AH_STAGE_RAISE,    /* statuses that mean failure */
    AH_STAGE_CODING,   /* Content-Encoding */
    AH_STAGES
} ah_stage_id;

/* Bits of those that have a `before`. */
enum {
    AH_STAGES_BEFORE =
        1 << AH_STAGE_COOKIES | 1 << AH_STAGE_AUTH | 1 << AH_STAGE_PROXY | 1 << AH_STAGE_EXPECT
};

typedef enum ah_verdict {
    AH_GO_ON,      /* to the next stage; behind the last: send, or deliver */
    AH_SEND_AGAIN, /* after: the same request in the same block, after its body was asked whether
                      it can (ah_call_can_send_again) */
    AH_NEXT_HOP,   /* after: what call->hop says, in a block of its own; the body was asked, too */
    AH_WAIT,       /* ah_stage_decide will say */
    AH_REJECT,     /* after: the program gets *error instead of the response, whose connection lives
                      if its rest is small */
    AH_FAIL        /* with *error, which is the call's from here on */
} ah_verdict;

typedef struct ah_stage {
    /* Adds fields by ah_request_add_field.  GO_ON, WAIT or FAIL. */
    ah_verdict (*before)(ahttp_response *call, ahttp_error **error);
    /* The final head is in call->exchange.response. */
    ah_verdict (*after)(ahttp_response *call, ahttp_error **error);
    /* It does not wait any more; its job is out of its list already. */
    void (*stop)(ahttp_response *call);
    /* The next hop begins: what `from` knows goes to `to`, as far as call->hop of `from` lets it.
       False when out of memory. */
    bool (*hop)(const ahttp_response *from, ahttp_response *to);
} ah_stage;

/* Each is NULL where there is nothing to do. */
extern const ah_stage ah_auth_stage, ah_coding_stage, ah_cookie_stage, ah_expect_stage,
    ah_proxy_stage, ah_raise_stage, ah_redirect_stage;

/* Of which stages a call asks `after`, by the first digit of the status. */
extern const unsigned char ah_stages_for_class[10];

/* ---- For the call ---- */

/* Asks those that the call uses; then it is sent, or delivered, or whatever they say. */
void ah_stages_before(ahttp_response *call);
void ah_stages_after(ahttp_response *call);
/* The same of a head that was delivered to middlewares before. */
void ah_stages_after_result(ahttp_response *result);
/* Nobody waits any more. */
void ah_stages_stop(ahttp_response *call);
bool ah_stages_hop(const ahttp_response *from, ahttp_response *to);

/* ---- For stages ---- */

/* The verdict of the one that said WAIT, which must not be WAIT again.  The call may be gone
   when this returns. */
void ah_stage_decide(ahttp_response *call, ah_verdict verdict, ahttp_error *error);
/* Runs the call's stage_job soon, unless the call ends before; between WAIT and ah_stage_decide.
   The way to code of the program, between these two: */
void ah_stage_run_soon(ahttp_response *call, ah_job_fn *run);
/* Keeps the block, whatever the program does; false at the end: the call is over, and gone. */
void ah_stage_begin_program(ahttp_response *call);
bool ah_stage_end_program(ahttp_response *call);

#endif
