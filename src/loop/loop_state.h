/* SPDX-License-Identifier: MIT */
#ifndef AH_LOOP_STATE_H
#define AH_LOOP_STATE_H
/* The inside of the loop, for the files of this layer only. */
#include "loop/debug.h"
#include "loop/future.h"
#include "loop/log.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include <uv.h>
#if AHTTP_TASKS
#include "loop/coroutine.h"
#endif

/* ---- timer.c ---- */

enum { AH_WHEEL_BITS = 6, AH_WHEEL_SLOTS = 64, AH_WHEEL_LEVELS = 11 }; /* 66 bits: any int64_t */

typedef struct ah_wheel {
    ah_list slots[AH_WHEEL_LEVELS][AH_WHEEL_SLOTS];
    uint64_t occupied[AH_WHEEL_LEVELS]; /* a bit per slot that is not empty */
    uint32_t levels;                    /* a bit per level that is not empty */
    int64_t time_ms;                    /* all that was due before has been taken out */
    int64_t armed_ms;                   /* when the uv_timer fires; INT64_MAX: it is not armed */
    size_t foreground;                  /* armed timers that keep the loop alive */
    uv_timer_t uv;
} ah_wheel;

typedef struct ah_virtual_clock {
    int64_t now_ms;
    int64_t target_ms; /* what ahttp_loop_advance asked for */
    int64_t zero_s;    /* seconds from 1970 to when now_ms was 0 */
} ah_virtual_clock;

void ah_wheel_init(ahttp_loop *loop);
/* Of a virtual clock, both.  Whether time is to move in the next turn, and the moving: to
   the next timer that is due, which fires. */
bool ah_clock_may_move(ahttp_loop *loop);
void ah_clock_move(ahttp_loop *loop);

/* ---- call.c ---- */

typedef struct ah_call ah_call;

typedef struct ah_calls {
    ah_call **table; /* by the low half of an id, minus 1 */
    size_t count;
    size_t cap;
    ah_call *free;
    uv_mutex_t mutex; /* of posted */
    ah_list posted;
    uv_async_t async;
} ah_calls;

/* A negative errno when it fails; then nothing is left behind. */
int ah_calls_init(ahttp_loop *loop);
/* What other threads posted goes to the ready queue; whether there was anything. */
bool ah_calls_take_posted(ahttp_loop *loop);
bool ah_calls_has_posted(ahttp_loop *loop);
/* Forget all calls that have not run. */
void ah_calls_cancel_all(ahttp_loop *loop);
void ah_calls_release(ahttp_loop *loop);

/* ---- future.c ---- */

/* Futures, and the things that are futures with a little more (a sleep, a promise), share
   one free list of blocks of one size. */
enum { AH_FUTURE_EXTRA = 96, AH_FUTURE_RESERVE = 32 };

typedef struct ah_future_block {
    ahttp_future future;
    max_align_t extra[AH_FUTURE_EXTRA / sizeof(max_align_t)];
} ah_future_block;

typedef struct ah_futures {
    ahttp_future *free; /* blocks that are as new ones, but for flags, cancel and owner */
    size_t free_count;
    ahttp_future *spare; /* of reserve: for saying that there is no memory */
    ahttp_future last_resort;
    ah_future_block reserve[AH_FUTURE_RESERVE];
} ah_futures;

void ah_futures_init(ahttp_loop *loop);
void ah_futures_release(ahttp_loop *loop);

/* ---- poll.c ---- */

typedef struct ah_poll ah_poll;

/* So many heads of responses stay in the processor's caches until their row has been told. */
enum { AH_POLL_ROW = 32 };

/* Those that have something noted, in the order in which libuv told of them. */
typedef struct ah_poll_row {
    ah_poll *polls[AH_POLL_ROW];
    size_t count;
} ah_poll_row;

/* Tells all of the row, which has one at least, and drains the ready queue where this is the
   outermost bracket. */
void ah_polls_tell(ahttp_loop *loop);

/* ---- guest.c ---- */

void ah_guests_init(ahttp_loop *loop);
/* Closes those that are not closed yet; whether there were any. */
bool ah_guests_close(ahttp_loop *loop);
/* Tells all that the loop is gone. */
void ah_guests_release(ahttp_loop *loop);

/* ---- the loop ---- */

