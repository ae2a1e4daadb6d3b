/* SPDX-License-Identifier: MIT */
#ifndef AH_CONN_SOURCE_H
#define AH_CONN_SOURCE_H
/* The inside of a request's body that is pulled: whoever sends it asks for the next piece when
   it has room for one.  The kinds of bodies are made in bodies/.

     made -> open, until READY -> next, until END

   A body that says WAIT wakes its puller once, from the loop, which then asks the same again.
   Waking is the last thing that a body does in a call: it may be freed in it.  What is called
   here runs no code of the program; bodies do that in a job, where the program may do anything,
   also what ends the request. */
#include "base/error.h"
#include "http/headers.h"
#include "loop/loop.h"
#include <ahttp/body.h>

typedef enum ah_pull {
    AH_PULL_READY, /* open: it may be sent; next: *piece is there, of at least one byte */
    AH_PULL_WAIT,
    AH_PULL_END,
    AH_PULL_FAILED /* *error is the caller's; only stop, restart and free may follow */
} ah_pull;

/* Those that are NULL have nothing to do: opening is READY at once, and so on. */
typedef struct ah_source_ops {
    ah_pull (*open)(ahttp_body *body, ahttp_error **error);
    /* A piece is valid until the next call of any kind. */
    ah_pull (*next)(ahttp_body *body, ah_str *piece, ahttp_error **error);
    void (*stop)(ahttp_body *body);
    void (*rewind)(ahttp_body *body);  /* called when it is stopped */
    void (*release)(ahttp_body *body); /* the same; what it holds, but not its own memory */
} ah_source_ops;

typedef void ah_source_wake_fn(void *ctx);

/* What the program adds behind the end. */
typedef struct ah_source_trailers {
    ahttp_trailers_fn *fn; /* NULL: nothing */
    void *ctx;
    enum { AH_TRAILERS_NOT_YET, AH_TRAILERS_ASKED, AH_TRAILERS_THERE } state;
    ahttp_error *error; /* why they cannot be sent */
    ah_arena arena;
    ahttp_headers fields;
} ah_source_trailers;

/* The first member of every kind. */
struct ahttp_body {
    const ah_source_ops *ops;
    ahttp_loop *loop; /* that it was opened on */
    ah_source_wake_fn *wake;
    void *wake_ctx;
    int64_t length; /* final when it is open; -1: unknown */
    ahttp_body_replay replay;
    bool is_taken;            /* by a request or another body */
    bool was_pulled;          /* something of it may have gone out */
    const char *content_type; /* what it says of itself, or NULL */
    const char *coding;       /* the same for Content-Encoding */
    ah_job job;               /* to run code of the program, or to wait for what that gave */
    bool *gone;               /* while that code runs: set when its result is of no use any more */
    ah_source_trailers trailers;
};

void ah_source_init(ahttp_body *body, const ah_source_ops *ops, ahttp_body_replay replay,
                    int64_t length);
/* Marks it as somebody's; aborts the second time.  NULL is fine here and in free. */
void ah_source_take(ahttp_body *body);
void ah_source_free(ahttp_body *body);

/* ---- For who sends it ---- */

ah_pull ah_source_open(ahttp_body *body, ahttp_loop *loop, ah_source_wake_fn *wake, void *ctx,
                       ahttp_error **error);
/* After END, trailers.fields are those to send. */
ah_pull ah_source_next(ahttp_body *body, ah_str *piece, ahttp_error **error);
/* Another one pulls from now on. */
static inline void ah_source_set_wake(ahttp_body *body, ah_source_wake_fn *wake, void *ctx)
{
    body->wake = wake;
    body->wake_ctx = ctx;
}
/* Ends what it waits for; wake is not called any more. */
void ah_source_stop(ahttp_body *body);
/* Whether the whole of it can still be sent. */
static inline bool ah_source_can_restart(const ahttp_body *body)
{
    return body->replay != AHTTP_BODY_ONCE || !body->was_pulled;
}
/* To the start, if it can be; it is to be opened again. */
void ah_source_restart(ahttp_body *body);

/* ---- For kinds of bodies ---- */

static inline void ah_source_wake(ahttp_body *body)
{
    body->wake(body->wake_ctx);
}
/* Runs the job soon, unless the body is stopped before. */
void ah_source_run_soon(ahttp_body *body, ah_job_fn *run);

#endif
