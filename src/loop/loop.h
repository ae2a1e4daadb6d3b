/* SPDX-License-Identifier: MIT */
#ifndef AH_LOOP_LOOP_H
#define AH_LOOP_LOOP_H
/* What the rest of the library asks of the loop.

   Ready queue: everything that ends in user code is a job in one FIFO.  It is drained at the
   end of the outermost libuv callback that came in through loop/ (timer, async, thread pool),
   behind each row of sockets that are ready (loop/poll.h), and in libuv's prepare and check
   phases for what was queued elsewhere.  So no library state is half changed while user code
   runs, and a reply that user code sends goes out in the same turn.  A drain runs the jobs that
   were queued when its round began, round after round, and hands over to I/O after
   ROUNDS_PER_DRAIN of them. */
#include "base/list.h"
#include <ahttp/loop.h>

/* Something to run, embedded in what it is about. */
typedef struct ah_job ah_job;
typedef void ah_job_fn(ah_job *job);
struct ah_job {
    ah_link link; /* in the ready queue, or in the list of what it waits for */
    ah_job_fn *run;
};

/* Appends job to the ready queue; it must be in no list. */
void ah_loop_ready(ahttp_loop *loop, ah_job *job);
/* The same once all has been seen that came in this turn of the loop: for what takes long, which
   answers that are there already should not wait for; several of a kind then run in a row. */
void ah_loop_after_input(ahttp_loop *loop, ah_job *job);
/* Appends all of them to the ready queue, in order; the list is empty afterwards. */
void ah_loop_ready_all(ahttp_loop *loop, ah_list *jobs);

/* Whether loop was made on this thread.  It may be gone already. */
bool ah_loop_is_own(const ahttp_loop *loop);

/* Like ah_loop_ready, from any thread, and in the order of ahttp_loop_post.  Needs no memory. */
void ah_loop_post_job(ahttp_loop *loop, ah_job *job);

/* Brackets around every callback that libuv makes into the library: between them
   ahttp_loop_current() is this loop, and the outermost leave drains the ready queue. */
void ah_loop_enter(ahttp_loop *loop);
void ah_loop_leave(ahttp_loop *loop);

/* The same clock as ahttp_loop_now, as it stood when this turn of the loop began: a memory read,
   for what need not be exact. */
int64_t ah_loop_turn_ms(const ahttp_loop *loop);
/* Nanoseconds on the same clock as ahttp_loop_now, read anew at each call. */
int64_t ah_loop_now_ns(const ahttp_loop *loop);

/* Seconds since 1970; on a virtual clock they go on as that does, from when the loop was made.
   loop may be NULL. */
int64_t ah_loop_wall_seconds(const ahttp_loop *loop);
int64_t ah_loop_wall_ms(const ahttp_loop *loop);

/* One read buffer for all connections of the loop: what a read brought must be used or
   copied before returning to the loop. */
enum { AH_READ_BUFFER_SIZE = 65536 };
char *ah_loop_read_buffer(ahttp_loop *loop);

/* In debug mode: tells the program, in one line without its end. */
void ah_report(const ahttp_loop *loop, const char *format, ...) AHTTP_PRINTF(2, 3);
/* In debug mode: aborts when this is not the loop's thread.  function is the public one. */
void ah_loop_check_thread(const ahttp_loop *loop, const char *function);

/* While held, the loop does not end by itself: for work that no handle shows. */
void ah_loop_hold(ahttp_loop *loop);
void ah_loop_unhold(ahttp_loop *loop);

#endif