typedef struct ah_task ah_task;
typedef struct ah_task_top ah_task_top;
typedef bool ah_go_on_fn(const ahttp_loop *loop, const void *ctx);

struct ahttp_loop {
    ah_list ready;
    ah_list after_input; /* jobs for the ready queue when all input of this turn was seen */
    unsigned depth;      /* of nested brackets */
    bool running;        /* inside ahttp_loop_run or another call of this library that runs it */
    bool sees_input;     /* between libuv's prepare and check phases */
    bool stopped;
    bool closing;
    bool idling; /* the idle handle is started */
    bool has_virtual_clock;
    bool owns_uv;
    unsigned holds;
    ah_poll_row row;
    size_t open_polls;      /* not closed, or not yet */
    size_t busy_polls;      /* that watch for something and count */
    size_t closing_handles; /* whose close callback is still to come */
    ah_go_on_fn *go_on;     /* what ah_loop_run_while was given; NULL outside of it */
    const void *go_on_ctx;
    bool cancel_missed;         /* the last cancel came when the result was there or on its way */
    ah_task_top *top;           /* of the task that runs now, or NULL */
    ahttp_error *outside_error; /* of the last await outside of tasks that failed */
    ahttp_loop *outer;          /* which loop was current when this was entered */
    ahttp_loop *older;          /* made before this one on the same thread */
    uv_loop_t *uv;
    char *read_buffer;
    ah_list sleeps; /* that wait for a timer */
    ah_list guests;
    ah_list closed_guests; /* by the loop, which is being closed */
    ah_debug debug;
    ah_log_settings log;
    ah_virtual_clock clock;
    ah_wheel wheel;
    ah_calls calls;
    ah_futures futures;
#if AHTTP_TASKS
    ah_list tasks;
    ah_list free_tasks;
    size_t free_task_count;
    unsigned task_count; /* spawned so far */
    size_t leftovers;    /* tasks that ahttp_run has cancelled and waits for */
    ah_coroutine_pool coroutines;
#endif
    uv_prepare_t prepare;
    uv_check_t check;
    uv_idle_t idle;
    uv_loop_t own_uv;
};

/* For what is to happen in the next turn without being in the ready queue. */
void ah_loop_wake(ahttp_loop *loop);
/* What ah_loop_ready does. */
static inline void ah_loop_append(ahttp_loop *loop, ah_job *job)
{
    ah_list_append(&loop->ready, &job->link);
    if (AH_UNLIKELY(loop->depth == 0))
        ah_loop_wake(loop);
}
/* Whether it runs, so that it cannot be run. */
bool ah_loop_is_inside(const ahttp_loop *loop);
/* Runs the loop as long as go_on says; it blocks rather than ends when there is nothing to
   do.  Not from inside the running loop. */
void ah_loop_run_while(ahttp_loop *loop, ah_go_on_fn *go_on, const void *ctx);

/* log.c: what the environment says. */
void ah_log_begin(ahttp_loop *loop);

/* In debug mode: aborts when this is not the loop's thread. */
static inline void ah_check_thread(const ahttp_loop *loop, const char *function)
{
    if (AH_UNLIKELY(loop->debug.on))
        ah_debug_check_thread(loop, function);
}

/* The current loop; when this thread has none, aborts with the sentence. */
ahttp_loop *ah_loop_need_current(const char *sentence);

/* ---- combine.c, await.c, task.c ---- */

/* Every sleep that waits for a timer fails with CANCELLED. */
void ah_sleeps_cancel_all(ahttp_loop *loop);
/* Frees the error that ahttp_task_error shows outside of tasks. */
void ah_await_forget(ahttp_loop *loop);

#if AHTTP_TASKS
void ah_tasks_init(ahttp_loop *loop);
/* Cancels all tasks and runs the loop until they have ended. */
void ah_tasks_end(ahttp_loop *loop);
void ah_tasks_release(ahttp_loop *loop);
/* The one that runs now, or NULL. */
ah_task *ah_task_of_loop(const ahttp_loop *loop);
/* Suspends the running task until future is done. */
void ah_task_wait(ah_task_top *top, ahttp_future *future);
/* Takes error over as the one of the last await that failed. */
void ah_task_set_error(ah_task *task, ahttp_error *error);
const ahttp_error *ah_task_get_error(const ah_task *task);
#endif

#endif
