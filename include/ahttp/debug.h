/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_DEBUG_H
#define AHTTP_DEBUG_H
/* Debug mode: the library names what a program forgot, and what makes it slow.  It is on for one
   loop by `.debug = true` of ahttp_loop_new, and for all of them by the environment:

       AHTTP_DEBUG=1 ./program

   Like asyncio's it costs time and memory, for every future is remembered; when it is off it
   costs next to nothing.  These are the sentences:

     Error that nobody read: task "parser", made in task "main": no token in settings.ini
         A future failed, and was dropped or ended without anybody asking why.  Await it, or
         ask ahttp_future_error in its callback.  A cancelled one is no error.

     Task "parser" took 250 ms without awaiting
     A callback took 250 ms
         Nothing else of the loop could run meanwhile.  Said from 100 ms on, and not on a
         virtual clock.  ahttp_run_blocking (thread.h) brings such work off the loop.

   When ahttp_run or ahttp_loop_close ends the loop:

     Task left at the end, and cancelled: "poll server"
         Nobody awaited or cancelled it before.

     Unclosed client session, made at pages.c:12
     Unclosed connector, made at pages.c:10
     Unclosed duplex
     Unclosed executor
         Unref it, or await its close, before the loop ends.
     Unclosed response: GET http://example.com/
         ahttp_response_unref is still to come; it frees the memory, and until its body was
         read it kept a connection.

     Future that nobody handed in: ahttp_sleep, made in task "main"
         It was given neither to await nor then, nor to any other function that takes it over.
     Future that was never settled: ahttp_promise_new, made in task "main"
         Whoever waits for it waits for ever.

   And these end the program, after a sentence on standard error:

     ahttp_session_send: called on another thread than its loop's; ...
         Only ahttp_loop_post, ahttp_submit and the remotes may be used from other threads.
     Stack overflow of task "parser"; ...
         Give it more by ahttp_spawn_with.  A signal handler says this, and lets the signal
         take its course then.  It is installed while there is a loop in debug mode.          */
#include <ahttp/loop.h>
AHTTP_BEGIN

/* sentence: one line without its end; valid during the call. */
typedef void ahttp_report_fn(const char *sentence, void *ctx);
/* Reports of this loop go to fn(sentence, ctx) from now on, NULL: to standard error, each on a
   line behind "libahttp: ".  fn is called on the loop's thread, also while the loop is being
   closed and from within other functions: it must not call the library.  Without debug mode
   there are no reports. */
AHTTP_API void ahttp_loop_set_report(ahttp_loop *loop, ahttp_report_fn *fn, void *ctx);

/* ---- A virtual clock for whole programs ----

   With AHTTP_VIRTUAL_CLOCK=1 in the environment the loops of ahttp_run and
   ahttp_loop_thread_start have a virtual clock (`.virtual_clock` of ahttp_loop_new): a program
   that sleeps for hours ends at once, with the same output.  For tests of programs. */

AHTTP_END
#endif
